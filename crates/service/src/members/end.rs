//! Takes a position or an open invitation back, from this moment on.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, RefusalCode};
use liitos_store::{audit, members};

/// Ends a position in the organisation acted for.
///
/// # Errors
/// L-602 without the right to grant; L-609 when there is no such position.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?;
    let tx = app.store.begin().await?;
    let now = app.now();
    if !members::end(&tx, key, organisation, (&actor.reference, now)).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "member"));
    }
    let details = serde_json::json!({ "member": key });
    let event =
        audit::Event { actor: &actor.reference, action: "member.ended", subject: organisation.as_str(), details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
