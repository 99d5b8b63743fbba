//! Who calls the archive: a joiner for itself, or a host for a tenant of its own, each with the controllers that are theirs.

use super::Door;
use super::controllers::controllers_at;
use crate::directory::{decide_held, decide_on};
use crate::{App, ServiceError};
use liitos_domain::archive::{Family, Ground, LetIn, Terms};
use liitos_domain::directory::{Decision, Organiser, Request};
use liitos_domain::register::{RegisterKind, SystemFacts};
use liitos_domain::service_code::{ConnectionModel, Operation};
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::archive::{self, Comer, Rests};
use liitos_store::{directory, registers};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A caller that the directory lets.
pub(super) struct Caller {
    /// The facts that the front door verified.
    pub(super) door: Arc<Door>,
    /// The joiner; the host, where it calls for a tenant.
    pub(super) joiner: Oid,
    /// The controllers of whom it calls for: of the tenant alone, where one is named, since each keeps its own documents (guide 4.2). None in a
    /// parallel joining.
    pub(super) controllers: Vec<Oid>,
    /// The system that calls, by its number in the register of systems.
    system: Option<String>,
    /// What decision and controllers rest on.
    pub(super) rests: Rests,
    /// In a parallel joining the controllers of the organisers beside whom it joined: it works in their registers alone.
    organisers: Option<BTreeSet<Oid>>,
}

impl Caller {
    /// The tenant, where one is named; a joiner that names itself calls for itself.
    pub(super) fn tenant(&self) -> Option<&Oid> {
        tenant_of(&self.door, &self.joiner)
    }

    /// The unit for which it calls, by what it names; a host that calls for a tenant uses no right of its own units.
    pub(super) fn unit<'a>(&'a self, represented: &'a Oid) -> &'a Oid {
        self.tenant().unwrap_or(represented)
    }

    /// The controllers of the organisers beside whom it joined, in a parallel joining.
    pub(super) fn organisers(&self) -> impl Iterator<Item = &Oid> {
        self.organisers.iter().flatten()
    }

    /// Who it is where it was let in. `represented`: the organisation that it names.
    pub(super) fn comer<'a>(&'a self, represented: &'a Oid) -> Comer<'a> {
        Comer { unit: self.unit(represented), organisation: self.tenant().unwrap_or(&self.joiner) }
    }

    /// Of what it was let into, what its joining and its system open; and what patients want, which whoever treats them writes down.
    pub(super) async fn open(
        &self,
        app: &App,
        mut all: Vec<LetIn>,
        family: Family,
    ) -> Result<Vec<LetIn>, ServiceError> {
        if let Some(organisers) = &self.organisers {
            all.retain(|one| organisers.contains(&one.by));
        }
        if family == Family::Social && !all.is_empty() {
            self.as_its_system_can(app, &mut all).await?;
        }
        if self.organisers.is_none() {
            all.extend(LetIn::wills(family));
        }
        Ok(all)
    }

    /// A register access right is used only with a system that has the function; of what is under a security ban a system is told only whose entry
    /// says that it handles it.
    async fn as_its_system_can(&self, app: &App, all: &mut Vec<LetIn>) -> Result<(), ServiceError> {
        let systems: Vec<&str> = self.system.as_deref().into_iter().collect();
        let known = registers::known(app.store.read(), RegisterKind::Systems, &systems).await?;
        let facts = known.into_values().next().map(|(_, entry)| SystemFacts::of(&entry));
        if facts.as_ref().and_then(|facts| facts.register_access) == Some(false) {
            all.clear();
        }
        let handles = facts.and_then(|facts| facts.security_ban) == Some(true);
        for one in all {
            if let Terms::Register { banned, .. } = &mut one.terms {
                *banned = handles;
            }
        }
        Ok(())
    }

    /// Why its own controllers' documents are open to it.
    pub(super) fn ground(&self) -> Ground {
        if self.tenant().is_some() { Ground::Tenant } else { Ground::Own }
    }

    /// Why a controller's documents are open to it, where they are: by what it was let into.
    pub(super) fn ground_in(&self, controller: &Oid, let_in: &[LetIn]) -> Option<Ground> {
        if self.controllers.contains(controller) {
            return Some(self.ground());
        }
        let_in.iter().find(|one| one.by == *controller).map(LetIn::ground)
    }

    /// For whom a supplier would sign by agreement (guide 3.3), and with which system: the one that calls.
    pub(super) fn agrees(&self) -> Option<(&Oid, &str)> {
        Some((self.tenant().unwrap_or(&self.joiner), self.system.as_deref()?))
    }

    /// Whose certificates may sign for it without more (guide 3.3): the joiner's own; a tenant's own, or by agreement its host's.
    pub(super) fn lawful_signers(&self) -> Vec<&Oid> {
        [Some(&self.joiner), self.tenant()].into_iter().flatten().collect()
    }
}

fn tenant_of<'d>(door: &'d Door, joiner: &Oid) -> Option<&'d Oid> {
    door.tenant.as_ref().filter(|tenant| *tenant != joiner)
}

fn request<'a>(
    door: &'a Door,
    represented: &'a Oid,
    (service, operation): (Service, Operation),
    organiser: Organiser<'a>,
) -> Request<'a> {
    Request {
        access_point: &door.access_point,
        certificate: None,
        source: None,
        service,
        operation,
        joiner: represented,
        unit: None,
        tenant: door.tenant.as_ref(),
        system: None,
        organiser,
    }
}

/// A caller whom the directory lets into its own registers, by what was read of directory and registers last: before anything rests on it, it
/// is to be seen that both are the newest. Nothing where that does not say it.
pub(super) fn caller_held(
    app: &App,
    door: &Arc<Door>,
    represented: &Oid,
    what: (Service, Operation),
) -> Option<Caller> {
    let decision =
        decide_held(app, &request(door, represented, what, Organiser::Nobody)).filter(Decision::permitted)?;
    let joiner = decision.joiner.clone().unwrap_or_else(|| represented.clone());
    let (controllers, imports) = app.controllers.held(tenant_of(door, &joiner).unwrap_or(&joiner), app.now())?;
    let rests = Rests { version: decision.directory_version.1, imports, runs: (0, 0) };
    Some(Caller { door: Arc::clone(door), joiner, controllers, system: decision.system, rests, organisers: None })
}

/// The caller, if the directory lets it: into its own registers, or where it has joined beside organisers alone, into theirs.
pub(super) async fn caller(
    app: &App,
    door: &Arc<Door>,
    represented: &Oid,
    what: (Service, Operation),
) -> Result<Result<Caller, RefusalCode>, ServiceError> {
    caller_by(app, door, represented, what, archive::rests(app.store.read()).await?).await
}

/// The same by what documents rest on.
async fn caller_by(
    app: &App,
    door: &Arc<Door>,
    represented: &Oid,
    what: (Service, Operation),
    rests: Rests,
) -> Result<Result<Caller, RefusalCode>, ServiceError> {
    let asked = request(door, represented, what, Organiser::Nobody);
    let decision = decide_on(app, rests.version, &asked).await?;
    let joiner = decision.joiner.clone().unwrap_or_else(|| represented.clone());
    match decision.code() {
        None => {
            let controllers = controllers_at(app, tenant_of(door, &joiner).unwrap_or(&joiner), rests.imports).await?;
            let (door, system) = (Arc::clone(door), decision.system);
            Ok(Ok(Caller { door, joiner, controllers, system, rests, organisers: None }))
        }
        Some(RefusalCode::OrganiserForeign) => beside(app, door, (represented, joiner), what, rests).await,
        Some(code) => Ok(Err(code)),
    }
}

/// A caller that has joined beside organisers alone.
async fn beside(
    app: &App,
    door: &Arc<Door>,
    (represented, joiner): (&Oid, Oid),
    what: (Service, Operation),
    rests: Rests,
) -> Result<Result<Caller, RefusalCode>, ServiceError> {
    let rights = directory::rights_of(app.store.read(), &joiner).await?;
    let fitting = rights.into_iter().filter(|right| {
        right.model == ConnectionModel::Parallel && (right.service, &right.access_point) == (what.0, &door.access_point)
    });
    let (mut organisers, mut permitted) = (BTreeSet::new(), Err(RefusalCode::OrganiserForeign));
    let mut system = None;
    for organiser in fitting.filter_map(|right| right.organiser).collect::<BTreeSet<Oid>>() {
        let asked = request(door, represented, what, Organiser::Named(&organiser));
        let decision = decide_on(app, rests.version, &asked).await?;
        match decision.code() {
            None => {
                organisers.extend(controllers_at(app, &organiser, rests.imports).await?);
                (permitted, system) = (Ok(()), decision.system);
            }
            Some(code) if permitted.is_err() => permitted = Err(code),
            Some(_) => {}
        }
    }
    let (door, controllers) = (Arc::clone(door), Vec::new());
    let caller = |()| Caller { door, joiner, controllers, system, rests, organisers: Some(organisers) };
    Ok(permitted.map(caller))
}

/// The same for whoever reads.
///
/// # Errors
/// L-2xx when the directory does not permit it.
pub(super) async fn reader(app: &App, door: &Door, service: Service) -> Result<Caller, ServiceError> {
    reader_by(app, door, service, archive::rests(app.store.read()).await?).await
}

/// The same by what documents rest on.
///
/// # Errors
/// As [`reader`].
pub(super) async fn reader_by(app: &App, door: &Door, service: Service, rests: Rests) -> Result<Caller, ServiceError> {
    let door = Arc::new(door.clone());
    let found = caller_by(app, &door, &door.represented, (service, Operation::Read), rests).await?;
    found.map_err(|code| ServiceError::refused(code, "directory"))
}
