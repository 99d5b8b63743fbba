//! The archivist's desk: a person who looks for, reads and declares void what is in their own organisation's registers, and sees who used it.
//!
//! Only a person may, who holds the position and signed in with the very card that is on record (Extranet guide 3.1.4): of the documents of the services
//! that it is on record for, patients' with prescriptions, clients' of social care, or both.

mod invalidate;
mod read;
mod search;
mod summarise;
mod uses;

pub use invalidate::invalidate;
pub use liitos_store::archive::{Line, Listed};
pub use read::{Opened, Version, read};
pub use search::search;
pub use summarise::summarise;
pub use uses::{LINES, UsesAsked, uses};

use crate::archive::controllers_of;
use crate::controller_runs::Cells;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act as Done, Family, Ground, Use};
use liitos_domain::contacts::Kept;
use liitos_domain::plan::ContactRole;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Act, Oid, RefusalCode, Service, Sha256Hash};
use liitos_store::{contacts, controller_runs, directory};
use std::collections::BTreeSet;

/// Whether somebody may come to the desk.
///
/// # Errors
/// L-602 for whoever is no archivist; L-616 when they signed in with another card, or none; L-617 when there is no register of their own.
pub async fn enter(app: &App, actor: &Actor) -> Result<(), ServiceError> {
    Desk::open(app, actor).await.map(drop)
}

/// An archivist at the desk.
struct Desk {
    /// The person's reference.
    by: String,
    /// Whose archivist.
    joiner: Oid,
    /// The controllers whose registers they look after.
    controllers: Vec<Oid>,
    /// The services whose documents they look after there.
    services: Vec<Service>,
}

impl Desk {
    /// Lets an archivist to the desk.
    ///
    /// # Errors
    /// As [`enter`].
    async fn open(app: &App, actor: &Actor) -> Result<Self, ServiceError> {
        actor.must_be_person()?;
        let joiner = actor.must(Act::Archive, app.now())?.clone();
        let on_record = on_record(app, actor, &joiner).await?;
        if on_record.is_empty() {
            return Err(ServiceError::refused(RefusalCode::CardNotOnRecord, "card"));
        }
        let controllers = controllers_of(app, &joiner).await?;
        let services = kept(app, &joiner, &controllers, on_record).await?;
        let services: Vec<Service> = services.into_iter().flat_map(Family::looked_after).copied().collect();
        if controllers.is_empty() || services.is_empty() {
            return Err(ServiceError::refused(RefusalCode::NoOwnRegister, "register"));
        }
        Ok(Self { by: actor.reference.clone(), joiner, controllers, services })
    }

    /// A line of the use log about what is done at the desk.
    fn line(&self, app: &App, act: Done, controller: &Oid) -> Use {
        Use {
            at: app.now(),
            by: self.by.clone(),
            act,
            ground: Ground::Archivist,
            controller: controller.clone(),
            joiner: self.joiner.clone(),
            tenant: None,
            document: None,
            person: None,
            decision: String::new(),
            more: None,
        }
    }
}

/// The services for which the card that was used is on record, by the joiner's contacts.
async fn on_record(app: &App, actor: &Actor, joiner: &Oid) -> Result<Vec<Service>, ServiceError> {
    let Some(used) = actor.card else { return Ok(Vec::new()) };
    let contacts = contacts::of_joiner(app.store.read(), joiner).await?;
    let its = |kept: &&Kept| kept.person.card.as_deref().is_some_and(|card| Sha256Hash::of(card.as_bytes()) == used);
    let held = contacts.in_role(ContactRole::Archivist).filter(its).flat_map(|kept| &kept.holds);
    let services: BTreeSet<Service> =
        held.filter(|held| held.role == ContactRole::Archivist).filter_map(|held| held.service).collect();
    Ok(services.into_iter().collect())
}

/// Of services those with whose documents a joiner stores, or ever stored, into a register of its own, or one was brought to it: a producer in a parallel joining
/// stores into its organiser's alone.
async fn kept(
    app: &App,
    joiner: &Oid,
    controllers: &[Oid],
    services: Vec<Service>,
) -> Result<Vec<Service>, ServiceError> {
    let db = app.store.read();
    let rights = directory::rights_of(db, joiner).await?;
    let own = |service: &Service| {
        let its = Family::looked_after(*service);
        rights.iter().any(|right| its.contains(&right.service) && right.model != ConnectionModel::Parallel)
    };
    let (mut kept, mut unsure): (Vec<Service>, Vec<Service>) = services.into_iter().partition(own);
    if unsure.is_empty() {
        return Ok(kept);
    }
    let succession = controller_runs::succession(db).await?;
    let named = controllers.iter().flat_map(|one| succession.named(one)).collect();
    let mut cells = Cells::named(named, 0);
    while let Some(some) = cells.next(app).await? {
        let held = |cell| succession.held(cell).iter().any(|held| controllers.contains(held.controller));
        for one in some.iter().filter(|one| held(&one.cell)) {
            let service = one.cell.register.family.service();
            kept.extend(unsure.extract_if(.., |unsure| Family::looked_after(*unsure).contains(&service)));
        }
        if unsure.is_empty() {
            break;
        }
    }
    Ok(kept)
}
