//! An application's home: its tasks while it is filled in, whose turn it is, what happened to it, its files.

use super::parts::{Task, tasks};
use super::past::{Line, accepted, changes, timeline};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::application::attachment::AttachmentError;
use liitos_domain::application::steps::{Connection, connections, connections_in, nth_field};
use liitos_domain::application::{Application, Deadline, State as Stand, Step, deadlines};
use liitos_domain::{Act, Moment, RefusalCode, Service};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Attachment};
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
    /// What the operator said with its decision or question.
    words: Option<String>,
    /// Whether an answer is waited for.
    answers: bool,
    usual: Option<String>,
    ready_count: String,
    editable: bool,
    over: bool,
    /// Whether it was sent once.
    sent: bool,
    /// Whether the reader may prepare applications.
    prepares: bool,
    tasks: Vec<Task>,
    findings: Vec<FindingView>,
    timeline: Vec<Line>,
    changes: Vec<Line>,
    accepted: Vec<Line>,
    /// The latest days for the wished first day, each with what it is for.
    days: Vec<(String, String)>,
    /// Whether the operator owes production addresses that were asked for.
    promised: bool,
    /// Whether a link of its own is ordered.
    own_link: bool,
    attachments: Vec<File>,
    /// What was wrong with a file that was not attached.
    wrong_file: Option<String>,
}

/// A file as it is listed.
pub(crate) struct File {
    pub(crate) key: i64,
    pub(crate) name: String,
    pub(crate) by: String,
}

pub(crate) fn files(page: &Page, attachments: &[Attachment]) -> Vec<File> {
    let file = |file: &Attachment| File {
        key: file.key,
        name: file.name.clone(),
        by: format!("{} · {}", page.since(file.at), file.person),
    };
    attachments.iter().map(file).collect()
}

#[derive(Deserialize)]
pub(crate) struct Begin {
    service: String,
    /// The number of an earlier application to copy from.
    #[serde(default)]
    from: String,
}

pub(crate) async fn begin(State(web): State<Web>, page: Page, Form(begin): Form<Begin>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let service =
        Service::parse(&begin.service).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "service"))?;
    let from = Some(begin.from.as_str()).filter(|from| !from.is_empty());
    let number = applications::begin(&web.app, actor, service, from, page.language).await?;
    Ok(Redirect::to(&format!("/applications/{number}")))
}

/// What a link to the page may say: the key of what was wrong with a file.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    wrong: String,
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let (stored, checked) = applications::view(&web.app, actor, &number).await?;
    let past = applications::past(&web.app, actor, &number).await?;
    let application = &stored.application;
    let usual = match application.state {
        Stand::Sent { .. } => page.usual_wait(&web).await?,
        _ => None,
    };
    let (state, look) = page.state(&application.state);
    let (turn, turn_text, turn_look, words) = turn(&page, &application.state);
    let all = tasks(&page, application, &checked, None);
    let ready = all.iter().filter(|task| task.look == "ready" && task.code != Step::Summary.code()).count();
    let total = all.len().saturating_sub(1);
    let ready_count =
        page.language.text_with("application-ready", &[("ready", &ready.to_string()), ("total", &total.to_string())]);
    let editable = application.state.editable();
    Ok(render_page(&ApplicationPage {
        service: page.service(application.service),
        findings: if editable { page.all_findings(application, &checked) } else { Vec::new() },
        timeline: timeline(&page, &past, false),
        changes: changes(&page, &past),
        accepted: accepted(&page, &past),
        days: days(&page, application, web.app.now()),
        promised: promised(application),
        own_link: application.state.editable()
            && connections(&application.form(Step::AccessPoints))
                .iter()
                .any(|(_, connection)| matches!(connection, Connection::Own(_))),
        attachments: files(&page, &past.attachments),
        wrong_file: AttachmentError::ALL
            .iter()
            .find(|error| error.key() == asked.wrong)
            .map(|error| page.t(error.key())),
        usual,
        over: application.state.over(),
        sent: stored.sent_at.is_some(),
        prepares: actor.may(Act::Prepare),
        number,
        state,
        look,
        turn,
        turn_text,
        turn_look,
        words,
        answers: matches!(application.state, Stand::MoreAsked { .. }),
        ready_count,
        editable,
        tasks: all,
        page,
    }))
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    applications::withdraw(&web.app, page.signed_in()?, &number).await?;
    Ok(Redirect::to(&format!("/applications/{number}")))
}

/// The latest days, while they are of use: after sending without that of sending, after an approval those still to come.
fn days(page: &Page, application: &Application, now: Moment) -> Vec<(String, String)> {
    let approved = matches!(application.state, Stand::Approved { .. });
    if application.state.over() && !approved {
        return Vec::new();
    }
    let of_use = |(what, at): &(Deadline, Moment)| {
        let sent = matches!(what, Deadline::Sending | Deadline::SendingAlone) && !application.state.editable();
        !(sent || approved && *at < now)
    };
    let told = |(what, at): (Deadline, Moment)| (page.t(&format!("deadline-{what}")), page.language.date(at));
    deadlines(application).into_iter().filter(of_use).map(told).collect()
}

/// Whether the operator owes production addresses that were asked for.
fn promised(application: &Application) -> bool {
    let form = application.form(Step::AccessPoints);
    let asked = connections_in(&form).into_iter().any(|nth| form.ticked(&nth_field("production_addresses", nth)));
    matches!(application.state, Stand::Approved { .. }) && asked
}

/// Whose turn it is, since when; and what the operator said.
fn turn(page: &Page, state: &Stand) -> (String, String, &'static str, Option<String>) {
    let when = |key: &str, at| page.language.text_with(key, &[("when", &page.since(at))]);
    match state {
        Stand::Draft => (page.t("turn-yours"), page.t("turn-yours-text"), "advice", None),
        Stand::Sent { at } => (page.t("turn-operator"), when("turn-operator-text", *at), "advice", None),
        Stand::MoreAsked { at, question } => {
            (page.t("turn-more-asked"), when("turn-more-asked-text", *at), "warning", Some(question.clone()))
        }
        Stand::Approved { at, in_part: None, .. } => {
            (page.t("turn-approved"), when("turn-approved-text", *at), "good", None)
        }
        Stand::Approved { at, in_part: Some(part), .. } => {
            (page.t("turn-in-part"), when("turn-approved-text", *at), "warning", Some(part.reason.clone()))
        }
        Stand::Rejected { at, reason } => {
            (page.t("turn-rejected"), when("turn-rejected-text", *at), "error", Some(reason.clone()))
        }
        Stand::Withdrawn { at } => (page.t("turn-withdrawn"), when("turn-withdrawn-text", *at), "advice", None),
    }
}
