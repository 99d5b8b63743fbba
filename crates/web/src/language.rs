//! The reader's language: their own choice in a cookie, else the browser's wish, else Finnish.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, header};
use liitos_texts::Language;
use serde::Deserialize;

const COOKIE: &str = "liitos_language";

pub(crate) fn of_request(headers: &HeaderMap) -> Language {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let chosen = text(header::COOKIE).split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| Language::parse(value)).flatten()
    });
    chosen.unwrap_or_else(|| Language::negotiate(text(header::ACCEPT_LANGUAGE)))
}

#[derive(Deserialize)]
pub(crate) struct To {
    #[serde(default)]
    pub(crate) to: String,
}

/// Keeps the chosen language and leads back to where the reader was.
pub(crate) async fn switch(Path(code): Path<String>, Query(query): Query<To>) -> Response {
    let language = Language::parse(&code).unwrap_or_default();
    let cookie = format!("{COOKIE}={language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");
    ([(header::SET_COOKIE, cookie)], Redirect::to(local_path(&query.to))).into_response()
}

/// A path on this site, never another site: `//x` and `/\x` lead elsewhere in browsers.
pub(crate) fn local_path(path: &str) -> &str {
    // Browsers drop tabs and line ends from addresses: /<tab>/x would become //x.
    let plain = !path.contains('\\') && !path.chars().any(char::is_control);
    let local = path.starts_with('/') && !path.starts_with("//") && plain;
    if local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_followed() {
        for (given, followed) in [
            ("/home", "/home"),
            ("//evil.test", "/"),
            ("https://evil.test", "/"),
            ("/\\evil", "/"),
            ("", "/"),
            ("/a\r\nx", "/"),
            ("/\t/evil.test", "/"),
        ] {
            assert_eq!(local_path(given), followed);
        }
    }

    #[test]
    fn the_cookie_goes_before_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        assert_eq!(of_request(&headers), Language::En);
        headers.insert(header::COOKIE, "a=b; liitos_language=sv".parse().unwrap());
        assert_eq!(of_request(&headers), Language::Sv);
    }
}
