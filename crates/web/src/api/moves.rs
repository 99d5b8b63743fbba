//! Moves, for programs.

use super::applications::time;
use super::notifications::{NotificationFinding, NotificationSent};
use super::office::Words;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, LOCATION};
use liitos_domain::application::Form;
use liitos_domain::moves::Kind;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::moves::{self, Moved, Shown};
use liitos_service::notices::Desk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is to be moved.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewMove {
    /// A kind: `point`, `system`, `address` or `certificates`.
    kind: String,
    /// Its fields, as on the page (`docs/moves.md`).
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

/// What is filled in of a move.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MoveFields {
    /// The revision that it was filled in on.
    revision: i32,
    /// Its fields; those that are not named are empty. `key`: one that a joiner gave, used up by this.
    fields: BTreeMap<String, String>,
}

/// What one answers who is moved.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MoveAnswer {
    /// Whether it agrees.
    agrees: bool,
}

/// Why a move is halted.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MoveHalted {
    /// The reason.
    words: String,
    /// Whether the wave that was entered last goes back, too.
    #[serde(default)]
    take_back: bool,
}

/// When a halted move goes on.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct MoveResumed {
    /// The day in Helsinki: `2027-01-20`.
    start_day: String,
    /// The time, to the second: `02:00:30`.
    start_time: String,
}

/// A move.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MoveSummary {
    /// Its number.
    number: String,
    /// Its kind.
    kind: String,
    /// What people call it.
    title: String,
    /// Who moves.
    leader: String,
    /// `draft`, `sent`, `approved`, `halted`, `over` or `withdrawn`.
    state: String,
    /// When it was sent last.
    sent_at: Option<String>,
    /// Whether the organisation is asked in it, and has not answered.
    asked: bool,
}

/// A move with who is moved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Move {
    /// Which.
    summary: MoveSummary,
    /// Raised whenever it changes.
    revision: i32,
    /// What was filled in.
    fields: BTreeMap<String, String>,
    /// What is wrong with which field: its name and a code.
    wrong: Vec<(String, String)>,
    /// What was found as it will be.
    findings: Vec<NotificationFinding>,
    /// Whether it can be sent and approved.
    sound: bool,
    /// What sending it is bound to; absent once it is decided on.
    hash: Option<String>,
    /// Why it goes no further.
    halt: Option<String>,
    /// Who is moved; to whoever is moved, what is theirs.
    moved: Vec<MovedOne>,
    /// Whether a signed report is there.
    reported: bool,
}

/// One that is moved.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct MovedOne {
    /// The joiner, or the access point.
    subject: String,
    /// In which wave; the first is 1.
    wave: usize,
    /// At which second.
    at: String,
    /// `planned`, `entered`, `left-out` or `back`.
    standing: String,
    /// Why it was left out: `no-consent`, `declined` or `changed`.
    reason: Option<String>,
    /// `needless`, `delegated`, `key`, `asked`, `given` or `declined`.
    consent: Option<String>,
    /// Calls since that passed, as far as gateways told of them.
    passed: u64,
    /// Calls since that failed.
    failed: u64,
}

fn summary(one: &moves::Move, asked: bool) -> MoveSummary {
    MoveSummary {
        number: one.number.clone(),
        kind: one.kind.code().to_owned(),
        title: one.form.text("title").to_owned(),
        leader: one.leader.to_string(),
        state: one.course.code().to_owned(),
        sent_at: one.sent_at.map(time),
        asked,
    }
}

fn whole(page: &Page, shown: &Shown) -> Move {
    let one = &shown.one;
    let looked = shown.looked.as_ref();
    let found = looked.iter().flat_map(|looked| &looked.said).flat_map(|(_, judged)| &judged.findings);
    let rules = looked.iter().flat_map(|looked| &looked.outcomes);
    let moved = |moved: &Moved| {
        let seen = shown.seen.each.get(&moved.place).copied().unwrap_or(moved.counted);
        MovedOne {
            subject: moved.subject.to_string(),
            wave: moved.seat.wave + 1,
            at: time(moved.seat.at),
            standing: moved.standing.code().to_owned(),
            reason: moved.reason.map(|reason| reason.code().to_owned()),
            consent: shown.consents.get(&moved.party).map(|how| how.code().to_owned()),
            passed: seen.passed,
            failed: seen.failed,
        }
    };
    let asked = !shown.whole && shown.consents.values().any(|how| *how == liitos_domain::moves::Consent::Asked);
    let wrong = looked.iter().flat_map(|looked| &looked.wrong);
    Move {
        summary: summary(one, asked),
        revision: one.revision,
        fields: one.form.0.clone(),
        wrong: wrong.map(|error| (error.field.clone(), error.problem.to_string())).collect(),
        findings: found
            .map(|one| NotificationFinding::found(page, one))
            .chain(rules.map(|one| NotificationFinding::broken(page, one)))
            .collect(),
        sound: looked.is_some_and(moves::Looked::sound),
        hash: looked.map(|looked| looked.hash.to_string()),
        halt: one.halt.map(|halt| halt.code().to_owned()),
        moved: shown.moved.iter().map(moved).collect(),
        reported: one.report.is_some(),
    }
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = moves::list(&web.app, page.signed_in()?, Desk::Own).await?;
    Ok(part("/api/v1/moves", &asked, all.iter().map(|listed| summary(&listed.one, listed.asked))))
}

pub(crate) async fn begin(State(web): State<Web>, page: Page, Json(asked): Json<NewMove>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "kind");
    let number = moves::begin(&web.app, actor, Kind::parse(&asked.kind).ok_or_else(wrong)?).await?;
    if !asked.fields.is_empty() {
        moves::save(&web.app, actor, &number, (1, Form(asked.fields))).await?;
    }
    let shown = moves::show(&web.app, actor, Desk::Own, &number).await?;
    let place = [(LOCATION, format!("/api/v1/moves/{number}"))];
    Ok((StatusCode::CREATED, place, Json(whole(&page, &shown))).into_response())
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<Move>, Failure> {
    let shown = moves::show(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    Ok(Json(whole(&page, &shown)))
}

pub(crate) async fn save(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(typed): Json<MoveFields>,
) -> Result<Json<Move>, Failure> {
    let actor = page.signed_in()?;
    moves::save(&web.app, actor, &number, (typed.revision, Form(typed.fields))).await?;
    let shown = moves::show(&web.app, actor, Desk::Own, &number).await?;
    Ok(Json(whole(&page, &shown)))
}

pub(crate) async fn send(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(sent): Json<NotificationSent>,
) -> Result<StatusCode, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "hash");
    let shown = Sha256Hash::parse(&sent.hash).ok_or_else(wrong)?;
    moves::send(&web.app, page.signed_in()?, &number, &shown).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn answer(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(answer): Json<MoveAnswer>,
) -> Result<StatusCode, Failure> {
    moves::answer(&web.app, page.signed_in()?, &number, answer.agrees).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn halt(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(halted): Json<MoveHalted>,
) -> Result<StatusCode, Failure> {
    let of = (Desk::Own, number.as_str());
    moves::halt(&web.app, page.signed_in()?, of, &halted.words, halted.take_back).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn resume(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(resumed): Json<MoveResumed>,
) -> Result<StatusCode, Failure> {
    let start = (resumed.start_day.as_str(), resumed.start_time.as_str());
    moves::resume(&web.app, page.signed_in()?, (Desk::Own, &number), start).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn give_up(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(reason): Json<Words>,
) -> Result<StatusCode, Failure> {
    moves::give_up(&web.app, page.signed_in()?, (Desk::Own, &number), &reason.words).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The signed report, once the move is over.
pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let shown = moves::show(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    let report = shown.one.report.filter(|_| shown.whole);
    let report = report.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))?;
    Ok(([(http::header::CONTENT_TYPE, "application/json")], report).into_response())
}

/// A key by which the organisation hands itself over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HandoverKey {
    /// What taking it back names.
    key: i64,
    /// Until when it can be used.
    until: String,
    /// For whom it is meant; absent: for whoever has it.
    meant_for: Option<String>,
    /// The number of the move that it was used in.
    used_by: Option<String>,
    /// When it was taken back.
    ended_at: Option<String>,
}

/// For whom a key is.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewKey {
    /// The OID of whoever alone can use it; empty: whoever has it.
    #[serde(default)]
    meant_for: String,
}

/// A key that was given just now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct GivenKey {
    /// The key: it is not told again.
    secret: String,
}

pub(crate) async fn keys(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = moves::keys(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|key| HandoverKey {
        key: key.key,
        until: time(key.expires_at),
        meant_for: key.meant_for.map(|oid| oid.to_string()),
        used_by: key.used_by,
        ended_at: key.ended_at.map(time),
    });
    Ok(part("/api/v1/handover-keys", &asked, told))
}

pub(crate) async fn give_key(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<NewKey>,
) -> Result<Response, Failure> {
    let secret = moves::give_key(&web.app, page.signed_in()?, &asked.meant_for).await?;
    // Asked again, another is given: this one is kept nowhere.
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(GivenKey { secret })).into_response())
}

pub(crate) async fn end_key(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<StatusCode, Failure> {
    moves::end_key(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
