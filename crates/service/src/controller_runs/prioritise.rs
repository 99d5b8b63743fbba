//! Gives a run another priority while it waits for its approvals: the operator decides on the order of all once the whole is known.

use super::order::beside;
use super::{found, happened, refused, state_forbids};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::archive::RunState;
use liitos_store::controller_runs;

/// Gives a run another priority: of several whose moment is the same the smallest is switched first. Whoever approved it approves it anew, since which of them
/// goes first may decide what it moves.
///
/// # Errors
/// L-602 without the position, or for a program; L-605 when it is approved already, or switched; L-615 when one that it is chained to is approved.
pub async fn prioritise(app: &App, actor: &Actor, number: &str, priority: i32) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let run = found(app, number).await?;
    if run.state != RunState::Ordered {
        return Err(state_forbids(run.state));
    }
    if run.order.priority == priority {
        return Ok(());
    }
    let tx = app.store.begin().await?;
    let approved = controller_runs::state_with(tx.connection(), &[RunState::Approved]).await?;
    if let Some(problem) = approved.iter().find_map(|other| beside(&run.order, other)) {
        return Err(refused(problem));
    }
    if !controller_runs::prioritise(&tx, &run, priority).await? {
        return Err(state_forbids(run.state));
    }
    let words = format!("{} → {priority}", run.order.priority);
    let event = ("prioritised", actor.reference.as_str(), actor.name.as_str());
    happened(&tx, (run.key, number), event, Some(&words), app.now()).await?;
    tx.commit().await?;
    Ok(())
}
