//! A planned connection checked against the rules, with the registers and the directory of this installation.

use crate::{Actor, App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::Link;
use liitos_domain::plan::{Facts, Plan, PlannedLink, Whose};
use liitos_domain::rules::{Outcome, Rulebook};
use liitos_store::directory;
use liitos_store::register_facts::RegistersOf;
use std::num::NonZeroU32;

/// Asks every rule that is in force on the plan's first day. Anybody who is signed in may ask: registers are public, and of the
/// directory no more is told than that an access point is open, and how many use it.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn check_plan(app: &App, _: &Actor, plan: &mut Plan) -> Result<Vec<Outcome<'static>>, ServiceError> {
    let facts = gather(app, plan, Sight::Public).await?;
    Ok(Rulebook::standard().check(plan, &facts, plan.start))
}

/// How much of the directory is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What anybody may know of an access point: whether it is open, whose it is, how many use it.
    Public,
    /// Its links too: of the joiner's own points all of them, of others' over which networks they run.
    Links,
}

/// What registers and directory say of a plan; what the plan leaves open and the directory knows is filled in.
///
/// # Errors
/// [`ServiceError`].
pub async fn gather(app: &App, plan: &mut Plan, sight: Sight) -> Result<Facts, ServiceError> {
    let db = app.store.read();
    let registers = RegistersOf::load(db, std::slice::from_ref(plan)).await?;
    let facts = registers.facts(plan);
    let (now, start): (Moment, Moment) = (app.now(), plan.start);
    let whose: Vec<Whose> = plan.access_points.iter().map(|point| plan.whose(&point.oid)).collect();
    for (point, whose) in plan.access_points.iter_mut().zip(whose) {
        let held = directory::access_point(db, &point.oid).await?;
        let open = held.as_ref().is_some_and(|held| held.valid.contains(now) && !held.valid.ended(start));
        let Some(held) = held.filter(|_| open) else {
            // The directory knows every open access point, so one that it does not know is not open.
            point.open = point.open.or(Some(false));
            continue;
        };
        point.open = Some(true);
        point.administrator.get_or_insert(held.administrator);
        point.country.get_or_insert(held.country);
        point.system.get_or_insert(held.system);
        let users = directory::users(db, &point.oid, start).await?;
        point.users = point.users.max(NonZeroU32::new(users));
        if sight == Sight::Links && point.links.is_empty() {
            let of_another = |link: &Link| PlannedLink::new(link.network, link.role);
            let links = held.links.iter();
            point.links = match whose {
                Whose::Own => links.map(PlannedLink::held).collect(),
                Whose::Other | Whose::Intermediary => links.map(of_another).collect(),
            };
        }
    }
    Ok(facts)
}
