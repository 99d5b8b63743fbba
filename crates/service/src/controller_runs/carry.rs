//! Carries runs through to each document's row, in pieces: each is one transaction, so that a kill loses nothing, and the archive is in full
//! use meanwhile. What somebody reads does not depend on how far it has come.

use super::dry_run::CELLS;
use super::report::{self, completeness, ids};
use super::tell::tell;
use super::{CLOCK, happened};
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::{RunStage, Succession};
use liitos_store::controller_runs::{self, Moving, Run};
use liitos_store::{Lock, Transaction};
use std::collections::BTreeSet;

/// Documents in one piece.
pub const CHUNK: u64 = 2_000;

/// A cell that a run moves, and whose its documents are.
pub(super) struct MovedCell {
    pub(super) key: i64,
    pub(super) active: Oid,
}

/// The cells that a run, or its reversal, may have moved: in the order of their keys, some at a time.
pub(super) struct Cells {
    succession: Succession,
    run: i64,
    named: BTreeSet<Oid>,
    /// The last cell that was looked at.
    after: i64,
}

impl Cells {
    /// Those after a key.
    pub(super) async fn of(app: &App, run: &Run, after: i64) -> Result<Self, ServiceError> {
        let succession = controller_runs::succession(app.store.read()).await?;
        let mut named = succession.named(&run.order.from);
        named.extend(succession.named(&run.order.to));
        Ok(Self { run: run.key, succession, named, after })
    }

    /// The next ones whose documents are somebody else's by the run; `None` after the last cell there is.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Vec<MovedCell>>, ServiceError> {
        let some = controller_runs::cells_named(app.store.read(), &self.named, self.after, CELLS).await?;
        let Some((last, _)) = some.last() else { return Ok(None) };
        self.after = *last;
        let cells = some.into_iter().filter(|(_, cell)| self.succession.took(self.run, cell));
        Ok(Some(cells.map(|(key, cell)| MovedCell { key, active: self.succession.active(&cell).0.clone() }).collect()))
    }
}

/// Carries one piece of the first run that waits for it; whether there is more to do.
///
/// # Errors
/// [`ServiceError`].
pub async fn carry_through(app: &App) -> Result<bool, ServiceError> {
    let Some(run) = controller_runs::to_carry_through(app.store.read()).await?.into_iter().next() else {
        return Ok(false);
    };
    if run.ids_before.is_none() {
        count(app, &run).await?;
        return Ok(true);
    }
    let tx = app.store.begin().await?;
    // Nothing is switched or reversed while a piece is carried: it would carry what is no longer so.
    tx.share(Lock::Controllers).await?;
    let mut cells = Cells::of(app, &run, run.cursor.0).await?;
    let Some(next) = cells.next(app).await? else {
        drop(tx);
        return finish(app, &run).await;
    };
    let (stopped, count) = piece(&tx, &run, &next).await?;
    let cursor = stopped.unwrap_or((cells.after, String::new()));
    let carried = (run.carried.0.saturating_add(count), run.carried.1);
    if controller_runs::carried(&tx, &run, (cursor.0, &cursor.1), carried).await? {
        tx.commit().await?;
    }
    Ok(true)
}

/// What is to be moved, found and kept before any of it is carried.
async fn count(app: &App, run: &Run) -> Result<(), ServiceError> {
    let found = ids(app, run, false).await?;
    let tx = app.store.begin().await?;
    if controller_runs::counted(&tx, run, &serde_json::to_string(&found)?, found.documents).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// As many documents of some cells as make a piece, after where the run has come; where it stopped, if before the last of them, and how many.
async fn piece(tx: &Transaction, run: &Run, cells: &[MovedCell]) -> Result<(Option<(i64, String)>, u64), ServiceError> {
    let ((mut done, mut after), mut count) = (run.cursor.clone(), 0);
    for cell in cells {
        loop {
            let most = CHUNK.saturating_sub(count);
            if most == 0 {
                return Ok((Some((done, after)), count));
            }
            let carried = controller_runs::carry(tx, (cell.key, &cell.active), &after, most).await?;
            let Some((last, some)) = carried else { break };
            count += some;
            after = last;
            if some < most {
                break;
            }
        }
        (done, after) = (cell.key, String::new());
    }
    Ok((None, count))
}

/// The report of a run that has come to its end. Where what was found before is not what has arrived – a document of before came in between, from a
/// slower clock or an older program –, it is found and carried once more, after a while. Whether to go on at once.
async fn finish(app: &App, run: &Run) -> Result<bool, ServiceError> {
    let whole = completeness(app, run).await?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let event = (run.key, run.number.as_str());
    if !whole.complete {
        tracing::warn!(run = run.number, "a controller update run is carried through again");
        if controller_runs::again(&tx, run).await? {
            happened(&tx, event, ("carried-again", CLOCK, CLOCK), None, now).await?;
            tx.commit().await?;
        }
        return Ok(false);
    }
    if controller_runs::report(&tx, run, &report::sealed(app, &whole)?).await? {
        happened(&tx, event, ("carried", CLOCK, CLOCK), None, now).await?;
        tell(app, &tx, run, RunStage::Done, now).await?;
        tx.commit().await?;
    }
    Ok(true)
}

/// The ids of a cell's documents that were stored up to a moment, piece by piece, each with whose its row says that it is.
pub(super) async fn each_document(
    app: &App,
    cell: i64,
    until: liitos_domain::Moment,
    mut of: impl FnMut(&str, &str),
) -> Result<(), ServiceError> {
    let mut after = String::new();
    loop {
        let some = controller_runs::moving(app.store.read(), (Moving::All, cell), &after, Some(until), CHUNK).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = last.id.clone();
        for found in &some {
            of(&found.id, &found.active);
        }
    }
}
