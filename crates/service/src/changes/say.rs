//! Somebody says that a task is done which no register shows, or that it is not done after all.

use super::check::task_words;
use super::{MAX_WORDS, changed_meanwhile, found, happened, is_followed, works_for};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Followed, Owner, State, sees, state};
use liitos_domain::{RefusalCode, typed};
use liitos_store::changes::{self, Keyed};

/// Says of a task whether it is done, and what shows it.
///
/// # Errors
/// L-602 without the position, or when the task is another joiner's; L-603 when somebody changed the change at the same time; L-605 when it is not followed any
/// more, or facts tell whether the task is done; L-606 without words; L-609 when there is no such change or task of theirs.
pub async fn say(
    app: &App,
    actor: &Actor,
    desk: Desk,
    number: &str,
    (key, done, words): (i64, bool, &str),
) -> Result<(), ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    // Whoever has something to do may say so, party or not.
    let (change, parties) = found(app, number, joiner.as_ref()).await?;
    is_followed(&change)?;
    let words = typed::line(words, MAX_WORDS);
    let words = words.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "words"))?;
    let now = app.now();
    let tx = app.store.begin().await?;
    let mut keyed = changes::tasks(tx.connection(), change.key).await?;
    let seen = |task: &Followed| joiner.as_ref().is_none_or(|joiner| sees(joiner, (&change.story, &parties), task));
    let said = keyed.iter_mut().find(|(number, task)| *number == key && seen(task));
    let (_, task): &mut Keyed = said.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "task"))?;
    let others = matches!(&task.owner, Owner::Joiner(oid) | Owner::Administrator(oid) if joiner.as_ref().is_some_and(|joiner| joiner != oid));
    if others {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "task"));
    }
    if !task.what.may_be_said() || task.is_done() == done || (!done && !task.said) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "task"));
    }
    (task.said, task.state) = (done, State::Open);
    let about = task_words(task, Some(&words))?;
    let mut tasks: Vec<Followed> = keyed.into_iter().map(|(_, task)| task).collect();
    state(&mut tasks, now);
    if !changes::keep(&tx, &change).await? {
        return Err(changed_meanwhile());
    }
    changes::keep_tasks(&tx, change.key, &tasks).await?;
    let what = if done { "task-said" } else { "task-unsaid" };
    happened(&tx, &change, (what, Some(actor), Some(&about)), now).await?;
    tx.commit().await?;
    Ok(())
}
