//! The application to join: eight steps, a life cycle, and the effect it will have.
//!
//! ```text
//!            send                approve
//!   Draft ─────────▶ Sent ─────────────────▶ Approved
//!                     └────────────────────▶ Rejected (with a reason)
//!                            reject
//! ```
//!
//! A step is kept as the form the person filled in; [`steps`] reads it into meaning, [`plan`] says it as a planned connection,
//! so that the rulebook can be asked of it, and [`effect`] computes what approval would change. None of them loads anything.

mod begin;
pub mod effect;
pub mod plan;
mod reader;
mod state;
pub mod steps;
mod told;

pub use begin::{BeginError, Beginning, begin};
pub use effect::effect;
pub use plan::plan;
pub use reader::is_email;
pub use state::{State, StateError};
pub use steps::{FieldError, FieldProblem, Form, Step};
pub use told::{notified, told_of_arrival, told_of_decision};

use crate::identifier::Oid;
use crate::service_code::Service;
use std::collections::BTreeMap;

/// An application as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its number, for people: `2026-1043`.
    pub number: String,
    /// Who applies.
    pub joiner: Oid,
    /// What for.
    pub service: Service,
    /// Where it stands.
    pub state: State,
    /// Whether this is the joiner's first, so that an undertaking is signed (Extranet guide 3.1.7).
    pub first_joining: bool,
    /// The steps saved so far.
    pub forms: BTreeMap<Step, Form>,
}

impl Application {
    /// The steps this application has, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let (service, first) = (self.service, self.first_joining);
        Step::ALL.iter().copied().filter(move |step| match step {
            Step::Billing => service.needs_billing(),
            Step::Undertaking => first,
            _ => true,
        })
    }

    /// The steps that have errors in their fields or were not saved yet.
    #[must_use]
    pub fn incomplete(&self) -> Vec<Step> {
        let open = |step: &Step| match step {
            Step::Summary => false,
            Step::Guidance => !self.forms.contains_key(step),
            _ => !steps::errors(*step, self.service, &self.form(*step)).is_empty(),
        };
        self.steps().filter(open).collect()
    }

    /// The saved form of a step; empty when it was not saved.
    #[must_use]
    pub fn form(&self, step: Step) -> Form {
        self.forms.get(&step).cloned().unwrap_or_default()
    }
}
