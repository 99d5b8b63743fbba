//! Whom one trusts now: issuers, and what they have revoked. Swapped whole when files are loaded again.

use crate::{Certificate, ChainError, Purpose, Revocation, RevocationError, RevocationIndex, TrustAnchors};
use liitos_domain::{Moment, Sha256Hash};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Issuers with their revocation lists.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The issuers.
    pub anchors: TrustAnchors,
    /// Their revocation lists.
    pub revoked: RevocationIndex,
    signers: Signers,
}

/// Signers' certificates that were found to be of these issuers, each with their places among the anchors: the same sign many documents.
#[derive(Debug, Default)]
struct Signers(Mutex<HashMap<Sha256Hash, Vec<usize>>>);

/// Most signers' certificates that are kept in mind.
const MOST_SIGNERS: usize = 10_000;

impl Clone for Signers {
    /// What is copied may be changed, and so begins anew.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Trust {
    /// Trust as a process begins with it: everything must hold.
    ///
    /// # Errors
    /// The first list that cannot be taken.
    pub fn load(anchors: TrustAnchors, lists: &[Vec<u8>]) -> Result<Self, RevocationError> {
        let revoked = RevocationIndex::load(lists, anchors.certificates())?;
        Ok(Self { anchors, revoked, signers: Signers::default() })
    }

    /// Trust renewed while a process runs: the issuers are taken as they are now, so that a distrusted one is gone at once;
    /// of a list that cannot be taken, the one held before stays in use until its next update. Says which lists, by their
    /// place in `lists`, were not taken, and why.
    #[must_use]
    pub fn renewed(&self, anchors: TrustAnchors, lists: &[Vec<u8>]) -> (Self, Vec<(usize, RevocationError)>) {
        let issuers = anchors.certificates();
        let (mut revoked, faults) = RevocationIndex::load_those_that_hold(lists, issuers);
        revoked.keep_missing(&self.revoked, issuers);
        (Self { anchors, revoked, signers: Signers::default() }, faults)
    }

    /// Whether one of the issuers issued a certificate, one that was itself valid at a moment, when the certificate signed, and is not revoked by the list
    /// of an issuer above it that is trusted here, too. What the certificate is for, and whether it is valid or revoked itself, is not asked here.
    #[must_use]
    pub fn issued(&self, certificate: &Certificate, at: Moment) -> bool {
        let anchors = self.anchors.certificates();
        let issuers = self.issuers_of(certificate).into_iter().filter_map(|place| anchors.get(place));
        let mut valid = issuers.filter(|issuer| issuer.valid.contains(at));
        valid.any(|issuer| self.revoked.status(issuer, at) != Revocation::Revoked)
    }

    /// Which of the issuers issued a certificate, by their places: several where one name and key have several certificates. What was found is kept in mind
    /// by the fingerprint that the certificate was read with.
    fn issuers_of(&self, certificate: &Certificate) -> Vec<usize> {
        let known = || self.signers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = known().get(&certificate.fingerprint) {
            return places.clone();
        }
        // At a time when it was valid itself.
        let inside = certificate.valid.from.plus_seconds(1);
        let issued = |anchors: &TrustAnchors| {
            let path = |purpose| anchors.chain(certificate, &[], inside, purpose);
            match path(Purpose::Signature) {
                // What it is for says nothing of who issued it.
                Err(ChainError::Purpose) => [Purpose::Client, Purpose::Server].into_iter().any(|one| path(one).is_ok()),
                found => found.is_ok(),
            }
        };
        let (_, issuer) = certificate.names();
        let named = self.anchors.certificates().iter().enumerate().filter(|(_, one)| one.names().0 == issuer);
        let by =
            named.map(|(place, _)| place).filter(|place| self.anchors.alone(*place).is_some_and(|one| issued(&one)));
        let places: Vec<usize> = by.collect();
        if places.is_empty() {
            return places;
        }
        let mut known = known();
        if known.len() < MOST_SIGNERS {
            known.insert(certificate.fingerprint, places.clone());
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};

    #[test]
    fn a_distrusted_issuer_goes_and_a_broken_list_leaves_the_old() {
        let now = Moment::parse("2026-11-22").unwrap();
        let make = |name| Authority::create(name, now).unwrap();
        let (one, other) = (make("One"), make("Other"));
        let certificate = |ca: &Authority| {
            let issued = ca.issue(&Profile::server("1.2.246.10.1.10.0.13.1", "a.test"), now).unwrap();
            Certificate::parse(&issued.certificate_der).unwrap()
        };
        let (of_one, of_other) = (certificate(&one), certificate(&other));
        let list = |ca: &Authority| ca.revocation_list(&[], now).unwrap();
        let issuers =
            |all: &[&Authority]| TrustAnchors::new(all.iter().map(|ca| ca.certificate().clone()).collect()).unwrap();
        let first = Trust::load(issuers(&[&one, &other]), &[list(&one), list(&other)]).unwrap();
        assert!(
            Trust::load(issuers(&[&one]), &[list(&one), list(&other)]).is_err(),
            "at the start everything must hold"
        );

        // The other authority is compromised: it goes, though its list is still named.
        let (second, faults) = first.renewed(issuers(&[&one]), &[list(&one), list(&other)]);
        assert!(matches!(faults.as_slice(), [(1, RevocationError::UnknownIssuer)]));
        let chains = |trust: &Trust, one: &Certificate| trust.anchors.chain(one, &[], now, Purpose::Server).is_ok();
        assert!(chains(&first, &of_other) && !chains(&second, &of_other) && chains(&second, &of_one));
        assert_eq!(second.revoked.status(&of_other, now), Revocation::Unknown);
        // What one trust has found out, the next does not know.
        let signer = other.issue(&Profile::signature("1.2.246.10.1.10.0", "Testi"), now).unwrap();
        let signer = Certificate::parse(&signer.certificate_der).unwrap();
        let issued = |trust: &Trust| [trust.issued(&signer, now), trust.issued(&signer, now)];
        assert_eq!((issued(&first), issued(&second)), ([true; 2], [false; 2]));
        assert!(first.issued(&of_other, now) && !second.issued(&of_other, now), "whatever it is for");
        // The issuer itself was valid when it signed, too.
        let valid = other.certificate().valid;
        let before = valid.from.plus_seconds(-1);
        assert_eq!(
            [valid.from, before, valid.until.unwrap()].map(|at| first.issued(&signer, at)),
            [true, false, false]
        );

        // A list that cannot be read: the one held stays, and others are renewed.
        let revoking = other.revocation_list(std::slice::from_ref(&of_other.serial), now).unwrap();
        let (third, faults) = first.renewed(issuers(&[&one, &other]), &[b"broken".to_vec(), revoking]);
        assert!(matches!(faults.as_slice(), [(0, RevocationError::Der)]));
        assert_eq!(third.revoked.status(&of_one, now), Revocation::Good);
        assert_eq!(third.revoked.status(&of_other, now), Revocation::Revoked);

        // An issuer that is revoked vouches for nobody, whatever became of the certificate.
        assert!(third.issued(&signer, now));
        let revoking = other.revocation_list(std::slice::from_ref(&other.certificate().serial), now).unwrap();
        let fourth = Trust::load(issuers(&[&other]), &[revoking]).unwrap();
        assert_eq!((fourth.revoked.status(&signer, now), fourth.issued(&signer, now)), (Revocation::Good, false));
    }
}
