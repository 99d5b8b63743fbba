//! Takes a notification back: before it is decided on, or before its day.

use super::look::{administrators as administering, looked, receiving};
use super::{changed_meanwhile, go_on, own, reason, state_forbids, tell, write_to_code_service};
use crate::directory::change::{self, Change};
use crate::directory::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::directory::Basis;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::{Course, stranded, undone};
use liitos_store::directory;
use liitos_store::notifications::{self, Notification};
use std::collections::BTreeSet;

/// Takes a notification back, with a reason. What it would have changed stays as it was; whoever was told of it is told.
///
/// # Errors
/// L-602 without the position, L-610 when the mandate was asked for too long ago; L-603 when somebody else changed it at the same time; L-604 when something of what it changes has
/// changed since, or something new rests on it; L-605 when its day has come, it was taken back already, or a controller update run is ordered by it: the operator calls that off; L-606 without a reason; L-609 for a foreign one.
pub async fn withdraw(app: &App, actor: &Actor, number: &str, words: &str) -> Result<(), ServiceError> {
    let notification = own(app, actor, number).await?;
    actor.must(notification.kind.act(), app.now())?;
    let reason = reason(words)?;
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let again = notifications::find(tx.connection(), number).await?;
    let notification = again.filter(|again| again.revision == notification.revision).ok_or_else(changed_meanwhile)?;
    let now = app.now();
    let entered = notification.course == Course::Approved;
    let over = notification.course == Course::Withdrawn || notification.run.is_some();
    if over || entered && notification.day.is_none_or(|day| day <= now) {
        return Err(state_forbids(&notification));
    }
    let seen = looked(app, &notification).await?;
    let mut next = Notification { course: Course::Withdrawn, ..notification.clone() };
    let (mut units, mut administrators) = (BTreeSet::new(), BTreeSet::new());
    if let Some(version) = notification.version.filter(|_| entered) {
        let changed = || ServiceError::refused(RefusalCode::EffectChanged, "notification");
        let effects = directory::effects(tx.connection(), version.saturating_sub(1), version).await?;
        let effect = effects.into_iter().next().ok_or_else(changed)?;
        let back = undone(&effect, &rows, now).ok_or_else(changed)?;
        // What was built on it since would stand on nothing.
        if !stranded(&back, &rows.after(&back)?).is_empty() {
            return Err(changed());
        }
        units = receiving(&effect, &rows);
        administrators = administering(&effect, &with_branches(app, &notification.joiner).await?);
        let entered = Change {
            effect: &back,
            basis: Basis::Notification(number.to_owned()),
            author: notification.joiner.to_string(),
            approver: &actor.reference,
            action: "directory.notified",
            subject: number,
        };
        next.version = Some(change::enter(app, &tx, &rows, entered, now).await?);
    }
    go_on(&tx, &next, ("withdrawn", actor, false), Some(&reason), now).await?;
    if entered {
        let told = seen.users.union(&administrators).cloned().collect();
        tell(app, &tx, (&next, NotificationNews::Withdrawn), &told, now).await?;
        write_to_code_service(app, &tx, (&next, true), &units, now).await?;
    }
    change::commit(app, tx).await
}
