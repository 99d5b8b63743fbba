//! Who has joined what, by month and kind of joiner: a picture and a table, and the table to take away.

use super::queue::table;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::copies::download;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_domain::application::JoinerKind;
use liitos_service::applications::{self, Joined};
use std::collections::BTreeMap;

/// Months in the picture.
const MONTHS: usize = 12;
/// Height of the tallest bar, in the picture's units.
const TALL: u64 = 120;

#[derive(Template)]
#[template(path = "office/report.html")]
struct Report {
    page: Page,
    bars: Vec<Bar>,
    rows: Vec<[String; 4]>,
    usual: Option<String>,
    waiting: u64,
}

/// A month's bar.
struct Bar {
    month: String,
    count: u64,
    x: usize,
    y: u64,
    height: u64,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let joined = applications::report(&web.app, actor).await?;
    let waiting = applications::queue(&web.app, actor, (applications::Sight::Waiting, "", true), Some(0)).await?.count;
    let usual = page.usual_wait(&web).await?;
    let row =
        |one: &Joined| [one.month.clone(), kind(&page, one.kind), page.service(one.service), one.count.to_string()];
    Ok(render_page(&Report { bars: bars(&joined), rows: joined.iter().map(row).collect(), usual, waiting, page }))
}

fn kind(page: &Page, kind: JoinerKind) -> String {
    page.t(&format!("kind-{kind}"))
}

/// The last months, each with how many joined.
fn bars(joined: &[Joined]) -> Vec<Bar> {
    let mut months: BTreeMap<&str, u64> = BTreeMap::new();
    for one in joined {
        *months.entry(one.month.as_str()).or_default() += one.count;
    }
    let last: Vec<(&str, u64)> = months.into_iter().rev().take(MONTHS).collect();
    let most = last.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
    let bar = |(at, (month, count)): (usize, &(&str, u64))| {
        let height = (count * TALL).div_ceil(most);
        Bar { month: (*month).to_owned(), count: *count, x: 10 + at * 70, y: 20 + TALL - height, height }
    };
    last.iter().rev().enumerate().map(bar).collect()
}

pub(crate) async fn export(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let joined = applications::report(&web.app, page.signed_in()?).await?;
    let row =
        |one: &Joined| vec![one.month.clone(), one.kind.to_string(), one.service.to_string(), one.count.to_string()];
    let rows: Vec<Vec<String>> = joined.iter().map(row).collect();
    let body = table(&["month", "kind", "service", "joined"], &rows);
    Ok(download("joined.csv", "text/csv; charset=utf-8; header=present".to_owned(), body))
}
