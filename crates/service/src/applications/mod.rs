//! Applications to join: begin, save, send, withdraw; assign, note, ask for more, approve, reject; and the views of them.

mod approve;
mod approve_first;
mod ask_more;
mod assign;
mod attach;
mod begin;
mod check_step;
mod facts;
mod note;
mod past;
mod queue;
mod reject;
mod report;
mod save_step;
mod send;
mod undertaking;
mod view;
mod withdraw;

use approve::without;
pub use approve::{Part, approve};
pub use approve_first::{FirstApproval, approve_first};
pub use ask_more::ask_more;
pub use assign::assign;
pub use attach::{Attachment, attach, attachment, detach};
pub use begin::{applicable, begin, earlier};
pub use check_step::check_step;
pub(crate) use facts::checked;
pub use facts::{
    Checked, left_out, named, names_in, pharmacies, receiving_units, suppliers, systems, systems_in, units,
};
pub use liitos_store::acceptances::Acceptance;
pub use liitos_store::application_past::{Change, Event, Note};
pub use note::note;
pub use past::{Past, Waiting, past, usual_wait};
pub use queue::{Queue, SHOWN, Sight, complete, queue, risks_of};
pub use reject::reject;
pub use report::{Joined, report};
pub use save_step::{SaveStep, faults, save_step};
pub use send::{Sending, Shown, send};
pub use undertaking::{Copy, copies, copy};
pub use view::{Effected, approved_effect, decision_connections, decision_view, first_of_two, of_own, view};
pub use withdraw::withdraw;

use crate::ports::Mail;
use crate::{Actor, App, ServiceError, messages, webhooks};
use liitos_domain::application::{Application, JoinerKind, State, StateError};
use liitos_domain::{Moment, RefusalCode, typed};
pub use liitos_store::applications::Stored;
use liitos_store::{Transaction, acceptances, application_past, applications, audit};
use liitos_texts::Language;

async fn load(app: &App, number: &str) -> Result<Stored, ServiceError> {
    let found = applications::find(app.store.read(), number).await?;
    whole(app, found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))?).await
}

/// The application with what is not its own: what its joiner is by the registers of today – what was stored stands in for an entry that
/// is gone –, and which texts are accepted as they read today.
async fn whole(app: &App, mut stored: Stored) -> Result<Stored, ServiceError> {
    if let Some((register, entry)) = crate::sign_in::register_entry(app, &stored.application.joiner).await? {
        stored.application.kind = JoinerKind::of(register, &entry);
    }
    let accepted = acceptances::of_application(app.store.read(), stored.key).await?;
    let current = accepted.iter().filter(|one| {
        let language = Language::parse(&one.language);
        language.is_some_and(|read| one.text_hash == save_step::text_hash(&stored.application, one.what, read))
    });
    let current = current.map(|one| one.what).collect();
    stored.application.accepted = current;
    Ok(stored)
}

/// Loads an application that was sent once: what never was is its applicant's own.
async fn sent(app: &App, number: &str) -> Result<Stored, ServiceError> {
    let stored = load(app, number).await?;
    match stored.sent_at {
        Some(_) => Ok(stored),
        None => Err(ServiceError::refused(RefusalCode::NotFound, "application")),
    }
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
    let stored = load(app, number).await?;
    // A foreign application is not told apart from one that does not exist.
    actor
        .must_act_for(&stored.application.joiner)
        .map_err(|_| ServiceError::refused(RefusalCode::NotFound, "application"))?;
    Ok(stored)
}

/// The application as it is once nobody else can change it: held in the state it was found in, loaded anew.
async fn held(app: &App, tx: &Transaction, found: &Stored) -> Result<Stored, ServiceError> {
    let application = &found.application;
    if !applications::hold(tx, found.key, &application.state).await? {
        return Err(state_forbids(&application.state));
    }
    let again = applications::find(tx.connection(), &application.number).await?;
    whole(app, again.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))?).await
}

/// Keeps that an application came into a state, by whom, and what was said with it; and tells the programs that asked for it.
async fn happened(
    app: &App,
    tx: &Transaction,
    (key, application): (i64, &Application),
    state: &State,
    (actor, at): (&Actor, Moment),
    said: Option<&str>,
) -> Result<(), ServiceError> {
    // Of whoever sends it, by which right they bind the applicant.
    let held = matches!(state, State::Sent { .. }).then(|| actor.binds()).unwrap_or_default();
    application_past::happened(tx, key, state, (&actor.name, &held), said, at).await?;
    let data = serde_json::json!({
        "number": application.number, "service": application.service, "state": state.code(), "said": said,
    });
    webhooks::emit(app, tx, &application.joiner, (&format!("application.{}", state.code()), data), at).await
}

/// Longest question, reason or note, in characters.
pub const MAX_WORDS: usize = 2_000;

/// What a clerk writes: something, and not without end; nothing of it is cut off unseen.
///
/// # Errors
/// L-606 naming the field when there is nothing or too much.
fn words(said: &str, field: &str) -> Result<String, ServiceError> {
    typed::words(said, MAX_WORDS).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, field))
}

/// Moves an application on that waits for the operator, or for more from its applicant, with what is said of it, without any
/// effect on the directory.
async fn decide(
    app: &App,
    actor: &Actor,
    number: &str,
    (action, said): (&'static str, &str),
    next: impl Fn(State, Moment) -> Result<State, StateError>,
    mails: impl FnOnce(&Application, Language) -> Vec<Mail>,
) -> Result<(), ServiceError> {
    let stored = sent(app, number).await?;
    next(stored.application.state.clone(), app.now()).map_err(|_| state_forbids(&stored.application.state))?;
    let tx = app.store.begin().await?;
    let stored = held(app, &tx, &stored).await?;
    let now = app.now();
    let state = &stored.application.state;
    let next = next(state.clone(), now).map_err(|_| state_forbids(state))?;
    if !applications::set_state(&tx, stored.key, state, &next).await? {
        return Err(state_forbids(&next));
    }
    happened(app, &tx, (stored.key, &stored.application), &next, (actor, now), Some(said)).await?;
    messages::enqueue(&tx, &mails(&stored.application, language(&stored)), now).await?;
    let details = serde_json::json!({});
    audit::record(&tx, &audit::Event { actor: &actor.reference, action, subject: number, details }, now).await?;
    tx.commit().await?;
    Ok(())
}
