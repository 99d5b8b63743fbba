use super::content::Collected;
use super::*;
use crate::application::Form;
use crate::directory::{AccessPoint, CollectionPoint, Effect, Joiner, Right, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::PlannedTenant;
use crate::register::{Entry, RegisterKind};
use crate::rules::Severity;
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn day(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

const NOW: &str = "2026-11-01";
const DAY: &str = "2027-01-01";

fn who(number: u32) -> Oid {
    Oid::parse(&format!("1.2.246.10.9000{number}.10.0")).unwrap()
}

fn unit(number: u32, of: u32) -> Oid {
    Oid::parse(&format!("1.2.246.10.9000{number}.10.{of}")).unwrap()
}

fn point(number: u32, n: u32) -> AccessPoint {
    AccessPoint {
        oid: AccessPointOid::parse(&format!("{}.13.{n}", who(number))).unwrap(),
        administrator: who(number),
        system: "900001".into(),
        country: "FI".into(),
        links: vec![],
        certificates: vec![],
        valid: Interval::from(day("2020-01-01")),
    }
}

fn right(number: u32, service: Service, through: (u32, u32), of: Option<Oid>) -> Right {
    Right {
        joiner: who(number),
        service,
        access_point: point(through.0, through.1).oid,
        system: "900001".into(),
        unit: of,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::from(day("2020-01-01")),
    }
}

/// One that uses two services through its own point and receives with a unit; another that uses one through that point; and an unused point of each.
fn two() -> Facts {
    let joiner = |n| Joiner { oid: who(n), rate: Default::default(), valid: Interval::from(day("2020-01-01")) };
    let entry = |mark: &str| {
        let fields = [("Uusimispyynnön vastaanotto", mark)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Entry {
            id: unit(1, 1).to_string(),
            name: "Vastaanotto".into(),
            parent: Some(who(1).to_string()),
            business_id: None,
            valid: Interval::from(day("2020-01-01")),
            fields: fields.into(),
        }
    };
    let known = |n, mark| {
        let entry = Some((RegisterKind::Sote, entry(mark)));
        (unit(1, n), Unit { joiner: Some(who(1)), entry, waiting: u64::from(n == 1) * 3 })
    };
    Facts {
        own: vec![who(1)],
        arriving: BTreeMap::new(),
        rows: Rows {
            joiners: (1..=2).map(joiner).collect(),
            access_points: vec![point(1, 1), point(1, 2), point(2, 1)],
            rights: vec![
                right(1, Service::Prescription, (1, 1), None),
                right(1, Service::PatientData, (1, 1), None),
                right(1, Service::RenewalReception, (1, 1), Some(unit(1, 1))),
                right(2, Service::PatientData, (1, 1), None),
            ],
            collection_points: vec![CollectionPoint {
                administrator: who(1),
                name: "Pohjoinen".into(),
                country: "FI".into(),
                addresses: vec!["203.0.113.8".parse().unwrap()],
                access_points: vec![point(1, 1).oid],
                proxy_header: false,
                valid: Interval::from(day("2020-01-01")),
            }],
            ..Rows::default()
        },
        units: [known(1, "T"), known(2, "F")].into(),
        units_of_documents: Default::default(),
        controllers: vec![who(1)],
        documents: [(who(1), 7)].into(),
        linked: vec![("203.0.113.77".parse().unwrap(), point(2, 1).oid)],
        controller_valid: true,
        run_day: true,
        intermediary: false,
        professional: false,
    }
}

/// What is filled in, field by field.
type Fields<'a> = Vec<(&'a str, &'a str)>;

fn form(fields: &[(&str, &str)]) -> Form {
    Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

/// What is found in a notification that is written so.
fn found(kind: Kind, fields: &[(&str, &str)], facts: &Facts) -> Vec<(Severity, What)> {
    let mut written = form(fields);
    written.0.entry("day".into()).or_insert_with(|| DAY.into());
    let (content, on) = read(kind, &written).unwrap();
    let expedited = !written.text("expedited").is_empty();
    judge((kind, &content), (on, day(NOW), day(NOW)), expedited, facts)
        .into_iter()
        .map(|one| (one.severity, one.what))
        .collect()
}

#[test]
fn what_is_right_is_found_right() {
    let facts = two();
    let [own, spare, other] = [(1, 1), (1, 2), (2, 1)].map(|(n, of)| point(n, of).oid.to_string());
    let used = format!("patient-data {own} 900001");
    let units = format!("{} 1.2.3.5\n", unit(1, 1));
    let (from, both) = ([("own_country", "FI"), ("own_addresses", "203.0.113.9")], format!("{own} {other}"));
    let links =
        [("own_country", "FI"), ("own_network", "private"), ("own_dns", "a.test"), ("own_addresses", "203.0.113.1")];
    let right: Vec<(Kind, Fields<'_>)> = vec![
        (Kind::System, vec![("right", &used), ("system", "900002")]),
        (Kind::Swap, vec![("point", &own), ("to_point", &spare)]),
        (Kind::Swap, vec![("point", &own), ("to_point", &other), ("service", "patient-data"), ("agreed", "yes")]),
        (Kind::Use, vec![("service", "patient-data"), ("to_point", &spare), ("system", "900001")]),
        (Kind::Link, [&[("point", own.as_str())][..], &links].concat()),
        (Kind::Certificates, vec![("point", &own), ("own_certificates", "00".repeat(32).leak())]),
        (Kind::PointSystem, vec![("point", &spare), ("system", "900002")]),
        (Kind::RetirePoint, vec![("point", &spare)]),
        (Kind::CollectionPoint, [&[("name", "Eteläinen"), ("points", own.as_str())][..], &from].concat()),
        (Kind::Collection, [&[("collection", "Pohjoinen"), ("points", own.as_str())][..], &from].concat()),
        (
            Kind::Collection,
            [&[("collection", "Pohjoinen"), ("points", both.as_str()), ("agreed", "yes")][..], &from].concat(),
        ),
        (Kind::BusinessId, vec![("to_joiner", "1.2.246.10.90009.10.0"), ("unit_numbers", &units)]),
        (Kind::Point, [&[("own_oid", "1.2.246.10.90001.10.0.13.3"), ("system", "900001")][..], &links].concat()),
        (Kind::Controller, vec![("from_controller", who(1).to_string().leak()), ("to_controller", "1.2.3")]),
    ];
    for (kind, fields) in right {
        let mut found = found(kind, &fields, &facts);
        found.retain(|one| *one != (Severity::Advice, What::DocumentsMove));
        assert_eq!(found, [], "{kind}");
    }
    // Of what is worth knowing nothing is in the way.
    let leave = found(Kind::Leave, &[("service", "patient-data")], &facts);
    assert_eq!(leave, [(Severity::Advice, What::DocumentsStay)]);
}

#[test]
fn tenants_begin_and_end() {
    let mut facts = two();
    let works = |n| Tenant { host: who(1), tenant: who(n), valid: Interval::from(day("2020-01-01")) };
    facts.rows.tenants = vec![works(4)];
    facts.rows.rights[1].model = ConnectionModel::Joint;
    let [there, new] = [4, 5].map(|n| who(n).to_string());
    let settled = [("tenants_agreement", "yes"), ("tenants_hosts_system", "yes"), ("tenants_named", "yes")];
    let begin = |tenants| [&[("tenants", tenants)][..], &settled].concat();
    assert_eq!(found(Kind::Tenants, &begin(&new), &facts), []);
    assert_eq!(found(Kind::EndTenant, &[("tenant", &there)], &facts), [(Severity::Advice, What::TenantEnds)]);
    let already = found(Kind::Tenants, &begin(&there), &facts);
    assert_eq!(already, [(Severity::Error, What::Nothing), (Severity::Error, What::TenantAlready)]);
    let changed = |kind, fields: &[(&str, &str)]| {
        let mut written = form(fields);
        written.0.insert("day".into(), DAY.into());
        let (content, on) = read(kind, &written).unwrap();
        effect(&content, (&facts.own, &BTreeMap::new()), &facts.rows, on)
    };
    let opened = changed(Kind::Tenants, &begin(&new)).tenants_opened;
    assert_eq!(opened, [Tenant { host: who(1), tenant: who(5), valid: Interval::from(day(DAY).midnight()) }]);
    let ended = changed(Kind::EndTenant, &[("tenant", &there)]).tenants_ended;
    assert_eq!(ended, [(works(4), day(DAY).midnight())]);
}

#[test]
fn what_stands_in_the_way_is_told() {
    let facts = two();
    let [own, other] = [(1, 1), (2, 1)].map(|(n, of)| point(n, of).oid.to_string());
    let used = format!("patient-data {own} 900001");
    let cases: Vec<(Kind, Fields<'_>, What)> = vec![
        (Kind::System, vec![("right", &used), ("system", "900001")], What::Nothing),
        (Kind::System, vec![("right", &used), ("system", "900002"), ("day", "2026-11-01")], What::Past),
        (Kind::System, vec![("right", &used), ("system", "900002"), ("day", "2020-11-01")], What::Past),
        (Kind::System, vec![("right", &used), ("system", "900002"), ("day", "2026-11-21")], What::ShortNotice),
        (Kind::Swap, vec![("point", &own), ("to_point", &other)], What::NotAgreed),
        (Kind::Swap, vec![("point", &own), ("to_point", "1.2.246.10.90009.10.0.13.1")], What::PointUnknown),
        (Kind::Use, vec![("service", "imaging-data"), ("to_point", &own), ("system", "1")], What::Nothing),
        (
            Kind::Reception,
            vec![("units", "1.2.246.10.90002.10.1"), ("to_point", &own), ("system", "1")],
            What::UnitOfAnother,
        ),
        (
            Kind::Reception,
            vec![("units", unit(1, 2).to_string().leak()), ("to_point", &own), ("system", "1")],
            What::Unaddressed,
        ),
        (Kind::RetirePoint, vec![("point", &own)], What::PointInUse),
        (Kind::RetirePoint, vec![("point", &other)], What::PointOfAnother),
        (
            Kind::Point,
            vec![
                ("own_oid", &other),
                ("system", "1"),
                ("own_country", "FI"),
                ("own_network", "private"),
                ("own_dns", "a.test"),
                ("own_addresses", "203.0.113.1"),
            ],
            What::PointOfAnother,
        ),
        (Kind::Controller, vec![("from_controller", "1.2.3"), ("to_controller", "1.2.4")], What::ControllerOfAnother),
        (Kind::Intermediary, vec![("security_plan", "2026-01-01")], What::NoIntermediary),
        (Kind::Termination, vec![("grounds", "supplier")], What::SupplierOnly),
    ];
    errors(cases, &facts);
    // With a reason it may come late; never on the day itself.
    let late = [("right", used.as_str()), ("system", "900002"), ("day", "2026-11-21"), ("expedited", "it burns")];
    assert_eq!(found(Kind::System, &late, &facts), [(Severity::Advice, What::Expedited)]);
    // What was notified in time stays so, however long somebody takes to decide; but not beyond its day.
    let fields = [("right", used.as_str()), ("system", "900002"), ("day", DAY)];
    let (content, on) = read(Kind::System, &form(&fields)).unwrap();
    let decided = |now: &str| judge((Kind::System, &content), (on, day(NOW), day(now)), false, &facts);
    assert_eq!(decided("2026-12-30"), []);
    assert_eq!(decided("2027-01-01").first().map(|one| one.what), Some(What::Past));
}

/// Each of some notifications is found to have something in its way.
fn errors(cases: Vec<(Kind, Fields<'_>, What)>, facts: &Facts) {
    for (kind, fields, what) in cases {
        assert!(found(kind, &fields, facts).contains(&(Severity::Error, what)), "{kind} {fields:?}: {what}");
    }
}

#[test]
fn what_stands_in_the_way_of_points_tenants_and_numbers_is_told() {
    let [own, other] = [(1, 1), (2, 1)].map(|(n, of)| point(n, of).oid.to_string());
    let (from, me) = ([("own_country", "FI"), ("own_addresses", "203.0.113.9")], who(1).to_string());
    let cases: Vec<(Kind, Fields<'_>, What)> = vec![
        (Kind::PointSystem, vec![("point", &other), ("system", "900002")], What::PointOfAnother),
        (Kind::PointSystem, vec![("point", &own), ("system", "900001")], What::Nothing),
        (
            Kind::CollectionPoint,
            [&[("name", "Pohjoinen"), ("points", own.as_str())][..], &from].concat(),
            What::NameTaken,
        ),
        (Kind::CollectionPoint, [&[("name", "Uusi"), ("points", other.as_str())][..], &from].concat(), What::NotAgreed),
        (
            Kind::CollectionPoint,
            [&[("name", "Uusi"), ("points", "1.2.246.10.90009.10.0.13.1")][..], &from].concat(),
            What::PointUnknown,
        ),
        (
            Kind::CollectionPoint,
            vec![("name", "Uusi"), ("points", &own), ("own_country", "FI"), ("own_addresses", "203.0.113.77")],
            What::AddressTaken,
        ),
        (
            Kind::CollectionPoint,
            vec![("name", "Uusi"), ("points", &own), ("own_country", "FI"), ("own_addresses", "10.0.0.1")],
            What::AddressPrivate,
        ),
        (
            Kind::Collection,
            [&[("collection", "Eteläinen"), ("points", own.as_str())][..], &from].concat(),
            What::CollectionUnknown,
        ),
        // An access point that has no link of its own would be reached no more.
        (Kind::RetireCollection, vec![("collection", "Pohjoinen")], What::Collected),
        (Kind::RetireCollection, vec![("collection", "Eteläinen")], What::CollectionUnknown),
        (Kind::Tenants, vec![("tenants", "1.2.246.10.90003.10.0")], What::NotJoint),
        (Kind::Tenants, vec![("tenants", me.as_str())], What::HostItself),
        (Kind::EndTenant, vec![("tenant", "1.2.246.10.90003.10.0")], What::NoTenant),
        (Kind::BusinessId, vec![("to_joiner", me.as_str())], What::SameNumber),
        (
            Kind::BusinessId,
            vec![("to_joiner", "1.2.246.10.90009.10.0"), ("unit_numbers", "1.2.246.10.90002.10.1 1.2.3")],
            What::UnitOfAnother,
        ),
    ];
    errors(cases, &two());
}

#[test]
fn an_address_is_one_points_or_one_collections() {
    let [own, spare, other] = [(1, 1), (1, 2), (2, 1)].map(|(n, of)| point(n, of).oid.to_string());
    let of = |point: &'static str, address: &'static str| {
        let links = [("point", point), ("own_country", "FI"), ("own_network", "private"), ("own_dns", "a.test")];
        [&links[..], &[("own_addresses", address)]].concat()
    };
    let taken = [(Severity::Error, What::AddressTaken)];
    assert_eq!(found(Kind::Link, &of(spare.leak(), "203.0.113.8"), &two()), taken, "it is not behind that");
    assert_eq!(found(Kind::Link, &of(own.clone().leak(), "203.0.113.8"), &two()), [], "it is");
    // With whoever has the address among those that it collects, it is theirs together; elsewhere than at home Kanta approves it for itself.
    let both = format!("{own} {other}");
    let abroad = [("name", "Uusi"), ("points", &both), ("own_country", "SE"), ("own_addresses", "203.0.113.77")];
    let abroad = found(Kind::CollectionPoint, &[&abroad[..], &[("agreed", "yes")]].concat(), &two());
    assert_eq!(abroad, [(Severity::Warning, What::Abroad)]);
    let mut branches = two();
    branches.own.push(who(3));
    let numbers = found(Kind::BusinessId, &[("to_joiner", "1.2.246.10.90009.10.0")], &branches);
    assert_eq!(numbers, [(Severity::Error, What::Branches)]);
}

#[test]
fn nothing_is_built_on_what_ends_nor_ended_under_somebody() {
    // The last service is not left, but ended with the joining; by whatever name it would end.
    let mut one = two();
    one.rows.rights.remove(0);
    let used = format!("patient-data {} 900001", point(1, 1).oid);
    let last = (Severity::Error, What::LastService);
    assert!(found(Kind::Leave, &[("service", "patient-data")], &one).contains(&last));
    assert!(found(Kind::EndUse, &[("right", &used)], &one).contains(&last));
    assert!(!found(Kind::EndUse, &[("right", &used)], &two()).contains(&last), "another stays");
    // Whoever works by the joining would lose the service with it.
    let mut host = two();
    host.rows.tenants.push(Tenant { host: who(1), tenant: who(3), valid: Interval::from(day("2020-01-01")) });
    assert!(found(Kind::EndUse, &[("right", &used)], &host).contains(&(Severity::Error, What::Tenants)));
    // A point that is to end carries nothing that goes on.
    let mut ends = two();
    ends.rows.access_points[1].valid = Interval::new(day("2020-01-01"), Some(day("2027-03-01")));
    let spare = point(1, 2).oid.to_string();
    let own = point(1, 1).oid.to_string();
    let stranded = (Severity::Error, What::Stranded);
    assert!(found(Kind::Swap, &[("point", &own), ("to_point", &spare)], &ends).contains(&stranded));
    let more = [("service", "patient-data"), ("to_point", spare.as_str()), ("system", "900001")];
    assert!(found(Kind::Use, &more, &ends).contains(&stranded));
    // What ends by then may run through it: one more goes on as long as the one that it is like.
    ends.rows.rights[1].valid = Interval::new(day("2020-01-01"), Some(day("2027-02-01")));
    assert_eq!(found(Kind::Use, &more, &ends), []);
    // A unit that is in no register any more stops receiving all the same.
    let mut gone = two();
    gone.units.get_mut(&unit(1, 1)).unwrap().joiner = None;
    let stops = found(Kind::EndReception, &[("units", unit(1, 1).to_string().leak())], &gone);
    assert!(stops.iter().all(|(severity, _)| *severity != Severity::Error), "{stops:?}");
}

/// A unit that receives is not closed with requests in it (change situations: all of them are to be handled).
#[test]
fn no_unit_stops_receiving_with_requests_in_it() {
    let facts = two();
    let stops = |on: &str| {
        let unit = unit(1, 1).to_string();
        let written = [("units", unit.as_str()), ("day", on), ("expedited", "soon")];
        found(Kind::EndReception, &written, &facts)
    };
    assert!(stops("2026-11-08").contains(&(Severity::Error, What::RequestsUnanswered)), "they would live still");
    let later = stops("2027-01-01");
    assert!(
        later.contains(&(Severity::Advice, What::RequestsWait))
            && later.iter().all(|(severity, _)| *severity != Severity::Error)
    );
    assert!(later.contains(&(Severity::Warning, What::Marked)), "a mark ends before the unit does");
    // Whoever leaves prescriptions receives no more, either.
    let left = found(Kind::Leave, &[("service", "prescription"), ("day", "2026-11-08"), ("expedited", "x")], &facts);
    assert!(left.contains(&(Severity::Error, What::RequestsUnanswered)));
    // Moved to another point nothing stops.
    let [own, spare] = [(1, 1), (1, 2)].map(|(n, of)| point(n, of).oid.to_string());
    assert_eq!(found(Kind::Swap, &[("point", &own), ("to_point", &spare)], &facts), []);
}

/// A collection point of somebody's, with a point of each in it.
fn collecting(number: u32) -> CollectionPoint {
    CollectionPoint {
        administrator: who(number),
        name: "A".into(),
        country: "FI".into(),
        addresses: vec![format!("203.0.113.{number}").parse().unwrap()],
        access_points: vec![point(number, 1).oid, point(number, 2).oid],
        proxy_header: false,
        valid: Interval::from(day("2020-01-01")),
    }
}

fn works(host: u32) -> Tenant {
    Tenant { host: who(host), tenant: who(4), valid: Interval::from(day("2020-01-01")) }
}

fn some_rows() -> impl Strategy<Value = Rows> {
    let one = (1u32..4, 0usize..3, (1u32..4, 1u32..3), 0i64..30, proptest::option::of(1i64..60));
    proptest::collection::vec(one, 0..12).prop_map(|some| {
        let services = [Service::Prescription, Service::PatientData, Service::RenewalReception];
        let joiners: Vec<u32> = (1..4).collect();
        let base = Rows {
            joiners: joiners
                .iter()
                .map(|n| Joiner { oid: who(*n), rate: Default::default(), valid: Interval::from(day("2020-01-01")) })
                .collect(),
            access_points: joiners.iter().flat_map(|n| [point(*n, 1), point(*n, 2)]).collect(),
            tenants: joiners.iter().map(|n| works(*n)).collect(),
            collection_points: joiners.iter().map(|n| collecting(*n)).collect(),
            ..Rows::default()
        };
        some.into_iter().fold(base, |rows, (n, service, through, from, long)| {
            let service = services[service];
            let of = (service == Service::RenewalReception).then(|| unit(n, through.1));
            let from = day("2026-12-15").plus_days(from);
            let valid = Interval::new(from, long.map(|days| from.plus_days(days)));
            let opened =
                Effect { rights_opened: vec![Right { valid, ..right(n, service, through, of) }], ..Effect::default() };
            rows.after(&opened).unwrap_or(rows)
        })
    })
}

fn collected(point: AccessPointOid) -> Collected {
    Collected {
        country: "FI".into(),
        addresses: vec!["203.0.113.50".parse().unwrap()],
        proxy_header: true,
        points: vec![point],
        agreed: true,
    }
}

fn tenant(number: u32) -> PlannedTenant {
    PlannedTenant { oid: who(number), agreement: Some(true), hosts_system: Some(true), named_on_messages: Some(true) }
}

fn some_content() -> impl Strategy<Value = (Kind, Content)> {
    let points = prop::sample::select(vec![(1, 1), (1, 2), (2, 1), (3, 2)]);
    (0usize..16, points.clone(), points, 0usize..2).prop_map(|(kind, from, to, service)| {
        let service = [Service::Prescription, Service::PatientData][service];
        let (from, to) = (point(from.0, from.1).oid, point(to.0, to.1).oid);
        let system = "900001".to_owned();
        match kind {
            0 => (Kind::System, Content::System { service, point: from, from: system, to: "900002".into() }),
            1 | 2 => (Kind::Swap, Content::Swap { from, to, service: (kind == 1).then_some(service), agreed: true }),
            3 => (Kind::Use, Content::Use { service, point: to, system, agreed: true }),
            4 => (Kind::EndUse, Content::EndUse { service, point: from, system }),
            5 => (Kind::Reception, Content::Reception { units: vec![unit(1, 1)], point: to, system, agreed: true }),
            6 => (Kind::EndReception, Content::EndReception { units: vec![unit(1, 1), unit(1, 2)] }),
            7 => (Kind::Leave, Content::Leave { service }),
            8 => (Kind::Link, Content::Link { point: from, country: "SE".into(), links: vec![] }),
            9 => (Kind::PointSystem, Content::PointSystem { point: from, system: "900002".into() }),
            10 => (Kind::CollectionPoint, Content::CollectionPoint { name: "B".into(), collected: collected(to) }),
            11 => (Kind::Collection, Content::Collection { name: "A".into(), collected: collected(to) }),
            12 => (Kind::RetireCollection, Content::RetireCollection { name: "A".into() }),
            13 => (Kind::Tenants, Content::Tenants { tenants: vec![tenant(5)] }),
            14 => (Kind::EndTenant, Content::EndTenant { tenant: who(4) }),
            _ => (Kind::RetirePoint, Content::RetirePoint { point: from }),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever is notified touches nobody else's, and taken back before its day leaves everything as it was.
    #[test]
    fn what_is_notified_is_ones_own_and_can_be_taken_back(rows in some_rows(), (_, content) in some_content()) {
        let (now, on) = (day("2026-12-20"), day(DAY));
        let changes = effect(&content, (&[who(1)], &BTreeMap::new()), &rows, on);
        let theirs = |right: &Right| right.joiner != who(1);
        prop_assert!(!changes.rights_opened.iter().any(theirs) && !changes.rights_closed.iter().any(|(row, _)| theirs(row)));
        let points = changes.access_points_opened.iter().chain(changes.access_points_ended.iter().map(|(row, _)| row));
        prop_assert!(points.into_iter().all(|row| row.administrator == who(1)));
        let ended = changes.collection_points_ended.iter().map(|(row, _)| row);
        prop_assert!(changes.collection_points_opened.iter().chain(ended).all(|row| row.administrator == who(1)));
        let ended = changes.tenants_ended.iter().map(|(row, _)| row);
        prop_assert!(changes.tenants_opened.iter().chain(ended).all(|row| row.host == who(1)));
        if let Ok(after) = rows.after(&changes) {
            // Until the day nothing is otherwise.
            let then = |rows: &Rows, at: Moment| {
                let mut open: Vec<Right> = rows.rights.iter().filter(|row| row.valid.contains(at)).map(|row| Right { valid: Interval::from(at), ..row.clone() }).collect();
                open.sort();
                open
            };
            for days in 0..12 {
                prop_assert_eq!(then(&after, now.plus_days(days)), then(&rows, now.plus_days(days)));
            }
            // What is said again is said already.
            let again = effect(&content, (&[who(1)], &BTreeMap::new()), &after, on);
            prop_assert!(matches!(content, Content::Swap { .. }) || again.is_empty(), "{:?}", again);
            if !changes.is_empty() {
                let back = undone(&changes, &after, now).unwrap();
                let before = after.after(&back).unwrap();
                prop_assert!(Effect::between(&before, &rows, now).is_empty());
                prop_assert!(undone(&changes, &before, now).is_none(), "once");
                let begun = |row: &&Right| row.valid.from <= on;
                prop_assert!(changes.rights_opened.iter().find(begun).is_none() || undone(&changes, &after, on).is_none(), "its day has come");
            }
        }
    }

    /// Whatever is typed is read, or told what is wrong with it.
    #[test]
    fn whatever_is_typed_is_read_or_refused(kind in prop::sample::select(Kind::ALL), texts in prop::collection::vec(prop_oneof!["\\PC{0,40}", "[0-9.]{1,30}", Just(DAY.to_owned()), Just("patient-data".to_owned())], 12)) {
        let fields: Form = Form(asked(kind).map(str::to_owned).zip(texts).collect());
        match read(kind, &fields) {
            Ok((content, on)) => {
                drop(judge((kind, &content), (on, day(NOW), day(NOW)), false, &two()));
            }
            Err(wrong) => prop_assert!(!wrong.is_empty() && wrong.iter().all(|error| asked(kind).any(|field| field == error.field)), "{:?}", wrong),
        }
    }
}
