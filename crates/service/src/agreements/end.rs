//! An agreement counts no longer.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::{agreements, audit};

/// Ends an agreement from now on.
///
/// # Errors
/// L-602 without the position; L-605 when it does not count any more.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let Some(ended) = agreements::end(&tx, key, now).await? else {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "agreement"));
    };
    let details = serde_json::json!({ "agreement": key, "supplier": ended.supplier, "system": ended.system });
    let subject = ended.joiner.as_str();
    let event = audit::Event { actor: &actor.reference, action: "agreement.ended", subject, details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
