//! Names beside the numbers that forms and the directory hold.

use crate::{App, ServiceError, sign_in};
use liitos_domain::Oid;
use liitos_domain::directory::{AccessPoint, Effect, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::RegisterKind;
use liitos_store::registers;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers whose names are asked for.
#[derive(Debug, Default)]
pub struct Numbers<'a> {
    /// Organisations, their units among them.
    pub organisations: BTreeSet<Oid>,
    /// Access points; each has its administrator's name.
    pub points: BTreeSet<AccessPointOid>,
    /// Systems, by Astori.
    pub systems: BTreeSet<&'a str>,
}

impl<'a> Numbers<'a> {
    /// Those that a change of the directory names.
    #[must_use]
    pub fn of_effect(effect: &'a Effect) -> Self {
        let mut numbers =
            Self::of_rights(effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|it| &it.0)));
        numbers.organisations.extend(effect.concerned());
        let tenants = effect.tenants_opened.iter().chain(effect.tenants_ended.iter().map(|it| &it.0));
        numbers.organisations.extend(tenants.map(|row| row.tenant.clone()));
        let points = effect.access_points_opened.iter().chain(effect.access_points_ended.iter().map(|it| &it.0));
        for AccessPoint { oid, system, .. } in points {
            numbers.points.insert(oid.clone());
            numbers.systems.insert(system);
        }
        numbers
    }

    /// Those that rights name.
    #[must_use]
    pub fn of_rights(rights: impl Iterator<Item = &'a Right>) -> Self {
        let mut numbers = Self::default();
        for right in rights {
            let named = [Some(&right.joiner), right.unit.as_ref(), right.organiser.as_ref()];
            numbers.organisations.extend(named.into_iter().flatten().cloned());
            numbers.points.insert(right.access_point.clone());
            numbers.systems.insert(&right.system);
        }
        numbers
    }
}

/// What is known by name, by its number.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Names by their numbers.
    pub(crate) fn of(names: impl Iterator<Item = (String, String)>) -> Self {
        Self(names.collect())
    }

    /// The name of a number with the number behind it; the number alone where no name is known.
    #[must_use]
    pub fn beside(&self, number: &str) -> String {
        self.0.get(number).map_or_else(|| number.to_owned(), |name| format!("{name} ({number})"))
    }
}

/// The names that the registers have for some numbers, all asked at once.
///
/// # Errors
/// [`ServiceError`].
pub async fn names(app: &App, numbers: &Numbers<'_>) -> Result<Names, ServiceError> {
    let administrators = numbers.points.iter().map(AccessPointOid::administrator);
    let organisations = numbers.organisations.iter().cloned().chain(administrators).collect();
    let organisations = sign_in::names(app, &organisations).await?;
    let systems: Vec<&str> = numbers.systems.iter().copied().collect();
    let systems = registers::known(app.store.read(), RegisterKind::Systems, &systems).await?;
    let administered =
        |point: &AccessPointOid| Some((point.to_string(), organisations.get(&point.administrator())?.clone()));
    let mut names: BTreeMap<String, String> = numbers.points.iter().filter_map(administered).collect();
    names.extend(organisations.into_iter().map(|(oid, name)| (oid.to_string(), name)));
    names.extend(systems.into_iter().map(|(number, (_, entry))| (number, entry.name)));
    Ok(Names(names))
}
