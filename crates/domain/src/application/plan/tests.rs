//! What an application breaks, and where that is told: one fact changed at a time.

use super::super::steps::{Form, fields, max_chars};
use super::super::{JoinerKind, Text};
use super::*;
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::{Facts, RegisterFacts};
use crate::register::{Entry, RegisterKind, SystemFacts};
use crate::rules::Rulebook;
use crate::time::Interval;
use std::collections::BTreeMap;

const JOINER: &str = "1.2.246.10.99999036.10.0";
const UNIT: &str = "1.2.246.10.99999036.10.1";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn form(pairs: &[(&str, &str)]) -> Form {
    Form(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

/// A whole application through an own point; `more` fields of step 2 stand over these.
fn application(service: Service, more: &[(&str, &str)]) -> Application {
    let own = format!("{JOINER}.13.1");
    let mut points = form(&[
        ("connection", "own"),
        ("own_oid", &own),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", "a.test"),
        ("own_addresses", "8.8.8.8"),
        ("backup", "private"),
        ("backup_dns", "b.test"),
        ("backup_addresses", "8.8.4.4"),
        ("production_addresses", "yes"),
        ("system", "900001"),
        ("signer", "own"),
    ]);
    points.0.extend(form(more).0);
    let mut contacts = form(&[("archivist_card", "90000000001")]);
    for role in ContactRole::ALL {
        for (part, text) in [("name", "Testi"), ("email", "t@a.test"), ("phone", "0401234567")] {
            contacts.0.insert(format!("{role}_{part}"), text.into());
        }
    }
    let accepted = form(&[("accept", "yes")]);
    Application {
        number: "2026-1".into(),
        joiner: oid(JOINER),
        kind: JoinerKind::Private,
        service,
        state: State::Draft,
        first_joining: true,
        forms: BTreeMap::from([
            (Step::Guidance, form(&[("start", "yes")])),
            (Step::AccessPoints, points),
            (Step::ClientData, form(&[("email", "info@a.test")])),
            (Step::Contacts, contacts),
            (Step::Billing, form(&[("business_id", "9999903-6"), ("address", "Katu 1")])),
            (Step::ServiceDescription, accepted.clone()),
            (Step::Undertaking, accepted),
        ]),
        accepted: Text::ALL.iter().copied().collect(),
    }
}

fn entry(id: &str) -> Entry {
    let fields = [("Sektori", "2 yksityinen"), ("Terv.toimintayksikkö", "T"), ("Uusimispyyntöjen vastaanotto", "T")];
    Entry {
        id: id.into(),
        name: "Esimerkki".into(),
        valid: Interval::from(Moment::from_seconds(0)),
        parent: None,
        business_id: Some("9999903-6".into()),
        fields: fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    }
}

fn facts() -> RegisterFacts {
    let intermediary = "1.2.246.537.6.918.18.900077";
    let entries =
        [(JOINER, RegisterKind::Sote), (UNIT, RegisterKind::Sote), (intermediary, RegisterKind::Intermediaries)];
    let system = SystemFacts {
        class: "A1".into(),
        version: "1".into(),
        transfers: true,
        services: Some(Service::ALL.to_vec()),
        valid: Interval::new(Moment::parse("2025-06-01").unwrap(), Some(Moment::parse("2028-01-01").unwrap())),
        deviation: Some(false),
        register_access: None,
        security_ban: None,
    };
    RegisterFacts {
        entries: entries.map(|(id, kind)| (oid(id), (kind, entry(id)))).into(),
        systems: BTreeMap::from([("900001".to_owned(), system)]),
        controllers: vec![oid(JOINER)],
        branches: Vec::new(),
        parents: BTreeMap::new(),
    }
}

/// The rules that are broken and told, each with the step and the field where it is mended.
fn broken(
    application: &Application,
    change: impl FnOnce(&mut Plan, &mut RegisterFacts),
) -> Vec<(String, Step, Option<String>)> {
    let now = Moment::parse("2026-11-26").unwrap();
    let (mut plan, mut registers) = (plan(application, now), facts());
    change(&mut plan, &mut registers);
    plan.activities = registers.activities(&plan.joiner);
    let facts = Facts { registers: Some(registers), ..Facts::default() };
    let outcomes = Rulebook::standard().check(&plan, &facts, plan.start);
    let told = outcomes.iter().filter(|outcome| outcome.verdict() == Some(Verdict::Broken));
    let told = told.filter(|outcome| tells(outcome, &application.incomplete()));
    told.map(|outcome| {
        let place = &outcome.answers.iter().find(|answer| answer.verdict == Verdict::Broken).unwrap().place;
        (outcome.rule.id.clone(), Step::of_place(place), field_of(application, place))
    })
    .collect()
}

#[test]
fn a_sound_application_breaks_nothing() {
    for (service, more) in [
        (Service::PatientData, &[][..]),
        (Service::Prescription, &[("renewal_units", UNIT), ("renewal_able", "yes")]),
        (Service::Prescription, &[("start", "2027-03-01")]),
    ] {
        let application = application(service, more);
        assert_eq!(application.incomplete(), []);
        assert_eq!(broken(&application, |_, _| ()), [], "{service}");
    }
}

/// What an application says of others – its organiser, its tenants, its second connection – is told where that is filled in.
#[test]
fn others_and_second_connections_have_their_fields() {
    let mut several = application(
        Service::Prescription,
        &[
            ("renewal_units", UNIT),
            ("renewal_able", "yes"),
            ("connection_2", "existing"),
            ("existing_oid_2", "1.2.246.537.6.918.18.900077.13.1"),
            ("system_2", "900009"),
        ],
    );
    let told = broken(&several, |p, _| p.access_points[1].open = Some(true));
    let fields: Vec<_> = told.iter().map(|(rule, _, field)| (rule.as_str(), field.as_deref())).collect();
    assert_eq!(fields, [("system-known", Some("system_2")), ("intermediary-agreement", Some("existing_agreement_2"))]);
    // The first cannot be read: what is wrong with the second is still told there.
    several.forms.get_mut(&Step::AccessPoints).unwrap().0.remove("own_dns");
    let told = broken(&several, |p, _| p.access_points[0].open = Some(true));
    assert!(told.iter().any(|(_, _, field)| field.as_deref() == Some("existing_agreement_2")), "{told:?}");

    let mut joint = application(Service::PatientData, &[]);
    let with = [("model", "joint"), ("tenants", "1.2.246.10.99999052.10.0"), ("tenants_hosts_system", "yes")];
    joint.forms.insert(Step::Model, form(&with));
    let told = broken(&joint, |_, _| ());
    let told: Vec<_> = told.iter().map(|(rule, step, field)| (rule.as_str(), *step, field.as_deref())).collect();
    for (rule, field) in [
        ("joint-agreement", "tenants_agreement"),
        ("tenant-named", "tenants_named"),
        ("tenants-in-register", "tenants"),
    ] {
        assert!(told.contains(&(rule, S::Model, Some(field))), "{rule}: {told:?}");
    }
    let mut parallel = application(Service::SocialClientData, &[]);
    parallel.forms.insert(Step::Model, form(&[("model", "parallel"), ("organiser", JOINER), ("own_system", "yes")]));
    let told = broken(&parallel, |_, _| ());
    let told: Vec<_> = told.iter().map(|(rule, step, field)| (rule.as_str(), *step, field.as_deref())).collect();
    for (rule, field) in [
        ("parallel-public-organiser", "organiser"),
        ("parallel-organiser-offers", "organiser_offers"),
        ("parallel-own-system", "own_system"),
    ] {
        assert!(told.contains(&(rule, S::Model, Some(field))), "{rule}: {told:?}");
    }
}

type Change = fn(&mut Plan, &mut RegisterFacts);

/// A service and fields of step 2, a changed fact, and the rule with step and field where that is told.
type Case = (Service, &'static [(&'static str, &'static str)], Change, &'static str, Step, Option<&'static str>);

use Service as V;
use Step as S;
const CASES: &[Case] = &[
    (V::PatientData, &[], |_, f| drop(f.entries.remove(&oid(JOINER))), "joiner-in-register", S::ClientData, None),
    (
        V::PatientData,
        &[("own_oid", "1.2.246.10.99999036.10.0.13.2")],
        |p, _| p.access_points[0].open = Some(true),
        "new-point-taken",
        S::AccessPoints,
        Some("own_oid"),
    ),
    (
        V::PatientData,
        &[("own_addresses", "10.0.0.1")],
        |_, _| (),
        "addresses-public",
        S::AccessPoints,
        Some("own_addresses"),
    ),
    (
        V::PatientData,
        &[("backup_addresses", "203.0.113.1")],
        |_, _| (),
        "addresses-real",
        S::AccessPoints,
        Some("backup_addresses"),
    ),
    (
        V::PatientData,
        &[("own_country", "US")],
        |p, _| p.access_points[0].approved_abroad = Some(true),
        "location-eu",
        S::AccessPoints,
        Some("own_country"),
    ),
    (V::PatientData, &[("backup", "none")], |_, _| (), "links-duplicated", S::AccessPoints, Some("backup")),
    (V::PatientData, &[], |_, f| f.systems.clear(), "system-known", S::AccessPoints, Some("system")),
    (
        V::PatientData,
        &[],
        |_, f| f.systems.get_mut("900001").unwrap().deviation = Some(true),
        "system-without-deviation",
        S::AccessPoints,
        Some("system"),
    ),
    (
        V::PatientData,
        &[],
        |_, f| f.systems.get_mut("900001").unwrap().services = Some(vec![]),
        "system-for-service",
        S::AccessPoints,
        Some("system"),
    ),
    (
        V::PatientData,
        &[("signer", "whole-service-supplier"), ("signer_holder", JOINER), ("signer_agreement", "yes")],
        |_, _| (),
        "lawful-signer",
        S::AccessPoints,
        Some("signer_holder"),
    ),
    (
        V::PatientData,
        &[("signer", "whole-service-supplier"), ("signer_holder", "1.2.246.537.6.918.18.900077")],
        |_, _| (),
        "signer-agreement",
        S::AccessPoints,
        Some("signer_agreement"),
    ),
    (V::PatientData, &[], |_, f| f.controllers.clear(), "controller-known", S::ClientData, None),
    (
        V::Prescription,
        &[("renewal_units", UNIT)],
        |_, f| f.entries.get_mut(&oid(UNIT)).unwrap().1.fields.clear(),
        "renewal-mark",
        S::AccessPoints,
        Some("renewal_units"),
    ),
    (V::Prescription, &[("start", "2026-11-28")], |_, _| (), "sent-two-weeks-ahead", S::AccessPoints, Some("start")),
    (
        V::Prescription,
        &[
            ("connection", "existing"),
            ("existing_oid", "1.2.246.537.6.918.18.900077.13.1"),
            ("existing_agreement", "yes"),
        ],
        |p, _| p.access_points[0].open = Some(false),
        "opened-first",
        S::AccessPoints,
        Some("existing_oid"),
    ),
];

#[test]
fn one_changed_fact_is_told_at_its_step_and_field() {
    let ended = |valid: &mut Interval| valid.until = Some(Moment::from_seconds(5));
    for (service, more, change, rule, step, field) in CASES {
        let told = broken(&application(*service, more), *change);
        assert_eq!(told, [((*rule).to_owned(), *step, field.map(str::to_owned))]);
    }
    let mut gone = application(Service::PatientData, &[]);
    let told = broken(&gone, |_, f| ended(&mut f.entries.get_mut(&oid(JOINER)).unwrap().1.valid));
    assert_eq!(told, [("joiner-valid".to_owned(), S::ClientData, None)]);
    // What a field says by itself is not said twice; what is wrong with the rest is told all the same.
    gone.forms.remove(&Step::Contacts);
    gone.forms.get_mut(&Step::AccessPoints).unwrap().0.remove("signer");
    assert_eq!(gone.incomplete(), [Step::AccessPoints, Step::Contacts]);
    let told = broken(&gone, |_, f| f.systems.clear());
    assert_eq!(told, [("system-known".to_owned(), S::AccessPoints, Some("system".to_owned()))]);
}

#[test]
fn a_point_under_another_is_not_taken_for_the_joiners() {
    let foreign = application(Service::PatientData, &[("own_oid", "1.2.246.10.99999052.10.0.13.1")]);
    let told: Vec<String> = broken(&foreign, |_, _| ()).into_iter().map(|row| row.0).collect();
    assert!(told.contains(&"administrator".to_owned()), "{told:?}");
    let point = AccessPointOid::parse("1.2.246.10.99999052.10.0.13.1").unwrap();
    assert_eq!(plan(&foreign, Moment::from_seconds(0)).access_points[0].oid, point);
}

#[test]
fn an_overlong_field_is_refused_and_never_read() {
    let units = format!("{UNIT} ").repeat(100_000);
    let application = application(Service::Prescription, &[("renewal_units", &units), ("renewal_able", "yes")]);
    let kept = application.forms[&Step::AccessPoints].clone().only_of(Step::AccessPoints);
    assert_eq!(kept.0["renewal_units"].len(), max_chars("renewal_units") + 1);
    assert_eq!(application.incomplete(), [Step::AccessPoints]);
}

#[test]
fn every_named_field_is_one_of_its_step() {
    for place in [
        "application.email",
        "application.billing.e_invoice",
        "signature.holder",
        "start",
        "service[1].units[3]",
        "service[1].system",
        "application.contact[2].card",
        "access_point[1].link[1].addresses[2]",
        "access_point[1].link[2].addresses[1]",
        "access_point[1].link[2].network",
        "access_point[1].open",
        "access_point[1].new",
        "access_point[1].country",
        "access_point[1].link[1].dns_name",
        "access_point[1].link",
    ] {
        let application = application(Service::Prescription, &[("renewal_units", UNIT)]);
        let place = &place.replace("service[1].units", "service[2].units");
        let field = field_of(&application, place).unwrap();
        assert!(fields(Step::of_place(place)).any(|known| known == field), "{place}: {field}");
    }
    let draft = application(Service::Prescription, &[]);
    assert_eq!((field_of(&draft, "joiner"), field_of(&draft, "application.contact")), (None, None));
}
