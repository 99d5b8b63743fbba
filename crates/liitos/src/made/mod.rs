//! Documents and messages that are made for trying out, of test clients: varied from the real message of 2017, or in the frame that public material
//! shows. Deployment tests, the sandbox's tour and the benchmarks send them.

mod bundle;
mod message;
mod social;

pub use bundle::{bundle, of_prescription, recorded_at, voiding};
pub use message::{ARCHIVE, MESSAGE, Variation, real_document_id};
pub use social::{CLIENT, SocialDocument};

/// What could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unmade(pub String);
