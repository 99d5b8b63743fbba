//! Documents given back, byte for byte.

use super::door;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use liitos_documents::fhir::outcome;
use liitos_domain::{Oid, RefusalCode};
use liitos_service::archive::fetch_document;
use liitos_service::{App, ServiceError};
use liitos_texts::Language;
use std::sync::Arc;

pub(super) async fn fetch(State(app): State<Arc<App>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    let Some(door) = door(&headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let found = match Oid::parse(&id) {
        Ok(oid) => fetch_document(&app, &door, &oid).await,
        Err(_) => Err(ServiceError::refused(RefusalCode::DocumentNotFound, "id")),
    };
    match found {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], bytes).into_response(),
        Err(error) => refused(&error, &door.decision_id),
    }
}

fn refused(error: &ServiceError, decision_id: &str) -> Response {
    if error.code == RefusalCode::Internal {
        tracing::error!(decision = decision_id, error = %error, cause = ?error.source, "a document was not given back");
    }
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let place = if error.code == RefusalCode::Internal { "" } else { &error.place };
    let told = format!("{} ({place}) [{decision_id}]", Language::En.refusal_how(error.code));
    let body = outcome(error.code, &Language::En.refusal(error.code), &told).json();
    (status, [(header::CONTENT_TYPE, "application/fhir+json; charset=utf-8")], body).into_response()
}
