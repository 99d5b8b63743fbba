//! The directory's standards' face: IHE mCSD (ITI-90 and ITI-91) over FHIR R4, in JSON and XML.
//!
//! ```text
//! facts of the directory and the registers, each with when it was known
//!     └──CareDirectory::build──▶ resources with all their versions ──search, history──▶ Bundle ──▶ JSON or XML
//! ```
//!
//! Pure: what is asked and what is known goes in, a resource comes out. Nothing is stored beside the directory: a resource's
//! versions follow from its rows, on both clocks.

mod bundle;
mod capability;
mod care;
mod node;
#[cfg(test)]
mod profiles;
mod query;
mod reference;
mod search;
#[cfg(test)]
mod tests;

pub use bundle::{history, issue, outcome, outcomes, searchset};
pub use capability::capability_statement;
pub use care::{CareDirectory, CareFacts, Version};
pub use node::Node;
pub use query::{BadQuery, MOST as MOST_PARAMETERS, Query};
pub use reference::{
    DocumentFacts, ProvidedBundle, SearchAsked, document_reference, document_references, provided, read_provided,
    read_search, summary,
};

/// The resources of mCSD that the directory has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Joiners, tenants, and whoever administers access points.
    Organization,
    /// Rights of joiners, and tenants under their hosts.
    OrganizationAffiliation,
    /// Links of access points.
    Endpoint,
    /// Units that receive.
    Location,
    /// What they receive.
    HealthcareService,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Organization, Self::OrganizationAffiliation, Self::Endpoint, Self::Location, Self::HealthcareService];

    /// Its name in FHIR.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::OrganizationAffiliation => "OrganizationAffiliation",
            Self::Endpoint => "Endpoint",
            Self::Location => "Location",
            Self::HealthcareService => "HealthcareService",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its profile of mCSD.
    const fn profile(self) -> &'static str {
        match self {
            Self::Organization => "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.Organization",
            Self::OrganizationAffiliation => {
                "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.OrganizationAffiliation"
            }
            Self::Endpoint => "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.Endpoint",
            Self::Location => "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.Location",
            Self::HealthcareService => {
                "https://profiles.ihe.net/ITI/mCSD/StructureDefinition/IHE.mCSD.HealthcareService"
            }
        }
    }
}
