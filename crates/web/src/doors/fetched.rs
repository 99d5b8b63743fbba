//! What waits for units, fetched by their own systems.

use super::door;
use super::outbound::{MESSAGE, refused};
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use liitos_domain::RefusalCode;
use liitos_service::outbound::{fetch, received};
use liitos_service::{App, ServiceError};
use std::sync::Arc;

/// `POST /renewal-requests/next`: the next message with its id in `Liitos-Message`, or `204`.
pub(super) async fn next(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let Some(door) = door(&headers) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    match fetch(&app, &door).await {
        Ok(Some(message)) => {
            let told = [(header::CONTENT_TYPE.as_str(), message.media_type), (MESSAGE, message.id)];
            (told, message.body).into_response()
        }
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&app, &error),
    }
}

/// `POST /renewal-requests/received`, with the message's id as the body: `204`.
pub(super) async fn done(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(door) = door(&headers) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let Ok(id) = std::str::from_utf8(&body) else {
        return refused(&app, &ServiceError::refused(RefusalCode::FormInvalid, "message id"));
    };
    match received(&app, &door, id.trim()).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&app, &error),
    }
}
