//! Outside formats: bytes in, facts out, and back. HL7 V3 messages, CDA R2 headers, system signatures,
//! register files.
//!
//! Every parser has its limits as named values beside it, refuses DTDs and entities, and answers with a
//! [`Finding`](liitos_domain::refusal::Finding): what, where. No meaning is judged here; that is `domain`.

pub mod acknowledgement;
pub mod active_custodian;
mod body;
pub mod bounce;
#[cfg(test)]
mod damage;
pub mod envelope;
pub mod fhir;
mod form;
mod header;
mod json;
pub mod message;
mod mime;
mod outsourcing;
pub mod package;
pub mod paper;
pub mod query;
pub mod rdap;
pub mod readable;
pub mod registers;
mod schema;
pub mod sheet;
pub mod sign;
pub mod signature;
mod signature_facts;
mod social;
mod wills;
pub mod xml;

pub use body::{Body, check_body};
pub use header::read_document_header;
pub use signature_facts::{signature_facts, structured_facts};

/// Largest message taken, in bytes (design section 6: documents are capped).
pub const MAX_MESSAGE_BYTES: usize = 20 * 1024 * 1024;
