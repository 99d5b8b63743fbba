//! What a joiner keeps true (Extranet guide 4): contacts with their roles, the address for notices, billing data; which addresses
//! were proved by a message; and the question, once a year, whether all of it is still right.
//!
//! It begins with the first application that is approved, and is what every later one is filled in with.

mod address;
mod adopt;
mod billing;
mod confirm;
mod remind;
mod remove;
mod save;
mod verify;
mod view;

pub use address::set_address;
pub use adopt::complete;
pub(crate) use adopt::{adopt, filled_in};
pub use billing::set_billing;
pub use confirm::confirm;
pub use liitos_store::contacts::{Account, AddressCheck, Change};
pub use remind::remind;
pub use remove::remove;
pub use save::{SaveContact, Saved, save};
pub use verify::{Asked, asked, prove, prove_all, verify};
pub use view::{Own, checks_of, own};

use crate::{Actor, App, ServiceError};
use liitos_domain::contacts::{Channel, Contacts, Event};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::{Lock, Transaction, audit, contacts};
use liitos_texts::Language;
use std::collections::BTreeSet;

/// The fields of a change, each before and after.
type Fields = Vec<(String, String, String)>;

/// The services that a joiner uses, or will.
pub(crate) async fn joined(app: &App, joiner: &Oid) -> Result<BTreeSet<Service>, ServiceError> {
    let rights = crate::directory::rights_with_branches(app, joiner).await?;
    let now = app.now();
    let open = rights.iter().filter(|right| !right.valid.ended(now));
    Ok(open.map(|right| right.service).filter(|service| Service::APPLICABLE.contains(service)).collect())
}

/// The mailboxes of whoever sees to something of a joiner: those who hold the role, or the joiner's own address, in the
/// language that it reads.
pub(crate) async fn told(
    tx: &Transaction,
    joiner: &Oid,
    role: ContactRole,
) -> Result<(BTreeSet<String>, Language), ServiceError> {
    let account = contacts::account(tx.connection(), joiner).await?;
    let language = account.as_ref().and_then(|account| Language::parse(&account.language)).unwrap_or_default();
    let all = contacts::of_joiner(tx.connection(), joiner).await?;
    let mut to: BTreeSet<String> = all.in_role(role).map(|kept| kept.person.email.clone()).collect();
    if to.is_empty() {
        to.extend(account.map(|account| account.email));
    }
    Ok((to, language))
}

/// A transaction in which nobody else changes the contacts of any joiner, and the contacts as they are then.
async fn held(app: &App, joiner: &Oid) -> Result<(Transaction, Contacts), ServiceError> {
    let tx = app.store.begin().await?;
    tx.lock(Lock::Contacts).await?;
    let all = contacts::of_joiner(tx.connection(), joiner).await?;
    Ok((tx, all))
}

/// Takes down what was changed, for people and for the audit trail.
async fn took_down(
    tx: &Transaction,
    actor: &Actor,
    joiner: &Oid,
    (what, whom, fields): (Event, &str, Fields),
    at: Moment,
) -> Result<(), ServiceError> {
    let change = Change { at, person: actor.name.clone(), what, whom: whom.to_owned(), fields };
    contacts::changed(tx, joiner, &change, &actor.reference).await?;
    let action = format!("contact.{what}");
    let details = serde_json::json!({});
    let event = audit::Event { actor: &actor.reference, action: &action, subject: joiner.as_str(), details };
    audit::record(tx, &event, at).await?;
    Ok(())
}

fn changed_meanwhile() -> ServiceError {
    ServiceError::refused(RefusalCode::DraftChanged, "contact")
}

fn not_found() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "contact")
}

/// An address with the way that it is reached by.
pub type Address = (Channel, String);
