//! The outbox: every mail with its delivery state.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_service::mail;

#[derive(Template)]
#[template(path = "office/mail.html")]
struct MailPage {
    page: Page,
    mails: Vec<Row>,
}

struct Row {
    to: String,
    subject: String,
    body: String,
    at: String,
    state: String,
    look: &'static str,
    error: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let jobs = mail::outbox(&web.app, page.signed_in()?).await?;
    let row = |(mail, job): (liitos_service::ports::Mail, mail::Job)| Row {
        to: mail.to,
        subject: mail.subject,
        body: mail.body,
        at: page.since(job.created_at),
        state: page.t(&format!("mail-state-{}", job.state)),
        look: if job.state == "done" {
            "ready"
        } else if job.state == "failed" {
            "attention"
        } else {
            "open"
        },
        error: job.last_error.filter(|_| job.state != "done"),
    };
    let mails = jobs.into_iter().map(row).collect();
    Ok(render_page(&MailPage { page, mails }))
}
