//! Moves: one change of access point, system, address or certificates across many joiners, each at a second of its own, in waves behind a group that goes first;
//! and the handover of one joiner between intermediaries, which is a move of one that gave its key.
//!
//! ```text
//!   form ─▶ Moving ─▶ seats: who in which wave at which second ─▶ effect of each on the directory ─▶ judge
//!
//!   Draft ─send─▶ Sent ─approve─▶ Approved ─▶ wave entered ─▶ its seconds ─▶ watched ─▶ next wave … ─▶ Over
//!     ▲             │ give back        │                                        └ too much fails: the wave goes back
//!     └─────────────┘                  └── late, failing, or by hand: Halted ── resume, at another time ─▶ Approved
//! ```
//!
//! A wave stands in the directory shortly before its first second, and gateways switch each of its joiners by their own clocks. The next wave enters only while
//! what went before holds: whoever watches and is gone lets nothing go on.

mod content;
mod course;
mod effect;
mod fits;
mod judge;
mod schedule;
#[cfg(test)]
mod tests;

pub use content::{MOST_TARGETS, Moving, New, NewLink, Target, What, asked, read, with_certificates};
pub use course::{Counted, LEAD_SECONDS, LEAST_SECONDS, Limit, Stand, Step, Wave, fails, next};
pub use effect::{Parted, back, moved, shape, together};
pub use fits::{fitting, standing};
pub use judge::{Judged, consent_needed, judge};
pub use schedule::{Schedule, Seat};

use crate::service_code::codes;

codes! {
    /// What is moved.
    Kind {
        /// What runs through one access point runs through another.
        Point = "point",
        /// What is done with one system is done with another.
        System = "system",
        /// Access points have other links, or other addresses.
        Address = "address",
        /// Access points call with other server certificates.
        Certificates = "certificates",
    }
}

impl Kind {
    /// Whether access points are moved; else joiners are.
    #[must_use]
    pub const fn of_points(self) -> bool {
        matches!(self, Self::Address | Self::Certificates)
    }
}

codes! {
    /// Where a move stands.
    Course {
        /// It is being written, or was given back to be mended.
        Draft = "draft",
        /// It waits for the operator; whoever has to agree is asked.
        Sent = "sent",
        /// It goes on by itself.
        Approved = "approved",
        /// It goes on no further until somebody says so.
        Halted = "halted",
        /// All of it has been done, or left out.
        Over = "over",
        /// It was taken back before any of it was entered.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// How one of those who are moved stands.
    Standing {
        /// Its wave has not entered yet.
        Planned = "planned",
        /// It is in the directory, and switches at its second.
        Entered = "entered",
        /// It stays as it is.
        LeftOut = "left-out",
        /// It was moved, and is as it was before.
        Back = "back",
    }
}

codes! {
    /// Why one is left out.
    LeftOut {
        /// It has not agreed.
        NoConsent = "no-consent",
        /// It has declined.
        Declined = "declined",
        /// What it has is not what it was when the move was approved.
        Changed = "changed",
    }
}

codes! {
    /// How it is agreed that one is moved.
    Consent {
        /// Whoever moves need not ask.
        Needless = "needless",
        /// Whoever moves acts for it in technical matters.
        Delegated = "delegated",
        /// It gave whoever moves its key.
        Key = "key",
        /// It was asked, and has not answered.
        Asked = "asked",
        /// It has agreed.
        Given = "given",
        /// It has declined.
        Declined = "declined",
    }
}

impl Consent {
    /// Whether one may be moved.
    #[must_use]
    pub const fn holds(self) -> bool {
        !matches!(self, Self::Asked | Self::Declined)
    }
}

impl LeftOut {
    /// Why one is left out by how it agrees; nothing where it may be moved. `acts`: whether it still lets whoever moves act for it.
    #[must_use]
    pub fn by(consent: Option<Consent>, acts: bool) -> Option<Self> {
        match consent {
            Some(Consent::Declined) => Some(Self::Declined),
            // Whoever lets nobody act for it any more has not agreed.
            Some(Consent::Delegated) if !acts => Some(Self::NoConsent),
            how if !how.is_some_and(Consent::holds) => Some(Self::NoConsent),
            _ => None,
        }
    }
}

codes! {
    /// Why a move goes no further.
    Halt {
        /// Too many calls failed.
        Failing = "failing",
        /// A wave could not be entered before its second.
        Late = "late",
        /// The directory would contradict itself.
        Contradiction = "contradiction",
        /// Nobody of those who go first could.
        Nobody = "nobody",
        /// Whoever moves said so.
        ByHand = "by-hand",
        /// The operator said so, and says when it goes on.
        ByOperator = "by-operator",
    }
}
