//! Reading a plan from TOML.

use super::{Activity, Plan, PlannedLink};
use crate::time::Moment;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;

/// A day as text or as TOML's own date.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a date like 2027-01-15")]
    enum Written {
        Text(String),
        Date(toml::value::Datetime),
    }
    let text = match Written::deserialize(deserializer)? {
        Written::Text(text) => text,
        Written::Date(date) => date.to_string(),
    };
    Moment::parse(&text).map_err(serde::de::Error::custom)
}

pub(super) fn some_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
    day(deserializer).map(Some)
}

pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Activity>, D::Error> {
    const EXPECTED: &str = "expected one or more of health-care, social-care, pharmacy, hospital-pharmacy";
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(Activity),
        More(BTreeSet<Activity>),
    }
    let activities = match Written::deserialize(deserializer) {
        Ok(Written::One(activity)) => BTreeSet::from([activity]),
        Ok(Written::More(activities)) => activities,
        Err(_) => BTreeSet::new(),
    };
    if activities.is_empty() { Err(serde::de::Error::custom(EXPECTED)) } else { Ok(activities) }
}

/// Why a text is not a plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It cannot be read; the text says line, key and what was expected.
    #[error("{0}")]
    Text(String),
    /// More of something than any connection has.
    #[error("{place}: {count}; at most {most} are read")]
    TooMany {
        /// What.
        place: String,
        /// How many there are.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// Something stands twice that can only be one.
    #[error("{place}: {found} stands twice")]
    Twice {
        /// Where the second one stands.
        place: String,
        /// What.
        found: String,
    },
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        toml::from_str::<Self>(text).map_err(|error| PlanError::Text(error.to_string()))?.sound()
    }

    /// Reads a plan in JSON, with the same keys.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, PlanError> {
        serde_json::from_slice::<Self>(bytes).map_err(|error| PlanError::Text(error.to_string()))?.sound()
    }

    fn sound(self) -> Result<Self, PlanError> {
        let plan = self;
        limited("access_point", plan.access_points.len(), 100)?;
        limited("service", plan.services.len(), 100)?;
        limited("system", plan.systems.len(), 100)?;
        limited("tenant", plan.tenants.len(), 1_000)?;
        limited("pharmacies", plan.pharmacies.len(), 100)?;
        limited("application.contact", plan.application.as_ref().map_or(0, |a| a.contacts.len()), 200)?;
        for (n, service) in (1..).zip(&plan.services) {
            limited(&format!("service[{n}].access_points"), service.access_points.len(), 100)?;
            limited(&format!("service[{n}].units"), service.units.len(), 1_000)?;
            limited(&format!("service[{n}].deployment.persons"), service.deployment.persons.len(), 100)?;
        }
        for (n, point) in (1..).zip(&plan.access_points) {
            linked(&format!("access_point[{n}]"), &point.links)?;
            limited(&format!("access_point[{n}].certificates"), point.certificates.len(), 50)?;
        }
        if let Some(shared) = &plan.collection_point {
            linked("collection_point", &shared.links)?;
        }
        once("access_point", plan.access_points.iter().map(|point| point.oid.to_string()))?;
        once("system", plan.systems.iter().map(|system| system.number.clone()))?;
        once("tenant", plan.tenants.iter().map(|tenant| tenant.oid.to_string()))?;
        Ok(plan)
    }
}

fn linked(place: &str, links: &[PlannedLink]) -> Result<(), PlanError> {
    limited(&format!("{place}.link"), links.len(), 20)?;
    links.iter().try_for_each(|link| limited(&format!("{place}.link.addresses"), link.addresses.len(), 50))
}

fn limited(place: &str, count: usize, most: usize) -> Result<(), PlanError> {
    if count <= most { Ok(()) } else { Err(PlanError::TooMany { place: place.to_owned(), count, most }) }
}

fn once(table: &str, ids: impl Iterator<Item = String>) -> Result<(), PlanError> {
    let mut seen = BTreeSet::new();
    for (n, id) in ids.enumerate() {
        if !seen.insert(id.clone()) {
            return Err(PlanError::Twice { place: format!("{table}[{}]", n + 1), found: id });
        }
    }
    Ok(())
}
