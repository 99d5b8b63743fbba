//! Social care's obligation to join: who has joined, who comes, who is late.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::copies::download;
use crate::pages::obligation::{items, look_of};
use crate::pages::office::queue::table;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::county::County;
use liitos_domain::obligation::{InCounty, Item, Obligation, Obliged, Standing, Tally, Verdict, by_county, tasks};
use liitos_domain::register::Sector;
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
    /// How many have joined, by county and by service task, everybody in the last row.
    tasks: Vec<String>,
    counties: Vec<CountyRow>,
    /// What is asked for: a county, a service task, a sector; and what there is to choose from, each with whether it is chosen.
    choices: Choices,
    asked: Asked,
    rows: Vec<Row>,
    before: Option<usize>,
    after: Option<usize>,
}

struct CountyRow {
    /// As it is asked for; empty: everywhere.
    code: String,
    name: String,
    tally: Tally,
    /// Each service task as it is asked for, what it is called, and how many of those who work in it have joined.
    by_task: Vec<(&'static str, String, Tally)>,
}

/// Values, names, and whether each is chosen.
struct Choices {
    counties: Vec<(String, String, bool)>,
    tasks: Vec<(String, String, bool)>,
    sectors: Vec<(String, String, bool)>,
    systems: Vec<(String, String, bool)>,
}

struct Row {
    name: String,
    oid: String,
    place: String,
    /// Its service tasks, by its own word.
    tasks: String,
    standing: String,
    look: &'static str,
    /// Whether its system fulfils the obligation, and how that looks.
    verdict: Option<(String, &'static str)>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    page: usize,
    /// A service task, or `unsaid`; empty: each.
    #[serde(default)]
    task: String,
    /// A county by its number, or `unsaid`; empty: each.
    #[serde(default)]
    county: String,
    /// A sector; empty: each.
    #[serde(default)]
    sector: String,
    /// Whether its system fulfils the obligation; empty: each, those with none, too.
    #[serde(default)]
    system: String,
}

/// Those who have not said in which service tasks they work, or of whom no register says where they are.
const UNSAID: &str = "unsaid";

impl Asked {
    /// Whether somebody is among those that are asked for; a service task that there is none of is nobody's.
    fn takes(&self, one: &Obliged) -> bool {
        let task = match self.task.as_str() {
            "" => true,
            UNSAID => one.works_in(None),
            code => Item::parse(code).is_some_and(|task| one.works_in(Some(task))),
        };
        let county = || self.county.is_empty() || self.county == asked_as(one.county);
        let system = || self.system.is_empty() || one.fulfils.is_some_and(|verdict| verdict.code() == self.system);
        task && county()
            && system()
            && (self.sector.is_empty() || one.sector.is_some_and(|sector| sector.code() == self.sector))
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
    let (due, counties) = (obligation.is_due(watch.at), by_county(&watch.all));
    let row = |one: &Obliged| Row {
        name: one.name.clone(),
        oid: one.oid.to_string(),
        place: one.place.clone().unwrap_or_default(),
        tasks: told(&page, one),
        standing: page.t(&format!("standing-{}", one.standing)),
        look: look(one.standing, due),
        verdict: one.fulfils.map(|verdict| (page.t(&format!("system-verdict-{verdict}")), look_of(verdict))),
    };
    let from = asked.page.saturating_mul(SHOWN);
    Ok(render_page(&ObligationPage {
        by: obligation.joined_by.map(|by| page.language.date(by)).unwrap_or_default(),
        due,
        standings: Standing::ALL.iter().map(standing).collect(),
        items: items(&page, None),
        tasks: tasks().map(|task| column(&page, task)).collect(),
        choices: choices(&page, &asked, &counties),
        counties: counties.iter().map(|of| county(&page, of)).chain([everywhere(&page, &watch.all)]).collect(),
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

/// A service task's name over its column.
fn column(page: &Page, task: Option<Item>) -> String {
    page.t(&format!("obligation-column-{}", task_asked(task)))
}

/// How a service task, or a county, is asked for.
fn task_asked(task: Option<Item>) -> &'static str {
    task.map_or(UNSAID, Item::code)
}

fn asked_as(county: Option<&'static County>) -> &'static str {
    county.map_or(UNSAID, |county| county.code.as_str())
}

fn county_named(page: &Page, county: Option<&County>) -> String {
    county.map_or_else(|| page.t("county-none"), |county| county.name(page.language.code()).to_owned())
}

fn county(page: &Page, of: &InCounty) -> CountyRow {
    let task = |(task, tally): &(Option<Item>, Tally)| (task_asked(*task), column(page, *task), *tally);
    CountyRow {
        code: asked_as(of.county).to_owned(),
        name: county_named(page, of.county),
        tally: of.tally,
        by_task: of.by_task.iter().map(task).collect(),
    }
}

/// The last row.
fn everywhere(page: &Page, all: &[Obliged]) -> CountyRow {
    let task = |task| (task_asked(task), column(page, task), Tally::of(all.iter().filter(|one| one.works_in(task))));
    CountyRow {
        code: String::new(),
        name: page.t("obligation-everywhere"),
        tally: Tally::of(all),
        by_task: tasks().map(task).collect(),
    }
}

/// What there is to choose from: each county where somebody is, each service task, each sector.
fn choices(page: &Page, asked: &Asked, counties: &[InCounty]) -> Choices {
    let choice = |value: &str, name, asked: &str| (value.to_owned(), name, asked == value);
    let county = |of: &InCounty| choice(asked_as(of.county), county_named(page, of.county), &asked.county);
    let task = |task| choice(task_asked(task), named(page, task), &asked.task);
    let sector = |sector: &Sector| choice(sector.code(), page.t(&format!("sector-{sector}")), &asked.sector);
    let verdict =
        |verdict: &Verdict| choice(verdict.code(), page.t(&format!("system-verdict-{verdict}")), &asked.system);
    Choices {
        counties: counties.iter().map(county).collect(),
        tasks: tasks().map(task).collect(),
        sectors: Sector::ALL.iter().map(sector).collect(),
        systems: Verdict::ALL.iter().map(verdict).collect(),
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

pub(crate) async fn export(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let watch = obligation::watch(&web.app, page.signed_in()?).await?;
    let row = |one: &Obliged| {
        let sector = one.sector.map(|sector| sector.to_string()).unwrap_or_default();
        let place = one.place.clone().unwrap_or_default();
        let codes = one.tasks.iter().flatten().map(Item::to_string);
        let tasks = one.tasks.as_ref().map_or_else(|| UNSAID.to_owned(), |_| codes.collect::<Vec<_>>().join(" "));
        let county = one.county.map(|county| county.code.clone()).unwrap_or_default();
        let system = one.fulfils.map(|verdict| verdict.to_string()).unwrap_or_default();
        vec![one.oid.to_string(), one.name.clone(), sector, place, one.standing.to_string(), tasks, county, system]
    };
    let rows: Vec<Vec<String>> = watch.all.iter().map(row).collect();
    let body =
        table(&["oid", "name", "sector", "municipality", "standing", "service_tasks", "county", "system"], &rows);
    Ok(download("obligation.csv", "text/csv; charset=utf-8; header=present".to_owned(), body))
}
