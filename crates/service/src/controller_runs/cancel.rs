//! Calls a run off before it is switched.

use super::tell::tell;
use super::{found, happened, state_forbids};
use crate::archive::{controllers_of, controllers_on};
use crate::directory::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{RunStage, RunState};
use liitos_domain::notification::Kind;
use liitos_domain::{Duty, RefusalCode, typed};
use liitos_store::{Lock, controller_runs, notifications};

/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 500;

/// Calls a run off.
///
/// # Errors
/// L-602 without the position, or for a program; L-605 when it is switched already, or somebody's joining ends on its day who would be left as the documents'
/// controller; L-606 without a reason.
pub async fn cancel(app: &App, actor: &Actor, number: &str, reason: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "reason");
    let reason = typed::line(reason, MAX_REASON).ok_or_else(wrong)?;
    let run = found(app, number).await?;
    if !matches!(run.state, RunState::Ordered | RunState::Approved) {
        return Err(state_forbids(run.state));
    }
    let now = app.now();
    let tx = app.store.begin().await?;
    // Whoever approves a termination holds the directory.
    tx.lock(Lock::Directory).await?;
    tx.lock(Lock::Controllers).await?;
    let day = run.order.run_at.midnight();
    for ending in notifications::approved_for(tx.connection(), Kind::Termination, day).await? {
        for own in with_branches(app, &ending.joiner).await? {
            // On that day its entry may have ended already.
            let theirs = [controllers_of(app, &own).await?, controllers_on(app, &own, day).await?].concat();
            if theirs.contains(&run.order.from) {
                return Err(ServiceError::refused(RefusalCode::StateForbids, ending.number));
            }
        }
    }
    if !controller_runs::cancel(&tx, &run).await? {
        return Err(state_forbids(run.state));
    }
    happened(&tx, (run.key, number), ("cancelled", &actor.reference, &actor.name), Some(&reason), now).await?;
    if run.state == RunState::Approved {
        tell(app, &tx, &run, RunStage::Cancelled, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
