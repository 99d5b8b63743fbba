//! The checks, by what they are about. Each is a pure function of a case; its doc comment says what the rule demands.

pub(crate) mod addresses;
pub(super) mod applying;
pub(super) mod certificates;
pub(super) mod deployment;
pub(super) mod links;
pub(super) mod looked;
pub(super) mod models;
pub(super) mod points;
pub(super) mod registers;
pub(super) mod services;
pub(super) mod stated;
pub(super) mod systems;

use super::check::Case;
use crate::identifier::{Oid, Registry};
use crate::plan::{PlannedLink, PlannedPoint, PlannedService, Whose};
use crate::register::{Entry, RegisterKind};

/// A fact of a register.
enum InRegister<'a> {
    /// The registers were not asked.
    NotAsked,
    /// In none of them.
    Absent,
    /// It stands there.
    Entry(RegisterKind, &'a Entry),
}

impl<'a> Case<'a> {
    /// The access points with their places.
    fn points(self) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
        self.plan.access_points.iter().enumerate().map(|(n, point)| (format!("access_point[{}]", n + 1), point))
    }

    /// The joiner's own access points.
    fn own_points(self) -> impl Iterator<Item = (String, &'a PlannedPoint)> {
        self.points().filter(move |(_, point)| self.plan.whose(&point.oid) == Whose::Own)
    }

    /// The links of the joiner's own access points and of the collection point: those that the plan decides on.
    fn links(self) -> impl Iterator<Item = (String, &'a PlannedLink)> {
        let own = self.own_points().flat_map(|(place, point)| numbered(&place, &point.links));
        let collected = self.plan.collection_point.iter().flat_map(|point| numbered("collection_point", &point.links));
        own.chain(collected)
    }

    /// The services with their places.
    fn services(self) -> impl Iterator<Item = (String, &'a PlannedService)> {
        self.plan.services.iter().enumerate().map(|(n, service)| (format!("service[{}]", n + 1), service))
    }

    /// What the registers say of somebody.
    fn register(self, oid: &Oid) -> InRegister<'a> {
        let Some(registers) = &self.facts.registers else {
            return InRegister::NotAsked;
        };
        registers.entries.get(oid).map_or(InRegister::Absent, |(kind, entry)| InRegister::Entry(*kind, entry))
    }
}

/// The links below a place.
fn numbered<'a>(place: &str, links: &'a [PlannedLink]) -> Vec<(String, &'a PlannedLink)> {
    links.iter().enumerate().map(|(n, link)| (format!("{place}.link[{}]", n + 1), link)).collect()
}

/// Whether an access point is a pharmacy's.
fn of_pharmacy(point: &PlannedPoint) -> bool {
    point.oid.registry() == Registry::Pharmacies
}
