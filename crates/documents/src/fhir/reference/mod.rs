//! The archive's standards' face: IHE MHD over FHIR R4. What is asked (Find Document References, ITI-67) becomes criteria, what is found becomes
//! DocumentReferences, and what is brought (Provide Document Bundle, ITI-65) becomes a message like any other.

mod provided;
mod query;
mod resource;
mod summary;

pub use provided::{ProvidedBundle, read_provided};
pub use query::{SearchAsked, read_search};
pub use resource::{DocumentFacts, document_reference, document_references, provided};
pub use summary::summary;

/// How the archive says that a document stands, as FHIR's status of a reference says it.
const STATUSES: [(liitos_domain::archive::Standing, &str); 3] = {
    use liitos_domain::archive::Standing as S;
    [(S::Newest, "current"), (S::Replaced, "superseded"), (S::Invalidated, "entered-in-error")]
};

/// The types of documents.
const TYPES: &str = "urn:oid:1.2.246.537.5.5001.2011";
/// The tasks they are made in.
const TASKS: &str = "urn:oid:1.2.246.537.6.12.2002.126";

/// The text after `urn:oid:`, or the whole.
fn bare(text: &str) -> &str {
    text.strip_prefix("urn:oid:").unwrap_or(text)
}
