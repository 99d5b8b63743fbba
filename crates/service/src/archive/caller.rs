//! Who calls the archive: a joiner for itself, or a host for a tenant of its own, each with the controllers that are theirs.

use super::Door;
use super::controllers::controllers_of;
use crate::{App, ServiceError};
use liitos_domain::archive::Ground;
use liitos_domain::directory::{Decision, Request};
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};

/// A caller that the directory lets.
pub(super) struct Caller<'d> {
    /// The facts that the front door verified.
    pub(super) door: &'d Door,
    /// What the directory decided.
    pub(super) decision: Decision,
    /// The joiner; the host, where it calls for a tenant.
    pub(super) joiner: Oid,
    /// The controllers of whom it calls for: of the tenant alone, where one is named, since each keeps its own documents (guide 4.2).
    pub(super) controllers: Vec<Oid>,
}

impl Caller<'_> {
    /// The tenant, where one is named; a joiner that names itself calls for itself.
    pub(super) fn tenant(&self) -> Option<&Oid> {
        tenant_of(self.door, &self.joiner)
    }

    /// The unit for which it calls, by what it names; a host that calls for a tenant uses no right of its own units.
    pub(super) fn unit<'a>(&'a self, represented: &'a Oid) -> &'a Oid {
        self.tenant().unwrap_or(represented)
    }

    /// Why its own controllers' documents are open to it.
    pub(super) fn ground(&self) -> Ground {
        if self.tenant().is_some() { Ground::Tenant } else { Ground::Own }
    }

    /// Whose certificates may sign for it (guide 3.3): the joiner's own; a tenant's own, or by agreement its host's.
    pub(super) fn lawful_signers(&self) -> Vec<&Oid> {
        [Some(&self.joiner), self.tenant()].into_iter().flatten().collect()
    }
}

fn tenant_of<'d>(door: &'d Door, joiner: &Oid) -> Option<&'d Oid> {
    door.tenant.as_ref().filter(|tenant| *tenant != joiner)
}

/// The directory decides again, on what the message says.
pub(super) async fn decided(
    app: &App,
    door: &Door,
    represented: &Oid,
    (service, operation): (Service, Operation),
) -> Result<Decision, ServiceError> {
    let request = Request {
        access_point: &door.access_point,
        certificate: None,
        source: None,
        service,
        operation,
        joiner: represented,
        unit: None,
        tenant: door.tenant.as_ref(),
        system: None,
        organiser: None,
    };
    crate::directory::decide_now(app, &request).await
}

/// The caller, if the directory lets it.
pub(super) async fn caller<'d>(
    app: &App,
    door: &'d Door,
    represented: &Oid,
    what: (Service, Operation),
) -> Result<Result<Caller<'d>, RefusalCode>, ServiceError> {
    let decision = decided(app, door, represented, what).await?;
    if let Some(code) = decision.code() {
        return Ok(Err(code));
    }
    let joiner = decision.joiner.clone().unwrap_or_else(|| represented.clone());
    let controllers = controllers_of(app, tenant_of(door, &joiner).unwrap_or(&joiner)).await?;
    Ok(Ok(Caller { door, decision, joiner, controllers }))
}

/// The same for whoever reads.
///
/// # Errors
/// L-2xx when the directory does not permit it.
pub(super) async fn reader<'d>(app: &App, door: &'d Door, service: Service) -> Result<Caller<'d>, ServiceError> {
    let found = caller(app, door, &door.represented, (service, Operation::Read)).await?;
    found.map_err(|code| ServiceError::refused(code, "directory"))
}
