//! Sends a notification.

use super::approve::enter;
use super::look::looked;
use super::{changed_meanwhile, go_on, own, state_forbids};
use crate::directory::change;
use crate::{Actor, App, ServiceError};
use liitos_domain::notification::Course;
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::notifications::{self, Notification};

/// Sends a notification as it was shown. What only ends something of one's own is entered at once; anything else waits for the operator.
///
/// # Errors
/// L-602 without the position, L-610 when the mandate was asked for too long ago; L-603 when it says something else than was shown; L-605 when it is not being written; L-606 with the first
/// thing that stands in its way; L-609 for a foreign one; L-618 when requests wait for a unit that would end.
pub async fn send(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<(), ServiceError> {
    let notification = own(app, actor, number).await?;
    actor.must(notification.kind.act(), app.now())?;
    if !notification.course.editable() {
        return Err(state_forbids(&notification));
    }
    let tx = app.store.begin().await?;
    // Under the lock, which register imports take too: what is looked at here cannot change before it is entered.
    let (_, rows) = change::hold(&tx).await?;
    let again = notifications::find(tx.connection(), number).await?;
    let notification = again.filter(|again| again.revision == notification.revision).ok_or_else(changed_meanwhile)?;
    let looked = looked(app, &notification).await?;
    if let Some(hindrance) = looked.hindrance() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, hindrance));
    }
    if *shown != looked.hash {
        return Err(changed_meanwhile());
    }
    let now = app.now();
    let day = looked.said.as_ref().map(|(_, day)| *day);
    let next = Notification { course: Course::Sent, sent_at: Some(now), day, ..notification };
    go_on(&tx, &next, ("sent", actor, false), None, now).await?;
    if next.kind.approved_by_operator() {
        tx.commit().await?;
        return Ok(());
    }
    let sent = Notification { revision: next.revision + 1, ..next };
    enter(app, &tx, (&rows, &sent, &looked), (actor, false), now).await?;
    change::commit(app, tx).await
}
