//! Names the documents that a run is to move: all of them, or those that their makers should see to before it is switched.

use super::dry_run::ToMove;
use super::{found, state_forbids};
use crate::archive::controllers_of;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Cell, Moving, Register, RunState};
use liitos_domain::{Duty, Oid, RefusalCode};
use liitos_store::controller_runs::{self, Run};
use std::collections::BTreeMap;
use std::fmt;

/// Documents of one page.
pub const PAGE: u64 = 100;

/// A document that a run is to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovingDocument {
    /// Its id.
    pub id: String,
    /// Its register.
    pub register: Register,
    /// The unit that its set began in.
    pub unit: Oid,
}

/// Behind which document the next page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Behind {
    cell: i64,
    id: String,
}

impl Behind {
    /// Reads what [`fmt::Display`] writes.
    ///
    /// # Errors
    /// L-606.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let parts = text.split_once('-').and_then(|(cell, id)| Some((cell.parse().ok()?, Oid::parse(id).ok()?)));
        let (cell, id) = parts.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "after"))?;
        Ok(Self { cell, id: id.to_string() })
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.cell, self.id)
    }
}

/// Some documents that a run is to move, and behind which the next ones begin.
pub type MovingPage = (Vec<MovingDocument>, Option<Behind>);

/// The next documents that a run is to move, for whoever keeps registers: [`PAGE`] at most.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such run; L-605 when it is switched already.
pub async fn moving(
    app: &App,
    actor: &Actor,
    number: &str,
    which: Moving,
    after: Behind,
) -> Result<MovingPage, ServiceError> {
    actor.must_see(Duty::Keep)?;
    page(app, &found(app, number).await?, which, after).await
}

/// The same for the organisation whose register gives.
///
/// # Errors
/// L-602 when no organisation is chosen; L-609 when no run of its registers that two persons have approved has the number; L-605 when it is switched already.
pub async fn own_moving(
    app: &App,
    actor: &Actor,
    number: &str,
    which: Moving,
    after: Behind,
) -> Result<MovingPage, ServiceError> {
    let controllers = controllers_of(app, actor.joiner()?).await?;
    let run = found(app, number).await?;
    let told = !matches!(run.state, RunState::Ordered | RunState::Cancelled);
    if !told || !controllers.contains(&run.order.from) {
        return Err(ServiceError::refused(RefusalCode::NotFound, "run"));
    }
    page(app, &run, which, after).await
}

async fn page(app: &App, run: &Run, which: Moving, after: Behind) -> Result<MovingPage, ServiceError> {
    if !matches!(run.state, RunState::Ordered | RunState::Approved) {
        return Err(state_forbids(run.state));
    }
    let db = app.store.read();
    let succession = controller_runs::succession(db).await?;
    // The cell itself, too: more of it may be left.
    let mut cells = ToMove::of(&run.order, &succession, after.cell.saturating_sub(1));
    let mut found = Vec::new();
    while let Some(some) = cells.next(app).await? {
        let cells: BTreeMap<i64, Cell> = some.into_iter().collect();
        let keys: Vec<i64> = cells.keys().copied().collect();
        if keys.is_empty() {
            continue;
        }
        // One more than is shown says whether there is a next page.
        let room = PAGE + 1 - found.len() as u64;
        for (key, id) in controller_runs::moving_in(db, (which, &keys), (after.cell, &after.id), room).await? {
            if let Some(cell) = cells.get(&key) {
                let (register, unit) = (cell.register.clone(), cell.unit.clone());
                found.push((key, MovingDocument { id, register, unit }));
            }
        }
        if found.len() as u64 > PAGE {
            found.pop();
            let next = found.last().map(|(cell, last)| Behind { cell: *cell, id: last.id.clone() });
            return Ok((found.into_iter().map(|(_, one)| one).collect(), next));
        }
    }
    Ok((found.into_iter().map(|(_, one)| one).collect(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let place = Behind { cell: 7, id: "1.2.3".to_owned() };
        assert_eq!(Behind::parse(&place.to_string()).unwrap(), place);
        for wrong in ["", "7", "7-", "-1.2.3", "x-1.2.3", "7-1.2.3'"] {
            assert_eq!(Behind::parse(wrong).unwrap_err().code, RefusalCode::FormInvalid, "{wrong}");
        }
    }
}
