//! Walks over cells: what moves between controllers, whatever the number of documents.

use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_store::controller_runs::{self, Found};
use std::collections::BTreeSet;

/// Most cells that are asked for, or written, at once.
pub(crate) const CELLS: u64 = 1_000;

/// The cells whose documents name some controllers, some at a time, in the order of their keys.
pub(crate) struct Cells {
    named: BTreeSet<Oid>,
    /// The last one that was given.
    pub(crate) after: i64,
}

impl Cells {
    /// Those behind a key.
    pub(crate) const fn named(named: BTreeSet<Oid>, after: i64) -> Self {
        Self { named, after }
    }

    /// The next ones; nothing behind the last.
    pub(crate) async fn next(&mut self, app: &App) -> Result<Option<Vec<Found>>, ServiceError> {
        let some = controller_runs::cells_named(app.store.read(), &self.named, self.after, CELLS).await?;
        let Some(last) = some.last() else { return Ok(None) };
        self.after = last.key;
        Ok(Some(some))
    }
}
