//! Deployment tests: which there are, which are to be made, and a new one.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::{Page, render_page};
use crate::pages::forms::summary;
use crate::pages::step::gathered;
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, FieldProblem, Form};
use liitos_domain::deployment_test::{Course, Due, Stage};
use liitos_domain::rules::visible;
use liitos_domain::{Act, RefusalCode, Service};
use liitos_service::deployment_tests::{self, Asked, DeploymentTest};
use liitos_service::names::{Names, Numbers, names};
use liitos_service::notices::Desk;
use liitos_service::sign_in;
use serde::Deserialize;

/// Most of those who have a test to make that are shown; programs are told all.
const MOST_UNTESTED: usize = 100;

/// The desk that a path is of, and where its tests are.
pub(super) fn desk(page: &Page) -> (Desk, &'static str) {
    match page.path.starts_with("/office/") {
        true => (Desk::Office, "/office/deployment-tests"),
        false => (Desk::Own, "/deployment-tests"),
    }
}

#[derive(Template)]
#[template(path = "deployment_tests.html")]
struct ListPage {
    page: Page,
    base: &'static str,
    own: bool,
    rows: Vec<Row>,
    due: Vec<DueRow>,
    /// Who has a test to make, at the operator, and how many such tests there are.
    untested: Vec<(String, String)>,
    untested_lead: String,
    /// What is wrong in what was typed.
    summary: Vec<(String, String)>,
    /// Empty for whoever only looks.
    fields: Vec<Field>,
    /// Nothing may be tested yet.
    nothing: bool,
}

struct Row {
    number: String,
    title: String,
    more: String,
    state: String,
    look: &'static str,
}

/// What is to be tested.
struct DueRow {
    title: String,
    more: String,
    /// With what the form is filled in.
    link: String,
}

/// What the form begins with.
#[derive(Default, Deserialize)]
pub(crate) struct Proposed {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    stage: String,
}

pub(crate) async fn list(
    State(web): State<Web>,
    page: Page,
    Query(proposed): Query<Proposed>,
) -> Result<Response, Failure> {
    let form = Form([("subject".to_owned(), proposed.subject), ("stage".to_owned(), proposed.stage)].into());
    render_list(&web, page, (&form, &[])).await
}

async fn render_list(web: &Web, page: Page, (form, errors): (&Form, &[FieldError])) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let actor = page.signed_in()?;
    let list = deployment_tests::list(&web.app, actor, desk).await?;
    let untested = if desk == Desk::Office { deployment_tests::untested(&web.app, actor).await? } else { Vec::new() };
    let count = untested.len().to_string();
    let untested: Vec<_> = untested.into_iter().take(MOST_UNTESTED).collect();
    let systems = list.tests.iter().map(|one| one.content.system.as_str());
    let systems = systems.chain(untested.iter().map(|(_, due)| due.system.as_str()));
    let systems = systems.chain(list.due.iter().map(|due| due.system.as_str())).collect();
    let called = names(&web.app, &Numbers { systems, ..Numbers::default() }).await?;
    let others = list.tests.iter().filter(|_| desk == Desk::Office).map(|one| one.joiner.clone());
    let others = others.chain(untested.iter().map(|(joiner, _)| joiner.clone())).collect();
    let joiners = sign_in::names(&web.app, &others).await?;
    let row = |one: &DeploymentTest| {
        let (state, look) = state(&page, one);
        let joiner = joiners.get(&one.joiner).map(|name| format!("{name} · ")).unwrap_or_default();
        let (stage, system) = (page.t(&format!("deployment-stage-{}", one.content.stage)), &one.content.system);
        Row {
            number: one.number.clone(),
            title: page.service(one.content.service),
            more: format!("{joiner}{} · {stage} · {}", one.number, visible(&called.beside(system))),
            state,
            look,
        }
    };
    let untested = untested.iter().map(|(joiner, due)| {
        let key = if due.stage == Stage::Before { "deployment-until" } else { "deployment-since" };
        let since = page.language.text_with(key, &[("day", &page.language.date(due.from))]);
        let name = joiners.get(joiner).map(|name| visible(name)).unwrap_or_default();
        let what = what(&page, &called, due);
        (format!("{name} ({joiner})"), format!("{} · {what} · {since}", page.service(due.service)))
    });
    let untested: Vec<(String, String)> = untested.collect();
    let due = list.due.iter().map(|due| {
        let said = page.t(if due.must { "deployment-due-must" } else { "deployment-due-may" });
        DueRow {
            title: page.service(due.service),
            more: format!("{} · {said}", what(&page, &called, due)),
            link: format!("/deployment-tests?subject={}:{}&stage={}#new", due.service, due.system, due.stage),
        }
    });
    let (rows, due) = (list.tests.iter().map(row).collect(), due.collect());
    let writes = desk == Desk::Own && actor.may(Act::Technical);
    let fields = if writes { fields(web, &page, form, errors).await? } else { Vec::new() };
    let nothing = writes && fields.is_empty();
    let summary = summary(&page, &fields, errors);
    Ok(render_page(&ListPage {
        own: desk == Desk::Own,
        base,
        rows,
        due,
        untested,
        untested_lead: page.language.text_with("deployment-untested-lead", &[("count", &count)]),
        summary,
        fields,
        nothing,
        page,
    }))
}

/// What is to be tested, in words.
fn what(page: &Page, called: &Names, due: &Due) -> String {
    let functions = due.functions.iter().map(|function| page.t(&format!("deployment-function-{function}")));
    let stage = page.t(&format!("deployment-stage-{}", due.stage));
    let all = [visible(&called.beside(&due.system)), stage].into_iter().chain(functions);
    all.collect::<Vec<_>>().join(" · ")
}

/// Where a test stands, in words, and how that looks.
pub(super) fn state(page: &Page, one: &DeploymentTest) -> (String, &'static str) {
    if one.removal_asked_at.is_some() && one.removed_at.is_none() {
        return (page.t("deployment-removal-waits"), "attention");
    }
    let look = match one.course {
        Course::Running => "open",
        Course::Sent => "attention",
        Course::Accepted => "ready",
        Course::Withdrawn => "open",
    };
    (page.t(&format!("deployment-state-{}", one.course)), look)
}

/// The fields of a new test; none where nothing may be tested.
async fn fields(web: &Web, page: &Page, form: &Form, errors: &[FieldError]) -> Result<Vec<Field>, Failure> {
    let offered = deployment_tests::offered(&web.app, page.signed_in()?).await?;
    if offered.used.is_empty() {
        return Ok(Vec::new());
    }
    let systems = offered.used.iter().map(|(_, system)| system.as_str()).collect();
    let called = names(&web.app, &Numbers { systems, ..Numbers::default() }).await?;
    let subject = |(service, system): &(Service, String)| Choice {
        value: format!("{service}:{system}"),
        label: format!("{}: {}", page.service(*service), visible(&called.beside(system))),
    };
    let stage =
        |stage: &Stage| Choice { value: stage.code().to_owned(), label: page.t(&format!("deployment-stage-{stage}")) };
    let mut known: Vec<&str> = Vec::new();
    for service in offered.used.iter().map(|(service, _)| *service) {
        known.extend(Stage::ALL.iter().flat_map(|stage| web.app.test_cases.functions(service, *stage)));
    }
    known.sort_unstable();
    known.dedup();
    let ticked = |function: &str| form.text("functions").split(' ').any(|one| one == function);
    let function = |function: &&str| {
        let label = page.t(&format!("deployment-function-{function}"));
        (Choice { value: (*function).to_owned(), label }, ticked(function))
    };
    let fields = Fields { language: page.language, form, errors };
    let subjects = offered.used.iter().map(subject).collect();
    let mut all = vec![
        fields.field("subject", "deployment-service-and-system", FieldKind::Radio(subjects)),
        fields.field("stage", "deployment-stage", FieldKind::Radio(Stage::ALL.iter().map(stage).collect())),
    ];
    if !known.is_empty() {
        let functions = FieldKind::Checkboxes(known.iter().map(function).collect());
        all.push(fields.field("functions", "deployment-functions", functions));
    }
    all.push(fields.field("persons", "deployment-persons", FieldKind::Lines));
    all.push(fields.field("change", "deployment-change", FieldKind::Text("text", "off")));
    all.push(fields.field("before", "deployment-before", FieldKind::Text("text", "off")));
    Ok(all)
}

pub(crate) async fn begin(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let form = Form(gathered(posted));
    let (service, system) = form.text("subject").split_once(':').unwrap_or_default();
    let asked = Asked {
        service: service.to_owned(),
        system: system.to_owned(),
        stage: form.text("stage").to_owned(),
        functions: form.text("functions").split_whitespace().map(str::to_owned).collect(),
        persons: form.text("persons").to_owned(),
        change: form.text("change").to_owned(),
        before: form.text("before").to_owned(),
    };
    match deployment_tests::begin(&web.app, page.signed_in()?, &asked).await {
        Ok(number) => Ok(Redirect::to(&format!("/deployment-tests/{number}")).into_response()),
        Err(error) if error.code == RefusalCode::FormInvalid => {
            let (field, problem) = match error.place.split(' ').next().unwrap_or_default() {
                "persons" => ("persons", FieldProblem::TestIdentities),
                field @ ("stage" | "functions" | "change" | "before") => (field, FieldProblem::Choice),
                _ => ("subject", FieldProblem::Choice),
            };
            let errors = [FieldError { field: field.to_owned(), problem }];
            let answer = render_list(&web, page, (&form, &errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, answer).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
