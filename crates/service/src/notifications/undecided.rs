//! Notifications that nobody has decided on by their day.

use crate::{App, ServiceError, notices};
use liitos_domain::notice::{Notice, NotificationNews};
use liitos_store::notifications;

/// So many days before its day whoever notified is told that nobody has decided yet.
const AHEAD_DAYS: i64 = 2;

/// Tells whoever has notified something whose day is near, or has been, that nobody has decided on it yet: once for each day that it is for. How many were told.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn tell_undecided(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let mut told = 0;
    for one in notifications::sent_for(app.store.read(), now.plus_days(AHEAD_DAYS)).await? {
        let Some(day) = one.day else { continue };
        let same = format!("notification {} undecided {}", one.number, day.as_seconds());
        let (number, what, by) = (one.number, one.kind, one.joiner.clone());
        let notice = Notice::Notification { number, what, by, day, news: NotificationNews::Undecided };
        told += usize::from(notices::one(app, &same, &one.joiner, &notice).await?);
    }
    Ok(told)
}
