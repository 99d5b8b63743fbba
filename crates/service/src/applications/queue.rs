//! The operator's queue: what waits, by the care that it needs and by its age; and everything else, found by a text.

use super::begin::found_by;
use super::facts::Checked;
use crate::{Actor, App, ServiceError, contacts, sign_in};
use liitos_domain::Duty;
use liitos_domain::application::Application;
use liitos_domain::application::risk::{self, Risk};
use liitos_domain::contacts::addresses_in;
use liitos_domain::rules::Severity;
use liitos_store::applications::{self, Search, Stored};
use std::collections::BTreeSet;

/// Applications on a page.
pub const SHOWN: u64 = 50;
/// Most of an export.
const EXPORTED: u64 = 100_000;

/// What of the queue is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// What waits: for the operator, or for more from its applicant.
    #[default]
    Waiting,
    /// Of that, what the one who looks handles.
    Own,
    /// Everything, decided or not.
    All,
}

/// A part of the queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// The applications.
    pub shown: Vec<Stored>,
    /// How many there are in all.
    pub count: u64,
}

/// The applications that are found by a text: those that need most care first, and of them those that wait longest; or by age alone. A
/// page of them, or with `page` absent all.
///
/// # Errors
/// L-602 without the position.
pub async fn queue(
    app: &App,
    actor: &Actor,
    (sight, text, by_risk): (Sight, &str, bool),
    page: Option<u64>,
) -> Result<Queue, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let states = match sight {
        Sight::Waiting | Sight::Own => vec!["sent".to_owned(), "more-asked".to_owned()],
        Sight::All => Vec::new(),
    };
    let asked = Search {
        text: text.trim().to_owned(),
        states,
        handler: (sight == Sight::Own).then(|| actor.reference.clone()),
        by_risk: by_risk && sight != Sight::All,
        skip: page.unwrap_or(0).saturating_mul(SHOWN),
        limit: if page.is_some() { SHOWN } else { EXPORTED },
    };
    let (shown, count) = applications::search(app.store.read(), &asked).await?;
    Ok(Queue { shown, count })
}

/// What in an application asks for care, with what the rules and the contacts' addresses say of it.
///
/// # Errors
/// [`ServiceError`].
pub async fn risks_of(app: &App, application: &Application, checked: &Checked) -> Result<BTreeSet<Risk>, ServiceError> {
    let mut risks = risk::risks(application);
    if checked.broken(None).iter().any(|outcome| outcome.rule.severity == Severity::Warning) {
        risks.insert(Risk::Warnings);
    }
    let proved = contacts::checks_of(app, &application.joiner).await?;
    let is_proved = |address| proved.get(&address).is_some_and(|check| check.confirmed_at.is_some());
    if !addresses_in(application).into_iter().all(is_proved) {
        risks.insert(Risk::NotProved);
    }
    Ok(risks)
}

/// Applications of older programs at once.
const AT_ONCE: u64 = 500;

/// Lets applications be found that older programs have begun.
///
/// # Errors
/// [`ServiceError`].
pub async fn complete(app: &App) -> Result<usize, ServiceError> {
    let mut done = 0;
    loop {
        let some = applications::not_found_by(app.store.read(), AT_ONCE).await?;
        if some.is_empty() {
            return Ok(done);
        }
        let tx = app.store.begin().await?;
        for (key, number, joiner) in some {
            let entry = sign_in::register_entry(app, &joiner).await?;
            let text =
                entry.map_or_else(|| format!("{number} {joiner}"), |(_, entry)| found_by(&number, &entry, &joiner));
            applications::find_by(&tx, key, &text).await?;
            done += 1;
        }
        tx.commit().await?;
    }
}
