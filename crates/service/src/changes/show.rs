//! Changes as they stand, each as far as somebody sees it.

use super::plan::{Names, named};
use super::{Change, Happened, found, readable};
use crate::notices::Desk;
use crate::sign_in::names;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Party, agreed, sees};
use liitos_domain::{Act, Duty, Oid};
use liitos_store::changes::{self, Keyed};
use liitos_store::notifications;

/// Changes shown.
const SHOWN: u64 = 200;
/// Events shown.
const EVENTS: u64 = 500;

/// A change as far as somebody sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The change; what stands in its way only where all of it is seen.
    pub change: Change,
    /// Who is party to it.
    pub parties: Vec<Party>,
    /// What is to be done, as far as it is seen, each with its key.
    pub tasks: Vec<Keyed>,
    /// Whether there may be more to see once everybody has agreed.
    pub hidden: bool,
    /// Whether all of it is seen.
    pub all: bool,
    /// Who is called what.
    pub names: Names,
    /// What has happened, the newest first.
    pub history: Vec<Happened>,
    /// Whether a notification became it: it goes with that.
    pub notified: bool,
}

/// For whom somebody looks from a desk: nobody is the operator.
fn looks_for(app: &App, actor: &Actor, desk: Desk) -> Result<Option<Oid>, ServiceError> {
    match desk {
        Desk::Own => actor.must(Act::Look, app.now()).cloned().map(Some),
        Desk::Office => actor.must_see(Duty::Keep).map(|()| None),
    }
}

/// The changes on a desk, the newest first.
///
/// # Errors
/// L-602 when the desk is not the actor's.
pub async fn list(app: &App, actor: &Actor, desk: Desk) -> Result<Vec<Change>, ServiceError> {
    let joiner = looks_for(app, actor, desk)?;
    let mut all = Vec::new();
    for change in readable(changes::list(app.store.read(), joiner.as_ref(), SHOWN).await?) {
        let parties = changes::parties(app.store.read(), change.key).await?;
        let party = |joiner: &Oid| parties.iter().any(|party| party.joiner == *joiner);
        if joiner.as_ref().is_none_or(|joiner| party(joiner) || agreed(&parties)) {
            all.push(change);
        }
    }
    Ok(all)
}

/// A change on a desk.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 when there is no such change on it.
pub async fn show(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Shown, ServiceError> {
    let joiner = looks_for(app, actor, desk)?;
    let (change, parties) = found(app, number, joiner.as_ref()).await?;
    let shown = whole(app, change, parties).await?;
    let Some(joiner) = joiner else { return Ok(shown) };
    if agreed(&shown.parties) && shown.parties.iter().any(|party| party.joiner == joiner) {
        return Ok(shown);
    }
    let party = shown.parties.iter().any(|party| party.joiner == joiner);
    let story = &shown.change.story;
    let tasks = shown.tasks.iter().filter(|(_, task)| sees(&joiner, (story, &shown.parties), task)).cloned().collect();
    let change = Change { obstacles: Vec::new(), rights: (0, 0), ..shown.change };
    // Whoever is no party sees what is its own, and not who the parties are.
    let parties = if party { shown.parties } else { Vec::new() };
    Ok(Shown { hidden: party, tasks, all: false, history: Vec::new(), change, parties, ..shown })
}

/// A change with everything.
pub(super) async fn whole(app: &App, change: Change, parties: Vec<Party>) -> Result<Shown, ServiceError> {
    let db = app.store.read();
    let tasks = changes::tasks(db, change.key).await?;
    let mut called = named(app, tasks.iter().map(|(_, task)| task.clone())).await?;
    called.extend(names(app, &parties.iter().map(|party| party.joiner.clone()).collect()).await?);
    let history = changes::history(db, change.key, EVENTS).await?;
    let notified = notifications::became(db, &change.number).await?;
    Ok(Shown { change, parties, tasks, hidden: false, all: true, names: called, history, notified })
}
