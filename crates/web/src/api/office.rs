//! The operator's desk, for its own programs and pages.

use super::applications::{Summary, Whole, summary, told};
use super::pages::{Part, listed, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use crate::pages::office::queue::Asked;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::applications::{self, Part as Approved, SHOWN};
use liitos_service::messages::{self, Shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An application in the queue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Queued {
    /// What every list says of it.
    summary: Summary,
    /// How much care it needs.
    risk: i32,
    /// Who handles it.
    handler: Option<String>,
}

/// A part of the queue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Queue {
    /// The applications.
    items: Vec<Queued>,
    /// How many there are in all.
    count: u64,
    /// The next page, if there is one.
    next: Option<u64>,
}

pub(crate) async fn queue(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Asked>,
) -> Result<Json<Queue>, Failure> {
    let found = (asked.sight(), asked.q.as_str(), asked.by_risk());
    let queue = applications::queue(&web.app, page.signed_in()?, found, Some(asked.page)).await?;
    let queued = |stored: &applications::Stored| Queued {
        summary: summary(stored),
        risk: stored.risk,
        handler: stored.handler.as_ref().map(|(_, name)| name.clone()),
    };
    let next = (queue.count > (asked.page + 1).saturating_mul(SHOWN)).then_some(asked.page + 1);
    Ok(Json(Queue { items: queue.shown.iter().map(queued).collect(), count: queue.count, next }))
}

/// An application as it is decided on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Decision {
    /// The application.
    application: Whole,
    /// The exact change of the directory, while it waits.
    effect: Option<serde_json::Value>,
    /// What an approval is bound to.
    hash: Option<String>,
    /// The joiners whose decisions would change though the change does not name them.
    others: Vec<String>,
    /// What asks for care.
    risks: Vec<String>,
}

/// Which connections are left out.
#[derive(Default, Deserialize)]
pub(crate) struct LeftOut {
    /// Their numbers, with commas between.
    #[serde(default)]
    left_out: String,
}

fn numbers(text: &str) -> BTreeSet<usize> {
    text.split(',').filter_map(|part| part.trim().parse().ok()).collect()
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Query(asked): Query<LeftOut>,
) -> Result<Json<Decision>, Failure> {
    let actor = page.signed_in()?;
    let left_out = numbers(&asked.left_out);
    let (stored, checked, effected) = applications::decision_view(&web.app, actor, &number, &left_out).await?;
    let past = applications::past(&web.app, actor, &number).await?;
    let risks = applications::risks_of(&web.app, &stored.application, &checked).await?;
    let effect = effected.as_ref().map(|effected| serde_json::to_value(&effected.effect)).transpose();
    Ok(Json(Decision {
        application: told(&page, &stored, &checked, &past),
        effect: effect.map_err(ServiceError::from)?,
        hash: effected.as_ref().map(|effected| effected.hash.to_string()),
        others: effected.iter().flat_map(|effected| effected.others()).map(ToString::to_string).collect(),
        risks: risks.iter().map(ToString::to_string).collect(),
    }))
}

/// An approval.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Approval {
    /// The hash that was shown.
    hash: String,
    /// The numbers of the connections that are left out.
    #[serde(default)]
    left_out: BTreeSet<usize>,
    /// Why, for the applicant.
    #[serde(default)]
    reason: String,
}

impl Approval {
    fn shown(&self) -> Result<Sha256Hash, ServiceError> {
        Sha256Hash::parse(&self.hash).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "hash"))
    }

    fn part(&self) -> Approved {
        Approved { left_out: self.left_out.clone(), reason: self.reason.clone() }
    }
}

/// What became of an approval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Entered {
    /// The directory's version.
    pub(super) version: u64,
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(approval): Json<Approval>,
) -> Result<Json<Entered>, Failure> {
    let (shown, part) = (approval.shown()?, approval.part());
    let version = applications::approve(&web.app, page.signed_in()?, &number, &shown, &part).await?;
    Ok(Json(Entered { version }))
}

pub(crate) async fn approve_first(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(approval): Json<Approval>,
) -> Result<StatusCode, Failure> {
    let (shown, part) = (approval.shown()?, approval.part());
    applications::approve_first(&web.app, page.signed_in()?, &number, &shown, &part).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Words: a question, a reason, a note.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Words {
    /// The words.
    pub(super) words: String,
}

pub(crate) async fn reject(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(said): Json<Words>,
) -> Result<StatusCode, Failure> {
    applications::reject(&web.app, page.signed_in()?, &number, &said.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn ask(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(said): Json<Words>,
) -> Result<StatusCode, Failure> {
    applications::ask_more(&web.app, page.signed_in()?, &number, &said.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn note(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(said): Json<Words>,
) -> Result<StatusCode, Failure> {
    applications::note(&web.app, page.signed_in()?, &number, &said.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn assign(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    applications::assign(&web.app, page.signed_in()?, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many joined.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Joined {
    /// The month: `2026-11`.
    month: String,
    /// What kind of joiner.
    kind: String,
    /// Which service.
    service: String,
    /// How many.
    joined: u64,
}

pub(crate) async fn report(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = applications::report(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|one| Joined {
        month: one.month,
        kind: one.kind.to_string(),
        service: one.service.to_string(),
        joined: one.count,
    });
    Ok(part("/api/v1/office/report", &asked, told))
}

/// A message with what became of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Sent {
    /// Its key.
    key: i64,
    /// To which address.
    to: String,
    /// What it is about.
    subject: String,
    /// `queued`, `running`, `done`, `failed` or `settled`.
    state: String,
    /// What became of it after it was handed on, where that was told.
    receipt: Option<String>,
    /// The last failure.
    error: Option<String>,
}

/// Which messages are asked for.
#[derive(Default, Deserialize)]
pub(crate) struct Dead {
    /// Whether only those that were given up.
    #[serde(default)]
    dead: bool,
    /// Those that are older than this one.
    #[serde(default)]
    before: Option<i64>,
}

pub(crate) async fn messages(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Dead>,
) -> Result<Response, Failure> {
    let part = messages::Page { dead: asked.dead, before: asked.before };
    let outbox = messages::outbox(&web.app, page.signed_in()?, part).await?;
    let told = |Shown { message, job }: Shown| Sent {
        key: job.key,
        to: message.to().to_owned(),
        subject: message.subject().to_owned(),
        state: job.state,
        receipt: job.receipt,
        error: job.last_error,
    };
    let items: Vec<Sent> = outbox.shown.into_iter().map(told).collect();
    Ok(listed("/api/v1/office/messages", &Part::default(), items, false))
}

pub(crate) async fn again(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<StatusCode, Failure> {
    messages::again(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn settle(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<StatusCode, Failure> {
    messages::settle(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
