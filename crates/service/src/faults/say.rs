//! More is known of a fault, or it is over.

use super::reached::{Reached, reached};
use super::{not_found, take_down};
use crate::{Actor, App, ServiceError};
use liitos_domain::fault::{Stage, Statement};
use liitos_domain::{Duty, Moment, RefusalCode};
use liitos_store::faults;

/// Says something of a fault to whoever was told before and, unless it is over, whom it hits now; `revision` is that of the fault as it was looked at, and `ended` when it
/// was over.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such fault; L-605 when it is over; L-606 for an end that does not fit; L-603 when somebody said something meanwhile.
pub async fn say(
    app: &App,
    actor: &Actor,
    (number, revision): (&str, i32),
    statement: &Statement,
    ended: Option<Moment>,
) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Inform)?;
    let kept = faults::find(app.store.read(), number).await?.ok_or_else(not_found)?;
    if kept.fault.ended.is_some() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, number));
    }
    if statement.stage.is_last() != ended.is_some() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "ended"));
    }
    let kept = faults::Kept { revision, fault: kept.fault.after(statement, ended), ..kept };
    let reached = reached(app, &kept.fault, (Some(kept.key), !statement.stage.is_last()), statement.at).await?;
    let tx = app.store.begin().await?;
    if !faults::keep(&tx, &kept).await? {
        return Err(ServiceError::refused(RefusalCode::DraftChanged, number));
    }
    take_down(app, &tx, &kept, (statement, &actor.reference), &reached).await?;
    Ok(tx.commit().await?)
}

/// Whom a statement would reach; nothing is sent.
///
/// # Errors
/// L-602 without the position.
pub async fn look_at(app: &App, actor: &Actor, kept: &faults::Kept, stage: Stage) -> Result<Reached, ServiceError> {
    actor.must_carry_out(Duty::Inform)?;
    reached(app, &kept.fault, (Some(kept.key), !stage.is_last()), app.now()).await
}
