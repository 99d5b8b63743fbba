//! A request with an idempotency key is carried out once; sent again it gets the answer that it got before.

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::{ServiceError, answers};
use std::sync::Arc;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in characters.
const MAX_KEY: usize = 200;
/// Largest body of such a request: a sheet or an attachment in base64.
pub(super) const MAX_BODY: usize = 8 * 1024 * 1024;

pub(crate) async fn once(State(web): State<Web>, page: Page, request: Request, next: Next) -> Response {
    let key = request.headers().get(&KEY).map(|value| value.to_str().unwrap_or_default().to_owned());
    let (Some(key), false) = (key, *request.method() == Method::GET) else { return next.run(request).await };
    match carried_out(&web, &page, &key, request, next).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

async fn carried_out(web: &Web, page: &Page, key: &str, request: Request, next: Next) -> Result<Response, Failure> {
    let refused = |code, place: &str| Failure::from(ServiceError::refused(code, place));
    let actor = page.signed_in()?;
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(refused(RefusalCode::FormInvalid, "Idempotency-Key"));
    }
    let acting = actor.acting_for.as_ref().map_or("", |oid| oid.as_str());
    let owner = format!("{} {acting}", actor.reference);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| refused(RefusalCode::FormInvalid, "body"))?;
    let line = format!("{} {}\n", parts.method, parts.uri);
    let asked = Sha256Hash::of(&[line.as_bytes(), &body].concat());
    let lease = match answers::begin(&web.app, (&owner, key), &asked).await? {
        answers::Known::New(lease) => lease,
        answers::Known::Running => return Err(refused(RefusalCode::TooSoon, "Idempotency-Key")),
        answers::Known::Other => return Err(refused(RefusalCode::FormInvalid, "Idempotency-Key")),
        answers::Known::Answered(answer) => return Ok(replayed(answer)),
    };
    let work = async move { kept(next.run(Request::from_parts(parts, Body::from(body))).await).await };
    answers::carried_out(Arc::clone(&web.app), (owner, key.to_owned()), lease, work).await?
}

/// An answer with what is kept of it for those who ask again; a refusal may be another next time.
async fn kept(response: Response) -> (Result<Response, Failure>, Option<answers::Answer>) {
    let (mut parts, body) = response.into_parts();
    // A refusal has no body yet; it is made anew each time, and the same.
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return (Err(ServiceError::refused(RefusalCode::Internal, "body").into()), None);
    };
    let said = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let text = String::from_utf8(body.to_vec()).ok();
    // What is told once is kept nowhere.
    let told_once = parts.headers.get(CACHE_CONTROL).is_some_and(|said| said == "no-store");
    let answer = text.filter(|_| parts.status.is_success() && !told_once).map(|body| answers::Answer {
        status: parts.status.as_u16(),
        media_type: said(CONTENT_TYPE).unwrap_or_default(),
        body,
        location: said(LOCATION),
    });
    parts.headers.insert(REPLAYED, HeaderValue::from_static("false"));
    (Ok(Response::from_parts(parts, Body::from(body))), answer)
}

/// An answer that was given before.
fn replayed(answer: answers::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(CONTENT_TYPE, answer.media_type), (REPLAYED, "true".to_owned())];
    match answer.location {
        Some(location) => (status, headers, [(LOCATION, location)], answer.body).into_response(),
        None => (status, headers, answer.body).into_response(),
    }
}
