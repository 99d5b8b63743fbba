//! Sealed snapshots by long poll.

use super::Caller;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::{StatusCode, header};
use liitos_domain::Moment;
use liitos_service::App;
use liitos_service::directory::log;
use liitos_service::directory::publication::{Asked, newer_than};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// How long a request waits for news.
const PATIENCE: Duration = Duration::from_secs(25);

/// What the gateway holds.
#[derive(Deserialize)]
pub(super) struct Held {
    epoch: Option<u64>,
    sequence: Option<u64>,
    issued_at: Option<i64>,
}

/// Two lengths of the log.
#[derive(Deserialize)]
pub(super) struct Lengths {
    from: u64,
    to: u64,
}

/// The proof that the log of one length is the beginning of the log of another.
pub(super) async fn consistency(State(app): State<Arc<App>>, Query(asked): Query<Lengths>) -> Response {
    match log::consistency(&app, asked.from, Some(asked.to)).await {
        Ok((_, path)) => Json(path).into_response(),
        Err(error) => StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::NOT_FOUND).into_response(),
    }
}

pub(super) async fn next(
    State(app): State<Arc<App>>,
    caller: Option<Extension<Caller>>,
    Query(held): Query<Held>,
) -> Response {
    let known = known(&app, caller, &held);
    match newer_than(&app, known, PATIENCE).await {
        Ok(Some(published)) => match published.sealed(&app).await {
            Ok(whole) => ([(header::CONTENT_TYPE, "application/octet-stream")], whole).into_response(),
            Err(error) => unbuilt(&error),
        },
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => unbuilt(&error),
    }
}

/// What changed since the snapshot that a gateway holds; `409` when it holds none of the last, and takes a whole one.
pub(super) async fn deltas(
    State(app): State<Arc<App>>,
    caller: Option<Extension<Caller>>,
    Query(held): Query<Held>,
) -> Response {
    let Some(known) = known(&app, caller, &held) else { return StatusCode::CONFLICT.into_response() };
    match newer_than(&app, Some(known), PATIENCE).await {
        Ok(Some(_)) => match app.publication.deltas_from(known) {
            Some(since) => ([(header::CONTENT_TYPE, "application/octet-stream")], since).into_response(),
            None => StatusCode::CONFLICT.into_response(),
        },
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => unbuilt(&error),
    }
}

/// What a gateway holds, as it says; remembered, so that the operator sees it.
fn known(app: &App, caller: Option<Extension<Caller>>, held: &Held) -> Option<((u64, u64), Moment)> {
    let known = held.epoch.zip(held.sequence).zip(held.issued_at.map(Moment::from_micros));
    if let Some(Extension(Caller(gateway))) = caller {
        app.publication.asked(gateway, Asked { holds: known, at: app.now() });
    }
    known
}

fn unbuilt(error: &liitos_service::ServiceError) -> Response {
    tracing::error!(error = %error, cause = ?error.source, "no snapshot could be built");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
