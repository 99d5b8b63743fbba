//! Requests that are carried out once, whoever sends them again.

use crate::{App, ServiceError};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::answers;
pub use liitos_store::answers::{Answer, Known, Lease};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// Begins a request under a key of its sender, unless it was begun before.
///
/// # Errors
/// [`ServiceError`].
pub async fn begin(app: &App, key: (&str, &str), request: &Sha256Hash) -> Result<Known, ServiceError> {
    Ok(answers::begin(&app.store, key, request, app.now()).await?)
}

/// Carries a request out that was begun, to its end even when nobody waits for it any more, and keeps its answer; one without an
/// answer to keep is forgotten and may be sent again.
///
/// # Errors
/// [`ServiceError`] when the work panicked or the answer could not be kept.
pub async fn carried_out<T: Send + 'static>(
    app: Arc<App>,
    (owner, key): (String, String),
    lease: Lease,
    work: impl Future<Output = (T, Option<Answer>)> + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::spawn(async move {
        let lease = Mutex::new(lease);
        let (told, answer) = tokio::select! {
            done = work => done,
            never = keep_saying(&app, (&owner, &key), &lease) => match never {},
        };
        answers::end(&app.store, (&owner, &key), lease.into_inner(), answer.as_ref()).await?;
        Ok(told)
    });
    done.await.map_err(|_| ServiceError::refused(RefusalCode::Internal, "request"))?
}

/// Says every now and then that a request is being carried out, for as long as it is.
async fn keep_saying(app: &App, key: (&str, &str), lease: &Mutex<Lease>) -> Infallible {
    loop {
        tokio::time::sleep(Duration::from_secs(answers::RENEWED_SECONDS)).await;
        // What cannot be said now is said the next time.
        if let Err(error) = answers::renew(&app.store, key, &mut *lease.lock().await, app.now()).await {
            tracing::warn!(error = %error, "a running request could not be renewed");
        }
    }
}
