//! The completeness report of a run: every document that was to be moved has been, and no other; signed.

use super::carry::{Cells, each_document};
use super::state_forbids;
use crate::{App, ServiceError};
use liitos_domain::archive::Order;
use liitos_domain::{Moment, Sha256Hash, Sha256Stream};
use liitos_store::controller_runs::Run;
use serde::{Deserialize, Serialize};

/// So many documents, and a hash over their ids in the order of cells and ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// How many.
    pub documents: u64,
    /// SHA-256 over their ids, each followed by a line feed.
    pub sha256: Sha256Hash,
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Its number.
    pub number: String,
    /// What was ordered.
    pub order: Order,
    /// When it was switched.
    pub switched_at: Option<Moment>,
    /// When it was reversed, if it was.
    pub reversed_at: Option<Moment>,
    /// The documents that were to be moved at that moment: those that stood in its cells.
    pub before: Ids,
    /// Those whose own row names whom they were moved to.
    pub after: Ids,
    /// Whether these are the same.
    pub complete: bool,
}

/// What a run has done so far.
///
/// # Errors
/// [`ServiceError`].
pub async fn completeness(app: &App, run: &Run) -> Result<Completeness, ServiceError> {
    let Some(at) = run.reversed_at.or(run.switched_at) else { return Err(state_forbids(run.state)) };
    let mut cells = Cells::of(app, run, 0).await?;
    let (mut before, mut after) = (Counting::default(), Counting::default());
    while let Some(some) = cells.next(app).await? {
        for cell in some {
            let expected = cell.active.as_str();
            each_document(app, cell.key, at, |id, active| {
                before.add(id);
                if active == expected {
                    after.add(id);
                }
            })
            .await?;
        }
    }
    let (before, after) = (before.ids(), after.ids());
    Ok(Completeness {
        number: run.number.clone(),
        order: run.order.clone(),
        switched_at: run.switched_at,
        reversed_at: run.reversed_at,
        complete: before == after,
        before,
        after,
    })
}

#[derive(Default)]
struct Counting {
    documents: u64,
    hash: Sha256Stream,
}

impl Counting {
    fn add(&mut self, id: &str) {
        self.documents += 1;
        self.hash.add(id.as_bytes());
        self.hash.add(b"\n");
    }

    fn ids(self) -> Ids {
        Ids { documents: self.documents, sha256: self.hash.end() }
    }
}

/// The report as it is kept and handed out: its text, and the operator's signature over that text.
pub(super) fn sealed(app: &App, whole: &Completeness) -> Result<String, ServiceError> {
    let text = serde_json::to_string(whole)?;
    let signature = app.publication.sign_report(text.as_bytes());
    Ok(serde_json::json!({ "report": text, "signature": signature }).to_string())
}
