//! The directory as an organisation sees it: its own rights, and the access points it may pick from.

use crate::{Actor, App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::directory::{AccessPoint, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_store::directory;

/// The rights of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own_rights(app: &App, actor: &Actor) -> Result<Vec<Right>, ServiceError> {
    Ok(directory::rights_of(app.store.read(), actor.joiner()?).await?)
}

/// The open access points with how many rights use each, and for each of some owners the OID proposed for a new one of theirs.
///
/// # Errors
/// L-602 without an organisation.
pub async fn choices(
    app: &App,
    actor: &Actor,
    owners: &[Oid],
) -> Result<(Vec<(AccessPoint, usize)>, Vec<Option<AccessPointOid>>), ServiceError> {
    actor.joiner()?;
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let now = app.now();
    let mut taken: Vec<AccessPointOid> = rows.access_points.iter().map(|point| point.oid.clone()).collect();
    let next = |owner: &Oid| {
        let proposed = AccessPointOid::next_free(owner, taken.iter()).ok();
        // Two that are proposed at once are not the same.
        taken.extend(proposed.clone());
        proposed
    };
    let proposed = owners.iter().map(next).collect();
    let users =
        |oid: &AccessPointOid| rows.rights.iter().filter(|r| r.access_point == *oid && r.valid.contains(now)).count();
    let open = rows.access_points.iter().filter(|point| point.valid.contains(now));
    Ok((open.map(|point| (point.clone(), users(&point.oid))).collect(), proposed))
}
