//! An address is told no more.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, RefusalCode};
use liitos_store::{audit, webhooks};

/// Ends a webhook of the organisation acted for.
///
/// # Errors
/// L-602 without the right to see to technical matters; L-609 when there is no such webhook.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let organisation = actor.must(Act::Technical, app.now())?;
    let tx = app.store.begin().await?;
    let now = app.now();
    if !webhooks::end(&tx, key, organisation, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "webhook"));
    }
    let details = serde_json::json!({ "webhook": key });
    let subject = organisation.as_str();
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "webhook.ended", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(())
}
