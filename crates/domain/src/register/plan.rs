//! What an import changes: a full file against what we know now. Nothing is forgotten; a row that changed
//! or disappeared keeps its old version with the time we learnt otherwise.

use super::Entry;
use std::collections::HashMap;

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

/// The changes of an import, and how many entries stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Changes in the file's order, disappearances last.
    pub changes: Vec<Change<'a>>,
    /// Entries that are as they were.
    pub unchanged: usize,
}

/// Compares the entries of a complete file with the current versions (store key and entry).
#[must_use]
pub fn plan_import<'a>(current: &[(i64, Entry)], incoming: &'a [Entry]) -> Plan<'a> {
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
        let plan = plan_import(&current, &incoming);
        assert_eq!(plan.unchanged, 1);
        assert_eq!(plan.changes, [Change::Changed(3, &incoming[1]), Change::Added(&incoming[2]), Change::Gone(1)]);
        assert_eq!(plan_import(&[], &[]), Plan::default());
    }
}
