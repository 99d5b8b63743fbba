//! A program acts no more.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, RefusalCode};
use liitos_store::{audit, programs};

/// Ends a program of the organisation acted for, from this moment on.
///
/// # Errors
/// L-602 without the right to grant; L-609 when there is no such program.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?;
    let tx = app.store.begin().await?;
    let now = app.now();
    if !programs::end(&tx, key, organisation, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "program"));
    }
    let details = serde_json::json!({ "program": key });
    let subject = organisation.as_str();
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "program.ended", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(())
}
