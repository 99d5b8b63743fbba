//! The operator accepts a test.

use super::{DeploymentTest, followed, keep, state_forbids, tell};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError, changes};
use liitos_domain::deployment_test::Course;
use liitos_domain::notice::DeploymentTestNews;

/// Accepts the report of a test: what it was made around counts it as done.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else decided at the same time; L-605 when no report waits; L-609 when there is none.
pub async fn accept(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Office, number).await?;
    if one.course != Course::Sent {
        return Err(state_forbids(&one));
    }
    let now = app.now();
    let next = DeploymentTest { course: Course::Accepted, ..one };
    let tx = app.store.begin().await?;
    keep(&tx, &next, ("accepted", actor, Desk::Office), None, now).await?;
    tell(app, &tx, (&next, DeploymentTestNews::Accepted), now).await?;
    tx.commit().await?;
    if let Some(change) = &next.content.change {
        changes::check_one(app, change).await;
    }
    Ok(())
}
