//! What people and peers see: the portal's pages, and the inner doors behind the gateway.
//!
//! A handler parses, calls the service, renders. It decides nothing: who may do what is asked in `service`.

pub mod api;
pub mod doors;
mod errors;
mod fhir;
mod form_view;
mod guard;
mod language;
mod page;
pub mod pages;
mod routes;
mod sessions;
mod statics;

pub use routes::{OPEN_ROUTES, ROUTES};

use axum::Router;
use liitos_service::App;
use liitos_service::ports::{IdentityProvider, MandateService};
use std::sync::Arc;

/// What the pages work with.
#[derive(Clone)]
pub struct Web {
    /// The use cases.
    pub app: Arc<App>,
    /// Who identifies people.
    pub identity: Arc<dyn IdentityProvider>,
    /// Who knows for whom people may act, if anybody is asked.
    pub mandates: Option<Arc<dyn MandateService>>,
    /// Whether cookies are sent over TLS only; off only in a sandbox on loopback.
    pub secure_cookies: bool,
}

/// Largest form taken, in bytes.
pub(crate) const MAX_FORM_BYTES: usize = 256 * 1024;

/// The portal.
pub fn portal(web: Web) -> Router {
    let sessions = sessions::layer(&web);
    routes::all()
        .merge(api::router(&web))
        .fallback(pages::not_found)
        .layer(axum::middleware::from_fn(guard::same_site))
        .layer(axum::middleware::from_fn_with_state(web.clone(), errors::render))
        .layer(sessions)
        .layer(axum::middleware::from_fn(guard::headers))
        .layer(axum::extract::DefaultBodyLimit::max(MAX_FORM_BYTES))
        .with_state(web)
}
