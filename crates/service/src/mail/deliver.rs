//! Sends what is due in the outbox.

use crate::ports::{Mail, MailError};
use crate::{App, ServiceError};
use liitos_store::jobs::{self, Job};
use std::time::Duration;

/// The kind of the outbox's jobs.
pub const JOB_KIND: &str = "mail";

/// Waits before the next tries, in seconds; after the last the mail is given up and shown as failed.
const RETRY_SECONDS: [i64; 5] = [10, 60, 600, 3600, 6 * 3600];

/// How long the mail server may take: less than [`jobs::CLAIM_SECONDS`].
const SEND_PATIENCE: Duration = Duration::from_secs(45);

/// Sends every mail that is due; how many were sent.
///
/// # Errors
/// [`ServiceError`] when the database fails; a mail server that fails is no error here.
pub async fn deliver_due(app: &App) -> Result<usize, ServiceError> {
    let mut sent = 0;
    while let Some(job) = jobs::claim(&app.store, app.now()).await? {
        sent += usize::from(deliver(app, &job).await?);
    }
    Ok(sent)
}

async fn deliver(app: &App, job: &Job) -> Result<bool, ServiceError> {
    let Ok(mail) = serde_json::from_str::<Mail>(&job.payload) else {
        jobs::fail(&app.store, job, "payload cannot be read", None).await?;
        return Ok(false);
    };
    // Well under the claim's time, so that no second worker sends it meanwhile.
    let sent = tokio::time::timeout(SEND_PATIENCE, app.mailer.send(&mail)).await;
    let error = match sent.unwrap_or_else(|_| Err(MailError::Later("no answer in time".to_owned()))) {
        Ok(()) => {
            // What only its recipient may see is not kept once it is sent.
            let left = serde_json::to_string(&Mail { secret: None, ..mail })?;
            jobs::finish(&app.store, job, left, app.now()).await?;
            return Ok(true);
        }
        Err(error) => error,
    };
    tracing::warn!(job = job.key, attempts = job.attempts, error = %error, "mail was not sent");
    let wait = match error {
        MailError::Never(_) => None,
        MailError::Later(_) => RETRY_SECONDS.get(usize::try_from(job.attempts.saturating_sub(1)).unwrap_or(usize::MAX)),
    };
    let next = wait.map(|seconds| app.now().plus_seconds(*seconds));
    jobs::fail(&app.store, job, &error.to_string(), next).await?;
    Ok(false)
}
