//! Who comes: enrolments for deployment, the soonest first.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_service::enrolments::{self, Coming};
use serde::Deserialize;

/// Enrolments on a page.
const SHOWN: u64 = 50;

#[derive(Template)]
#[template(path = "office/enrolments.html")]
struct Enrolments {
    page: Page,
    rows: Vec<Row>,
    /// The pages before and after this one.
    before: Option<u64>,
    after: Option<u64>,
}

struct Row {
    start: String,
    name: String,
    oid: String,
    service: String,
    system: String,
    contact: String,
    application: Option<(String, String, &'static str)>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    page: u64,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let part = (asked.page.saturating_mul(SHOWN), SHOWN + 1);
    let mut coming = enrolments::list(&web.app, page.signed_in()?, part).await?;
    let more = coming.len() as u64 > SHOWN;
    coming.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    Ok(render_page(&Enrolments {
        rows: coming.iter().map(|coming| row(&page, coming)).collect(),
        before: asked.page.checked_sub(1),
        after: more.then(|| asked.page.saturating_add(1)),
        page,
    }))
}

fn row(page: &Page, coming: &Coming) -> Row {
    let said = &coming.enrolled.form;
    let application = coming.application.as_ref().map(|(number, state)| {
        let (state, look) = page.state(state);
        (number.clone(), state, look)
    });
    Row {
        start: page.language.date(coming.enrolled.start),
        name: coming.name.clone(),
        oid: coming.enrolled.joiner.to_string(),
        service: page.service(coming.enrolled.service),
        system: coming.system.clone().unwrap_or_else(|| page.t("enrolment-no-system")),
        contact: format!("{}, {}, {}", said.text("name"), said.text("email"), said.text("phone")),
        application,
    }
}
