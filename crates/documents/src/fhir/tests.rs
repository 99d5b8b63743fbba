//! The directory's face as a whole: resources, their versions, searches and histories.

use super::profiles::{faults, in_order};
use super::{CareDirectory, CareFacts, Kind, Node, Query, history, searchset};
use liitos_domain::directory::{
    AccessPoint, Closing, Joiner, Known, Link, LinkRole, Network, Past, Right, Stage, Tenant,
};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::Entry;
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Moment, Oid, Service};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const BASE: &str = "https://kanta.test/fhir";
const JOINER: &str = "1.2.246.10.99999028.10.0";
const TENANT: &str = "1.2.246.10.99999044.10.0";
const UNIT: &str = "1.2.246.10.99999028.10.7";
const POINT: &str = "1.2.246.537.6.918.18.900077.13.5";

fn day(day: i64) -> Moment {
    Moment::from_seconds(1_800_000_000 + day * 86_400)
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn known<F>(fact: F, from: i64, until: Option<i64>) -> Known<F> {
    Known { fact, known: Interval::new(day(from), until.map(day)) }
}

fn span(from: i64, until: Option<i64>) -> Interval {
    Interval::new(day(from), until.map(day))
}

fn link(role: LinkRole, name: &str) -> Link {
    Link { network: Network::Private, role, dns_name: name.into(), addresses: Vec::new(), halls: Vec::new() }
}

fn point(names: &[&str], valid: Interval) -> AccessPoint {
    let oid = AccessPointOid::parse(POINT).unwrap();
    AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900003".into(),
        country: "FI".into(),
        links: names.iter().map(|name| link(LinkRole::Primary, name)).collect(),
        certificates: Vec::new(),
        valid,
    }
}

fn right(service: Service, unit: Option<&str>, valid: Interval) -> Right {
    Right {
        joiner: oid(JOINER),
        service,
        access_point: AccessPointOid::parse(POINT).unwrap(),
        system: "900001".into(),
        unit: unit.map(oid),
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    }
}

fn entry(id: &str, name: &str, fields: &[(&str, &str)]) -> Entry {
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Entry {
        id: id.into(),
        name: name.into(),
        valid: span(-1000, None),
        parent: None,
        business_id: None,
        fields: fields.collect::<BTreeMap<_, _>>(),
    }
}

/// A joiner with a unit, its intermediary, and a tenant.
fn facts() -> CareFacts {
    let everything =
        |reason: &str| Closing { reason: reason.into(), ..Closing::everything(Stage::Closed, span(9, Some(10))) };
    let office = [
        ("officestreetaddress", "PL 1"),
        ("postnumber", "00099"),
        ("postoffice", "Helsinki"),
        ("officetelephone", "09 1"),
    ];
    let past = Past {
        joiners: vec![known(Joiner { oid: oid(JOINER), rate: RateClass::Ordinary, valid: span(2, None) }, 1, None)],
        access_points: vec![
            known(point(&["a.test"], span(0, None)), 0, Some(6)),
            known(point(&["a.test"], span(0, Some(8))), 6, None),
            known(point(&["a.test", "b.test"], span(8, None)), 6, None),
        ],
        rights: vec![
            known(right(Service::PatientData, None, span(3, None)), 1, Some(5)),
            known(right(Service::PatientData, None, span(3, Some(7))), 5, None),
            known(right(Service::RenewalReception, Some(UNIT), span(4, Some(40))), 1, None),
        ],
        tenants: vec![known(Tenant { host: oid(JOINER), tenant: oid(TENANT), valid: span(4, None) }, 4, None)],
        closings: vec![known(
            Closing { access_point: Some(AccessPointOid::parse(POINT).unwrap()), ..everything("test") },
            9,
            None,
        )],
    };
    CareFacts {
        past,
        entries: vec![
            known(entry(JOINER, "Lepola Oy", &[]), 0, Some(11)),
            known(entry(JOINER, "Lepola Ähtäri Oy", &[]), 11, None),
            known(entry(UNIT, "Lepolan vastaanotto", &office), 0, None),
        ],
    }
}

fn bodies(directory: &CareDirectory, kind: Kind, asked: &[(&str, &str)]) -> Vec<Value> {
    let asked: Vec<(String, String)> =
        asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let bundle = searchset(directory, &Query::search(kind, BASE, &asked).unwrap()).unwrap();
    let bundle: Value = serde_json::from_str(&bundle.json()).unwrap();
    bundle["entry"].as_array().cloned().unwrap_or_default()
}

fn ids(directory: &CareDirectory, kind: Kind, asked: &[(&str, &str)]) -> Vec<String> {
    let entries = bodies(directory, kind, asked);
    entries.iter().map(|entry| entry["resource"]["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_fits_its_profile_and_refers_to_what_is_there() {
    for at in 0..45 {
        let directory = CareDirectory::build(&facts(), day(at));
        let mut seen = BTreeSet::new();
        let mut targets = BTreeSet::new();
        for kind in Kind::ALL {
            for entry in bodies(&directory, kind, &[]) {
                let resource = &entry["resource"];
                assert_eq!(faults(resource), Vec::<String>::new(), "{resource:#}");
                let id = resource["id"].as_str().unwrap();
                assert!(in_order(&directory.read(kind, id).unwrap().body));
                assert_eq!(entry["fullUrl"], format!("{BASE}/{}/{id}", kind.name()));
                seen.insert(format!("{}/{id}", kind.name()));
                collect(resource, &mut targets);
            }
        }
        assert!(targets.is_subset(&seen), "day {at}: {:?}", targets.difference(&seen).collect::<Vec<_>>());
    }
}

fn collect(value: &Value, targets: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            targets.extend(parts.get("reference").and_then(Value::as_str).map(str::to_owned));
            parts.values().for_each(|part| collect(part, targets));
        }
        Value::Array(several) => several.iter().for_each(|one| collect(one, targets)),
        _ => {}
    }
}

#[test]
fn a_resource_changes_when_something_is_known_begins_or_ends() {
    let at = |at: i64| CareDirectory::build(&facts(), day(at));
    let text = |node: &Node, name: &str| node.get(name).and_then(Node::text).map(str::to_owned);
    let joiner = |now: i64| {
        let directory = at(now);
        let version = directory.read(Kind::Organization, JOINER)?.clone();
        Some((version.number, version.body.get("active").cloned(), text(&version.body, "name")))
    };
    assert_eq!(joiner(0), None, "nobody knows of it");
    assert_eq!(joiner(1), Some((1, Some(false.into()), Some("Lepola Oy".into()))), "known, not yet in force");
    assert_eq!(joiner(2), Some((2, Some(true.into()), Some("Lepola Oy".into()))));
    assert_eq!(joiner(30), Some((3, Some(true.into()), Some("Lepola Ähtäri Oy".into()))), "a new name");
    let endpoints = |now: i64| -> BTreeMap<String, (u32, String)> {
        let directory = at(now);
        let ids = ids(&directory, Kind::Endpoint, &[]);
        let versions = ids.iter().map(|id| directory.read(Kind::Endpoint, id).unwrap());
        let facts =
            versions.map(|one| (text(&one.body, "address").unwrap(), (one.number, text(&one.body, "status").unwrap())));
        facts.collect()
    };
    let status = |now, name: &str| endpoints(now).get(&format!("https://{name}")).map(|(_, status)| status.clone());
    assert_eq!((status(5, "a.test").as_deref(), status(5, "b.test")), (Some("active"), None));
    assert_eq!(status(6, "b.test").as_deref(), Some("off"), "known, not yet open");
    assert_eq!(status(8, "b.test").as_deref(), Some("active"));
    assert_eq!(status(9, "b.test").as_deref(), Some("suspended"), "closed for a day");
    assert_eq!(status(10, "b.test").as_deref(), Some("active"));
    let directory = at(9);
    let memberships = |asked: &[(&str, &str)]| ids(&directory, Kind::OrganizationAffiliation, asked).len();
    assert_eq!(memberships(&[("role", "urn:liitos:service|patient-data")]), 1);
    assert_eq!(memberships(&[("role", "patient-data"), ("active", "true")]), 0, "it ended on day 7");
    assert_eq!(memberships(&[("role", "renewal-reception"), ("active", "true")]), 1);
    assert_eq!(directory.until(), Some(day(10)), "the closing ends");
    assert_eq!(at(11).until(), Some(day(40)), "the unit's right ends");
}

#[test]
fn searches_find_what_was_asked_for() {
    let directory = CareDirectory::build(&facts(), day(20));
    let found = |kind, name: &str, value: &str| ids(&directory, kind, &[(name, value)]);
    let administrator = AccessPointOid::parse(POINT).unwrap().administrator().to_string();
    use Kind::{Endpoint, HealthcareService, Location, Organization, OrganizationAffiliation};
    assert_eq!(found(Organization, "name", "lepola ahtari"), [JOINER]);
    assert_eq!(found(Organization, "name:contains", "ÄHTÄRI"), [JOINER]);
    assert_eq!(found(Organization, "name:exact", "Lepola Ähtäri Oy"), [JOINER]);
    assert_eq!(found(Organization, "name:exact", "lepola ähtäri oy"), Vec::<String>::new());
    assert_eq!(found(Organization, "identifier", &format!("urn:ietf:rfc:3986|urn:oid:{TENANT}")), [TENANT]);
    assert_eq!(found(Organization, "identifier", &format!("urn:other|urn:oid:{TENANT}")), Vec::<String>::new());
    assert_eq!(found(Organization, "type", "administrator"), [administrator.as_str()]);
    assert_eq!(found(Organization, "type", "tenant,joiner").len(), 2);
    assert_eq!(found(Organization, "_id", &format!("{JOINER},kanta")), [JOINER, "kanta"]);
    assert_eq!(
        found(OrganizationAffiliation, "participating-organization", &format!("Organization/{TENANT}")).len(),
        1
    );
    assert_eq!(found(OrganizationAffiliation, "primary-organization", &format!("{BASE}/Organization/kanta")).len(), 2);
    assert_eq!(found(OrganizationAffiliation, "date", &format!("sa{}", day(3))).len(), 2, "begin after day 3");
    assert_eq!(found(OrganizationAffiliation, "date", &format!("eb{}", day(8))).len(), 1, "ended before day 8");
    assert_eq!(found(Endpoint, "organization", &administrator).len(), 2);
    assert_eq!(found(Endpoint, "status", "active").len(), 2);
    assert_eq!(found(Location, "organization", JOINER), [UNIT]);
    assert_eq!(found(Location, "status", "inactive"), Vec::<String>::new());
    assert_eq!(found(HealthcareService, "location", UNIT).len(), 1);
    assert_eq!(found(HealthcareService, "service-type", "renewal-reception").len(), 1);
    // Version times: equal, before, from, after; and none at all.
    let updated = |value: &str| found(Organization, "_lastUpdated", value);
    assert_eq!(updated(&format!("ge{}", day(11))), [JOINER]);
    assert_eq!(updated(&day(11).to_string()), [JOINER]);
    assert_eq!(updated(&format!("gt{}", day(11))), Vec::<String>::new());
    assert_eq!(updated(&format!("lt{}", day(11))).len(), 3);
    assert_eq!(updated(&format!("ne{}", day(11))).len(), 3);
    // What goes beside the matches, each once.
    let modes = |kind, asked: &[(&str, &str)]| -> Vec<String> {
        bodies(&directory, kind, asked)
            .iter()
            .map(|entry| {
                format!(
                    "{} {}",
                    entry["search"]["mode"].as_str().unwrap(),
                    entry["resource"]["resourceType"].as_str().unwrap()
                )
            })
            .collect()
    };
    let with = modes(Organization, &[("_id", &administrator), ("_include", "Organization:endpoint")]);
    assert_eq!(with, ["match Organization", "include Endpoint", "include Endpoint"]);
    let with = modes(
        Organization,
        &[
            ("_id", JOINER),
            ("_revinclude", "OrganizationAffiliation:participating-organization"),
            ("_revinclude", "Location:organization"),
        ],
    );
    assert_eq!(with.len(), 1 + 2 + 1, "{with:?}");
}

#[test]
fn an_answer_has_its_limit() {
    let mut facts = facts();
    for number in 0..2001 {
        let tenant = oid(&format!("1.2.246.10.{}.10.0", 90_000_000 + number));
        facts.past.tenants.push(known(Tenant { host: oid(JOINER), tenant, valid: span(4, None) }, 4, None));
    }
    let directory = CareDirectory::build(&facts, day(20));
    let asked = |name: &str| {
        let asked = [
            ("_id".to_owned(), JOINER.to_owned()),
            (name.to_owned(), "OrganizationAffiliation:primary-organization".to_owned()),
        ];
        searchset(&directory, &Query::search(Kind::Organization, BASE, &asked).unwrap())
    };
    assert_eq!(asked("_revinclude").unwrap_err().parameter, "_revinclude=OrganizationAffiliation:primary-organization");
    let host = [("primary-organization".to_owned(), JOINER.to_owned())];
    let page = searchset(&directory, &Query::search(Kind::OrganizationAffiliation, BASE, &host).unwrap()).unwrap();
    let page: Value = serde_json::from_str(&page.json()).unwrap();
    assert_eq!((&page["total"], page["entry"].as_array().unwrap().len()), (&2002.into(), 100));
}

#[test]
fn what_closes_everything_and_what_never_was() {
    let mut facts = facts();
    let everything = Closing { reason: "test".into(), ..Closing::everything(Stage::Closed, span(15, Some(16))) };
    facts.past.closings.push(known(everything, 15, None));
    // Planned from day 50 on, and withdrawn on day 20: it stays known and never held.
    facts.past.rights.push(known(right(Service::PatientData, None, span(50, None)), 10, Some(20)));
    facts.past.rights.push(known(right(Service::PatientData, None, span(50, Some(50))), 20, None));
    let statuses = |now| {
        ids(
            &CareDirectory::build(&facts, day(now)),
            Kind::Endpoint,
            &[("status", "http://hl7.org/fhir/endpoint-status|suspended")],
        )
        .len()
    };
    assert_eq!((statuses(14), statuses(15), statuses(16)), (0, 2, 0));
    let directory = CareDirectory::build(&facts, day(60));
    let right = bodies(&directory, Kind::OrganizationAffiliation, &[("role", "patient-data")]).remove(0);
    assert_eq!(right["resource"]["period"]["end"], day(7).to_string(), "it ended, and nothing began since");
}

#[test]
fn pages_follow_each_other() {
    let directory = CareDirectory::build(&facts(), day(20));
    let read = |bundle: Node| -> Value { serde_json::from_str(&bundle.json()).unwrap() };
    let ask = |address: &str, all: bool| -> Vec<(String, String)> {
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.replace("%7E", "~")));
        pairs.filter(|(name, _)| all || name != "_after").collect()
    };
    for histories in [false, true] {
        let page = |asked: &[(String, String)]| {
            if histories {
                read(history(&directory, &Query::history(Kind::Organization, BASE, asked).unwrap()))
            } else {
                read(searchset(&directory, &Query::search(Kind::Organization, BASE, asked).unwrap()).unwrap())
            }
        };
        let whole = page(&[]);
        let mut asked = vec![("_count".to_owned(), "2".to_owned())];
        let mut entries = Vec::new();
        loop {
            let one = page(&asked);
            assert_eq!(one["total"], whole["total"]);
            entries.extend(one["entry"].as_array().unwrap().clone());
            let next = one["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next");
            let Some(next) = next else { break };
            asked = ask(next["url"].as_str().unwrap(), true);
        }
        assert_eq!(Value::Array(entries), whole["entry"]);
        assert_eq!(page(&[("_count".to_owned(), "0".to_owned())]).get("entry"), None, "the count alone");
    }
    let whole = read(history(&directory, &Query::history(Kind::Organization, BASE, &[]).unwrap()));
    let entries = whole["entry"].as_array().unwrap();
    let times: Vec<&str> = entries.iter().map(|entry| entry["response"]["lastModified"].as_str().unwrap()).collect();
    assert!(times.is_sorted_by(|one, other| one >= other), "newest first: {times:?}");
    for entry in entries {
        assert_eq!(entry["request"]["url"], format!("Organization/{}", entry["resource"]["id"].as_str().unwrap()));
        let first = entry["resource"]["meta"]["versionId"] == "1";
        assert_eq!(entry["response"]["status"], if first { "201" } else { "200" });
        assert_eq!(
            entry["response"]["etag"],
            format!("W/\"{}\"", entry["resource"]["meta"]["versionId"].as_str().unwrap())
        );
        assert_eq!(entry.get("search"), None);
    }
    let since = [("_since".to_owned(), day(11).to_string())];
    let since = read(history(&directory, &Query::history(Kind::Organization, BASE, &since).unwrap()));
    assert_eq!(since["total"], 1, "the version of that very moment, too");
}

proptest! {
    /// What was said once is never said otherwise later: a version stands as it was, and only new ones come.
    #[test]
    fn versions_only_grow(spans in proptest::collection::vec((0i64..30, 0i64..30, 0i64..30, 0i64..30), 1..6), now in 0i64..60, later in 0i64..60) {
        let mut facts = facts();
        for (from, length, since, known_for) in spans {
            let until = (length < 20).then_some(from + length);
            let forgotten = (known_for < 15).then_some(since + known_for + 1);
            facts.past.rights.push(known(right(Service::Prescription, None, span(from, until)), since, forgotten));
            facts.past.access_points.push(known(point(&["c.test"], span(from, until)), since, forgotten));
        }
        let first = CareDirectory::build(&facts, day(now));
        let second = CareDirectory::build(&facts, day(now + later));
        for (key, versions) in &first.resources {
            let grown = &second.resources[key];
            prop_assert!(grown.len() >= versions.len());
            for (one, other) in versions.iter().zip(grown) {
                prop_assert_eq!(&one.body, &other.body);
            }
            let rest = grown.iter().skip(versions.len());
            for version in rest {
                prop_assert!(version.at > day(now), "what is new came later");
            }
        }
        // Until it says so, it says the same.
        if let Some(until) = first.until() {
            let just_before = Moment::from_micros(until.as_micros() - 1);
            let known_later = facts.past.rights.iter().any(|right| right.known.from > day(now) && right.known.from <= just_before);
            if !known_later {
                let same = CareDirectory::build(&facts, just_before);
                prop_assert_eq!(same.resources.len(), first.resources.len());
            }
        }
    }
}
