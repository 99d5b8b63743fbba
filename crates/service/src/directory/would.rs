//! "Would it be allowed?" – asked by an organisation of its own calls, now or for a planned time.

use super::{Explained, decide_at, with_branches};
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::Request;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, Service};

/// A call that is thought of.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The service.
    pub service: Service,
    /// Through which access point.
    pub access_point: AccessPointOid,
    /// Reading or writing.
    pub operation: Operation,
    /// For which unit.
    pub unit: Option<Oid>,
    /// For which tenant.
    pub tenant: Option<Oid>,
    /// In whose register, in a parallel joining.
    pub organiser: Option<Oid>,
    /// When; `None`: now.
    pub at: Option<Moment>,
}

/// The decision on a call of the organisation acted for – of a pharmacist's branch, through the branch's point –, as the directory is known now.
///
/// # Errors
/// L-602 without an organisation.
pub async fn would(app: &App, actor: &Actor, wish: &Wish) -> Result<Explained, ServiceError> {
    let now = app.now();
    // A branch joins in its own name, through its own point.
    let owner = wish.access_point.administrator();
    let all = with_branches(app, actor.joiner()?).await?;
    let joiner = all.iter().find(|oid| **oid == owner).unwrap_or(actor.joiner()?);
    let request = Request {
        access_point: &wish.access_point,
        certificate: None,
        source: None,
        service: wish.service,
        operation: wish.operation,
        joiner,
        unit: wish.unit.as_ref(),
        tenant: wish.tenant.as_ref(),
        system: None,
        organiser: wish.organiser.as_ref().into(),
    };
    decide_at(app, &request, wish.at.unwrap_or(now), now).await
}
