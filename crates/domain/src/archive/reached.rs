//! How somebody reaches a document that a document of theirs follows. What is not reached is as if it were not there.

use super::{Cell, Family};
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};
use std::collections::BTreeSet;

/// Somebody whose document follows another.
#[derive(Clone, Copy, Debug)]
pub struct Follower<'a> {
    /// Its own controllers.
    pub own: &'a [Oid],
    /// The controllers that let its unit into this person's documents.
    pub granted: &'a BTreeSet<Oid>,
    /// Whose documents it is let into: the digest of the person.
    pub person: &'a str,
    /// Among which documents.
    pub family: Family,
    /// Whose joining it comes under.
    pub joiner: &'a Oid,
}

/// A document that another follows.
#[derive(Clone, Copy, Debug)]
pub struct Followed<'a> {
    /// What it is counted to.
    pub cell: &'a Cell,
    /// The controller that it names.
    pub controller: &'a Oid,
    /// Whose it is now.
    pub active: &'a Oid,
    /// Whose document it is: the digest of the person.
    pub person: &'a str,
    /// Whose joining it came under.
    pub joiner: &'a Oid,
    /// Whether it lets units into its client's documents.
    pub lets_in: bool,
    /// Giver and taker of the run that is just bringing it or taking it away.
    pub changing: Option<(&'a Oid, &'a Oid)>,
}

/// How a document is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It is its own, or a run is just bringing it or taking it away.
    Own,
    /// Its unit was let in.
    ByAccess,
    /// It was its own.
    GivenAway,
    /// It is nobody's business of theirs.
    Not,
}

impl Follower<'_> {
    /// How it reaches a document.
    #[must_use]
    pub fn reaches(&self, it: &Followed<'_>) -> Reached {
        let own = |controller: &Oid| self.own.contains(controller);
        if it.cell.register.family != self.family {
            Reached::Not
        } else if own(it.active) || it.changing.is_some_and(|(from, to)| own(from) || own(to)) {
            Reached::Own
        } else if self.granted.contains(it.active) && it.person == self.person {
            Reached::ByAccess
        } else if own(&it.cell.controller) || own(it.controller) {
            Reached::GivenAway
        } else {
            Reached::Not
        }
    }

    /// Whether it may put a version in a document's place: whoever was let in corrects only what it made itself, and never what lets in.
    ///
    /// # Errors
    /// L-501 where it may not.
    pub fn may_correct(&self, it: &Followed<'_>) -> Result<(), Finding> {
        let made_by_another = it.joiner != self.joiner || it.lets_in;
        if self.reaches(it) == Reached::ByAccess && made_by_another {
            return Err(Finding::new(RefusalCode::ControllerForeign, "relatedDocument: made by another"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Month, Register};
    use super::*;

    fn oid(n: u8) -> Oid {
        Oid::parse(&format!("1.2.246.10.{n}.19.0")).unwrap()
    }

    /// A social document that names controller 1, is 2's now, and came under joining 3.
    struct Facts(Cell, [Oid; 3]);

    impl Facts {
        fn new() -> Self {
            let register = Register { family: Family::Social, code: "1".into() };
            Self(
                Cell { controller: oid(1), register, unit: oid(9), customer: None, month: Month(24_320) },
                [1, 2, 3].map(oid),
            )
        }

        fn it(&self) -> Followed<'_> {
            let Self(cell, [controller, active, joiner]) = self;
            Followed { cell, controller, active, person: "p", joiner, lets_in: false, changing: None }
        }
    }

    fn by<'a>(own: &'a [Oid], granted: &'a BTreeSet<Oid>, joiner: &'a Oid) -> Follower<'a> {
        Follower { own, granted, person: "p", family: Family::Social, joiner }
    }

    #[test]
    fn whoever_has_it_reaches_it_and_whoever_had_it_is_told_so() {
        let (facts, nobody, joiner) = (Facts::new(), BTreeSet::new(), oid(3));
        let reached = |own: u8| by(&[oid(own)], &nobody, &joiner).reaches(&facts.it());
        assert_eq!([reached(2), reached(1), reached(4)], [Reached::Own, Reached::GivenAway, Reached::Not]);
        let (from, to) = (oid(2), oid(4));
        let changing = Followed { changing: Some((&from, &to)), ..facts.it() };
        assert_eq!(by(&[oid(4)], &nobody, &joiner).reaches(&changing), Reached::Own);
        let elsewhere = Follower { family: Family::Patient, ..by(&[], &nobody, &joiner) };
        assert_eq!(elsewhere.reaches(&facts.it()), Reached::Not);
    }

    #[test]
    fn whoever_was_let_in_corrects_what_it_made_and_nothing_else() {
        let (facts, granted, joiner, other) = (Facts::new(), BTreeSet::from([oid(2)]), oid(3), oid(5));
        let made = by(&[], &granted, &joiner);
        assert_eq!(made.reaches(&facts.it()), Reached::ByAccess);
        assert_eq!(made.may_correct(&facts.it()), Ok(()));
        assert!(by(&[], &granted, &other).may_correct(&facts.it()).is_err());
        assert!(made.may_correct(&Followed { lets_in: true, ..facts.it() }).is_err());
        assert_eq!(Follower { person: "q", ..made }.reaches(&facts.it()), Reached::Not);
        // Its own register is its own, whoever made what is in it.
        assert_eq!(by(&[oid(2)], &granted, &other).may_correct(&facts.it()), Ok(()));
    }
}
