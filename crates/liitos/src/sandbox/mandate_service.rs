//! A test service of mandates that behaves like the Web API of Suomi.fi e-Authorizations: a visit is registered with a checksum, the
//! person chooses organisations on its page, the code is exchanged for a token, and the token opens the visit's `organizationRoles`.
//! Mandates can be withdrawn here, to see what becomes of them.

use super::identity_provider::{escape, random};
use super::persons::{PERSONS, Person};
use crate::adapters::mandates::{CHECKSUM_HEADER, checksum};
use axum::extract::{Form, Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use liitos_domain::Moment;
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

pub(super) const CLIENT_ID: &str = "b0c4f2d1";
pub(super) const KEY: &str = "sandbox-only-key";
pub(super) const SECRET: &str = "sandbox-only-secret";
/// What the sandbox calls the mandate "Sosiaali- ja terveydenhuollon digitaalisen palvelun käyttöönotto".
pub(super) const MANDATE: &str = "sote-digital-service-deployment";

/// A checksum's time may differ so much from ours, in seconds.
const CLOCK_TOLERANCE: i64 = 300;

/// Mandates that were withdrawn: subject and Business ID.
#[derive(Clone, Default)]
pub struct Withdrawn(Arc<Mutex<BTreeSet<(String, String)>>>);

impl Withdrawn {
    /// Takes a person's roles in an organisation away.
    pub fn withdraw(&self, subject: &str, business_id: &str) {
        if let Ok(mut all) = self.0.lock() {
            all.insert((subject.to_owned(), business_id.to_owned()));
        }
    }

    fn holds(&self, subject: &str, business_id: &str) -> bool {
        self.0.lock().is_ok_and(|all| all.contains(&(subject.to_owned(), business_id.to_owned())))
    }
}

struct Service {
    redirect: String,
    withdrawn: Withdrawn,
    visits: Mutex<HashMap<String, Visit>>,
}

/// A registered visit, by its session id.
struct Visit {
    person: &'static Person,
    user: String,
    chosen: Vec<String>,
    code: Option<String>,
    token: Option<String>,
}

pub(super) fn router(portal: &str, withdrawn: Withdrawn) -> Router {
    let redirect = format!("{portal}/mandates/callback");
    let service = Service { redirect, withdrawn, visits: Mutex::default() };
    Router::new()
        .route("/service/ypa/user/register/{client}/{code}", get(register))
        .route("/oauth/authorize", get(choose).post(chosen))
        .route("/oauth/token", axum::routing::post(token))
        .route("/service/ypa/api/organizationRoles/{session}", get(roles))
        .with_state(Arc::new(service))
}

/// Whether a call carries the checksum of its path and of a time that is about now.
fn called_by_us(uri: &http::Uri, headers: &HeaderMap) -> bool {
    let text = headers.get(CHECKSUM_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let parts: Vec<&str> = text.split(' ').collect();
    let [CLIENT_ID, time, sum] = parts.as_slice() else { return false };
    let path = uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
    let now = liitos_gateway::wall_clock()().as_seconds();
    let near = Moment::parse(time).is_ok_and(|at| (at.as_seconds() - now).abs() <= CLOCK_TOLERANCE);
    near && checksum(KEY, path, time) == *sum
}

async fn register(
    State(service): State<Arc<Service>>,
    uri: http::Uri,
    headers: HeaderMap,
    Path((client, code)): Path<(String, String)>,
) -> Response {
    if client != CLIENT_ID || !called_by_us(&uri, &headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(person) = PERSONS.iter().find(|person| person.identity_code == Some(code.as_str())) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (session, user) = (random(), random());
    let visit = Visit { person, user: user.clone(), chosen: Vec::new(), code: None, token: None };
    if let Ok(mut visits) = service.visits.lock() {
        visits.insert(session.clone(), visit);
    }
    Json(json!({ "sessionId": session, "userId": user })).into_response()
}

#[derive(Deserialize)]
struct Asked {
    client_id: String,
    response_type: String,
    redirect_uri: String,
    user: String,
    #[serde(default)]
    lang: String,
}

impl Asked {
    fn sound(&self, service: &Service) -> bool {
        self.client_id == CLIENT_ID && self.response_type == "code" && self.redirect_uri == service.redirect
    }
}

async fn choose(State(service): State<Arc<Service>>, Query(asked): Query<Asked>) -> Response {
    let person = service
        .visits
        .lock()
        .ok()
        .and_then(|visits| visits.values().find(|visit| visit.user == asked.user).map(|visit| visit.person));
    let (true, Some(person)) = (asked.sound(&service), person) else {
        return (StatusCode::BAD_REQUEST, "unknown visit").into_response();
    };
    let mut boxes = String::new();
    for (index, mandate) in person.mandates.iter().enumerate() {
        let _ = write!(
            boxes,
            "<p><input type=\"checkbox\" name=\"organisation\" id=\"o{index}\" value=\"{id}\" checked> <label for=\"o{index}\">{name} ({id})</label></p>",
            id = mandate.business_id,
            name = escape(mandate.name)
        );
    }
    if boxes.is_empty() {
        boxes.push_str("<p>You have no role in any organisation.</p>");
    }
    let (user, lang) = (escape(&asked.user), escape(&asked.lang));
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Test mandates</title><style>body{{font:1.1rem sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}}button{{font:inherit;padding:.5rem 1rem}}</style></head>\
         <body><main><h1>Test mandates</h1><p>A sandbox in place of Suomi.fi e-Authorizations. For whom do you act?</p>\
         <form method=\"post\" action=\"/oauth/authorize\"><input type=\"hidden\" name=\"user\" value=\"{user}\"><input type=\"hidden\" name=\"lang\" value=\"{lang}\">\
         {boxes}<button type=\"submit\" id=\"mandates-go-on\">Go on</button></form></main></body></html>"
    ))
    .into_response()
}

async fn chosen(State(service): State<Arc<Service>>, Form(form): Form<Vec<(String, String)>>) -> Response {
    let field = |name: &str| form.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone());
    let user = field("user").unwrap_or_default();
    let code = random();
    let known = service.visits.lock().is_ok_and(|mut visits| {
        let Some(visit) = visits.values_mut().find(|visit| visit.user == user) else { return false };
        let ticked = form.iter().filter(|(name, _)| name == "organisation");
        visit.chosen = ticked.map(|(_, value)| value.clone()).collect();
        visit.code = Some(code.clone());
        true
    });
    if !known {
        return (StatusCode::BAD_REQUEST, "unknown visit").into_response();
    }
    Redirect::to(&format!("{}?code={code}", service.redirect)).into_response()
}

#[derive(Deserialize)]
struct Exchange {
    code: String,
    grant_type: String,
    redirect_uri: String,
}

async fn token(State(service): State<Arc<Service>>, headers: HeaderMap, Query(asked): Query<Exchange>) -> Response {
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{SECRET}")));
    if headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&basic) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let sound = asked.grant_type == "authorization_code" && asked.redirect_uri == service.redirect;
    let token = random();
    let known = sound
        && service.visits.lock().is_ok_and(|mut visits| {
            let by_code = visits.values_mut().find(|visit| visit.code.as_ref() == Some(&asked.code));
            let Some(visit) = by_code else { return false };
            // A code is used once.
            visit.code = None;
            visit.token = Some(token.clone());
            true
        });
    if !known {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    Json(json!({ "access_token": token, "token_type": "bearer", "expires_in": 599, "scope": "read" })).into_response()
}

async fn roles(
    State(service): State<Arc<Service>>,
    uri: http::Uri,
    headers: HeaderMap,
    Path(session): Path<String>,
) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let visits = service.visits.lock();
    let visit = visits.as_ref().ok().and_then(|visits| visits.get(&session));
    // A token opens its own visit only.
    let visit = visit.filter(|visit| bearer.is_some() && visit.token.as_deref() == bearer);
    let (true, Some(visit)) = (called_by_us(&uri, &headers), visit) else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let held = visit.person.mandates.iter().filter(|mandate| {
        let chosen = visit.chosen.iter().any(|id| id == mandate.business_id);
        chosen && !service.withdrawn.holds(visit.person.subject, mandate.business_id)
    });
    let list = held.map(|mandate| {
        json!({ "name": mandate.name, "identifier": mandate.business_id, "complete": true, "roles": mandate.roles })
    });
    Json(list.collect::<Vec<_>>()).into_response()
}
