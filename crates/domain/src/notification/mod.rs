//! Change notifications: what an organisation says will be otherwise with its joining, from which day on (change situations: "muutostilanteiden
//! ilmoittaminen").
//!
//! ```text
//!   form ─▶ Content ─▶ effect on the directory from the day on ─▶ judge ─▶ what stands in the way, what is worth knowing
//!
//!          send                    approve
//!   Draft ─────▶ Sent ──────────────────────▶ Approved: entered, in force from its day on
//!     ▲            │ give back, with a reason      │
//!     └────────────┘                               │ cancel, before its day: what it would have changed stays as it was
//!     └────────────┴── withdraw ──▶ Withdrawn ◀────┘
//! ```
//!
//! Nothing waits to be carried out on the day: what is approved stands in the directory with the moment from which it holds, and gateways have it long
//! before.

mod content;
mod effect;
mod judge;
mod kind;
#[cfg(test)]
mod tests;

pub use content::{Collected, Content, read};
pub use effect::{effect, stranded, undone, unhosted};
pub use judge::{Facts, Finding, Unit, What, judge};
pub use kind::{Kind, asked};

use crate::service_code::codes;

codes! {
    /// Where a notification stands.
    Course {
        /// It is being written, or was given back to be mended.
        Draft = "draft",
        /// It waits for the operator.
        Sent = "sent",
        /// It is entered, and holds from its day on.
        Approved = "approved",
        /// It was taken back.
        Withdrawn = "withdrawn",
    }
}

impl Course {
    /// Whether it can still be written.
    #[must_use]
    pub const fn editable(self) -> bool {
        matches!(self, Self::Draft)
    }
}
