//! What a gateway tells the operator of a call: enough to find out later why it was refused, and no word of its content.

use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::refusal::RefusalCode;
use crate::service_code::{Operation, Service};
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A call, or a handshake, as a gateway saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenCall {
    /// When it came.
    pub at: Moment,
    /// Its decision id; none of a handshake that was refused, which can carry none.
    pub decision: Option<String>,
    /// SHA-256 of the certificate that was shown.
    pub certificate: Sha256Hash,
    /// The access point that the certificate names.
    pub access_point: Option<AccessPointOid>,
    /// Where it came from.
    pub source: Option<IpAddr>,
    /// The organisation that it named: a joiner, or a unit of one.
    pub represented: Option<Oid>,
    /// The joiner found for it.
    pub joiner: Option<Oid>,
    /// The service.
    pub service: Option<Service>,
    /// Reading or writing.
    pub operation: Option<Operation>,
    /// Why it was refused; `None`: it passed.
    pub refused: Option<RefusalCode>,
    /// What of it was refused, or what the backend answered.
    pub place: String,
    /// The directory version that it was decided on.
    pub version: Option<u64>,
    /// For how many calls it stands: of those that pass a gateway may tell one in so many.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stands_for: u32,
    /// The message's own id, where one was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Oid>,
    /// The system that it came from, or that its right names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Why what is behind refused it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<RefusalCode>,
}

const fn one() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it in so")]
const fn is_one(count: &u32) -> bool {
    *count == 1
}

impl SeenCall {
    /// Whether it failed: it was refused at the door, or what is behind did not do it.
    #[must_use]
    pub fn failed(&self) -> bool {
        let answered = self.place.parse::<u16>().ok();
        self.refused.is_some() || answered.is_some_and(|status| status >= 500)
    }
}
