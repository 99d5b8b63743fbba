//! What an approved application says of contacts and billing becomes the joiner's own; what the joiner keeps fills in the next one.

use super::held;
use crate::{App, ServiceError};
use liitos_domain::application::{Application, Form, State, Step};
use liitos_domain::contacts::{Contacts, Event};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::contacts::{self, Account, Change};
use liitos_store::{Lock, Transaction, applications};
use std::collections::BTreeSet;

/// Who changes contacts by an approval.
const BY_APPROVAL: &str = "application";

/// Makes what an approved application says the joiner's own.
pub(crate) async fn adopt(
    tx: &Transaction,
    application: &Application,
    language: &str,
    at: Moment,
) -> Result<(), ServiceError> {
    tx.lock(Lock::Contacts).await?;
    let joiner = &application.joiner;
    let all = contacts::of_joiner(tx.connection(), joiner).await?;
    let (adoptions, relieved) = all.adopt(application);
    let change = |what, whom: &str, fields| Change {
        at,
        person: application.number.clone(),
        what,
        whom: whom.to_owned(),
        fields,
    };
    let mut gone = Contacts(all.0.clone());
    for (key, holding) in &relieved {
        contacts::take(tx, *key, *holding, at).await?;
        for kept in gone.0.iter_mut().filter(|kept| kept.key == *key) {
            kept.holds.remove(holding);
            let fields = vec![("holds".to_owned(), holding.to_string(), String::new())];
            contacts::changed(tx, joiner, &change(Event::Changed, &kept.person.name, fields), BY_APPROVAL).await?;
        }
    }
    for adoption in adoptions {
        let before = adoption.kept.and_then(|key| all.find(key));
        let key = match before {
            Some(before) => {
                let mut person = adoption.person.clone();
                person.card = person.card.or_else(|| before.person.card.clone());
                if person != before.person {
                    contacts::change(tx, before.key, before.revision, &person).await?;
                }
                before.key
            }
            None => contacts::add(tx, joiner, &adoption.person, at).await?,
        };
        let none = BTreeSet::new();
        let held = before.map_or(&none, |before| &before.holds);
        let gained: Vec<_> = adoption.gains.difference(held).copied().collect();
        for holding in &gained {
            contacts::give(tx, key, *holding, at).await?;
        }
        if before.is_none() || !gained.is_empty() {
            let gained: Vec<String> = gained.iter().map(ToString::to_string).collect();
            let fields = vec![("holds".to_owned(), String::new(), gained.join(" "))];
            let what = if before.is_none() { Event::Added } else { Event::Changed };
            contacts::changed(tx, joiner, &change(what, &adoption.person.name, fields), BY_APPROVAL).await?;
        }
    }
    let email = application.form(Step::ClientData).text("email").to_owned();
    let account = Account { email, language: language.to_owned(), confirmed_at: at };
    contacts::keep_account(tx, joiner, &account).await?;
    if application.service.needs_billing() {
        let billing = application.form(Step::Billing);
        contacts::keep_billing(tx, joiner, application.service, &billing, at).await?;
    }
    end_idle(tx, &gone, at).await
}

/// Contacts that an approval has relieved of their last role are contacts no more.
async fn end_idle(tx: &Transaction, all: &Contacts, at: Moment) -> Result<(), ServiceError> {
    for kept in all.0.iter().filter(|kept| kept.holds.is_empty()) {
        let now = contacts::of_key(tx.connection(), kept.key).await?;
        if let Some(now) = now.filter(|now| now.holds.is_empty()) {
            contacts::end(tx, now.key, now.revision, at).await?;
        }
    }
    Ok(())
}

/// The steps of a new application that are known from what the joiner keeps.
pub(crate) async fn filled_in(
    tx: &Transaction,
    joiner: &Oid,
    service: Service,
) -> Result<Vec<(Step, Form)>, ServiceError> {
    let db = tx.connection();
    let Some(account) = contacts::account(db, joiner).await? else { return Ok(Vec::new()) };
    let mut known = vec![
        (Step::ClientData, Form([("email".to_owned(), account.email)].into())),
        (Step::Contacts, contacts::of_joiner(db, joiner).await?.form(service)),
    ];
    let billing = contacts::billing(db, joiner).await?;
    // What another service is paid with is proposed for this one.
    let same = billing.get(&service).or_else(|| billing.values().next());
    known.extend(same.map(|form| (Step::Billing, form.clone())));
    Ok(known)
}

/// Keeps for every joiner what its applications said that were approved before contacts were kept. Done once for each.
///
/// # Errors
/// [`ServiceError`].
pub async fn complete(app: &App) -> Result<usize, ServiceError> {
    let mut joiners: BTreeSet<Oid> = BTreeSet::new();
    for stored in applications::in_state(app.store.read(), "approved").await? {
        if contacts::account(app.store.read(), &stored.application.joiner).await?.is_none() {
            joiners.insert(stored.application.joiner);
        }
    }
    for joiner in &joiners {
        let (tx, _) = held(app, joiner).await?;
        let mut approved = applications::of_joiner(tx.connection(), joiner).await?;
        approved.retain(|stored| matches!(stored.application.state, State::Approved { .. }));
        // The oldest first: what was approved last counts.
        for stored in approved.iter().rev() {
            if let Some(whole) = applications::find(tx.connection(), &stored.application.number).await? {
                adopt(&tx, &whole.application, &whole.language, app.now()).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(joiners.len())
}
