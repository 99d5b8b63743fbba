//! Lets a run stand whose reversal was asked for.

use super::{found, happened, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::archive::RunState;
use liitos_store::Lock;
use liitos_store::controller_runs::{self, Approvals};

/// Withdraws what one person has asked for and no second one carried out: the run's reversal. Anybody may who could have carried it out, and
/// whoever asked.
///
/// # Errors
/// L-602 without the position, or for a program; L-605 when no reversal is asked for.
pub async fn keep(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let run = found(app, number).await?;
    let switched = matches!(run.state, RunState::Switched | RunState::Paused | RunState::Done);
    let asked = run.approvals.first.clone().filter(|_| switched && run.approvals.second.is_none());
    let Some(asked) = asked else { return Err(state_forbids(run.state)) };
    let now = app.now();
    let tx = app.store.begin().await?;
    tx.lock(Lock::Controllers).await?;
    // Both places are taken again: who approved the run itself stands in its history.
    let approvals = Approvals { looked: None, first: Some(asked), second: Some(actor.reference.clone()) };
    if !controller_runs::settle(&tx, &run, &approvals).await? {
        return Err(state_forbids(run.state));
    }
    happened(&tx, (run.key, number), ("reversal-withdrawn", &actor.reference, &actor.name), None, now).await?;
    tx.commit().await?;
    Ok(())
}
