//! Requests that are carried out once, whoever sends them again.

use crate::{App, ServiceError};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::answers;
pub use liitos_store::answers::{Answer, Known, Lease};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument as _;

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
    let carrying_out = async move {
        let (mut work, mut lease) = (pin!(work), lease);
        let (told, answer) = loop {
            tokio::select! {
                done = &mut work => break done,
                () = tokio::time::sleep(Duration::from_secs(answers::RENEWED_SECONDS)) => {}
            }
            // Never given up half-way: whose lease was renewed must know it. What cannot be said now is said the next time.
            if let Err(error) = answers::renew(&app.store, (&owner, &key), &mut lease, app.now()).await {
                tracing::warn!(error = %error, "a running request could not be renewed");
            }
        };
        answers::end(&app.store, (&owner, &key), lease, answer.as_ref()).await?;
        Ok(told)
    };
    let done = tokio::spawn(carrying_out.in_current_span()).await;
    done.map_err(|_| ServiceError::refused(RefusalCode::Internal, "request"))?
}
