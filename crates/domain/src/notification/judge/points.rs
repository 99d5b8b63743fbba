//! Of access points and collection points.

use super::{Found, What};
use crate::directory::{AccessPoint, Collecting, CollectionPoint, Link, Right};
use crate::identifier::{AccessPointOid, Oid};
use crate::notification::content::Collected;
use crate::rules::{Severity, is_private};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Where a collection point stands without Kanta's approval of its own.
const HOME: &str = "FI";

impl Found<'_> {
    /// A new access point is one's own, and its OID is free.
    pub(super) fn new_point(&mut self, oid: &AccessPointOid) {
        if !self.facts.own.contains(&oid.administrator()) {
            self.error(What::PointOfAnother, oid);
        }
        let taken = |held: &AccessPoint| held.oid == *oid && held.valid.holds_after(self.at);
        if self.facts.rows.access_points.iter().any(taken) {
            self.error(What::PointTaken, oid);
        }
    }

    /// An access point's links have no address of a collection point that it is not behind.
    pub(super) fn apart(&mut self, point: &AccessPointOid, links: &[Link]) {
        let collecting = Collecting::of(&self.facts.rows.collection_points, self.at);
        collecting.taken(point, links).for_each(|address| self.add(Severity::Error, What::AddressTaken, address));
    }

    /// An access point that ends is one's own, and nobody uses it.
    pub(super) fn retired(&mut self, point: &AccessPointOid) {
        self.administered(point);
        let uses = |right: &&Right| right.access_point == *point && right.valid.holds_after(self.at);
        let users: BTreeSet<String> =
            self.facts.rows.rights.iter().filter(uses).map(|right| right.joiner.to_string()).collect();
        users.into_iter().for_each(|user| self.error(What::PointInUse, user));
    }

    /// An intermediary leaves with all of its access points, which nobody uses any more, and all that it collects.
    pub(super) fn leaves(&mut self) {
        let rows = &self.facts.rows;
        let own = |administrator: &Oid| self.facts.own.contains(administrator);
        let points = rows.access_points.iter().filter(|row| own(&row.administrator) && row.valid.holds_after(self.at));
        let points: Vec<AccessPointOid> = points.map(|row| row.oid.clone()).collect();
        let collected = rows.collection_points.iter();
        let collected = collected.filter(|row| own(&row.administrator) && row.valid.contains(self.at));
        let collected: Vec<String> = collected.map(|row| row.name.clone()).collect();
        points.iter().for_each(|point| self.retired(point));
        collected.iter().for_each(|name| self.no_more_collected(name, &points));
    }

    /// A new collection point has a name of its own.
    pub(super) fn new_collection(&mut self, name: &str, collected: &Collected) {
        let taken = |held: &CollectionPoint| self.named(held, name) && held.valid.holds_after(self.at);
        if self.facts.rows.collection_points.iter().any(taken) {
            self.error(What::NameTaken, name);
        }
        self.collected(collected);
    }

    fn named(&self, held: &CollectionPoint, name: &str) -> bool {
        self.facts.own.contains(&held.administrator) && held.name == name
    }

    /// Access points whose connections are to run through a collection point are open, and one's own or agreed on.
    pub(super) fn collected(&mut self, collected: &Collected) {
        if collected.country != HOME {
            self.add(Severity::Warning, What::Abroad, &collected.country);
        }
        for address in &collected.addresses {
            if is_private(*address) {
                self.error(What::AddressPrivate, address);
            }
            // A gateway could not tell whose connection it is that comes from there.
            let taken =
                |(held, point): &&(IpAddr, AccessPointOid)| held == address && !collected.points.contains(point);
            if let Some((_, point)) = self.facts.linked.iter().find(taken).cloned() {
                self.error(What::AddressTaken, format!("{address} – {point}"));
            }
        }
        for point in &collected.points {
            match self.open(point).map(|open| self.facts.own.contains(&open.administrator)) {
                None => self.error(What::PointUnknown, point),
                Some(false) if !collected.agreed => self.error(What::NotAgreed, point),
                Some(_) => {}
            }
        }
    }

    /// A collection point to be changed is open, and one's own; of those that it collects, and not any more, each has a link that is its own.
    pub(super) fn no_more_collected(&mut self, name: &str, still: &[AccessPointOid]) {
        let rows = &self.facts.rows.collection_points;
        let Some(held) = rows.iter().find(|held| self.named(held, name) && held.valid.contains(self.at)) else {
            return self.error(What::CollectionUnknown, name);
        };
        let left: Vec<_> = held.access_points.iter().filter(|point| !still.contains(point)).cloned().collect();
        for point in left {
            match self.open(&point).map(|open| open.links.is_empty()) {
                Some(true) => self.error(What::Collected, point),
                Some(false) => self.add(Severity::Warning, What::Collected, point),
                None => {}
            }
        }
    }

    pub(super) fn open(&self, point: &AccessPointOid) -> Option<&AccessPoint> {
        let open = |held: &&AccessPoint| held.oid == *point && held.valid.contains(self.at);
        self.facts.rows.access_points.iter().find(open)
    }

    /// An access point to be used is open, and one's own, used already, or agreed on.
    pub(super) fn usable(&mut self, point: &AccessPointOid, agreed: bool) {
        let used = |right: &Right| {
            let own = self.facts.own.contains(&right.joiner) && right.access_point == *point;
            own && right.valid.contains(self.at)
        };
        let agreed = agreed || self.facts.rows.rights.iter().any(used);
        match self.open(point).map(|open| self.facts.own.contains(&open.administrator)) {
            None => self.error(What::PointUnknown, point),
            Some(false) if !agreed => self.error(What::NotAgreed, point),
            Some(_) => {}
        }
    }

    /// An access point to be changed is open, and one's own.
    pub(super) fn administered(&mut self, point: &AccessPointOid) {
        match self.open(point).map(|open| self.facts.own.contains(&open.administrator)) {
            None => self.error(What::PointUnknown, point),
            Some(false) => self.error(What::PointOfAnother, point),
            Some(true) => {}
        }
    }
}
