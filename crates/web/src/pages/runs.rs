//! The controller update runs to and from an organisation's registers, as it sees them.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::office::runs::{as_file, controllers, facts, look, progress};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use liitos_domain::archive::RunState;
use liitos_service::controller_runs::{self as runs, OwnRun, Run};

#[derive(Template)]
#[template(path = "runs.html")]
struct RunsPage {
    page: Page,
    runs: Vec<Row>,
}

struct Row {
    number: String,
    title: String,
    state: String,
    look: &'static str,
    facts: Vec<(String, String)>,
    /// How far it has come: percent, and in words.
    progress: Option<(u64, String)>,
    /// What the organisation's own system is to do.
    to_do: Option<String>,
    reported: bool,
    /// Whether its documents can be listed, for their makers to see to.
    listed: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = runs::own(&web.app, page.signed_in()?).await?;
    let mut rows = Vec::with_capacity(all.len());
    for own in &all {
        rows.push(row(&web, &page, own).await?);
    }
    Ok(render_page(&RunsPage { page, runs: rows }))
}

async fn row(web: &Web, page: &Page, OwnRun { run, gives }: &OwnRun) -> Result<Row, Failure> {
    let names = controllers(web, std::iter::once(&run.order)).await?;
    let (from, to) = (names.beside(run.order.from.as_str()), names.beside(run.order.to.as_str()));
    Ok(Row {
        title: format!("{from} → {to}"),
        state: page.t(&format!("run-{}", run.state)),
        look: look(run.state),
        facts: facts(web, page, run).await?,
        progress: progress(page, run),
        to_do: to_do(page, run, web.app.now()),
        reported: run.report.is_some(),
        listed: *gives && run.state == RunState::Approved,
        number: run.number.clone(),
    })
}

/// Until the window closes: that the local system is to be switched, too.
fn to_do(page: &Page, run: &Run, now: liitos_domain::Moment) -> Option<String> {
    let until = run.order.apart_until(run.switched_at);
    match (run.reversed_at, until) {
        (Some(_), _) => None,
        (None, None) => Some(page.language.text_with("own-run-before", &[("at", &page.since(run.order.run_at))])),
        (None, Some(until)) if now < until => {
            Some(page.language.text_with("own-run-after", &[("until", &page.since(until))]))
        }
        _ => None,
    }
}

/// The signed report, as a file.
pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let report = runs::own_report(&web.app, page.signed_in()?, &number).await?;
    Ok(as_file(&number, report))
}
