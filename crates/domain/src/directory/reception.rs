//! Where a unit receives what Kanta sends: the register of reception units as a directory's snapshot tells it.

use super::{AccessPoint, Decision, Hall, Link, LinkRole, Organiser, Request, Snapshot, Verdict, decide};
use crate::identifier::Oid;
use crate::refusal::RefusalCode;
use crate::service_code::{Operation, Service};
use crate::time::Moment;
use std::net::IpAddr;

impl Snapshot {
    /// The access point through which a unit receives a service's messages at a moment, and the decision that says so. The unit is a
    /// joiner in force, or one's whose right it is then.
    ///
    /// # Errors
    /// Why it does not receive now, and the fact that says so.
    pub fn reception(
        &self,
        unit: &Oid,
        service: Service,
        at: Moment,
    ) -> Result<(&AccessPoint, Decision), (RefusalCode, &'static str)> {
        let mut nearest = (RefusalCode::NoRight, "unit");
        let ways = self.rows.receiving(unit.as_str());
        let mut ways: Vec<_> =
            ways.filter_map(|(joiner, point)| Some((self.rows.point_at(point, at)?, joiner))).collect();
        // In an order that does not tell how the snapshot came about.
        ways.sort_by_key(|(point, joiner)| (&point.oid, *joiner));
        for (point, joiner) in ways {
            let Ok(joiner) = Oid::parse(joiner) else { continue };
            if self.rows.whose(unit.as_str(), at) != Some(joiner.as_str()) {
                nearest = (RefusalCode::UnitForeign, "unit");
                continue;
            }
            let request = Request {
                access_point: &point.oid,
                certificate: None,
                source: None,
                service,
                operation: Operation::Write,
                joiner: &joiner,
                unit: Some(unit),
                tenant: None,
                system: None,
                organiser: Organiser::Nobody,
            };
            let decision = decide(self, &request, at);
            match decision.verdict {
                Verdict::Permitted => return Ok((point, decision)),
                Verdict::Refused(code) => nearest = (code, decision.facts.last().map_or("right", |fact| fact.what)),
            }
        }
        Err(nearest)
    }
}

impl Snapshot {
    /// Who has a right to receive renewal requests for a unit, whether it can be reached or not; whose unit it is first.
    #[must_use]
    pub fn receivers(&self, unit: &Oid, at: Moment) -> Vec<Oid> {
        let joiners = self.rows.receiving(unit.as_str()).filter_map(|(joiner, _)| Oid::parse(joiner).ok());
        let mut joiners: Vec<Oid> = joiners.collect();
        let whose = self.rows.whose(unit.as_str(), at);
        joiners.sort_by_key(|joiner| (Some(joiner.as_str()) != whose, joiner.clone()));
        joiners.dedup();
        joiners
    }
}

impl Snapshot {
    /// The joiner in force whose unit it is at a moment, or that it is itself.
    #[must_use]
    pub fn joiner_of(&self, unit: &Oid, at: Moment) -> Option<Oid> {
        Oid::parse(self.rows.whose(unit.as_str(), at)?).ok()
    }
}

impl Snapshot {
    /// The addresses that connections of an access point come from: its own, and those of collection points that it is behind.
    #[must_use]
    pub fn sources(&self, point: &str, at: Moment) -> Vec<IpAddr> {
        let Some(number) = self.rows.point(point) else { return Vec::new() };
        let row = self.rows.point_at(number, at).filter(|row| row.valid.contains(at));
        let own = row.into_iter().flat_map(|row| &row.links).flat_map(|link| link.addresses.iter().copied());
        own.chain(self.rows.collecting(number, at)).collect()
    }
}

impl AccessPoint {
    /// The ways to it from a hall: its links that lead there, primary before backup, each with its addresses.
    pub fn ways(&self, hall: Hall) -> impl Iterator<Item = (&Link, IpAddr)> {
        let of = move |role| self.links.iter().filter(move |link| link.role == role && link.reaches(hall));
        let links = of(LinkRole::Primary).chain(of(LinkRole::Backup));
        links.flat_map(|link| link.addresses.iter().map(move |address| (link, *address)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::tests::{HUS, access_point, joiner, right};
    use super::*;
    use crate::directory::{Network, RenewalMark, Right, SnapshotContent, Unit};
    use crate::time::Interval;

    fn content() -> SnapshotContent {
        let unit = Oid::parse("1.2.246.537.10.15675350.10.7").unwrap();
        let point = format!("{HUS}.13.2");
        let receives =
            Right { service: Service::RenewalReception, unit: Some(unit.clone()), ..right(HUS, &point, 10, Some(50)) };
        SnapshotContent {
            epoch: 1,
            sequence: 1,
            issued_at: Moment::from_seconds(0),
            expires_at: Moment::from_seconds(1000),
            joiners: vec![joiner(HUS)],
            units: vec![Unit {
                oid: unit.clone(),
                joiner: joiner(HUS).oid,
                valid: Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(90))),
            }],
            tenants: vec![],
            access_points: vec![access_point(&point), access_point(&format!("{HUS}.13.3"))],
            rights: vec![
                receives.clone(),
                Right {
                    access_point: format!("{HUS}.13.3").parse().unwrap(),
                    valid: Interval::from(Moment::from_seconds(50)),
                    ..receives
                },
                right(HUS, &point, 0, None),
            ],
            collection_points: vec![],
            systems: None,
            renewal_marks: Some(vec![RenewalMark { unit, valid: Interval::from(Moment::from_seconds(20)) }]),
            closings: vec![],
            head: None,
        }
    }

    #[test]
    fn a_unit_receives_where_its_right_says() {
        let snapshot = Snapshot::build(content()).unwrap();
        let at = |unit: &str, seconds| {
            let unit = Oid::parse(unit).unwrap();
            let found = snapshot.reception(&unit, Service::RenewalReception, Moment::from_seconds(seconds));
            found.map(|(point, _)| point.oid.to_string())
        };
        let unit = "1.2.246.537.10.15675350.10.7";
        assert_eq!(at(unit, 5), Err((RefusalCode::RightNotBegun, "right")));
        assert_eq!(at(unit, 15), Err((RefusalCode::RightNotBegun, "right")), "as the last of its rights says");
        assert_eq!(at(unit, 20), Ok(format!("{HUS}.13.2")));
        assert_eq!(at(unit, 50), Ok(format!("{HUS}.13.3")), "it has moved");
        assert_eq!(at(unit, 90), Err((RefusalCode::UnitForeign, "unit")), "it is nobody's of ours any more");
        assert_eq!(at(HUS, 20), Err((RefusalCode::NoRight, "unit")));
        assert_eq!(at("1.2.3", 20), Err((RefusalCode::NoRight, "unit")));
    }

    #[test]
    fn ways_are_tried_in_their_order() {
        let link = |role, last: u8, halls: &[Hall]| Link {
            network: Network::Private,
            role,
            dns_name: "a.test".into(),
            addresses: vec![[192, 0, 2, last].into(), [192, 0, 2, last + 1].into()],
            halls: halls.to_vec(),
        };
        let links = vec![
            link(LinkRole::Backup, 10, &[]),
            link(LinkRole::Primary, 20, &[Hall::B]),
            link(LinkRole::Primary, 30, &[Hall::A, Hall::B]),
        ];
        let point = AccessPoint { links, ..access_point(&format!("{HUS}.13.2")) };
        let ways = |hall| point.ways(hall).map(|(_, address)| address.to_string()).collect::<Vec<_>>();
        assert_eq!(ways(Hall::A), ["192.0.2.30", "192.0.2.31", "192.0.2.10", "192.0.2.11"]);
        assert_eq!(ways(Hall::C), ["192.0.2.10", "192.0.2.11"]);
    }
}
