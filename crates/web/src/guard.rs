//! What protects every page: requests from other sites are refused, and the browser is told what it may load.

use crate::errors::Failure;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, header};
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;

/// Refuses unsafe requests that did not come from our own pages: by Sec-Fetch-Site where the browser sends it, else by
/// comparing Origin with Host. A request with neither is no browser's form.
pub(crate) async fn same_site(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // A search that is posted changes nothing (FHIR R4 3.1.0.4).
    let searched = path.starts_with(crate::fhir::BASE) && path.ends_with("/_search");
    let safe = searched || matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A program outside shows a ticket that nobody else has, and no cookie.
    let told = path.starts_with(crate::pages::receipts::BASE);
    // A program shows its own secret with each request, which no browser adds by itself; cookies count for nothing then.
    let program = path.starts_with("/api/") && bearer(request.headers()).is_some();
    if safe || told || program || from_here(request.headers()) {
        return next.run(request).await;
    }
    Failure::from(ServiceError::refused(RefusalCode::CrossSite, "Origin")).into_response()
}

/// The secret that a program shows (RFC 6750 2.1).
pub(crate) fn bearer(headers: &http::HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// Whether a request came from one of our own pages.
pub(crate) fn from_here(headers: &http::HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let (Some(origin), Some(host)) = (text(&header::ORIGIN), text(&header::HOST)) else {
        return false;
    };
    origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

const HEADERS: [(&str, &str); 5] = [
    // Scripts, styles, fonts and pictures from here only, and no script within a page.
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
];

/// Adds the protecting headers; pages are not kept by caches.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let is_static = request.uri().path().starts_with("/static/");
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let caching = if is_static { "public, max-age=3600" } else { "no-store" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> http::HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_post() {
        assert!(from_here(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!from_here(&headers(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://a.test"),
            ("host", "a.test")
        ])));
        assert!(from_here(&headers(&[("origin", "http://a.test:1"), ("host", "a.test:1")])));
        assert!(!from_here(&headers(&[("origin", "http://b.test"), ("host", "a.test")])));
        assert!(!from_here(&headers(&[("origin", "null"), ("host", "a.test")])));
        assert!(!from_here(&headers(&[])));
    }
}
