//! An organisation takes its enrolment back.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, RefusalCode, Service};
use liitos_store::{audit, enrolments};

/// Ends the enrolment of the organisation acted for.
///
/// # Errors
/// L-602 without the right to prepare; L-609 when there is none.
pub async fn end(app: &App, actor: &Actor, service: Service) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Prepare, app.now())?;
    let now = app.now();
    let tx = app.store.begin().await?;
    if !enrolments::end(&tx, joiner, service, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "enrolment"));
    }
    let details = serde_json::json!({ "service": service });
    let (action, subject) = ("enrolment.ended", joiner.as_str());
    audit::record(&tx, &audit::Event { actor: &actor.reference, action, subject, details }, now).await?;
    tx.commit().await?;
    Ok(())
}
