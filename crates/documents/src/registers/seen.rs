//! What a file has said so far, in little memory: 25 bytes an entry.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

/// The entries of a file by their ids' hashes, each with the one above it and its line.
///
/// The hash has 64 bits under a key that is new for each file, so nobody can aim at it. Should two of a million ids meet in
/// it (once in some tens of millions of imports), the second is reported as a duplicate and its entry stays as it was known.
#[derive(Debug, Default)]
pub struct Seen {
    key: RandomState,
    entries: HashMap<u64, (u64, u32)>,
    refused: HashSet<u64>,
    /// Whether a refused row had no id.
    unnamed: bool,
}

/// No entry above.
const TOP: u64 = 0;

impl Seen {
    fn hash(&self, id: &str) -> u64 {
        // 0 stands for nobody.
        self.key.hash_one(id).max(1)
    }

    pub(super) fn add(&mut self, id: &str, parent: Option<&str>, line: u64) {
        let parent = parent.map_or(TOP, |parent| self.hash(parent));
        self.entries.insert(self.hash(id), (parent, u32::try_from(line).unwrap_or(u32::MAX)));
    }

    /// An entry that the register holds already, so that circles through it are seen; it has no line.
    pub fn holds(&mut self, id: &str, parent: Option<&str>) {
        if !self.contains(id) {
            self.add(id, parent, 0);
        }
    }

    pub(super) fn refuse(&mut self, id: Option<&str>) {
        match id {
            Some(id) => drop(self.refused.insert(self.hash(id))),
            None => self.unnamed = true,
        }
    }

    /// Whether a row that was refused may be about this id: what it says of it is not known. One without an id may be about
    /// any.
    #[must_use]
    pub fn may_be_refused(&self, id: &str) -> bool {
        self.unnamed || self.refused.contains(&self.hash(id))
    }

    /// Whether the file has an entry with this id.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.entries.contains_key(&self.hash(id))
    }

    /// The line of an entry.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<u64> {
        self.entries.get(&self.hash(id)).map(|(_, line)| u64::from(*line))
    }

    /// The lines of entries that stand above themselves, in order; those of held entries aside. An entry that names itself as the one above stands
    /// at the top, as registers write it.
    #[must_use]
    pub fn cycles(&self) -> Vec<u64> {
        // Whether an entry's way up was walked: by this walk, or before.
        let mut walked: HashMap<u64, u32> = HashMap::new();
        let mut lines = Vec::new();
        // Real hierarchies are low: only what does not end soon is walked with a memory.
        let high = self.entries.keys().filter(|start| !self.ends_soon(**start));
        for (walk, start) in (1..).zip(high) {
            let mut at = *start;
            while let Some((above, _)) = self.entries.get(&at).filter(|(above, _)| *above != at) {
                match walked.get(&at) {
                    None => drop(walked.insert(at, walk)),
                    Some(before) if *before == walk => {
                        lines.extend(self.around(at));
                        break;
                    }
                    Some(_) => break,
                }
                at = *above;
            }
        }
        lines.retain(|line| *line > 0);
        lines.sort_unstable();
        lines
    }

    /// Whether the way up from an entry ends after a few steps.
    fn ends_soon(&self, start: u64) -> bool {
        let mut at = start;
        for _ in 0..32 {
            match self.entries.get(&at) {
                Some((above, _)) if *above != at => at = *above,
                _ => return true,
            }
        }
        false
    }

    /// The lines of the circle that an entry stands on.
    fn around(&self, start: u64) -> Vec<u64> {
        let mut lines = Vec::new();
        let mut at = start;
        while let Some((above, line)) = self.entries.get(&at) {
            lines.push(u64::from(*line));
            at = *above;
            if at == start {
                break;
            }
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_nothing_else() {
        let mut seen = Seen::default();
        for (line, (id, parent)) in (1..).zip([
            ("a", None),
            ("b", Some("a")),
            ("c", Some("e")),
            ("d", Some("c")),
            ("e", Some("d")),
            ("f", Some("c")),
        ]) {
            seen.add(id, parent, line);
        }
        // A file of changes closes a circle through what the register holds.
        let mut changes = Seen::default();
        changes.add("a", Some("c"), 9);
        assert_eq!(changes.cycles(), Vec::<u64>::new());
        changes.holds("c", Some("b"));
        changes.holds("b", Some("a"));
        changes.holds("a", None);
        assert_eq!(changes.cycles(), [9]);
        seen.add("g", Some("g"), 7);
        seen.add("h", Some("nobody"), 8);
        assert_eq!(seen.cycles(), [3, 4, 5]);
        assert!(seen.contains("a") && !seen.contains("nobody"));
        assert!(!seen.may_be_refused("x"));
        seen.refuse(Some("x"));
        assert!(seen.may_be_refused("x") && !seen.may_be_refused("y"));
        seen.refuse(None);
        assert!(seen.may_be_refused("y"));
        assert_eq!((seen.line("d"), seen.line("nobody")), (Some(4), None));
    }
}
