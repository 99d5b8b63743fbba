//! Somebody has seen to a notice.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, Duty, RefusalCode};
use liitos_store::{audit, notices};

/// Whose desk a notice lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// That of the organisation acted for: its own notices.
    Own,
    /// The operator's: everybody's.
    Office,
}

/// Takes a notice off a desk.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 when there is no such open notice on it.
pub async fn settle(app: &App, actor: &Actor, desk: Desk, key: i64) -> Result<(), ServiceError> {
    let joiner = match desk {
        Desk::Own => Some(actor.must(Act::Technical, app.now())?),
        Desk::Office => {
            actor.must_carry_out(Duty::Keep)?;
            None
        }
    };
    let tx = app.store.begin().await?;
    let now = app.now();
    if !notices::settle(&tx, key, joiner, &actor.reference, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "notice"));
    }
    let subject = key.to_string();
    let event = audit::Event {
        actor: &actor.reference,
        action: "notice.settled",
        subject: &subject,
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
