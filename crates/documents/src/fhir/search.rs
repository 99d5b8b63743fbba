//! Finding resources and versions.

use super::Kind;
use super::care::{CareDirectory, Version};
use super::node::Node;
use super::query::{BadQuery, By, Compare, Filter, Query, Value, folded};
use liitos_domain::Moment;
use std::collections::{BTreeMap, HashSet};

/// A page of what was found.
pub(super) struct Found<'d> {
    /// How many there are on all pages.
    pub(super) total: usize,
    pub(super) page: Vec<&'d Version>,
    pub(super) included: Vec<&'d Version>,
    /// What the next page comes after.
    pub(super) next: Option<String>,
    /// As known at that moment.
    pub(super) at: Moment,
}

/// Most resources that go beside the matches of a page.
const MOST_INCLUDED: usize = 2000;

impl CareDirectory {
    /// The resources of a kind, in the order of their ids.
    fn of(&self, kind: Kind) -> impl Iterator<Item = &Vec<Version>> {
        let from = (kind, String::new());
        self.resources.range(from..).take_while(move |((own, _), _)| *own == kind).map(|(_, versions)| versions)
    }

    /// The newest versions that match, in the order of their ids, so that pages do not shift when something is written.
    ///
    /// # Errors
    /// [`BadQuery`] where more would have to go beside them than an answer holds.
    pub(super) fn search(&self, query: &Query) -> Result<Found<'_>, BadQuery> {
        let newest = self.of(query.kind).filter_map(|versions| versions.last());
        let matches: Vec<&Version> =
            newest.filter(|version| query.filters.iter().all(|filter| holds(filter, version))).collect();
        let total = matches.len();
        let after = |version: &&&Version| query.after.as_ref().is_none_or(|after| version.id > *after);
        let mut rest = matches.iter().filter(after).copied();
        let page: Vec<&Version> = rest.by_ref().take(query.count).collect();
        let more = rest.next().is_some();
        let next = page.last().filter(|_| more).map(|last| last.id.clone());
        let included = self.included(query, &page)?;
        Ok(Found { total, page, included, next, at: self.at() })
    }

    /// What is asked for beside the matches, each once.
    fn included<'d>(&'d self, query: &Query, page: &[&'d Version]) -> Result<Vec<&'d Version>, BadQuery> {
        let targets: HashSet<String> = page.iter().map(|one| format!("{}/{}", one.kind.name(), one.id)).collect();
        let mut included = BTreeMap::new();
        for include in &query.include {
            let refers = |version: &&Version| references(&version.body, include.path).any(|one| targets.contains(one));
            let found: Vec<&Version> = if include.backwards {
                let newest = self.of(include.from).filter_map(|versions| versions.last());
                newest.filter(refers).take(MOST_INCLUDED + 1).collect()
            } else {
                let named = page.iter().flat_map(|version| references(&version.body, include.path));
                named.filter_map(|one| self.read(include.to, one.rsplit('/').next()?)).collect()
            };
            included.extend(found.into_iter().map(|version| ((version.kind, &version.id), version)));
            if included.len() > MOST_INCLUDED {
                let parameter = if include.backwards { "_revinclude" } else { "_include" };
                return Err(BadQuery {
                    parameter: format!("{parameter}={}", include.name),
                    problem: "more than an answer holds; search for them by themselves, page by page",
                });
            }
        }
        Ok(included.into_values().collect())
    }

    /// All versions since a moment, newest first. All pages tell of the moment at which the first one was asked for.
    pub(super) fn history(&self, query: &Query) -> Found<'_> {
        let after = query.after.as_deref().and_then(read_place);
        let at = after.as_ref().map_or(self.at(), |after| after.asked);
        let since = |version: &&Version| query.since.is_none_or(|since| version.at >= since) && version.at <= at;
        let mut versions: Vec<&Version> = self.of(query.kind).flatten().filter(since).collect();
        versions.sort_unstable_by(|one, other| place(other).cmp(&place(one)));
        let total = versions.len();
        let follows = |version: &&&Version| {
            after.as_ref().is_none_or(|after| place(version) < (after.at, after.id.as_str(), after.number))
        };
        let mut rest = versions.iter().filter(follows).copied();
        let page: Vec<&Version> = rest.by_ref().take(query.count).collect();
        let more = rest.next().is_some();
        let next = page
            .last()
            .filter(|_| more)
            .map(|last| format!("{}~{}~{}~{}", at.as_micros(), last.at.as_micros(), last.number, last.id));
        Found { total, page, included: Vec::new(), next, at }
    }
}

/// What a page comes after.
struct After {
    /// When the first page was asked for.
    asked: Moment,
    at: Moment,
    number: u32,
    id: String,
}

/// A version's place among all.
fn place(version: &Version) -> (Moment, &str, u32) {
    (version.at, &version.id, version.number)
}

fn read_place(text: &str) -> Option<After> {
    let mut parts = text.splitn(4, '~');
    let mut moment = || Some(Moment::from_micros(parts.next()?.parse().ok()?));
    let (asked, at) = (moment()?, moment()?);
    let number = parts.next()?.parse().ok()?;
    Some(After { asked, at, number, id: parts.next()?.to_owned() })
}

fn references<'n>(body: &'n Node, path: &'n [&str]) -> impl Iterator<Item = &'n str> {
    body.all(path).into_iter().filter_map(|node| node.get("reference").and_then(Node::text))
}

fn holds(filter: &Filter, version: &Version) -> bool {
    filter.values.iter().any(|value| matches(filter.by, value, version))
}

fn matches(by: By, value: &Value, version: &Version) -> bool {
    match (by, value) {
        (By::Id, Value::Id(id)) => version.id == *id,
        (By::Reference(path, _), Value::Id(id)) => {
            references(&version.body, path).any(|target| target.rsplit('/').next() == Some(id))
        }
        (By::Token(path), Value::Token { system, code }) => {
            version.body.all(path).into_iter().any(|node| token(node, system.as_deref(), code.as_deref()))
        }
        (By::Text(path), value) => {
            version.body.all(path).into_iter().filter_map(Node::text).any(|text| named(value, text))
        }
        (By::LastUpdated, Value::Time { compare, from, until }) => {
            compared(*compare, (*from, *until), (version.at, Some(version.at)))
        }
        (By::Period(path), Value::Time { compare, from, until }) => {
            let moment =
                |node: &Node, name| node.get(name).and_then(Node::text).and_then(|text| Moment::parse(text).ok());
            let periods = version.body.all(path).into_iter();
            let mut stretches = periods.map(|node| {
                let start = moment(node, "start").unwrap_or(Moment::from_micros(i64::MIN));
                (start, moment(node, "end"))
            });
            stretches.any(|stretch| compared(*compare, (*from, *until), stretch))
        }
        _ => false,
    }
}

fn named(value: &Value, text: &str) -> bool {
    match value {
        Value::Begins(start) => folded(text).starts_with(start),
        Value::Contains(part) => folded(text).contains(part),
        Value::Exactly(whole) => text == whole,
        _ => false,
    }
}

/// The systems of codes that stand alone.
const STATUS: [&str; 2] = ["http://hl7.org/fhir/endpoint-status", "http://hl7.org/fhir/location-status"];

/// A code, coding, concept, identifier or boolean.
fn token(node: &Node, system: Option<&str>, code: Option<&str>) -> bool {
    let own = |name| node.get(name).and_then(Node::text);
    match node {
        Node::Bool(is) => system.is_none() && code == Some(if *is { "true" } else { "false" }),
        // A code's system is the one that R4 binds it to.
        Node::Text(text) => {
            system.is_none_or(|system| system.is_empty() || STATUS.contains(&system)) && code == Some(text)
        }
        _ if node.get("coding").is_some() => node.all(&["coding"]).into_iter().any(|one| token(one, system, code)),
        _ => {
            let said = own("code").or_else(|| own("value"));
            let fits =
                |wanted: Option<&str>, said: Option<&str>| wanted.is_none_or(|wanted| said.unwrap_or("") == wanted);
            fits(system, own("system")) && fits(code, said) && (system.is_some() || code.is_some())
        }
    }
}

/// Compares a stretch of time of a resource with the one asked for, `[from, until)`; a stretch of one moment is that moment.
fn compared(compare: Compare, (from, until): (Moment, Moment), (begins, ends): (Moment, Option<Moment>)) -> bool {
    let within = begins >= from && ends.is_some_and(|ends| ends < until || (ends == until && begins < until));
    let reaches_past = ends.is_none_or(|ends| ends >= until);
    match compare {
        Compare::Equal => within,
        Compare::NotEqual => !within,
        Compare::Greater => reaches_past,
        Compare::Less => begins < from,
        Compare::AtLeast => reaches_past || within,
        Compare::AtMost => begins < from || within,
        Compare::Begins => begins >= until,
        Compare::Ends => ends.is_some_and(|ends| ends <= from && begins < from),
    }
}
