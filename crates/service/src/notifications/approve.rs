//! Approves a notification as it was shown: it is looked at again under the directory's lock, and entered only if it does the very same.

use super::look::{Looked, looked, renumbered};
use super::{entered, go_on, sent, state_forbids, tell, write_to_code_service};
use crate::changes::{keep_in, planned};
use crate::controller_runs::order_in;
use crate::directory::change;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Apart, Order, RunKind, Scope};
use liitos_domain::directory::Rows;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::{Content, Course, What};
use liitos_domain::{Duty, Moment, RefusalCode, Sha256Hash};
use liitos_store::Transaction;
use liitos_store::notifications::{self, Notification};

/// Approves a notification by the hash that was shown.
///
/// # Errors
/// L-602 without the position, or for a program; L-604 when it does not do what was shown any more; L-605 when it does not wait; L-606 with the first thing that stands in its way
/// by now; L-609 when there is none; L-615 when the controller update run that it asks for cannot be ordered; L-618 when requests wait for a unit that would end.
pub async fn approve(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    sent(app, number).await?;
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let found = notifications::find(tx.connection(), number).await?;
    let notification = found.ok_or_else(super::missing)?;
    if notification.course != Course::Sent {
        return Err(state_forbids(&notification));
    }
    let looked = looked(app, &notification).await?;
    if looked.hash != *shown {
        return Err(ServiceError::refused(RefusalCode::EffectChanged, "notification"));
    }
    // Whose the documents are then two persons have decided before.
    let undecided = looked.findings.iter().find(|found| found.what == What::RunNotApproved);
    let undecided = undecided.map(|found| format!("{}: {}", found.what, found.of));
    if let Some(hindrance) = looked.hindrance().or(undecided) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, hindrance));
    }
    enter(app, &tx, (&rows, &notification, &looked), (actor, true), app.now()).await?;
    change::commit(app, tx).await
}

/// Enters what a notification changes, from its day on; and tells whoever has to know.
pub(super) async fn enter(
    app: &App,
    tx: &Transaction,
    (rows, notification, looked): (&Rows, &Notification, &Looked),
    (actor, office): (&Actor, bool),
    now: Moment,
) -> Result<(), ServiceError> {
    let mut next = Notification { course: Course::Approved, ..notification.clone() };
    if !looked.effect.is_empty() {
        let entered = entered(&looked.effect, notification, &actor.reference);
        next.version = Some(change::enter(app, tx, rows, entered, now).await?);
    }
    if let Some((Content::Controller { from, to, units }, day)) = &looked.said {
        let order = Order {
            from: from.clone(),
            to: to.clone(),
            scope: Scope { units: units.clone(), ..Scope::default() },
            kind: RunKind::Successor,
            run_at: *day,
            priority: 0,
            before: 0,
            after: 0,
            apart: Apart::TryAgain,
            basis: notification.number.clone(),
        };
        next.run = Some(order_in(app, tx, actor, order).await?);
    }
    if let Some((Content::BusinessId { to, units }, day)) = &looked.said {
        let story = renumbered(app, notification, (to, units), *day).await?;
        let planned = planned(app, &story, None).await?;
        next.change = Some(keep_in(app, tx, actor, (story, Some(notification.joiner.clone())), planned).await?);
    }
    let what = if office { "approved" } else { "entered" };
    go_on(tx, &next, (what, actor, office), None, now).await?;
    if office {
        let asked = [notification.joiner.clone()].into();
        tell(app, tx, (&next, NotificationNews::Approved), &asked, now).await?;
    }
    tell(app, tx, (&next, NotificationNews::OnBehalf), &looked.users, now).await?;
    tell(app, tx, (&next, NotificationNews::OfCustomer), &looked.administrators, now).await?;
    tell(app, tx, (&next, NotificationNews::Collected), &looked.collected, now).await?;
    tell(app, tx, (&next, NotificationNews::OfHost), &looked.tenants, now).await?;
    write_to_code_service(app, tx, (&next, false), &looked.units, now).await
}
