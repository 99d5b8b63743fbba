//! Writes an event into the outbox, for everybody who asked to be told, in the transaction of what happened.

use crate::messages::{self, Message};
use crate::ports::Hook;
use crate::{App, ServiceError};
use liitos_domain::{Moment, Oid};
use liitos_store::{Transaction, delegations, webhooks};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tells of something that happened to a joiner: `application.sent`, with what there is to say.
pub(crate) async fn emit(
    app: &App,
    tx: &Transaction,
    joiner: &Oid,
    (what, data): (&str, Value),
    at: Moment,
) -> Result<(), ServiceError> {
    let db = tx.connection();
    let delegates = delegations::of_organisation(db, joiner).await?;
    let told: BTreeSet<Oid> = delegates.into_iter().map(|held| held.delegate).chain([joiner.clone()]).collect();
    let mut hooks = Vec::new();
    for organisation in &told {
        for webhook in webhooks::of_organisation(db, organisation, at).await? {
            let body = json!({ "type": what, "timestamp": at.to_string(), "joiner": joiner, "data": data });
            let id = format!("evt_{}", app.secret());
            hooks.push(Message::Hook(Hook { webhook: webhook.key, to: webhook.address, id, body: body.to_string() }));
        }
    }
    messages::enqueue(tx, &hooks, at).await
}
