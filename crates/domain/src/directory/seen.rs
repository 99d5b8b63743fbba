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
    /// Whether it failed: it was refused at the door, what is behind did not do it, or it did not keep what was written. That somebody may not read something is no failure.
    #[must_use]
    pub fn failed(&self) -> bool {
        let answered = self.place.parse::<u16>().ok();
        let not_kept = self.operation == Some(Operation::Write) && !self.behind.is_empty();
        self.refused.is_some() || not_kept || answered.is_some_and(|status| status >= 500)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_has_failed_and_what_may_not_be_read_has_not() {
        let call = |operation, refused, status: &str, behind: &[RefusalCode]| SeenCall {
            at: Moment::from_seconds(0),
            decision: Some("D1".to_owned()),
            certificate: Sha256Hash::of(b"certificate"),
            access_point: None,
            source: None,
            represented: None,
            joiner: None,
            service: Some(Service::PatientData),
            operation: Some(operation),
            refused,
            place: status.to_owned(),
            version: None,
            stands_for: 1,
            message: None,
            system: None,
            behind: behind.to_vec(),
        };
        let not_its = [RefusalCode::NotAllowed];
        assert!(!call(Operation::Write, None, "200", &[]).failed());
        assert!(call(Operation::Write, None, "200", &not_its).failed(), "refused in an answer of its own");
        assert!(!call(Operation::Read, None, "404", &not_its).failed());
        assert!(call(Operation::Read, None, "502", &[]).failed());
        assert!(call(Operation::Read, Some(RefusalCode::NotServed), "service", &[]).failed());
    }
}
