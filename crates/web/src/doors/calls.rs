//! What gateways tell of calls.

use super::Caller;
use axum::extract::State;
use axum::{Extension, Json};
use http::StatusCode;
use liitos_domain::directory::SeenCall;
use liitos_service::App;
use liitos_service::directory::calls;
use std::sync::Arc;

pub(super) async fn take(
    State(app): State<Arc<App>>,
    caller: Option<Extension<Caller>>,
    Json(seen): Json<Vec<SeenCall>>,
) -> StatusCode {
    let Some(Extension(Caller(gateway))) = caller else { return StatusCode::FORBIDDEN };
    match calls::take(&app, &gateway, &seen).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => {
            tracing::error!(error = %error, cause = ?error.source, "what a gateway saw was not taken");
            StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
