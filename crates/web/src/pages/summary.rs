//! The last step: everything once more, and sending.

use super::parts::{Part, filled_in};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_service::applications::{self, Checked, Stored};

#[derive(Template)]
#[template(path = "summary.html")]
struct Summary {
    page: Page,
    number: String,
    parts: Vec<Part>,
    findings: Vec<FindingView>,
    open: Vec<String>,
    sendable: bool,
}

pub(crate) fn show(page: Page, stored: &Stored, checked: &Checked) -> Response {
    render_page(&Summary {
        number: stored.application.number.clone(),
        parts: filled_in(&page, &stored.application, checked),
        findings: page.all_findings(&stored.application, checked),
        open: page.open(&checked.open(None)),
        sendable: checked.sound(),
        page,
    })
}

pub(crate) async fn send(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    applications::send(&web.app, page.signed_in()?, &number).await?;
    Ok(Redirect::to(&format!("/applications/{number}")))
}
