//! The address directory as IHE mCSD: FHIR R4 over HTTP (ITI-90, ITI-91), in JSON and XML.

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::extract::{Path, RawForm, RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use liitos_documents::fhir::{
    BadQuery, CareDirectory, Kind, Node, Query, capability_statement, history, outcome, searchset,
};
use liitos_domain::RefusalCode;
use liitos_service::directory::care;
use liitos_service::{Actor, ServiceError};
use liitos_texts::Language;

/// Below this path.
pub(crate) const BASE: &str = "/fhir/";

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Json,
    Xml,
}

impl Written {
    /// As it is asked for: by `_format`, else by Accept, else JSON. `None`: in no way that we know.
    pub(crate) fn asked(headers: &HeaderMap, query: Option<&str>) -> Option<Self> {
        let named = pairs(query.unwrap_or_default().as_bytes()).into_iter().find(|(name, _)| name == "_format");
        if let Some((_, named)) = named {
            // A plus sign that nobody encoded comes as a space.
            return Self::of(&named.replace(' ', "+"));
        }
        let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges: Vec<(u16, &str)> = accepted.flat_map(|list| list.split(',')).map(weighed).collect();
        if ranges.is_empty() {
            return Some(Self::Json);
        }
        ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        ranges.into_iter().filter(|(weight, _)| *weight > 0).find_map(|(_, range)| Self::of(range))
    }

    fn of(name: &str) -> Option<Self> {
        match name.split(';').next().unwrap_or_default().trim() {
            "json" | "application/fhir+json" | "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "xml" | "application/fhir+xml" | "application/xml" | "text/xml" => Some(Self::Xml),
            _ => None,
        }
    }

    /// A resource as an answer.
    pub(crate) fn answer(self, status: StatusCode, resource: &Node) -> Response {
        let (media_type, text) = match self {
            Self::Json => ("application/fhir+json; charset=utf-8", resource.json()),
            Self::Xml => ("application/fhir+xml; charset=utf-8", resource.xml()),
        };
        (status, [(header::CONTENT_TYPE, media_type)], text).into_response()
    }
}

/// A media range with its weight in thousandths (RFC 9110 12.4.2).
fn weighed(range: &str) -> (u16, &str) {
    let weight = range.split(';').skip(1).find_map(|part| part.trim().strip_prefix("q="));
    let thousandths = |text: &str| text.trim().parse::<f32>().map(|q| (q.clamp(0.0, 1.0) * 1000.0) as u16);
    (weight.map_or(1000, |text| thousandths(text).unwrap_or(0)), range.trim())
}

/// What went wrong, as FHIR says it.
pub(crate) fn refused(written: Option<Written>, language: Language, error: &ServiceError, place: &str) -> Response {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let told = format!("{} ({place})", language.refusal_how(error.code));
    let outcome = outcome(error.code, &language.refusal(error.code), &told);
    written.unwrap_or(Written::Json).answer(status, &outcome)
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

fn bad(error: &BadQuery) -> ServiceError {
    ServiceError::refused(RefusalCode::QueryNotUnderstood, error.to_string())
}

/// What is asked for, by whom, and how the answer is to be written.
struct Asked {
    web: Web,
    actor: Actor,
    written: Written,
    parameters: Vec<(String, String)>,
}

impl Asked {
    fn by(web: Web, page: &Page, headers: &HeaderMap, query: &str) -> Result<Self, Failure> {
        let actor = page.signed_in()?.clone();
        let unknown = || ServiceError::refused(RefusalCode::QueryNotUnderstood, "Accept or _format: JSON or XML");
        let written = Written::asked(headers, Some(query)).ok_or_else(unknown)?;
        Ok(Self { web, actor, written, parameters: pairs(query.as_bytes()) })
    }

    /// Asks, and writes the answer beside everything else: it may be large.
    async fn answer(
        self,
        ask: impl FnOnce(&CareDirectory) -> Result<Node, ServiceError> + Send + 'static,
    ) -> Result<Response, Failure> {
        let written = self.written;
        let answer = care(&self.web.app, &self.actor, move |directory| {
            ask(directory).map(|resource| written.answer(StatusCode::OK, &resource))
        });
        Ok(answer.await??)
    }
}

fn base(web: &Web) -> String {
    format!("{}/fhir", web.app.portal_address)
}

fn kind(name: &str) -> Result<Kind, ServiceError> {
    Kind::parse(name).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "resource type"))
}

/// `GET /fhir/metadata`: what can be asked; anybody may know.
pub(crate) async fn metadata(State(web): State<Web>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let written = Written::asked(&headers, query.as_deref()).unwrap_or(Written::Json);
    written.answer(StatusCode::OK, &capability_statement(&base(&web)))
}

/// `GET /fhir/{type}` (ITI-90).
pub(crate) async fn search(
    State(web): State<Web>,
    page: Page,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    found(Asked::by(web, &page, &headers, &query.unwrap_or_default())?, &name).await
}

/// `POST /fhir/{type}/_search`: the same, its parameters in the body, where no log sees them.
pub(crate) async fn search_posted(
    State(web): State<Web>,
    page: Page,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    RawForm(form): RawForm,
) -> Result<Response, Failure> {
    let all = [query.unwrap_or_default(), String::from_utf8_lossy(&form).into_owned()].join("&");
    found(Asked::by(web, &page, &headers, &all)?, &name).await
}

async fn found(asked: Asked, name: &str) -> Result<Response, Failure> {
    let query = Query::search(kind(name)?, &base(&asked.web), &asked.parameters).map_err(|error| bad(&error))?;
    asked.answer(move |directory| searchset(directory, &query).map_err(|error| bad(&error))).await
}

/// `GET /fhir/{type}/{id}`.
pub(crate) async fn read(
    State(web): State<Web>,
    page: Page,
    Path((name, id)): Path<(String, String)>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let asked = Asked::by(web, &page, &headers, &query.unwrap_or_default())?;
    let kind = kind(&name)?;
    let unknown = || ServiceError::refused(RefusalCode::NotFound, "resource id");
    let found = care(&asked.web.app, &asked.actor, move |directory| directory.read(kind, &id).cloned());
    let version = found.await?.ok_or_else(unknown)?;
    let mut response = asked.written.answer(StatusCode::OK, &version.body);
    let tag = HeaderValue::from_str(&version.etag());
    response.headers_mut().extend(tag.ok().map(|tag| (header::ETAG, tag)));
    Ok(response)
}

/// `GET /fhir/{type}/_history` (ITI-91).
pub(crate) async fn changes(
    State(web): State<Web>,
    page: Page,
    Path(name): Path<String>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let asked = Asked::by(web, &page, &headers, &query.unwrap_or_default())?;
    let query = Query::history(kind(&name)?, &base(&asked.web), &asked.parameters).map_err(|error| bad(&error))?;
    asked.answer(move |directory| Ok(history(directory, &query))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_written_as_it_is_asked_for() {
        let asked = |accept: &str, query: Option<&str>| {
            let mut headers = HeaderMap::new();
            if !accept.is_empty() {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            Written::asked(&headers, query)
        };
        assert_eq!(asked("", None), Some(Written::Json));
        assert_eq!(asked("text/html, */*;q=0.1", None), Some(Written::Json));
        assert_eq!(asked("application/fhir+xml", None), Some(Written::Xml));
        assert_eq!(
            asked("application/fhir+json;q=0.5, application/fhir+xml;fhirVersion=4.0", None),
            Some(Written::Xml)
        );
        assert_eq!(asked("application/fhir+xml;q=0, application/json;q=0.1", None), Some(Written::Json));
        assert_eq!(asked("text/html", None), None);
        assert_eq!(asked("text/html", Some("name=a&_format=application/fhir+xml")), Some(Written::Xml));
        assert_eq!(asked("", Some("_format=ttl")), None);
    }
}
