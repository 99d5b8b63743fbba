//! The archivist's desk: a person who looks for, reads and declares void what is in their own organisation's registers, and sees who used it.
//!
//! Only a person may, who holds the position and signed in with the very card that is on record (Extranet guide 3.1.4).

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
use liitos_domain::archive::{Act as Done, Ground, Use};
use liitos_domain::plan::ContactRole;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Act, Oid, RefusalCode, Service, Sha256Hash};
use liitos_store::{contacts, controller_runs, directory};

/// The services whose documents are archived.
const ARCHIVED: [Service; 3] = [Service::PatientData, Service::SocialClientData, Service::Prescription];

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
}

impl Desk {
    /// Lets an archivist to the desk.
    ///
    /// # Errors
    /// As [`enter`].
    async fn open(app: &App, actor: &Actor) -> Result<Self, ServiceError> {
        actor.must_be_person()?;
        let joiner = actor.must(Act::Archive, app.now())?.clone();
        if !on_record(app, actor, &joiner).await? {
            return Err(ServiceError::refused(RefusalCode::CardNotOnRecord, "card"));
        }
        let controllers = controllers_of(app, &joiner).await?;
        if controllers.is_empty() || !keeps_its_own(app, &joiner, &controllers).await? {
            return Err(ServiceError::refused(RefusalCode::NoOwnRegister, "register"));
        }
        Ok(Self { by: actor.reference.clone(), joiner, controllers })
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

/// Whether the card that was used is an archivist's by the joiner's contacts.
async fn on_record(app: &App, actor: &Actor, joiner: &Oid) -> Result<bool, ServiceError> {
    let Some(used) = actor.card else { return Ok(false) };
    let contacts = contacts::of_joiner(app.store.read(), joiner).await?;
    let archivists = contacts.in_role(ContactRole::Archivist);
    let cards = archivists.filter_map(|kept| kept.person.card.as_deref());
    Ok(cards.map(|card| Sha256Hash::of(card.as_bytes())).any(|card| card == used))
}

/// Whether a joiner stores, or ever stored, into a register of its own, or one was brought to it: a producer in a parallel joining stores into its organiser's
/// alone.
async fn keeps_its_own(app: &App, joiner: &Oid, controllers: &[Oid]) -> Result<bool, ServiceError> {
    let db = app.store.read();
    let rights = directory::rights_of(db, joiner).await?;
    let mut archived = rights.iter().filter(|right| ARCHIVED.contains(&right.service));
    if archived.any(|right| right.model != ConnectionModel::Parallel) {
        return Ok(true);
    }
    let succession = controller_runs::succession(db).await?;
    let named = controllers.iter().flat_map(|one| succession.named(one)).collect();
    let mut cells = Cells::named(named, 0);
    while let Some(some) = cells.next(app).await? {
        let held = |cell| succession.held(cell).iter().any(|held| controllers.contains(held.controller));
        if some.iter().any(|one| held(&one.cell)) {
            return Ok(true);
        }
    }
    Ok(false)
}
