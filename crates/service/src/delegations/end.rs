//! Another organisation acts no more for the one acted for.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, RefusalCode};
use liitos_store::{audit, delegations};

/// Ends a delegation of the organisation acted for, from this moment on.
///
/// # Errors
/// L-602 without the right to grant; L-609 when there is no such delegation.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?;
    let tx = app.store.begin().await?;
    let now = app.now();
    if !delegations::end(&tx, key, organisation, (&actor.reference, now)).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "delegation"));
    }
    let details = serde_json::json!({ "delegation": key });
    let subject = organisation.as_str();
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "delegation.ended", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(())
}
