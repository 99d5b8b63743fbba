//! Deployment tests: before production, and around a change of controller, a joiner shows that its system and its connection do what they must (`domain.md`
//! section 9). Cases are data (`rules/deployment-tests.toml`); what came out is taken from what the archive and the gateways wrote down, never from what whoever tests
//! says; somebody's word is needed beside it.
//!
//! ```text
//! cases (data) ─▶ content of one test ─▶ done by a program or by people, through the access point
//!                                           │
//!     use log of the archive ─┐             ▼
//!     calls at the gateways ──┴─▶ seen ─▶ judge ─▶ somebody's word ─▶ report
//! ```

mod due;
mod heard;
mod judge;
mod plan;
#[cfg(test)]
mod tests;

pub use due::{AFTER_DAYS, Due, Held, Switch, Tested, due};
pub use heard::heard;
pub use judge::{Answer, Look, judge};
pub use plan::{Case, Cases, CasesError, MAX_CASES_BYTES};

use crate::archive::Ground;
use crate::identifier::{Oid, PersonalIdentityCode};
use crate::refusal::RefusalCode;
use crate::service_code::{Service, codes};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

codes! {
    /// When a test is made.
    Stage {
        /// At the first use of a service, or of a function, with a system.
        FirstUse = "first-use",
        /// Before a change of controller, where data moves from.
        Before = "before",
        /// After it, where the data is now.
        After = "after",
        /// To be sure that prescriptions are ready for production, where no test is asked.
        Readiness = "readiness",
    }
}

codes! {
    /// What is done in a case.
    Deed {
        /// A first version is stored.
        Stored = "stored",
        /// A document takes an older version's place.
        Replaced = "replaced",
        /// A document's set is declared void.
        Invalidated = "invalidated",
        /// A document is given out.
        Fetched = "fetched",
        /// Documents are looked for, and found.
        Searched = "searched",
        /// Something is refused, as it must be.
        Refused = "refused",
        /// A renewal request reaches its unit.
        Delivered = "delivered",
    }
}

codes! {
    /// Who is needed for a case.
    People {
        /// Whoever treats or serves clients, in the system.
        Professional = "professional",
        /// The archivist, at the archivist's interface.
        Archivist = "archivist",
        /// The technical contact.
        Technical = "technical",
        /// The system's supplier.
        Supplier = "supplier",
    }
}

codes! {
    /// How a test stands.
    Course {
        /// It is being made.
        Running = "running",
        /// Its report is at the operator.
        Sent = "sent",
        /// The operator has accepted it.
        Accepted = "accepted",
        /// It was given up.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What a gateway has told of something that came out.
    Told {
        /// Nothing yet.
        NotYet = "not-yet",
        /// It came as it is tested.
        Whole = "whole",
        /// It came to another service, from another system or through another access point: it is none of the test's.
        Otherwise = "otherwise",
    }
}

impl Course {
    /// Whether a report of it has been sent, and was not given back.
    #[must_use]
    pub const fn is_reported(self) -> bool {
        matches!(self, Self::Sent | Self::Accepted)
    }
}

impl Stage {
    /// Whether it is made at a moment, around a change on a day: before it until then, after it from then on.
    #[must_use]
    pub fn is_made(self, day: Moment, now: Moment) -> bool {
        match self {
            Self::Before => now < day,
            Self::After => now >= day,
            Self::FirstUse | Self::Readiness => true,
        }
    }
}

/// What one test is made of; settled when it begins, whatever becomes of the cases' file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Which service.
    pub service: Service,
    /// When.
    pub stage: Stage,
    /// With which system: its number in Astori.
    pub system: String,
    /// Through which of the joiner's access points.
    pub points: Vec<Oid>,
    /// In whose registers documents are stored.
    pub controllers: Vec<Oid>,
    /// The test clients.
    pub persons: Vec<String>,
    /// Which functions beside what every system does.
    pub functions: Vec<String>,
    /// The cases.
    pub cases: Vec<Case>,
    /// The organisational change that it is made around.
    #[serde(default)]
    pub change: Option<String>,
    /// The test before the change, of one made after it.
    #[serde(default)]
    pub before: Option<String>,
    /// The documents that were stored in that test, and whose they were.
    #[serde(default)]
    pub moved: Vec<Stored>,
}

/// A document of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Its id.
    pub document: Oid,
    /// The id that its versions share.
    pub set: Oid,
    /// Whose register it is in: the controller.
    pub controller: Oid,
}

impl Stored {
    /// The document that something was done with, where it is one in the archive.
    #[must_use]
    pub fn of(seen: &Seen) -> Option<Self> {
        let (document, set) = (seen.document.clone()?, seen.set.clone()?);
        Some(Self { document, set, controller: seen.controller.clone()? })
    }
}

/// Something that came out, as the archive wrote it down, with what the gateways told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Moment,
    /// What was done.
    pub deed: Deed,
    /// Why it was let, where that was asked.
    pub ground: Option<Ground>,
    /// Through which access point; of the archivist's interface none.
    pub point: Option<Oid>,
    /// The decision id under which the gateway and the archive both wrote it down; of the archivist's interface the number of the use log's line; of a renewal
    /// request its own id.
    pub decision: String,
    /// Whose documents: the keyed digest; nothing where none is asked for.
    #[serde(default)]
    pub person: Option<String>,
    /// The message's own id, where one brought it.
    pub message: Option<String>,
    /// Which document.
    pub document: Option<Oid>,
    /// The id that its versions share.
    pub set: Option<Oid>,
    /// In whose register.
    pub controller: Option<Oid>,
    /// How many were found.
    pub found: Option<u64>,
    /// Why it was refused.
    pub codes: Vec<RefusalCode>,
    /// When the gateway saw it, where it has told that; of a renewal request when the unit had it.
    pub gateway: Option<Moment>,
}

impl Seen {
    /// Whether it put a document into the archive.
    #[must_use]
    pub fn is_test_data(&self) -> bool {
        let brings = matches!(self.deed, Deed::Stored | Deed::Replaced | Deed::Invalidated);
        brings && self.ground != Some(Ground::Archivist)
    }

    /// Whether both the archive and a gateway have it; what does not come through a gateway is had by the archive alone.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.gateway.is_some() || self.ground == Some(Ground::Archivist)
    }
}

/// Somebody's word on a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether it went as it should.
    pub fine: bool,
    /// As whom.
    pub role: People,
    /// Who.
    pub person: String,
    /// What there is to say.
    pub remark: Option<String>,
    /// When.
    pub at: Moment,
    /// What it is about, kept with it.
    pub seen: Option<Seen>,
}

/// Most test clients of a test.
pub const MOST_PERSONS: usize = 12;

/// The test clients of a list, one on a line; none that is not of the 900 series.
///
/// # Errors
/// The number of the first line that is no test identity; never what stands there.
pub fn persons(text: &str) -> Result<Vec<String>, usize> {
    let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
    let mut persons = Vec::new();
    for (number, line) in lines {
        let code =
            PersonalIdentityCode::parse(&line.to_uppercase()).ok().filter(PersonalIdentityCode::is_test_identity);
        let code = code.filter(|_| persons.len() < MOST_PERSONS).ok_or(number + 1)?;
        let code = code.reveal().to_owned();
        if !persons.contains(&code) {
            persons.push(code);
        }
    }
    Ok(persons)
}
