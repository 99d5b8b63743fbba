//! What an intermediary has said of itself.

use crate::{App, ServiceError};
use liitos_domain::notification::Kind;
use liitos_domain::{Moment, Oid};
use liitos_store::notifications;

/// Whether an intermediary has an information security plan at a moment, by what it has notified and the operator has approved; nothing while it has said nothing.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(crate) async fn security_plan(app: &App, intermediary: &Oid, at: Moment) -> Result<Option<bool>, ServiceError> {
    let said = notifications::approved_of(app.store.read(), (Kind::Intermediary, intermediary), at).await?;
    // Of which day the plan is stands in every such notification, and was looked at when it was approved.
    Ok(said.map(|_| true))
}
