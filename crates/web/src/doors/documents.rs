//! Documents over FHIR: brought, given back byte for byte, and looked for (IHE MHD, ITI-65, ITI-67 and ITI-68).

use super::{Reasons, door};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, RawForm, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use liitos_documents::fhir::{
    MOST_PARAMETERS, Node, SearchAsked, document_reference, document_references, issue, outcome, outcomes, read_search,
    summary,
};
use liitos_domain::archive::{Criteria, Family, Search};
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode};
use liitos_service::archive::{
    Door, fetch_document, link_to, linked, provide_document, search_documents, summarise_documents, validate_document,
};
use liitos_service::{App, ServiceError};
use liitos_texts::Language;
use std::sync::Arc;

use crate::fhir::Written;

/// Largest posted search, in bytes.
pub(super) const MAX_SEARCH_BYTES: usize = 64 * 1024;

/// `GET …/Binary/{id}` (ITI-68).
pub(super) async fn fetch(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let Some(door) = door(&headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let found = match Oid::parse(&id) {
        Ok(oid) => fetch_document(&app, &door, family.service(), &oid).await,
        Err(_) => Err(ServiceError::refused(RefusalCode::DocumentNotFound, "id")),
    };
    match found {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], bytes).into_response(),
        Err(error) => refused(&error, &door.decision_id),
    }
}

/// `GET …/DocumentReference/{id}`: where the answer to a bundle says that it is.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let Some(door) = door(&headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(written) = Written::asked(&headers, None) else {
        return refused(&ServiceError::refused(RefusalCode::QueryNotUnderstood, "Accept"), &door.decision_id);
    };
    match one(&app, family, &door, &id).await {
        Ok(document) => written.answer(StatusCode::OK, &document),
        Err(error) => refused(&error, &door.decision_id),
    }
}

async fn one(app: &App, family: Family, door: &Door, id: &str) -> Result<Node, ServiceError> {
    let missing = || ServiceError::refused(RefusalCode::DocumentNotFound, "id");
    let document = Some(Oid::parse(id).map_err(|_| missing())?);
    let search = Search { criteria: Criteria { document, ..Criteria::default() }, after: None, count: 1 };
    let found = search_documents(app, door, family.service(), &search).await?;
    let one = found.documents.into_iter().next().ok_or_else(missing)?;
    Ok(document_reference(&one.facts(None)))
}

/// `GET …/DocumentReference` (ITI-67).
pub(super) async fn search(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    found(&app, family, &headers, query.unwrap_or_default().as_bytes()).await
}

/// `POST …/DocumentReference/_search`: the same, its parameters in the body, where no log sees them.
pub(super) async fn search_posted(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    found(&app, family, &headers, &form).await
}

/// `POST …` (ITI-65): a transaction that brings a document.
pub(super) async fn provide(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let door = match brought(&headers) {
        Ok(door) => door,
        Err(answer) => return *answer,
    };
    match provide_document(&app, &door, family, &body).await {
        Ok(Ok(stored)) => (StatusCode::OK, [(header::CONTENT_TYPE, FHIR_JSON)], stored.acknowledgement).into_response(),
        Ok(Err(findings)) => told(
            findings.first().map_or(StatusCode::INTERNAL_SERVER_ERROR, |first| status_of(first.code)),
            &findings,
            &door.decision_id,
        ),
        Err(error) => refused(&error, &door.decision_id),
    }
}

/// `POST …/Bundle/$validate`: all that would be wrong with it; nothing is stored.
pub(super) async fn validate(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let door = match brought(&headers) {
        Ok(door) => door,
        Err(answer) => return *answer,
    };
    match validate_document(&app, &door, family, &body).await {
        Ok(findings) => told(StatusCode::OK, &findings, &door.decision_id),
        Err(error) => refused(&error, &door.decision_id),
    }
}

/// The door of somebody who brings a bundle: in JSON alone.
fn brought(headers: &HeaderMap) -> Result<Door, Box<Response>> {
    let door = door(headers).ok_or_else(|| Box::new(StatusCode::INTERNAL_SERVER_ERROR.into_response()))?;
    match is_json(headers) {
        Ok(()) => Ok(door),
        Err(error) => Err(Box::new(refused(&error, &door.decision_id))),
    }
}

const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// Documents are brought in JSON alone.
fn is_json(headers: &HeaderMap) -> Result<(), ServiceError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/fhir+json" | "application/json" => Ok(()),
        _ => Err(ServiceError::refused(RefusalCode::BundleNotUnderstood, "Content-Type: application/fhir+json")),
    }
}

/// All findings in one outcome.
fn told(status: StatusCode, findings: &[Finding], decision_id: &str) -> Response {
    let one = |finding: &Finding| {
        let how = Language::En.refusal_how(finding.code);
        issue(finding.code, &Language::En.refusal(finding.code), &format!("{how} ({}) [{decision_id}]", finding.place))
    };
    let body = outcomes(findings.iter().map(one).collect()).json();
    outcome_with(status, Reasons::of(findings), body)
}

async fn found(app: &App, family: Family, headers: &HeaderMap, query: &[u8]) -> Response {
    let Some(door) = door(headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // One more than is read, so that it is refused.
    let some = form_urlencoded::parse(query).take(MOST_PARAMETERS + 1);
    let parameters: Vec<_> = some.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let named = parameters.iter().find(|(name, _)| name == "_format").map(|(_, value)| format!("_format={value}"));
    let Some(written) = Written::asked(headers, named.as_deref()) else {
        return refused(
            &ServiceError::refused(RefusalCode::QueryNotUnderstood, "Accept or _format"),
            &door.decision_id,
        );
    };
    match answered(app, family, &door, &parameters).await {
        Ok(bundle) => written.answer(StatusCode::OK, &bundle),
        Err(error) => refused(&error, &door.decision_id),
    }
}

/// `POST …/DocumentReference/$summary`: a client's documents at a glance; the parameters of a search, in the body.
pub(super) async fn summarise(
    State(app): State<Arc<App>>,
    Extension(family): Extension<Family>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let Some(door) = door(&headers) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(written) = Written::asked(&headers, None) else {
        return refused(&ServiceError::refused(RefusalCode::QueryNotUnderstood, "Accept"), &door.decision_id);
    };
    let some = form_urlencoded::parse(&form).take(MOST_PARAMETERS + 1);
    let parameters: Vec<_> = some.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    match summed_up(&app, family, &door, &parameters).await {
        Ok(parameters) => written.answer(StatusCode::OK, &parameters),
        Err(error) => refused(&error, &door.decision_id),
    }
}

async fn summed_up(
    app: &App,
    family: Family,
    door: &Door,
    parameters: &[(String, String)],
) -> Result<Node, ServiceError> {
    let not_understood = |place: String| ServiceError::refused(RefusalCode::QueryNotUnderstood, place);
    let search = match read_search(family, parameters).map_err(|error| not_understood(error.to_string()))? {
        SearchAsked::First(search) if search.criteria.standings.is_empty() => search,
        SearchAsked::First(_) => return Err(not_understood("status: a summary is of what is current".to_owned())),
        SearchAsked::Next(_) => return Err(not_understood("_page: a summary has one page".to_owned())),
    };
    let told = summarise_documents(app, door, family.service(), search.criteria).await?;
    Ok(summary(&told.summary, told.complete, told.as_of))
}

async fn answered(
    app: &App,
    family: Family,
    door: &Door,
    parameters: &[(String, String)],
) -> Result<Node, ServiceError> {
    let wrong = |error: liitos_documents::fhir::BadQuery| {
        ServiceError::refused(RefusalCode::QueryNotUnderstood, error.to_string())
    };
    let asker = door.asker(family.service(), "");
    let search = match read_search(family, parameters).map_err(wrong)? {
        SearchAsked::First(search) => *search,
        SearchAsked::Next(link) => linked(app, &asker, &link)?,
    };
    let found = search_documents(app, door, family.service(), &search).await?;
    let next = found.next.as_ref().map(|next: &Search| link_to(app, &asker, next)).transpose()?;
    let facts: Vec<_> = found.documents.into_iter().map(|one| one.facts(search.criteria.person.as_ref())).collect();
    Ok(document_references(&facts, next.as_deref(), found.as_of))
}

fn status_of(code: RefusalCode) -> StatusCode {
    StatusCode::from_u16(code.status_over_fhir()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An outcome with its status; what is refused for a right's sake names what could show it (RFC 9110 15.5.2).
fn outcome_with(status: StatusCode, reasons: Reasons, body: String) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, FHIR_JSON)], Extension(reasons), body).into_response();
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn refused(error: &ServiceError, decision_id: &str) -> Response {
    // What fails on our side is for our log; it says nothing of us to the other.
    let ours = [RefusalCode::Internal, RefusalCode::BodiesUnreachable, RefusalCode::BodyDamaged].contains(&error.code);
    if ours {
        tracing::error!(decision = decision_id, error = %error, cause = ?error.source, "a call for documents was not answered");
    }
    let place = if ours { "" } else { &error.place };
    let told = format!("{} ({place}) [{decision_id}]", Language::En.refusal_how(error.code));
    let body = outcome(error.code, &Language::En.refusal(error.code), &told).json();
    outcome_with(status_of(error.code), Reasons(vec![error.code]), body)
}
