//! A planned connection checked against the rules, with the registers and the directory of this installation.

use crate::{Actor, App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{AccessPoint, Link};
use liitos_domain::plan::{Facts, Plan, PlannedLink, PlannedPoint, Whose};
use liitos_domain::rules::{Outcome, Rulebook};
use liitos_store::directory;
use liitos_store::register_facts::RegistersOf;
use std::num::NonZeroU32;

/// Asks every rule that is in force on the plan's first day. Anybody who is signed in may ask: registers are public, and of the
/// directory no more is told than that an access point is open and how many use it, unless one acts for the plan's joiner.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn check_plan(app: &App, actor: &Actor, plan: &mut Plan) -> Result<Vec<Outcome<'static>>, ServiceError> {
    let own = actor.must_act_for(&plan.joiner).is_ok();
    let facts = gather(app, plan, if own { Sight::Own } else { Sight::Public }).await?;
    Ok(Rulebook::standard().check(plan, &facts, plan.start))
}

/// How much of the directory is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What anybody may know of an access point: whether it is open, and how many use it.
    Public,
    /// What the joiner itself may know: its own points with all that is held of them, of others' the country, the system and
    /// over which networks their links run.
    Own,
}

/// What registers and directory say of a plan; what the plan leaves open and the directory knows is filled in.
///
/// # Errors
/// [`ServiceError`].
pub async fn gather(app: &App, plan: &mut Plan, sight: Sight) -> Result<Facts, ServiceError> {
    let db = app.store.read();
    // Which pharmacies are the joiner's, and so which points are its own, the registers say first.
    RegistersOf::load(db, std::slice::from_ref(plan)).await?.facts(plan);
    let (now, start): (Moment, Moment) = (app.now(), plan.start);
    let whose: Vec<Whose> = plan.access_points.iter().map(|point| plan.whose(&point.oid)).collect();
    for (point, whose) in plan.access_points.iter_mut().zip(whose) {
        if whose == Whose::Intermediary && point.security_plan.is_none() {
            point.security_plan = crate::notifications::security_plan(app, &point.oid.administrator(), start).await?;
        }
        let held = directory::access_point(db, &point.oid).await?;
        let open = |held: &AccessPoint| held.valid.contains(now) && !held.valid.ended(start);
        let Some(held) = held.into_iter().find(open) else {
            // The directory knows every open access point, so one that it does not know is not open.
            point.open = point.open.or(Some(false));
            continue;
        };
        point.open = Some(true);
        let users = directory::users(db, &point.oid, start).await?;
        point.users = point.users.max(NonZeroU32::new(users));
        if sight == Sight::Own {
            fill(point, held, whose);
        }
    }
    // What the directory said names systems and administrators of its own.
    Ok(RegistersOf::load(db, std::slice::from_ref(plan)).await?.facts(plan))
}

/// Says of a point what the directory holds and the plan leaves open.
fn fill(point: &mut PlannedPoint, held: AccessPoint, whose: Whose) {
    point.administrator.get_or_insert(held.administrator);
    point.country.get_or_insert(held.country);
    point.system.get_or_insert(held.system);
    if point.links.is_empty() {
        let of_another = |link: &Link| PlannedLink::new(link.network, link.role);
        let links = held.links.iter();
        point.links = match whose {
            Whose::Own => links.map(PlannedLink::held).collect(),
            Whose::Other | Whose::Intermediary => links.map(of_another).collect(),
        };
    }
}
