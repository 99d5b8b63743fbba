//! Organisational changes: what they ask of whom, and how that stands until all of it is done.
//!
//! ```text
//!  story ──▶ plan ──▶ keep ──▶ looked at each night, and whenever somebody asks ──▶ over
//!              ▲                 │ tasks tick off by the facts, or by what people say
//!              └──── directory, registers, archive
//! ```

mod agree;
mod arriving;
mod check;
mod effect;
mod keep;
mod letters;
mod move_day;
mod plan;
mod remind;
mod say;
mod share;
mod show;
mod told;
mod withdraw;

pub use agree::agree;
pub use arriving::{Arrival, arriving};
pub(crate) use check::check_one;
pub use check::{check, check_due};
pub use effect::{Effected, effect};
pub(crate) use keep::keep_in;
pub use keep::{MAX_TITLE, keep};
pub use liitos_store::changes::{Change, Happened};
pub use move_day::move_day;
pub use plan::{Names, Readied, plan};
pub(crate) use plan::{documents_of, planned};
pub use remind::remind;
pub use say::say;
pub use share::{share, shared, unshare};
pub use show::{Shown, list, show};
pub use told::{calendar, obstacle, owner, picture, task_line, title};
pub use withdraw::withdraw;
pub(crate) use withdraw::withdraw_in;

use crate::notices::{self, Desk};
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Course, Followed, Owner, Party, Turn, agreed};
use liitos_domain::notice::{ChangeNews, Notice};
use liitos_domain::{Act, Duty, Moment, Oid, RefusalCode};
use liitos_store::{Transaction, audit, changes, notifications};
use std::collections::BTreeSet;

/// Longest reason, or what is said of a task, in characters.
const MAX_WORDS: usize = 500;
/// By whom changes are looked at, where nobody asked.
pub const CLOCK: &str = "clock";
/// For whom the operator's staff acts.
pub const OPERATOR: &str = "operator";

/// Whom somebody works for who keeps changes: nobody is the operator.
fn works_for(app: &App, actor: &Actor, desk: Desk) -> Result<Option<Oid>, ServiceError> {
    match desk {
        Desk::Own => actor.must(Act::Prepare, app.now()).cloned().map(Some),
        Desk::Office => actor.must_carry_out(Duty::Keep).map(|()| None),
    }
}

/// A change as whoever looks at it from a desk finds it: the operator each, a joiner those it is party to or has something to do in.
async fn found(app: &App, number: &str, joiner: Option<&Oid>) -> Result<(Change, Vec<Party>), ServiceError> {
    let db = app.store.read();
    let missing = || ServiceError::refused(RefusalCode::NotFound, "change");
    let change = changes::find(db, number).await?.ok_or_else(missing)?;
    let parties = changes::parties(db, change.key).await?;
    if let Some(joiner) = joiner {
        let party = parties.iter().any(|party| party.joiner == *joiner);
        // Whoever has something to do beside the parties knows of it once they have agreed.
        let owns = || async {
            if !agreed(&parties) {
                return Ok(false);
            }
            let tasks = changes::tasks(db, change.key).await?;
            Ok::<_, ServiceError>(tasks.iter().any(|(_, task)| task.owner.number() == joiner.as_str()))
        };
        if !party && !owns().await? {
            return Err(missing());
        }
    }
    Ok((change, parties))
}

/// The same for whoever changes something of it: it is followed, and a joiner is party to it.
async fn open(app: &App, number: &str, joiner: Option<&Oid>) -> Result<(Change, Vec<Party>), ServiceError> {
    let (change, parties) = found(app, number, joiner).await?;
    if joiner.is_some_and(|joiner| !parties.iter().any(|party| party.joiner == *joiner)) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
    }
    is_followed(&change)?;
    Ok((change, parties))
}

fn is_followed(change: &Change) -> Result<(), ServiceError> {
    if change.course == Course::Followed {
        return Ok(());
    }
    Err(ServiceError::refused(RefusalCode::StateForbids, change.course.code()))
}

/// The joiners, or whoever becomes one, that do some tasks.
fn owners<'t>(tasks: impl Iterator<Item = &'t Followed>) -> BTreeSet<Oid> {
    let owner = |task: &Followed| match &task.owner {
        Owner::Joiner(oid) | Owner::Administrator(oid) => Some(oid.clone()),
        Owner::Supplier(_) | Owner::Operator => None,
    };
    tasks.filter_map(owner).collect()
}

/// Lets through whoever has made it: the operator, or the joiner whose plan it is.
fn made(change: &Change, joiner: Option<&Oid>) -> Result<(), ServiceError> {
    if joiner.is_none() || joiner == change.made_for.as_ref() {
        return Ok(());
    }
    Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"))
}

/// Lets through a change that no notification of the joiner's became: such a one is withdrawn, or notified anew, by whoever may send it.
async fn not_notified(app: &App, change: &Change, joiner: Option<&Oid>) -> Result<(), ServiceError> {
    if joiner.is_none() || !notifications::became(app.store.read(), &change.number).await? {
        return Ok(());
    }
    Err(ServiceError::refused(RefusalCode::StateForbids, "notification"))
}

/// Those that can be read; the others are told in the log.
fn readable(kept: Vec<changes::Kept>) -> impl Iterator<Item = Change> {
    kept.into_iter().filter_map(|change| {
        change.inspect_err(|error| tracing::error!(error = %error, "a change cannot be read")).ok()
    })
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::refused(RefusalCode::DraftChanged, "change")
}

/// Keeps that something happened to a change, in its history and in the audit trail.
async fn happened(
    tx: &Transaction,
    change: &Change,
    (what, actor, words): (&str, Option<&Actor>, Option<&str>),
    at: Moment,
) -> Result<(), ServiceError> {
    let reference = actor.map_or(CLOCK, |actor| &actor.reference);
    // Other organisations read it: they see for whom somebody acted, not who.
    let person = actor.map_or(CLOCK, |actor| actor.acting_for.as_ref().map_or(OPERATOR, Oid::as_str));
    let event = Happened { at, what: what.to_owned(), person: person.to_owned(), words: words.map(str::to_owned) };
    changes::happened(tx, change.key, &event).await?;
    let action = format!("change.{what}");
    let details = serde_json::json!({});
    audit::record(tx, &audit::Event { actor: reference, action: &action, subject: &change.number, details }, at)
        .await?;
    Ok(())
}

/// Tells some joiners of a change.
async fn tell(
    app: &App,
    tx: &Transaction,
    (change, news): (&Change, ChangeNews),
    joiners: &BTreeSet<Oid>,
    at: Moment,
) -> Result<(), ServiceError> {
    let (number, title, day) = (change.number.clone(), change.story.title.clone(), change.story.day);
    let notice = Notice::Change { number, title, day, news };
    for joiner in joiners {
        let same = format!("change {} {news} {} {joiner}", change.number, at.as_micros());
        notices::tell(app, tx, &same, joiner, &notice, at).await?;
    }
    Ok(())
}

/// How a turn is called in a history.
fn turned(turn: Turn) -> &'static str {
    match turn {
        Turn::Arose => "task-arose",
        Turn::Settled => "task-settled",
        Turn::Back => "task-back",
        Turn::Late => "task-late",
    }
}
