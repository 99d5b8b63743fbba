//! More is known of a fault, or it is over.

use super::reached::reached;
use super::{not_found, take_down};
use crate::{Actor, App, ServiceError};
use liitos_domain::fault::{Fault, Stage, Statement};
use liitos_domain::{Duty, Moment, RefusalCode};
use liitos_store::faults;

/// Says something of a fault to whom it hits now and whoever was told before; `revision` is that of the fault as it was looked at, and `ended` when it
/// was over.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such fault; L-605 when it is over; L-611 when somebody said something meanwhile.
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
    let expected = if statement.stage == Stage::Updated { statement.expected } else { kept.fault.expected };
    let fault = Fault { expected, ended, ..kept.fault.clone() };
    let kept = faults::Kept { revision, fault, ..kept };
    let reached = reached(app, &kept.fault, Some(kept.key), statement.at).await?;
    let tx = app.store.begin().await?;
    if !faults::keep(&tx, &kept).await? {
        return Err(ServiceError::refused(RefusalCode::DraftChanged, number));
    }
    take_down(app, &tx, &kept, (statement, &actor.reference), &reached).await?;
    Ok(tx.commit().await?)
}
