//! What the directory's log holds of an organisation, with proofs; and the log's signed head, for anybody.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::archive::SealHead;
use liitos_domain::transparency::{Entry, included};
use liitos_service::archive;
use liitos_service::directory::log::{self, Proved, Recorded, SignedHead};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    page: Page,
    size: u64,
    root: String,
    at: String,
    changes: Vec<ChangeView>,
}

struct ChangeView {
    version: u64,
    at: String,
    basis: String,
    asked_for: bool,
    /// Whether its proof leads to the head, as checked when the page was made.
    proved: bool,
    rows: Vec<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let Recorded { head, changes } = log::own(&web.app, page.signed_in()?).await?;
    let view = |change: &Proved| ChangeView {
        version: change.leaf.version,
        at: page.since(change.leaf.at),
        basis: page.language.basis(&change.basis),
        asked_for: change.asked_for,
        proved: change.leaf.hash().is_ok_and(|hash| included(&hash, change.leaf.version - 1, &change.path, &head.head)),
        rows: change.entries.iter().map(|entry| row(&page, entry)).collect(),
    };
    Ok(render_page(&LogPage {
        size: head.head.size,
        root: head.head.root.to_string(),
        at: page.since(head.at),
        changes: changes.iter().map(view).collect(),
        page,
    }))
}

/// A row in a few words: what list it stands in, and the codes and identifiers that it names.
fn row(page: &Page, entry: &Entry) -> String {
    let value = entry.row.get(0).unwrap_or(&entry.row);
    let named = ["oid", "joiner", "host", "tenant", "service", "access_point", "system", "stage", "reason"];
    let said = named.iter().filter_map(|key| Some((*key, value.get(*key)?.as_str()?)));
    let said = said.map(|(key, said)| match key {
        // Codes have words.
        "service" | "stage" => page.t(&format!("{key}-{said}")),
        _ => said.to_owned(),
    });
    format!("{}: {}", page.t(&format!("log-{}", entry.list.replace('_', "-"))), said.collect::<Vec<_>>().join(" – "))
}

/// `GET /api/log`: the same for programs.
pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Json<Recorded>, Failure> {
    Ok(Json(log::own(&web.app, page.signed_in()?).await?))
}

/// `GET /api/log/head`: the head of the whole log, signed; it tells nothing of anybody.
pub(crate) async fn head(State(web): State<Web>) -> Result<Json<SignedHead>, Failure> {
    Ok(Json(log::head(&web.app).await?))
}

/// `GET /api/use-log/head`: the newest seal of the archive's use log, signed; it tells nothing of anybody.
pub(crate) async fn use_log_head(State(web): State<Web>) -> Result<Json<SealHead>, Failure> {
    Ok(Json(archive::use_log_head(&web.app).await?))
}

/// How long the log was that somebody remembers.
#[derive(Deserialize)]
pub(crate) struct Remembered {
    #[serde(default)]
    from: u64,
}

/// `GET /api/log/consistency`: the proof that a head which somebody remembers is the beginning of the log as it is now.
pub(crate) async fn consistency(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Remembered>,
) -> Result<Json<Value>, Failure> {
    // Each answer hashes the whole log: for who has signed in.
    page.signed_in()?;
    let (head, path) = log::consistency(&web.app, asked.from, None).await?;
    Ok(Json(json!({ "from": asked.from, "head": head, "path": path })))
}
