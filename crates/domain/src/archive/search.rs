//! What documents are looked for by. Every search says whose: a person's, or those of a set, a matter or one id; nobody browses a register, but for what
//! was to be kept no longer.

use super::{Family, Keeping, Register, Standing};
use crate::document::PersonRef;
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// Most documents on a page.
pub const MAX_PAGE: u64 = 200;
/// Documents on a page when nobody says.
pub const PAGE: u64 = 50;

/// What documents are looked for by; what is left open may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// Whose.
    pub person: Option<PersonRef>,
    /// One document.
    pub document: Option<Oid>,
    /// All versions of a set.
    pub set: Option<Oid>,
    /// One document, or all versions of a set.
    pub either: Option<Oid>,
    /// Of a service event or matter.
    pub event: Option<Oid>,
    /// These controllers', whichever they name; all where empty.
    pub controllers: Vec<Oid>,
    /// In these registers; all where empty.
    pub registers: Vec<Register>,
    /// From these units; all where empty.
    pub units: Vec<Oid>,
    /// Of these types; all where empty.
    pub kinds: Vec<String>,
    /// Made in this task.
    pub task: Option<String>,
    /// Made at or after.
    pub made_from: Option<Moment>,
    /// Made before.
    pub made_until: Option<Moment>,
    /// That stand so; however they stand where empty.
    pub standings: Vec<Standing>,
    /// Of this version.
    pub version: Option<u32>,
    /// That were to be kept until before then, by all that is known: asked at the archivist's desk alone.
    pub over_at: Option<Moment>,
}

impl Criteria {
    /// Whether a controller's documents are wanted.
    #[must_use]
    pub fn are_of(&self, controller: &Oid) -> bool {
        self.controllers.is_empty() || self.controllers.contains(controller)
    }

    /// Whether documents of a family that are kept so are wanted.
    #[must_use]
    pub fn are_kept(&self, family: Family, keeping: &Keeping) -> bool {
        self.over_at.is_none_or(|at| keeping.is_over(family, at))
    }

    /// Whether it says whose documents are looked for.
    ///
    /// # Errors
    /// L-514 when it names neither a person nor a document, a set, or a service event, nor asks for those alone whose time is over.
    pub fn whose(&self) -> Result<(), Finding> {
        let ids = [&self.document, &self.set, &self.either, &self.event];
        if self.person.is_some() || self.over_at.is_some() || ids.iter().any(|id| id.is_some()) {
            Ok(())
        } else {
            Err(Finding::new(RefusalCode::SearchTooWide, "patient"))
        }
    }
}

/// A search, and which page of its answer is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// What is looked for.
    pub criteria: Criteria,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// Most documents of the page.
    pub count: u64,
}

/// Where a page ends: the next one begins after it, among what was stored when the first was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What was stored later is on no page.
    pub as_of: Moment,
    /// When the last document of the page was made.
    pub made_at: Moment,
    /// That document.
    pub id: Oid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_says_whose_documents_it_looks_for() {
        let event = Oid::parse("1.2.246.10.1.16.1").unwrap();
        assert!(Criteria { event: Some(event), ..Criteria::default() }.whose().is_ok());
        assert!(Criteria { over_at: Some(Moment::from_seconds(0)), ..Criteria::default() }.whose().is_ok());
        let wide = Criteria { kinds: vec!["1".into()], ..Criteria::default() };
        assert_eq!(wide.whose().unwrap_err().code, RefusalCode::SearchTooWide);
    }
}
