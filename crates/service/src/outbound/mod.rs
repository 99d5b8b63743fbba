//! Messages from Kanta to units: taken with their own id as key, brought by an outbound door at least once, and kept until the
//! unit's system has acknowledged them.

mod deliver;
mod escalate;
mod fetch;
mod list;
mod marks;
mod may_end;
mod pass_on;
mod take;

pub use deliver::deliver_due;
pub use escalate::escalate;
pub use fetch::{fetch, received};
pub use liitos_store::outbound::Listed;
pub use list::{list, own};
pub use marks::{Choice, Found, choices, marks, tell_of_marks};
pub(crate) use marks::{Choices, entries_of};
pub(crate) use may_end::may_end;
pub use pass_on::pass_on;
pub use take::{Handed, Taken, take};

use crate::directory::publication::{self, Published};
use crate::{App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::directory::Snapshot;
use liitos_store::{Lock, Transaction, directory};
use std::sync::Arc;

/// How often a question is asked anew because the directory went on meanwhile.
const ASKED_AT_MOST: usize = 5;

/// A transaction that holds the directory's lock, where the newest snapshot says yes: no unit ends before it is committed ([`may_end`]).
///
/// # Errors
/// What the snapshot says; L-603 when the directory went on each time.
async fn held(
    app: &App,
    ask: impl Fn(&Snapshot) -> Result<(), ServiceError>,
) -> Result<(Transaction, Arc<Published>), ServiceError> {
    for _ in 0..ASKED_AT_MOST {
        let published = publication::current(app).await?;
        ask(&published.snapshot)?;
        let tx = app.store.begin().await?;
        tx.lock(Lock::Directory).await?;
        if directory::version(tx.connection()).await? == published.snapshot.version().1 {
            return Ok((tx, published));
        }
    }
    Err(ServiceError::refused(RefusalCode::DraftChanged, "directory"))
}
