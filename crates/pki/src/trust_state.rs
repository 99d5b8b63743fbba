//! Whom one trusts now: issuers, and what they have revoked. Swapped whole when files are loaded again.

use crate::{Certificate, ChainError, Purpose, RevocationError, RevocationIndex, TrustAnchors};
use liitos_domain::Sha256Hash;
use std::collections::HashSet;
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

/// Signers' certificates that were found to be of these issuers: the same sign many documents.
#[derive(Debug, Default)]
struct Signers(Mutex<HashSet<Sha256Hash>>);

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

    /// Whether one of the issuers issued a certificate, asked at a time when it was valid. What it is for, and whether it is valid or revoked, is not
    /// asked here. What was found is kept in mind by the fingerprint that the certificate was read with.
    #[must_use]
    pub fn issued(&self, certificate: &Certificate) -> bool {
        let known = || self.signers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known().contains(&certificate.fingerprint) {
            return true;
        }
        let inside = certificate.valid.from.plus_seconds(1);
        let path = |purpose| self.anchors.chain(certificate, &[], inside, purpose);
        let issued = match path(Purpose::Signature) {
            // What it is for says nothing of who issued it.
            Err(ChainError::Purpose) => [Purpose::Client, Purpose::Server].into_iter().any(|one| path(one).is_ok()),
            found => found.is_ok(),
        };
        if issued && known().len() < MOST_SIGNERS {
            known().insert(certificate.fingerprint);
        }
        issued
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Revocation;
    use crate::authority::{Authority, Profile};
    use liitos_domain::Moment;

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
        let issued = |trust: &Trust| [trust.issued(&signer), trust.issued(&signer)];
        assert_eq!((issued(&first), issued(&second)), ([true; 2], [false; 2]));
        assert!(first.issued(&of_other) && !second.issued(&of_other), "whatever it is for");

        // A list that cannot be read: the one held stays, and others are renewed.
        let revoking = other.revocation_list(std::slice::from_ref(&of_other.serial), now).unwrap();
        let (third, faults) = first.renewed(issuers(&[&one, &other]), &[b"broken".to_vec(), revoking]);
        assert!(matches!(faults.as_slice(), [(0, RevocationError::Der)]));
        assert_eq!(third.revoked.status(&of_one, now), Revocation::Good);
        assert_eq!(third.revoked.status(&of_other, now), Revocation::Revoked);
    }
}
