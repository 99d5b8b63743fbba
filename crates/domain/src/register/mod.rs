//! The national registers: what an entry holds and how a re-import changes what we know.
//!
//! Reading the files is `documents::registers`; storing is `store`. Here is only what must be true.

mod change;
mod meaning;
mod system;

pub use change::{Difference, Extent, Matter, Resting, Rests, differences, shrinks};
pub use meaning::{IN_SOCIAL_CARE, RENEWAL_MARKS, Sector, SystemFacts, controllers, heads};
pub use system::{ENDS_WITHIN_DAYS, SystemStanding};

use crate::service_code::codes;
use crate::time::Interval;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

codes! {
    /// The registers the product reads (`domain.md` section 4).
    RegisterKind {
        /// SOTE organisation register, 1.2.246.537.6.202.
        Sote = "sote",
        /// Valvira's independent professionals, 1.2.246.537.6.203.
        Professionals = "professionals",
        /// Fimea's pharmacy register.
        Pharmacies = "pharmacies",
        /// Kanta provider register, 1.2.246.537.6.918.
        Intermediaries = "intermediaries",
        /// Public controllers, 1.2.246.537.6.40174.
        Controllers = "controllers",
        /// Information systems (Astori).
        Systems = "systems",
    }
}

impl RegisterKind {
    /// The registers a joiner may stand in (guide 2.2), in the order they are asked.
    pub const OF_JOINERS: [Self; 3] = [Self::Sote, Self::Professionals, Self::Pharmacies];

    /// The registers of those who have pages here: joiners, and intermediaries that are none.
    pub const OF_ORGANISATIONS: [Self; 4] = [Self::Sote, Self::Professionals, Self::Pharmacies, Self::Intermediaries];

    /// The register that the entry above an entry of this one stands in: a public controller's is its organisation, and
    /// a pharmacy's or a unit's is one of its own kind.
    #[must_use]
    pub const fn of_parents(self) -> Self {
        match self {
            Self::Controllers => Self::Sote,
            other => other,
        }
    }

    /// The code system that the code service publishes it under, if it does (`domain.md` section 4).
    #[must_use]
    pub const fn code_system(self) -> Option<&'static str> {
        match self {
            Self::Sote => Some("1.2.246.537.6.202"),
            Self::Professionals => Some("1.2.246.537.6.203"),
            Self::Intermediaries => Some("1.2.246.537.6.918"),
            Self::Controllers => Some("1.2.246.537.6.40174"),
            Self::Pharmacies | Self::Systems => None,
        }
    }
}

/// One register entry as the source gave it: dirt is kept, findings stand beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The OID, or the system's number in Astori.
    pub id: String,
    /// The official name; U+FFFD where the source lost a letter.
    pub name: String,
    /// When it is valid in the register.
    pub valid: Interval,
    /// The entry above it.
    pub parent: Option<String>,
    /// The Business ID as written, valid or not.
    pub business_id: Option<String>,
    /// The other fields by the source's own names, in a stable order.
    pub fields: BTreeMap<String, String>,
}

/// The field that a sample register marks its rows with: `real` or `invented`.
pub const ORIGIN_FIELD: &str = "Alkuperä";

impl Entry {
    /// A field's text, if present and not blank.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Whether a T/F field says true.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        self.field(name) == Some("T")
    }
}

/// What is odd about an entry that was taken all the same, or why it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowFinding {
    /// Line of the file, counted from 1; in JSON pages the entry's number among all.
    pub line: u64,
    /// The entry's id, if one could be read.
    pub id: Option<String>,
    /// The field it is about.
    pub field: &'static str,
    /// What is wrong.
    pub problem: RowProblem,
}

/// Kinds of trouble in register rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowProblem {
    /// A field that must be there is not. Refused.
    Missing,
    /// The id is not an OID (or a number for systems). Refused.
    BadId,
    /// The id stands at a level that this register does not hold. Refused.
    WrongLevel,
    /// The same id stood on an earlier line, which holds. Refused.
    Duplicate,
    /// A date cannot be read. Refused.
    BadDate,
    /// The end lies before the beginning. Refused.
    DatesOutOfOrder,
    /// The row has more or fewer columns than the heading. Refused.
    ColumnCount,
    /// The Business ID fails its check. Taken.
    BusinessIdCheck,
    /// A letter was lost before the file reached us (U+FFFD). Taken.
    LostLetter,
    /// The entry above it is in neither the file nor the register. Taken.
    OrphanParent,
    /// The Business ID belongs to another organisation than the OID's number. Taken.
    ForeignNumber,
    /// The entry above it stands under another organisation's number. Taken.
    NodeOutOfPlace,
    /// The entry stands above itself, by way of others. Taken.
    Cycle,
}

impl RowProblem {
    /// Whether the row was refused because of it.
    #[must_use]
    pub const fn refuses(self) -> bool {
        matches!(
            self,
            Self::Missing
                | Self::BadId
                | Self::WrongLevel
                | Self::Duplicate
                | Self::BadDate
                | Self::DatesOutOfOrder
                | Self::ColumnCount
        )
    }

    /// What was found, in a few English words for logs and terminals.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Missing => "is missing; every row needs it",
            Self::BadId => "is not a valid identifier; ask the register's keeper",
            Self::WrongLevel => "stands at a level this register does not hold",
            Self::Duplicate => "stood on an earlier line, which holds",
            Self::BadDate => "cannot be read as a date (expected yyyymmdd or yyyy-mm-dd)",
            Self::DatesOutOfOrder => "ends before it begins",
            Self::ColumnCount => "has another number of columns than the heading",
            Self::BusinessIdCheck => "fails its check digit; kept as it is",
            Self::LostLetter => "has a lost letter (U+FFFD); kept as it is",
            Self::OrphanParent => "names a parent that is not in the register; kept as it is",
            Self::NodeOutOfPlace => "names a parent under another organisation's number; kept as it is",
            Self::Cycle => "stands above itself, by way of others; kept as it is",
            Self::ForeignNumber => "belongs to another organisation than the OID's number; kept as it is",
        }
    }
}

impl fmt::Display for RowFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.as_deref().unwrap_or("?");
        write!(f, "line {}: {id}: {} {}", self.line, self.field, self.problem.text())
    }
}
