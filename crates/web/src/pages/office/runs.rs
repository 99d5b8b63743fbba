//! Controller update runs: the calendar, orders, what a run would move, two approvals, how far it has come, its report.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::codes::register_name;
use crate::pages::forms::{FormPage, told};
use crate::pages::past::Line;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{StatusCode, header};
use liitos_domain::application::Form;
use liitos_domain::archive::{Apart, Family, Order, RunKind, RunState, custodian, read_order};
use liitos_domain::{Duty, Moment, Oid, RefusalCode, Sha256Hash};
use liitos_service::controller_runs::{self as runs, DryRun, Run, Sample};
use liitos_service::names::{self, Names, Numbers};
use liitos_service::{ServiceError, archive};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "office/runs.html")]
struct RunsPage {
    page: Page,
    rows: Vec<Row>,
    days: Vec<(String, String)>,
    keeps: bool,
}

struct Row {
    number: String,
    from: String,
    to: String,
    at: String,
    /// Which of those that wait for the same moment goes first.
    priority: Option<i32>,
    state: String,
    look: &'static str,
}

pub(crate) async fn list(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let all = runs::list(&web.app, actor).await?;
    let names = controllers(&web, all.iter().map(|run| &run.order)).await?;
    let row = |run: &Run| Row {
        number: run.number.clone(),
        from: names.beside(run.order.from.as_str()),
        to: names.beside(run.order.to.as_str()),
        at: page.since(run.order.run_at),
        priority: matches!(run.state, RunState::Ordered | RunState::Approved).then_some(run.order.priority),
        state: page.t(&format!("run-{}", run.state)),
        look: look(run.state),
    };
    let days = runs::days(&web.app, actor).await?;
    Ok(render_page(&RunsPage {
        rows: all.iter().map(row).collect(),
        days: days.into_iter().map(|day| (page.language.days_in(&day), day)).collect(),
        keeps: actor.must_carry_out(Duty::Keep).is_ok(),
        page,
    }))
}

pub(crate) const fn look(state: RunState) -> &'static str {
    match state {
        RunState::Ordered | RunState::Paused => "attention",
        RunState::Done => "ready",
        _ => "open",
    }
}

pub(crate) async fn controllers<'o>(web: &Web, orders: impl Iterator<Item = &'o Order>) -> Result<Names, Failure> {
    let controllers = orders.flat_map(|order| [order.from.clone(), order.to.clone()]).collect();
    Ok(archive::controller_names(&web.app, &controllers).await?)
}

#[derive(Deserialize)]
pub(crate) struct Day {
    day: String,
}

impl Day {
    fn moment(&self) -> Result<Moment, ServiceError> {
        let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "day");
        Moment::parse(self.day.trim()).map_err(|_| wrong())
    }
}

pub(crate) async fn add_day(State(web): State<Web>, page: Page, Posted(day): Posted<Day>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    runs::add_day(&web.app, actor, day.moment()?).await?;
    Ok(Redirect::to("/office/runs#days"))
}

pub(crate) async fn remove_day(
    State(web): State<Web>,
    page: Page,
    Posted(day): Posted<Day>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    runs::remove_day(&web.app, actor, day.moment()?).await?;
    Ok(Redirect::to("/office/runs#days"))
}

pub(crate) async fn new(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    page.signed_in()?.must_carry_out(Duty::Keep)?;
    let blank = [("run_kind", "successor"), ("apart", "accept"), ("time", "00:00")];
    let form = Form(blank.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
    Ok(render_page(&form_page(&web, page, &form, &[]).await?))
}

/// The form of an order, with what is wrong: fields, and keys of what is.
async fn form_page(web: &Web, page: Page, form: &Form, wrong: &[(&str, String)]) -> Result<FormPage, Failure> {
    let days = runs::days(&web.app, page.signed_in()?).await?;
    let days = days.into_iter().map(|day| Choice { label: page.language.days_in(&day), value: day }).collect();
    let choice = |code: &str| Choice { value: code.to_owned(), label: page.t(&format!("run-{code}")) };
    let named: BTreeSet<&str> =
        Family::ALL.iter().filter_map(|family| custodian(*family, web.app.now())).map(Oid::as_str).collect();
    let kind = |kind: RunKind| match choice(kind.code()) {
        Choice { value, label } if kind == RunKind::Custodian => {
            let named = named.iter().copied().collect::<Vec<_>>().join(", ");
            Choice { value, label: format!("{label} ({named})") }
        }
        other => other,
    };
    let fields = Fields { language: page.language, form, errors: &[] };
    let text = |name: &str, label: &str| fields.field(name, label, FieldKind::Text("text", ""));
    let mut fields = vec![
        text("from_controller", "run-from"),
        text("to_controller", "run-to"),
        fields.field("run_kind", "run-kind", FieldKind::Radio(RunKind::ALL.iter().map(|it| kind(*it)).collect())),
        text("registers", "run-registers"),
        fields.field("units", "run-units", FieldKind::Lines),
        text("customer", "run-customer"),
        text("months_from", "run-months-from"),
        text("months_until", "run-months-until"),
        fields.field("day", "run-day", FieldKind::Select(days)),
        fields.field("time", "run-time", FieldKind::Text("time", "")),
        text("priority", "run-priority"),
        text("hours_before", "run-before"),
        text("hours_after", "run-after"),
        fields.field("apart", "run-apart", FieldKind::Radio(Apart::ALL.iter().map(|it| choice(it.code())).collect())),
        text("basis", "run-basis"),
    ];
    let mut summary = Vec::new();
    for (name, key) in wrong {
        let said = page.t(key);
        if let Some(field) = fields.iter_mut().find(|field: &&mut Field| field.name == *name) {
            summary.push((field.name.clone(), told(&field.label, &said)));
            field.error = Some(said);
        }
    }
    Ok(FormPage {
        back: ("/office/runs".to_owned(), page.t("runs-title")),
        title: page.t("run-order"),
        lead: vec![page.t("run-order-lead")],
        action: "/office/runs/new".to_owned(),
        revision: None,
        summary,
        fields,
        button: page.t("run-order"),
        page,
    })
}

pub(crate) async fn order(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    let form = Form(posted.into_iter().collect());
    let wrong: Vec<(&str, String)> = match read_order(&form) {
        Ok(order) => {
            let problems = runs::hindrances(&web.app, &order).await?;
            if problems.is_empty() {
                let number = runs::order(&web.app, actor, order).await?;
                return Ok(Redirect::to(&format!("/office/runs/{number}")).into_response());
            }
            problems.into_iter().map(|problem| (problem.field(), format!("run-problem-{problem}"))).collect()
        }
        Err(wrong) => wrong.into_iter().map(|(field, what)| (field, format!("run-wrong-{what}"))).collect(),
    };
    let again = render_page(&form_page(&web, page, &form, &wrong).await?);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

#[derive(Template)]
#[template(path = "office/run.html")]
struct RunPage {
    page: Page,
    number: String,
    state: String,
    look: &'static str,
    /// What was ordered.
    facts: Vec<(String, String)>,
    /// What it would do, until it is switched.
    looked: Option<Looked>,
    /// Whether one person has approved it.
    once: bool,
    /// Whether somebody has asked for its reversal.
    asked: bool,
    /// How far it has come: percent, and in words.
    progress: Option<(u64, String)>,
    reported: bool,
    history: Vec<Line>,
    keeps: bool,
    /// The priority that may be changed.
    priority: Option<i32>,
    cancellable: bool,
    pausable: bool,
    resumable: bool,
    reversible: bool,
}

struct Looked {
    problems: Vec<String>,
    documents: String,
    rows: Vec<Moved>,
    samples: Vec<(String, Vec<String>)>,
    hash: String,
}

struct Moved {
    register: String,
    unit: String,
    documents: u64,
    unfinished: u64,
    open_events: u64,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let status = runs::status(&web.app, actor, &number).await?;
    let run = &status.run;
    let waits = matches!(run.state, RunState::Ordered | RunState::Approved);
    let looked = match waits {
        true => Some(looked(&web, &page, runs::dry_run(&web.app, actor, &number).await?).await?),
        false => None,
    };
    let keeps = actor.must_carry_out(Duty::Keep).is_ok();
    let half = run.approvals.first.is_some() && run.approvals.second.is_none();
    let switched = matches!(run.state, RunState::Switched | RunState::Paused | RunState::Done);
    let line = |event: &runs::Happened| Line {
        at: page.since(event.at),
        what: page.t(&format!("run-event-{}", event.what)),
        by: if event.person == runs::CLOCK { String::new() } else { event.person.clone() },
        more: event.words.iter().map(|words| said(&page, &event.what, words)).collect(),
    };
    Ok(render_page(&RunPage {
        state: page.t(&format!("run-{}", run.state)),
        look: look(run.state),
        facts: facts(&web, &page, run).await?,
        looked,
        once: half && run.state == RunState::Ordered,
        asked: half && switched,
        progress: progress(&page, run),
        reported: run.report.is_some(),
        history: status.history.iter().map(line).collect(),
        cancellable: keeps && waits,
        pausable: keeps && run.state == RunState::Switched,
        resumable: keeps && (run.state == RunState::Paused || runs::incomplete(run)),
        reversible: keeps && switched,
        priority: (keeps && run.state == RunState::Ordered).then_some(run.order.priority),
        keeps: keeps && run.state == RunState::Ordered,
        number,
        page,
    }))
}

/// What was said with an event; of one that was held up, the problem in words.
fn said(page: &Page, what: &str, words: &str) -> String {
    if what == "held-up" { page.t(&format!("run-problem-{words}")) } else { words.to_owned() }
}

pub(crate) fn progress(page: &Page, run: &Run) -> Option<(u64, String)> {
    let (done, of) = run.walk.carried;
    let carrying = matches!(run.state, RunState::Switched | RunState::Paused | RunState::Reversed | RunState::Done);
    let incomplete = runs::incomplete(run);
    let percent = match run.report {
        Some(_) if !incomplete => 100,
        _ => done.saturating_mul(100).checked_div(of).unwrap_or(0).min(if incomplete { 99 } else { 100 }),
    };
    // Before anything is carried it is found what is to be.
    let key = match &run.walk.before {
        _ if incomplete => "run-incomplete",
        None if run.report.is_none() => "run-finding",
        _ => "run-progress",
    };
    let words = page.language.text_with(key, &[("done", &done.to_string()), ("of", &of.to_string())]);
    carrying.then_some((percent, words))
}

pub(crate) async fn facts(web: &Web, page: &Page, run: &Run) -> Result<Vec<(String, String)>, Failure> {
    let order = &run.order;
    let names = controllers(web, [order].into_iter()).await?;
    let units = Numbers { organisations: order.scope.units.iter().cloned().collect(), ..Numbers::default() };
    let units_named = names::names(&web.app, &units).await?;
    let hours = |seconds: i64| (seconds / 3600).to_string();
    let listed = |all: Vec<String>| if all.is_empty() { page.t("run-all") } else { all.join(", ") };
    let scope = &order.scope;
    let months = [scope.from, scope.until].map(|month| month.map_or_else(|| "…".to_owned(), |month| month.to_string()));
    let rows = [
        ("run-from", names.beside(order.from.as_str())),
        ("run-to", names.beside(order.to.as_str())),
        ("run-kind", page.t(&format!("run-{}", order.kind))),
        ("run-registers", listed(scope.registers.iter().map(|register| register_name(page, register)).collect())),
        ("run-units", listed(scope.units.iter().map(|unit| units_named.beside(unit.as_str())).collect())),
        ("run-customer", listed(scope.customer.iter().cloned().collect())),
        ("run-months-from", months.join(" – ")),
        ("run-day", page.since(order.run_at)),
        ("run-priority", order.priority.to_string()),
        ("run-before", hours(order.before)),
        ("run-after", hours(order.after)),
        ("run-apart", page.t(&format!("run-{}", order.apart))),
        ("run-basis", order.basis.clone()),
    ];
    Ok(rows.into_iter().map(|(key, value)| (page.t(&format!("field-label-{key}")), value)).collect())
}

async fn looked(web: &Web, page: &Page, dry: DryRun) -> Result<Looked, Failure> {
    let units: Vec<_> = dry.moved.iter().map(|moved| moved.unit.clone()).collect();
    let suppliers = dry.agreements.iter().map(|one| one.supplier.clone());
    let organisations = units.into_iter().chain(suppliers).collect();
    let systems = dry.agreements.iter().map(|one| one.system.as_str()).collect();
    let names = names::names(&web.app, &Numbers { organisations, systems, ..Numbers::default() }).await?;
    let signs =
        |one: &runs::Unsigned| format!("{}, {}", names.beside(one.supplier.as_str()), names.beside(&one.system));
    let agreements = dry.agreements.iter().map(signs).collect();
    let row = |moved: runs::Moved| Moved {
        register: register_name(page, &moved.register),
        unit: names.beside(moved.unit.as_str()),
        documents: moved.documents,
        unfinished: moved.unfinished,
        open_events: moved.open_events,
    };
    let Sample { some, unfinished, open_events } = dry.samples;
    let samples = [
        ("run-agreements", agreements),
        ("run-open-events", open_events),
        ("run-unfinished", unfinished),
        ("run-samples", some),
    ];
    let counts = [("documents", dry.documents), ("prescriptions", dry.prescriptions)].map(|(k, n)| (k, n.to_string()));
    Ok(Looked {
        problems: dry.problems.iter().map(|problem| page.t(&format!("run-problem-{problem}"))).collect(),
        documents: page.language.text_with("run-moves", &counts.each_ref().map(|(key, n)| (*key, n.as_str()))),
        rows: dry.moved.into_iter().map(row).collect(),
        samples: samples.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(key, ids)| (page.t(key), ids)).collect(),
        hash: dry.hash.to_string(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Shown {
    looked: String,
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(shown): Posted<Shown>,
) -> Result<Redirect, Failure> {
    let hash = Sha256Hash::parse(&shown.looked);
    let hash = hash.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "looked"))?;
    runs::approve(&web.app, page.signed_in()?, &number, &hash).await?;
    Ok(back(&number))
}

fn back(number: &str) -> Redirect {
    Redirect::to(&format!("/office/runs/{number}"))
}

#[derive(Deserialize)]
pub(crate) struct Priority {
    priority: String,
}

pub(crate) async fn prioritise(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(typed): Posted<Priority>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    let priority = typed.priority.trim().parse();
    let priority = priority.map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "priority"))?;
    runs::prioritise(&web.app, actor, &number, priority).await?;
    Ok(back(&number))
}

#[derive(Deserialize)]
pub(crate) struct Why {
    reason: String,
}

pub(crate) async fn cancel(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(why): Posted<Why>,
) -> Result<Redirect, Failure> {
    runs::cancel(&web.app, page.signed_in()?, &number, &why.reason).await?;
    Ok(back(&number))
}

pub(crate) async fn reverse(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Posted(why): Posted<Why>,
) -> Result<Redirect, Failure> {
    runs::reverse(&web.app, page.signed_in()?, &number, &why.reason).await?;
    Ok(back(&number))
}

pub(crate) async fn keep(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    runs::keep(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&number))
}

pub(crate) async fn pause(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Redirect, Failure> {
    runs::pause(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&number))
}

pub(crate) async fn resume(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Redirect, Failure> {
    runs::resume(&web.app, page.signed_in()?, &number).await?;
    Ok(back(&number))
}

/// The signed report, as a file.
pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let run = runs::status(&web.app, page.signed_in()?, &number).await?.run;
    let report = run.report.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    Ok(as_file(&run.number, report))
}

/// A report as a file.
pub(crate) fn as_file(number: &str, report: String) -> Response {
    let name = format!("attachment; filename=\"{number}.json\"");
    let headers = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, report).into_response()
}
