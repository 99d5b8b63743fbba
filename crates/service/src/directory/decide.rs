//! The same decision as at the door, asked by a person or a program.

use super::content;
use crate::{App, ServiceError};
use liitos_domain::directory::{Decision, Request, Snapshot, decide};
use liitos_domain::{Moment, Oid};
use liitos_store::directory;

/// A decision with the directory version that was looked at.
#[derive(Debug, serde::Serialize)]
pub struct Explained {
    /// The decision.
    #[serde(flatten)]
    pub decision: Decision,
    /// The time asked about.
    pub at: Moment,
    /// The time whose knowledge was used.
    pub known_at: Moment,
}

/// Decides on the newest directory, now.
///
/// # Errors
/// [`ServiceError`].
pub async fn decide_now(app: &App, request: &Request<'_>) -> Result<Decision, ServiceError> {
    decide_on(app, directory::version(app.store.read()).await?, request).await
}

/// Decides on the directory at its newest version, which whoever asks has read, now.
///
/// # Errors
/// [`ServiceError`].
pub(crate) async fn decide_on(app: &App, version: u64, request: &Request<'_>) -> Result<Decision, ServiceError> {
    let published = super::publication::at(app, version).await?;
    Ok(decide(&published.snapshot, request, app.now()))
}

/// Decides on the directory that was read last, now; nothing where none was. Whoever asks sees to it, before anything rests on the answer,
/// that its version is the newest.
pub(crate) fn decide_held(app: &App, request: &Request<'_>) -> Option<Decision> {
    let (held, now) = (super::publication::held(app)?, app.now());
    Some(decide(&held.snapshot, request, now))
}

/// Whose unit something is now, by the directory that was read last.
pub(crate) fn joiner_held(app: &App, unit: &Oid) -> Option<Oid> {
    super::publication::held(app)?.snapshot.joiner_of(unit, app.now())
}

/// Decides at a time, as known at a time: "who was allowed at 00:05, and what did we believe then?"
///
/// # Errors
/// [`ServiceError`].
pub async fn decide_at(
    app: &App,
    request: &Request<'_>,
    at: Moment,
    known_at: Moment,
) -> Result<Explained, ServiceError> {
    let version = directory::version_at(app.store.read(), known_at).await?;
    let mut content = content(app, 0, (version, known_at), known_at).await?;
    // The question is about the directory, not about how long a gateway may trust its copy.
    content.expires_at = Moment::from_micros(i64::MAX);
    Ok(Explained { decision: decide(&Snapshot::build(content)?, request, at), at, known_at })
}
