//! Somebody who was invited accepts a position.

use super::hash;
use crate::{Actor, App, ServiceError};
use liitos_domain::{Moment, Oid, Position, RefusalCode};
use liitos_store::{audit, members};

/// What somebody is invited to.
#[derive(Clone, Debug)]
pub struct Invited {
    /// For whom they would act.
    pub organisation: Oid,
    /// In which position.
    pub position: Position,
    /// Until when it may be accepted.
    pub open_until: Moment,
}

/// What an invitation is to; for whoever has its link and is signed in.
///
/// # Errors
/// L-609 when there is no such open invitation.
pub async fn invited(app: &App, secret: &str) -> Result<Invited, ServiceError> {
    let found = members::invited(app.store.read(), &hash(secret), app.now()).await?;
    let found = found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "invitation"))?;
    Ok(Invited {
        organisation: found.granted.organisation,
        position: found.granted.position,
        open_until: found.open_until,
    })
}

/// Accepts an invitation; from then on the person acts for the organisation. Gives the organisation.
///
/// # Errors
/// L-602 for the operator's staff, which acts for nobody; L-609 when there is no such open invitation.
pub async fn accept(app: &App, actor: &Actor, secret: &str) -> Result<Oid, ServiceError> {
    let gone = || ServiceError::refused(RefusalCode::NotFound, "invitation");
    if actor.is_staff() {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "staff role"));
    }
    let tx = app.store.begin().await?;
    let now = app.now();
    let found = members::invited(tx.connection(), &hash(secret), now).await?.ok_or_else(gone)?;
    if !members::accept(&tx, found.key, &actor.reference, now).await? {
        return Err(gone());
    }
    let organisation = found.granted.organisation;
    let details = serde_json::json!({ "position": found.granted.position, "member": found.key });
    let event =
        audit::Event { actor: &actor.reference, action: "member.accepted", subject: organisation.as_str(), details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(organisation)
}
