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
use liitos_domain::obligation::{Item, Obligation, Obliged, Place, Standing, by_task, places};
use liitos_service::obligation;
use serde::Deserialize;
use std::collections::BTreeSet;

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
    /// By service task, likewise.
    tasks: Vec<TaskRow>,
    /// What is asked for: a service task, a place; and what there is to choose from, each with whether it is chosen.
    choices: Choices,
    asked: Asked,
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

struct TaskRow {
    id: usize,
    task: String,
    joined: usize,
    all: usize,
}

/// Values, names, and whether each is chosen.
struct Choices {
    tasks: Vec<(String, String, bool)>,
    places: Vec<(String, bool)>,
}

struct Row {
    name: String,
    oid: String,
    place: String,
    /// Its service tasks, by its own word.
    tasks: String,
    standing: String,
    look: &'static str,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    page: usize,
    /// A service task, or `unsaid`; empty: each.
    #[serde(default)]
    task: String,
    /// A place; empty: each.
    #[serde(default)]
    place: String,
}

/// Those who have not said in which service tasks they work.
const UNSAID: &str = "unsaid";

impl Asked {
    /// Whether somebody is among those that are asked for; a service task that there is none of is nobody's.
    fn takes(&self, one: &Obliged) -> bool {
        let task = match self.task.as_str() {
            "" => true,
            UNSAID => one.works_in(None),
            code => Item::parse(code).is_some_and(|task| one.works_in(Some(task))),
        };
        task && (self.place.is_empty() || one.whereabouts() == Some(self.place.as_str()))
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let watch = obligation::watch(&web.app, page.signed_in()?).await?;
    let obligation = Obligation::standard();
    let picked: Vec<&Obliged> = watch.all.iter().filter(|one| asked.takes(one)).collect();
    let standing = |standing: &Standing| {
        let count = picked.iter().filter(|one| one.standing == *standing).count();
        (page.t(&format!("standing-{standing}")), count)
    };
    let due = obligation.is_due(watch.at);
    let row = |one: &Obliged| Row {
        name: one.name.clone(),
        oid: one.oid.to_string(),
        place: one.place.clone().unwrap_or_default(),
        tasks: told(&page, one),
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
        tasks: by_task(&watch.all).into_iter().enumerate().map(|counted| task(counted, &page)).collect(),
        choices: choices(&page, &asked, &watch.all),
        rows: picked.iter().skip(from).take(SHOWN).map(|one| row(one)).collect(),
        before: asked.page.checked_sub(1),
        after: (picked.len() > from.saturating_add(SHOWN)).then(|| asked.page.saturating_add(1)),
        asked,
        page,
    }))
}

/// Somebody's service tasks in words.
fn told(page: &Page, one: &Obliged) -> String {
    let names = one.tasks.iter().flatten().map(|task| page.t(&format!("obligation-item-{task}")));
    names.collect::<Vec<_>>().join(" · ")
}

fn named(page: &Page, task: Option<Item>) -> String {
    page.t(&task.map_or_else(|| "obligation-task-unsaid".to_owned(), |task| format!("obligation-item-{task}")))
}

fn task((id, (task, joined, all)): (usize, (Option<Item>, usize, usize)), page: &Page) -> TaskRow {
    TaskRow { id, task: named(page, task), joined, all }
}

/// What there is to choose from: each service task, and each place where somebody is.
fn choices(page: &Page, asked: &Asked, all: &[Obliged]) -> Choices {
    let task = |task: Option<Item>| {
        let value = task.map_or(UNSAID, Item::code).to_owned();
        let chosen = asked.task == value;
        (value, named(page, task), chosen)
    };
    let places: BTreeSet<&str> = all.iter().filter_map(Obliged::whereabouts).collect();
    let place = |place: &str| (place.to_owned(), asked.place == place);
    Choices {
        tasks: Item::tasks().map(Some).chain([None]).map(task).collect(),
        places: places.into_iter().map(place).collect(),
    }
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
        let codes = one.tasks.iter().flatten().map(Item::to_string);
        let tasks = one.tasks.as_ref().map_or_else(|| UNSAID.to_owned(), |_| codes.collect::<Vec<_>>().join(" "));
        vec![one.oid.to_string(), one.name.clone(), sector, place, one.standing.to_string(), tasks]
    };
    let rows: Vec<Vec<String>> = watch.all.iter().map(row).collect();
    let body = table(&["oid", "name", "sector", "municipality", "standing", "service_tasks"], &rows);
    Ok(download("obligation.csv", "text/csv; charset=utf-8; header=present".to_owned(), body))
}
