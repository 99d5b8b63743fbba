//! Change notifications: written, looked at as they will be on their day, sent, decided on, and taken back.
//!
//! ```text
//!   begin ─▶ save ─▶ send ─▶ approve ─▶ in the directory, from its day on
//!              ▲       │        └ whoever uses the access point, and the code service, are told
//!              └───────┴ give back          withdraw: before its day; a run's, once it is called off
//! ```

mod approve;
mod begin;
mod final_report;
mod give_back;
mod intermediary;
mod look;
mod rows;
mod save;
mod send;
mod show;
mod undecided;
mod withdraw;

pub use approve::approve;
pub use begin::begin;
pub use final_report::{FinalReport, final_report, report_ended};
pub use give_back::give_back;
pub(crate) use intermediary::security_plan;
pub use liitos_store::notifications::{Happened, Notification};
pub use look::Looked;
pub(crate) use look::broken;
pub use save::save;
pub use send::send;
pub use show::{Report, Shown, choices, held, kinds, list, show};
pub use undecided::tell_undecided;
pub use withdraw::withdraw;

use crate::directory::change::Change;
use crate::messages::{self, code_service_letter};
use crate::{Actor, App, ServiceError, notices};
use liitos_domain::directory::{Basis, Effect};
use liitos_domain::notice::{Notice, NotificationNews};
use liitos_domain::{Moment, Oid, RefusalCode, typed};
use liitos_store::{Transaction, audit, notifications};
use std::collections::BTreeSet;

/// Longest reason, in characters.
const MAX_WORDS: usize = 500;
/// Who did something at the operator: what a history says instead of a name.
pub const OPERATOR: &str = "operator";

fn missing() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "notification")
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::refused(RefusalCode::DraftChanged, "notification")
}

fn state_forbids(notification: &Notification) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, notification.course.code())
}

fn reason(words: &str) -> Result<String, ServiceError> {
    typed::line(words, MAX_WORDS).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "reason"))
}

/// A notification of the organisation acted for; a foreign one is not told apart from one that does not exist.
async fn own(app: &App, actor: &Actor, number: &str) -> Result<Notification, ServiceError> {
    let joiner = actor.joiner()?;
    let found = notifications::find(app.store.read(), number).await?;
    found.filter(|notification| notification.joiner == *joiner).ok_or_else(missing)
}

/// A notification that the operator has been sent.
async fn sent(app: &App, number: &str) -> Result<Notification, ServiceError> {
    let found = notifications::find(app.store.read(), number).await?;
    found.filter(|notification| notification.sent_at.is_some()).ok_or_else(missing)
}

/// What a notification enters into the directory, or takes back.
fn entered<'a>(effect: &'a Effect, notification: &'a Notification, approver: &'a str) -> Change<'a> {
    Change {
        effect,
        basis: Basis::Notification(notification.number.clone()),
        author: notification.joiner.to_string(),
        approver,
        action: "directory.notified",
        subject: &notification.number,
        why: "",
    }
}

/// Keeps a notification as it goes on, with what happened, in its history and in the audit trail.
///
/// # Errors
/// L-603 when somebody else changed it at the same time.
async fn go_on(
    tx: &Transaction,
    next: &Notification,
    (what, actor, office): (&str, &Actor, bool),
    words: Option<&str>,
    at: Moment,
) -> Result<(), ServiceError> {
    if !notifications::keep(tx, next).await? {
        return Err(changed_meanwhile());
    }
    happened(tx, next, (what, actor, office), words, at).await
}

async fn happened(
    tx: &Transaction,
    notification: &Notification,
    (what, actor, office): (&str, &Actor, bool),
    words: Option<&str>,
    at: Moment,
) -> Result<(), ServiceError> {
    let person = if office { OPERATOR.to_owned() } else { actor.name.clone() };
    let event = Happened { at, what: what.to_owned(), person, words: words.map(str::to_owned) };
    notifications::happened(tx, notification.key, &event).await?;
    let action = format!("notification.{what}");
    let details = serde_json::json!({ "kind": notification.kind });
    let subject = &notification.number;
    audit::record(tx, &audit::Event { actor: &actor.reference, action: &action, subject, details }, at).await?;
    Ok(())
}

/// Tells some joiners what became of a notification.
async fn tell(
    app: &App,
    tx: &Transaction,
    (notification, news): (&Notification, NotificationNews),
    joiners: &BTreeSet<Oid>,
    at: Moment,
) -> Result<(), ServiceError> {
    let Some(day) = notification.day else { return Ok(()) };
    let notice = Notice::Notification {
        number: notification.number.clone(),
        what: notification.kind,
        by: notification.joiner.clone(),
        day,
        news,
    };
    for joiner in joiners {
        let same = format!("notification {} {news} {} {joiner}", notification.number, at.as_micros());
        notices::tell(app, tx, &same, joiner, &notice, at).await?;
    }
    Ok(())
}

/// Writes to the code service, with a copy to Kanta, of units that begin to receive renewal requests, or end to; or that it was taken back.
async fn write_to_code_service(
    app: &App,
    tx: &Transaction,
    (notification, back): (&Notification, bool),
    units: &BTreeSet<Oid>,
    at: Moment,
) -> Result<(), ServiceError> {
    let letters = code_service_letter(app, notification, back, units).await?;
    messages::enqueue(tx, &letters, at).await
}
