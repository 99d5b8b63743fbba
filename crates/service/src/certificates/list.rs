//! An organisation's certificates, as far as they were shown to us.

use crate::{Actor, App, ServiceError};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::identifier::nodes::same_owner;
use liitos_domain::{Moment, Oid};
use liitos_store::certificates::{self, KnownCertificate};
use std::collections::BTreeSet;

/// Those of the organisation acted for that have not ended, the first to end first.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<KnownCertificate>, ServiceError> {
    let joiner = actor.joiner()?;
    let all = certificates::ending_after(app.store.read(), app.now()).await?;
    Ok(all.into_iter().filter(|known| keeper(known).is_some_and(|keeper| same_owner(&keeper, joiner))).collect())
}

/// Who holds a certificate that is valid at a moment, as far as it is known.
pub(crate) async fn holders(app: &App, at: Moment) -> Result<Vec<Oid>, ServiceError> {
    let all = certificates::ending_after(app.store.read(), at).await?.into_iter();
    let mut holders: Vec<Oid> =
        all.filter(|known| known.valid.contains(at)).filter_map(|known| Oid::parse(&known.holder).ok()).collect();
    holders.sort();
    holders.dedup();
    Ok(holders)
}

/// Those that have not ended of some access points, and of some joiners whatever they are for.
pub(crate) async fn of_owners(
    app: &App,
    points: &BTreeSet<&str>,
    joiners: &[&Oid],
) -> Result<Vec<KnownCertificate>, ServiceError> {
    let all = certificates::ending_after(app.store.read(), app.now()).await?;
    let theirs = |known: &KnownCertificate| {
        let keeper = keeper(known);
        let joiner = |joiner: &&&Oid| keeper.as_ref().is_some_and(|keeper| same_owner(keeper, joiner));
        points.contains(known.holder.as_str()) || joiners.iter().find(joiner).is_some()
    };
    Ok(all.into_iter().filter(theirs).collect())
}

/// Who keeps a certificate: an access point's administrator, or the signer.
pub(super) fn keeper(known: &KnownCertificate) -> Option<Oid> {
    match AccessPointOid::parse(&known.holder) {
        Ok(point) => Some(point.administrator()),
        Err(_) => Oid::parse(&known.holder).ok(),
    }
}
