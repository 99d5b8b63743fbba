//! One step of an application: shown, checked, saved, shown again with what is wrong.

use super::forms::told;
use super::parts::{Task, tasks};
use super::step_fields::{self, Extras};
use super::summary;
use crate::Web;
use crate::errors::Failure;
use crate::form_view::{FieldKind, Fields, Section};
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form as Posted, Json};
use http::StatusCode;
use liitos_domain::RefusalCode;
use liitos_domain::application::plan::forbids;
use liitos_domain::application::{Application, FieldError, Form, Step, steps};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Checked, SaveStep, Stored, check_step, save_step};
use liitos_service::certificates::without_keys;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

#[derive(Template)]
#[template(path = "step.html")]
struct StepPage {
    page: Page,
    number: String,
    code: &'static str,
    title: String,
    progress: String,
    lead: Vec<String>,
    documents: Vec<(String, String)>,
    facts: Vec<(String, String)>,
    sections: Vec<Section>,
    /// How many connections are asked about, and may be.
    connections: usize,
    most_connections: usize,
    summary: Vec<ErrorLine>,
    /// What was saved is worth a second look: where one goes on all the same.
    onward: Option<String>,
    /// Pharmacies that stay outside.
    left_out: Vec<String>,
    /// Whether rules are asked of what this step says.
    checkable: bool,
    findings: Vec<FindingView>,
    open: Vec<String>,
    /// What the open rules are called, and what is said of them.
    checks_open: [&'static str; 2],
    /// Whether something is not filled in, so that what it would say is not known.
    unfinished: bool,
    tasks: Vec<Task>,
    revision: i32,
    /// Whether one person may be named in all roles at once.
    same: bool,
    button: String,
}

struct ErrorLine {
    field: String,
    text: String,
}

/// What the page shows besides the application itself.
struct Shown<'a> {
    form: Form,
    errors: &'a [FieldError],
    notice: Option<String>,
    /// Whether one more connection is asked about.
    more: bool,
    /// What was saved is worth a second look: where one goes on all the same.
    onward: Option<String>,
}

/// What a link to a step may say.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// Anything: one more connection.
    more: Option<String>,
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let step = parse(&code)?;
    let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
    // What was sent can be read again.
    if step == Step::Summary {
        return summary::show(&web, page, (&stored, &checked), (None, String::new())).await;
    }
    if !stored.application.state.editable() {
        return Ok(Redirect::to(&format!("/applications/{number}")).into_response());
    }
    // Saving what is no step of this application is refused; so is looking at it.
    if !stored.application.steps().any(|own| own == step) {
        return Err(ServiceError::refused(RefusalCode::NotFound, step.code()).into());
    }
    let form = stored.application.form(step);
    let shown = Shown { form, errors: &[], notice: None, more: asked.more.is_some(), onward: None };
    render(&web, page, (&stored, &checked), step, shown).await
}

pub(crate) async fn save(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let step = parse(&code)?;
    let mut posted = gathered(posted);
    let later = posted.remove("later").is_some();
    let more = posted.remove("more").is_some();
    let same = posted.remove("same").is_some();
    let removed = posted.remove("remove").and_then(|text| text.parse::<usize>().ok());
    let revision = posted.remove("revision").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut form = Form(posted);
    if let Some(nth) = removed {
        form = steps::without_connection(form, nth);
    }
    if same && step == Step::Contacts {
        let (stored, _) = applications::view(&web.app, page.signed_in()?, &number).await?;
        form = steps::same_person(form, stored.application.service);
    }
    let saving = SaveStep { number: number.clone(), step, revision, form: form.clone(), language: page.language };
    let outcome = save_step(&web.app, page.signed_in()?, saving).await;
    let (errors, notice) = match outcome {
        Ok(_) if more || removed.is_some() => {
            let query = if more { "?more=yes" } else { "" };
            let last = if more { steps::connections_in(&form).last().map_or(1, |last| last + 1) } else { 1 };
            return Ok(Redirect::to(&format!("/applications/{number}/{step}{query}#connection-{last}")).into_response());
        }
        Ok(_) if same => {
            return Ok(Redirect::to(&format!("/applications/{number}/{step}#main")).into_response());
        }
        Ok(errors) if later || errors.is_empty() => {
            let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
            let next = after(&stored, &number, step, later);
            // What stands in the way of sending, or stays outside, is said where it is mended, not at the end.
            let second_look = checked.broken(Some(step)).into_iter().any(forbids)
                || !left_out(&web, &stored.application, step).await?.is_empty();
            if later || !second_look {
                return Ok(Redirect::to(&next).into_response());
            }
            let form = stored.application.form(step);
            let shown = Shown { form, errors: &[], notice: None, more: false, onward: Some(next) };
            return render(&web, page, (&stored, &checked), step, shown).await;
        }
        Ok(errors) => (errors, None),
        // Somebody else saved in between: show what was typed here, on top of the newer revision.
        Err(error) if error.code == RefusalCode::DraftChanged => {
            let (what, how) = (page.language.refusal(error.code), page.language.refusal_how(error.code));
            (Vec::new(), Some(format!("{what}. {how}")))
        }
        Err(error) => return Err(error.into()),
    };
    let status = if notice.is_some() { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
    let form = if notice.is_some() { without_keys(form).only_of(step) } else { stored.application.form(step) };
    let shown = Shown { form, errors: &errors, notice, more: false, onward: None };
    Ok((status, render(&web, page, (&stored, &checked), step, shown).await?).into_response())
}

/// Keeps what is being typed, without anybody pressing anything. Nothing that binds is kept in this way.
pub(crate) async fn keep(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Json<Value>, Failure> {
    let step = parse(&code)?;
    if !kept_while_typed(step) {
        return Err(ServiceError::refused(RefusalCode::NotFound, "step").into());
    }
    let mut posted = gathered(posted);
    let revision = posted.remove("revision").and_then(|text| text.parse().ok()).unwrap_or(0);
    let form = Form(posted);
    let saving = SaveStep { number: number.clone(), step, revision, form, language: page.language };
    save_step(&web.app, page.signed_in()?, saving).await?;
    let (stored, _) = applications::view(&web.app, page.signed_in()?, &number).await?;
    let said = page.language.text_with("keep-kept", &[("when", &page.since(web.app.now()))]);
    Ok(Json(json!({ "revision": stored.revisions.get(&step), "said": said })))
}

/// The steps that are filled in word by word, and of which rules are asked meanwhile.
const fn kept_while_typed(step: Step) -> bool {
    matches!(step, Step::Model | Step::AccessPoints | Step::ClientData | Step::Contacts | Step::Billing)
}

/// Asks the rules of what was typed and shows it again with their answer; nothing is saved.
pub(crate) async fn check(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let step = parse(&code)?;
    let typed = Form(gathered(posted));
    let (stored, errors, checked) = check_step(&web.app, page.signed_in()?, &number, step, typed).await?;
    let form = stored.application.form(step);
    let shown = Shown { form, errors: &errors, notice: None, more: false, onward: None };
    render(&web, page, (&stored, &checked), step, shown).await
}

/// What was typed, by field; of a field with several boxes the ticked ones, with spaces between.
pub(crate) fn gathered(posted: Vec<(String, String)>) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in posted {
        match fields.entry(name) {
            Entry::Vacant(field) => drop(field.insert(value)),
            Entry::Occupied(mut field) => {
                field.get_mut().push(' ');
                field.get_mut().push_str(&value);
            }
        }
    }
    fields
}

/// The pharmacies that stay outside, once anything is filled in: that must not go unnoticed.
async fn left_out(web: &Web, application: &Application, step: Step) -> Result<Vec<String>, Failure> {
    if step != Step::AccessPoints || application.form(step).0.is_empty() {
        return Ok(Vec::new());
    }
    Ok(applications::left_out(&web.app, application).await?)
}

/// Where saving leads: to the next step, or back to the task list.
fn after(stored: &Stored, number: &str, step: Step, later: bool) -> String {
    let next = stored.application.steps().skip_while(|s| *s != step).nth(1).filter(|_| !later);
    next.map_or_else(|| format!("/applications/{number}"), |next| format!("/applications/{number}/{next}"))
}

async fn render(
    web: &Web,
    page: Page,
    state: (&Stored, &Checked),
    step: Step,
    shown: Shown<'_>,
) -> Result<Response, Failure> {
    let (stored, checked) = state;
    let application = &stored.application;
    let Extras { lead, documents, facts, options } =
        step_fields::extras(web, &page, application, step, shown.more).await?;
    let fields = Fields { language: page.language, form: &shown.form, errors: shown.errors };
    let connections = options.connections.last().map_or(0, |last| last.nth);
    let sections = step_fields::sections(&fields, application, step, options);
    let steps: Vec<Step> = application.steps().collect();
    let place = steps.iter().position(|s| *s == step).map_or(1, |i| i + 1);
    let progress =
        page.language.text_with("step-progress", &[("step", &place.to_string()), ("total", &steps.len().to_string())]);
    let checkable = kept_while_typed(step);
    let line = |error: &FieldError| ErrorLine {
        text: told(&named(&sections, &error.field), &page.t(&format!("field-{}", error.problem))),
        field: error.field.clone(),
    };
    let notice = shown.notice.into_iter().map(|text| ErrorLine { field: "main".to_owned(), text });
    let summary: Vec<ErrorLine> = notice.chain(shown.errors.iter().map(line)).collect();
    Ok(render_page(&StepPage {
        number: application.number.clone(),
        code: step.code(),
        title: page.t(&format!("step-{step}")),
        progress,
        lead,
        documents,
        facts,
        summary,
        onward: shown.onward,
        left_out: left_out(web, application, step).await?,
        checkable,
        findings: page.findings(application, &checked.broken(Some(step))),
        open: page.open(&checked.open(Some(step))),
        checks_open: ["checks-open", "checks-open-text"],
        unfinished: !shown.errors.is_empty() || checked.incomplete.contains(&step),
        tasks: tasks(&page, application, checked, Some(step)),
        revision: stored.revisions.get(&step).copied().unwrap_or(0),
        same: step == Step::Contacts,
        button: page.t(if step == Step::Guidance { "start-step" } else { "save-continue" }),
        sections,
        connections,
        most_connections: steps::MAX_CONNECTIONS,
        page,
    }))
}

/// A field's label, after whose it is where several have such a field.
fn named(sections: &[Section], field: &str) -> String {
    for section in sections {
        for group in &section.groups {
            let Some(known) = group.fields.iter().find(|known| known.name == field) else { continue };
            let same = |other: &&crate::form_view::Field| other.label == known.label;
            let several = sections.iter().flat_map(|s| &s.groups).flat_map(|g| &g.fields).filter(same).count() > 1;
            let whose = if section.legend.is_empty() { &group.legend } else { &section.legend };
            return if several && !whose.is_empty() {
                format!("{whose} – {}", known.label)
            } else {
                known.label.clone()
            };
        }
    }
    String::new()
}

fn parse(code: &str) -> Result<Step, Failure> {
    Step::parse(code).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "step").into())
}
