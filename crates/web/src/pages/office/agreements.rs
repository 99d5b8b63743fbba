//! Suppliers that sign for a joiner by agreement.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::{Interval, Oid};
use liitos_service::agreements::{self, NewAgreement, SigningAgreement};
use liitos_service::sign_in;
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "office/agreements.html")]
struct AgreementsPage {
    page: Page,
    agreements: Vec<Row>,
}

struct Row {
    key: i64,
    joiner: String,
    supplier: String,
    system: String,
    reference: String,
    validity: String,
    counts: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = agreements::list(&web.app, page.signed_in()?).await?;
    let parties: BTreeSet<Oid> = all.iter().flat_map(|one| [one.joiner.clone(), one.supplier.clone()]).collect();
    let names = sign_in::names(&web.app, &parties).await?;
    let named = |oid: &Oid| match names.get(oid) {
        Some(name) => format!("{name} ({oid})"),
        None => oid.to_string(),
    };
    let row = |one: &SigningAgreement| Row {
        key: one.key,
        joiner: named(&one.joiner),
        supplier: named(&one.supplier),
        system: one.system.clone(),
        reference: one.reference.clone(),
        validity: page.validity(&Interval::new(one.agreed_at, one.ended_at)),
        counts: one.ended_at.is_none(),
    };
    let agreements = all.iter().map(row).collect();
    Ok(render_page(&AgreementsPage { agreements, page }))
}

#[derive(Deserialize)]
pub(crate) struct Agree {
    joiner: String,
    supplier: String,
    system: String,
    reference: String,
}

pub(crate) async fn agree(State(web): State<Web>, page: Page, Form(form): Form<Agree>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let new = NewAgreement::read([form.joiner, form.supplier, form.system, form.reference])?;
    agreements::agree(&web.app, actor, new).await?;
    Ok(Redirect::to("/office/agreements"))
}

pub(crate) async fn end(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    agreements::end(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/office/agreements"))
}
