//! Which addresses are a collection point's: from them connections of the access points behind it come, and of no other.

use super::{CollectionPoint, Link};
use crate::identifier::AccessPointOid;
use crate::time::Moment;
use std::collections::HashMap;
use std::net::IpAddr;

/// The addresses of collection points that are open at a moment or later.
#[derive(Debug, Default)]
pub struct Collecting<'r>(HashMap<IpAddr, Vec<&'r CollectionPoint>>);

impl<'r> Collecting<'r> {
    /// Those of some collection points.
    #[must_use]
    pub fn of(points: &'r [CollectionPoint], at: Moment) -> Self {
        let mut of = Self::default();
        for point in points.iter().filter(|point| point.valid.holds_after(at)) {
            for address in &point.addresses {
                of.0.entry(*address).or_default().push(point);
            }
        }
        of
    }

    /// The addresses of an access point's links that are those of a collection point which it is not behind (guide 5.6).
    pub fn taken<'l>(
        &self,
        point: &AccessPointOid,
        links: &'l [Link],
    ) -> impl Iterator<Item = IpAddr> + use<'_, 'l, 'r> {
        let point = point.clone();
        let others = move |address: &IpAddr| {
            let held = self.0.get(address);
            held.is_some_and(|held| held.iter().any(|one| !one.access_points.contains(&point)))
        };
        links.iter().flat_map(|link| link.addresses.iter().copied()).filter(others)
    }
}
