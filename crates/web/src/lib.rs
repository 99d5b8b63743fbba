//! What people and peers see: the portal's pages, and the inner doors behind the gateway.
//!
//! A handler parses, calls the service, renders. It decides nothing: who may do what is asked in `service`.

pub mod doors;
mod errors;
mod fhir;
mod form_view;
mod guard;
mod language;
mod page;
pub mod pages;
mod sessions;
mod statics;

use axum::Router;
use axum::routing::{get, post};
use liitos_service::App;
use liitos_service::ports::IdentityProvider;
use std::sync::Arc;

/// What the pages work with.
#[derive(Clone)]
pub struct Web {
    /// The use cases.
    pub app: Arc<App>,
    /// Who identifies people.
    pub identity: Arc<dyn IdentityProvider>,
    /// Whether cookies are sent over TLS only; off only in a sandbox on loopback.
    pub secure_cookies: bool,
}

/// Every page and form of the portal: method, path. A test calls each without a session.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/organisations"),
    ("POST", "/organisations"),
    ("GET", "/home"),
    ("GET", "/certificates"),
    ("GET", "/connection"),
    ("GET", "/decision"),
    ("GET", "/api/decision"),
    ("GET", "/call"),
    ("GET", "/api/call"),
    ("GET", "/log"),
    ("GET", "/api/log"),
    ("GET", "/api/log/consistency"),
    ("GET", "/fhir/{kind}"),
    ("POST", "/fhir/{kind}/_search"),
    ("GET", "/fhir/{kind}/_history"),
    ("GET", "/fhir/{kind}/{id}"),
    ("GET", "/check"),
    ("POST", "/check"),
    ("POST", "/api/check"),
    ("POST", "/certificates"),
    ("POST", "/applications"),
    ("GET", "/applications/{number}"),
    ("GET", "/applications/{number}/{step}"),
    ("POST", "/applications/{number}/{step}"),
    ("POST", "/applications/{number}/{step}/check"),
    ("POST", "/applications/{number}/send"),
    ("GET", "/office"),
    ("GET", "/office/applications/{number}"),
    ("POST", "/office/applications/{number}/approve"),
    ("POST", "/office/applications/{number}/reject"),
    ("GET", "/office/directory"),
    ("POST", "/office/directory/close"),
    ("POST", "/office/directory/shut"),
    ("POST", "/office/directory/lift"),
    ("POST", "/office/directory/return"),
    ("GET", "/office/directory/by-hand"),
    ("POST", "/office/directory/by-hand"),
    ("GET", "/office/directory/proposals/{key}"),
    ("POST", "/office/directory/proposals/{key}/approve"),
    ("POST", "/office/directory/proposals/{key}/withdraw"),
    ("GET", "/office/signers"),
    ("POST", "/office/signers"),
    ("POST", "/office/signers/{key}/withdraw"),
    ("GET", "/office/mail"),
    ("GET", "/office/outbound"),
    ("GET", "/office/notices"),
    ("POST", "/office/notices/{key}/settle"),
    ("POST", "/notices/{key}/settle"),
];

/// Pages that need no session.
pub const OPEN_ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/api/log/head"),
    ("GET", "/fhir/metadata"),
    ("GET", "/language/{code}"),
    ("GET", "/sign-in"),
    ("GET", "/sign-in/callback"),
    ("POST", "/sign-out"),
    ("GET", "/static/{*path}"),
];

/// The portal.
pub fn portal(web: Web) -> Router {
    let sessions = sessions::layer(&web);
    Router::new()
        .route("/", get(pages::start::show))
        .route("/health", get(|| async { "ok" }))
        .route("/language/{code}", get(language::switch))
        .route("/sign-in", get(pages::sign_in::begin))
        .route("/sign-in/callback", get(pages::sign_in::finish))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route("/static/{*path}", get(statics::serve))
        .route("/organisations", get(pages::organisations::show).post(pages::organisations::choose))
        .route("/home", get(pages::home::show))
        .route("/connection", get(pages::connection::own))
        .route("/decision", get(pages::decision::show))
        .route("/api/decision", get(pages::decision::operation))
        .route("/call", get(pages::call::show))
        .route("/api/call", get(pages::call::operation))
        .route("/log", get(pages::log::show))
        .route("/api/log", get(pages::log::own))
        .route("/api/log/consistency", get(pages::log::consistency))
        .route("/api/log/head", get(pages::log::head))
        .route("/fhir/metadata", get(fhir::metadata))
        .route("/fhir/{kind}", get(fhir::search))
        .route("/fhir/{kind}/_search", post(fhir::search_posted))
        .route("/fhir/{kind}/_history", get(fhir::changes))
        .route("/fhir/{kind}/{id}", get(fhir::read))
        .route("/check", get(pages::check::show).post(pages::check::check))
        .route("/api/check", post(pages::check::operation))
        .route("/certificates", get(pages::certificates::own).post(pages::certificates::show))
        .route("/applications", post(pages::application::begin))
        .route("/applications/{number}", get(pages::application::show))
        .route("/applications/{number}/send", post(pages::summary::send))
        .route("/applications/{number}/{step}", get(pages::step::show).post(pages::step::save))
        .route("/applications/{number}/{step}/check", post(pages::step::check))
        .route("/office", get(pages::office::queue::show))
        .route("/office/applications/{number}", get(pages::office::decision::show))
        .route("/office/applications/{number}/approve", post(pages::office::decision::approve))
        .route("/office/applications/{number}/reject", post(pages::office::decision::reject))
        .route("/office/directory", get(pages::office::directory::show))
        .route("/office/directory/close", post(pages::office::directory::close))
        .route("/office/directory/shut", post(pages::office::shut::shut))
        .route("/office/directory/lift", post(pages::office::shut::lift))
        .route("/office/directory/return", post(pages::office::proposal::propose_return))
        .route("/office/directory/by-hand", get(pages::office::by_hand::show).post(pages::office::by_hand::propose))
        .route("/office/directory/proposals/{key}", get(pages::office::proposal::show))
        .route("/office/directory/proposals/{key}/approve", post(pages::office::proposal::approve))
        .route("/office/directory/proposals/{key}/withdraw", post(pages::office::proposal::withdraw))
        .route("/office/signers", get(pages::office::signers::show).post(pages::office::signers::register))
        .route("/office/signers/{key}/withdraw", post(pages::office::signers::withdraw))
        .route("/office/mail", get(pages::office::mail::show))
        .route("/office/outbound", get(pages::office::outbound::show))
        .route("/office/notices", get(pages::notices::office))
        .route("/office/notices/{key}/settle", post(pages::notices::settle_any))
        .route("/notices/{key}/settle", post(pages::notices::settle_own))
        .fallback(pages::not_found)
        .layer(axum::middleware::from_fn(guard::same_site))
        .layer(axum::middleware::from_fn_with_state(web.clone(), errors::render))
        .layer(sessions)
        .layer(axum::middleware::from_fn(guard::headers))
        .layer(axum::extract::DefaultBodyLimit::max(256 * 1024))
        .with_state(web)
}
