//! How somebody reaches a document that a document of theirs follows. What is not reached is as if it were not there.

use super::{Cell, Family, LetIn, Terms};
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};

/// Who brought a document: the joiner, and the tenant for which it called. A host's tenants are not one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maker<'a> {
    /// Whose joining it came under.
    pub joiner: &'a Oid,
    /// For whom, where it was a host's.
    pub tenant: Option<&'a Oid>,
}

/// Somebody whose document follows another.
#[derive(Clone, Copy, Debug)]
pub struct Follower<'a> {
    /// Its own controllers.
    pub own: &'a [Oid],
    /// What it was let into of this person's documents.
    pub let_in: &'a [LetIn],
    /// Whose documents it is let into: the digest of the person.
    pub person: &'a str,
    /// Among which documents.
    pub family: Family,
    /// Who it is.
    pub maker: Maker<'a>,
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
    /// Who brought it.
    pub maker: Maker<'a>,
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
    /// It was let in to store where the document is.
    ByAccess,
    /// It says what the patient wants, whoever wrote it down.
    ByWill,
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
        let stores = |one: &LetIn| one.by == *it.active && one.stores(&it.cell.register, it.cell.customer.as_deref());
        if it.cell.register.family != self.family {
            Reached::Not
        } else if own(it.active) || it.changing.is_some_and(|(from, to)| own(from) || own(to)) {
            Reached::Own
        } else if it.person == self.person
            && let Some(one) = self.let_in.iter().find(|one| stores(one))
        {
            if matches!(one.terms, Terms::Wills(_)) { Reached::ByWill } else { Reached::ByAccess }
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
        let made_by_another = it.maker != self.maker || it.lets_in;
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
    use crate::document::{Given, OutsourcedRegister, Outsourcing};
    use crate::{Interval, Moment};
    use std::collections::BTreeSet;

    fn oid(n: u8) -> Oid {
        Oid::parse(&format!("1.2.246.10.{n}.19.0")).unwrap()
    }

    /// A document of register 1 that names controller 1, is 2's now, and was brought by joiner 3.
    struct Facts(Cell, [Oid; 3]);

    impl Facts {
        fn of(family: Family) -> Self {
            let register = Register { family, code: "1".into() };
            let cell = Cell { controller: oid(1), register, unit: oid(9), customer: None, month: Month(24_320) };
            Self(cell, [1, 2, 3].map(oid))
        }

        fn it(&self) -> Followed<'_> {
            let Self(cell, [controller, active, joiner]) = self;
            let maker = Maker { joiner, tenant: None };
            Followed { cell, controller, active, person: "p", maker, lets_in: false, changing: None }
        }
    }

    fn by<'a>(own: &'a [Oid], let_in: &'a [LetIn], joiner: &'a Oid) -> Follower<'a> {
        Follower { own, let_in, person: "p", family: Family::Social, maker: Maker { joiner, tenant: None } }
    }

    #[test]
    fn whoever_has_it_reaches_it_and_whoever_had_it_is_told_so() {
        let (facts, joiner) = (Facts::of(Family::Social), oid(3));
        let reached = |own: u8| by(&[oid(own)], &[], &joiner).reaches(&facts.it());
        assert_eq!([reached(2), reached(1), reached(4)], [Reached::Own, Reached::GivenAway, Reached::Not]);
        let (from, to) = (oid(2), oid(4));
        let changing = Followed { changing: Some((&from, &to)), ..facts.it() };
        assert_eq!(by(&[oid(4)], &[], &joiner).reaches(&changing), Reached::Own);
        let elsewhere = Follower { family: Family::Patient, ..by(&[], &[], &joiner) };
        assert_eq!(elsewhere.reaches(&facts.it()), Reached::Not);
    }

    #[test]
    fn whoever_was_let_in_corrects_what_it_made_and_nothing_else() {
        let (facts, joiner, other) = (Facts::of(Family::Social), oid(3), oid(5));
        let granted = [LetIn { by: oid(2), terms: Terms::Register { cells: [oid(2)].into(), banned: false } }];
        let made = by(&[], &granted, &joiner);
        assert_eq!(made.reaches(&facts.it()), Reached::ByAccess);
        assert_eq!(made.may_correct(&facts.it()), Ok(()));
        assert!(by(&[], &granted, &other).may_correct(&facts.it()).is_err());
        assert!(made.may_correct(&Followed { lets_in: true, ..facts.it() }).is_err());
        // Another tenant of the same host's, and the host itself, are others.
        let tenant = Maker { joiner: &joiner, tenant: Some(&other) };
        assert!(Follower { maker: tenant, ..made }.may_correct(&facts.it()).is_err());
        assert!(made.may_correct(&Followed { maker: tenant, ..facts.it() }).is_err());
        assert_eq!(Follower { person: "q", ..made }.reaches(&facts.it()), Reached::Not);
        // Its own register is its own, whoever made what is in it.
        assert_eq!(by(&[oid(2)], &granted, &other).may_correct(&facts.it()), Ok(()));
    }

    #[test]
    fn an_authorisation_reaches_no_other_register_or_customer() {
        let (facts, joiner) = (Facts::of(Family::Patient), oid(3));
        let reached = |register: &str, customer: Option<&str>| {
            let storing = OutsourcedRegister {
                controller: oid(2),
                register: register.into(),
                customer: customer.map(str::to_owned),
            };
            let valid = Interval::from(Moment::from_seconds(0));
            let terms =
                Outsourcing { producer: oid(3), valid, search: None, storing: Some(storing), given: Given::All };
            let let_in =
                [LetIn { by: oid(2), terms: Terms::Outsourced { terms: Box::new(terms), cells: BTreeSet::new() } }];
            Follower { family: Family::Patient, ..by(&[], &let_in, &joiner) }.reaches(&facts.it())
        };
        assert_eq!(
            [reached("1", None), reached("2", None), reached("1", Some("c"))],
            [Reached::ByAccess, Reached::Not, Reached::Not]
        );
    }
}
