//! What there is of a client, at a glance: how many documents of which kind, from where and when; and the matters or service events they belong to.

use super::Register;
use crate::identifier::Oid;
use crate::time::{Interval, Moment};
use std::collections::BTreeMap;

/// A document, as far as a summary asks.
#[derive(Clone, Copy, Debug)]
pub struct Summarised<'a> {
    /// Its register.
    pub register: &'a Register,
    /// The task it was made in.
    pub task: Option<&'a str>,
    /// Its type.
    pub kind: Option<&'a str>,
    /// The unit it was made in.
    pub unit: &'a Oid,
    /// Its matter or service event.
    pub matter: Option<&'a str>,
    /// Whether it says that this has not ended.
    pub open: bool,
    /// When it was made.
    pub made_at: Moment,
}

/// How many there are, and from when until when they were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// How many.
    pub count: u64,
    /// The first.
    pub first: Moment,
    /// The last.
    pub last: Moment,
}

impl Span {
    fn with(held: Option<Self>, at: Moment) -> Self {
        let held = held.unwrap_or(Self { count: 0, first: at, last: at });
        Self { count: held.count + 1, first: held.first.min(at), last: held.last.max(at) }
    }
}

/// What documents have in common: register, task, type and unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// Their register.
    pub register: Register,
    /// The task they were made in.
    pub task: Option<String>,
    /// Their type.
    pub kind: Option<String>,
    /// The unit they were made in.
    pub unit: Oid,
}

/// A summary of a client's documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The documents by what they have in common.
    pub groups: BTreeMap<Group, Span>,
    /// The same by matter or service event.
    pub matters: BTreeMap<String, SummedMatter>,
}

/// A matter or service event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SummedMatter {
    /// How many documents it has.
    pub span: Span,
    /// Whether it has not ended, by a document of its own.
    pub open: bool,
    /// From when until when it is open, where a document of its own says so.
    pub told: Option<Interval>,
}

impl Summary {
    /// Of some documents.
    pub fn of<'a>(documents: impl IntoIterator<Item = Summarised<'a>>) -> Self {
        let mut summary = Self::default();
        for one in documents {
            let group = Group {
                register: one.register.clone(),
                task: one.task.map(str::to_owned),
                kind: one.kind.map(str::to_owned),
                unit: one.unit.clone(),
            };
            let span = Span::with(summary.groups.get(&group).copied(), one.made_at);
            summary.groups.insert(group, span);
            if let Some(matter) = one.matter {
                let held = summary.matters.get(matter).copied();
                let span = Span::with(held.map(|held| held.span), one.made_at);
                let open = one.open || held.is_some_and(|held| held.open);
                summary.matters.insert(matter.to_owned(), SummedMatter { span, open, told: None });
            }
        }
        summary
    }

    /// Adds what a document of a matter's own says: when it was opened and closed. Of several the first opened it, and all must have closed it.
    pub fn told(&mut self, matter: &str, open: Interval, now: Moment) {
        if let Some(summed) = self.matters.get_mut(matter) {
            let told = summed.told.map_or(open, |before| {
                let until = before.until.zip(open.until).map(|(one, other)| one.max(other));
                Interval::new(before.from.min(open.from), until)
            });
            (summed.told, summed.open) = (Some(told), told.contains(now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Family;
    use super::*;

    #[test]
    fn documents_are_counted_by_what_they_have_in_common() {
        let register = Register { family: Family::Social, code: "1".into() };
        let unit = Oid::parse("1.2.246.10.1.10.1").unwrap();
        let one = |at: i64, kind: &'static str, matter: Option<&'static str>, open: bool| Summarised {
            register: &register,
            task: Some("14"),
            kind: Some(kind),
            unit: &unit,
            matter,
            open,
            made_at: Moment::from_seconds(at),
        };
        let all = [one(5, "a", Some("m"), false), one(3, "a", Some("m"), true), one(9, "b", None, false)];
        let Summary { groups, matters } = Summary::of(all);
        let span =
            |count, first, last| Span { count, first: Moment::from_seconds(first), last: Moment::from_seconds(last) };
        let told: Vec<_> = groups.iter().map(|(group, span)| (group.kind.as_deref(), *span)).collect();
        assert_eq!(told, [(Some("a"), span(2, 3, 5)), (Some("b"), span(1, 9, 9))]);
        let open =
            |from, until: Option<i64>| Interval::new(Moment::from_seconds(from), until.map(Moment::from_seconds));
        let summed = |open, told| SummedMatter { span: span(2, 3, 5), open, told };
        assert_eq!(matters.get("m"), Some(&summed(true, None)));
        let mut told = Summary { matters, ..Summary::default() };
        for (now, is_open) in [(7, true), (8, false)] {
            told.told("m", open(1, Some(8)), Moment::from_seconds(now));
            assert_eq!(told.matters.get("m"), Some(&summed(is_open, Some(open(1, Some(8))))));
        }
        told.told("m", open(5, None), Moment::from_seconds(9));
        assert_eq!(told.matters.get("m"), Some(&summed(true, Some(open(1, None)))));
        assert_eq!(Summary::of([]), Summary::default());
    }
}
