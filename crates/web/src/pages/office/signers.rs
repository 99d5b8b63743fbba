//! Old signers that the operator vouches for.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::{Interval, Oid, RefusalCode};
use liitos_service::{ServiceError, signers};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/signers.html")]
struct SignersPage {
    page: Page,
    signers: Vec<Row>,
}

struct Row {
    key: i64,
    joiner: String,
    fingerprint: String,
    reason: String,
    validity: String,
    in_force: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = signers::list(&web.app, page.signed_in()?).await?;
    let row = |signer: &signers::LegacySigner| Row {
        key: signer.key,
        joiner: signer.joiner.to_string(),
        fingerprint: signer.fingerprint.to_string(),
        reason: signer.reason.clone(),
        validity: page.validity(&Interval::new(signer.registered_at, signer.withdrawn_at)),
        in_force: signer.withdrawn_at.is_none(),
    };
    let rows = all.iter().map(row).collect();
    Ok(render_page(&SignersPage { signers: rows, page }))
}

#[derive(Deserialize)]
pub(crate) struct Register {
    joiner: String,
    certificate: String,
    reason: String,
}

pub(crate) async fn register(
    State(web): State<Web>,
    page: Page,
    Form(form): Form<Register>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let joiner =
        Oid::parse(form.joiner.trim()).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "joiner"))?;
    signers::register(&web.app, actor, &joiner, form.certificate.trim().as_bytes(), &form.reason).await?;
    Ok(Redirect::to("/office/signers"))
}

pub(crate) async fn withdraw(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    signers::withdraw(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/office/signers"))
}
