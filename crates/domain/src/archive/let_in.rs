//! What somebody was let into of another's documents about a person: by a register access right in social care, by an outsourcing authorisation in
//! health care.

use super::{Cell, Family, Ground, Register, wills_kept};
use crate::document::{OutsourcedRegister, Outsourcing};
use crate::identifier::Oid;
use crate::time::Moment;
use std::collections::BTreeSet;

/// What somebody was let into, of one person's documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetIn {
    /// Whose documents: the controller whose the document is now that lets in.
    pub by: Oid,
    /// What it lets.
    pub terms: Terms,
}

/// What one who is let in may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terms {
    /// Store what a patient or client wants, as whoever treats patients, or handles clients' matters, may: in this register.
    Wills(Register),
    /// Use the client's register of social care, as a client relationship document says.
    Register {
        /// The controllers by whom the cells are named that it opens: the one that its document names, and those whose documents had come to that one
        /// before. Neither who takes over from it, nor what comes to it afterwards, is meant.
        cells: BTreeSet<Oid>,
        /// Whether the system that calls handles what is under a security ban.
        banned: bool,
    },
    /// What an outsourcing authorisation says.
    Outsourced {
        /// What it says.
        terms: Box<Outsourcing>,
        /// The controllers by whom the cells are named that are in its search register: a merger makes that no larger.
        cells: BTreeSet<Oid>,
    },
}

/// A document that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What it is counted to.
    pub cell: &'a Cell,
    /// The unit that it was made in.
    pub unit: &'a Oid,
    /// Whose it is now.
    pub active: &'a Oid,
    /// When it was made.
    pub made_at: Moment,
    /// Its service event.
    pub event: Option<&'a str>,
    /// Whose joining it came under, and the tenant that it came from.
    pub brought_by: [Option<&'a str>; 2],
    /// Whether whoever asks brought it.
    pub made_by_it: bool,
    /// Whether it is the newest of its set, not void, and finished.
    pub current: bool,
    /// Whether it holds what is under a security ban.
    pub banned: bool,
}

fn is_of(register: &Register, customer: Option<&str>, outsourced: &OutsourcedRegister) -> bool {
    register.family == Family::Patient
        && register.code == outsourced.register
        && customer == outsourced.customer.as_deref()
}

impl LetIn {
    /// Among whose documents.
    #[must_use]
    pub const fn family(&self) -> Family {
        match self.terms {
            Terms::Wills(ref register) => register.family,
            Terms::Register { .. } => Family::Social,
            Terms::Outsourced { .. } => Family::Patient,
        }
    }

    /// Why, for the use log.
    #[must_use]
    pub const fn ground(&self) -> Ground {
        match self.terms {
            Terms::Wills(_) => Ground::Wills,
            Terms::Register { .. } => Ground::RegisterAccess,
            Terms::Outsourced { .. } => Ground::Outsourced,
        }
    }

    /// What lets everybody who treats patients, or handles clients' matters, store what they want.
    pub fn wills(family: Family) -> impl Iterator<Item = Self> {
        let kept = wills_kept(family);
        kept.map(|(register, controller)| Self { by: controller.clone(), terms: Terms::Wills(register.clone()) })
    }

    /// Whether a document may be read. What one may store one may read again, as far as one made it.
    #[must_use]
    pub fn reads(&self, it: &Asked<'_>) -> bool {
        *it.active == self.by
            && match &self.terms {
                // Only whoever treats the patient reads them, which is asked elsewhere.
                Terms::Wills(_) => false,
                Terms::Register { cells, banned } => {
                    it.cell.register.family == Family::Social
                        && (cells.contains(&it.cell.controller) || it.made_by_it)
                        && (*banned || !it.banned)
                }
                Terms::Outsourced { terms, cells } => {
                    let within =
                        |register: &OutsourcedRegister| is_of(&it.cell.register, it.cell.customer.as_deref(), register);
                    terms.search.as_ref().is_some_and(within)
                        && cells.contains(&it.cell.controller)
                        && terms.given.has(it.made_at, it.event)
                        || terms.storing.as_ref().is_some_and(within) && it.made_by_it
                }
            }
    }

    /// Whether documents of a register, and of a customer of occupational health care where one is named, may be stored.
    #[must_use]
    pub fn stores(&self, register: &Register, customer: Option<&str>) -> bool {
        match &self.terms {
            Terms::Wills(kept) => register == kept,
            Terms::Register { .. } => register.family == Family::Social,
            Terms::Outsourced { terms, .. } => {
                terms.storing.as_ref().is_some_and(|storing| is_of(register, customer, storing))
            }
        }
    }
}

impl Family {
    /// Why somebody is let who was let in by another.
    #[must_use]
    pub const fn ground_let_in(self) -> Ground {
        match self {
            Self::Social => Ground::RegisterAccess,
            Self::Patient | Self::Prescription => Ground::Outsourced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Month;
    use super::*;
    use crate::Interval;
    use crate::document::Given;

    fn oid(n: u8) -> Oid {
        Oid::parse(&format!("1.2.246.10.{n}.19.0")).unwrap()
    }

    fn cell(family: Family, code: &str, customer: Option<&str>) -> Cell {
        let register = Register { family, code: code.into() };
        Cell { controller: oid(1), register, unit: oid(9), customer: customer.map(str::to_owned), month: Month(24_320) }
    }

    fn authorisation(given: Given) -> LetIn {
        let register = |code: &str| OutsourcedRegister { controller: oid(1), register: code.into(), customer: None };
        let valid = Interval::from(Moment::from_seconds(0));
        let terms =
            Outsourcing { producer: oid(7), valid, search: Some(register("2")), storing: Some(register("3")), given };
        LetIn { by: oid(1), terms: Terms::Outsourced { terms: Box::new(terms), cells: BTreeSet::from([oid(1)]) } }
    }

    fn reads(let_in: &LetIn, cell: &Cell, (made, event, own): (i64, Option<&str>, bool)) -> bool {
        let active = oid(1);
        let made_at = Moment::from_seconds(made);
        let_in.reads(&Asked {
            cell,
            unit: &cell.unit,
            active: &active,
            made_at,
            event,
            brought_by: [None; 2],
            made_by_it: own,
            current: true,
            banned: false,
        })
    }

    #[test]
    fn search_and_storage_registers_are_apart() {
        let let_in = authorisation(Given::All);
        let [second, third, social] = [("2", Family::Patient), ("3", Family::Patient), ("2", Family::Social)]
            .map(|(code, family)| cell(family, code, None));
        assert!(reads(&let_in, &second, (5, None, false)) && !reads(&let_in, &third, (5, None, false)));
        assert!(reads(&let_in, &third, (5, None, true)), "what it made itself");
        assert!(!reads(&let_in, &social, (5, None, true)));
        assert!(let_in.stores(&third.register, None) && !let_in.stores(&second.register, None));
        // Another customer's register of occupational health care is another register.
        assert!(
            !let_in.stores(&third.register, Some("1.2 3"))
                && !reads(&let_in, &cell(Family::Patient, "2", Some("1.2 3")), (5, None, false))
        );
        // What came to the organiser from elsewhere was never opened, whoever has all of it now.
        let elsewhere = Cell { controller: oid(3), ..second.clone() };
        assert!(!reads(&let_in, &elsewhere, (5, None, false)));
        let other = LetIn { by: oid(2), ..let_in };
        assert!(!reads(&other, &second, (5, None, false)), "whose it is now decides");
    }

    #[test]
    fn whole_or_by_time_or_by_service_events() {
        let second = cell(Family::Patient, "2", None);
        let within = Interval::new(Moment::from_seconds(10), Some(Moment::from_seconds(20)));
        let made = |at| reads(&authorisation(Given::Made(within)), &second, (at, None, false));
        assert_eq!([made(9), made(10), made(19), made(20)], [false, true, true, false]);
        let event = |event| reads(&authorisation(Given::Events(vec![oid(4)])), &second, (5, event, false));
        assert_eq!([event(None), event(Some("1.2.246.10.4.19.0")), event(Some("1.2"))], [false, true, false]);
        assert!(!reads(&authorisation(Given::Nothing), &second, (5, None, false)));
        let register = |banned| LetIn { by: oid(1), terms: Terms::Register { cells: [oid(1)].into(), banned } };
        let social = cell(Family::Social, "1", None);
        assert!(
            !reads(&register(true), &second, (5, None, false)) && reads(&register(false), &social, (5, None, false))
        );
        // What is under a security ban is for systems that handle it.
        let active = oid(1);
        let (made_at, brought_by) = (Moment::from_seconds(5), [None; 2]);
        let (cell, active) = (&social, &active);
        let asked = Asked {
            cell,
            unit: &cell.unit,
            active,
            made_at,
            event: None,
            brought_by,
            made_by_it: false,
            current: true,
            banned: true,
        };
        assert!(register(true).reads(&asked) && !register(false).reads(&asked));
        // A run brings whoever lets in more documents, and opens none of them but what the producer made itself.
        let others = Cell { controller: oid(2), ..social.clone() };
        let brought = Asked { cell: &others, banned: false, ..asked };
        assert!(!register(false).reads(&brought) && register(false).reads(&Asked { made_by_it: true, ..brought }));
    }
}
