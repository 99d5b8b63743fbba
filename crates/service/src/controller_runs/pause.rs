//! Carrying a run through waits, and goes on. The run stays switched, and the archive in full use.

use super::{found, happened, incomplete, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::archive::RunState;
use liitos_store::controller_runs;

/// Carrying a run through waits.
///
/// # Errors
/// L-602 without the position; L-605 when it is not being carried through.
pub async fn pause(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    change(app, actor, number, "paused").await
}

/// Carrying a run through goes on; where its report says that not every document is where it should be, from the beginning, with what is there now.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait.
pub async fn resume(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    change(app, actor, number, "resumed").await
}

async fn change(app: &App, actor: &Actor, number: &str, what: &'static str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let run = found(app, number).await?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let changed = match (what, run.state) {
        ("paused", RunState::Switched) => controller_runs::pause(&tx, &run, true).await?,
        ("resumed", _) if incomplete(&run) => controller_runs::again(&tx, &run).await?,
        ("resumed", RunState::Paused) => controller_runs::pause(&tx, &run, false).await?,
        _ => false,
    };
    if !changed {
        return Err(state_forbids(run.state));
    }
    happened(&tx, (run.key, number), (what, &actor.reference, &actor.name), None, now).await?;
    tx.commit().await?;
    Ok(())
}
