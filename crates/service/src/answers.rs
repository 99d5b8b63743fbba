//! Requests that are carried out once, whoever sends them again.

use crate::{App, ServiceError};
use liitos_domain::Sha256Hash;
use liitos_store::answers;
pub use liitos_store::answers::{Answer, Known};

/// Begins a request under a key of its sender, unless it was begun before.
///
/// # Errors
/// [`ServiceError`].
pub async fn begin(app: &App, key: (&str, &str), request: &Sha256Hash) -> Result<Known, ServiceError> {
    Ok(answers::begin(&app.store, key, request, app.now()).await?)
}

/// Keeps the answer to a request that was begun, or forgets that it was begun.
///
/// # Errors
/// [`ServiceError`].
pub async fn end(app: &App, key: (&str, &str), answer: Option<&Answer>) -> Result<(), ServiceError> {
    Ok(answers::end(&app.store, key, answer).await?)
}
