//! Paths that held a moment ago: whoever connects again and again with the same certificate has its path built and its issuer's
//! signature verified once a minute, not once a connection.

use crate::Trust;
use crate::certificate::Certificate;
use aws_lc_rs::digest::{Context, SHA256};
use liitos_domain::Moment;
use rustls::pki_types::CertificateDer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds that a path is believed, while the trust that it was built on stays.
const BELIEVED: i64 = 60;
/// Most paths that are kept in mind.
const MOST: usize = 10_000;

/// SHA-256 over all that was sent.
type Sent = [u8; 32];

/// Paths that held. Validity and revocation of the certificate itself are not among what is believed.
#[derive(Default)]
pub(super) struct KnownPaths(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// On which trust they were built.
    trust: Option<Arc<Trust>>,
    paths: HashMap<Sent, (Arc<Certificate>, Moment)>,
}

impl KnownPaths {
    /// What was sent, in one number.
    pub(super) fn sent(leaf: &[u8], intermediates: &[CertificateDer<'_>]) -> Sent {
        let mut context = Context::new(&SHA256);
        for der in std::iter::once(leaf).chain(intermediates.iter().map(AsRef::as_ref)) {
            context.update(&(der.len() as u64).to_be_bytes());
            context.update(der);
        }
        context.finish().as_ref().try_into().unwrap_or_default()
    }

    /// The certificate whose path held a moment ago.
    pub(super) fn get(&self, trust: &Arc<Trust>, sent: &Sent, now: Moment) -> Option<Arc<Certificate>> {
        let known = self.on(trust);
        let (certificate, until) = known.paths.get(sent)?;
        // A clock that was set back is no reason to believe longer.
        let fresh = now < *until && *until <= now.plus_seconds(BELIEVED);
        (fresh && certificate.valid.contains(now)).then(|| Arc::clone(certificate))
    }

    /// Keeps in mind that a path held.
    pub(super) fn add(&self, trust: &Arc<Trust>, sent: Sent, certificate: &Arc<Certificate>, now: Moment) {
        let mut known = self.on(trust);
        if known.paths.len() >= MOST {
            known.paths.retain(|_, (_, until)| now < *until);
        }
        if known.paths.len() < MOST {
            known.paths.insert(sent, (Arc::clone(certificate), now.plus_seconds(BELIEVED)));
        }
    }

    /// What was built on this trust.
    fn on(&self, trust: &Arc<Trust>) -> std::sync::MutexGuard<'_, Known> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.trust.as_ref().is_some_and(|own| Arc::ptr_eq(own, trust)) {
            *known = Known { trust: Some(Arc::clone(trust)), paths: HashMap::new() };
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};

    #[test]
    fn a_path_is_believed_for_a_while_on_the_same_trust() {
        let now = Moment::parse("2026-11-27").unwrap();
        let authority = Authority::create("One", now).unwrap();
        let profile = Profile { days: 2, ..Profile::server("1.2", "a.test") };
        let certificate = Certificate::parse(&authority.issue(&profile, now).unwrap().certificate_der).unwrap();
        let (ends, certificate) = (certificate.valid.until.unwrap(), Arc::new(certificate));
        let between = [CertificateDer::from(authority.certificate().der.clone())];
        let (sent, alone) = (KnownPaths::sent(&certificate.der, &between), KnownPaths::sent(&certificate.der, &[]));
        assert_ne!(sent, alone, "another path");
        let (known, trust, other) = (KnownPaths::default(), Arc::default(), Arc::default());
        known.add(&trust, sent, &certificate, now);
        let held = |trust, sent, at: i64| known.get(trust, sent, now.plus_seconds(at)).is_some();
        assert!(held(&trust, &sent, 0) && held(&trust, &sent, 59));
        assert!(!held(&trust, &sent, 60) && !held(&trust, &sent, -1) && !held(&trust, &alone, 0));
        let last = ends.plus_seconds(-10);
        known.add(&trust, sent, &certificate, last);
        assert!(known.get(&trust, &sent, last).is_some());
        assert!(known.get(&trust, &sent, ends).is_none(), "its validity has ended");
        assert!(!held(&other, &sent, 0) && !held(&trust, &sent, 0), "what was built on another trust is gone");
    }
}
