//! Whether somebody reads an address: a message goes there with a link, and whoever opens it answers. No more is known of them, and no
//! more is asked.

use super::{Address, Contacts, held};
use crate::messages::{self, Message};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Application;
use liitos_domain::contacts::{Channel, addresses, addresses_in};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Act, Moment, Oid, RefusalCode, Sha256Hash, decision_id};
use liitos_store::{Transaction, applications, contacts};
use liitos_texts::Language;
use std::collections::BTreeSet;

/// Days in which a message may be answered.
const OPEN_DAYS: i64 = 14;
/// So long an address is left in peace after it was asked.
const PEACE_SECONDS: i64 = 600;

/// Whether an address was asked so lately that it is left in peace.
pub(super) fn too_soon(asked: Option<Moment>, now: Moment) -> bool {
    asked.is_some_and(|at| at.plus_seconds(PEACE_SECONDS) > now)
}

/// What an open message asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// For whom the address is kept.
    pub joiner: Oid,
    /// Mailbox or telephone.
    pub channel: Channel,
    /// The address.
    pub address: String,
}

/// Asks an address of the organisation acted for: one of its contacts', its own, or one that an open application names.
///
/// # Errors
/// L-602 without the right to prepare; L-609 when the organisation has no such address; L-613 when it was asked a moment ago.
pub async fn verify(app: &App, actor: &Actor, address: &Address, language: Language) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Prepare, app.now())?;
    let (tx, all) = held(app, joiner).await?;
    let mut known = kept(&all);
    let account = contacts::account(tx.connection(), joiner).await?;
    known.extend(account.map(|account| (Channel::Email, account.email)));
    for stored in applications::of_joiner(tx.connection(), joiner).await? {
        if stored.application.state.over() {
            continue;
        }
        let whole = applications::find(tx.connection(), &stored.application.number).await?;
        known.extend(whole.iter().flat_map(|whole| addresses_in(&whole.application)));
    }
    if !known.contains(address) {
        return Err(ServiceError::refused(RefusalCode::NotFound, "address"));
    }
    let now = app.now();
    let checks = contacts::address_checks(tx.connection(), joiner).await?;
    let asked = checks.iter().find(|check| (check.channel, &check.address) == (address.0, &address.1));
    let asked = asked.and_then(|check| check.asked_at);
    if too_soon(asked, now) {
        return Err(ServiceError::refused(RefusalCode::TooSoon, address.0.code()));
    }
    ask(app, &tx, joiner, address, language).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks the addresses that an application names and that nobody has proved yet.
///
/// # Errors
/// [`ServiceError`].
pub async fn prove_all(
    app: &App,
    tx: &Transaction,
    application: &Application,
    language: Language,
) -> Result<(), ServiceError> {
    let named: Vec<Address> = addresses_in(application).into_iter().collect();
    ask_new(app, tx, &application.joiner, &named, language).await
}

/// Asks those of some addresses that were neither asked nor proved before.
pub(super) async fn ask_new(
    app: &App,
    tx: &Transaction,
    joiner: &Oid,
    some: &[Address],
    language: Language,
) -> Result<(), ServiceError> {
    let checks = contacts::address_checks(tx.connection(), joiner).await?;
    let known: BTreeSet<(Channel, &str)> = checks.iter().map(|check| (check.channel, &*check.address)).collect();
    for address in some.iter().filter(|(channel, address)| !known.contains(&(*channel, address.as_str()))) {
        ask(app, tx, joiner, address, language).await?;
    }
    Ok(())
}

async fn ask(
    app: &App,
    tx: &Transaction,
    joiner: &Oid,
    (channel, address): &Address,
    language: Language,
) -> Result<(), ServiceError> {
    let code = format!("{}-{}", app.decision_id(), decision_id::from_random(random(app)));
    let now = app.now();
    let open = (now, now.plus_days(OPEN_DAYS));
    contacts::address_asked(tx, joiner, (*channel, address), &hash(&code), open).await?;
    let message: Message = messages::verification(app, joiner, (*channel, address), &code, language).await?;
    messages::enqueue(tx, &[message], now).await
}

fn random(app: &App) -> [u8; 8] {
    let mut bytes = [0u8; 8];
    app.randomness.fill(&mut bytes);
    bytes
}

/// What the store keeps of a code.
fn hash(code: &str) -> Sha256Hash {
    Sha256Hash::of(code.trim().to_uppercase().as_bytes())
}

/// The addresses of contacts that are kept.
fn kept(all: &Contacts) -> BTreeSet<Address> {
    let of = |kept: &liitos_domain::contacts::Kept| {
        let fault = kept.holds.iter().any(|held| held.role == ContactRole::Fault);
        addresses(&kept.person, fault).collect::<Vec<_>>()
    };
    all.0.iter().flat_map(of).collect()
}

/// What the message with a code asks; for whoever has it.
///
/// # Errors
/// L-609 when there is no such open code.
pub async fn asked(app: &App, code: &str) -> Result<Asked, ServiceError> {
    let found = contacts::address_of_code(app.store.read(), &hash(code), app.now()).await?;
    let (_, joiner, check) = found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "code"))?;
    Ok(Asked { joiner, channel: check.channel, address: check.address })
}

/// Whoever has the code answers that the address is read.
///
/// # Errors
/// L-609 when there is no such open code.
pub async fn prove(app: &App, code: &str) -> Result<Asked, ServiceError> {
    let gone = || ServiceError::refused(RefusalCode::NotFound, "code");
    let tx = app.store.begin().await?;
    let now = app.now();
    let found = contacts::address_of_code(tx.connection(), &hash(code), now).await?;
    let (key, joiner, check) = found.ok_or_else(gone)?;
    if !contacts::address_confirmed(&tx, key, &hash(code), now).await? {
        return Err(gone());
    }
    tx.commit().await?;
    Ok(Asked { joiner, channel: check.channel, address: check.address })
}
