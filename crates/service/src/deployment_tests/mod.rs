//! Deployment tests: begun by the joiner, made through its own access point by a program or by people, judged by what the archive and the gateways wrote down,
//! reported straight to the operator.
//!
//! ```text
//! begin ─▶ (done through the access point) ─▶ show: what came out ─▶ say ─▶ … ─▶ send: report ─▶ accept
//!             request: a renewal request, brought by us                          ▲             └ give back
//!                                                                                └───────────────┘
//! documents of it are marked; they are removed when the joiner asks: ask removal ─▶ remove
//! ```

mod accept;
mod begin;
mod documents;
mod due;
mod follow;
mod gather;
mod give_back;
mod papers;
mod removal;
mod report;
mod request;
mod say;
mod seen;
mod send;
mod show;
mod withdraw;

pub use accept::accept;
pub use begin::{Asked, Offered, begin, offered};
pub use documents::{Kept, is_test_data};
pub use due::{remind, untested};
pub use follow::follow;
pub use give_back::give_back;
pub use liitos_store::deployment_tests::DeploymentTest;
pub use liitos_store::happenings::Happened;
pub use papers::{case_title, seen_facts};
pub use removal::{ask_removal, remove};
pub use report::report;
pub use request::request;
pub use say::{Said, say};
pub use send::send;
pub use show::{List, Shown, list, show};
pub use withdraw::withdraw;

use crate::notices::{self, Desk};
use crate::notifications::OPERATOR;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::Course;
use liitos_domain::document::PersonRef;
use liitos_domain::notice::{DeploymentTestNews, Notice};
use liitos_domain::{Act, Duty, Moment, RefusalCode, typed};
use liitos_store::{Transaction, audit, deployment_tests as stored, happenings};

/// Longest reason and remark, in characters.
const MAX_WORDS: usize = 500;

fn missing() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "deployment test")
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::refused(RefusalCode::DraftChanged, "deployment test")
}

fn state_forbids(one: &DeploymentTest) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, one.course.code())
}

fn wrong(field: &str) -> ServiceError {
    ServiceError::refused(RefusalCode::FormInvalid, field)
}

fn reason(words: &str) -> Result<String, ServiceError> {
    typed::line(words, MAX_WORDS).ok_or_else(|| wrong("reason"))
}

/// A test of the organisation acted for, or one that the operator has been sent, by whoever may go on with it there.
///
/// # Errors
/// L-602 without the position; L-609 for a foreign one.
async fn followed(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<DeploymentTest, ServiceError> {
    let found = stored::find(app.store.read(), number).await?;
    match desk {
        Desk::Own => {
            let joiner = actor.must(Act::Technical, app.now())?;
            found.filter(|one| one.joiner == *joiner).ok_or_else(missing)
        }
        Desk::Office => {
            actor.must_carry_out(Duty::Handle)?;
            found.filter(|one| one.sent_at.is_some()).ok_or_else(missing)
        }
    }
}

/// The digests by which test clients' documents are found.
fn digests<'a, C: FromIterator<String>>(
    app: &App,
    codes: impl IntoIterator<Item = &'a String>,
) -> Result<C, ServiceError> {
    codes.into_iter().map(|code| app.vault.person(&PersonRef::by_code(code))).collect()
}

/// Keeps a test as it goes on, with what happened.
///
/// # Errors
/// L-603 when somebody else changed it at the same time.
async fn keep(
    tx: &Transaction,
    next: &DeploymentTest,
    (what, actor, desk): (&str, &Actor, Desk),
    words: Option<String>,
    at: Moment,
) -> Result<(), ServiceError> {
    if !stored::keep(tx, next).await? {
        return Err(changed_meanwhile());
    }
    happened(tx, &next.number, (what, actor, desk), words, at).await
}

/// Writes down that something happened.
async fn happened(
    tx: &Transaction,
    number: &str,
    (what, actor, desk): (&str, &Actor, Desk),
    words: Option<String>,
    at: Moment,
) -> Result<(), ServiceError> {
    let person = if desk == Desk::Office { OPERATOR.to_owned() } else { actor.name.clone() };
    happenings::add(tx, number, &Happened { at, what: what.to_owned(), person, words }).await?;
    let action = format!("deployment-test.{what}");
    let details = serde_json::json!({});
    audit::record(tx, &audit::Event { actor: &actor.reference, action: &action, subject: number, details }, at).await?;
    Ok(())
}

/// Tells the joiner what has become of its test.
async fn tell(
    app: &App,
    tx: &Transaction,
    (one, news): (&DeploymentTest, DeploymentTestNews),
    at: Moment,
) -> Result<(), ServiceError> {
    let notice = Notice::DeploymentTest { number: one.number.clone(), service: one.content.service, news };
    let same = format!("deployment test {} {news} {}", one.number, at.as_micros());
    notices::tell(app, tx, &same, &one.joiner, &notice, at).await?;
    Ok(())
}

/// Whether a test is being made.
const fn runs(course: Course) -> bool {
    matches!(course, Course::Running)
}
