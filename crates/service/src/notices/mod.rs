//! Notices: what a joiner should know of, told once, with a mail to the contact who sees to it.

mod behind;
mod closings;
mod list;
mod settle;

pub(crate) use behind::{behind, one};
pub use closings::tell_of_closings;
pub(crate) use closings::tell_soon;
pub use liitos_store::notices::Stored;
pub use list::{office, own};
pub use settle::{Desk, settle};

use crate::{App, ServiceError, contacts, messages, webhooks};
use liitos_domain::contacts::Channel;
use liitos_domain::notice::Notice;
use liitos_domain::{Moment, Oid};
use liitos_store::{Transaction, notices};

/// Keeps a notice and writes the mail that tells of it, unless the same was told before; whether it is new.
pub(crate) async fn tell(
    app: &App,
    tx: &Transaction,
    same: &str,
    joiner: &Oid,
    notice: &Notice,
    at: Moment,
) -> Result<bool, ServiceError> {
    if !notices::tell(tx, same, joiner, notice, at).await? {
        return Ok(false);
    }
    let kind = serde_json::to_value(notice)?.get("kind").cloned().unwrap_or_default();
    let what = format!("notice.{}", kind.as_str().unwrap_or("other"));
    webhooks::emit(app, tx, joiner, (&what, serde_json::to_value(notice)?), at).await?;
    let (mut to, language) = contacts::told(tx, joiner, notice.role()).await?;
    if let Notice::Undelivered { channel: Channel::Email, address, .. } = notice {
        // Where nothing arrives nobody is told of it.
        to.remove(address);
    }
    let mails: Vec<_> = to.iter().map(|to| messages::notice(app, joiner, notice, language, to)).collect();
    messages::enqueue(tx, &mails, at).await?;
    Ok(true)
}
