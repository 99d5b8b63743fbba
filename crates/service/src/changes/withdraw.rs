//! Withdraws a change: it is followed no more. What was done of it stays done.

use super::arriving::not_received;
use super::letters::{self, Letter};
use super::{Change, MAX_WORDS, changed_meanwhile, found, happened, made, not_notified, open, tell, works_for};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Course, agreed};
use liitos_domain::notice::ChangeNews;
use liitos_domain::{RefusalCode, typed};
use liitos_store::{Transaction, changes};

/// Withdraws a change, with a reason; every party is told, and its address shows nothing any more.
///
/// # Errors
/// L-602 for whoever has not made it; L-603 when somebody else changed it at the same time; L-605 when it is not followed any more, it is a notification's, or somebody is to receive for a
/// unit that comes by it; L-606 without a reason;
/// L-609 when there is none.
pub async fn withdraw(app: &App, actor: &Actor, desk: Desk, number: &str, reason: &str) -> Result<(), ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    let (change, _) = open(app, number, joiner.as_ref()).await?;
    made(&change, joiner.as_ref())?;
    not_notified(app, &change, joiner.as_ref()).await?;
    not_received(app, &change).await?;
    let reason = typed::line(reason, MAX_WORDS);
    let reason = reason.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "reason"))?;
    let tx = app.store.begin().await?;
    end(app, &tx, actor, change, &reason).await?;
    tx.commit().await?;
    Ok(())
}

/// Withdraws a change with what else a transaction does, if it is still followed.
pub(crate) async fn withdraw_in(
    app: &App,
    tx: &Transaction,
    actor: &Actor,
    number: &str,
    reason: &str,
) -> Result<(), ServiceError> {
    let (change, _) = found(app, number, None).await?;
    match change.course {
        Course::Followed => {
            not_received(app, &change).await?;
            end(app, tx, actor, change, reason).await
        }
        _ => Ok(()),
    }
}

async fn end(app: &App, tx: &Transaction, actor: &Actor, change: Change, reason: &str) -> Result<(), ServiceError> {
    let (now, change) = (app.now(), Change { course: Course::Withdrawn, ..change });
    if !changes::keep(tx, &change).await? {
        return Err(changed_meanwhile());
    }
    changes::share(tx, change.key, None).await?;
    happened(tx, &change, ("withdrawn", Some(actor), Some(reason)), now).await?;
    // As they are now: somebody may have agreed since.
    let parties = changes::parties(tx.connection(), change.key).await?;
    if agreed(&parties) {
        let tasks = changes::tasks(tx.connection(), change.key).await?;
        let all = tasks.iter().map(|(_, task)| task);
        letters::write(app, tx, (&change, Letter::Withdrawn), all, now).await?;
    }
    let parties = parties.into_iter().map(|party| party.joiner).collect();
    tell(app, tx, (&change, ChangeNews::Withdrawn), &parties, now).await
}
