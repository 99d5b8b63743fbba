//! Mail: written in the transaction of what it tells of, sent afterwards by the queue.

mod deliver;
mod outbox;
mod templates;

pub use deliver::{JOB_KIND, deliver_due};
pub use liitos_store::jobs::Job;
pub use outbox::outbox;
pub use templates::notice_words;
pub(crate) use templates::{approved, invitation, more_asked, notice, rejected, sent};

use crate::ServiceError;
use crate::ports::Mail;
use liitos_domain::Moment;
use liitos_store::{Transaction, jobs};

/// Writes mails into the outbox.
pub(crate) async fn enqueue(tx: &Transaction, mails: &[Mail], at: Moment) -> Result<(), ServiceError> {
    for mail in mails {
        jobs::enqueue(tx, JOB_KIND, mail, at).await?;
    }
    Ok(())
}
