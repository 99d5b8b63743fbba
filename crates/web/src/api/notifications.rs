//! Change notifications, for programs.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use crate::pages::notifications::found;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::LOCATION;
use liitos_domain::application::Form;
use liitos_domain::notification::{Finding, Kind};
use liitos_domain::rules::Outcome;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::changes::obstacle;
use liitos_service::notices::Desk;
use liitos_service::notifications::{self, Shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is to be notified.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewNotification {
    /// A kind: `system`, `swap`, `use`, `end-use`, `reception`, `end-reception`, `leave`, `point`, `link`, `certificates`, `point-system`, `retire-point`,
    /// `collection-point`, `collection`, `retire-collection`, `tenants`, `end-tenant`, `controller`, `business-id`, `intermediary` or `termination`.
    kind: String,
    /// Its fields, as on the page (`docs/notifications.md`).
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

/// What is filled in of a notification.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NotificationFields {
    /// The revision that it was filled in on.
    revision: i32,
    /// Its fields; those that are not named are empty.
    fields: BTreeMap<String, String>,
}

/// What is sent.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NotificationSent {
    /// What was shown: its `hash`.
    pub(super) hash: String,
}

/// A notification.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NotificationSummary {
    /// Its number.
    number: String,
    /// Its kind.
    kind: String,
    /// `draft`, `sent`, `approved` or `withdrawn`.
    state: String,
    /// From which day it is so.
    day: Option<String>,
    /// When it was sent last.
    sent_at: Option<String>,
}

/// A notification with what it will do.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Notification {
    /// Which.
    summary: NotificationSummary,
    /// Raised whenever it changes.
    revision: i32,
    /// What was filled in.
    fields: BTreeMap<String, String>,
    /// What is wrong with which field: its name and a code.
    wrong: Vec<(String, String)>,
    /// What was found as it will be on its day.
    findings: Vec<NotificationFinding>,
    /// Whether it can be sent and approved.
    sound: bool,
    /// What sending it is bound to; absent once it is decided on.
    hash: Option<String>,
    /// Exactly what changes in the address directory.
    effect: serde_json::Value,
    /// The directory's version that it became.
    version: Option<u64>,
    /// The controller update run that was ordered by it.
    controller_run: Option<String>,
    /// The organisational change that it became.
    change: Option<String>,
}

/// Something that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NotificationFinding {
    /// A code: of what was found, or of the rule that is broken.
    what: String,
    /// `error`, `warning` or `advice`.
    severity: String,
    /// Of whom, or of what.
    of: String,
    /// The same in words.
    text: String,
}

impl NotificationFinding {
    pub(super) fn found(page: &Page, one: &Finding) -> Self {
        let (what, severity) = (one.what.to_string(), one.severity.code().to_owned());
        Self { what, severity, of: one.of.clone(), text: found(page, one).what }
    }

    /// A rule that is broken then.
    pub(super) fn broken(page: &Page, outcome: &Outcome<'_>) -> Self {
        let rule = outcome.rule;
        let text = page.language.rule(rule, Some("broken"));
        Self { what: rule.id.clone(), severity: rule.severity.code().to_owned(), of: String::new(), text }
    }
}

fn summary(of: &notifications::Notification) -> NotificationSummary {
    NotificationSummary {
        number: of.number.clone(),
        kind: of.kind.code().to_owned(),
        state: of.course.code().to_owned(),
        day: of.day.map(|day| day.civil().date().to_string()),
        sent_at: of.sent_at.map(time),
    }
}

fn whole(page: &Page, shown: &Shown) -> Result<Notification, ServiceError> {
    let of = &shown.notification;
    let looked = shown.looked.as_ref();
    let findings = looked.iter().flat_map(|looked| &looked.findings).map(|one| NotificationFinding::found(page, one));
    let rules = looked.iter().flat_map(|looked| &looked.outcomes).map(|one| NotificationFinding::broken(page, one));
    let obstacles = looked.iter().flat_map(|looked| &looked.obstacles);
    let obstacles = obstacles.map(|one| NotificationFinding {
        what: one.why.to_string(),
        severity: "error".to_owned(),
        of: one.of.clone(),
        text: obstacle(one, page.language),
    });
    let effect = shown.entered.as_ref().or(looked.map(|looked| &looked.effect));
    let wrong = looked.iter().flat_map(|looked| &looked.wrong);
    Ok(Notification {
        summary: summary(of),
        revision: of.revision,
        fields: of.form.0.clone(),
        wrong: wrong.map(|error| (error.field.clone(), error.problem.to_string())).collect(),
        findings: findings.chain(rules).chain(obstacles).collect(),
        sound: looked.is_some_and(notifications::Looked::sound),
        hash: looked.map(|looked| looked.hash.to_string()),
        effect: serde_json::to_value(effect)?,
        version: of.version,
        controller_run: of.run.clone(),
        change: of.change.clone(),
    })
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = notifications::list(&web.app, page.signed_in()?, Desk::Own).await?;
    Ok(part("/api/v1/notifications", &asked, all.iter().map(summary)))
}

pub(crate) async fn begin(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<NewNotification>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "kind");
    let number = notifications::begin(&web.app, actor, Kind::parse(&asked.kind).ok_or_else(wrong)?).await?;
    if !asked.fields.is_empty() {
        notifications::save(&web.app, actor, &number, (1, Form(asked.fields))).await?;
    }
    let shown = notifications::show(&web.app, actor, Desk::Own, &number).await?;
    let place = [(LOCATION, format!("/api/v1/notifications/{number}"))];
    Ok((StatusCode::CREATED, place, Json(whole(&page, &shown)?)).into_response())
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<Notification>, Failure> {
    let shown = notifications::show(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    Ok(Json(whole(&page, &shown)?))
}

pub(crate) async fn save(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(typed): Json<NotificationFields>,
) -> Result<Json<Notification>, Failure> {
    let actor = page.signed_in()?;
    notifications::save(&web.app, actor, &number, (typed.revision, Form(typed.fields))).await?;
    let shown = notifications::show(&web.app, actor, Desk::Own, &number).await?;
    Ok(Json(whole(&page, &shown)?))
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(sent): Json<NotificationSent>,
) -> Result<StatusCode, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "hash");
    let shown = Sha256Hash::parse(&sent.hash).ok_or_else(wrong)?;
    notifications::send(&web.app, page.signed_in()?, &number, &shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(reason): Json<super::office::Words>,
) -> Result<StatusCode, Failure> {
    notifications::withdraw(&web.app, page.signed_in()?, &number, &reason.words).await?;
    Ok(StatusCode::NO_CONTENT)
}
