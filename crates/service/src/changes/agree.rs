//! A party agrees to plan together: from then on the others see what of its own the plan shows, once all have.

use super::letters::{self, Letter};
use super::{changed_meanwhile, happened, open, owners, tell};
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Course, agreed};
use liitos_domain::notice::ChangeNews;
use liitos_domain::{Act, RefusalCode};
use liitos_store::changes;

/// Agrees for the organisation that is acted for.
///
/// # Errors
/// L-602 without the position, or when it is no party; L-603 when somebody else changed it at the same time; L-605 when it has agreed, or the change is not followed any more; L-609 when there is none of theirs.
pub async fn agree(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Prepare, now)?;
    open(app, number, Some(joiner)).await?;
    let tx = app.store.begin().await?;
    // As it is now: whoever withdraws it or moves its day meanwhile comes before or behind.
    let change = changes::find(tx.connection(), number).await?.filter(|change| change.course == Course::Followed);
    let change = change.ok_or_else(changed_meanwhile)?;
    if !changes::keep(&tx, &change).await? {
        return Err(changed_meanwhile());
    }
    if !changes::agree(&tx, change.key, joiner, now).await? {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "agreed"));
    }
    happened(&tx, &change, ("agreed", Some(actor), None), now).await?;
    let parties = changes::parties(tx.connection(), change.key).await?;
    if agreed(&parties) {
        let tasks = changes::tasks(tx.connection(), change.key).await?;
        let beside = owners(tasks.iter().map(|(_, task)| task).filter(|task| !task.is_done()));
        let beside = beside.into_iter().filter(|oid| !parties.iter().any(|party| party.joiner == *oid)).collect();
        tell(app, &tx, (&change, ChangeNews::Tasks), &beside, now).await?;
        let all = tasks.iter().map(|(_, task)| task);
        letters::write(app, &tx, (&change, Letter::Planned), all, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
