//! A joiner's connection as the directory holds it, ready to be drawn.

use super::reach::met;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Effect, Rows};
use liitos_domain::plan::{Plan, held};
use liitos_domain::{Moment, Oid};
use liitos_store::directory::{self, About};
use liitos_store::register_facts::RegistersOf;
use std::collections::BTreeMap;

/// A connection with the names of those whom it names.
#[derive(Clone, Debug)]
pub struct Pictured {
    /// The connection.
    pub plan: Plan,
    /// Names by OID.
    pub names: BTreeMap<Oid, String>,
}

/// The connection of the organisation acted for, today; `None` when the directory holds nothing of it.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own_connection(app: &App, actor: &Actor) -> Result<Option<Pictured>, ServiceError> {
    connection_at(app, actor.joiner()?, app.now()).await
}

/// A joiner's connection at a time, as known now.
///
/// # Errors
/// [`ServiceError`].
pub async fn connection_at(app: &App, joiner: &Oid, at: Moment) -> Result<Option<Pictured>, ServiceError> {
    let asked = About { joiners: [joiner.clone()].into(), ..About::default() };
    let rows = directory::about(app.store.read(), &asked).await?;
    let Some(plan) = connection(&rows, joiner, at) else { return Ok(None) };
    Ok(Some(Pictured { names: names(app, &[&plan]).await?, plan }))
}

/// A joiner's connection before an effect, if it has one, and after it.
///
/// # Errors
/// [`ServiceError`].
pub async fn change_picture(
    app: &App,
    joiner: &Oid,
    effect: &Effect,
) -> Result<Option<(Option<Plan>, Pictured)>, ServiceError> {
    let rows = met(app, effect).await?;
    let now = app.now();
    let before = connection(&rows, joiner, now);
    let begins = effect.rights_opened.iter().map(|right| right.valid.from).max();
    // What cannot be applied cannot be drawn.
    let Ok(after) = rows.after(effect) else { return Ok(None) };
    let Some(plan) = connection(&after, joiner, begins.map_or(now, |from| from.max(now))) else { return Ok(None) };
    let named: Vec<&Plan> = before.iter().chain([&plan]).collect();
    let names = names(app, &named).await?;
    Ok(Some((before, Pictured { names, plan })))
}

fn connection(rows: &Rows, joiner: &Oid, at: Moment) -> Option<Plan> {
    held(&rows.joiners, &rows.access_points, &rows.rights, at).into_iter().find(|plan| plan.joiner == *joiner)
}

/// The names of everybody whom some plans name.
///
/// # Errors
/// [`ServiceError`].
pub async fn names(app: &App, plans: &[&Plan]) -> Result<BTreeMap<Oid, String>, ServiceError> {
    let plans: Vec<Plan> = plans.iter().map(|plan| (*plan).clone()).collect();
    let registers = RegistersOf::load(app.store.read(), &plans).await?;
    Ok(plans.iter().flat_map(Plan::named).filter_map(|oid| Some((oid.clone(), registers.name(&oid)?))).collect())
}
