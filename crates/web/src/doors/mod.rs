//! The inner doors, behind the gateway: the archive's HL7 and FHIR doors and the directory's snapshots. Reached over
//! mutual TLS by pinned gateways only; the fact headers are believed because nobody else can come here.

mod calls;
mod documents;
mod hl7;
mod snapshot;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use http::HeaderMap;
use liitos_documents::MAX_MESSAGE_BYTES;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, Sha256Hash};
use liitos_service::App;
use liitos_service::archive::Door;
use std::sync::Arc;

/// Who calls: the fingerprint of the certificate that its connection was made with.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Sha256Hash);

/// The doors for gateways.
pub fn inner(app: Arc<App>) -> Router {
    Router::new()
        .route("/hl7", post(hl7::receive))
        .route("/fhir/Binary/{id}", get(documents::fetch))
        .route("/directory/snapshot", get(snapshot::next))
        .route("/directory/consistency", get(snapshot::consistency))
        .route("/directory/calls", post(calls::take))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .with_state(app)
}

/// The facts that the gateway verified; `None` when a header is missing or malformed.
fn door(headers: &HeaderMap) -> Option<Door> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Some(Door {
        access_point: AccessPointOid::parse(text("liitos-access-point")?).ok()?,
        represented: Oid::parse(text("liitos-represented")?).ok()?,
        decision_id: text("liitos-decision")?.to_owned(),
        client_cert: text("client-cert").map(str::to_owned),
    })
}
