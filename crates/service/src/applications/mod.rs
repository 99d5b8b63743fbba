//! Applications to join: begin, save, send, approve, reject, and the views of them.

mod approve;
mod begin;
mod check_step;
mod facts;
mod reject;
mod save_step;
mod send;
mod view;

pub use approve::approve;
pub use begin::begin;
pub use check_step::check_step;
pub use facts::{Checked, receiving_units, suppliers, systems};
pub use reject::reject;
pub use save_step::{SaveStep, save_step};
pub use send::send;
pub use view::{Effected, decision_view, of_own, queue, view};

use crate::{App, ServiceError};
use liitos_domain::RefusalCode;
pub use liitos_store::applications::Stored;
use liitos_store::{Store, Transaction};

async fn load(store: &Store, number: &str) -> Result<Stored, ServiceError> {
    let found = liitos_store::applications::find(store.read(), number).await?;
    found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))
}

fn state_forbids(found: &liitos_domain::application::State) -> ServiceError {
    ServiceError::refused(RefusalCode::StateForbids, found.code())
}

/// The language an application's mails are written in.
pub(crate) fn language(stored: &Stored) -> liitos_texts::Language {
    liitos_texts::Language::parse(&stored.language).unwrap_or_default()
}

/// Loads an application that the actor may work on.
async fn own(app: &App, actor: &crate::Actor, number: &str) -> Result<Stored, ServiceError> {
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
    if !liitos_store::applications::hold(tx, found.key, &application.state).await? {
        return Err(state_forbids(&application.state));
    }
    let again = liitos_store::applications::find(tx.connection(), &application.number).await?;
    again.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "application"))
}
