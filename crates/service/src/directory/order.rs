//! Changes of the directory that the operator orders without an application.

use super::change::{self, Change};
use crate::{Actor, App, ServiceError, StaffRole};
use liitos_domain::directory::{AccessPoint, Basis, Effect, Order};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::directory;

/// Opens an access point that its administrator has notified.
///
/// # Errors
/// L-602 without the position; L-604 when it is open already.
pub async fn open_access_point(app: &App, actor: &Actor, point: AccessPoint) -> Result<u64, ServiceError> {
    actor.must_be(StaffRole::Registrar)?;
    let effect = Effect { access_points_opened: vec![point], ..Effect::default() };
    order(app, actor, effect, Order::AccessPointNotified).await
}

/// Closes the open rights of a joiner to a service through an access point, from now on.
///
/// # Errors
/// L-602 without the position; L-605 when no such right is open.
pub async fn close_right(
    app: &App,
    actor: &Actor,
    joiner: &Oid,
    service: Service,
    point: &AccessPointOid,
) -> Result<u64, ServiceError> {
    actor.must_be(StaffRole::Registrar)?;
    let now = app.now();
    let rights = directory::rights_of(app.store.read(), joiner).await?;
    let open = rights.into_iter().filter(|r| r.service == service && r.access_point == *point && r.valid.contains(now));
    let effect = Effect { rights_closed: open.map(|right| (right, now)).collect(), ..Effect::default() };
    if effect.is_empty() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "right"));
    }
    order(app, actor, effect, Order::Closing).await
}

async fn order(app: &App, actor: &Actor, effect: Effect, order: Order) -> Result<u64, ServiceError> {
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let change = Change {
        effect: &effect,
        basis: Basis::Order(order),
        author: actor.reference.clone(),
        approver: &actor.reference,
        action: "directory.ordered",
        subject: order.code(),
    };
    let version = change::enter(app, &tx, &rows, change, app.now()).await?;
    change::commit(app, tx).await?;
    Ok(version)
}
