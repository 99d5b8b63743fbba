//! Finding resources and versions.

use super::care::{CareDirectory, Version};
use super::node::Node;
use super::query::{By, Compare, Filter, Query, Value, folded};
use liitos_domain::Moment;
use std::collections::BTreeMap;

/// A page of what was found.
pub(super) struct Found<'d> {
    /// How many there are on all pages.
    pub(super) total: usize,
    pub(super) page: Vec<&'d Version>,
    pub(super) included: Vec<&'d Version>,
    /// What the next page comes after.
    pub(super) next: Option<String>,
}

impl CareDirectory {
    /// The newest versions that match, in the order of their ids, so that pages do not shift when something is written.
    pub(super) fn search(&self, query: &Query) -> Found<'_> {
        let newest = self.resources.iter().filter(|((kind, _), _)| *kind == query.kind);
        let newest = newest.filter_map(|(_, versions)| versions.last());
        let matches: Vec<&Version> =
            newest.filter(|version| query.filters.iter().all(|filter| holds(filter, version))).collect();
        let total = matches.len();
        let after = |version: &&&Version| query.after.as_ref().is_none_or(|after| version.id > *after);
        let mut rest = matches.iter().filter(after).copied();
        let page: Vec<&Version> = rest.by_ref().take(query.count).collect();
        let more = rest.next().is_some();
        let next = page.last().filter(|_| more).map(|last| last.id.clone());
        let included = self.included(query, &page);
        Found { total, page, included, next }
    }

    /// What is asked for beside the matches, each once.
    fn included<'d>(&'d self, query: &Query, page: &[&'d Version]) -> Vec<&'d Version> {
        let mut included = BTreeMap::new();
        for include in &query.include {
            if include.backwards {
                let all = self.resources.iter().filter(|((kind, _), _)| *kind == include.from);
                for version in all.filter_map(|(_, versions)| versions.last()) {
                    let refers =
                        |target: &str| page.iter().any(|one| target == format!("{}/{}", one.kind.name(), one.id));
                    if references(&version.body, include.path).any(refers) {
                        included.insert((version.kind, &version.id), version);
                    }
                }
            } else {
                let targets = page.iter().flat_map(|version| references(&version.body, include.path));
                let ids = targets.filter_map(|target| target.rsplit('/').next());
                for version in ids.filter_map(|id| self.read(include.to, id)) {
                    included.insert((version.kind, &version.id), version);
                }
            }
        }
        included.into_values().collect()
    }

    /// All versions since a moment, newest first.
    pub(super) fn history(&self, query: &Query) -> Found<'_> {
        let all = self.resources.iter().filter(|((kind, _), _)| *kind == query.kind).flat_map(|(_, versions)| versions);
        let mut versions: Vec<&Version> =
            all.filter(|version| query.since.is_none_or(|since| version.at >= since)).collect();
        versions.sort_by(|one, other| place(other).cmp(&place(one)));
        let total = versions.len();
        let after = query.after.as_deref().and_then(read_place);
        let follows = |version: &&&Version| {
            after.as_ref().is_none_or(|(at, id, number)| place(version) < (*at, id.as_str(), *number))
        };
        let mut rest = versions.iter().filter(follows).copied();
        let page: Vec<&Version> = rest.by_ref().take(query.count).collect();
        let more = rest.next().is_some();
        let next =
            page.last().filter(|_| more).map(|last| format!("{}~{}~{}", last.at.as_micros(), last.number, last.id));
        Found { total, page, included: Vec::new(), next }
    }
}

/// A version's place among all.
fn place(version: &Version) -> (Moment, &str, u32) {
    (version.at, &version.id, version.number)
}

fn read_place(text: &str) -> Option<(Moment, String, u32)> {
    let mut parts = text.splitn(3, '~');
    let at = Moment::from_micros(parts.next()?.parse().ok()?);
    let number = parts.next()?.parse().ok()?;
    Some((at, parts.next()?.to_owned(), number))
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

/// A code, coding, concept, identifier or boolean.
fn token(node: &Node, system: Option<&str>, code: Option<&str>) -> bool {
    let own = |name| node.get(name).and_then(Node::text);
    match node {
        Node::Bool(is) => system.is_none() && code == Some(if *is { "true" } else { "false" }),
        Node::Text(text) => system.is_none_or(str::is_empty) && code == Some(text),
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
