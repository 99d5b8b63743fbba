//! The texts that a joiner accepts or signs with an application (Extranet guide 3.1.6, 3.1.7).

use super::{JoinerKind, Step};
use crate::service_code::{Service, codes};

codes! {
    /// A text with a step of its own, or signed together with another.
    Text {
        /// What the service does and who answers for what.
        ServiceDescription = "service-description",
        /// What the joiner binds itself to.
        Undertaking = "undertaking",
        /// The general terms of delivery, signed with the undertaking.
        GeneralTerms = "general-terms",
    }
}

impl Text {
    /// The texts that are accepted at a step, all with one tick.
    #[must_use]
    pub const fn accepted_at(step: Step) -> &'static [Self] {
        match step {
            Step::ServiceDescription => &[Self::ServiceDescription],
            Step::Undertaking => &[Self::Undertaking, Self::GeneralTerms],
            _ => &[],
        }
    }

    /// Whether a step is nothing but the reading and accepting of texts.
    #[must_use]
    pub const fn only_at(step: Step) -> bool {
        !Self::accepted_at(step).is_empty()
    }

    /// The Fluent key of the text itself: each service has its description, and a pharmacist's undertaking covers pharmacies.
    #[must_use]
    pub fn key(self, kind: JoinerKind, service: Service) -> String {
        match self {
            Self::ServiceDescription => format!("service-description-{service}-text"),
            Self::Undertaking if kind == JoinerKind::Pharmacy => "undertaking-pharmacy-text".to_owned(),
            Self::Undertaking => "undertaking-text".to_owned(),
            Self::GeneralTerms => "general-terms-text".to_owned(),
        }
    }
}
