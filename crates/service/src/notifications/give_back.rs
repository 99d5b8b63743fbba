//! Gives a notification back to whoever sent it, to be mended.

use super::{go_on, reason, sent, state_forbids, tell};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::Course;
use liitos_store::notifications::Notification;

/// Gives a notification back, with a reason: it can be written on and sent again.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else decided at the same time; L-605 when it does not wait; L-606 without a reason; L-609 when there is none.
pub async fn give_back(app: &App, actor: &Actor, number: &str, words: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let notification = sent(app, number).await?;
    if notification.course != Course::Sent {
        return Err(state_forbids(&notification));
    }
    let (reason, now) = (reason(words)?, app.now());
    let next = Notification { course: Course::Draft, ..notification };
    let tx = app.store.begin().await?;
    go_on(&tx, &next, ("given-back", actor, true), Some(&reason), now).await?;
    let asked = [next.joiner.clone()].into();
    tell(app, &tx, (&next, NotificationNews::GivenBack), &asked, now).await?;
    tx.commit().await?;
    Ok(())
}
