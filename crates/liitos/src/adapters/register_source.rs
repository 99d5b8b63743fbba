//! Registers over HTTP: the code service's pages, and files. The names of the pages' parameters are the published ones.

use super::http::{HttpClient, HttpError};
use crate::config::Source;
use async_trait::async_trait;
use http::{Request, StatusCode};
use liitos_documents::registers::MAX_FILE_BYTES;
use liitos_domain::Moment;
use liitos_domain::register::RegisterKind;
use liitos_service::ports::{RegisterSource, SourceError};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Entries asked for on a page: the most that the code service gives.
const PAGE_SIZE: u32 = 500;

/// The sources of a configuration.
pub struct HttpRegisters {
    http: HttpClient,
    sources: BTreeMap<RegisterKind, Source>,
    pauses: Vec<Duration>,
}

impl HttpRegisters {
    /// Sources by register, and the pauses between tries.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(sources: BTreeMap<RegisterKind, Source>, pauses: Vec<Duration>) -> Result<Self, String> {
        Ok(Self { http: HttpClient::new().map_err(|error| error.to_string())?, sources, pauses })
    }

    fn source(&self, kind: RegisterKind) -> Result<&Source, SourceError> {
        self.sources.get(&kind).ok_or_else(|| SourceError::Never(format!("{kind}: no source is configured")))
    }
}

fn request(address: &str) -> Result<Request<Vec<u8>>, SourceError> {
    Request::get(address).body(Vec::new()).map_err(|error| SourceError::Never(format!("{address}: {error}")))
}

/// What a status means: an answer, a try later, or never.
fn judge(address: &str, status: StatusCode) -> Result<(), SourceError> {
    let told = format!("{address}: {status}");
    if status.is_success() {
        Ok(())
    } else if status.is_server_error() || matches!(status.as_u16(), 408 | 429) {
        Err(SourceError::Later(told))
    } else {
        Err(SourceError::Never(told))
    }
}

fn later(address: &str) -> impl Fn(HttpError) -> SourceError {
    move |error| SourceError::Later(format!("{address}: {error}"))
}

#[async_trait]
impl RegisterSource for HttpRegisters {
    fn registers(&self) -> Vec<(RegisterKind, bool)> {
        self.sources.iter().map(|(kind, source)| (*kind, source.pages)).collect()
    }

    async fn page(
        &self,
        kind: RegisterKind,
        number: u64,
        modified_after: Option<Moment>,
    ) -> Result<Vec<u8>, SourceError> {
        let address = &self.source(kind)?.address;
        let mark = if address.contains('?') { '&' } else { '?' };
        let since = modified_after.map(|since| format!("&modifiedAfter={}", since.civil().date())).unwrap_or_default();
        let asked = format!("{address}{mark}pageSize={PAGE_SIZE}&page={number}{since}");
        let answer = self.http.send(request(&asked)?).await.map_err(later(&asked))?;
        judge(&asked, answer.status())?;
        Ok(answer.into_body())
    }

    async fn file(&self, kind: RegisterKind, into: &Path) -> Result<(), SourceError> {
        let address = &self.source(kind)?.address;
        let status = self.http.download(request(address)?, into, MAX_FILE_BYTES).await.map_err(later(address))?;
        judge(address, status)
    }

    fn pauses(&self) -> &[Duration] {
        &self.pauses
    }
}
