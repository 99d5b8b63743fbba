//! Keeps tests that are being made in sight: whose calls are told, and what came out.

use super::digests;
use super::gather::gather;
use crate::{App, ServiceError};
use liitos_store::deployment_tests as stored;
use std::collections::HashSet;

/// Has the gateways asked to tell of every call about test clients, those of the cases and of the tests that are being made, and gathers what came out of these; how many are
/// being made. One of which nothing can be gathered holds up no other.
///
/// # Errors
/// [`ServiceError`] when those that are being made cannot be found.
pub async fn follow(app: &App) -> Result<usize, ServiceError> {
    let running = stored::running(app.store.read()).await?;
    let persons = app.test_cases.persons.iter().chain(running.iter().flat_map(|one| &one.content.persons));
    app.followed.follow(digests::<HashSet<String>>(app, persons)?);
    for one in &running {
        if let Err(error) = gather(app, one).await {
            tracing::error!(test = one.number, error = %error, cause = ?error.source, "what came out of a deployment test was not gathered");
        }
    }
    Ok(running.len())
}
