//! Lets another organisation act for the one acted for.

use super::{MOST, POSITIONS};
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::identifier::BusinessId;
use liitos_domain::register::{RegisterKind, heads};
use liitos_domain::{Act, Oid, Position, RefusalCode};
use liitos_store::delegations::{self, Delegation};
use liitos_store::{Lock, audit, registers};

/// Lets another organisation, named by its OID or Business ID, act; gives the delegation's key.
///
/// # Errors
/// L-602 without the right to grant, L-610 when the mandate was asked for too long ago; L-606 naming the field that is wrong.
pub async fn grant(app: &App, actor: &Actor, delegate: &str, position: Position) -> Result<i64, ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?.clone();
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    if !POSITIONS.contains(&position) {
        return Err(wrong("position"));
    }
    let delegate = named(app, delegate.trim()).await?.filter(|oid| *oid != organisation);
    let delegate = delegate.ok_or_else(|| wrong("delegate"))?;
    let now = app.now();
    let tx = app.store.begin().await?;
    tx.lock(Lock::Grants).await?;
    let held = delegations::of_organisation(tx.connection(), &organisation).await?;
    if held.iter().any(|held| held.delegate == delegate && held.position == position) || held.len() >= MOST {
        return Err(wrong("delegate"));
    }
    let delegation = Delegation { key: 0, organisation, delegate, position, granted_at: now };
    let key = delegations::add(&tx, &delegation, &actor.reference).await?;
    let details = serde_json::json!({ "delegation": key, "delegate": delegation.delegate, "position": position });
    let subject = delegation.organisation.as_str();
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "delegation.granted", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(key)
}

/// The organisation that a text names and that stands, valid, in a register. Of several with one Business ID it is the intermediary:
/// as that one it supplies.
async fn named(app: &App, text: &str) -> Result<Option<Oid>, ServiceError> {
    let now = app.now();
    if let Ok(oid) = Oid::parse(text) {
        let entry = sign_in::register_entry(app, &oid).await?;
        return Ok(entry.filter(|(_, entry)| entry.valid.contains(now)).map(|_| oid));
    }
    if BusinessId::parse(text).is_err() {
        return Ok(None);
    }
    let entries = registers::of_business_id(app.store.read(), &RegisterKind::OF_ORGANISATIONS, text).await?;
    let mut valid: Vec<_> = heads(entries).into_iter().filter(|(_, entry)| entry.valid.contains(now)).collect();
    valid.sort_by_key(|(kind, _)| *kind != RegisterKind::Intermediaries);
    Ok(valid.into_iter().find_map(|(_, entry)| Oid::parse(&entry.id).ok()))
}
