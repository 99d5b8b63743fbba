//! Cells: what moves between controllers never moves in smaller parts than these.

use crate::document::Header;
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};
use crate::service_code::codes;
use crate::{Moment, Service};
use jiff::civil::Date;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Written and read as text.
macro_rules! written {
    ($type:ty, $expected:literal) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| D::Error::custom(concat!("expected ", $expected)))
            }
        }
    };
}

codes! {
    /// Kinds of documents that are kept apart whatever their controller.
    Family {
        /// Of patients.
        Patient = "patient",
        /// Of social care's clients.
        Social = "social",
        /// Prescriptions.
        Prescription = "prescription",
    }
}

impl Family {
    /// The service that they are stored through.
    #[must_use]
    pub const fn service(self) -> Service {
        match self {
            Self::Patient => Service::PatientData,
            Self::Social => Service::SocialClientData,
            Self::Prescription => Service::Prescription,
        }
    }

    /// Those that are stored through a service.
    #[must_use]
    pub fn of(service: Service) -> Option<Self> {
        Self::ALL.iter().copied().find(|family| family.service() == service)
    }

    /// The services whose documents an archivist who is on record for one looks after (Extranet guide 3.1.4): nobody is on record for prescriptions, which are
    /// looked after with patients' documents (assumed).
    #[must_use]
    pub const fn looked_after(service: Service) -> &'static [Service] {
        match service {
            Service::PatientData => &[Service::PatientData, Service::Prescription],
            Service::SocialClientData => &[Service::SocialClientData],
            _ => &[],
        }
    }

    /// The path below which they are reached over FHIR (assumed).
    #[must_use]
    pub const fn base(self) -> &'static str {
        match self {
            Self::Patient => "/fhir",
            Self::Social => "/social-client-data/fhir",
            Self::Prescription => "/prescription/fhir",
        }
    }

    /// The code system of its register types; prescriptions have one register alone.
    #[must_use]
    pub const fn registers(self) -> Option<&'static str> {
        match self {
            Self::Patient => Some("1.2.246.537.5.40150.2009"),
            Self::Social => Some("1.2.246.537.6.1264.201701"),
            Self::Prescription => None,
        }
    }
}

/// A type of register: public health care, occupational health care, services for families.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Register {
    /// Whose documents it holds.
    pub family: Family,
    /// Its code, empty where there is one alone.
    pub code: String,
}

impl Register {
    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (family, code) = text.split_once(':')?;
        Some(Self { family: Family::parse(family)?, code: code.to_owned() })
    }
}

written!(Register, "a register like patient:2");

impl fmt::Display for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.family, self.code)
    }
}

/// A month of the calendar in Helsinki: months since year 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub i32);

impl Month {
    /// The month that a moment lies in.
    #[must_use]
    pub fn of(moment: Moment) -> Self {
        let date = moment.civil().date();
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// Its first moment, `None` beyond the calendar.
    #[must_use]
    pub fn start(self) -> Option<Moment> {
        let (year, month) = (self.0.div_euclid(12), self.0.rem_euclid(12) + 1);
        Moment::start_of_day(i16::try_from(year).ok()?, i8::try_from(month).ok()?, 1)
    }

    /// Reads the first day of a month, `2027-01-01`, or a month, `2027-01`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: Date = if text.len() == 7 { format!("{text}-01") } else { text.to_owned() }.parse().ok()?;
        (date.day() == 1).then(|| Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1))
    }
}

written!(Month, "a month like 2027-01");

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// What a set of versions is counted to by what its first document says; it never changes. Whatever controllers later versions name, and what
/// is added to a set, belong to the set: so it moves, and goes back, as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The controller that the first documents of its sets name.
    pub controller: Oid,
    /// The register.
    pub register: Register,
    /// The unit that they were made in.
    pub unit: Oid,
    /// The customer of occupational health care, whose employees' documents are kept apart.
    pub customer: Option<String>,
    /// The month that they were made in.
    pub month: Month,
}

impl Cell {
    /// Whether what follows a document of another cell, and would itself be counted here, belongs to that one's customer: it names the same one, or none.
    #[must_use]
    pub fn is_of_customer(&self, followed: &Self) -> bool {
        self.customer.is_none() || self.customer == followed.customer
    }

    /// What a document that begins a set is counted to by its header, and when it was made. `represented`: for whom its message came, where it
    /// names no unit.
    ///
    /// # Errors
    /// A finding with the field that says no register, or no time.
    pub fn of(header: &Header, family: Family, represented: &Oid) -> Result<(Self, Moment), Finding> {
        let broken = |place: &str| Finding::new(RefusalCode::DocumentHeaderBroken, place);
        let code = match family.registers() {
            Some(system) if header.register.system == system => header.register.code.clone(),
            Some(_) => return Err(broken("code")),
            None => String::new(),
        };
        let made_at = Moment::parse_civil(&header.effective_time).ok_or_else(|| broken("effectiveTime"))?;
        let cell = Self {
            controller: header.custodian.clone(),
            register: Register { family, code },
            unit: header.unit.clone().unwrap_or_else(|| represented.clone()),
            customer: header.customer.clone(),
            month: Month::of(made_at),
        };
        Ok((cell, made_at))
    }
}

/// Which of a controller's cells a run moves; what is left open moves whatever it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// These registers alone; all where empty.
    pub registers: Vec<Register>,
    /// These units alone; all where empty.
    pub units: Vec<Oid>,
    /// This customer's alone.
    pub customer: Option<String>,
    /// From this month on.
    pub from: Option<Month>,
    /// Up to this month, which stays.
    pub until: Option<Month>,
}

impl Scope {
    /// Whether a cell is moved, as far as it is the controller's.
    #[must_use]
    pub fn covers(&self, cell: &Cell) -> bool {
        (self.registers.is_empty() || self.registers.contains(&cell.register))
            && (self.units.is_empty() || self.units.contains(&cell.unit))
            && (self.customer.is_none() || self.customer == cell.customer)
            && self.from.is_none_or(|from| cell.month >= from)
            && self.until.is_none_or(|until| cell.month < until)
    }

    /// Whether there may be a cell of a family that it covers.
    #[must_use]
    pub fn reaches(&self, family: Family) -> bool {
        self.registers.is_empty() || self.registers.iter().any(|register| register.family == family)
    }

    /// Whether there may be a cell that both cover.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let customers = self.customer.is_none() || other.customer.is_none() || self.customer == other.customer;
        let before =
            |until: Option<Month>, from: Option<Month>| until.zip(from).is_some_and(|(until, from)| until <= from);
        meet(&self.registers, &other.registers)
            && meet(&self.units, &other.units)
            && customers
            && !before(self.until, other.from)
            && !before(other.until, self.from)
    }
}

/// Whether two lists name one alike; an empty one names all.
fn meet<T: PartialEq>(ours: &[T], theirs: &[T]) -> bool {
    ours.is_empty() || theirs.is_empty() || ours.iter().any(|one| theirs.contains(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn patient(code: &str) -> Register {
        Register { family: Family::Patient, code: code.into() }
    }

    #[test]
    fn a_scope_leaves_out_what_it_does_not_name() {
        let cell = Cell {
            controller: oid("1.2.246.10.1.19.0"),
            register: patient("4"),
            unit: oid("1.2.246.10.1.10.7"),
            customer: Some("1234567-1".into()),
            month: Month::parse("2026-12").unwrap(),
        };
        let covers = |scope: Scope| scope.covers(&cell);
        assert!(covers(Scope::default()));
        assert!(!covers(Scope { registers: vec![patient("2")], ..Scope::default() }));
        assert!(covers(Scope { units: vec![oid("1.2.246.10.1.10.7")], ..Scope::default() }));
        assert!(!covers(Scope { units: vec![oid("1.2.246.10.1.10.8")], ..Scope::default() }));
        assert!(!covers(Scope { customer: Some("0204819-8".into()), ..Scope::default() }));
        assert!(covers(Scope { from: Month::parse("2026-12"), until: Month::parse("2027-01"), ..Scope::default() }));
        assert!(!covers(Scope { until: Month::parse("2026-12"), ..Scope::default() }), "half-open");
    }

    #[test]
    fn scopes_that_share_no_cell_do_not_overlap() {
        let of = |code: &str, from: Option<&str>, until: Option<&str>| Scope {
            registers: vec![patient(code)],
            from: from.and_then(Month::parse),
            until: until.and_then(Month::parse),
            ..Scope::default()
        };
        assert!(of("2", None, None).overlaps(&Scope::default()));
        assert!(!of("2", None, None).overlaps(&of("4", None, None)));
        assert!(!of("2", None, Some("2026-05")).overlaps(&of("2", Some("2026-05"), None)));
        assert!(of("2", None, Some("2026-06")).overlaps(&of("2", Some("2026-05"), None)));
    }

    #[test]
    fn a_document_says_where_it_is_counted() {
        let header = crate::document::tests::header();
        let represented = oid("1.2.246.10.1.10.0");
        let (cell, made_at) = Cell::of(&header, Family::Patient, &represented).unwrap();
        assert_eq!((cell.unit.as_str(), cell.month.to_string()), ("1.2.246.10.1.10.7", "2017-09".to_owned()));
        assert_eq!((cell.register, made_at), (patient("2"), Moment::parse("2017-09-22T12:15:52Z").unwrap()));
        let bare = Header { unit: None, ..header.clone() };
        assert_eq!(Cell::of(&bare, Family::Patient, &represented).unwrap().0.unit, represented);
        assert_eq!(Cell::of(&header, Family::Social, &represented).unwrap_err().place, "code");
        let undated = Header { effective_time: "2017".into(), ..header };
        assert_eq!(Cell::of(&undated, Family::Patient, &represented).unwrap_err().place, "effectiveTime");
    }

    #[test]
    fn months_are_helsinkis() {
        let new_year = Moment::parse("2026-12-31T22:00:00Z").unwrap();
        let month = Month::of(new_year);
        assert_eq!((month.to_string(), month.start()), ("2027-01".to_owned(), Some(new_year)));
        assert_eq!(Month::parse("2027-01-01"), Some(month));
        assert_eq!((Month::parse("2027-01-02"), Month::parse("2027-13"), Month::parse("")), (None, None, None));
        assert_eq!(Register::parse(&patient("2").to_string()), Some(patient("2")));
    }
}
