//! The directory as an organisation sees it: its own rights, and the access points it may pick from.

use crate::{Actor, App, ServiceError, applications};
use liitos_domain::Oid;
use liitos_domain::directory::{AccessPoint, Right};
use liitos_domain::identifier::{AccessPointOid, Registry};
use liitos_domain::register::RegisterKind;
use liitos_store::{directory, registers};
use std::collections::BTreeMap;

/// Most access points offered to pick from; of others the number is typed.
const OFFERED: u64 = 100;
/// Most of one owner that are looked through for the next free number.
const TAKEN: u64 = 10_000;

/// The rights of the organisation acted for, a pharmacist's branches' too.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own_rights(app: &App, actor: &Actor) -> Result<Vec<Right>, ServiceError> {
    rights_with_branches(app, actor.joiner()?).await
}

/// The rights of a joiner, and where it is a main pharmacy of its branches.
pub(crate) async fn rights_with_branches(app: &App, joiner: &Oid) -> Result<Vec<Right>, ServiceError> {
    let mut rights = Vec::new();
    for oid in with_branches(app, joiner).await? {
        rights.extend(directory::rights_of(app.store.read(), &oid).await?);
    }
    Ok(rights)
}

/// A joiner, and where it is a main pharmacy its branches.
pub(crate) async fn with_branches(app: &App, joiner: &Oid) -> Result<Vec<Oid>, ServiceError> {
    let mut all = vec![joiner.clone()];
    let pharmacies = applications::pharmacies(app, joiner).await?;
    all.extend(pharmacies.into_iter().map(|(oid, _)| oid).filter(|oid| oid != joiner));
    Ok(all)
}

/// An access point to pick.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The point.
    pub point: AccessPoint,
    /// Who administers it, by the registers.
    pub administrator: String,
    /// How many rights use it now.
    pub users: u64,
}

/// The open access points that are offered: those of some owners themselves, and the intermediaries' unless each must have its own;
/// and for each of the owners the OID proposed for a new one of theirs.
///
/// # Errors
/// L-602 without an organisation.
pub async fn choices(
    app: &App,
    actor: &Actor,
    owners: &[Oid],
    each_its_own: bool,
) -> Result<(Vec<Pick>, Vec<Option<AccessPointOid>>), ServiceError> {
    actor.joiner()?;
    let (db, now) = (app.store.read(), app.now());
    let mut points = match each_its_own {
        true => Vec::new(),
        false => directory::points_below(db, Registry::INTERMEDIARIES, OFFERED).await?,
    };
    let mut taken: Vec<AccessPointOid> = Vec::new();
    let mut proposed = Vec::new();
    for owner in owners {
        let own = directory::points_below(db, owner.as_str(), TAKEN).await?;
        taken.extend(own.iter().map(|point| point.oid.clone()));
        let next = AccessPointOid::next_free(owner, taken.iter()).ok();
        // Two that are proposed at once are not the same.
        taken.extend(next.clone());
        proposed.push(next);
        points.extend(own.into_iter().filter(|point| point.valid.contains(now)).take(OFFERED as usize));
    }
    points.retain(|point| point.valid.contains(now));
    points.sort_by(|one, other| one.oid.cmp(&other.oid));
    points.dedup_by(|one, other| one.oid == other.oid);
    let oids: Vec<&str> = points.iter().map(|point| point.oid.as_str()).collect();
    let users = directory::rights_through(db, &oids, now).await?;
    let mut names: BTreeMap<Oid, String> = BTreeMap::new();
    let mut picks = Vec::new();
    for point in points {
        let administrator = match names.get(&point.administrator) {
            Some(name) => name.clone(),
            None => {
                let found = registers::find(db, RegisterKind::Intermediaries, point.administrator.as_str()).await?;
                let name = found.map_or_else(String::new, |entry| entry.name);
                names.insert(point.administrator.clone(), name.clone());
                name
            }
        };
        let users = users.get(point.oid.as_str()).copied().unwrap_or(0);
        picks.push(Pick { point, administrator, users });
    }
    Ok((picks, proposed))
}
