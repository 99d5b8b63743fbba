//! Takes an application back before it is decided.

use super::{happened, held, own};
use crate::{Actor, App, ServiceError};
use liitos_domain::Act;
use liitos_store::{applications, audit};

/// Withdraws an application of the organisation acted for; what it said stays to be copied from.
///
/// # Errors
/// L-609 for a foreign application; L-602 without the right to prepare; L-605 when it is decided.
pub async fn withdraw(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let stored = own(app, actor, number).await?;
    actor.must(Act::Prepare, app.now())?;
    if stored.application.state.over() {
        return Err(super::state_forbids(&stored.application.state));
    }
    let tx = app.store.begin().await?;
    let stored = held(app, &tx, &stored).await?;
    let now = app.now();
    let state = &stored.application.state;
    let next = state.clone().withdraw(now).map_err(|_| super::state_forbids(state))?;
    if !applications::set_state(&tx, stored.key, state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    happened(app, &tx, (stored.key, &stored.application), &next, (actor, now), None).await?;
    let event = audit::Event {
        actor: &actor.reference,
        action: "application.withdrawn",
        subject: number,
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
