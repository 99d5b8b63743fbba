//! Tells an address of what happens, from now on.

use super::{MAX_ADDRESS, MOST};
use crate::{Actor, App, ServiceError, programs};
use liitos_domain::{Act, RefusalCode};
use liitos_store::webhooks::{self, Webhook};
use liitos_store::{Lock, audit};

/// A new webhook.
#[derive(Clone, Debug)]
pub struct Added {
    /// Its key.
    pub key: i64,
    /// What events are signed with; told now and never again.
    pub secret: String,
}

/// Adds a webhook of the organisation acted for.
///
/// # Errors
/// L-602 without the right to see to technical matters; L-606 when the address is none that events may be posted to, or there are
/// too many.
pub async fn add(app: &App, actor: &Actor, address: &str) -> Result<Added, ServiceError> {
    let organisation = actor.must(Act::Technical, app.now())?;
    let wrong = |field: &str| Err(ServiceError::refused(RefusalCode::FormInvalid, field));
    // Those whom an organisation lets act hear of it over webhooks of their own, which end with the delegation.
    if !programs::at_home(app, actor).await? {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
    }
    let address = address.trim();
    if address.len() > MAX_ADDRESS || !app.ways.poster.accepts(address) {
        return wrong("address");
    }
    let now = app.now();
    let tx = app.store.begin().await?;
    tx.lock(Lock::Grants).await?;
    if webhooks::of_organisation(tx.connection(), organisation, now).await?.len() >= MOST {
        return wrong("webhooks");
    }
    let secret = app.secret();
    let webhook = Webhook {
        key: 0,
        address: address.to_owned(),
        secret: secret.clone(),
        created_by: actor.reference.clone(),
        created_at: now,
    };
    let key = webhooks::add(&tx, organisation, &webhook).await?;
    let details = serde_json::json!({ "webhook": key });
    let subject = organisation.as_str();
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "webhook.added", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(Added { key, secret })
}
