//! The outbox: every message with what became of it, and the dead letters.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::Duty;
use liitos_service::messages::{self, Message, Shown};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/messages.html")]
struct Messages {
    page: Page,
    rows: Vec<Row>,
    dead_only: bool,
    /// How many were given up, and how many wait.
    dead: u64,
    waiting: u64,
    older: Option<i64>,
    /// Whether the reader sees to dead letters.
    handles: bool,
}

struct Row {
    key: i64,
    channel: String,
    to: String,
    subject: String,
    body: String,
    at: String,
    state: String,
    look: &'static str,
    error: Option<String>,
    dead: bool,
    again: bool,
}

/// What a link to the page may say.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// Anything: dead letters only.
    dead: Option<String>,
    before: Option<i64>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let dead_only = asked.dead.is_some();
    let part = messages::Page { dead: dead_only, before: asked.before };
    let outbox = messages::outbox(&web.app, actor, part).await?;
    Ok(render_page(&Messages {
        rows: outbox.shown.into_iter().map(|shown| row(&page, shown)).collect(),
        dead_only,
        dead: outbox.dead,
        waiting: outbox.waiting,
        older: outbox.older,
        handles: actor.must_carry_out(Duty::Handle).is_ok(),
        page,
    }))
}

fn row(page: &Page, Shown { message, job }: Shown) -> Row {
    let dead = job.state == "failed";
    let mut state = page.t(&format!("mail-state-{}", job.state));
    if let Some(receipt) = job.receipt.filter(|_| !dead) {
        state = page.t(&format!("mail-receipt-{receipt}"));
    }
    Row {
        key: job.key,
        channel: page.t(&format!("channel-{}", message.channel().map_or("program", |channel| channel.code()))),
        to: message.to().to_owned(),
        subject: message.subject().to_owned(),
        at: page.since(job.created_at),
        look: match job.state.as_str() {
            "done" => "ready",
            "failed" => "attention",
            _ => "open",
        },
        state,
        error: job.last_error.filter(|_| job.state != "done"),
        again: !message.spent(),
        dead,
        body: match message {
            Message::Mail(mail) => mail.body,
            Message::Sms(sms) => sms.text,
            Message::Hook(hook) => hook.body,
        },
    }
}

pub(crate) async fn again(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    messages::again(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/office/messages?dead=only"))
}

pub(crate) async fn settle(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    messages::settle(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/office/messages?dead=only"))
}
