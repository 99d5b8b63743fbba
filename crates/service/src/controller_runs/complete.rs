//! Writes down whose the cells are that older programs made, or carried a run through in their own way, when a newer one starts.

use super::cells::CELLS;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::archive::Succession;
use liitos_store::Lock;
use liitos_store::controller_runs::{self, Found};
use std::collections::BTreeSet;

/// Each cell says whose its documents are by the runs that were switched, also by one that is not carried through yet.
///
/// # Errors
/// [`ServiceError`].
pub async fn complete(app: &App) -> Result<(), ServiceError> {
    let mut after = 0;
    loop {
        let db = app.store.read();
        let succession = controller_runs::succession(db).await?;
        let some = controller_runs::cells_to_look_at(db, &givers(&succession), after, CELLS).await?;
        let Some(last) = some.last() else { return Ok(()) };
        if !other(&some, &succession).is_empty() {
            let tx = app.store.begin().await?;
            // Nothing is switched or reversed meanwhile.
            tx.share(Lock::Controllers).await?;
            let succession = controller_runs::succession(tx.connection()).await?;
            controller_runs::carry(&tx, other(&some, &succession)).await?;
            tx.commit().await?;
        }
        after = last.key;
    }
}

/// Who has given something away by a run.
fn givers(succession: &Succession) -> BTreeSet<Oid> {
    succession.moves().iter().flat_map(|one| succession.named(&one.from)).collect()
}

/// Those that say otherwise, with whose they are.
fn other(some: &[Found], succession: &Succession) -> Vec<(i64, Oid)> {
    let whose = some.iter().map(|one| (one, succession.active(&one.cell).0));
    let other = whose.filter(|(one, active)| one.active.as_deref() != Some(active.as_str()));
    other.map(|(one, active)| (one.key, active.clone())).collect()
}
