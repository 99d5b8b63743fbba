//! Sends an application to the operator.

use super::facts::checked;
use super::{happened, held, language, own, risks_of};
use crate::{Actor, App, ServiceError, contacts, messages};
use liitos_domain::application::risk::weight;
use liitos_domain::{Act, RefusalCode};
use liitos_store::{applications, audit};

/// Sends a complete draft, or again what the operator has asked more about.
///
/// # Errors
/// L-609 for a foreign application; L-602 without the right to bind the organisation, L-610 when the mandate was asked for too
/// long ago; L-605 when it is not a draft; L-606 when something is missing or wrong.
pub async fn send(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let stored = own(app, actor, number).await?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    actor.must(Act::Bind, app.now())?;
    let tx = app.store.begin().await?;
    // Checked as it is sent: a step saved at the same time comes before or is refused.
    let stored = held(app, &tx, &stored).await?;
    let application = &stored.application;
    let now = app.now();
    let next = application.state.clone().send(now).map_err(|_| super::state_forbids(&application.state))?;
    let verdict = checked(app, application).await?;
    if !verdict.sound() {
        let missing = verdict.incomplete.first().map(|step| step.code());
        let wrong = verdict.broken(None).first().map(|outcome| outcome.rule.id.as_str());
        return Err(ServiceError::refused(RefusalCode::FormInvalid, missing.or(wrong).unwrap_or("effect")));
    }
    if !applications::set_state(&tx, stored.key, &application.state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    happened(app, &tx, (stored.key, application), &next, (actor, now), None).await?;
    applications::set_risk(&tx, stored.key, weight(&risks_of(app, application, &verdict).await?)).await?;
    messages::enqueue(&tx, &messages::sent(app, application, language(&stored)), now).await?;
    contacts::prove_all(app, &tx, application, language(&stored)).await?;
    let details = serde_json::json!({});
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "application.sent", subject: number, details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
