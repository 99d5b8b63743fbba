//! Notices: what a joiner should know of, told once, with a mail to the contact who sees to it.

mod list;
mod settle;

pub use liitos_store::notices::Stored;
pub use list::{office, own};
pub use settle::{Desk, settle};

use crate::applications::language;
use crate::{App, ServiceError, mail};
use liitos_domain::application::{Application, State, notified};
use liitos_domain::notice::Notice;
use liitos_domain::{Moment, Oid};
use liitos_store::{Transaction, applications, notices};
use liitos_texts::Language;

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
    if let Some((application, language)) = newest_approved(tx, joiner).await? {
        let to = notified(&application, notice.role());
        let mails: Vec<_> = to.iter().map(|to| mail::notice(app, joiner, notice, language, to)).collect();
        mail::enqueue(tx, &mails, at).await?;
    }
    Ok(true)
}

/// The application whose contacts are the newest that were approved, and the language it was written in.
async fn newest_approved(tx: &Transaction, joiner: &Oid) -> Result<Option<(Application, Language)>, ServiceError> {
    let all = applications::of_joiner(tx.connection(), joiner).await?;
    let approved = all.into_iter().find(|stored| matches!(stored.application.state, State::Approved { .. }));
    let Some(number) = approved.map(|stored| stored.application.number) else { return Ok(None) };
    let found = applications::find(tx.connection(), &number).await?;
    Ok(found.map(|stored| {
        let language = language(&stored);
        (stored.application, language)
    }))
}
