//! Whom a fault hits.

use crate::county::County;
use crate::directory::{AccessPoint, Right, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::Service;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Whom a fault hits: whoever uses one of the services, through one of the access points, with one of the systems, in one of the municipalities or counties. Where nothing is named, all are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// Services; none: all of them.
    #[serde(default)]
    pub services: BTreeSet<Service>,
    /// Access points; none: all of them.
    #[serde(default)]
    pub access_points: BTreeSet<AccessPointOid>,
    /// Systems by their numbers in Astori, as rights and access points name them; none: all of them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub systems: BTreeSet<String>,
    /// Municipalities by their three digits; neither these nor counties: the whole country.
    #[serde(default)]
    pub places: BTreeSet<String>,
    /// Counties by their numbers ([`County`]).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub counties: BTreeSet<String>,
}

/// What of somebody's a fault hits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The services that it uses and cannot.
    pub services: BTreeSet<Service>,
    /// Whether it administers an access point that others cannot use.
    pub administers: bool,
    /// Whether nobody knows where it is, so that it is told though it may be elsewhere.
    pub somewhere: bool,
}

impl Audience {
    /// Whether a service is meant.
    #[must_use]
    pub fn names(&self, service: Service) -> bool {
        self.services.is_empty() || self.services.contains(&service)
    }

    /// Whether the whole country is meant.
    #[must_use]
    pub fn everywhere(&self) -> bool {
        self.places.is_empty() && self.counties.is_empty()
    }

    /// Whether a municipality is meant.
    fn reaches(&self, municipality: &str) -> bool {
        let county = || County::of(municipality).is_some_and(|county| self.counties.contains(&county.code));
        self.everywhere() || self.places.contains(municipality) || county()
    }

    /// Whom it hits of those who hold rights at a moment, their tenants, and who administers the access points that they use; `place` says in which municipality somebody is.
    /// Of whom it says nothing is told: better once too often than never.
    #[must_use]
    pub fn hits<'r>(
        &self,
        (rights, points, tenants): (&'r [Right], &'r [AccessPoint], &'r [Tenant]),
        at: Moment,
        place: impl Fn(&Oid) -> Option<&'r str>,
    ) -> BTreeMap<Oid, Touched> {
        let mut hit: BTreeMap<Oid, Touched> = BTreeMap::new();
        let through = |point: &AccessPointOid| self.access_points.is_empty() || self.access_points.contains(point);
        // What is implemented with a system works for nobody when that does not.
        let made_with = points.iter().filter(|point| point.valid.contains(at) && self.systems.contains(&point.system));
        let made_with: BTreeSet<&AccessPointOid> = made_with.map(|point| &point.oid).collect();
        let with = |right: &Right| {
            let its = self.systems.contains(&right.system) || made_with.contains(&right.access_point);
            self.systems.is_empty() || its
        };
        for right in rights {
            if !right.valid.contains(at) || !self.names(right.service) || !through(&right.access_point) || !with(right)
            {
                continue;
            }
            let known = place(&right.joiner);
            if known.is_some_and(|known| !self.reaches(known)) {
                continue;
            }
            let touched = hit.entry(right.joiner.clone()).or_default();
            touched.services.insert(right.service);
            touched.somewhere = !self.everywhere() && known.is_none();
            let administrator = right.access_point.administrator();
            if administrator != right.joiner {
                hit.entry(administrator).or_default().administers = true;
            }
        }
        // A tenant works by its host's right.
        for row in tenants.iter().filter(|row| row.valid.contains(at)) {
            let services = hit.get(&row.host).map(|touched| touched.services.clone()).unwrap_or_default();
            if !services.is_empty() {
                hit.entry(row.tenant.clone()).or_default().services.extend(services);
            }
        }
        // Whoever has an access point that nobody uses yet is told where it is named.
        for point in self.access_points.iter().chain(made_with) {
            hit.entry(point.administrator()).or_default().administers = true;
        }
        hit
    }
}
