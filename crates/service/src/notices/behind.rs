//! Jobs that tell many, one after the other: behind what happened, which waits for nobody.

use super::tell;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::notice::Notice;
use liitos_store::jobs::{self, Job};

/// After so long one that failed is tried again.
const AGAIN_SECONDS: i64 = 60;

/// Carries out the jobs of a kind that are due, each of which tells somebody; how many were told. One that fails is tried again, and holds up no other.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(crate) async fn behind(
    app: &App,
    kind: &str,
    tell_of: impl AsyncFn(&App, &Job) -> Result<usize, ServiceError>,
) -> Result<usize, ServiceError> {
    let mut told = 0;
    loop {
        let claimed = jobs::claim(&app.store, app.now(), (&[kind], 1), || app.secret()).await?;
        let Some((job, _)) = claimed.into_iter().next() else { return Ok(told) };
        match tell_of(app, &job).await {
            Ok(count) => {
                told += count;
                jobs::finish(&app.store, &job, job.payload.clone(), app.now()).await?;
            }
            Err(error) => {
                tracing::warn!(job = job.key, kind, error = %error, cause = ?error.source, "not everybody was told");
                jobs::fail(&app.store, &job, &error.to_string(), app.now().plus_seconds(AGAIN_SECONDS)).await?;
            }
        }
    }
}

/// Tells one, in a transaction of its own; whether that is new.
pub(crate) async fn one(app: &App, same: &str, joiner: &Oid, notice: &Notice) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    let new = tell(app, &tx, same, joiner, notice, app.now()).await?;
    tx.commit().await?;
    Ok(new)
}
