//! Orders a run.

use super::{happened, refused};
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::archive::{Order, OrderFacts, RunProblem, RunState, judge_order};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, Oid, RefusalCode, typed};
use liitos_store::{Transaction, controller_runs, registers};

/// Longest basis, in characters.
const MAX_BASIS: usize = 500;

/// What stands in an order's way now.
///
/// # Errors
/// [`ServiceError`].
pub async fn problems(app: &App, order: &Order) -> Result<Vec<RunProblem>, ServiceError> {
    let db = app.store.read();
    let waiting = controller_runs::state_with(db, &[RunState::Ordered, RunState::Approved]).await?;
    let (from, to) = (controller_valid(app, &order.from).await?, controller_valid(app, &order.to).await?);
    let facts = OrderFacts {
        from_known: from.is_some(),
        to_valid: to.is_some_and(|valid| valid.contains(order.run_at)),
        run_day: controller_runs::is_day(db, order.run_at).await?,
        waiting: waiting.iter().map(|run| &run.order).filter(|other| *other != order).collect(),
    };
    Ok(judge_order(order, &facts, app.now()))
}

/// When a controller is valid, as the registers have it: a public one's entry, or the private organisation that is its own.
pub(crate) async fn controller_valid(
    app: &App,
    controller: &Oid,
) -> Result<Option<liitos_domain::Interval>, ServiceError> {
    let public = registers::known(app.store.read(), RegisterKind::Controllers, &[controller.as_str()]).await?;
    if let Some((_, entry)) = public.into_values().next() {
        return Ok(Some(entry.valid));
    }
    Ok(sign_in::register_entry(app, controller).await?.map(|(_, entry)| entry.valid))
}

/// Orders a run; its number.
///
/// # Errors
/// L-602 without the position, or for a program; L-606 without a basis; L-615 with the first thing that stands in its way.
pub async fn order(app: &App, actor: &Actor, order: Order) -> Result<String, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let tx = app.store.begin().await?;
    let number = order_in(app, &tx, actor, order).await?;
    tx.commit().await?;
    Ok(number)
}

/// The same together with what else is done.
pub(crate) async fn order_in(app: &App, tx: &Transaction, actor: &Actor, order: Order) -> Result<String, ServiceError> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "basis");
    let basis = typed::line(&order.basis, MAX_BASIS).ok_or_else(wrong)?;
    let order = Order { basis, ..order };
    if let Some(problem) = problems(app, &order).await?.into_iter().next() {
        return Err(refused(problem));
    }
    let now = app.now();
    let number = controller_runs::next_number(tx, now).await?;
    // Two that overlap and are ordered at once: the second sees the first here.
    let waiting = controller_runs::state_with(tx.connection(), &[RunState::Ordered, RunState::Approved]).await?;
    if waiting.iter().any(|run| run.order.from == order.from && run.order.scope.overlaps(&order.scope)) {
        return Err(refused(RunProblem::Overlaps));
    }
    let key = controller_runs::order(tx, &number, &order).await?;
    happened(tx, (key, &number), ("ordered", &actor.reference, &actor.name), Some(&order.basis), now).await?;
    Ok(number)
}
