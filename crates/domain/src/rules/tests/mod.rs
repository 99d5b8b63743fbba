//! Every rule by example: a plan that keeps all rules, and for each rule one changed fact that breaks it and nothing else.

mod table;

use super::{Rulebook, Verdict};
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::{CertificateFound, Facts, Plan, RegisterFacts};
use crate::register::{Entry, RegisterKind, SystemFacts};
use crate::time::{Interval, Moment};
use crate::{Service, directory::Network};
use std::collections::{BTreeMap, BTreeSet};
use table::{BREAKS, BREAKS_THEN, BREAKS_WITH};

const OWN: &str = include_str!("../../../../../samples/plans/own-point.toml");
const INTERMEDIARY: &str = include_str!("../../../../../samples/plans/intermediary.toml");
const PHARMACY: &str = include_str!("../../../../../samples/plans/pharmacy.toml");
const JOINT: &str = include_str!("../../../../../samples/plans/joint.toml");
const PARALLEL: &str = include_str!("../../../../../samples/plans/parallel.toml");
const IMAGING: &str = include_str!("../../../../../samples/plans/imaging.toml");
const SYSTEM: &str = include_str!("../../../../../samples/plans/own-system.toml");
const OTHER: &str = include_str!("../../../../../samples/plans/another-joiners-point.toml");
const COLLECTION: &str = include_str!("../../../../../samples/plans/collection-point.toml");
const FIGURE_2: &str = include_str!("../../../../../samples/plans/figure-2.toml");
const MERGER: &str = include_str!("../../../../../samples/plans/merger.toml");
const TERMINATION: &str = include_str!("../../../../../samples/plans/new-point-and-termination.toml");
const BASES: [&str; 12] =
    [OWN, INTERMEDIARY, PHARMACY, JOINT, PARALLEL, IMAGING, SYSTEM, OTHER, COLLECTION, FIGURE_2, MERGER, TERMINATION];

const JOINER: &str = "1.2.246.10.99999036.10.0";
const INTERMEDIARY_OID: &str = "1.2.246.537.6.918.18.900077";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn moment(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn entry(id: &str, fields: &[(&str, &str)]) -> Entry {
    Entry {
        id: id.into(),
        name: "Esimerkki".into(),
        valid: Interval::from(moment("2020-01-01")),
        parent: None,
        business_id: Some("9999903-6".into()),
        fields: fields.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    }
}

/// A system certified for everything but transferring for others.
fn certified() -> SystemFacts {
    SystemFacts {
        class: "A1".into(),
        version: "1".into(),
        transfers: false,
        services: Some(Service::ALL.to_vec()),
        valid: Interval::new(moment("2025-01-01"), Some(moment("2028-01-01"))),
        deviation: Some(false),
        register_access: None,
        security_ban: None,
    }
}

/// What registers, files and directories say of everyone in the sample plans. The samples' example addresses are in
/// nobody's network; here they are moved to public space.
fn case(text: &str) -> (Plan, Facts) {
    let text = text.replace("203.0.113.", "198.20.0.").replace("2001:db8:", "2a00:");
    let plan = Plan::parse(&text).unwrap();
    let mut facts = Facts::default();
    let mut entries = BTreeMap::new();
    let mut add = |id: &str, kind, fields: &[(&str, &str)]| {
        entries.insert(oid(id), (kind, entry(id, fields)));
    };
    let private = [
        ("Sektori", "2 yksityinen"),
        ("Uusimispyyntöjen vastaanotto", "T"),
        ("Terv.toimintayksikkö", "T"),
        ("Sos.toimintayksikkö", "T"),
    ];
    use RegisterKind as K;
    for id in [
        JOINER,
        "1.2.246.10.99999036.10.1",
        "1.2.246.10.99999036.10.2",
        "1.2.246.10.99999028.10.0",
        "1.2.246.10.99999052.10.0",
    ] {
        add(id, K::Sote, &private);
    }
    add("1.2.246.10.99999984.10.0", K::Sote, &[("Sektori", "1 julkinen")]);
    add("1.2.246.553.1.900001", K::Pharmacies, &[]);
    add("1.2.246.553.1.900002", K::Pharmacies, &[]);
    add(INTERMEDIARY_OID, K::Intermediaries, &[]);
    let systems = ["900001", "900002", "900003"].map(|number| (number.to_owned(), certified())).into();
    facts.registers = Some(RegisterFacts {
        entries,
        systems,
        controllers: vec![plan.joiner.clone()],
        branches: plan.pharmacies.clone(),
        parents: BTreeMap::new(),
    });
    for point in &plan.access_points {
        let collected = plan.collection_point.iter().flat_map(|shared| &shared.links);
        let names: Vec<String> =
            point.links.iter().chain(collected).filter_map(|link| Some(link.dns_name.as_ref()?.to_string())).collect();
        for file in &point.certificates {
            facts.certificates.insert(file.clone(), certificate(point.oid.as_str(), &names, 366));
        }
        for address in point.links.iter().flat_map(|link| &link.addresses) {
            facts.holders.insert(*address, vec!["ESIMERKKI Oy, Network".into()]);
        }
    }
    if let Some(signature) = &plan.signature {
        let holder = signature.holder.as_ref().unwrap_or(&plan.joiner);
        facts
            .certificates
            .extend(signature.certificate.clone().map(|file| (file, certificate(holder.as_str(), &[], 731))));
    }
    (plan, facts)
}

fn certificate(serial: &str, names: &[String], days: i64) -> CertificateFound {
    let from = moment("2026-06-01");
    CertificateFound {
        fingerprint: crate::Sha256Hash::of(serial.as_bytes()),
        serial_numbers: vec![serial.to_owned()],
        organisations: vec!["Esimerkki Oy".into()],
        common_names: names.iter().take(1).cloned().collect(),
        dns_names: names.to_vec(),
        addresses: Vec::new(),
        valid: Interval::new(from, Some(from.plus_seconds(days * 86_400))),
        signature_algorithm: "1.2.840.113549.1.1.11".into(),
        rsa_bits: Some(3072),
        ec_bits: None,
        fit: true,
        trusted: Some(Ok(())),
    }
}

/// The worst verdict of each rule that concerns a plan.
fn verdicts(plan: &Plan, facts: &Facts, at: Moment) -> BTreeMap<String, Verdict> {
    let outcomes = Rulebook::standard().check(plan, facts, at);
    outcomes.iter().filter_map(|o| Some((o.rule.id.clone(), o.verdict()?))).collect()
}

fn broken(plan: &Plan, facts: &Facts, at: Moment) -> Vec<String> {
    verdicts(plan, facts, at).into_iter().filter(|(_, v)| *v == Verdict::Broken).map(|(id, _)| id).collect()
}

type Change = fn(&mut Plan, &mut Facts);

fn entries(facts: &mut Facts) -> &mut BTreeMap<Oid, (RegisterKind, Entry)> {
    &mut facts.registers.as_mut().unwrap().entries
}

fn system<'f>(facts: &'f mut Facts, number: &str) -> &'f mut SystemFacts {
    facts.registers.as_mut().unwrap().systems.get_mut(number).unwrap()
}

fn server(facts: &mut Facts) -> &mut CertificateFound {
    facts.certificates.get_mut("ordered/server.pem").unwrap()
}

fn signing(facts: &mut Facts) -> &mut CertificateFound {
    facts.certificates.get_mut("ordered/signature.pem").unwrap()
}

#[test]
fn sound_plans_keep_every_rule() {
    for text in BASES {
        let (plan, facts) = case(text);
        let told = verdicts(&plan, &facts, plan.start);
        let odd: Vec<_> = told.iter().filter(|(_, verdict)| **verdict != Verdict::Kept).collect();
        assert!(odd.is_empty(), "{}: {odd:?}", text.lines().next().unwrap());
    }
}

#[test]
fn one_changed_fact_breaks_exactly_its_rule() {
    for (rule, text, change) in BREAKS {
        let (mut plan, mut facts) = case(text);
        change(&mut plan, &mut facts);
        let at = plan.start;
        assert_eq!(broken(&plan, &facts, at), [*rule]);
    }
    for (rule, at, text, change) in BREAKS_THEN {
        let (mut plan, mut facts) = case(text);
        change(&mut plan, &mut facts);
        assert_eq!(broken(&plan, &facts, moment(at)), [*rule]);
    }
    for (rule, text, change, with) in BREAKS_WITH {
        let (mut plan, mut facts) = case(text);
        change(&mut plan, &mut facts);
        let expected: BTreeSet<&str> = with.iter().copied().chain([*rule]).collect();
        let found = broken(&plan, &facts, plan.start);
        assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn every_rule_has_an_example_that_breaks_it() {
    let shown: BTreeSet<&str> = BREAKS
        .iter()
        .map(|row| row.0)
        .chain(BREAKS_THEN.iter().map(|row| row.0))
        .chain(BREAKS_WITH.iter().map(|row| row.0))
        .collect();
    let rules: BTreeSet<&str> = Rulebook::standard().rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(shown, rules);
    assert!(!rules.is_empty());
}

#[test]
fn what_is_not_known_is_never_a_pass() {
    // These look at what the plan must say, so they have their answer without further facts.
    let certain: BTreeSet<&str> = BTreeSet::from([
        "oid-level",
        "service-for-activity",
        "renewal-needs-prescription",
        "own-point-complete",
        "public-imaging",
        "signature-needed",
        "access-points-named",
        "links-duplicated",
    ]);
    let bare = Plan::parse(
        r#"
        start = "2027-01-15"
        joiner = "1.2.246.10.99999036.10.0"
        activity = "health-care"
        service = [
            { code = "patient-data", access_points = ["1.2.246.10.99999036.10.0.13.1"], system = "900001" },
            { code = "renewal-reception", access_points = ["1.2.246.10.99999036.10.0.13.1"], system = "900001" },
        ]
        signature = { signer = "own" }
        [[access_point]]
        oid = "1.2.246.10.99999036.10.0.13.1"
        certificates = ["unread.pem"]
        link = [{ network = "public", role = "primary" }, { network = "private", role = "backup" }]
        "#,
    )
    .unwrap();
    let told = verdicts(&bare, &Facts::default(), bare.start);
    for (rule, verdict) in &told {
        assert!(certain.contains(rule.as_str()) || *verdict != Verdict::Kept, "{rule} passes without facts");
    }
    assert!(told.values().filter(|verdict| **verdict == Verdict::NotChecked).count() > 30, "{told:?}");
}

#[test]
fn links_that_are_not_described_are_not_checked() {
    let (mut plan, facts) = case(INTERMEDIARY);
    plan.access_points[0].links.clear();
    plan.services[0].code = Service::ImagingData;
    let told = verdicts(&plan, &facts, plan.start);
    assert_eq!(told.get("public-imaging"), Some(&Verdict::NotChecked));
    assert_eq!(told.get("public-shared"), None, "the operator asked when it was opened");
    plan.access_points[0].open = Some(false);
    assert_eq!(verdicts(&plan, &facts, plan.start).get("public-shared"), Some(&Verdict::NotChecked));
}

#[test]
fn a_renewal_unit_is_the_joiners_by_number_or_by_what_stands_above_it() {
    let (mut plan, mut facts) = case(OWN);
    let unit = oid("1.2.246.10.99999028.10.0");
    let reception = plan.services.iter_mut().find(|service| service.code == Service::RenewalReception).unwrap();
    reception.units = vec![unit.clone()];
    let asked = |facts: &Facts| verdicts(&plan, facts, plan.start)["renewal-unit"];
    assert_eq!(asked(&facts), Verdict::Broken);
    facts.registers.as_mut().unwrap().parents.insert(unit.to_string(), plan.joiner.to_string());
    assert_eq!(asked(&facts), Verdict::Kept);
    facts.registers = None;
    assert_eq!(asked(&facts), Verdict::NotChecked);
}

#[test]
fn links_of_a_collection_point_count_as_the_points_own() {
    let (mut plan, mut facts) = case(IMAGING);
    let links = std::mem::take(&mut plan.access_points[0].links);
    plan.access_points[0].certificates.clear();
    facts.certificates.clear();
    plan.collection_point = Some(crate::plan::PlannedCollection {
        country: Some("FI".into()),
        approved_abroad: None,
        passes_tls: Some(true),
        links,
    });
    assert_eq!(broken(&plan, &facts, plan.start), Vec::<String>::new());
    let link = &mut plan.collection_point.as_mut().unwrap().links[0];
    (link.network, link.up) = (Network::Public, std::num::NonZeroU32::new(1));
    let expected = ["capacity", "public-imaging", "public-shared", "symmetric"];
    assert_eq!(broken(&plan, &facts, plan.start), expected);
}

#[test]
fn rows_that_contradict_themselves_are_refused() {
    let row = |more: &str| {
        format!(
            "[[rule]]\nid = \"x\"\nseverity = \"error\"\nmender = \"joiner\"\nsources = [{{ document = \"guide\" }}]\n{more}"
        )
    };
    let load = |text: &str| Rulebook::load(&[("x.toml", text)]).map(|_| ()).map_err(|error| error.to_string());
    let sound = row("check = { name = \"oid-level\" }\n");
    assert_eq!(load(&sound), Ok(()));
    assert!(load(&format!("{sound}{sound}")).unwrap_err().contains("twice"));
    let dated = sound.replace("check", "from = \"2025-01-01\"\nuntil = \"2025-01-01\"\ncheck");
    assert!(load(&dated).unwrap_err().contains("ends before"));
    for (wrong, said) in [
        ("check = { name = \"nothing\" }\n", "unknown variant"),
        ("check = { name = \"oid-level\", more = 1 }\n", "unknown field"),
        ("check = { name = \"halls\" }\n", "missing field"),
        ("check = { name = \"oid-level\" }\nmore = 1\n", "line 7"),
    ] {
        let error = load(&row(wrong)).unwrap_err();
        assert!(error.starts_with("x.toml") && error.contains(said), "{error}");
    }
}

/// An organisation with access points as the directory knows them, each with the certificates of some numbers.
fn held_points(points: &[&[usize]]) -> Plan {
    let mut plan = Plan { standing: crate::plan::Standing::Joined, ..Plan::new(moment("2027-06-01"), oid(JOINER)) };
    plan.access_points = (1..)
        .zip(points)
        .map(|(nth, certificates)| {
            let mut point =
                crate::plan::PlannedPoint::new(AccessPointOid::parse(&format!("{JOINER}.13.{nth}")).unwrap());
            point.certificates = certificates.iter().map(ToString::to_string).collect();
            let mut link = crate::plan::PlannedLink::new(Network::Private, crate::directory::LinkRole::Primary);
            link.dns_name = crate::identifier::DnsName::parse("a.test").ok();
            point.links = vec![link];
            point
        })
        .collect();
    plan
}

#[test]
fn one_point_is_mended_though_another_stays_broken() {
    // Of four certificates the first two end before the day.
    let of = |nth: usize, point: usize, name: &str| {
        let days = if nth < 2 { 100 } else { 366 };
        (nth.to_string(), certificate(&format!("{JOINER}.13.{point}"), &[name.to_owned()], days))
    };
    let certificates = [of(0, 1, "a.test"), of(1, 2, "a.test"), of(2, 1, "a.test"), of(3, 1, "b.test")];
    let facts = Facts { certificates: certificates.into(), ..Facts::default() };
    let asked = |points: &[&[usize]]| {
        let plan = held_points(points);
        let outcomes = Rulebook::standard().check(&plan, &facts, plan.start);
        let of_certificates = outcomes.into_iter().filter(|one| one.rule.id.starts_with("certificate-"));
        vec![(plan, of_certificates.filter(|one| one.verdict() == Some(Verdict::Broken)).collect())]
    };
    let newly = |before: &[&[usize]], after: &[&[usize]]| -> Vec<(String, usize)> {
        let new = super::newly_broken(&asked(before), asked(after));
        new.iter().map(|one| (one.rule.id.clone(), one.answers.len())).collect()
    };
    assert_eq!(newly(&[&[0], &[1]], &[&[2], &[1]]), []);
    assert_eq!(newly(&[&[2], &[1]], &[&[0], &[1]]), [("certificate-valid".to_owned(), 1)]);
    assert_eq!(newly(&[], &[&[0], &[1]]), [("certificate-valid".to_owned(), 2)]);
    // What is told of two moments is told once, and all of it.
    let outcomes = |points: &[&[usize]]| asked(points).into_iter().flat_map(|(_, all)| all).collect::<Vec<_>>();
    let both = super::joined(outcomes(&[&[0]]), outcomes(&[&[0], &[1]]));
    assert_eq!(
        both.iter().map(|one| (one.rule.id.as_str(), one.answers.len())).collect::<Vec<_>>(),
        [("certificate-valid", 2)]
    );
    // One of those that are known has to bear the name, unless another one that is not known may.
    assert_eq!(newly(&[&[2]], &[&[3]]), [("certificate-primary-name".to_owned(), 1)]);
    assert_eq!((newly(&[&[2]], &[&[3, 2]]), newly(&[&[2]], &[&[3, 9]])), (vec![], vec![]));
}
