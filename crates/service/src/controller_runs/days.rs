//! The days on which runs are switched, fixed in advance.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, Moment, RefusalCode};
use liitos_store::{audit, controller_runs};

/// All days, `2027-01-01`, the earliest first.
///
/// # Errors
/// L-602 without the position.
pub async fn days(app: &App, actor: &Actor) -> Result<Vec<String>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(controller_runs::days(app.store.read()).await?)
}

/// Adds a day: that which a moment lies in, in Helsinki.
///
/// # Errors
/// L-602 without the position; L-606 for a day that has been.
pub async fn add_day(app: &App, actor: &Actor, day: Moment) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let now = app.now();
    if day.next_midnight() <= now {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "day"));
    }
    let tx = app.store.begin().await?;
    controller_runs::add_day(&tx, day, now).await?;
    record(&tx, actor, "controller-run-day.added", day, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a day away; what is ordered for it stays ordered.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such day.
pub async fn remove_day(app: &App, actor: &Actor, day: Moment) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let now = app.now();
    let tx = app.store.begin().await?;
    if !controller_runs::remove_day(&tx, day).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "day"));
    }
    record(&tx, actor, "controller-run-day.removed", day, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn record(
    tx: &liitos_store::Transaction,
    actor: &Actor,
    action: &str,
    day: Moment,
    now: Moment,
) -> Result<(), ServiceError> {
    let subject = day.civil().date().to_string();
    let details = serde_json::json!({});
    let event = audit::Event { actor: &actor.reference, action, subject: &subject, details };
    Ok(audit::record(tx, &event, now).await?)
}
