//! Changes of the directory that the operator orders without an application.

use super::change::{self, Change};
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{AccessPoint, Basis, Effect, Order, Rows};
use liitos_domain::{Duty, RefusalCode};

/// Opens an access point that its administrator has notified.
///
/// # Errors
/// L-602 without the position; L-604 when it is open already.
pub async fn open_access_point(app: &App, actor: &Actor, point: AccessPoint) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let effect = Effect { access_points_opened: vec![point], ..Effect::default() };
    order(app, actor, (Order::AccessPointNotified, ""), |_| Some(effect)).await
}

/// Enters what an order makes of the rows as they are, under the directory's lock; why, where the rows do not say it.
///
/// # Errors
/// L-605 when it makes nothing of them.
pub(super) async fn order(
    app: &App,
    actor: &Actor,
    (order, why): (Order, &str),
    effect: impl FnOnce(&Rows) -> Option<Effect>,
) -> Result<u64, ServiceError> {
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let nothing = || ServiceError::refused(RefusalCode::StateForbids, order.code());
    let effect = effect(&rows).filter(|effect| !effect.is_empty()).ok_or_else(nothing)?;
    let change = Change {
        effect: &effect,
        basis: Basis::Order(order),
        author: actor.reference.clone(),
        approver: &actor.reference,
        action: "directory.ordered",
        subject: order.code(),
        why,
    };
    let version = change::enter(app, &tx, &rows, change, app.now()).await?;
    change::commit(app, tx).await?;
    Ok(version)
}
