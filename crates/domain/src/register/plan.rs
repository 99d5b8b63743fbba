//! What an import changes: a full file against what we know now. Nothing is forgotten; a row that changed
//! or disappeared keeps its old version with the time we learnt otherwise.

use super::Entry;
use std::collections::{HashMap, HashSet};

/// So many entries may end in one import without a second look, and this part of the register.
const FEW: usize = 10;
const PART: usize = 10;

/// What to do with one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Not known before.
    Added(&'a Entry),
    /// Known with other facts; `.0` is the store's key of the version to close.
    Changed(i64, &'a Entry),
    /// Known, and not in a complete file any more.
    Gone(i64),
}

/// Rows of a file that were refused: what they say of their entries is not known, so these do not end.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// The ids as far as they could be read.
    pub ids: HashSet<String>,
    /// Whether a row had no id at all: then no entry is known to be missing.
    pub unnamed: bool,
}

/// The changes of an import, and how many entries stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Changes in the file's order, disappearances last.
    pub changes: Vec<Change<'a>>,
    /// Entries that are as they were.
    pub unchanged: usize,
    /// Entries that stay because their row was refused.
    pub kept: usize,
}

impl Plan<'_> {
    /// Whether so many of the `known` entries would end that the file is likely a part of the register, or another one.
    #[must_use]
    pub fn shrinks(&self, known: usize) -> bool {
        let gone = self.changes.iter().filter(|change| matches!(change, Change::Gone(_))).count();
        (gone > 0 && gone == known) || (gone > FEW && gone > known / PART)
    }
}

/// Compares the entries of a complete file with the current versions (store key and entry).
#[must_use]
pub fn plan_import<'a>(current: &[(i64, Entry)], incoming: &'a [Entry], refused: &Refused) -> Plan<'a> {
    let mut known: HashMap<&str, (i64, &Entry)> =
        current.iter().map(|(key, entry)| (entry.id.as_str(), (*key, entry))).collect();
    let mut plan = Plan::default();
    for entry in incoming {
        match known.remove(entry.id.as_str()) {
            None => plan.changes.push(Change::Added(entry)),
            Some((_, old)) if old == entry => plan.unchanged += 1,
            Some((key, _)) => plan.changes.push(Change::Changed(key, entry)),
        }
    }
    let missing = known.len();
    known.retain(|id, _| !refused.unnamed && !refused.ids.contains(*id));
    plan.kept = missing - known.len();
    let mut gone: Vec<i64> = known.into_values().map(|(key, _)| key).collect();
    gone.sort_unstable();
    plan.changes.extend(gone.into_iter().map(Change::Gone));
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Interval, Moment};

    fn entry(id: &str, name: &str) -> Entry {
        Entry {
            id: id.into(),
            name: name.into(),
            valid: Interval::from(Moment::from_seconds(0)),
            parent: None,
            business_id: None,
            fields: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn added_changed_gone_and_unchanged() {
        let current = [(1, entry("a", "A")), (2, entry("b", "B")), (3, entry("c", "C"))];
        let incoming = [entry("b", "B"), entry("c", "C2"), entry("d", "D")];
        let plan = plan_import(&current, &incoming, &Refused::default());
        assert_eq!((plan.unchanged, plan.kept), (1, 0));
        assert_eq!(plan.changes, [Change::Changed(3, &incoming[1]), Change::Added(&incoming[2]), Change::Gone(1)]);
        assert_eq!(plan_import(&[], &[], &Refused::default()), Plan::default());
    }

    #[test]
    fn what_was_refused_does_not_end() {
        let current = [(1, entry("a", "A")), (2, entry("b", "B")), (3, entry("c", "C"))];
        let incoming = [entry("b", "B")];
        let refused = Refused { ids: HashSet::from(["a".to_owned()]), unnamed: false };
        let plan = plan_import(&current, &incoming, &refused);
        assert_eq!((plan.changes, plan.kept), (vec![Change::Gone(3)], 1));
        let unnamed = Refused { unnamed: true, ..Refused::default() };
        let plan = plan_import(&current, &incoming, &unnamed);
        assert_eq!((plan.changes, plan.kept), (vec![], 2));
    }

    #[test]
    fn a_file_that_ends_much_gets_a_second_look() {
        let current: Vec<_> = (0..200).map(|i| (i, entry(&i.to_string(), "A"))).collect();
        let incoming: Vec<_> = current.iter().map(|(_, entry)| entry.clone()).collect();
        let shrinks = |left: usize| {
            let incoming: Vec<_> = incoming.iter().take(left).cloned().collect();
            plan_import(&current, &incoming, &Refused::default()).shrinks(current.len())
        };
        assert_eq!([200, 180, 179, 1, 0].map(shrinks), [false, false, true, true, true]);
        assert!(plan_import(&current[..1], &[], &Refused::default()).shrinks(1));
    }
}
