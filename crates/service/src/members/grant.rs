//! Grants somebody a position: invites them by mail.

use super::{OPEN_DAYS, hash};
use crate::{Actor, App, ServiceError, messages};
use liitos_domain::application::is_email;
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::{Act, Position, RefusalCode, typed};
use liitos_store::audit;
use liitos_store::members::{self, Granted};
use liitos_texts::Language;

/// What is granted to whom.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Which position; only those that an organisation grants by itself.
    pub position: Position,
    /// To whom.
    pub name: String,
    /// Where the invitation goes.
    pub email: String,
    /// The language of the invitation.
    pub language: Language,
}

/// Grants a position in the organisation acted for; gives its key.
///
/// # Errors
/// L-602 without the right to grant; L-606 naming the field that is wrong.
pub async fn grant(app: &App, actor: &Actor, grant: Grant) -> Result<i64, ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?.clone();
    let wrong = |field: &str| Err(ServiceError::refused(RefusalCode::FormInvalid, field));
    if !grant.position.is_granted() {
        return wrong("position");
    }
    let Some(name) = typed::line(&grant.name, MAX_FIELD_CHARS) else { return wrong("name") };
    let Some(email) = typed::line(&grant.email, MAX_FIELD_CHARS).filter(|email| is_email(email)) else {
        return wrong("email");
    };
    let now = app.now();
    let secret = app.secret();
    let granted = Granted { organisation, position: grant.position, name, email };
    let open_until = now.plus_days(OPEN_DAYS);
    let tx = app.store.begin().await?;
    let key = members::invite(&tx, &granted, &hash(&secret), open_until, (&actor.reference, now)).await?;
    let invitation = messages::invitation(app, &granted, &secret, grant.language).await?;
    messages::enqueue(&tx, &[invitation], now).await?;
    let details = serde_json::json!({ "position": granted.position, "member": key });
    let event = audit::Event {
        actor: &actor.reference,
        action: "member.invited",
        subject: granted.organisation.as_str(),
        details,
    };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(key)
}
