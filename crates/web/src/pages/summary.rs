//! The last step: everything once more, and sending.

use super::parts::{Part, filled_in};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Checked, Shown, Stored};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "summary.html")]
struct Summary {
    page: Page,
    number: String,
    parts: Vec<Part>,
    findings: Vec<FindingView>,
    open: Vec<String>,
    sendable: bool,
    /// What is sent is what was shown.
    shown: String,
}

pub(crate) fn show(page: Page, stored: &Stored, checked: &Checked) -> Response {
    render_page(&Summary {
        number: stored.application.number.clone(),
        parts: filled_in(&page, &stored.application, checked),
        findings: page.all_findings(&stored.application, checked),
        open: page.open(&checked.open(None)),
        sendable: checked.sound(),
        shown: Shown::of(&stored.application, page.language).hash.to_string(),
        page,
    })
}

#[derive(Deserialize)]
pub(crate) struct Sending {
    shown: String,
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(sending): Form<Sending>,
) -> Result<Redirect, Failure> {
    let hash = Sha256Hash::parse(&sending.shown);
    let hash = hash.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "shown"))?;
    let shown = Shown { language: page.language, hash };
    applications::send(&web.app, page.signed_in()?, &number, Some(&shown)).await?;
    Ok(Redirect::to(&format!("/applications/{number}")))
}
