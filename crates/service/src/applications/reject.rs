//! Rejects an application with a reason that the applicant reads.

use super::{decide, words};
use crate::{Actor, App, ServiceError, messages};
use liitos_domain::Duty;

/// Rejects a waiting application.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait; L-606 without a reason.
pub async fn reject(app: &App, actor: &Actor, number: &str, reason: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let reason = words(reason, "reason")?;
    let next = |state: liitos_domain::application::State, now| state.reject(now, reason.clone());
    let mails = |application: &_, language| messages::rejected(app, application, language, &reason);
    decide(app, actor, number, ("application.rejected", &reason), next, mails).await
}
