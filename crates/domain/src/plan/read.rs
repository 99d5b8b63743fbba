//! Reading a plan: from TOML or JSON, every mistake told at once.
//!
//! serde stops at the first mistake. So that a person need not mend one to be told of the next, what is wrong is read over
//! ([`Node`] turns `Gone`, or into something that can stand there) and the tree is read again, until nothing is wrong any
//! more. A plan comes out only if nothing was.

use super::mistake::{MAX_MISTAKES, Mistake, Problem};
use super::written::{Member, Node, Value, Written};
use super::{Activity, Plan, PlannedLink};
use crate::identifier::named;
use crate::time::Moment;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

/// Most access points, services, systems, pharmacies and access points of one service.
const MAX_PARTS: usize = 100;
/// Most tenants, and most units that receive renewal requests through one service: those of a large county.
const MAX_TENANTS: usize = 1_000;
/// Most links of one access point or collection point.
const MAX_LINKS: usize = 20;
/// Most addresses of one link, and most certificates of one access point.
const MAX_OF_LINK: usize = 50;
/// Most contacts of an application.
const MAX_CONTACTS: usize = 200;

impl Plan {
    /// Reads a plan in TOML.
    ///
    /// # Errors
    /// Every mistake, up to [`MAX_MISTAKES`].
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        Written::toml(text).map_err(|mistake| vec![mistake])?.plan()
    }

    /// Reads a plan in JSON, with the same keys.
    ///
    /// # Errors
    /// Every mistake, up to [`MAX_MISTAKES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Vec<Mistake>> {
        Written::json(bytes).map_err(|mistake| vec![mistake])?.plan()
    }
}

/// What is read from a text with every mistake told at once.
pub(crate) trait Readable: for<'de> Deserialize<'de> {
    /// What can stand where a key must be given, or where a value is wrong; by the key, and where that is not enough by what stands above it.
    fn substitute(place: &str) -> Option<Value>;

    /// What no single value shows: too many of something, or one thing twice.
    fn sound(&self, mistakes: &mut Vec<Mistake>);
}

impl Written {
    /// The plan that is written here.
    ///
    /// # Errors
    /// Every mistake, up to [`MAX_MISTAKES`], by line.
    pub fn plan(&self) -> Result<Plan, Vec<Mistake>> {
        self.read()
    }

    /// What is written here.
    ///
    /// # Errors
    /// Every mistake, up to [`MAX_MISTAKES`], by line.
    pub(crate) fn read<T: Readable>(&self) -> Result<T, Vec<Mistake>> {
        let (mut tree, mut mistakes) = (self.0.clone(), Vec::new());
        let read = loop {
            match T::deserialize(&tree) {
                Ok(read) => break Some(read),
                Err(mistake) => {
                    // What could not be read over would be told for ever.
                    let mended = !mistakes.contains(&mistake) && mend::<T>(&mut tree, &mistake);
                    if !mistakes.contains(&mistake) {
                        mistakes.push(mistake);
                    }
                    if !mended || mistakes.len() >= MAX_MISTAKES {
                        break None;
                    }
                }
            }
        };
        if let Some(read) = &read {
            read.sound(&mut mistakes);
        }
        // A key that is only misspelt is not missing too.
        let near = |mistake: &Mistake| Some(format!("{}{}", above(&mistake.place), mistake.nearest()?));
        let misspelt: BTreeSet<String> = mistakes.iter().filter_map(near).collect();
        mistakes.retain(|mistake| mistake.problem != Problem::Missing || !misspelt.contains(&mistake.place));
        for mistake in &mut mistakes {
            mistake.line = self.line(&mistake.place).unwrap_or_default();
        }
        let mut mistakes: Vec<Mistake> = mistakes.into_iter().map(Mistake::visible).collect();
        mistakes.sort_by_key(|mistake| mistake.line);
        mistakes.truncate(MAX_MISTAKES);
        read.filter(|_| mistakes.is_empty()).ok_or(mistakes)
    }
}

/// The place that a key stands in, with the dot after it.
fn above(place: &str) -> &str {
    place.rfind('.').and_then(|dot| place.get(..=dot)).unwrap_or_default()
}

impl Readable for Plan {
    fn substitute(place: &str) -> Option<Value> {
        substitute(place)
    }

    fn sound(&self, mistakes: &mut Vec<Mistake>) {
        sound(self, mistakes);
    }
}

fn substitute(place: &str) -> Option<Value> {
    let key = place.rsplit('.').next().unwrap_or_default();
    let text = match key {
        "start" => "2027-01-01",
        "joiner" => "1.2.246.10.1.10.0",
        "activity" => "health-care",
        "code" => "prescription",
        "number" => "1",
        "oid" => "1.2.246.10.1.10.0.13.1",
        "network" => "private",
        "role" if place.contains("contact") => "technical",
        "role" => "primary",
        "signer" => "own",
        "access_points" => return Some(Value::List(Vec::new())),
        _ => return None,
    };
    Some(Value::Text(text.to_owned()))
}

/// Reads over what a mistake is about; whether that was possible.
fn mend<T: Readable>(tree: &mut Node, mistake: &Mistake) -> bool {
    let place = mistake.place.as_str();
    if mistake.problem == Problem::Missing {
        let (above, key) = place.rsplit_once('.').unwrap_or(("", place));
        let (Some(value), Some(Node { value: Value::Table(members), line })) = (T::substitute(place), tree.at(above))
        else {
            return false;
        };
        members.push(Member { key: key.to_owned(), line: *line, node: Node { line: *line, value } });
        return true;
    }
    let Some(node) = tree.at(place).filter(|_| !place.is_empty()) else { return false };
    let required = !matches!(mistake.problem, Problem::UnknownKey { .. });
    node.value = T::substitute(place).filter(|_| required).unwrap_or_default();
    true
}

fn sound(plan: &Plan, mistakes: &mut Vec<Mistake>) {
    let mut limited = |place: String, count: usize, most: usize| {
        if count > most {
            mistakes.push(Mistake::new(place, Problem::TooMany { count, most }));
        }
    };
    limited("access_point".into(), plan.access_points.len(), MAX_PARTS);
    limited("service".into(), plan.services.len(), MAX_PARTS);
    limited("system".into(), plan.systems.len(), MAX_PARTS);
    limited("tenant".into(), plan.tenants.len(), MAX_TENANTS);
    limited("pharmacies".into(), plan.pharmacies.len(), MAX_PARTS);
    let contacts = plan.application.as_ref().map_or(0, |application| application.contacts.len());
    limited("application.contact".into(), contacts, MAX_CONTACTS);
    for (n, service) in (1..).zip(&plan.services) {
        limited(format!("service[{n}].access_points"), service.access_points.len(), MAX_PARTS);
        limited(format!("service[{n}].units"), service.units.len(), MAX_TENANTS);
        let persons = service.deployment.as_ref().map_or(0, |deployment| deployment.persons.len());
        limited(format!("service[{n}].deployment.persons"), persons, MAX_PARTS);
    }
    let mut linked = |place: &str, links: &[PlannedLink]| {
        limited(format!("{place}.link"), links.len(), MAX_LINKS);
        for (n, link) in (1..).zip(links) {
            limited(format!("{place}.link[{n}].addresses"), link.addresses.len(), MAX_OF_LINK);
        }
    };
    for (n, point) in (1..).zip(&plan.access_points) {
        linked(&format!("access_point[{n}]"), &point.links);
    }
    if let Some(shared) = &plan.collection_point {
        linked("collection_point", &shared.links);
    }
    for (n, point) in (1..).zip(&plan.access_points) {
        limited(format!("access_point[{n}].certificates"), point.certificates.len(), MAX_OF_LINK);
    }
    once("access_point", "oid", plan.access_points.iter().map(|point| point.oid.as_str()), mistakes);
    once("system", "number", plan.systems.iter().map(|system| system.number.as_str()), mistakes);
    once("tenant", "oid", plan.tenants.iter().map(|tenant| tenant.oid.as_str()), mistakes);
}

fn once<'a>(table: &str, key: &str, ids: impl Iterator<Item = &'a str>, mistakes: &mut Vec<Mistake>) {
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    for (n, id) in (1..).zip(ids) {
        // What was put in for something that is wrong or missing is nobody's.
        let put_in = substitute(key).is_some_and(|value| matches!(value, Value::Text(text) if text == id));
        if !seen.insert(id) && !put_in && told.insert(id) {
            mistakes.push(Mistake::new(format!("{table}[{n}].{key}"), Problem::Twice { found: id.to_owned() }));
        }
    }
}

/// A day as text or as TOML's own date.
pub(crate) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
    named(deserializer, "day", Moment::parse)
}

pub(super) fn some_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
    day(deserializer).map(Some)
}

/// A country's code: two capital letters (ISO 3166-1).
pub(super) fn country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let code = |text: &str| {
        let sound = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        sound.then(|| Some(text.to_owned())).ok_or("two capital letters")
    };
    named(deserializer, "country", code)
}

/// An address; a type of its own, so that a list of them says which one is wrong.
struct Address(IpAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named(deserializer, "address", |text| text.parse().map(Self))
    }
}

pub(super) fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpAddr>, D::Error> {
    let read = Vec::<Address>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|Address(address)| address).collect())
}

/// One activity, or a list of at least one.
struct Activities;

impl<'de> Visitor<'de> for Activities {
    type Value = BTreeSet<Activity>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("activities")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Activity::parse(text).map(|activity| [activity].into()).ok_or_else(|| E::custom("no such activity"))
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut activities = BTreeSet::new();
        while let Some(activity) = list.next_element()? {
            activities.insert(activity);
        }
        if activities.is_empty() { Err(A::Error::custom("none is named")) } else { Ok(activities) }
    }
}

pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<Activity>, D::Error> {
    deserializer.deserialize_newtype_struct("activities", Activities)
}

#[cfg(test)]
mod tests {
    use super::super::mistake::Expected;
    use super::*;

    const SOUND: &str = include_str!("../../../../samples/plans/own-point.toml");

    fn told(text: &str) -> Vec<(String, usize, &'static str)> {
        let mistakes = Plan::parse(text).map_err(|mistakes| mistakes.into_iter());
        let told = |m: Mistake| (m.place.clone(), m.line, m.problem.code());
        mistakes.map_or_else(|mistakes| mistakes.map(told).collect(), |_| Vec::new())
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line() {
        assert_eq!(told(SOUND), []);
        let text = "starts = \"2027-01-15\"\njoiner = \"1.2.x\"\nactivity = \"helth-care\"\n\n[[service]]\ncode = \"patient-dta\"\naccess_points = [\"1.2.3\"]\n\n[[access_point]]\ncountry = 7\n[[access_point.link]]\nrole = \"primary\"\naddresses = [\"8.8.8.8\", \"eight\"]\nup = \"fast\"\nfixed = \"yes\"\n";
        let expected = [
            ("starts", 1, "unknown-key"),
            ("joiner", 2, "value"),
            ("activity", 3, "value"),
            ("service[1].code", 6, "choice"),
            ("service[1].access_points[1]", 7, "value"),
            ("access_point[1].oid", 9, "missing"),
            ("access_point[1].country", 10, "value"),
            ("access_point[1].link[1].network", 11, "missing"),
            ("access_point[1].link[1].addresses[2]", 13, "value"),
            ("access_point[1].link[1].up", 14, "value"),
            ("access_point[1].link[1].fixed", 15, "value"),
        ];
        let mut found = told(text);
        found.sort_by_key(|(place, line, _)| (*line, place.clone()));
        let mut wanted: Vec<_> =
            expected.iter().map(|(place, line, code)| ((*place).to_owned(), *line, *code)).collect();
        wanted.sort_by_key(|(place, line, _)| (*line, place.clone()));
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_mistake_says_what_belongs_there() {
        let first = |text: &str| Plan::parse(text).unwrap_err().remove(0);
        let with = |line: &str| {
            format!("start = \"2027-01-15\"\njoiner = \"1.2.246.10.1.10.0\"\nactivity = \"social-care\"\n{line}\n")
        };
        let expected = |line: &str| match first(&with(line)).problem {
            Problem::Value { found, expected, .. } => (found, expected),
            other => panic!("{other:?}"),
        };
        assert_eq!(expected("organiser = \"1\""), ("1".into(), Expected::Oid));
        assert_eq!(expected("sent = \"soon\""), ("soon".into(), Expected::Day));
        assert_eq!(expected("sent = 5"), ("5".into(), Expected::Day));
        assert_eq!(expected("own_system = 1"), ("1".into(), Expected::Flag));
        assert_eq!(expected("pharmacies = \"x\""), ("x".into(), Expected::List));
        assert_eq!(expected("change = \"x\""), ("x".into(), Expected::Table));
        assert_eq!(expected("access_point = [{ oid = \"1.2.3\" }]"), ("1.2.3".into(), Expected::AccessPointOid));
        assert_eq!(first(&with("orgniser = \"1.2.3\"")).nearest(), Some("organiser"));
        assert_eq!(first(&with("model = \"paralel\"")).nearest(), Some("parallel"));
        assert_eq!(first(&with("colour = \"red\"")).nearest(), None);
        let many = with(
            &"tenant = ["
                .to_owned()
                .chars()
                .chain("{oid=\"1.2.3\"},".repeat(2).chars())
                .chain("]".chars())
                .collect::<String>(),
        );
        assert_eq!(first(&many).problem, Problem::Twice { found: "1.2.3".into() });
        let syntax = first("start = \n");
        assert_eq!((syntax.problem.code(), syntax.line), ("syntax", 1));
    }

    #[test]
    fn whatever_must_be_given_can_be_read_over() {
        let text = "service = [{}]\nsystem = [{}]\ntenant = [{}]\nsignature = {}\naccess_point = [{ link = [{}] }]\n\n[application]\ncontact = [{}]\n";
        let missing: Vec<_> = told(text).into_iter().filter(|row| row.2 == "missing").map(|row| row.0).collect();
        assert_eq!(missing.len(), 12, "{missing:?}");
        assert_eq!(told(text).len(), 12);
        let mut many = SOUND.to_owned();
        many.insert_str(0, &(0..80).map(|n| format!("nothing{n} = 1\n")).collect::<String>());
        assert_eq!(told(&many).len(), MAX_MISTAKES);
    }

    #[test]
    fn odd_keys_are_told_once_and_hide_nothing() {
        let with = |line: &str| format!("{line}\n{SOUND}\n[application.billing.more]\n");
        for (line, place) in [
            ("\"application.email\" = 1", "\"application.email\""),
            ("\"service[1]\" = 1", "\"service[1]\""),
            ("\"a.b\" = 1", "\"a.b\""),
            ("\"a\\\"b\" = 1", "\"a\\\"b\""),
            ("\"\" = 1", "\"\""),
        ] {
            let found: Vec<String> = told(&with(line)).into_iter().map(|row| row.0).collect();
            assert_eq!(found, [place, "application.billing.more"], "{line}");
        }
        let steering = Plan::parse(&with("organiser = \"\\u001b[31m\"")).unwrap_err();
        assert!(steering.iter().all(|mistake| !format!("{mistake:?}").contains('\u{1b}')));
    }

    #[test]
    fn json_has_the_same_keys() {
        let text = r#"{ "start": "2027-01-15", "joiner": "1.2.246.10.1.10.0", "activity": ["health-care"], "organiser": null }"#;
        assert!(Plan::from_json(text.as_bytes()).is_ok());
        let wrong = Plan::from_json(br#"{ "start": 1, "joiner": "1.2.246.10.1.10.0", "more": [] }"#).unwrap_err();
        let places: Vec<&str> = wrong.iter().map(|mistake| mistake.place.as_str()).collect();
        assert_eq!(places, ["more", "start", "activity"]);
        assert_eq!(Plan::from_json(b"{").unwrap_err()[0].problem.code(), "syntax");
    }
}
