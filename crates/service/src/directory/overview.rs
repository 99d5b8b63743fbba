//! The directory as the operator sees it.

use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::directory::Rows;
use liitos_store::directory::{self, Change};

/// Changes shown.
const CHANGES: u64 = 20;

/// The newest version, its rows, and the last changes.
///
/// # Errors
/// L-602 without the position.
pub async fn overview(app: &App, actor: &Actor) -> Result<(u64, Rows, Vec<Change>), ServiceError> {
    actor.must_see(Duty::Keep)?;
    let db = app.store.read();
    let version = directory::version(db).await?;
    Ok((version, directory::rows(db, version).await?, directory::changes(db, CHANGES).await?))
}
