//! Whose unit an organisation is: the joiners above it in the register's hierarchy, the nearest first. Which of them is one when
//! something is asked, decides whose it is then; and whoever joins itself may have been somebody's unit before.

use super::Unit;
use crate::identifier::Oid;
use crate::time::Interval;
use std::collections::{HashMap, HashSet};

/// Deepest hierarchy followed: real ones have a handful of levels, dirty data may have cycles.
const MAX_LEVELS: usize = 32;

/// The units of joiners, from entries that stand below another: id, parent, validity. In the entries' order, a row for each
/// joiner above, the nearest first.
#[must_use]
pub fn units<'a>(joiners: impl Iterator<Item = &'a Oid>, entries: &[(String, String, Interval)]) -> Vec<Unit> {
    let joiners: HashSet<&str> = joiners.map(Oid::as_str).collect();
    let parents: HashMap<&str, &str> = entries.iter().map(|(id, parent, _)| (id.as_str(), parent.as_str())).collect();
    let unit = |(id, _, valid): &(String, String, Interval)| {
        let above = std::iter::successors(parents.get(id.as_str()).copied(), |below| parents.get(below).copied());
        let mut seen = HashSet::new();
        let above =
            above.take(MAX_LEVELS).filter(|above| *above != id && joiners.contains(above) && seen.insert(*above));
        let joiner =
            |joiner: &str| Some(Unit { oid: Oid::parse(id).ok()?, joiner: Oid::parse(joiner).ok()?, valid: *valid });
        above.filter_map(joiner).collect::<Vec<_>>()
    };
    entries.iter().flat_map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Moment;
    use proptest::prelude::*;

    fn below(id: &str, parent: &str) -> (String, String, Interval) {
        (id.into(), parent.into(), Interval::from(Moment::from_seconds(1)))
    }

    fn told(joiners: &[&str], entries: &[(String, String, Interval)]) -> Vec<(String, String)> {
        let joiners: Vec<Oid> = joiners.iter().map(|oid| Oid::parse(oid).unwrap()).collect();
        units(joiners.iter(), entries).into_iter().map(|u| (u.oid.to_string(), u.joiner.to_string())).collect()
    }

    #[test]
    fn the_nearest_joiner_above() {
        let entries =
            [below("1.2.1", "1.2"), below("1.2.1.1", "1.2.1"), below("1.2.1.1.1", "1.2.1.1"), below("1.9.1", "1.9")];
        let pair = |unit: &str, joiner: &str| (unit.to_owned(), joiner.to_owned());
        assert_eq!(told(&["1.2"], &entries), [pair("1.2.1", "1.2"), pair("1.2.1.1", "1.2"), pair("1.2.1.1.1", "1.2")]);
        assert_eq!(
            told(&["1.2", "1.2.1.1"], &entries),
            [pair("1.2.1", "1.2"), pair("1.2.1.1", "1.2"), pair("1.2.1.1.1", "1.2.1.1"), pair("1.2.1.1.1", "1.2"),]
        );
        assert_eq!(told(&[], &entries), []);
    }

    proptest! {
        #[test]
        fn any_hierarchy_ends(edges in proptest::collection::vec((0u8..20, 0u8..20), 0..40), joiner in 0u8..20) {
            let entries: Vec<_> = edges.iter().map(|(a, b)| below(&format!("1.2.{a}"), &format!("1.2.{b}"))).collect();
            let joiner = format!("1.2.{joiner}");
            for (unit, found) in told(&[&joiner], &entries) {
                prop_assert_ne!(&unit, &joiner);
                prop_assert_eq!(&found, &joiner);
            }
        }
    }
}
