//! Tells a run's parties, and the programs that act for them, so that their systems change with the archive.

use crate::{App, ServiceError, contacts, messages, sign_in, webhooks};
use liitos_domain::archive::{Family, RunStage};
use liitos_domain::plan::ContactRole;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid};
use liitos_store::controller_runs::Run;
use liitos_store::{Transaction, directory, registers, system_suppliers};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

/// Tells both parties, in whose system either is a tenant, and the suppliers of the systems that these use by the directory; and writes events for those who
/// asked for them.
pub(super) async fn tell(
    app: &App,
    tx: &Transaction,
    run: &Run,
    stage: RunStage,
    at: Moment,
) -> Result<(), ServiceError> {
    let (from, to) = (named(app, &run.order.from).await?, named(app, &run.order.to).await?);
    let data = serde_json::json!({
        "number": run.number, "from": run.order.from, "to": run.order.to, "scope": run.order.scope,
        "switch": run.order.run_at.to_string(), "stage": stage,
    });
    let mut joiners: BTreeSet<Oid> = [from.joiner.clone(), to.joiner.clone()].into();
    for party in [&from.joiner, &to.joiner] {
        // A tenant's documents are made in its host's system, as it is at the switch or since.
        joiners.extend(directory::hosts_of(tx.connection(), party, at.max(run.order.run_at)).await?);
    }
    for joiner in &joiners {
        webhooks::emit(app, tx, joiner, (&format!("controller-run.{stage}"), data.clone()), at).await?;
        let (mailboxes, language) = contacts::told(tx, joiner, ContactRole::Technical).await?;
        let mails: Vec<_> = mailboxes
            .iter()
            .map(|to_whom| messages::controller_run(joiner, (run, stage), (&from.name, &to.name), language, to_whom))
            .collect();
        messages::enqueue(tx, &mails, at).await?;
    }
    to_suppliers(tx, (run, stage), (&from.name, &to.name), &joiners, at).await
}

/// Writes to the suppliers of the systems that joiners have rights with, to what the run moves, just before the switch or from it on: each in its own language,
/// and once; nothing where nobody knows where one is written to.
async fn to_suppliers(
    tx: &Transaction,
    of: (&Run, RunStage),
    names: (&str, &str),
    joiners: &BTreeSet<Oid>,
    at: Moment,
) -> Result<(), ServiceError> {
    let (db, switch) = (tx.connection(), of.0.order.run_at);
    let mut systems = BTreeSet::new();
    for joiner in joiners {
        let rights = directory::rights_of(db, joiner).await?.into_iter();
        let around = [switch.plus_seconds(-1), at.max(switch)];
        let concerned = rights.filter(|right| {
            let reached = Family::of(right.service).is_some_and(|family| of.0.order.scope.reaches(family));
            reached && around.iter().any(|at| right.valid.contains(*at))
        });
        systems.extend(concerned.map(|right| right.system));
    }
    let known = system_suppliers::of(db, &systems.iter().map(String::as_str).collect()).await?;
    let mut by_mailbox: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    for (system, supplier) in known {
        by_mailbox.entry(supplier.mail).or_insert((supplier.language, Vec::new())).1.push(system);
    }
    let mails: Vec<_> = by_mailbox
        .iter()
        .map(|(mailbox, (language, systems))| {
            let language = Language::parse(language).unwrap_or_default();
            messages::controller_run_to_supplier(of, names, &systems.join(", "), language, mailbox)
        })
        .collect();
    messages::enqueue(tx, &mails, at).await
}

/// A controller, as people know it.
struct Named {
    name: String,
    joiner: Oid,
}

/// Whose controller it is.
pub(crate) async fn holder(app: &App, controller: &Oid) -> Result<Oid, ServiceError> {
    Ok(named(app, controller).await?.joiner)
}

/// Whose controller it is: a public one's organisation, or the private organisation that is its own.
async fn named(app: &App, controller: &Oid) -> Result<Named, ServiceError> {
    let public = registers::known(app.store.read(), RegisterKind::Controllers, &[controller.as_str()]).await?;
    let (name, joiner) = match public.into_values().next() {
        Some((_, entry)) => (entry.name, entry.parent.and_then(|parent| Oid::parse(&parent).ok())),
        None => {
            (sign_in::register_entry(app, controller).await?.map(|(_, entry)| entry.name).unwrap_or_default(), None)
        }
    };
    Ok(Named { name, joiner: joiner.unwrap_or_else(|| controller.clone()) })
}
