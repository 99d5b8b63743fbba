//! Who says what may pass a door: the directory, at the front door; an access point's own list of systems, at its inside.

use crate::identity::Peer;
use crate::message::Wanted;
use liitos_domain::Moment;
use liitos_domain::directory::Decision;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_pki::Token;

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

    /// What a token says and proves that comes as the Authorization field; `None` where tokens are not read or none came.
    ///
    /// # Errors
    /// Why it is not taken, or that one is needed.
    fn token(&self, _authorization: Option<&str>, _now: Moment) -> Result<Option<Token>, Finding> {
        Ok(None)
    }

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
