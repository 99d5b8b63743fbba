//! Who is late, for the operator.

use super::standings;
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::{Obliged, Standing, obliged};
use liitos_domain::register::{IN_SOCIAL_CARE, RegisterKind};
use liitos_domain::{Duty, Moment};
use liitos_store::{directory, registers, service_tasks};

/// Everybody who has to join, and how far they have come.
#[derive(Clone, Debug)]
pub struct Watch {
    /// As of when.
    pub at: Moment,
    /// Everybody, those who come last first.
    pub all: Vec<Obliged>,
}

/// Everybody who has to join by the register as it is now.
///
/// # Errors
/// L-602 without the position.
pub async fn watch(app: &App, actor: &Actor) -> Result<Watch, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let (db, at) = (app.store.read(), app.now());
    let entries = registers::saying(db, RegisterKind::Sote, (IN_SOCIAL_CARE, "T")).await?;
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let standings = standings(app, &rows, at).await?;
    let standing = |oid: &_| standings.get(oid).copied().unwrap_or(Standing::Nothing);
    let said = service_tasks::all(db).await?;
    let tasks = |oid: &_| said.get(oid).map(|said| said.tasks.clone());
    Ok(Watch { at, all: obliged(&entries, at, standing, tasks) })
}
