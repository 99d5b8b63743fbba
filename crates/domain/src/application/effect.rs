//! What approving an application would change in the directory, exactly (guide 4.2).

use super::steps::{Connected, Connection, ModelStep, OwnPoint, access_point};
use super::{Application, JoinerKind, Step};
use crate::directory::{AccessPoint, Effect, Joiner, Right, Tenant};
use crate::identifier::Oid;
use crate::service_code::{RateClass, Service};
use crate::time::{Interval, Moment};
use std::collections::BTreeSet;

/// What the directory holds of the applicant already.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Who of the applicant and its pharmacies is a member.
    pub members: BTreeSet<Oid>,
    /// A pharmacist's pharmacies, main and branch alike; of nobody else any.
    pub pharmacies: BTreeSet<Oid>,
    /// Its tenants.
    pub tenants: Vec<Tenant>,
}

/// The effect of a sent application. `first_moment` is the earliest its rights may begin (when it was sent), so
/// that the same application always has the same effect. `None` while model or access points cannot be read, or a pharmacist names
/// a point that is none of their pharmacies'.
#[must_use]
pub fn effect(application: &Application, held: &Held, first_moment: Moment) -> Option<Effect> {
    let step = access_point(&application.form(Step::AccessPoints), application.service)?;
    let model = application.model()?;
    let valid = Interval::from(step.start.map_or(first_moment, |start| start.max(first_moment)));
    let joiner = &application.joiner;
    let mut effect = Effect::default();
    let mut joining: BTreeSet<Oid> = [joiner.clone()].into();
    // Guide 4.1.1: a tenant works with its host's rights and gets none.
    if let ModelStep::Joint { tenants, .. } = &model {
        let works = |oid: &Oid| held.tenants.iter().any(|held| held.tenant == *oid && !held.valid.ended(valid.from));
        let tenant = |tenant: &Oid| Tenant { host: joiner.clone(), tenant: tenant.clone(), valid };
        effect.tenants_opened.extend(tenants.iter().filter(|oid| !works(oid)).map(tenant));
    }
    let organiser = match &model {
        ModelStep::Parallel { organiser, .. } => Some(organiser.clone()),
        ModelStep::Direct | ModelStep::Joint { .. } => None,
    };
    for Connected { connection, system, renewal_units, .. } in step.connections {
        let oid = connection.oid().clone();
        // Guide figure 3: each pharmacy has its right, through its own point.
        let holder = match application.kind {
            JoinerKind::Pharmacy => Some(oid.administrator()).filter(|oid| held.pharmacies.contains(oid))?,
            _ => joiner.clone(),
        };
        joining.insert(holder.clone());
        if let Connection::Own(OwnPoint { country, links, certificates, .. }) = connection {
            let (administrator, system) = (oid.administrator(), system.clone());
            let oid = oid.clone();
            effect.access_points_opened.push(AccessPoint {
                oid,
                administrator,
                system,
                country,
                links,
                certificates,
                valid,
            });
        }
        let right = Right {
            joiner: holder,
            service: application.service,
            access_point: oid,
            system,
            unit: None,
            organiser: organiser.clone(),
            model: model.model(),
            grandfathered: false,
            valid,
        };
        // Guide 4.2.1: reception is a right of its own, for each unit that carries the mark.
        let reception = |unit| Right { service: Service::RenewalReception, unit: Some(unit), ..right.clone() };
        effect.rights_opened.extend(renewal_units.into_iter().map(reception));
        if application.service != Service::RenewalReception {
            effect.rights_opened.push(right);
        }
    }
    let new = joining.into_iter().filter(|oid| !held.members.contains(oid));
    effect.joiners_opened.extend(new.map(|oid| Joiner { oid, rate: RateClass::Ordinary, valid }));
    Some(effect)
}

#[cfg(test)]
mod tests {
    use super::super::{Form, State};
    use super::*;
    use crate::directory::Rows;
    use crate::service_code::ConnectionModel;
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
            kind: JoinerKind::Private,
            service: Service::Prescription,
            state: State::Draft,
            first_joining: true,
            forms: BTreeMap::from([(Step::AccessPoints, form)]),
            accepted: Default::default(),
        };
        let opened = effect(&application, &Held::default(), Moment::from_seconds(5)).unwrap();
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
            effect(&application, &Held::default(), Moment::from_seconds(5)).unwrap().hash().unwrap()
        );
        assert_ne!(
            opened.hash().unwrap(),
            effect(&application, &member(), Moment::from_seconds(5)).unwrap().hash().unwrap()
        );
    }

    fn member() -> Held {
        Held { members: [Oid::parse("1.2.246.10.2048198.10.0").unwrap()].into(), ..Held::default() }
    }

    fn applied(joiner: &str, service: Service, pairs: &[(&str, &str)]) -> Application {
        let form = Form(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
        Application {
            number: "1".into(),
            joiner: Oid::parse(joiner).unwrap(),
            kind: JoinerKind::Private,
            service,
            state: State::Draft,
            first_joining: true,
            forms: BTreeMap::from([(Step::AccessPoints, form)]),
            accepted: Default::default(),
        }
    }

    fn own(point: &str) -> Vec<(&str, &str)> {
        vec![
            ("connection", "own"),
            ("own_oid", point),
            ("own_country", "FI"),
            ("own_network", "private"),
            ("own_dns", "a.test"),
            ("own_addresses", "203.0.113.1"),
            ("system", "900001"),
        ]
    }

    fn existing(point: &str) -> Vec<(&str, &str)> {
        vec![("connection", "existing"), ("existing_oid", point), ("system", "900001"), ("signer", "own")]
    }

    /// What the directory says of rights: joiner, service, access point, unit.
    fn said(rows: &Rows) -> Vec<String> {
        let unit = |right: &Right| right.unit.as_ref().map_or(String::new(), |unit| format!(" for {unit}"));
        let right =
            |right: &Right| format!("{} {} via {}{}", right.joiner, right.service, right.access_point, unit(right));
        let mut said: Vec<String> = rows.rights.iter().map(right).collect();
        said.sort();
        said
    }

    /// Guide figure 2: prescription and patient data through its own access point, renewal requests for two of its units there, and
    /// patient data through an intermediary's, too.
    #[test]
    fn figure_2() {
        let (joiner, point) = ("1.2.246.10.2048198.10.0", "1.2.246.10.2048198.10.0.13.1");
        let intermediary = "1.2.246.537.6.918.18.5.13.1";
        let notified = AccessPoint {
            oid: crate::identifier::AccessPointOid::parse(intermediary).unwrap(),
            administrator: Oid::parse("1.2.246.537.6.918.18.5").unwrap(),
            system: "900002".into(),
            country: "FI".into(),
            links: vec![],
            certificates: vec![],
            valid: Interval::from(Moment::from_seconds(0)),
        };
        let mut rows = Rows { access_points: vec![notified], ..Rows::default() };
        let (member, none) = (member(), Held::default());
        let mut prescription = own(point);
        prescription.push(("renewal_units", "1.2.246.10.2048198.10.1 1.2.246.10.2048198.10.2"));
        for (number, (service, pairs)) in [
            (Service::Prescription, prescription),
            (Service::PatientData, existing(point)),
            (Service::PatientData, existing(intermediary)),
        ]
        .into_iter()
        .enumerate()
        {
            let effect = effect(
                &applied(joiner, service, &pairs),
                if number > 0 { &member } else { &none },
                Moment::from_seconds(5),
            )
            .unwrap();
            rows = rows.after(&effect).unwrap();
        }
        assert_eq!(
            said(&rows),
            [
                format!("{joiner} patient-data via {point}"),
                format!("{joiner} patient-data via {intermediary}"),
                format!("{joiner} prescription via {point}"),
                format!("{joiner} renewal-reception via {point} for 1.2.246.10.2048198.10.1"),
                format!("{joiner} renewal-reception via {point} for 1.2.246.10.2048198.10.2"),
            ]
        );
        assert_eq!((rows.joiners.len(), rows.access_points.len()), (1, 2));
    }

    /// A host with two tenants, and a producer in its organiser's register (guide 4.1.1).
    #[test]
    fn models_with_others() {
        let point = "1.2.246.537.6.918.18.5.13.1";
        let mut joint = applied("1.2.246.10.2048198.10.0", Service::PatientData, &existing(point));
        let with = |pairs: &[(&str, &str)]| {
            Form(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
        };
        joint
            .forms
            .insert(Step::Model, with(&[("model", "joint"), ("tenants", "1.2.246.10.7.10.0 1.2.246.10.8.10.0")]));
        let opened = effect(&joint, &member(), Moment::from_seconds(5)).unwrap();
        let tenants: Vec<_> = opened.tenants_opened.iter().map(|tenant| tenant.tenant.as_str()).collect();
        assert_eq!(tenants, ["1.2.246.10.7.10.0", "1.2.246.10.8.10.0"]);
        assert_eq!((opened.rights_opened.len(), opened.rights_opened[0].model), (1, ConnectionModel::Joint));
        // One that works there already is not opened again.
        let held = Held { tenants: opened.tenants_opened[..1].to_vec(), ..member() };
        let again = effect(&joint, &held, Moment::from_seconds(5)).unwrap();
        assert_eq!(again.tenants_opened, opened.tenants_opened[1..]);
        let mut parallel = applied("1.2.246.10.2048198.10.0", Service::SocialClientData, &existing(point));
        parallel.forms.insert(Step::Model, with(&[("model", "parallel"), ("organiser", "1.2.246.10.9.10.0")]));
        let opened = effect(&parallel, &member(), Moment::from_seconds(5)).unwrap();
        let right = &opened.rights_opened[0];
        assert_eq!(
            (right.organiser.as_ref().map(Oid::as_str), right.model),
            (Some("1.2.246.10.9.10.0"), ConnectionModel::Parallel)
        );
        parallel.forms.insert(Step::Model, with(&[("model", "parallel")]));
        assert_eq!(effect(&parallel, &member(), Moment::from_seconds(5)), None);
    }

    /// Guide figures 2 and 3 again, each in one application where one will do: several points, reception at one of them only.
    #[test]
    fn several_connections_of_one_application() {
        let (joiner, point) = ("1.2.246.10.2048198.10.0", "1.2.246.10.2048198.10.0.13.1");
        let mut pairs = own(point);
        pairs.extend([
            ("renewal_units", "1.2.246.10.2048198.10.1"),
            ("connection_2", "existing"),
            ("existing_oid_2", "1.2.246.537.6.918.18.5.13.1"),
            ("system_2", "900002"),
        ]);
        let opened =
            effect(&applied(joiner, Service::Prescription, &pairs), &member(), Moment::from_seconds(5)).unwrap();
        let told: Vec<_> = opened
            .rights_opened
            .iter()
            .map(|right| (right.service, right.access_point.as_str(), right.system.as_str()))
            .collect();
        use Service as S;
        let other = "1.2.246.537.6.918.18.5.13.1";
        let expected = [
            (S::RenewalReception, point, "900001"),
            (S::Prescription, point, "900001"),
            (S::Prescription, other, "900002"),
        ];
        assert_eq!((told, opened.access_points_opened.len()), (expected.to_vec(), 1));
        let reception =
            effect(&applied(joiner, S::RenewalReception, &pairs[..8]), &member(), Moment::from_seconds(5)).unwrap();
        let services: Vec<_> = reception.rights_opened.iter().map(|right| right.service).collect();
        assert_eq!(services, [S::RenewalReception], "reception alone, where prescription is open already");
    }

    /// Guide figure 3: a pharmacist with a main and a branch pharmacy; each uses the prescription service through its own point.
    #[test]
    fn figure_3() {
        let (main, branch) = ("1.2.246.553.1.901", "1.2.246.553.1.902");
        let (points, oid) =
            ([format!("{main}.13.1"), format!("{branch}.13.1")], |text: &str| Oid::parse(text).unwrap());
        let mut pairs = own(&points[0]);
        let second: Vec<(String, &str)> = own(&points[1]).into_iter().map(|(k, v)| (format!("{k}_2"), v)).collect();
        pairs.extend(second.iter().map(|(name, text)| (name.as_str(), *text)));
        let mut applied = applied(main, Service::Prescription, &pairs);
        applied.kind = JoinerKind::Pharmacy;
        let held = Held { pharmacies: [oid(main), oid(branch)].into(), ..Held::default() };
        let opened = effect(&applied, &held, Moment::from_seconds(5)).unwrap();
        let joiners: Vec<&str> = opened.joiners_opened.iter().map(|row| row.oid.as_str()).collect();
        assert_eq!(joiners, [main, branch], "both join");
        let rows = Rows::default().after(&opened).unwrap();
        let each = |pharmacy: &str| format!("{pharmacy} prescription via {pharmacy}.13.1");
        assert_eq!(said(&rows), [each(main), each(branch)]);
        // Who is a member already is not opened again; a point of somebody else's pharmacy opens nothing.
        let held = Held { members: [oid(branch)].into(), ..held };
        let opened = effect(&applied, &held, Moment::from_seconds(5)).unwrap();
        assert_eq!(opened.joiners_opened.iter().map(|row| &row.oid).collect::<Vec<_>>(), [&oid(main)]);
        let held = Held { pharmacies: [oid(main)].into(), ..Held::default() };
        assert_eq!(effect(&applied, &held, Moment::from_seconds(5)), None);
    }
}
