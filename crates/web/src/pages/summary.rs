//! The last step: everything once more, and sending.

use super::parts::{Part, connection_names, filled_in};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::State as Stand;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Checked, Sending, Shown, Stored};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "summary.html")]
struct Summary {
    page: Page,
    number: String,
    parts: Vec<Part>,
    findings: Vec<FindingView>,
    open: Vec<String>,
    /// What the open rules are called, and what is said of them.
    checks_open: [&'static str; 2],
    /// Whether something is not filled in.
    unfinished: bool,
    /// Pharmacies that stay outside.
    left_out: Vec<String>,
    /// Whether it can be edited, and sent.
    editable: bool,
    sendable: bool,
    /// What the operator asked, where an answer is waited for; and what was typed to it.
    question: Option<String>,
    answer: String,
    most_words: usize,
    /// Why it was not sent, if so.
    notice: Option<String>,
    /// What is sent is what was shown.
    shown: String,
}

pub(crate) async fn show(
    web: &Web,
    page: Page,
    (stored, checked): (&Stored, &Checked),
    (notice, answer): (Option<String>, String),
) -> Result<Response, Failure> {
    let application = &stored.application;
    let names = applications::names_in(&web.app, [application]).await?;
    let connections = connection_names(web, &page, application).await?;
    Ok(render_page(&Summary {
        notice,
        left_out: applications::left_out(&web.app, application).await?,
        number: application.number.clone(),
        parts: filled_in(&page, application, checked, (&names, &connections)),
        findings: page.all_findings(application, checked),
        open: page.open(&checked.open(None)),
        checks_open: ["checks-open", "checks-open-text"],
        unfinished: !checked.incomplete.is_empty(),
        editable: application.state.editable(),
        sendable: application.state.editable() && checked.sound(),
        question: match &application.state {
            Stand::MoreAsked { question, .. } => Some(question.clone()),
            _ => None,
        },
        most_words: applications::MAX_WORDS,
        answer,
        shown: Shown::of(application, page.language).hash.to_string(),
        page,
    }))
}

#[derive(Deserialize)]
pub(crate) struct Sent {
    shown: String,
    #[serde(default)]
    answer: String,
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let hash = Sha256Hash::parse(&sent.shown);
    let hash = hash.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "shown"))?;
    let shown = Shown { language: page.language, hash };
    let sending = Sending { shown: Some(&shown), answer: &sent.answer };
    match applications::send(&web.app, page.signed_in()?, &number, sending).await {
        Ok(_) => Ok(Redirect::to(&format!("/applications/{number}")).into_response()),
        // Somebody changed it meanwhile: what it says now is shown, to be read and sent again.
        Err(error) if error.code == RefusalCode::DraftChanged => {
            let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
            let notice = format!("{}: {}", error.code, page.language.refusal(error.code));
            let again = show(&web, page, (&stored, &checked), (Some(notice), sent.answer)).await?;
            Ok((StatusCode::CONFLICT, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
