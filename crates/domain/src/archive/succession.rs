//! Who follows whom: the runs that were switched, in their order, and whose a cell is by them.

use super::{Cell, Scope};
use crate::identifier::Oid;
use std::collections::BTreeSet;

/// A run that was switched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its number.
    pub run: i64,
    /// Whose documents it moved.
    pub from: Oid,
    /// To whom.
    pub to: Oid,
    /// Which.
    pub scope: Scope,
    /// Whether it was reversed since.
    pub reversed: bool,
}

/// All runs that were switched, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Succession(Vec<Move>);

impl Succession {
    /// From the runs in the order of their switches.
    #[must_use]
    pub fn new(moves: Vec<Move>) -> Self {
        Self(moves)
    }

    /// The runs, in the order of their switches.
    #[must_use]
    pub fn moves(&self) -> &[Move] {
        &self.0
    }

    /// The active controller of a cell's documents, and the last run that made it so.
    #[must_use]
    pub fn active<'a>(&'a self, cell: &'a Cell) -> (&'a Oid, Option<i64>) {
        // What corrects what a run had moved stands, once that run is reversed, where it would have been made without it.
        let back = cell.through.and_then(|run| self.0.iter().find(|one| one.run == run && one.reversed));
        let begin = (back.map_or(&cell.controller, |one| &one.from), None);
        self.0.iter().filter(|one| !one.reversed).fold(begin, |(active, last), one| {
            match one.from == *active && one.scope.covers(cell) {
                true => (&one.to, Some(one.run)),
                false => (active, last),
            }
        })
    }

    /// The controllers that documents which are a controller's now may name.
    #[must_use]
    pub fn named(&self, controller: &Oid) -> BTreeSet<Oid> {
        let mut named = BTreeSet::from([controller.clone()]);
        loop {
            let before = named.len();
            for one in &self.0 {
                // A reversed run gives back what it had brought, and what corrects that.
                let (from, to) = if one.reversed { (&one.to, &one.from) } else { (&one.from, &one.to) };
                if named.contains(to) {
                    named.insert(from.clone());
                }
            }
            if named.len() == before {
                return named;
            }
        }
    }

    /// As it would be without a run; or, where the run was reversed, with it.
    #[must_use]
    pub fn flipped(&self, run: i64) -> Self {
        let flip = |one: &Move| Move { reversed: one.reversed != (one.run == run), ..one.clone() };
        Self(self.0.iter().map(flip).collect())
    }

    /// The later run that took on what a run had brought, if there is one: that one is reversed first.
    #[must_use]
    pub fn taken_on(&self, run: i64) -> Option<i64> {
        let at = self.0.iter().position(|one| one.run == run)?;
        let brought = self.0.get(at)?;
        let later = self.0.iter().skip(at + 1).filter(|one| !one.reversed);
        later.into_iter().find(|one| one.from == brought.to && one.scope.overlaps(&brought.scope)).map(|one| one.run)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Family, Month, Register};
    use super::*;
    use proptest::prelude::*;

    fn controller(n: u8) -> Oid {
        Oid::parse(&format!("1.2.246.10.{n}.19.0")).unwrap()
    }

    fn cell(named: u8, unit: u8, through: Option<i64>) -> Cell {
        Cell {
            controller: controller(named),
            register: Register { family: Family::Patient, code: "2".into() },
            unit: Oid::parse(&format!("1.2.246.10.9.10.{unit}")).unwrap(),
            customer: None,
            month: Month(24_320),
            through,
        }
    }

    fn of(run: i64, from: u8, to: u8, units: &[u8]) -> Move {
        let units = units.iter().map(|unit| cell(1, *unit, None).unit).collect();
        let scope = Scope { units, ..Scope::default() };
        Move { run, from: controller(from), to: controller(to), scope, reversed: false }
    }

    #[test]
    fn runs_follow_one_another() {
        let all = Succession::new(vec![of(1, 1, 2, &[]), of(2, 2, 3, &[5])]);
        assert_eq!(all.active(&cell(1, 4, None)), (&controller(2), Some(1)));
        assert_eq!(all.active(&cell(1, 5, None)), (&controller(3), Some(2)), "it was 2's by then");
        assert_eq!(all.active(&cell(2, 5, None)), (&controller(3), Some(2)));
        assert_eq!(all.active(&cell(3, 5, None)), (&controller(3), None));
        assert_eq!(all.named(&controller(3)), [1, 2, 3].map(controller).into());
        assert_eq!(all.named(&controller(1)), [controller(1)].into());
        let other_way = Succession::new(vec![of(2, 2, 3, &[5]), of(1, 1, 2, &[])]);
        assert_eq!(other_way.active(&cell(1, 5, None)).0, &controller(2), "what comes after the switch stays");
    }

    #[test]
    fn what_is_reversed_goes_back_with_its_corrections() {
        let mut moves = vec![of(1, 1, 2, &[])];
        let all = |moves: &[Move]| Succession::new(moves.to_vec());
        assert_eq!(all(&moves).flipped(1).active(&cell(1, 4, None)).0, &controller(1));
        assert_eq!(all(&moves).flipped(1).flipped(1), all(&moves));
        assert_eq!(all(&moves).active(&cell(2, 4, Some(1))), (&controller(2), None), "a correction names its own");
        moves[0].reversed = true;
        assert_eq!(all(&moves).active(&cell(1, 4, None)).0, &controller(1));
        assert_eq!(all(&moves).active(&cell(2, 4, Some(1))).0, &controller(1));
        assert_eq!(all(&moves).active(&cell(2, 4, None)).0, &controller(2), "what was 2's own stays");
        assert_eq!(all(&moves).named(&controller(1)), [1, 2].map(controller).into());
        moves.push(of(2, 1, 3, &[]));
        assert_eq!(all(&moves).active(&cell(2, 4, Some(1))), (&controller(3), Some(2)));
        assert_eq!(all(&moves).taken_on(1), None);
        let chain = all(&[of(1, 1, 2, &[4]), of(2, 2, 3, &[5]), of(3, 2, 3, &[])]);
        assert_eq!((chain.taken_on(1), chain.taken_on(2)), (Some(3), None));
    }

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        let one = (0u8..4, 0u8..4, prop::collection::vec(0u8..3, 0..2), any::<bool>());
        prop::collection::vec(one, 0..8).prop_map(|all| {
            let numbered = all.into_iter().zip(1..);
            numbered.map(|((from, to, units, reversed), run)| Move { reversed, ..of(run, from, to, &units) }).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_a_controllers_is_found_among_what_it_may_be_named(
            moves in moves(), named in 0u8..4, unit in 0u8..3, through in prop::option::of(1i64..8),
        ) {
            let all = Succession::new(moves);
            let cell = cell(named, unit, through);
            let (active, _) = all.active(&cell);
            // A correction names the controller that the run had brought its document to.
            let fits = through.is_none_or(|run| all.moves().iter().any(|one| one.run == run && one.to == cell.controller));
            prop_assume!(fits);
            prop_assert!(all.named(active).contains(&cell.controller));
        }

        #[test]
        fn a_run_that_is_reversed_is_as_if_it_had_never_been(moves in moves(), named in 0u8..4, unit in 0u8..3) {
            let never = moves.iter().filter(|one| !one.reversed).cloned().collect();
            let cell = cell(named, unit, None);
            prop_assert_eq!(
                Succession::new(moves).active(&cell).0.clone(),
                Succession::new(never).active(&cell).0.clone()
            );
        }
    }
}
