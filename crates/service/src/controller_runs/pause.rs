//! Carrying a run through waits, and goes on. The run stays switched, and the archive in full use.

use super::{found, happened, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::archive::RunState;
use liitos_store::controller_runs;

/// Carrying a run through waits.
///
/// # Errors
/// L-602 without the position; L-605 when it is not being carried through.
pub async fn pause(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    change(app, actor, number, (RunState::Switched, "paused")).await
}

/// Carrying a run through goes on.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait.
pub async fn resume(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    change(app, actor, number, (RunState::Paused, "resumed")).await
}

async fn change(
    app: &App,
    actor: &Actor,
    number: &str,
    (from, what): (RunState, &'static str),
) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let run = found(app, number).await?;
    let now = app.now();
    let tx = app.store.begin().await?;
    if run.state != from || !controller_runs::pause(&tx, &run, from == RunState::Switched).await? {
        return Err(state_forbids(run.state));
    }
    happened(&tx, (run.key, number), (what, &actor.reference, &actor.name), None, now).await?;
    tx.commit().await?;
    Ok(())
}
