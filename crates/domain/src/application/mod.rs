//! The application to join: its steps, a life cycle, and the effect it will have.
//!
//! ```text
//!            send                approve
//!   Draft ─────────▶ Sent ─────────────────▶ Approved (whole, or without some of its connections)
//!     │       ┌────▶  │ └──────────────────▶ Rejected (with a reason)
//!     │  send │       │ ask for more         reject
//!     │    MoreAsked ◀┘
//!     └───────┴───────┴────────────────────▶ Withdrawn
//!                          withdraw
//! ```
//!
//! A step is kept as the form the person filled in; [`steps`] reads it into meaning, [`plan`] says it as a planned connection,
//! so that the rulebook can be asked of it, and [`effect`] computes what approval would change. None of them loads anything.

pub mod attachment;
mod begin;
mod dates;
pub mod effect;
pub mod enrolment;
mod kind;
pub mod plan;
pub(crate) mod reader;
pub mod risk;
mod state;
pub mod steps;
mod text;
mod told;

pub use begin::{BeginError, Beginning, begin};
pub use dates::{Deadline, deadlines};
pub use effect::{Held, effect};
pub use kind::{JoinerKind, services_for};
pub use plan::plan;
pub use reader::is_email;
pub use state::{InPart, State, StateError};
pub use steps::{FieldError, FieldProblem, Form, Step};
pub use text::Text;
pub use told::{told_of_arrival, told_of_decision};

use crate::identifier::Oid;
use crate::service_code::Service;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// An application as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its number, for people: `2026-1043`.
    pub number: String,
    /// Who applies.
    pub joiner: Oid,
    /// What kind of joiner that is.
    pub kind: JoinerKind,
    /// What for.
    pub service: Service,
    /// Where it stands.
    pub state: State,
    /// Whether this is the joiner's first, so that an undertaking is signed (Extranet guide 3.1.7).
    pub first_joining: bool,
    /// The steps saved so far.
    pub forms: BTreeMap<Step, Form>,
    /// The texts that are accepted as they read today.
    pub accepted: BTreeSet<Text>,
}

impl Application {
    /// The steps this application has, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        let (service, first) = (self.service, self.first_joining);
        let several_models = self.kind.models(service).len() > 1;
        Step::ALL.iter().copied().filter(move |step| match step {
            Step::Model => several_models,
            Step::Billing => service.needs_billing(),
            Step::Undertaking => first,
            _ => true,
        })
    }

    /// The systems that it names, by their numbers in Astori.
    #[must_use]
    pub fn systems(&self) -> BTreeSet<String> {
        let form = self.form(Step::AccessPoints);
        let named = steps::connections_in(&form).into_iter().map(|nth| form.text(&steps::nth_field("system", nth)));
        named.filter(|number| !number.is_empty()).map(str::to_owned).collect()
    }

    /// The wished first day, if one was given.
    #[must_use]
    pub fn start(&self) -> Option<Moment> {
        Moment::parse(self.form(Step::AccessPoints).text("start")).ok()
    }

    /// By which model it joins: the direct one where no step asks; `None` while the step has errors or names one that such a joiner
    /// may not choose.
    #[must_use]
    pub fn model(&self) -> Option<steps::ModelStep> {
        if !self.steps().any(|step| step == Step::Model) {
            return Some(steps::ModelStep::Direct);
        }
        let permitted = |step: &steps::ModelStep| self.kind.models(self.service).contains(&step.model());
        steps::model(&self.form(Step::Model)).filter(permitted)
    }

    /// The Fluent key of a text as this joiner reads it for this service.
    #[must_use]
    pub fn text_key(&self, text: Text) -> String {
        text.key(self.kind, self.service)
    }

    /// The steps that have errors in their fields or were not saved yet.
    #[must_use]
    pub fn incomplete(&self) -> Vec<Step> {
        let open = |step: &Step| match step {
            Step::Summary => false,
            Step::Guidance => !self.forms.contains_key(step),
            Step::Model => self.model().is_none(),
            Step::ServiceDescription | Step::Undertaking => {
                Text::accepted_at(*step).iter().any(|text| !self.accepted.contains(text))
            }
            _ => !steps::errors(*step, self.service, &self.form(*step)).is_empty(),
        };
        self.steps().filter(open).collect()
    }

    /// The application without some of its connections, by their numbers: what is approved in part.
    #[must_use]
    pub fn without(&self, connections: &BTreeSet<usize>) -> Self {
        let mut part = self.clone();
        if let Some(form) = part.forms.remove(&Step::AccessPoints) {
            let form = connections.iter().fold(form, |form, nth| steps::without_connection(form, *nth));
            part.forms.insert(Step::AccessPoints, form);
        }
        part
    }

    /// The saved form of a step; empty when it was not saved.
    #[must_use]
    pub fn form(&self, step: Step) -> Form {
        self.forms.get(&step).cloned().unwrap_or_default()
    }
}
