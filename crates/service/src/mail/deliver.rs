//! Sends what is due in the outbox.

use crate::ports::{Mail, MailError};
use crate::{App, ServiceError};
use liitos_store::jobs::{self, Job};

/// The kind of the outbox's jobs.
pub const JOB_KIND: &str = "mail";

/// Waits before the next tries, in seconds; after the last the mail is given up and shown as failed.
const RETRY_SECONDS: [i64; 5] = [10, 60, 600, 3600, 6 * 3600];

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
        jobs::fail(&app.store, job.key, "payload cannot be read", None).await?;
        return Ok(false);
    };
    let error = match app.mailer.send(&mail).await {
        Ok(()) => {
            jobs::finish(&app.store, job.key, app.now()).await?;
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
    jobs::fail(&app.store, job.key, &error.to_string(), next).await?;
    Ok(false)
}
