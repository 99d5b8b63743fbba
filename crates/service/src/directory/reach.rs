//! The rows that a change could meet or touch, found without reading the whole directory.

use crate::{App, ServiceError};
use liitos_domain::directory::{Effect, Reach, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Interval, Oid, Service};
use liitos_store::directory::{self, About};
use liitos_store::{register_family, registers};
use std::collections::BTreeSet;

/// Rows of the directory, with the register's entries above and below their joiners: id, parent, validity.
pub(super) struct Reached {
    pub(super) rows: Rows,
    pub(super) family: Vec<(String, String, Interval)>,
}

/// The rows that a change could meet: whether it can be applied is told by these as by all. For a change that opens no closing,
/// since one may name a system that anybody uses.
pub(crate) async fn met(app: &App, effect: &Effect) -> Result<Rows, ServiceError> {
    let joiners = Reach::of(effect).joiners.into_iter().cloned().collect();
    Ok(directory::about(app.store.read(), &about(effect, joiners)).await?)
}

/// All rows that the answer to a call could rest on which a change touches, as known now: those of the joiners that it names and of
/// who has a right through its access points, with those above and below these in the register, whose units or joiners they are.
pub(super) async fn reached(app: &App, effect: &Effect) -> Result<Reached, ServiceError> {
    let db = app.store.read();
    let reach = Reach::of(effect);
    if !reach.closings.is_empty() {
        return everything(app).await;
    }
    let points: BTreeSet<AccessPointOid> = reach.points.iter().map(|point| (*point).clone()).collect();
    let mut joiners: BTreeSet<Oid> = reach.joiners.into_iter().cloned().collect();
    joiners.extend(directory::joiners_through(db, &points).await?);
    let family = register_family::family(db, RegisterKind::Sote, joiners.iter().map(Oid::as_str)).await?;
    let related = family.iter().flat_map(|(id, parent, _)| [id, parent]).filter_map(|id| Oid::parse(id).ok());
    joiners.extend(related);
    Ok(Reached { rows: directory::about(db, &about(effect, joiners)).await?, family })
}

/// The whole directory.
pub(super) async fn everything(app: &App) -> Result<Reached, ServiceError> {
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    Ok(Reached { rows, family: registers::children_at(db, RegisterKind::Sote, app.now()).await? })
}

fn about(effect: &Effect, joiners: BTreeSet<Oid>) -> About {
    let opened = effect.rights_opened.iter();
    let receiving = opened.clone().filter(|right| right.service == Service::RenewalReception);
    About {
        joiners,
        points: Reach::of(effect).points.into_iter().chain(opened.map(|right| &right.access_point)).cloned().collect(),
        receiving: receiving.filter_map(|right| right.unit.clone()).collect(),
    }
}
