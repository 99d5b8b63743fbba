//! Orders a run.

use super::{happened, holder, refused};
use crate::directory::with_branches;
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::archive::{Order, OrderFacts, RunKind, RunProblem, RunState, judge_order};
use liitos_domain::change::bears_run;
use liitos_domain::notification::{self, Content, Kind};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, Interval, Oid, RefusalCode, typed};
use liitos_store::controller_runs::Run;
use liitos_store::{Transaction, changes, controller_runs, directory, notifications, registers};

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
    let from_ends = match from {
        Some(valid) if order.kind == RunKind::Custodian => has_ended(app, order, valid).await?,
        _ => false,
    };
    let facts = OrderFacts {
        from_ends,
        agreed: agreed(app, order).await?,
        from_known: from.is_some(),
        // What is switched late comes to whoever is there then.
        to_valid: to.is_some_and(|valid| valid.contains(order.run_at.max(app.now()))),
        run_day: controller_runs::is_day(db, order.run_at).await?,
        waiting: waiting.iter().map(|run| &run.order).filter(|other| *other != order).collect(),
    };
    Ok(judge_order(order, &facts, app.now()))
}

/// What of it stands in the way of ordering at all: the rest may be mended before the approvals.
///
/// # Errors
/// [`ServiceError`].
pub async fn hindrances(app: &App, order: &Order) -> Result<Vec<RunProblem>, ServiceError> {
    Ok(problems(app, order).await?.into_iter().filter(|problem| !problem.may_wait()).collect())
}

/// Whether whoever gave is there to take its documents back.
pub(super) async fn gives_back_to(app: &App, order: &Order) -> Result<bool, ServiceError> {
    match controller_valid(app, &order.from).await? {
        Some(valid) => Ok(!has_ended(app, order, valid).await?),
        None => Ok(false),
    }
}

/// Whether whoever gives has ended by the switch: it stands in the register no longer, was a member and is none, or has notified that its joining ends by
/// then; once that moment is there, what was only notified does not count.
async fn has_ended(app: &App, order: &Order, valid: Interval) -> Result<bool, ServiceError> {
    let (db, joiner, now) = (app.store.read(), holder(app, &order.from).await?, app.now());
    let at = order.run_at.max(now);
    let left = directory::was_member(db, &joiner).await? && !directory::is_member(db, &joiner, at).await?;
    if valid.ended(at) || left {
        return Ok(true);
    }
    let waiting = match order.run_at > now {
        true => notifications::sent_for(db, order.run_at).await?,
        false => Vec::new(),
    };
    for one in waiting.iter().filter(|one| one.kind == Kind::Termination) {
        // The end of a supplier's contract alone, or of what an intermediary offers, ends no joining.
        let ends =
            matches!(notification::read(one.kind, &one.form), Ok((Content::Termination { grounds: Some(_), .. }, _)));
        if ends && with_branches(app, &one.joiner).await?.contains(&joiner) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a run may rest on the organisational change that its basis names; nothing where it names none.
async fn agreed(app: &App, order: &Order) -> Result<Option<bool>, ServiceError> {
    let number = order.basis.trim();
    if !is_change(number) {
        return Ok(None);
    }
    let db = app.store.read();
    let Some(change) = changes::find(db, number).await? else { return Ok(Some(false)) };
    let (giver, parties) = (holder(app, &order.from).await?, changes::parties(db, change.key).await?);
    Ok(Some(bears_run(&change.story, (change.course, &parties), &giver, order.run_at)))
}

/// Whether a basis is a change's number, `M2026-1`, and nothing else.
fn is_change(basis: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = basis.strip_prefix('M').and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(year, of_it)| year.len() == 4 && number(year) && number(of_it))
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
/// L-602 without the position, or for a program; L-606 without a basis; L-615 with the first thing that stands in its way and cannot wait.
pub async fn order(app: &App, actor: &Actor, order: Order) -> Result<String, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let tx = app.store.begin().await?;
    let number = order_in(app, &tx, actor, order).await?;
    tx.commit().await?;
    Ok(number)
}

/// Why an order cannot stand beside a run that waits: those that are chained are put in their order before they are approved.
pub(super) fn beside(order: &Order, waiting: &Run) -> Option<RunProblem> {
    let approved = waiting.state == RunState::Approved;
    order.meets(&waiting.order).filter(|problem| approved || *problem != RunProblem::Chained)
}

/// The same together with what else is done.
pub(crate) async fn order_in(app: &App, tx: &Transaction, actor: &Actor, order: Order) -> Result<String, ServiceError> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "basis");
    let basis = typed::line(&order.basis, MAX_BASIS).ok_or_else(wrong)?;
    let order = Order { basis, ..order };
    if let Some(problem) = hindrances(app, &order).await?.into_iter().next() {
        return Err(refused(problem));
    }
    let now = app.now();
    let number = controller_runs::next_number(tx, now).await?;
    // Two that meet and are ordered at once: the second sees the first here.
    let waiting = controller_runs::state_with(tx.connection(), &[RunState::Ordered, RunState::Approved]).await?;
    if let Some(problem) = waiting.iter().find_map(|run| beside(&order, run)) {
        return Err(refused(problem));
    }
    let key = controller_runs::order(tx, &number, &order).await?;
    happened(tx, (key, &number), ("ordered", &actor.reference, &actor.name), Some(&order.basis), now).await?;
    Ok(number)
}
