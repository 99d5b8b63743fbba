//! The documents that a run is to move, one by one: for the operator, and for the organisation whose register gives.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::codes::register_name;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use liitos_domain::RefusalCode;
use liitos_domain::archive::Moving;
use liitos_service::ServiceError;
use liitos_service::controller_runs::{self as runs, Behind, MovingPage};
use liitos_service::names::{self, Numbers};
use serde::Deserialize;

/// Which documents are asked for, and behind which of them.
#[derive(Deserialize)]
pub(crate) struct Asked {
    which: Option<String>,
    after: Option<String>,
}

impl Asked {
    fn read(&self) -> Result<(Moving, Behind), ServiceError> {
        let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "which");
        let which = self.which.as_deref().map_or(Some(Moving::OpenEvents), Moving::parse).ok_or_else(wrong)?;
        Ok((which, self.after.as_deref().map(Behind::parse).transpose()?.unwrap_or_default()))
    }
}

#[derive(Template)]
#[template(path = "run_documents.html")]
struct DocumentsPage {
    page: Page,
    number: String,
    /// Whence one comes: its address, and what it is called.
    back: (String, String),
    /// This page.
    own: String,
    /// What can be asked for: its code, its name, and whether it is what was.
    kinds: Vec<(&'static str, String, bool)>,
    asked: &'static str,
    title: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    register: String,
    unit: String,
}

pub(crate) async fn office(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (which, after) = asked.read()?;
    let found = runs::moving(&web.app, page.signed_in()?, &number, which, after).await?;
    let base = format!("/office/runs/{number}");
    let back = (base.clone(), format!("{} {number}", page.t("run-title")));
    shown(&web, page, (&number, back, &base), (which, found)).await
}

pub(crate) async fn own(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (which, after) = asked.read()?;
    let found = runs::own_moving(&web.app, page.signed_in()?, &number, which, after).await?;
    let back = ("/runs".to_owned(), page.t("runs-title"));
    shown(&web, page, (&number, back, &format!("/runs/{number}")), (which, found)).await
}

/// A page of a run by its number, with whence one comes and below which address its documents are.
async fn shown(
    web: &Web,
    page: Page,
    (number, back, base): (&str, (String, String), &str),
    (which, (documents, next)): (Moving, MovingPage),
) -> Result<Response, Failure> {
    let organisations = documents.iter().map(|one| one.unit.clone()).collect();
    let names = names::names(&web.app, &Numbers { organisations, ..Numbers::default() }).await?;
    let row = |one: runs::MovingDocument| Row {
        register: register_name(&page, &one.register),
        unit: names.beside(one.unit.as_str()),
        id: one.id,
    };
    let name = |which: Moving| page.t(&format!("run-listed-{which}"));
    Ok(render_page(&DocumentsPage {
        number: number.to_owned(),
        back,
        own: format!("{base}/documents"),
        kinds: [Moving::OpenEvents, Moving::Unfinished, Moving::All]
            .map(|one| (one.code(), name(one), one == which))
            .into(),
        asked: which.code(),
        title: name(which),
        rows: documents.into_iter().map(row).collect(),
        next: next.map(|next| next.to_string()),
        page,
    }))
}
