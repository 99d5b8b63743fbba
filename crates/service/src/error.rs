//! The one error of the use cases: a code for the outside, a cause for the log.

use liitos_domain::RefusalCode;
use liitos_domain::directory::{BuildError, EffectError};
use liitos_store::StoreError;

/// Why an operation was not carried out.
#[derive(Debug, thiserror::Error)]
#[error("{code} ({place})")]
pub struct ServiceError {
    /// What the outside is told.
    pub code: RefusalCode,
    /// Where: a field or a thing.
    pub place: String,
    /// The cause, for the log.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ServiceError {
    /// A refusal with its place.
    #[must_use]
    pub fn refused(code: RefusalCode, place: impl Into<String>) -> Self {
        Self { code, place: place.into(), source: None }
    }

    /// A failure of our own.
    #[must_use]
    pub fn internal(place: &str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { code: RefusalCode::Internal, place: place.to_owned(), source: Some(Box::new(source)) }
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        Self::internal("store", error)
    }
}

impl From<EffectError> for ServiceError {
    fn from(error: EffectError) -> Self {
        Self { code: RefusalCode::EffectChanged, place: error.to_string(), source: Some(Box::new(error)) }
    }
}

impl From<BuildError> for ServiceError {
    fn from(error: BuildError) -> Self {
        Self::internal("snapshot", error)
    }
}

impl From<serde_json::Error> for ServiceError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal("json", error)
    }
}
