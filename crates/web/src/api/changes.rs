//! Organisational changes, for programs.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::LOCATION;
use liitos_domain::change::{Followed, Receiver, Story};
use liitos_domain::{Moment, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::changes::{self, Shown, obstacle, title};
use liitos_service::notices::Desk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens (`docs/changes.md`).
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewChange {
    /// The day at whose beginning, in Helsinki, all of it happens: `2027-01-01`.
    day: String,
    /// What people call it.
    title: String,
    /// Joiners that become one.
    #[serde(default)]
    merger: Vec<NewMerger>,
    /// Units that move.
    #[serde(default)]
    unit: Vec<NewUnit>,
    /// Joiners that go on under another number.
    #[serde(default)]
    renumbered: Vec<NewNumber>,
    /// Joiners whose activity ends.
    #[serde(default)]
    ending: Vec<NewEnding>,
}

/// Joiners that become one.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewMerger {
    /// Who, by OID.
    joiners: Vec<String>,
    /// Into whom.
    into: String,
    /// Their units that get another number.
    #[serde(default)]
    unit: Vec<Becoming>,
}

/// A unit that gets another number.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct Becoming {
    /// The unit, by OID.
    oid: String,
    /// Its OID then.
    becomes: String,
}

/// A unit that moves.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewUnit {
    /// The unit, by OID.
    oid: String,
    /// From which joiner.
    from: String,
    /// To which.
    to: String,
    /// Its OID then, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    becomes: Option<String>,
}

/// A joiner that goes on under another number.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewNumber {
    /// Until then, by OID.
    from: String,
    /// From then on.
    to: String,
    /// Its units that get another number.
    #[serde(default)]
    unit: Vec<Becoming>,
}

/// A joiner whose activity ends.
#[derive(Deserialize, Serialize, JsonSchema)]
pub(crate) struct NewEnding {
    /// Whose, by OID.
    joiner: String,
    /// Whose its documents are then.
    #[serde(skip_serializing_if = "Option::is_none")]
    custodian: Option<String>,
}

/// A change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeSummary {
    /// Its number.
    number: String,
    /// What people call it.
    title: String,
    /// Its day.
    day: String,
    /// `followed`, `over` or `withdrawn`.
    state: String,
    /// When it was compared with directory, registers and archive last.
    checked_at: String,
}

/// A change as far as the organisation sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// Which.
    summary: ChangeSummary,
    /// What is to be done.
    tasks: Vec<ChangeTask>,
    /// Whether there may be more to see once everybody has agreed.
    hidden: bool,
    /// What stands in the way.
    obstacles: Vec<ChangeObstacle>,
    /// Who is party to it.
    parties: Vec<ChangeParty>,
    /// Rights that open.
    rights_opened: u32,
    /// Rights that close.
    rights_closed: u32,
}

/// What a change does, exactly.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeEffect {
    /// The rows of the address directory that it opens and ends, as far as it has not yet.
    effect: serde_json::Value,
    /// How many documents the parties' controllers have now.
    documents: Vec<ChangeDocuments>,
    /// Who is told of what.
    messages: Vec<ChangeMessage>,
}

/// How many documents there are in a register.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeDocuments {
    /// Whose register.
    controller: String,
    /// Which: `patient:2`.
    register: String,
    /// How many, all versions.
    count: u64,
}

/// Who is told of which tasks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeMessage {
    /// `joiner`, `administrator`, `supplier`, `operator` or `code-service`.
    kind: String,
    /// Its number: an OID or a system's; empty of the operator and the code service.
    to: String,
    /// The tasks, in words.
    about: Vec<String>,
}

/// Something to do for a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeTask {
    /// Its key.
    key: i64,
    /// What: a code.
    what: String,
    /// The same in words.
    title: String,
    /// `joiner`, `administrator`, `supplier` or `operator`.
    owner_kind: String,
    /// Its number: an OID or a system's.
    owner: String,
    /// About what.
    about: String,
    /// How many documents or requests it is about.
    count: u64,
    /// The latest day.
    due: String,
    /// `open`, `waits`, `late` or `done`.
    state: String,
    /// Whether somebody has to say that it is done, or may: no register shows it.
    said_by_people: bool,
}

/// What stands in a change's way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeObstacle {
    /// What: a code.
    why: String,
    /// The same in words.
    text: String,
}

/// Whoever is party to a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeParty {
    /// Who, by OID.
    joiner: String,
    /// Whether it is asked to plan along: it has joined.
    asked: bool,
    /// When it agreed.
    agreed_at: Option<String>,
}

/// What is said of a task.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct TaskSaid {
    /// Whether it is done.
    done: bool,
    /// What shows it.
    words: String,
}

/// Another day.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct AnotherDay {
    /// `2027-01-01`.
    day: String,
}

fn summary(change: &changes::Change) -> ChangeSummary {
    ChangeSummary {
        number: change.number.clone(),
        title: change.story.title.clone(),
        day: change.story.day.civil().date().to_string(),
        state: change.course.code().to_owned(),
        checked_at: time(change.checked_at),
    }
}

fn whole(page: &Page, shown: &Shown) -> Change {
    let (change, language) = (&shown.change, page.language);
    let tasks = shown.tasks.iter().map(|(key, task)| ChangeTask {
        key: *key,
        what: task.what.code().to_owned(),
        title: title(task, language),
        owner_kind: task.owner.code().to_owned(),
        owner: task.owner.number().to_owned(),
        about: task.about.clone(),
        count: task.count,
        due: task.due.civil().date().to_string(),
        state: task.state.code().to_owned(),
        said_by_people: task.what.may_be_said(),
    });
    let obstacles = change.obstacles.iter();
    let obstacles =
        obstacles.map(|one| ChangeObstacle { why: one.why.code().to_owned(), text: obstacle(one, language) });
    let parties = shown.parties.iter().map(|party| ChangeParty {
        joiner: party.joiner.to_string(),
        asked: party.asked,
        agreed_at: party.agreed_at.map(time),
    });
    Change {
        summary: summary(change),
        tasks: tasks.collect(),
        hidden: shown.hidden,
        obstacles: obstacles.collect(),
        parties: parties.collect(),
        rights_opened: change.rights.0,
        rights_closed: change.rights.1,
    }
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = changes::list(&web.app, page.signed_in()?, Desk::Own).await?;
    Ok(part("/api/v1/changes", &asked, all.iter().map(summary)))
}

pub(crate) async fn keep(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<NewChange>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let wrong = |place: String| ServiceError { place, ..ServiceError::refused(RefusalCode::FormInvalid, "") };
    let text = serde_json::to_vec(&asked).map_err(|error| ServiceError::internal("change", error))?;
    let mistaken = |mistakes: Vec<liitos_domain::plan::Mistake>| {
        let told = mistakes.iter().map(|one| format!("{}: {}", one.place, page.language.mistake(one)));
        wrong(told.collect::<Vec<_>>().join("; "))
    };
    let story = Story::from_json(&text).map_err(mistaken)?;
    let kept = changes::keep(&web.app, actor, Desk::Own, story).await?;
    let number = kept.map_err(|obstacles| {
        let told: Vec<String> = obstacles.iter().map(|one| obstacle(one, page.language)).collect();
        wrong(told.join(" "))
    })?;
    let shown = changes::show(&web.app, actor, Desk::Own, &number).await?;
    let place = [(LOCATION, format!("/api/v1/changes/{number}"))];
    Ok((StatusCode::CREATED, place, Json(whole(&page, &shown))).into_response())
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<Change>, Failure> {
    let shown = changes::show(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    Ok(Json(whole(&page, &shown)))
}

pub(crate) async fn effect(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<ChangeEffect>, Failure> {
    let found = changes::effect(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    let documents = found.documents.iter().map(|((controller, register), count)| ChangeDocuments {
        controller: controller.to_string(),
        register: register.to_string(),
        count: *count,
    });
    let message = |(receiver, tasks): &(Receiver, Vec<Followed>)| {
        let (kind, to) = match receiver {
            Receiver::Owner(owner) => (owner.code(), owner.number()),
            Receiver::CodeService => ("code-service", ""),
        };
        let about = tasks.iter().map(|task| title(task, page.language)).collect();
        ChangeMessage { kind: kind.to_owned(), to: to.to_owned(), about }
    };
    Ok(Json(ChangeEffect {
        effect: serde_json::to_value(&found.effect).map_err(ServiceError::from)?,
        documents: documents.collect(),
        messages: found.messages.iter().map(message).collect(),
    }))
}

pub(crate) async fn agree(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    changes::agree(&web.app, page.signed_in()?, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn check(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<StatusCode, Failure> {
    changes::check(&web.app, page.signed_in()?, Desk::Own, &number).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn say(
    State(web): State<Web>,
    page: Page,
    Path((number, key)): Path<(String, i64)>,
    Json(said): Json<TaskSaid>,
) -> Result<StatusCode, Failure> {
    changes::say(&web.app, page.signed_in()?, Desk::Own, &number, (key, said.done, &said.words)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn move_day(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(asked): Json<AnotherDay>,
) -> Result<StatusCode, Failure> {
    let wrong = |_| ServiceError::refused(RefusalCode::FormInvalid, "day");
    let day = Moment::parse(asked.day.trim()).map_err(wrong)?;
    changes::move_day(&web.app, page.signed_in()?, Desk::Own, &number, day).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn withdraw(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(reason): Json<super::office::Words>,
) -> Result<StatusCode, Failure> {
    changes::withdraw(&web.app, page.signed_in()?, Desk::Own, &number, &reason.words).await?;
    Ok(StatusCode::NO_CONTENT)
}
