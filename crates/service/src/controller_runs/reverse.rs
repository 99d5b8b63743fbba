//! Two persons reverse a run: its documents, and what corrected them since, are again whose they were.

use super::cancel::MAX_REASON;
use super::order::gives_back_to;
use super::tell::tell;
use super::{found, happened, refused, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{RunProblem, RunStage, RunState};
use liitos_domain::{Duty, RefusalCode, Sha256Hash, typed};
use liitos_store::Lock;
use liitos_store::controller_runs::{self, Approvals};

/// Reverses a run; the first person asks for it, with a reason, the second carries it out. Whether it is reversed.
///
/// # Errors
/// L-602 without the position, for a program, or for whoever asked for it; L-605 when it is not switched; L-606 without a reason; L-615
/// when a later run took on what it had brought, or whoever gave is not there any more.
pub async fn reverse(app: &App, actor: &Actor, number: &str, reason: &str) -> Result<bool, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "reason");
    let reason = typed::line(reason, MAX_REASON).ok_or_else(wrong)?;
    let run = found(app, number).await?;
    if !matches!(run.state, RunState::Switched | RunState::Paused | RunState::Done) {
        return Err(state_forbids(run.state));
    }
    if !gives_back_to(app, &run.order).await? {
        return Err(refused(RunProblem::FromEnded));
    }
    let tx = app.store.begin().await?;
    tx.lock(Lock::Controllers).await?;
    let now = controller_runs::standing(tx.connection()).await?.behind(app.now());
    if controller_runs::succession(tx.connection()).await?.taken_on(run.key).is_some() {
        return Err(refused(RunProblem::TakenOn));
    }
    // Both approvals of the run itself stand until somebody asks for its reversal.
    let asked = run.approvals.first.as_ref().filter(|_| run.approvals.second.is_none());
    let event = (run.key, number);
    match asked {
        Some(first) if *first == actor.reference => {
            return Err(ServiceError::refused(RefusalCode::NotAllowed, "second person"));
        }
        Some(_) => {
            if !controller_runs::reverse(&tx, &run, now).await? {
                return Err(state_forbids(run.state));
            }
            happened(&tx, event, ("reversed", &actor.reference, &actor.name), Some(&reason), now).await?;
            tell(app, &tx, &run, RunStage::Reversed, now).await?;
        }
        None => {
            let looked = Some(Sha256Hash::of(reason.as_bytes()));
            let approvals = Approvals { looked, first: Some(actor.reference.clone()), second: None };
            if !controller_runs::approve(&tx, &run, &approvals).await? {
                return Err(state_forbids(run.state));
            }
            happened(&tx, event, ("reversal-asked", &actor.reference, &actor.name), Some(&reason), now).await?;
        }
    }
    let reversed = asked.is_some();
    tx.commit().await?;
    Ok(reversed)
}
