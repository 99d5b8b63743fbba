//! Paths that held a moment ago: whoever connects again and again with the same certificate has its path built and its issuer's
//! signature verified once a minute, not once a connection.

use crate::Trust;
use crate::certificate::Certificate;
use liitos_domain::{Moment, Sha256Hash};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Seconds that a path is believed, while the trust that it was built on stays.
const BELIEVED: i64 = 60;
/// Most paths that are kept in mind.
const MOST: usize = 10_000;

/// Certificates whose paths held, whatever was sent beside them then. Validity and revocation of the certificate itself are not among what is believed.
#[derive(Default)]
pub(super) struct KnownPaths(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// On which trust they were built.
    trust: Option<Arc<Trust>>,
    paths: HashMap<Sha256Hash, (Arc<Certificate>, Moment)>,
}

impl KnownPaths {
    /// The certificate whose path held a moment ago.
    pub(super) fn get(&self, trust: &Arc<Trust>, shown: &Sha256Hash, now: Moment) -> Option<Arc<Certificate>> {
        let known = self.on(trust);
        let (certificate, until) = known.paths.get(shown)?;
        // A clock that was set back is no reason to believe longer.
        let fresh = now < *until && *until <= now.plus_seconds(BELIEVED);
        (fresh && certificate.valid.contains(now)).then(|| Arc::clone(certificate))
    }

    /// Keeps in mind that a path held.
    pub(super) fn add(&self, trust: &Arc<Trust>, shown: Sha256Hash, certificate: &Arc<Certificate>, now: Moment) {
        let mut known = self.on(trust);
        if known.paths.len() >= MOST {
            known.paths.retain(|_, (_, until)| now < *until);
        }
        if known.paths.len() < MOST {
            known.paths.insert(shown, (Arc::clone(certificate), now.plus_seconds(BELIEVED)));
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
        let shown = certificate.fingerprint;
        let (known, trust, other) = (KnownPaths::default(), Arc::default(), Arc::default());
        known.add(&trust, shown, &certificate, now);
        let held = |trust, at: i64| known.get(trust, &shown, now.plus_seconds(at)).is_some();
        assert!(held(&trust, 0) && held(&trust, 59));
        assert!(!held(&trust, 60) && !held(&trust, -1));
        let last = ends.plus_seconds(-10);
        known.add(&trust, shown, &certificate, last);
        assert!(known.get(&trust, &shown, last).is_some());
        assert!(known.get(&trust, &shown, ends).is_none(), "its validity has ended");
        assert!(!held(&other, 0) && !held(&trust, 0), "what was built on another trust is gone");
    }
}
