//! Tells a run's parties, and the programs that act for them, so that their systems change with the archive.

use crate::{App, ServiceError, contacts, messages, sign_in, webhooks};
use liitos_domain::archive::RunStage;
use liitos_domain::plan::ContactRole;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid};
use liitos_store::controller_runs::Run;
use liitos_store::{Transaction, directory, registers};
use std::collections::BTreeSet;

/// Tells both parties, and in whose system either is a tenant; and writes events for those who asked for them.
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
    Ok(())
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
