//! Sealed copies of what was signed, and the key that their seals are proved with.

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use liitos_service::applications;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A sealed copy as it is listed.
pub(crate) struct CopyRow {
    pub(crate) key: i64,
    pub(crate) name: String,
    pub(crate) at: String,
    pub(crate) seal: String,
}

/// The sealed copies of the organisation acted for.
pub(crate) async fn rows(web: &Web, page: &Page) -> Result<Vec<CopyRow>, Failure> {
    let copies = applications::copies(&web.app, page.signed_in()?).await?;
    let row =
        |copy: applications::Copy| CopyRow { key: copy.key, name: copy.name, at: page.since(copy.at), seal: copy.seal };
    Ok(copies.into_iter().map(row).collect())
}

/// A file to be kept, under a name that may hold any letter (RFC 8187).
pub(crate) fn download(name: &str, media_type: String, body: Vec<u8>) -> Response {
    let mut encoded = String::new();
    for byte in name.bytes() {
        let _ = write!(encoded, "%{byte:02X}");
    }
    let disposition = format!("attachment; filename*=UTF-8''{encoded}");
    ([(CONTENT_TYPE, media_type), (CONTENT_DISPOSITION, disposition)], body).into_response()
}

pub(crate) async fn read(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Response, Failure> {
    let copy = applications::copy(&web.app, page.signed_in()?, key).await?;
    Ok(download(&copy.name, copy.media_type, copy.body))
}

/// `GET /api/seal`: the public key of the operator's seals.
pub(crate) async fn public_key(State(web): State<Web>) -> Json<Value> {
    let key = web.app.publication.public_key();
    let key = key.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Json(json!({ "algorithm": "Ed25519", "public_key": key }))
}
