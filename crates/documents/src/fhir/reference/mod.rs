//! The archive's standards' face: IHE MHD's Find Document References (ITI-67) over FHIR R4. What is asked becomes criteria, what is found
//! becomes DocumentReferences.

mod query;
mod resource;

pub use query::{SearchAsked, read_search};
pub use resource::{DocumentFacts, document_references};

/// How the archive says that a document stands, as FHIR's status of a reference says it.
const STATUSES: [(liitos_domain::archive::Standing, &str); 3] = {
    use liitos_domain::archive::Standing as S;
    [(S::Newest, "current"), (S::Replaced, "superseded"), (S::Invalidated, "entered-in-error")]
};

/// The types of documents.
const TYPES: &str = "urn:oid:1.2.246.537.5.5001.2011";
