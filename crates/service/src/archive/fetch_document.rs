//! Gives a document back, byte for byte, to the joiner whose controller's it is.

use super::Door;
use super::controllers::controllers_of;
use crate::{App, ServiceError};
use liitos_domain::directory::Request;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::{archive, audit};

/// The document's bytes.
///
/// # Errors
/// L-2xx when the directory does not permit it; L-507 when there is none for this joiner.
pub async fn fetch_document(app: &App, door: &Door, id: &Oid) -> Result<Vec<u8>, ServiceError> {
    let request = Request {
        access_point: &door.access_point,
        certificate: None,
        source: None,
        service: Service::PatientData,
        operation: Operation::Read,
        joiner: &door.represented,
        unit: None,
        tenant: door.tenant.as_ref(),
        system: None,
        organiser: None,
    };
    let decision = crate::directory::decide_now(app, &request).await?;
    if let Some(code) = decision.code() {
        return Err(ServiceError::refused(code, "directory"));
    }
    let joiner = decision.joiner.unwrap_or_else(|| door.represented.clone());
    let controllers = controllers_of(app, &joiner).await?;
    let Some(document) = archive::find(app.store.read(), id, &controllers).await? else {
        return Err(ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str()));
    };
    // Nothing is given out that is not written down first.
    let tx = app.store.begin().await?;
    let details = serde_json::json!({ "joiner": joiner, "tenant": door.tenant, "decision": door.decision_id });
    let actor = door.access_point.as_str();
    let event = audit::Event { actor, action: "document.fetched", subject: id.as_str(), details };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(document)
}
