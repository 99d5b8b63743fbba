//! What approving an application would change in the directory, exactly (guide 4.2).

use super::steps::{Connection, OwnPoint, access_point};
use super::{Application, Step};
use crate::directory::{AccessPoint, Effect, Joiner, Right};
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};

/// The effect of a sent application. `first_moment` is the earliest its rights may begin (when it was sent), so
/// that the same application always has the same effect. `None` while step 2 cannot be read.
#[must_use]
pub fn effect(application: &Application, already_member: bool, first_moment: Moment) -> Option<Effect> {
    let step = access_point(&application.form(Step::AccessPoints), application.service)?;
    let valid = Interval::from(step.start.map_or(first_moment, |start| start.max(first_moment)));
    let mut effect = Effect::default();
    if !already_member {
        effect.joiners_opened.push(Joiner { oid: application.joiner.clone(), valid });
    }
    let oid = match step.connection {
        Connection::Existing(oid) => oid,
        Connection::Own(OwnPoint { oid, country, links, certificates }) => {
            effect.access_points_opened.push(AccessPoint {
                administrator: oid.administrator(),
                oid: oid.clone(),
                system: step.system.clone(),
                country,
                links,
                certificates,
                valid,
            });
            oid
        }
    };
    let right = Right {
        joiner: application.joiner.clone(),
        service: application.service,
        access_point: oid,
        system: step.system,
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        valid,
    };
    // Guide 4.2.1: reception is a right of its own, for each unit that carries the mark.
    let reception = |unit| Right { service: Service::RenewalReception, unit: Some(unit), ..right.clone() };
    effect.rights_opened.extend(step.renewal_units.into_iter().map(reception));
    effect.rights_opened.push(right);
    Some(effect)
}

#[cfg(test)]
mod tests {
    use super::super::{Form, State};
    use super::*;
    use crate::identifier::Oid;
    use std::collections::BTreeMap;

    #[test]
    fn opens_exactly_what_was_applied_for() {
        let pairs = [
            ("connection", "own"),
            ("own_oid", "1.2.246.10.2048198.10.0.13.1"),
            ("own_country", "FI"),
            ("own_network", "private"),
            ("own_dns", "a.test"),
            ("own_addresses", "203.0.113.1"),
            ("system", "900001"),
            ("renewal_units", "1.2.246.10.2048198.10.1 1.2.246.10.2048198.10.2"),
        ];
        let form = Form(pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        let application = Application {
            number: "1".into(),
            joiner: Oid::parse("1.2.246.10.2048198.10.0").unwrap(),
            service: Service::Prescription,
            state: State::Draft,
            first_joining: true,
            forms: BTreeMap::from([(Step::AccessPoints, form)]),
        };
        let opened = effect(&application, false, Moment::from_seconds(5)).unwrap();
        let services: Vec<Service> = opened.rights_opened.iter().map(|r| r.service).collect();
        assert_eq!(services, [Service::RenewalReception, Service::RenewalReception, Service::Prescription]);
        let units: Vec<_> = opened.rights_opened.iter().filter_map(|right| right.unit.as_ref()).collect();
        assert_eq!(units.len(), 2, "guide 4.2: a right for each receiving unit");
        assert_eq!(
            (opened.joiners_opened.len(), opened.access_points_opened.len(), opened.rights_closed.len()),
            (1, 1, 0)
        );
        assert!(crate::directory::Rows::default().after(&opened).is_ok());
        assert_eq!(
            opened.hash().unwrap(),
            effect(&application, false, Moment::from_seconds(5)).unwrap().hash().unwrap()
        );
        assert_ne!(
            opened.hash().unwrap(),
            effect(&application, true, Moment::from_seconds(5)).unwrap().hash().unwrap()
        );
    }
}
