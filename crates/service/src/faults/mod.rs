//! Fault notifications: the operator says what does not work, whom it hits is worked out from the address directory, and they are told by mail and text
//! message from its beginning to its end; everybody reads of it on the status page.
//!
//! ```text
//! announce ──▶ going or coming ──say──▶ … ──say: ended──▶ over
//!     └── each statement: one transaction with the messages that carry it ──▶ outbox ──▶ what became of them
//! ```

mod announce;
mod list;
mod reached;
mod say;
mod show;
mod status;
mod words;

pub use announce::{announce, look};
pub use liitos_store::faults::{Kept, Said};
pub use list::list;
pub use reached::Reached;
pub use say::{look_at, say};
pub use show::{Delivery, Shown, Ways, show};
pub use status::{Status, Told, Works, own, status};
pub use words::{Written, facts, written};

use crate::{App, ServiceError, messages};
use liitos_domain::fault::Statement;
use liitos_domain::{Oid, RefusalCode};
use liitos_store::{Transaction, audit, faults, jobs};
use std::collections::BTreeSet;

/// Takes a statement down, with the messages that carry it, for whom it reaches; what was said before and has not gone yet goes with them, not after them.
async fn take_down(
    app: &App,
    tx: &Transaction,
    kept: &Kept,
    (statement, reference): (&Statement, &str),
    reached: &Reached,
) -> Result<(), ServiceError> {
    let earlier = faults::said(tx.connection(), &[kept.key]).await?;
    let keys: Vec<i64> = earlier.iter().map(|said| said.key).collect();
    jobs::replaced(tx, &keys).await?;
    let told: BTreeSet<Oid> = reached.hit.keys().cloned().collect();
    let count = told.len() - reached.silent.len();
    let key = faults::say(tx, kept.key, statement, (&told, count), reference).await?;
    let messages = words::letter(app, kept, (statement, &earlier), reached);
    let details = serde_json::json!({
        "stage": statement.stage, "joiners": count, "messages": messages.len(),
    });
    messages::enqueue_statement(tx, messages, key, statement.at).await?;
    let event = audit::Event { actor: reference, action: "fault.said", subject: &kept.number, details };
    audit::record(tx, &event, statement.at).await?;
    Ok(())
}

fn not_found() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "fault")
}
