//! What must hold before a person is let in to act for an organisation (Extranet guide 1.2).

use crate::{Actor, App, ServiceError};
use liitos_domain::register::{Entry, RegisterKind};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::{audit, registers};

/// An organisation's current register entry.
///
/// # Errors
/// [`ServiceError`].
pub async fn register_entry(app: &App, oid: &Oid) -> Result<Option<(RegisterKind, Entry)>, ServiceError> {
    for kind in RegisterKind::OF_JOINERS {
        if let Some(entry) = registers::find(app.store.read(), kind, oid.as_str()).await? {
            return Ok(Some((kind, entry)));
        }
    }
    Ok(None)
}

/// The actor, acting for one of their organisations: it must stand, valid, in a register.
///
/// # Errors
/// L-602 when it is not theirs or not in a register.
pub async fn act_for(app: &App, mut actor: Actor, organisation: &Oid) -> Result<Actor, ServiceError> {
    if !actor.organisations.iter().any(|o| o.oid == *organisation) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
    }
    let entry = register_entry(app, organisation).await?;
    if !entry.is_some_and(|(_, entry)| entry.valid.contains(app.now())) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "code service"));
    }
    let tx = app.store.begin().await?;
    let event = audit::Event {
        actor: &actor.reference,
        action: "actor.acts-for",
        subject: organisation.as_str(),
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    actor.acting_for = Some(organisation.clone());
    Ok(actor)
}
