//! The operator gives a test back, to be made again.

use super::{DeploymentTest, followed, keep, reason, state_forbids, tell};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::Course;
use liitos_domain::notice::DeploymentTestNews;

/// Gives a test back, with a reason: cases can be made again, and its report is sent anew.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else decided at the same time; L-605 when no report waits; L-606 without a reason; L-609 when there is none.
pub async fn give_back(app: &App, actor: &Actor, number: &str, words: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Office, number).await?;
    if one.course != Course::Sent {
        return Err(state_forbids(&one));
    }
    let (reason, now) = (reason(words)?, app.now());
    let next = DeploymentTest { course: Course::Running, ..one };
    let tx = app.store.begin().await?;
    keep(&tx, &next, ("given-back", actor, Desk::Office), Some(reason), now).await?;
    tell(app, &tx, (&next, DeploymentTestNews::GivenBack), now).await?;
    tx.commit().await?;
    Ok(())
}
