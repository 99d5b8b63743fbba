//! Rejects an application with a reason that the applicant reads.

use super::{language, load};
use crate::{Actor, App, ServiceError, mail};
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::{Duty, RefusalCode};
use liitos_store::{applications, audit};

/// Rejects a waiting application.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait; L-606 without a reason.
pub async fn reject(app: &App, actor: &Actor, number: &str, reason: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let reason: String = reason.trim().chars().take(MAX_FIELD_CHARS).collect();
    if reason.is_empty() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "reason"));
    }
    let stored = load(&app.store, number).await?;
    let application = &stored.application;
    let now = app.now();
    let next =
        application.state.clone().reject(now, reason.clone()).map_err(|_| super::state_forbids(&application.state))?;
    let tx = app.store.begin().await?;
    if !applications::set_state(&tx, stored.key, &application.state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    mail::enqueue(&tx, &mail::rejected(app, application, language(&stored), &reason), now).await?;
    let details = serde_json::json!({});
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "application.rejected", subject: number, details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
