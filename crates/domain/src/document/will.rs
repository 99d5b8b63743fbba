//! What a patient wants done with what is archived of them: permission to disclose it to other providers, and denials.

use crate::identifier::Oid;
use serde::{Deserialize, Serialize};

/// A patient's will, as a document of the register of wills says it; the newest version of each set counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Will {
    /// Whether other providers may be given what is archived.
    Permission(bool),
    /// What they may not be given all the same.
    Denial(Denial),
}

impl Will {
    /// Whether it may take another's place: a permission that of a permission, a denial that of a denial, so that none is lost unseen.
    #[must_use]
    pub const fn follows(&self, older: &Self) -> bool {
        matches!((self, older), (Self::Permission(_), Self::Permission(_)) | (Self::Denial(_), Self::Denial(_)))
    }
}

/// What a patient denies (form 331); nothing, where both lists are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// Documents of these service events (9).
    pub events: Vec<Oid>,
    /// Documents of these providers (10).
    pub providers: Vec<DeniedProvider>,
    /// Whether what is denied may be given in an emergency all the same (15).
    pub emergency: bool,
}

/// A provider whose documents are denied to all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedProvider {
    /// It (11).
    pub provider: Oid,
    /// Those of its registers, by their codes in 1.2.246.537.5.40150.2009 (13); all of them (12) where nothing is said.
    pub registers: Option<Vec<String>>,
}
