//! An organisation's certificates: when they end, when new ones are ordered, and one more to be watched.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response};
use liitos_domain::notice::{order_by, warning};
use liitos_service::certificates;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "certificates.html")]
struct Certificates {
    page: Page,
    certificates: Vec<Row>,
}

struct Row {
    name: String,
    holder: String,
    purpose: String,
    fingerprint: String,
    ends: String,
    order_by: String,
    soon: bool,
}

pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = certificates::own(&web.app, page.signed_in()?).await?;
    let now = web.app.now();
    let row = |known: &certificates::KnownCertificate| {
        let ends = known.valid.until.unwrap_or(now);
        Row {
            name: known.name.clone(),
            holder: known.holder.clone(),
            purpose: page.t(&format!("ending-{}", known.purpose)),
            fingerprint: known.fingerprint.to_string(),
            ends: page.language.date(ends),
            order_by: page.language.date(order_by(ends)),
            soon: warning(ends, now).is_some(),
        }
    };
    let rows = all.iter().map(row).collect();
    Ok(render_page(&Certificates { certificates: rows, page }))
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    certificate: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Form(form): Form<Shown>) -> Result<Redirect, Failure> {
    certificates::show(&web.app, page.signed_in()?, form.certificate.trim().as_bytes()).await?;
    Ok(Redirect::to("/certificates"))
}
