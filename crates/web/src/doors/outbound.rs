//! Messages for units, handed over by a service behind (the Prescription Centre, say).

use super::Caller;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use liitos_domain::outbound::OutboundState;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_service::outbound::{Handed, Taken, take};
use liitos_service::{App, ServiceError};
use std::sync::Arc;

/// Largest message, in bytes.
pub(super) const MAX_BYTES: usize = 1024 * 1024;
/// The message's own id.
pub(super) const MESSAGE: &str = "liitos-message";

/// `202` when it is taken, `200` when it was there before with where it stands, or a problem.
pub(super) async fn hand_over(
    State(app): State<Arc<App>>,
    caller: Option<Extension<Caller>>,
    Path((service, unit)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(Extension(Caller(sender))) = caller else { return StatusCode::FORBIDDEN.into_response() };
    let handed = match handed(&service, &unit, &headers, &body) {
        Ok(handed) => handed,
        Err(place) => return refused(&app, &ServiceError::refused(RefusalCode::FormInvalid, place)),
    };
    match take(&app, &sender, handed).await {
        Ok(Taken::Now) => (StatusCode::ACCEPTED, OutboundState::Waiting.code()).into_response(),
        Ok(Taken::Before(state)) => (StatusCode::OK, state.code()).into_response(),
        Err(error) => refused(&app, &error),
    }
}

fn handed(service: &str, unit: &str, headers: &HeaderMap, body: &Bytes) -> Result<Handed, &'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(Handed {
        id: text(MESSAGE).ok_or(MESSAGE)?,
        unit: Oid::parse(unit).map_err(|_| "unit")?,
        service: Service::parse(service).ok_or("service")?,
        media_type: text(header::CONTENT_TYPE.as_str()).ok_or("content-type")?,
        body: body.to_vec(),
    })
}

pub(super) fn refused(app: &App, error: &ServiceError) -> Response {
    if error.code == RefusalCode::Internal {
        tracing::error!(error = %error, cause = ?error.source, "a message for a unit was not taken");
    }
    let problem = liitos_texts::problem(error.code, &error.place, &app.decision_id());
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/problem+json")], problem).into_response()
}
