//! Begins a deployment test.

use super::{DeploymentTest, digests, documents, happened, wrong};
use crate::archive::controllers_of;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::{Content, Course, Deed, Stage, Stored, persons};
use liitos_domain::directory::Right;
use liitos_domain::{Act, Oid, RefusalCode, Service};
use liitos_store::{changes, deployment_tests as stored, directory};
use std::collections::BTreeSet;

/// Most that an organisation makes at a time.
const MOST_RUNNING: usize = 20;

/// What is asked to be tested.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The service's code.
    pub service: String,
    /// The stage's code.
    pub stage: String,
    /// The system's number in Astori.
    pub system: String,
    /// Functions beside what every system does.
    pub functions: Vec<String>,
    /// The test clients, one on a line; nothing: those of the cases.
    pub persons: String,
    /// The organisational change that it is made around: its number, or nothing.
    pub change: String,
    /// The test before the change: its number; of one after a change.
    pub before: String,
}

/// What an organisation may test.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// Each service with each system that it is used with.
    pub used: BTreeSet<(Service, String)>,
}

/// What the organisation acted for may test.
///
/// # Errors
/// L-602 without the position.
pub async fn offered(app: &App, actor: &Actor) -> Result<Offered, ServiceError> {
    let joiner = actor.must(Act::Technical, app.now())?;
    let own = rights(app, joiner).await?;
    let used = own.iter().map(|right| (right.service, right.system.clone()));
    Ok(Offered { used: used.filter(|(service, _)| tested(app, *service)).collect() })
}

fn tested(app: &App, service: Service) -> bool {
    Stage::ALL.iter().any(|stage| app.test_cases.services(*stage).contains(&service))
}

/// What a joiner may do now, of what is tested.
pub(super) async fn rights(app: &App, joiner: &Oid) -> Result<Vec<Right>, ServiceError> {
    let mut rights = directory::rights_of(app.store.read(), joiner).await?;
    rights.retain(|right| right.valid.contains(app.now()));
    Ok(rights)
}

/// Begins a test of what the organisation may do: its number.
///
/// # Errors
/// L-602 without the position; L-605 when too many run, or one of the same service with the same system; L-606 with the field that is wrong: persons with the line where one is not of the
/// 900 series; the test before where nothing of it has come to the joiner; the change that it is no party to.
pub async fn begin(app: &App, actor: &Actor, asked: &Asked) -> Result<String, ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Technical, now)?.clone();
    let content = content(app, &joiner, asked).await?;
    let tx = app.store.begin().await?;
    let number = stored::next_number(&tx, now).await?;
    let running = stored::running(tx.connection()).await?;
    let own = running.iter().filter(|one| one.joiner == joiner);
    let of = |content: &Content| (content.service, content.system.clone());
    // What comes out could not be told apart.
    if own.clone().any(|one| of(&one.content) == of(&content)) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "running"));
    }
    if own.count() >= MOST_RUNNING {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "deployment tests"));
    }
    let looked = stored::newest_line(tx.connection()).await?;
    let one = DeploymentTest {
        key: 0,
        number,
        joiner,
        content,
        course: Course::Running,
        begun_at: now,
        sent_at: None,
        sender: None,
        removal_asked_at: None,
        removed_at: None,
        looked,
        revision: 1,
    };
    stored::add(&tx, &one).await?;
    happened(&tx, &one.number, ("begun", actor, Desk::Own), None, now).await?;
    let persons: Vec<String> = digests(app, &one.content.persons)?;
    tx.commit().await?;
    app.followed.learn(persons);
    Ok(one.number)
}

/// What the test is made of.
async fn content(app: &App, joiner: &Oid, asked: &Asked) -> Result<Content, ServiceError> {
    let service = Service::parse(&asked.service).ok_or_else(|| wrong("service"))?;
    let stage = Stage::parse(&asked.stage).ok_or_else(|| wrong("stage"))?;
    if !app.test_cases.services(stage).contains(&service) {
        return Err(wrong("stage"));
    }
    let own = rights(app, joiner).await?;
    let mut points: Vec<Oid> = own
        .iter()
        .filter(|right| right.service == service && right.system == asked.system)
        .map(|right| right.access_point.oid().clone())
        .collect();
    points.sort_unstable();
    points.dedup();
    if points.is_empty() {
        return Err(wrong("system"));
    }
    let known = app.test_cases.functions(service, stage);
    if asked.functions.iter().any(|function| !known.contains(function.as_str())) {
        return Err(wrong("functions"));
    }
    let given = persons(&asked.persons).map_err(|line| wrong(&format!("persons {line}")))?;
    let persons = if given.is_empty() { app.test_cases.persons.clone() } else { given };
    let controllers = controllers_of(app, joiner).await?;
    let (before, moved) = before(app, (joiner, service, stage), asked).await?;
    let change = match asked.change.trim() {
        "" => None,
        number => Some(change(app, (joiner, service, stage), (number, before.as_ref())).await?),
    };
    let mut functions = asked.functions.clone();
    functions.sort_unstable();
    functions.dedup();
    let mut cases = app.test_cases.of((service, stage, &asked.system), &functions);
    let former = moved.iter().any(|stored| !controllers.contains(&stored.controller));
    cases.retain(|case| !case.needs_before() || (!moved.is_empty() && (former || case.deed != Deed::Refused)));
    if cases.is_empty() {
        return Err(wrong("stage"));
    }
    let system = asked.system.clone();
    Ok(Content { service, stage, system, points, controllers, persons, functions, cases, change, before, moved })
}

/// The test before a change, and those of its documents that have passed to the joiner: somebody else's number alone opens nothing.
async fn before(
    app: &App,
    (joiner, service, stage): (&Oid, Service, Stage),
    asked: &Asked,
) -> Result<(Option<String>, Vec<Stored>), ServiceError> {
    let number = asked.before.trim();
    match (stage, number) {
        // A new joiner tests in any case, also where no documents come to it.
        (_, "") => return Ok((None, Vec::new())),
        (Stage::After, _) => {}
        _ => return Err(wrong("before")),
    }
    let found = stored::find(app.store.read(), number).await?;
    let fits = |one: &DeploymentTest| {
        one.content.stage == Stage::Before && one.content.service == service && one.course.is_reported()
    };
    let found = found.filter(fits).ok_or_else(|| wrong("before"))?;
    let mut left = documents::own(app, &found).await?;
    // What served from earlier tests was not stored in this one.
    for word in stored::words(app.store.read(), found.key).await?.into_values() {
        let served = word.seen.and_then(|seen| Some((Stored::of(&seen)?, seen.at)));
        left.extend(served.filter(|(served, _)| left.iter().all(|(one, _)| one.set != served.set)));
    }
    let controllers = controllers_of(app, joiner).await?;
    let passed = |kept: &documents::Kept| kept.active != kept.stored.controller && controllers.contains(&kept.active);
    let now = documents::standing(app, left).await?;
    let moved: Vec<Stored> = now.into_iter().filter(passed).map(|kept| kept.stored).collect();
    if moved.is_empty() {
        return Err(wrong("before"));
    }
    Ok((Some(found.number), moved))
}

/// A change that the joiner is party to. Before its day nothing is tested after it, and from its day on nothing before it; where a test before it was accepted, the one
/// after it goes with that.
async fn change(
    app: &App,
    (joiner, service, stage): (&Oid, Service, Stage),
    (number, before): (&str, Option<&String>),
) -> Result<String, ServiceError> {
    let db = app.store.read();
    let found = changes::find(db, number).await?.ok_or_else(|| wrong("change"))?;
    let parties = changes::parties(db, found.key).await?;
    if parties.iter().all(|party| party.joiner != *joiner) {
        return Err(wrong("change"));
    }
    if !stage.is_made(found.story.day, app.now()) {
        return Err(wrong("stage"));
    }
    let tests = stored::accepted_around(db, number).await?;
    let pair = |one: &DeploymentTest| one.content.stage == Stage::Before && one.content.service == service;
    if stage == Stage::After && before.is_none() && tests.iter().any(pair) {
        return Err(wrong("before"));
    }
    Ok(found.number)
}
