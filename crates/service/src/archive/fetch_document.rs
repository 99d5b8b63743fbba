//! Gives a document back to the joiner whose controller's it is: byte for byte, and where another controller has come to it since, with that
//! one named.

use super::controllers::controllers_of;
use super::{Door, vault};
use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_documents::active_custodian;
use liitos_domain::directory::Request;
use liitos_domain::register::RegisterKind;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::archive::Kept;
use liitos_store::{archive, audit, controller_runs, registers};

/// The document's bytes. The active controller is named in it where it is not the one that the document names (`domain.md` section 10); its
/// signature covers neither.
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
    let document = readable(app, id, &controllers).await?;
    // Nothing is given out that is not written down first.
    let tx = app.store.begin().await?;
    let details = serde_json::json!({ "joiner": joiner, "tenant": door.tenant, "decision": door.decision_id });
    let actor = door.access_point.as_str();
    let event = audit::Event { actor, action: "document.fetched", subject: id.as_str(), details };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(document)
}

/// A document that is now one of some controllers', as it is given back.
async fn readable(app: &App, id: &Oid, controllers: &[Oid]) -> Result<Vec<u8>, ServiceError> {
    let db = app.store.read();
    let missing = || ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str());
    let kept = archive::find(db, id).await?.filter(|kept| kept.cell.register.family.service() == Service::PatientData);
    let kept = kept.ok_or_else(missing)?;
    let succession = controller_runs::succession(db).await?;
    let (active, _) = succession.active(&kept.cell);
    if !controllers.contains(active) {
        return Err(missing());
    }
    let sealed = archive::body(db, id).await?.ok_or_else(missing)?;
    let body = vault::open(app, id, &sealed).await?;
    if *active == kept.controller { Ok(body) } else { named(app, &kept, active, body).await }
}

/// The document with its active controller named.
async fn named(app: &App, kept: &Kept, active: &Oid, body: Vec<u8>) -> Result<Vec<u8>, ServiceError> {
    let public = registers::known(app.store.read(), RegisterKind::Controllers, &[active.as_str()]).await?;
    let name = match public.into_values().next() {
        Some((_, entry)) => entry.name,
        None => register_entry(app, active).await?.map(|(_, entry)| entry.name).unwrap_or_default(),
    };
    let filled = std::str::from_utf8(&body).ok().and_then(|text| active_custodian::filled(text, active, &name));
    Ok(filled.map_or_else(
        || {
            // Of before, without a header that anything could be written into.
            tracing::warn!(document = %kept.id, "a document is given back without its active controller");
            body.clone()
        },
        String::into_bytes,
    ))
}
