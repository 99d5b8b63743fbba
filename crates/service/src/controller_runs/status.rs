//! How runs stand.

use super::found;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::controller_runs::{self, Happened, Run};

/// Runs shown.
const SHOWN: u64 = 200;

/// A run with what happened to it.
#[derive(Clone, Debug)]
pub struct Status {
    /// The run.
    pub run: Run,
    /// What happened to it, the oldest first.
    pub history: Vec<Happened>,
}

/// How a run stands.
///
/// # Errors
/// L-602 without the position; L-609 when there is none with the number.
pub async fn status(app: &App, actor: &Actor, number: &str) -> Result<Status, ServiceError> {
    actor.must_see(Duty::Keep)?;
    let run = found(app, number).await?;
    let history = controller_runs::history(app.store.read(), run.key).await?;
    Ok(Status { run, history })
}

/// All runs, the latest switch first.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Run>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(controller_runs::all(app.store.read(), SHOWN).await?)
}
