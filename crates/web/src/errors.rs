//! One place that turns a service error into what a person sees: a page in their language with code, mender and remedy.

use crate::fhir::{self, Written};
use crate::guard::from_here;
use crate::language::local_path;
use crate::page::{Page, encoded, render_page};
use crate::{MAX_FORM_BYTES, Web};
use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_TYPE, REFERER};
use http::{Method, StatusCode};
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;
use liitos_texts::Language;
use std::sync::Arc;

/// A service error on its way to the page.
#[derive(Clone)]
pub(crate) struct Failure(Arc<ServiceError>);

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    page: &'a Page,
    title: String,
    how: String,
    code: String,
    mender: String,
    place: String,
    /// Where the person confirms their mandate, when that is what is missing.
    confirm: Option<String>,
}

/// What was typed into a form by somebody whose session had ended: they sign in beside it and send it again. Nothing of it is kept
/// here.
#[derive(Template)]
#[template(path = "send_again.html")]
struct SendAgain<'a> {
    page: &'a Page,
    /// The page that the form stands on.
    from: String,
    typed: Vec<(String, String)>,
}

/// Renders failures that handlers left in the response.
pub(crate) async fn render(State(web): State<Web>, request: Request, next: Next) -> Response {
    // What is the same for everybody asks nobody who they are.
    if request.uri().path().starts_with("/static/") {
        return next.run(request).await;
    }
    let program = request.uri().path().starts_with("/api/");
    // A person who opens an address of the older ones is led to sign in; a program is told.
    let leads_to_sign_in = request.method() == Method::GET && !request.uri().path().starts_with(crate::api::BASE);
    let asks_again = request.method() == Method::GET && !program;
    let fhir = request.uri().path().starts_with(fhir::BASE);
    let written = Written::asked(request.headers(), request.uri().query());
    let came_from = came_from(request.headers());
    let (mut parts, body) = request.into_parts();
    let page = Page::of(&mut parts, &web).await;
    parts.extensions.insert(page.clone());
    let mut request = Request::from_parts(parts, body);
    if page.actor.is_none() && page.unknown.is_none() && !program && !fhir && is_own_form(&request) {
        request = match typed(request).await {
            Ok(typed) => {
                return (
                    StatusCode::UNAUTHORIZED,
                    render_page(&SendAgain { page: &page, from: encoded(&came_from), typed }),
                )
                    .into_response();
            }
            Err(request) => request,
        };
    }
    let response = next.run(request).await;
    // A page that was an answer to a form is opened by its address, in another language for instance: the form is above it.
    if asks_again && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let above = page.path.rsplit_once('/').map_or("", |(above, _)| above);
        return Redirect::to(if above.is_empty() { "/" } else { above }).into_response();
    }
    let failure = response.extensions().get::<Failure>().cloned().or_else(|| unspoken(&response));
    let Some(Failure(error)) = failure else {
        return response;
    };
    log(&web, &error);
    if fhir {
        let place = if error.code == RefusalCode::Internal { "" } else { &error.place };
        return fhir::refused(written, page.language, &error, place);
    }
    if error.code == RefusalCode::SignInNeeded && leads_to_sign_in {
        return Redirect::to(&format!("/sign-in?to={}", page.encoded_path())).into_response();
    }
    // The place of our own failures is for the log.
    let place = if error.code == RefusalCode::Internal { String::new() } else { error.place.clone() };
    let language = page.language;
    if program {
        return problem(response.status(), language, error.code, &place);
    }
    let shown = ErrorPage {
        title: language.refusal(error.code),
        how: language.refusal_how(error.code),
        code: error.code.code(),
        mender: language.text(error.code.mender().key()),
        place,
        confirm: (error.code == RefusalCode::MandateOld).then(|| encoded(&came_from)),
        page: &page,
    };
    (response.status(), render_page(&shown)).into_response()
}

/// Whether it is a form of a page that needs a session, sent from one of our own pages.
fn is_own_form(request: &Request) -> bool {
    let form = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form = form.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    // Signing out needs none.
    request.method() == Method::POST && form && request.uri().path() != "/sign-out" && from_here(request.headers())
}

/// What a form holds; or the request as it was, without a body that is too large to be read.
async fn typed(request: Request) -> Result<Vec<(String, String)>, Request> {
    let (parts, body) = request.into_parts();
    match axum::body::to_bytes(body, MAX_FORM_BYTES).await {
        Ok(bytes) if !bytes.is_empty() => Ok(form_urlencoded::parse(&bytes).into_owned().collect()),
        _ => Err(Request::from_parts(parts, axum::body::Body::empty())),
    }
}

/// The page that a request came from, as far as it is one of ours.
fn came_from(headers: &http::HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = referer.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    local_path(path.unwrap_or("/home")).to_owned()
}

/// A failure as programs read it: a problem document (RFC 9457).
fn problem(status: StatusCode, language: Language, code: RefusalCode, place: &str) -> Response {
    let document = serde_json::json!({
        "type": format!("urn:liitos:refusal:{code}"), "title": language.refusal(code), "status": status.as_u16(),
        "detail": place, "code": code.code(), "remedy": language.refusal_how(code),
    });
    (status, [(CONTENT_TYPE, "application/problem+json")], document.to_string()).into_response()
}

/// What the framework refused before any handler: a form without a field, a path or a method that is not there.
fn unspoken(response: &Response) -> Option<Failure> {
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    // What a handler has said itself.
    if media_type.is_some_and(|text| text.starts_with("text/html") || text.starts_with("application/json")) {
        return None;
    }
    let code = match response.status() {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => RefusalCode::NotFound,
        status if status.is_client_error() => RefusalCode::FormInvalid,
        _ => return None,
    };
    Some(ServiceError::refused(code, "request").into())
}

fn log(web: &Web, error: &ServiceError) {
    if error.code != RefusalCode::Internal {
        return;
    }
    let mut chain = String::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(source) = cause {
        chain.push_str(&format!(": {source}"));
        cause = source.source();
    }
    tracing::error!(id = web.app.decision_id(), place = error.place, cause = chain, "internal error");
}
