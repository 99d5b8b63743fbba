//! Gives a test up.

use super::{DeploymentTest, followed, keep, runs, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::Course;

/// Gives a test up; what it stored stays marked.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed it at the same time; L-605 when it is not being made; L-609 for a foreign one.
pub async fn withdraw(app: &App, actor: &Actor, number: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Own, number).await?;
    if !runs(one.course) {
        return Err(state_forbids(&one));
    }
    super::gather::gather(app, &one).await?;
    let now = app.now();
    let next = DeploymentTest { course: Course::Withdrawn, ..one };
    let tx = app.store.begin().await?;
    keep(&tx, &next, ("withdrawn", actor, Desk::Own), None, now).await?;
    tx.commit().await?;
    Ok(())
}
