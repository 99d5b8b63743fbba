//! In which service tasks does the organisation work?

use super::concerned;
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::Item;
use liitos_domain::{Act, RefusalCode};
use liitos_store::audit;
use liitos_store::service_tasks::{self, Said};
use std::collections::BTreeSet;

/// Says in which service tasks the organisation acted for works, in place of what it has said before: whoever prepares its applications may, joined or not.
///
/// # Errors
/// L-602 without the position; L-605 where the obligation does not concern it; L-606 for what is no service task.
pub async fn say(app: &App, actor: &Actor, tasks: BTreeSet<Item>) -> Result<(), ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Prepare, now)?;
    if !concerned(app, joiner).await? {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "obligation"));
    }
    if !tasks.iter().all(|task| task.is_task()) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "task"));
    }
    let said = Said { tasks, at: now };
    let tx = app.store.begin().await?;
    service_tasks::say(&tx, joiner, &said, &actor.reference).await?;
    let details = serde_json::json!({ "tasks": said.tasks });
    let event = audit::Event { actor: &actor.reference, action: "obligation.said", subject: joiner.as_str(), details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
