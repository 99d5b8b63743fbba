//! Whom a closing shuts out, so that they are told.

use super::{Closing, Right, Row as _, Rows};
use crate::identifier::Oid;
use crate::notice::Touches;
use crate::time::Moment;
use std::collections::BTreeMap;

/// So long one person may close something alone. Assumed.
const ALONE_SECONDS: i64 = 24 * 3600;

impl Closing {
    /// Whether one person may enter it alone at a moment: for a day, counted from when the same was closed first as far as this, until
    /// a day has gone by without. To close further is always possible. `by_one`: what one person alone has entered; what two have is
    /// theirs.
    #[must_use]
    pub fn alone(&self, by_one: &[Self], now: Moment) -> bool {
        let mut since = now;
        loop {
            let before = since.plus_seconds(-ALONE_SECONDS);
            let same = |held: &&Self| {
                let further = held.stage >= self.stage && Self { stage: self.stage, ..(*held).clone() }.same_key(self);
                // What was called off before it began closed nothing.
                let held_at_all = held.valid.until.is_none_or(|until| until > held.valid.from);
                further && held_at_all && held.valid.from < since && held.valid.until.is_none_or(|until| until > before)
            };
            match by_one.iter().filter(same).map(|held| held.valid.from).min() {
                Some(earlier) => since = earlier,
                None => break,
            }
        }
        self.valid.until.is_some_and(|until| until <= since.plus_seconds(ALONE_SECONDS))
    }

    /// Whether it means a right.
    #[must_use]
    pub fn means(&self, right: &Right) -> bool {
        self.joiner.as_ref().is_none_or(|joiner| *joiner == right.joiner)
            && self.service.is_none_or(|service| service == right.service)
            && self.system.as_ref().is_none_or(|system| *system == right.system)
            && self.access_point.as_ref().is_none_or(|point| *point == right.access_point)
    }

    /// Whom it hits at a moment, and what of theirs: whoever holds a right that it means, their tenants, and whoever administers the access points. What other
    /// closings mean, too, is left out: nothing changes there.
    #[must_use]
    pub fn hits(&self, rows: &Rows, beside: &[&Self], at: Moment) -> BTreeMap<Oid, Touches> {
        let mut hit: BTreeMap<Oid, Touches> = BTreeMap::new();
        // Whoever is named is told, whatever it may do.
        hit.extend(self.joiner.clone().map(|joiner| (joiner, Touches::default())));
        if let Some(point) = self.access_point.as_ref().filter(|_| beside.is_empty()) {
            hit.entry(point.administrator()).or_default().access_points.push(point.clone());
        }
        let alone = |right: &&Right| !beside.iter().any(|other| other.means(right));
        for right in rows.rights.iter().filter(|right| right.valid.contains(at) && self.means(right)).filter(alone) {
            let through = (right.service, right.access_point.clone());
            let touches = hit.entry(right.joiner.clone()).or_default();
            if !touches.rights.contains(&through) {
                touches.rights.push(through);
            }
            let administrator = right.access_point.administrator();
            let touches = hit.entry(administrator.clone()).or_default();
            if administrator != right.joiner && !touches.access_points.contains(&right.access_point) {
                touches.access_points.push(right.access_point.clone());
            }
        }
        // A tenant works by its host's right.
        for row in rows.tenants.iter().filter(|row| row.valid.contains(at)) {
            if let Some(rights) = hit.get(&row.host).map(|touches| touches.rights.clone()) {
                hit.entry(row.tenant.clone()).or_default().rights.extend(rights);
            }
        }
        let named = self.joiner.as_ref().filter(|_| beside.is_empty());
        hit.retain(|oid, touches| {
            Some(oid) == named || !touches.rights.is_empty() || !touches.access_points.is_empty()
        });
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{Stage, Tenant};
    use crate::identifier::AccessPointOid;
    use crate::service_code::{ConnectionModel, Service};
    use crate::time::Interval;

    const POINT: &str = "1.2.246.537.6.918.18.900077.13.4";
    const USER: &str = "1.2.246.10.99999984.10.0";
    const OTHER: &str = "1.2.246.10.99999036.10.0";
    const INTERMEDIARY: &str = "1.2.246.537.6.918.18.900077";

    fn right(joiner: &str, service: Service, system: &str, until: Option<i64>) -> Right {
        Right {
            joiner: Oid::parse(joiner).unwrap(),
            service,
            access_point: AccessPointOid::parse(POINT).unwrap(),
            system: system.to_owned(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid: Interval::new(Moment::from_seconds(0), until.map(Moment::from_seconds)),
        }
    }

    #[test]
    fn one_person_closes_for_a_day_and_not_again() {
        const HOUR: i64 = 3600;
        let during = |from: i64, until: Option<i64>| {
            Interval::new(Moment::from_seconds(from * HOUR), until.map(|until| Moment::from_seconds(until * HOUR)))
        };
        let of = |stage, from, until| Closing::everything(stage, during(from, until));
        let alone = |held: &[Closing], asked: &Closing| asked.alone(held, asked.valid.from);
        let (closed, slow) = (Stage::Closed, Stage::Throttled);
        assert!(alone(&[], &of(closed, 100, Some(124))) && !alone(&[], &of(closed, 100, Some(125))));
        assert!(!alone(&[], &of(closed, 100, None)));
        let before = [of(closed, 90, Some(95)), of(closed, 60, Some(80))];
        assert!(!alone(&before, &of(closed, 100, Some(101))), "the same since 60");
        assert!(alone(&before[..1], &of(closed, 100, Some(114))) && !alone(&before[..1], &of(closed, 100, Some(115))));
        assert!(alone(&before, &of(closed, 119, Some(143))), "a day without");
        assert!(alone(&[of(closed, 90, Some(90))], &of(closed, 100, Some(124))), "called off");
        assert!(alone(&[of(slow, 0, None)], &of(closed, 100, Some(124))), "further");
        assert!(!alone(&[of(closed, 0, None)], &of(slow, 100, Some(124))));
        let other = Closing { joiner: Oid::parse(USER).ok(), ..of(closed, 0, None) };
        assert!(alone(&[other], &of(closed, 100, Some(124))));
    }

    #[test]
    fn whoever_cannot_call_is_hit_and_whose_point_it_is() {
        let at = Moment::from_seconds(10);
        let rights = [
            right(USER, Service::Prescription, "1", None),
            right(USER, Service::Prescription, "1", None),
            right(OTHER, Service::PatientData, "2", None),
            right(OTHER, Service::Prescription, "1", Some(10)),
        ];
        let tenant = Oid::parse("1.2.246.10.99999044.10.0").unwrap();
        let host = Oid::parse(OTHER).unwrap();
        let tenants = vec![Tenant { host, tenant: tenant.clone(), valid: Interval::from(at) }];
        let rows = Rows { rights: rights.into(), tenants, ..Rows::default() };
        let everything = Closing::everything(Stage::Closed, Interval::from(at));
        let hit = |closing: &Closing| -> Vec<String> {
            let told = |(oid, touches): (Oid, Touches)| {
                format!("{oid} {} {}", touches.rights.len(), touches.access_points.len())
            };
            closing.hits(&rows, &[], at).into_iter().filter(|(oid, _)| *oid != tenant).map(told).collect()
        };
        assert_eq!(hit(&everything), [format!("{OTHER} 1 0"), format!("{USER} 1 0"), format!("{INTERMEDIARY} 0 1")]);
        let system = Closing { system: Some("1".to_owned()), ..everything.clone() };
        assert_eq!(hit(&system), [format!("{USER} 1 0"), format!("{INTERMEDIARY} 0 1")]);
        let service = Closing { service: Some(Service::ImagingData), ..everything.clone() };
        assert_eq!(hit(&service), [""; 0]);
        let joiner = Closing { joiner: Some(Oid::parse(USER).unwrap()), ..service };
        assert_eq!(hit(&joiner), [format!("{USER} 0 0")], "it is named");
        assert_eq!(everything.hits(&rows, &[], at)[&tenant].rights.len(), 1, "by its host's right");
        let still = everything.hits(&rows, &[&system], at).into_keys().map(|oid| oid.to_string()).collect::<Vec<_>>();
        assert_eq!(still, [OTHER, tenant.as_str(), INTERMEDIARY], "{USER} is shut out by another one");
        let point = Closing { access_point: Some(AccessPointOid::parse(POINT).unwrap()), ..everything };
        assert_eq!(hit(&point), [format!("{OTHER} 1 0"), format!("{USER} 1 0"), format!("{INTERMEDIARY} 0 1")]);
    }
}
