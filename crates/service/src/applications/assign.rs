//! Gives an application to somebody of the operator's staff.

use super::sent;
use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::{applications, audit};

/// Takes an application on, or gives it back to the queue when it is the actor's own already.
///
/// # Errors
/// L-602 without the position; L-609 when there is none; L-603 when somebody else was faster.
pub async fn assign(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let stored = sent(app, number).await?;
    let held_by = stored.handler.as_ref().map(|(reference, _)| reference.as_str());
    let own = held_by == Some(actor.reference.as_str());
    let to = (!own).then_some((actor.reference.as_str(), actor.name.as_str()));
    let tx = app.store.begin().await?;
    if !applications::give(&tx, stored.key, held_by, to).await? {
        return Err(ServiceError::refused(RefusalCode::DraftChanged, "handler"));
    }
    let details = serde_json::json!({ "taken": !own });
    let event = audit::Event { actor: &actor.reference, action: "application.assigned", subject: number, details };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(())
}
