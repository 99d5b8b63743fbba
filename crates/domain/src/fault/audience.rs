//! Whom a fault hits.

use crate::county::County;
use crate::directory::{AccessPoint, Right, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::Service;
use crate::time::{Interval, Moment};
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

/// Where somebody is, as far as its register says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The municipality, by its three digits.
    pub municipality: Option<String>,
    /// The county.
    pub county: Option<&'static County>,
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

    /// Whether somebody there is meant; nothing where that cannot be told.
    fn reaches(&self, place: &Place) -> Option<bool> {
        if self.everywhere() {
            return Some(true);
        }
        let by_municipality = match (&place.municipality, place.county) {
            (Some(own), _) => Some(self.places.contains(own)),
            // A county's own provider is in any of its municipalities.
            (None, Some(county)) => self.places.is_disjoint(&county.municipalities).then_some(false),
            (None, None) => self.places.is_empty().then_some(false),
        };
        let by_county = match place.county {
            Some(county) => Some(self.counties.contains(&county.code)),
            None => self.counties.is_empty().then_some(false),
        };
        match (by_municipality, by_county) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }

    /// Whom it hits of those who hold rights at a moment (or later, where systems are named), their tenants, and who administers the access points that they use; `place` says where somebody is.
    /// Of whom it says nothing is told: better once too often than never. A tenant works where it is itself, by its host's right.
    #[must_use]
    pub fn hits<'r>(
        &self,
        (rights, points, tenants): (&'r [Right], &'r [AccessPoint], &'r [Tenant]),
        at: Moment,
        place: impl Fn(&Oid) -> Option<&'r Place>,
    ) -> BTreeMap<Oid, Touched> {
        let mut hit: BTreeMap<Oid, Touched> = BTreeMap::new();
        // What may not be used is told, too, to whoever begins to use it later.
        let meant = |valid: Interval| if self.systems.is_empty() { valid.contains(at) } else { !valid.ended(at) };
        let through = |point: &AccessPointOid| self.access_points.is_empty() || self.access_points.contains(point);
        // What is implemented with a system works for nobody when that does not.
        let made_with = points.iter().filter(|point| meant(point.valid) && self.systems.contains(&point.system));
        let made_with: BTreeSet<&AccessPointOid> = made_with.map(|point| &point.oid).collect();
        let with = |right: &Right| {
            let its = self.systems.contains(&right.system) || made_with.contains(&right.access_point);
            self.systems.is_empty() || its
        };
        // Where somebody is told, whether only to be sure.
        let told = |oid: &Oid| match place(oid).map_or_else(|| self.reaches(&Place::default()), |at| self.reaches(at)) {
            Some(false) => None,
            reached => Some(reached.is_none()),
        };
        let mut used: BTreeMap<&Oid, (BTreeSet<Service>, BTreeSet<Oid>)> = BTreeMap::new();
        for right in rights {
            if !meant(right.valid) || !self.names(right.service) || !through(&right.access_point) || !with(right) {
                continue;
            }
            let administrator = right.access_point.administrator();
            let by = used.entry(&right.joiner).or_default();
            by.0.insert(right.service);
            by.1.insert(administrator.clone());
            let Some(somewhere) = told(&right.joiner) else { continue };
            let touched = hit.entry(right.joiner.clone()).or_default();
            touched.services.insert(right.service);
            touched.somewhere = somewhere;
            if administrator != right.joiner {
                hit.entry(administrator).or_default().administers = true;
            }
        }
        for row in tenants.iter().filter(|row| meant(row.valid)) {
            if let (Some((services, administrators)), Some(somewhere)) = (used.get(&row.host), told(&row.tenant)) {
                let touched = hit.entry(row.tenant.clone()).or_default();
                touched.services.extend(services);
                touched.somewhere = somewhere;
                for administrator in administrators.iter().filter(|oid| **oid != row.host) {
                    hit.entry(administrator.clone()).or_default().administers = true;
                }
            }
        }
        // Whoever has an access point that nobody uses yet is told where it is named.
        for point in self.access_points.iter().chain(made_with) {
            hit.entry(point.administrator()).or_default().administers = true;
        }
        hit
    }
}
