//! A joiner's connection as the directory holds it, ready to be drawn.

use super::own::with_branches;
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

/// The connections of the organisation acted for, a pharmacist's branches' too: as they are today, or where nothing is in force yet,
/// as they will be, with the moment at which that begins. None when the directory holds nothing of them.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own_connections(app: &App, actor: &Actor) -> Result<Vec<(Pictured, Option<Moment>)>, ServiceError> {
    let now = app.now();
    let mut all = Vec::new();
    for oid in with_branches(app, actor.joiner()?).await? {
        let rights = directory::rights_of(app.store.read(), &oid).await?;
        let lasting: Vec<_> = rights.iter().map(|right| right.valid).filter(|valid| !valid.ended(now)).collect();
        let begins = lasting.iter().map(|valid| valid.from).min().filter(|from| *from > now);
        let pictured = connection_at(app, &oid, begins.unwrap_or(now)).await?;
        all.extend(pictured.map(|pictured| (pictured, begins)));
    }
    Ok(all)
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
