//! The outbox, for the operator.

use super::JOB_KIND;
use crate::ports::Mail;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::jobs::{self, Job};

/// Mails shown.
const SHOWN: u64 = 50;

/// The newest mails with their delivery state.
///
/// # Errors
/// L-602 without the position.
pub async fn outbox(app: &App, actor: &Actor) -> Result<Vec<(Mail, Job)>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let jobs = jobs::newest(app.store.read(), JOB_KIND, SHOWN).await?;
    Ok(jobs.into_iter().filter_map(|job| Some((serde_json::from_str(&job.payload).ok()?, job))).collect())
}
