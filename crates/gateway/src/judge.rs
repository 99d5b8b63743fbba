//! Who says what may pass a door: the directory, at the front door; an access point's own list of systems, at its inside.

use crate::identity::Peer;
use crate::message::Wanted;
use liitos_domain::Moment;
use liitos_domain::directory::Decision;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_pki::Said;

/// What a token says, and who has proved it.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) said: Said,
    /// The Subject serialNumbers of the certificate that it is signed with; `None`: that is for the next one to ask.
    pub(crate) signers: Option<Vec<String>>,
}

/// The token in an Authorization field (RFC 6750 2.1).
pub(crate) fn bearer(field: &str) -> Option<&str> {
    let (scheme, token) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// Decides on calls.
pub(crate) trait Judge: Send + Sync {
    /// The access point below whose OID a message's sending device must stand.
    ///
    /// # Errors
    /// Why nothing of this peer can be decided on.
    fn sender<'p>(&'p self, peer: &'p Peer) -> Result<&'p AccessPointOid, Finding>;

    /// The decision on what a peer wants at a moment.
    ///
    /// # Errors
    /// Why it may not pass.
    fn decide(&self, peer: &Peer, wanted: &Wanted, now: Moment) -> Result<Decision, Finding>;

    /// What a token says that comes as the Authorization field; `None` where tokens are not read or none came.
    ///
    /// # Errors
    /// Why it is not taken, or that one is needed.
    fn token(&self, authorization: Option<&str>, now: Moment) -> Result<Option<Told>, Finding>;

    /// The directory version that is decided on, where one is.
    fn version(&self) -> Option<u64>;

    /// Writes the facts of a call for the backend, as header fields.
    fn facts(&self, peer: &Peer, wanted: &Wanted, decision: &Decision, id: &str, out: &mut Vec<u8>);

    /// Whether what the caller authorises itself by above TLS is the next one's to read.
    fn passes_authorization(&self) -> bool {
        false
    }
}

/// Writes texts one after the other.
pub(crate) fn write_texts(out: &mut Vec<u8>, parts: &[&str]) {
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}
