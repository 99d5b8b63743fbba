//! One's own enrolment, and who comes.

use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::application::{Application, State};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, Oid, Service};
use liitos_store::enrolments::{self, Enrolled};
use liitos_store::{applications, registers};
use std::collections::BTreeSet;

/// Who comes, and how far it has come.
#[derive(Clone, Debug)]
pub struct Coming {
    /// What was said.
    pub enrolled: Enrolled,
    /// The organisation's name; its OID where no register has it.
    pub name: String,
    /// The system's name, where it is chosen.
    pub system: Option<String>,
    /// Its newest application for the service, if it has begun one: number and state.
    pub application: Option<(String, State)>,
}

/// The enrolment of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor, service: Service) -> Result<Option<Enrolled>, ServiceError> {
    super::of_joiner(app, actor.joiner()?, service).await
}

/// Who comes, the soonest first; of them so many after so many.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor, part: (u64, u64)) -> Result<Vec<Coming>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let db = app.store.read();
    let standing = enrolments::standing(db, part).await?;
    let joiners: BTreeSet<Oid> = standing.iter().map(|enrolled| enrolled.joiner.clone()).collect();
    let names = sign_in::names(app, &joiners).await?;
    let begun = applications::of_joiners(db, joiners.iter().map(Oid::as_str)).await?;
    let numbers: BTreeSet<&str> = standing.iter().map(|enrolled| enrolled.form.text("system")).collect();
    let numbers: Vec<&str> = numbers.into_iter().collect();
    let systems = registers::known(db, RegisterKind::Systems, &numbers).await?;
    let coming = standing.iter().map(|enrolled| {
        let of = |one: &&Application| (&one.joiner, one.service) == (&enrolled.joiner, enrolled.service);
        let newest = begun.iter().map(|stored| &stored.application).find(of);
        let number = enrolled.form.text("system");
        let system = systems.get(number).map_or_else(|| number.to_owned(), |(_, entry)| entry.name.clone());
        Coming {
            name: names.get(&enrolled.joiner).cloned().unwrap_or_else(|| enrolled.joiner.to_string()),
            system: (!number.is_empty()).then_some(system),
            application: newest.map(|one| (one.number.clone(), one.state.clone())),
            enrolled: enrolled.clone(),
        }
    });
    Ok(coming.collect())
}
