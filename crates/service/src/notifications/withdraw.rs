//! Takes a notification back: before it is decided on, or before its day.

use super::look::{administrators, collected, receiving, tenants, users};
use super::{entered, go_on, own, reason, state_forbids, tell, write_to_code_service};
use crate::changes::withdraw_in;
use crate::directory::change;
use crate::directory::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::RunState;
use liitos_domain::change as organisational;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::{Course, read, stranded, undone, unhosted};
use liitos_domain::{Act, RefusalCode};
use liitos_store::notifications::Notification;
use liitos_store::{changes, controller_runs, directory};
use std::collections::BTreeSet;

/// Takes a notification back, with a reason. What it would have changed stays as it was; whoever was told of it is told.
///
/// # Errors
/// L-602 without the position, L-610 when the mandate was asked for too long ago; L-603 when somebody else changed it at the same time; L-604 when something of what it changes has
/// changed since, or something new rests on it; L-605 when its day has come, it was taken back already, a controller update run is ordered by it that the operator has not called off, or the change that it became is carried out; L-606 without a reason; L-609 for a foreign one.
pub async fn withdraw(app: &App, actor: &Actor, number: &str, words: &str) -> Result<(), ServiceError> {
    let notification = own(app, actor, number).await?;
    // Whoever writes may leave off.
    let act = if notification.course == Course::Draft { Act::Technical } else { notification.kind.act() };
    actor.must(act, app.now())?;
    let reason = reason(words)?;
    if notification.course == Course::Withdrawn || ordered(app, &notification).await? {
        return Err(state_forbids(&notification));
    }
    let tx = app.store.begin().await?;
    let now = app.now();
    let mut next = Notification { course: Course::Withdrawn, ..notification.clone() };
    if notification.course != Course::Approved {
        go_on(&tx, &next, ("withdrawn", actor, false), Some(&reason), now).await?;
        tx.commit().await?;
        return Ok(());
    }
    let (_, rows) = change::hold(&tx).await?;
    let apart = notification.run.is_some() || notification.change.is_some();
    if notification.day.is_none_or(|day| day <= now) && !apart {
        return Err(state_forbids(&notification));
    }
    let own = with_branches(app, &notification.joiner).await?;
    let (mut units, mut told) = (BTreeSet::new(), BTreeSet::new());
    if let (Some(day), Ok((content, _))) = (notification.day, read(notification.kind, &notification.form)) {
        told = users(&content, (&own, &rows), day);
    }
    if let Some(version) = notification.version {
        let changed = || ServiceError::refused(RefusalCode::EffectChanged, "notification");
        let effects = directory::effects(tx.connection(), version.saturating_sub(1), version).await?;
        let effect = effects.into_iter().next().ok_or_else(changed)?;
        let back = undone(&effect, &rows, now).ok_or_else(changed)?;
        let after = rows.after(&back)?;
        // What was built on it since would stand on nothing.
        if !stranded(&back, &after).is_empty() {
            return Err(changed());
        }
        units = receiving(&effect, (&after, &rows));
        told.extend(administrators(&effect, &own));
        told.extend(collected(&effect, (&own, &rows), now));
        told.extend(tenants(&effect));
        // Nor would a tenant be left with a host that it could do nothing by.
        if unhosted(&own, (&rows, &after)) {
            return Err(changed());
        }
        let entered = entered(&back, &notification, &actor.reference);
        next.version = Some(change::enter(app, &tx, &rows, entered, now).await?);
    }
    if let Some(change) = &notification.change {
        withdraw_in(app, &tx, actor, change, &reason).await?;
    }
    go_on(&tx, &next, ("withdrawn", actor, false), Some(&reason), now).await?;
    tell(app, &tx, (&next, NotificationNews::Withdrawn), &told, now).await?;
    write_to_code_service(app, &tx, (&next, true), &units, now).await?;
    change::commit(app, tx).await
}

/// Whether a controller update run is ordered by it that was not called off, or the change that it became is carried out.
async fn ordered(app: &App, notification: &Notification) -> Result<bool, ServiceError> {
    if let Some(number) = &notification.change {
        // What was carried out stays.
        let change = changes::find(app.store.read(), number).await?;
        return Ok(change.is_some_and(|change| change.course == organisational::Course::Over));
    }
    let Some(number) = &notification.run else { return Ok(false) };
    let run = controller_runs::find(app.store.read(), number).await?;
    Ok(run.is_some_and(|run| run.state != RunState::Cancelled))
}
