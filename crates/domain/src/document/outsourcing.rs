//! Outsourcing authorisations of health care (ostopalvelun valtuutus, OSVA; form 362 of the archive).

use crate::identifier::Oid;
use crate::time::{Interval, Moment};
use serde::{Deserialize, Serialize};

/// What the organiser of a service lets its producer do with a patient's documents: search in a register and store into one, each named apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outsourcing {
    /// The producer: an organisation, or a unit of it (13).
    pub producer: Oid,
    /// From when until when (6).
    pub valid: Interval,
    /// The register in which it may search (15).
    pub search: Option<OutsourcedRegister>,
    /// The register into which it may store (20).
    pub storing: Option<OutsourcedRegister>,
    /// Which of the documents that are there it may have (29).
    pub given: Given,
}

/// A register of the organiser's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsourcedRegister {
    /// The controller (16, 21).
    pub controller: Oid,
    /// Its code in 1.2.246.537.5.40150.2009 (17, 22).
    pub register: String,
    /// The customer of occupational health care, as documents name it (18, 23).
    pub customer: Option<String>,
}

/// Which of the documents in the search register are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// All of them (30).
    All,
    /// Those that were made within a time (31).
    Made(Interval),
    /// Those of some service events (32).
    Events(Vec<Oid>),
    /// None.
    Nothing,
}

impl Given {
    /// Whether a document that was made then, in a service event, is given.
    #[must_use]
    pub fn has(&self, made_at: Moment, event: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Made(within) => within.contains(made_at),
            Self::Events(events) => event.is_some_and(|event| events.iter().any(|one| one.as_str() == event)),
            Self::Nothing => false,
        }
    }
}
