//! Applications, for programs.

use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page};
use crate::pages::copies::download;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use liitos_domain::application::{Application, FieldError, Form, State as Stand, Step};
use liitos_domain::{Moment, RefusalCode, Service};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Checked, SaveStep, Stored, check_step, save_step};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An application in a list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Summary {
    /// Its number: `2026-1043`.
    pub(crate) number: String,
    /// Who applies: an OID.
    pub(crate) joiner: String,
    /// What for.
    pub(crate) service: String,
    /// Where it stands: `draft`, `sent`, `more-asked`, `approved`, `rejected`, `withdrawn`.
    pub(crate) state: String,
    /// Whose turn it is: `joiner`, `operator` or `nobody`.
    pub(crate) turn: String,
    /// When it was begun (RFC 3339).
    pub(crate) begun_at: String,
    /// When it was sent last.
    pub(crate) sent_at: Option<String>,
}

pub(crate) fn summary(stored: &Stored) -> Summary {
    let application = &stored.application;
    Summary {
        number: application.number.clone(),
        joiner: application.joiner.to_string(),
        service: application.service.to_string(),
        state: application.state.code().to_owned(),
        turn: match application.state {
            Stand::Draft | Stand::MoreAsked { .. } => "joiner",
            Stand::Sent { .. } => "operator",
            _ => "nobody",
        }
        .to_owned(),
        begun_at: stored.created_at.to_string(),
        sent_at: stored.sent_at.map(|at| at.to_string()),
    }
}

/// A rule that is broken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// `error`, `warning` or `advice`.
    pub(crate) severity: String,
    /// What is wrong, in words.
    pub(crate) what: String,
    /// Where.
    pub(crate) places: Vec<String>,
    /// Why.
    pub(crate) why: String,
    /// By which clause of which source.
    pub(crate) clause: String,
    /// Who can mend it.
    pub(crate) mender: String,
    /// How.
    pub(crate) how: String,
}

pub(crate) fn findings(page: &Page, application: &Application, checked: &Checked) -> Vec<Finding> {
    let told = |view: FindingView| Finding {
        severity: view.look.to_owned(),
        what: view.what,
        places: view.places,
        why: view.why,
        clause: view.clause,
        mender: view.mender,
        how: view.how,
    };
    page.all_findings(application, checked).into_iter().map(told).collect()
}

/// A step as it is saved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StepState {
    /// Which.
    pub(crate) step: String,
    /// Whether it is complete.
    pub(crate) complete: bool,
    /// Its revision: to be said when it is saved again.
    pub(crate) revision: i32,
    /// What was filled in, by field.
    pub(crate) fields: BTreeMap<String, String>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Happened {
    /// When.
    pub(crate) at: String,
    /// Into which state the application came.
    pub(crate) state: String,
    /// What was said with it.
    pub(crate) words: Option<String>,
    /// By which right whoever sent it may bind the applicant: codes of positions, where they are known.
    pub(crate) positions: Vec<String>,
}

/// A file that is attached.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Attached {
    /// Its key.
    pub(crate) key: i64,
    /// Its name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) media_type: String,
}

/// An application with everything in it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Whole {
    /// What a list says of it.
    pub(crate) summary: Summary,
    /// Its steps, in order.
    pub(crate) steps: Vec<StepState>,
    /// What the rules say of it.
    pub(crate) findings: Vec<Finding>,
    /// Whether it can be sent as it is.
    pub(crate) sendable: bool,
    /// What happened to it, the oldest first.
    pub(crate) events: Vec<Happened>,
    /// Its files.
    pub(crate) attachments: Vec<Attached>,
}

/// A new application.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Begin {
    /// For which service.
    pub(crate) service: String,
    /// The number of an earlier application to copy from.
    #[serde(default)]
    pub(crate) from: Option<String>,
}

/// What is typed at a step.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Typed {
    /// The revision that it was filled in on; 0 when it was not saved before.
    #[serde(default)]
    pub(crate) revision: i32,
    /// What was filled in, by field.
    pub(crate) fields: BTreeMap<String, String>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Wrong {
    /// Which field.
    pub(crate) field: String,
    /// A code.
    pub(crate) problem: String,
    /// The same in words.
    pub(crate) message: String,
}

pub(crate) fn wrong(page: &Page, errors: &[FieldError]) -> Vec<Wrong> {
    let told = |error: &FieldError| Wrong {
        field: error.field.clone(),
        problem: error.problem.to_string(),
        message: page.t(&format!("field-{}", error.problem)),
    };
    errors.iter().map(told).collect()
}

/// What became of a step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SavedStep {
    /// Its new revision; absent where nothing was saved.
    pub(crate) revision: Option<i32>,
    /// What is wrong with its fields; it is saved all the same.
    pub(crate) errors: Vec<Wrong>,
    /// What the rules say of the application now.
    pub(crate) findings: Vec<Finding>,
}

/// A file to be attached.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct File {
    /// Its name.
    pub(crate) name: String,
    /// Its bytes, in base64.
    pub(crate) content: String,
}

/// A new thing's key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Keyed {
    /// The key.
    pub(crate) key: i64,
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let own = applications::of_own(&web.app, page.signed_in()?).await?;
    Ok(part("/api/v1/applications", &asked, own.iter().map(summary)))
}

pub(crate) async fn begin(State(web): State<Web>, page: Page, Json(begin): Json<Begin>) -> Result<Response, Failure> {
    let service =
        Service::parse(&begin.service).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "service"))?;
    let actor = page.signed_in()?;
    let number = applications::begin(&web.app, actor, service, begin.from.as_deref(), page.language).await?;
    let whole = whole(&web, &page, &number).await?;
    let location = [(http::header::LOCATION, format!("/api/v1/applications/{number}"))];
    Ok((StatusCode::CREATED, location, Json(whole)).into_response())
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<Whole>, Failure> {
    Ok(Json(whole(&web, &page, &number).await?))
}

async fn whole(web: &Web, page: &Page, number: &str) -> Result<Whole, Failure> {
    let (stored, checked) = applications::view(&web.app, page.signed_in()?, number).await?;
    let past = applications::past(&web.app, page.signed_in()?, number).await?;
    Ok(told(page, &stored, &checked, &past))
}

pub(crate) fn told(page: &Page, stored: &Stored, checked: &Checked, past: &applications::Past) -> Whole {
    let application = &stored.application;
    let step = |step: Step| StepState {
        step: step.to_string(),
        complete: !checked.incomplete.contains(&step),
        revision: stored.revisions.get(&step).copied().unwrap_or(0),
        fields: application.form(step).0,
    };
    let event = |event: &applications::Event| Happened {
        at: event.at.to_string(),
        state: event.state.clone(),
        words: event.words.clone(),
        positions: event.positions.iter().map(ToString::to_string).collect(),
    };
    let file = |file: &applications::Attachment| Attached {
        key: file.key,
        name: file.name.clone(),
        media_type: file.media_type.clone(),
    };
    Whole {
        summary: summary(stored),
        steps: application.steps().filter(|step| *step != Step::Summary).map(step).collect(),
        findings: findings(page, application, checked),
        sendable: application.state.editable() && checked.sound(),
        events: past.events.iter().map(event).collect(),
        attachments: past.attachments.iter().map(file).collect(),
    }
}

fn known(step: &str) -> Result<Step, Failure> {
    Step::parse(step).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "step").into())
}

pub(crate) async fn step(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
) -> Result<Json<StepState>, Failure> {
    let step = known(&code)?;
    let found = whole(&web, &page, &number).await?.steps.into_iter().find(|state| state.step == step.code());
    found.map(Json).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "step").into())
}

pub(crate) async fn save(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Json(typed): Json<Typed>,
) -> Result<Json<SavedStep>, Failure> {
    let step = known(&code)?;
    let (revision, form) = (typed.revision, Form(typed.fields));
    let saving = SaveStep { number: number.clone(), step, revision, form, language: page.language };
    let errors = save_step(&web.app, page.signed_in()?, saving).await?;
    let (stored, checked) = applications::view(&web.app, page.signed_in()?, &number).await?;
    Ok(Json(SavedStep {
        revision: stored.revisions.get(&step).copied(),
        errors: wrong(&page, &errors),
        findings: findings(&page, &stored.application, &checked),
    }))
}

pub(crate) async fn check(
    State(web): State<Web>,
    page: Page,
    Path((number, code)): Path<(String, String)>,
    Json(typed): Json<Typed>,
) -> Result<Json<SavedStep>, Failure> {
    let step = known(&code)?;
    let form = Form(typed.fields);
    let (stored, errors, checked) = check_step(&web.app, page.signed_in()?, &number, step, form).await?;
    let findings = findings(&page, &stored.application, &checked);
    Ok(Json(SavedStep { revision: None, errors: wrong(&page, &errors), findings }))
}

/// What the applicant says to what the operator asked.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Answer {
    /// The words; none where nothing was asked.
    #[serde(default)]
    answer: String,
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Whole>, Failure> {
    // Most sendings answer nothing, and have no body.
    let wrong = |_| ServiceError::refused(RefusalCode::FormInvalid, "answer");
    let said = (!body.is_empty()).then(|| serde_json::from_slice::<Answer>(&body)).transpose().map_err(wrong)?;
    let answer = said.map(|said| said.answer).unwrap_or_default();
    let sending = applications::Sending { answer: &answer, ..Default::default() };
    applications::send(&web.app, page.signed_in()?, &number, sending).await?;
    Ok(Json(whole(&web, &page, &number).await?))
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<Whole>, Failure> {
    applications::withdraw(&web.app, page.signed_in()?, &number).await?;
    Ok(Json(whole(&web, &page, &number).await?))
}

pub(crate) async fn attach(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(file): Json<File>,
) -> Result<Response, Failure> {
    let body = STANDARD.decode(&file.content);
    let body = body.map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "content"))?;
    let key = applications::attach(&web.app, page.signed_in()?, &number, &file.name, body).await?;
    Ok((StatusCode::CREATED, Json(Keyed { key })).into_response())
}

pub(crate) async fn attachment(
    State(web): State<Web>,
    page: Page,
    Path((number, key)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let found = applications::attachment(&web.app, page.signed_in()?, &number, key).await?;
    Ok(download(&found.name, found.media_type, found.body))
}

pub(crate) async fn detach(
    State(web): State<Web>,
    page: Page,
    Path((number, key)): Path<(String, i64)>,
) -> Result<StatusCode, Failure> {
    applications::detach(&web.app, page.signed_in()?, &number, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A moment as programs read it.
pub(crate) fn time(at: Moment) -> String {
    at.to_string()
}
