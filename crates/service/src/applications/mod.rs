//! Applications to join: begin, save, send, withdraw; assign, note, ask for more, approve, reject; and the views of them.

mod approve;
mod ask_more;
mod assign;
mod attach;
mod begin;
mod check_step;
mod facts;
mod note;
mod past;
mod reject;
mod save_step;
mod send;
mod view;
mod withdraw;

pub use approve::{Part, approve};
pub use ask_more::ask_more;
pub use assign::assign;
pub use attach::{Attachment, attach, attachment, detach};
pub use begin::{applicable, begin, earlier};
pub use check_step::check_step;
pub use facts::{Checked, named, pharmacies, receiving_units, suppliers, systems};
pub use liitos_store::application_past::{Change, Event, Note};
pub use note::note;
pub use past::{Past, Waiting, past, usual_wait};
pub use reject::reject;
pub use save_step::{SaveStep, save_step};
pub use send::send;
pub use view::{Effected, decision_connections, decision_view, of_own, queue, view};
pub use withdraw::withdraw;

use crate::ports::Mail;
use crate::{Actor, App, ServiceError, mail};
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::application::{Application, State, StateError};
use liitos_domain::{Moment, RefusalCode};
pub use liitos_store::applications::Stored;
use liitos_store::{Store, Transaction, application_past, applications, audit};
use liitos_texts::Language;

async fn load(store: &Store, number: &str) -> Result<Stored, ServiceError> {
    let found = applications::find(store.read(), number).await?;
    found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))
}

fn state_forbids(found: &State) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, found.code())
}

/// The language an application's mails are written in.
pub(crate) fn language(stored: &Stored) -> Language {
    Language::parse(&stored.language).unwrap_or_default()
}

/// Loads an application that the actor may work on.
async fn own(app: &App, actor: &Actor, number: &str) -> Result<Stored, ServiceError> {
    let stored = load(&app.store, number).await?;
    // A foreign application is not told apart from one that does not exist.
    actor
        .must_act_for(&stored.application.joiner)
        .map_err(|_| ServiceError::refused(RefusalCode::NotFound, "application"))?;
    Ok(stored)
}

/// The application as it is once nobody else can change it: held in the state it was found in, loaded anew.
async fn held(tx: &Transaction, found: &Stored) -> Result<Stored, ServiceError> {
    let application = &found.application;
    if !applications::hold(tx, found.key, &application.state).await? {
        return Err(state_forbids(&application.state));
    }
    let again = applications::find(tx.connection(), &application.number).await?;
    again.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))
}

/// Keeps that an application came into a state, by whom, and what was said with it.
async fn happened(
    tx: &Transaction,
    key: i64,
    state: &State,
    actor: &Actor,
    said: Option<&str>,
    at: Moment,
) -> Result<(), ServiceError> {
    Ok(application_past::happened(tx, key, state, &actor.name, said, at).await?)
}

/// What a clerk writes to an applicant: something, and not without end.
///
/// # Errors
/// L-606 naming the field when there is nothing.
fn words(said: &str, field: &str) -> Result<String, ServiceError> {
    let said: String = said.trim().chars().take(MAX_FIELD_CHARS).collect();
    if said.is_empty() { Err(ServiceError::refused(RefusalCode::FormInvalid, field)) } else { Ok(said) }
}

/// Moves a waiting application on, with what is said of it, without any effect on the directory.
async fn decide(
    app: &App,
    actor: &Actor,
    number: &str,
    (action, said): (&'static str, &str),
    next: impl FnOnce(State, Moment) -> Result<State, StateError>,
    mails: impl FnOnce(&Application, Language) -> Vec<Mail>,
) -> Result<(), ServiceError> {
    let stored = load(&app.store, number).await?;
    if !matches!(stored.application.state, State::Sent { .. }) {
        return Err(state_forbids(&stored.application.state));
    }
    let tx = app.store.begin().await?;
    let stored = held(&tx, &stored).await?;
    let now = app.now();
    let state = &stored.application.state;
    let next = next(state.clone(), now).map_err(|_| state_forbids(state))?;
    if !applications::set_state(&tx, stored.key, state, &next).await? {
        return Err(state_forbids(&next));
    }
    happened(&tx, stored.key, &next, actor, Some(said), now).await?;
    mail::enqueue(&tx, &mails(&stored.application, language(&stored)), now).await?;
    let details = serde_json::json!({});
    audit::record(&tx, &audit::Event { actor: &actor.reference, action, subject: number, details }, now).await?;
    tx.commit().await?;
    Ok(())
}
