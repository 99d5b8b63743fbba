//! Fault notifications (Extranet guide 3.1.4: "Häiriötiedotteen vastaanottaja"): what does not work, whom it hits, and what is said of it from its beginning
//! to its end. Planned breaks are told in the same way.

mod audience;
mod read;
mod strip;
#[cfg(test)]
mod tests;

pub use audience::{Audience, Place, Touched};
pub use read::{read, read_statement};
pub use strip::{DAYS, Day, strip};

use crate::service_code::{Service, codes};
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// Longest headline, in characters: it goes into a text message.
pub const MAX_HEADLINE: usize = 100;
/// Longest statement, in characters.
pub const MAX_WORDS: usize = 2_000;
/// Most access points, and most municipalities, that one fault names.
pub const MOST_NAMED: usize = 200;

codes! {
    /// What is told of.
    Kind {
        /// Something does not work though it should.
        Fault = "fault",
        /// Something will not work for a while, as planned.
        Break = "break",
        /// A system may not be used: its use is forbidden, or its certificate of conformity ends.
        System = "system",
    }
}

codes! {
    /// What a statement says.
    Stage {
        /// It begins.
        Started = "started",
        /// More is known.
        Updated = "updated",
        /// It is over.
        Ended = "ended",
        /// It will not be.
        CalledOff = "called-off",
    }
}

codes! {
    /// Where a fault or a break stands.
    Course {
        /// It has not begun.
        Coming = "coming",
        /// It is.
        Going = "going",
        /// It is past.
        Over = "over",
        /// It never was.
        CalledOff = "called-off",
    }
}

impl Stage {
    /// Whether nothing is said behind it.
    #[must_use]
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Ended | Self::CalledOff)
    }
}

/// The same in the languages of Kanta's users. Finnish is always there; whoever reads another and has nothing in it reads that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Finnish.
    pub fi: String,
    /// Swedish; may be empty.
    #[serde(default)]
    pub sv: String,
    /// English; may be empty.
    #[serde(default)]
    pub en: String,
}

impl Words {
    /// In a language, with the language it is really in.
    #[must_use]
    pub fn of(&self, language: &str) -> (&str, &'static str) {
        match language {
            "sv" if !self.sv.is_empty() => (&self.sv, "sv"),
            "en" if !self.en.is_empty() => (&self.en, "en"),
            _ => (&self.fi, "fi"),
        }
    }

    /// Whether there is nothing in any language.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fi.is_empty() && self.sv.is_empty() && self.en.is_empty()
    }
}

/// A fault or a planned break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which of these.
    pub kind: Kind,
    /// What it is, in a line.
    pub headline: Words,
    /// Whom it hits.
    pub audience: Audience,
    /// Whether everybody may read of it, or only whom it hits.
    pub public: bool,
    /// Since when, or from when.
    pub begins: Moment,
    /// Until when, as far as is known.
    pub expected: Option<Moment>,
    /// When it was over; of what was called off, when that was said.
    pub ended: Option<Moment>,
}

impl Fault {
    /// Where it stands.
    #[must_use]
    pub fn course(&self, now: Moment) -> Course {
        match self.ended {
            Some(ended) if ended < self.begins => Course::CalledOff,
            Some(_) => Course::Over,
            None if now < self.begins => Course::Coming,
            None => Course::Going,
        }
    }

    /// Whether it should be over by what was said, and nobody has said that it is.
    #[must_use]
    pub fn overdue(&self, now: Moment) -> bool {
        self.ended.is_none() && self.expected.is_some_and(|expected| expected <= now)
    }

    /// What it is once something is said of it, with when it was over if it is.
    #[must_use]
    pub fn after(&self, statement: &Statement, ended: Option<Moment>) -> Self {
        let expected = if statement.stage.is_last() { self.expected } else { statement.expected };
        Self { expected, ended, ..self.clone() }
    }

    /// Whether all of a service is meant, not only some access points, municipalities or counties.
    #[must_use]
    pub fn hits_all_of(&self, service: Service) -> bool {
        let audience = &self.audience;
        let all = audience.access_points.is_empty() && audience.systems.is_empty() && audience.everywhere();
        audience.names(service) && all
    }

    /// Whether something did not work between two moments because of it.
    #[must_use]
    pub fn within(&self, from: Moment, until: Moment, now: Moment) -> bool {
        match self.course(now) {
            Course::Coming | Course::CalledOff => false,
            Course::Going | Course::Over => self.begins < until && from < self.ended.unwrap_or(now),
        }
    }
}

/// Something that is said of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// When it is said.
    pub at: Moment,
    /// What it says.
    pub stage: Stage,
    /// In words; there may be none.
    pub words: Words,
    /// Until when it is expected to last, as is known now.
    pub expected: Option<Moment>,
}
