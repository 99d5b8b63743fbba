//! Sends what is due in the outbox.

use super::{Message, TO_PEOPLE, TO_PROGRAMS, came_back};
use crate::ports::SendError;
use crate::{App, ServiceError};
use liitos_store::jobs::{self, CLAIM_SECONDS, Job};
use liitos_store::{sealed, webhooks};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Waits before the next tries, in seconds; then one every [`AGAIN_SECONDS`] until there were [`TRIES`]: a server may be gone for two days.
const RETRY_SECONDS: [i64; 4] = [10, 60, 600, 3600];
/// The wait before each of the others.
const AGAIN_SECONDS: i64 = 3 * 3600;
/// After so many tries a message is given up.
const TRIES: u32 = 20;

/// How long a server of mail or text messages may take: less than [`CLAIM_SECONDS`], so that no second worker sends the message
/// meanwhile.
const PATIENCE: Duration = Duration::from_secs(CLAIM_SECONDS as u64 - 15);
/// How long a program may take to hear of an event; there are many of them, and they are others'.
const PATIENCE_WITH_PROGRAMS: Duration = Duration::from_secs(10);

/// Sent at once by either way: a server that is slow does not keep all others waiting.
const AT_ONCE: usize = 16;

/// Sends every message that is due; how many were sent.
///
/// # Errors
/// [`ServiceError`] when the database fails, once what was begun has ended; a server that fails is no error here.
pub async fn deliver_due(app: &Arc<App>) -> Result<usize, ServiceError> {
    // The programs of joiners, slow ones too, keep no mail waiting; nor does a server of mail that is gone keep text messages waiting.
    let [mails, texts] = TO_PEOPLE;
    let (mails, texts) = ([mails], [texts]);
    let people = async { tokio::join!(deliver_kinds(app, &mails), deliver_kinds(app, &texts)) };
    let ((mails, texts), programs) = tokio::join!(people, deliver_kinds(app, &TO_PROGRAMS));
    Ok(mails? + texts? + programs?)
}

async fn deliver_kinds(app: &Arc<App>, kinds: &[&str]) -> Result<usize, ServiceError> {
    let (mut sent, mut failed) = (0, None);
    let mut running: JoinSet<Result<bool, ServiceError>> = JoinSet::new();
    loop {
        let free = AT_ONCE.saturating_sub(running.len());
        // By halves, so that a claim is not made for each message alone.
        if failed.is_none() && free >= AT_ONCE / 2 {
            match jobs::claim(&app.store, app.now(), (kinds, free as u64), || app.secret()).await {
                Ok(claimed) => {
                    for (job, ticket) in claimed {
                        let app = Arc::clone(app);
                        running.spawn(async move { deliver(&app, &job, &ticket).await });
                    }
                }
                Err(error) => failed = Some(error.into()),
            }
        }
        match running.join_next().await {
            None => return failed.map_or(Ok(sent), Err),
            Some(Ok(Ok(done))) => sent += usize::from(done),
            Some(Ok(Err(error))) => failed = Some(error),
            // One that panicked waits until its claim ends.
            Some(Err(_)) => {}
        }
    }
}

async fn deliver(app: &App, job: &Job, ticket: &str) -> Result<bool, ServiceError> {
    let Some(message) = Message::of(job) else {
        let tx = app.store.begin().await?;
        jobs::give_up(&tx, job, "payload cannot be read").await?;
        tx.commit().await?;
        return Ok(false);
    };
    let patience = if matches!(message, Message::Hook(_)) { PATIENCE_WITH_PROGRAMS } else { PATIENCE };
    let sent = match tokio::time::timeout(patience, send(app, &message, ticket)).await {
        Ok(sent) => sent?,
        Err(_) => Err(SendError::Away("no answer in time".to_owned())),
    };
    let Err(error) = sent else {
        jobs::finish(&app.store, job, message.left()?, app.now()).await?;
        return Ok(true);
    };
    tracing::warn!(job = job.key, attempts = job.attempts, error = %error, "message was not sent");
    if !matches!(error, SendError::Never(_)) && job.attempts < TRIES {
        let next = app.now().plus_seconds(wait(job.attempts));
        jobs::fail(&app.store, job, &error.to_string(), next).await?;
        return Ok(false);
    }
    let tx = app.store.begin().await?;
    // A server that was away all the time says nothing of whoever is written to.
    if jobs::give_up(&tx, job, &error.to_string()).await? && !matches!(error, SendError::Away(_)) {
        came_back::came_back(app, &tx, &message).await?;
    }
    tx.commit().await?;
    Ok(false)
}

/// The wait after so many tries, in seconds.
fn wait(tries: u32) -> i64 {
    let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    RETRY_SECONDS.get(at).copied().unwrap_or(AGAIN_SECONDS)
}

/// Hands a message on; the outer error is the database's.
async fn send(app: &App, message: &Message, ticket: &str) -> Result<Result<(), SendError>, ServiceError> {
    Ok(match (message, &app.ways.texter) {
        (Message::Mail(mail), _) => {
            let mut files = Vec::new();
            for file in &mail.files {
                let copy = sealed::find(app.store.read(), file.copy).await?;
                files.extend(copy.map(|copy| copy.body));
            }
            app.ways.mailer.send(mail, &files, ticket).await
        }
        (Message::Sms(sms), Some(texter)) => texter.send(sms, ticket).await,
        (Message::Hook(hook), _) => match webhooks::secret(app.store.read(), hook.webhook).await? {
            Some(secret) => app.ways.poster.post(hook, &secret, app.now()).await,
            None => Err(SendError::Never("the webhook has ended".to_owned())),
        },
        (Message::Sms(_), None) => Err(SendError::Never("no gateway for text messages is configured".to_owned())),
    })
}
