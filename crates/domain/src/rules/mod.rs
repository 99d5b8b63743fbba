//! The rulebook: what must be true of a connection, as dated data.
//!
//! ```text
//! rules/*.toml ──load──> Rulebook ──at a time──> rules in force ──check(plan, facts)──> outcomes
//! ```
//!
//! A [`Rule`] is a row: its id, when it is in force, the clause it comes from, how much it weighs, who mends it, and the one
//! pure [`Check`] it is bound to, with the check's values. When a demand changes, a row ends and another begins; no code
//! asks what day it is. The texts are Fluent messages `rule-` and the id. A fact that is not known makes a rule answer
//! "not checked", which is never a pass.

mod answers;
mod book;
mod certificate;
mod check;
mod checks;
mod newly;
#[cfg(test)]
mod tests;

/// Whether an address is none that a connection comes from outside: private, reserved, of this machine.
pub(crate) fn is_private(address: std::net::IpAddr) -> bool {
    checks::addresses::AddressKind::of(address) == checks::addresses::AddressKind::Special
}

pub use answers::{Answer, Verdict, visible};
pub use book::{Outcome, Rule, Rulebook, RulebookError, Source};
pub use certificate::CertificateUse;
pub use check::{Check, Of};
pub use newly::{joined, newly_broken};

use crate::service_code::codes;

codes! {
    /// How much a rule weighs.
    Severity {
        /// Cannot be sent or approved like this.
        Error = "error",
        /// Likely to fail later.
        Warning = "warning",
        /// Worth knowing.
        Advice = "advice",
    }
}
