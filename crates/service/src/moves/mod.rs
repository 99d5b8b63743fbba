//! Moves: written and looked at as they will be, agreed to by whoever is moved, approved, entered wave by wave, watched, and reported.
//!
//! ```text
//!   begin ─▶ save ─▶ send ─▶ approve ─▶ go on: wave in the directory ─▶ its seconds ─▶ watched ─▶ next wave … ─▶ report
//!              ▲       │ answer: whoever has to agree      └ halt: late, failing, by hand ─ resume, give up
//!              └───────┴ give back
//! ```

mod answer;
mod approve;
mod begin;
mod count;
mod give_back;
mod give_up;
mod go_on;
mod halt;
mod handover;
mod look;
mod remind;
mod report;
mod resume;
mod save;
mod send;
mod show;
mod tell;

pub use answer::answer;
pub use approve::approve;
pub use begin::begin;
pub use count::Seen;
pub use give_back::give_back;
pub use give_up::give_up;
pub use go_on::go_on;
pub use halt::halt;
pub use handover::{KEY_DAYS, end_key, give_key, keys};
pub use liitos_store::handover_keys::HandoverKey;
pub use liitos_store::happenings::Happened;
pub use liitos_store::moves::{Move, Moved};
pub use look::Looked;
pub use remind::remind;
pub use report::{Answer, Line, OldWay, Report};
pub use resume::resume;
pub use save::save;
pub use send::send;
pub use show::{Listed, Shown, list, show};
pub use tell::tell_of_moves;

use crate::notices::Desk;
use crate::notifications::OPERATOR;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::{Course, Moving, read};
use liitos_domain::{Act, Duty, Moment, Oid, RefusalCode, typed};
use liitos_store::{Transaction, audit, delegations, happenings, moves};
use std::collections::BTreeSet;

/// Longest reason, in characters.
const MAX_WORDS: usize = 500;
/// Who did something that no person did.
const ITSELF: &str = "liitos";

fn missing() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "move")
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::refused(RefusalCode::DraftChanged, "move")
}

fn state_forbids(one: &Move) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, one.course.code())
}

fn reason(words: &str) -> Result<String, ServiceError> {
    typed::line(words, MAX_WORDS).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "reason"))
}

/// A move of the organisation acted for, or one that the operator has been sent, by whoever may go on with it there.
///
/// # Errors
/// L-602 without the position; L-609 for a foreign one.
async fn followed(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Move, ServiceError> {
    let found = moves::find(app.store.read(), number).await?;
    match desk {
        Desk::Own => {
            let joiner = actor.must(Act::Technical, app.now())?;
            found.filter(|one| one.leader == *joiner).ok_or_else(missing)
        }
        Desk::Office => {
            actor.must_carry_out(Duty::Keep)?;
            found.filter(|one| one.sent_at.is_some()).ok_or_else(missing)
        }
    }
}

/// What a move that was sent says.
fn said(one: &Move) -> Result<Moving, ServiceError> {
    read(one.kind, &one.form).map_err(|wrong| {
        let place = wrong.into_iter().next().map(|error| error.field).unwrap_or_default();
        ServiceError::refused(RefusalCode::FormInvalid, &place)
    })
}

/// Who lets an organisation act for it in technical matters.
async fn acts_for(app: &App, leader: &Oid) -> Result<BTreeSet<Oid>, ServiceError> {
    let held = delegations::of_delegate(app.store.read(), leader).await?;
    let held = held.into_iter().filter(|held| held.position.permits(Act::Technical));
    Ok(held.map(|held| held.organisation).collect())
}

/// Keeps a move as it goes on, with what happened.
///
/// # Errors
/// L-603 when somebody else changed it at the same time.
async fn keep(
    tx: &Transaction,
    next: &Move,
    (what, actor, desk): (&str, Option<&Actor>, Desk),
    words: Option<String>,
    at: Moment,
) -> Result<(), ServiceError> {
    if !moves::keep(tx, next).await? {
        return Err(changed_meanwhile());
    }
    happened(tx, &next.number, (what, actor, desk), words, at).await
}

/// Writes down that something happened; without an actor it happened by itself.
async fn happened(
    tx: &Transaction,
    number: &str,
    (what, actor, desk): (&str, Option<&Actor>, Desk),
    words: Option<String>,
    at: Moment,
) -> Result<(), ServiceError> {
    let person = match (actor, desk) {
        (None, _) => ITSELF.to_owned(),
        (Some(_), Desk::Office) => OPERATOR.to_owned(),
        (Some(actor), Desk::Own) => actor.name.clone(),
    };
    let event = Happened { at, what: what.to_owned(), person, words };
    happenings::add(tx, number, &event).await?;
    let (actor, action) = (actor.map_or(ITSELF, |actor| &actor.reference), format!("move.{what}"));
    let details = serde_json::json!({});
    audit::record(tx, &audit::Event { actor, action: &action, subject: number, details }, at).await?;
    Ok(())
}

/// Whether a move is still written on.
const fn editable(course: Course) -> bool {
    matches!(course, Course::Draft)
}
