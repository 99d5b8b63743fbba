//! What is kept of the organisation acted for.

use super::{Account, Address, AddressCheck, Change, joined, verify};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Form;
use liitos_domain::contacts::{Contacts, Holding};
use liitos_domain::{Oid, Service};
use liitos_store::contacts;
use std::collections::{BTreeMap, BTreeSet};

/// Changes shown.
const SHOWN: u64 = 50;

/// All that is kept of a joiner.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Address for notices, and when everything was said to be right; `None` before it has joined.
    pub account: Option<Account>,
    /// Contacts.
    pub contacts: Contacts,
    /// The services that it uses.
    pub joined: BTreeSet<Service>,
    /// The roles that nobody holds.
    pub missing: BTreeSet<Holding>,
    /// Billing data, by service.
    pub billing: BTreeMap<Service, Form>,
    /// Which addresses were proved.
    pub checks: BTreeMap<Address, AddressCheck>,
    /// What was changed, the newest first.
    pub changes: Vec<Change>,
    /// Addresses that a message was just sent to: another is not sent yet.
    pub asked_lately: BTreeSet<Address>,
}

/// What is kept of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor) -> Result<Own, ServiceError> {
    let joiner = actor.joiner()?;
    let db = app.store.read();
    let (contacts, joined) = (contacts::of_joiner(db, joiner).await?, joined(app, joiner).await?);
    let checks = checks_of(app, joiner).await?;
    let lately = checks.iter().filter(|(_, check)| verify::too_soon(check.asked_at, app.now()));
    Ok(Own {
        asked_lately: lately.map(|(address, _)| address.clone()).collect(),
        account: contacts::account(db, joiner).await?,
        missing: contacts.missing(&joined),
        billing: contacts::billing(db, joiner).await?,
        checks,
        changes: contacts::changes(db, joiner, SHOWN).await?,
        contacts,
        joined,
    })
}

/// Which of a joiner's addresses were asked or proved.
///
/// # Errors
/// [`ServiceError`].
pub async fn checks_of(app: &App, joiner: &Oid) -> Result<BTreeMap<Address, AddressCheck>, ServiceError> {
    let checks = contacts::address_checks(app.store.read(), joiner).await?;
    Ok(checks.into_iter().map(|check| ((check.channel, check.address.clone()), check)).collect())
}
