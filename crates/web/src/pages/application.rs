//! An application's task list: its home.

use super::parts::{Task, tasks};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::application::State as Stand;
use liitos_domain::{RefusalCode, Service};
use liitos_service::{ServiceError, applications};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "application.html")]
struct ApplicationPage {
    page: Page,
    number: String,
    service: String,
    state: String,
    look: &'static str,
    turn: String,
    turn_text: String,
    turn_look: &'static str,
    ready_count: String,
    editable: bool,
    tasks: Vec<Task>,
    findings: Vec<FindingView>,
}

#[derive(Deserialize)]
pub(crate) struct Begin {
    service: String,
}

pub(crate) async fn begin(State(web): State<Web>, page: Page, Form(begin): Form<Begin>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let service =
        Service::parse(&begin.service).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "service"))?;
    let number = applications::begin(&web.app, actor, service, page.language).await?;
    Ok(Redirect::to(&format!("/applications/{number}")))
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
    let application = &stored.application;
    let (state, look) = page.state(&application.state);
    let (turn, turn_text, turn_look) = turn(&page, &application.state);
    let all = tasks(&page, application, &checked, None);
    let ready = all.iter().filter(|task| task.look == "ready").count();
    let total = all.len().saturating_sub(1);
    let ready_count =
        page.language.text_with("application-ready", &[("ready", &ready.to_string()), ("total", &total.to_string())]);
    let editable = application.state.editable();
    Ok(render_page(&ApplicationPage {
        service: page.service(application.service),
        findings: if editable { page.all_findings(&checked) } else { Vec::new() },
        number,
        state,
        look,
        turn,
        turn_text,
        turn_look,
        ready_count,
        editable,
        tasks: all,
        page,
    }))
}

/// Whose turn it is, since when.
fn turn(page: &Page, state: &Stand) -> (String, String, &'static str) {
    let when = |key: &str, at| page.language.text_with(key, &[("when", &page.since(at))]);
    match state {
        Stand::Draft => (page.t("turn-yours"), page.t("turn-yours-text"), "advice"),
        Stand::Sent { at } => (page.t("turn-operator"), when("turn-operator-text", *at), "advice"),
        Stand::Approved { at, .. } => (page.t("turn-approved"), when("turn-approved-text", *at), "good"),
        Stand::Rejected { at, reason } => {
            (page.t("turn-rejected"), format!("{} {reason}", when("turn-rejected-text", *at)), "error")
        }
    }
}
