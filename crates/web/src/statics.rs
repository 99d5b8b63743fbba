//! Styles, font, icon and the one script, compiled in: no page asks another site for anything.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

const FILES: &[(&str, &str, &[u8])] = &[
    ("tokens.css", "text/css; charset=utf-8", include_bytes!("../../../static/tokens.css")),
    ("liitos.css", "text/css; charset=utf-8", include_bytes!("../../../static/liitos.css")),
    ("live.js", "text/javascript; charset=utf-8", include_bytes!("../../../static/live.js")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../../static/icon.svg")),
    (
        "fonts/source-sans-3-latin-wght-normal.woff2",
        "font/woff2",
        include_bytes!("../../../static/fonts/source-sans-3-latin-wght-normal.woff2"),
    ),
];

pub(crate) async fn serve(Path(path): Path<String>) -> Response {
    match FILES.iter().find(|(name, _, _)| *name == path) {
        Some((_, media_type, bytes)) => ([(header::CONTENT_TYPE, *media_type)], *bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
