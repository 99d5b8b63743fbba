//! Social care's obligation to join: who has joined, who comes, who is late.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::copies::download;
use crate::pages::obligation::items;
use crate::pages::office::queue::table;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::obligation::{Obligation, Obliged, Place, Standing, places};
use liitos_service::obligation;
use serde::Deserialize;

/// Organisations on a page.
const SHOWN: usize = 25;

#[derive(Template)]
#[template(path = "office/obligation.html")]
struct ObligationPage {
    page: Page,
    /// By when, and whether that has been.
    by: String,
    due: bool,
    /// How many stand where.
    standings: Vec<(String, usize)>,
    /// What is recorded in structured form from when.
    items: Vec<(String, String)>,
    /// By sector and place: how many have joined of how many.
    places: Vec<PlaceRow>,
    rows: Vec<Row>,
    before: Option<usize>,
    after: Option<usize>,
}

struct PlaceRow {
    id: usize,
    sector: String,
    place: String,
    joined: usize,
    all: usize,
}

struct Row {
    name: String,
    oid: String,
    place: String,
    standing: String,
    look: &'static str,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    page: usize,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let watch = obligation::watch(&web.app, page.signed_in()?).await?;
    let obligation = Obligation::standard();
    let standing = |standing: &Standing| {
        let count = watch.all.iter().filter(|one| one.standing == *standing).count();
        (page.t(&format!("standing-{standing}")), count)
    };
    let due = obligation.is_due(watch.at);
    let row = |one: &Obliged| Row {
        name: one.name.clone(),
        oid: one.oid.to_string(),
        place: one.place.clone().unwrap_or_default(),
        standing: page.t(&format!("standing-{}", one.standing)),
        look: look(one.standing, due),
    };
    let from = asked.page.saturating_mul(SHOWN);
    Ok(render_page(&ObligationPage {
        by: obligation.joined_by.map(|by| page.language.date(by)).unwrap_or_default(),
        due,
        standings: Standing::ALL.iter().map(standing).collect(),
        items: items(&page),
        places: places(&watch.all).into_iter().enumerate().map(|numbered| place(numbered, &page)).collect(),
        rows: watch.all.iter().skip(from).take(SHOWN).map(row).collect(),
        before: asked.page.checked_sub(1),
        after: (watch.all.len() > from.saturating_add(SHOWN)).then(|| asked.page.saturating_add(1)),
        page,
    }))
}

/// How somebody's standing looks, once everybody should have joined or before.
pub(crate) const fn look(standing: Standing, due: bool) -> &'static str {
    match standing {
        Standing::Joined => "ready",
        _ if due => "attention",
        _ => "open",
    }
}

fn place((id, place): (usize, Place), page: &Page) -> PlaceRow {
    PlaceRow {
        id,
        sector: page.t(&place.sector.map_or_else(|| "sector-none".to_owned(), |sector| format!("sector-{sector}"))),
        place: place.name.unwrap_or_else(|| page.t("place-none")),
        joined: place.joined,
        all: place.all,
    }
}

pub(crate) async fn export(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let watch = obligation::watch(&web.app, page.signed_in()?).await?;
    let row = |one: &Obliged| {
        let sector = one.sector.map(|sector| sector.to_string()).unwrap_or_default();
        let place = one.place.clone().unwrap_or_default();
        vec![one.oid.to_string(), one.name.clone(), sector, place, one.standing.to_string()]
    };
    let rows: Vec<Vec<String>> = watch.all.iter().map(row).collect();
    let body = table(&["oid", "name", "sector", "municipality", "standing"], &rows);
    Ok(download("obligation.csv", "text/csv; charset=utf-8; header=present".to_owned(), body))
}
