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

/// Whose a cell's documents were for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// Whose.
    pub controller: &'a Oid,
    /// The run that brought them; none: it archived them.
    pub from: Option<i64>,
    /// The run with which they went on; none: they are its still, or went back.
    pub until: Option<i64>,
    /// Whether the run that brought them was reversed, with which they went back.
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

    /// One more, behind the others.
    pub fn push(&mut self, one: Move) {
        self.0.push(one);
    }

    /// The runs, in the order of their switches.
    #[must_use]
    pub fn moves(&self) -> &[Move] {
        &self.0
    }

    /// The active controller of a cell's documents, and the last run that made it so.
    #[must_use]
    pub fn active<'a>(&'a self, cell: &'a Cell) -> (&'a Oid, Option<i64>) {
        let standing = self.0.iter().filter(|one| !one.reversed);
        standing.fold((&cell.controller, None), |(active, last), one| {
            match one.from == *active && one.scope.covers(cell) {
                true => (&one.to, Some(one.run)),
                false => (active, last),
            }
        })
    }

    /// Whose a cell's documents were, one after the other; the last that stands is the active one. Those to whom a run brought them that was reversed are
    /// among them, behind the one from whom they came.
    #[must_use]
    pub fn held<'a>(&'a self, cell: &'a Cell) -> Vec<Held<'a>> {
        let first = Held { controller: &cell.controller, from: None, until: None, reversed: false };
        let (mut held, mut last) = (vec![first], 0);
        for one in self.0.iter().filter(|one| one.scope.covers(cell)) {
            let next = Held { controller: &one.to, from: Some(one.run), until: None, reversed: one.reversed };
            match held.get_mut(last) {
                Some(active) if *active.controller == one.from => {
                    if !one.reversed {
                        active.until = Some(one.run);
                        last = held.len();
                    }
                    held.push(next);
                }
                _ => {}
            }
        }
        held
    }

    /// The runs that took a cell on its way to and from a controller, where it was ever that one's: what its register tells of them. Those that were reversed
    /// are none.
    #[must_use]
    pub fn concerning(&self, controller: &Oid, cell: &Cell) -> BTreeSet<i64> {
        let held: Vec<_> = self.held(cell).into_iter().filter(|held| !held.reversed).collect();
        let its = held.iter().any(|held| held.controller == controller);
        held.into_iter().filter(|_| its).filter_map(|held| held.from).collect()
    }

    /// The controllers that cells which are a controller's now may be named by; of runs that were reversed, too, so that none is missed while
    /// they are carried back.
    #[must_use]
    pub fn named(&self, controller: &Oid) -> BTreeSet<Oid> {
        let mut named = BTreeSet::from([controller.clone()]);
        loop {
            let before = named.len();
            for one in &self.0 {
                if named.contains(&one.to) {
                    named.insert(one.from.clone());
                }
            }
            if named.len() == before {
                return named;
            }
        }
    }

    /// Whether a run took a cell, or would have, had it not been reversed: the cell was its giver's by the standing runs before it. What later runs did
    /// does not change that.
    #[must_use]
    pub fn took(&self, run: i64, cell: &Cell) -> bool {
        let Some(at) = self.0.iter().position(|one| one.run == run) else { return false };
        let before = self.0.iter().take(at).filter(|one| !one.reversed);
        let active = before.fold(&cell.controller, |active, one| match one.from == *active && one.scope.covers(cell) {
            true => &one.to,
            false => active,
        });
        self.0.get(at).is_some_and(|one| one.from == *active && one.scope.covers(cell))
    }

    /// The later run that stands in the way of a reversal: one that took on what the run had brought, or that would take what goes back. That one is
    /// reversed first.
    #[must_use]
    pub fn taken_on(&self, run: i64) -> Option<i64> {
        let at = self.0.iter().position(|one| one.run == run)?;
        let brought = self.0.get(at)?;
        let mut later = self.0.iter().skip(at + 1).filter(|one| !one.reversed && one.scope.overlaps(&brought.scope));
        later.find(|one| one.from == brought.to || one.from == brought.from).map(|one| one.run)
    }
}

/// Whether a controller is one of others', or runs (`from`, `to`) lead from it to one of them, or from one of them to it, however many.
#[must_use]
pub fn connected(controller: &Oid, others: &[Oid], runs: &[(&Oid, &Oid)]) -> bool {
    let back: Vec<_> = runs.iter().map(|(from, to)| (*to, *from)).collect();
    let leads = |runs: &[(&Oid, &Oid)]| {
        let mut reached = BTreeSet::from([controller]);
        loop {
            let next = runs.iter().filter(|(from, to)| reached.contains(from) && !reached.contains(to));
            let next: Vec<&Oid> = next.map(|(_, to)| *to).collect();
            if next.is_empty() {
                return others.iter().any(|other| reached.contains(other));
            }
            reached.extend(next);
        }
    };
    leads(runs) || leads(&back)
}

#[cfg(test)]
mod tests {
    use super::super::{Family, Month, Register};
    use super::*;
    use proptest::prelude::*;

    fn controller(n: u8) -> Oid {
        Oid::parse(&format!("1.2.246.10.{n}.19.0")).unwrap()
    }

    fn cell(named: u8, unit: u8) -> Cell {
        Cell {
            controller: controller(named),
            register: Register { family: Family::Patient, code: "2".into() },
            unit: Oid::parse(&format!("1.2.246.10.9.10.{unit}")).unwrap(),
            customer: None,
            month: Month(24_320),
        }
    }

    fn of(run: i64, from: u8, to: u8, units: &[u8]) -> Move {
        let units = units.iter().map(|unit| cell(1, *unit).unit).collect();
        let scope = Scope { units, ..Scope::default() };
        Move { run, from: controller(from), to: controller(to), scope, reversed: false }
    }

    #[test]
    fn controllers_are_connected_by_runs_whichever_way_and_however_many() {
        let all: Vec<Oid> = (1..=6).map(controller).collect();
        let [one, two, three, four, five, six] = &all[..] else { panic!() };
        let runs = [(three, four), (two, three), (one, two), (five, six), (six, three)];
        let of = |from: &Oid, to: &Oid| connected(from, std::slice::from_ref(to), &runs);
        assert!(of(one, four) && of(four, one) && of(two, two) && of(five, six));
        assert!(of(five, four) && of(four, six));
        assert!(!of(one, five) && !of(six, two), "those whose documents went to the same are strangers");
        assert!(!connected(one, &[], &runs) && connected(one, &[five.clone(), two.clone()], &runs));
        assert!(connected(one, std::slice::from_ref(one), &[]) && !connected(one, std::slice::from_ref(two), &[]));
    }

    #[test]
    fn runs_follow_one_another() {
        let all = Succession::new(vec![of(1, 1, 2, &[]), of(2, 2, 3, &[5])]);
        assert_eq!(all.active(&cell(1, 4)), (&controller(2), Some(1)));
        assert_eq!(all.active(&cell(1, 5)), (&controller(3), Some(2)), "it was 2's by then");
        assert_eq!(all.active(&cell(2, 5)), (&controller(3), Some(2)));
        assert_eq!(all.active(&cell(3, 5)), (&controller(3), None));
        let held = |all: &Succession, cell: &Cell| -> Vec<_> {
            all.held(cell).iter().map(|one| (one.controller.clone(), one.from, one.until, one.reversed)).collect()
        };
        let [one, two, three] = [1, 2, 3].map(controller);
        let chain = [
            (one.clone(), None, Some(1), false),
            (two.clone(), Some(1), Some(2), false),
            (three.clone(), Some(2), None, false),
        ];
        assert_eq!(held(&all, &cell(1, 5)), chain);
        assert_eq!(held(&all, &cell(1, 4)), [chain[0].clone(), (two.clone(), Some(1), None, false)]);
        // One that was reversed, and another that took its place.
        let back = Move { reversed: true, ..of(1, 1, 2, &[]) };
        let expected = [(one, None, Some(2), false), (two, Some(1), None, true), (three, Some(2), None, false)];
        assert_eq!(held(&Succession::new(vec![back, of(2, 1, 3, &[])]), &cell(1, 5)), expected);
        assert_eq!(all.named(&controller(3)), [1, 2, 3].map(controller).into());
        assert_eq!(all.named(&controller(1)), [controller(1)].into());
        let other_way = Succession::new(vec![of(2, 2, 3, &[5]), of(1, 1, 2, &[])]);
        assert_eq!(other_way.active(&cell(1, 5)).0, &controller(2), "what comes after the switch stays");
        let back = Succession::new(vec![of(1, 1, 2, &[]), of(2, 2, 1, &[5])]);
        assert_eq!(back.active(&cell(1, 5)).0, &controller(1), "given back by a run");
    }

    #[test]
    fn a_reversal_waits_for_those_that_built_on_it() {
        let all = |moves: &[Move]| Succession::new(moves.to_vec());
        let mut chain = [of(1, 1, 2, &[4]), of(2, 2, 3, &[5]), of(3, 2, 3, &[])];
        assert_eq!((all(&chain).taken_on(1), all(&chain).taken_on(2)), (Some(3), Some(3)));
        chain[2].reversed = true;
        assert_eq!((all(&chain).taken_on(1), all(&chain).taken_on(2)), (None, None));
        // What goes back would be taken by a run whose approvers never saw it.
        assert_eq!(all(&[of(1, 1, 2, &[5]), of(2, 1, 3, &[])]).taken_on(1), Some(2));
        // Each of two that overlap took what was the giver's when it was switched, whatever followed.
        let two = all(&[of(1, 1, 2, &[5]), of(2, 1, 2, &[])]);
        assert!(two.took(1, &cell(1, 5)) && !two.took(2, &cell(1, 5)) && two.took(2, &cell(1, 4)));
        let back = all(&[of(1, 1, 2, &[]), of(2, 2, 1, &[])]);
        assert!(back.took(1, &cell(1, 5)) && back.took(2, &cell(1, 5)) && !back.took(3, &cell(1, 5)));
        let reversed = all(&[Move { reversed: true, ..of(1, 1, 2, &[]) }]);
        assert!(reversed.took(1, &cell(1, 5)) && reversed.active(&cell(1, 5)).0 == &controller(1));
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
        fn what_is_a_controllers_is_found_among_what_it_may_be_named(moves in moves(), named in 0u8..4, unit in 0u8..3) {
            let all = Succession::new(moves);
            let cell = cell(named, unit);
            prop_assert!(all.named(all.active(&cell).0).contains(&cell.controller));
        }

        #[test]
        fn a_run_that_is_reversed_is_as_if_it_had_never_been(moves in moves(), named in 0u8..4, unit in 0u8..3) {
            let never = moves.iter().filter(|one| !one.reversed).cloned().collect();
            let cell = cell(named, unit);
            prop_assert_eq!(
                Succession::new(moves).active(&cell).0.clone(),
                Succession::new(never).active(&cell).0.clone()
            );
        }
    }
}
