//! Whom one trusts now: issuers, and what they have revoked. Swapped whole when files are loaded again.

use crate::{RevocationError, RevocationIndex, TrustAnchors};

/// Issuers with their revocation lists.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The issuers.
    pub anchors: TrustAnchors,
    /// Their revocation lists.
    pub revoked: RevocationIndex,
}

impl Trust {
    /// Trust as a process begins with it: everything must hold.
    ///
    /// # Errors
    /// The first list that cannot be taken.
    pub fn load(anchors: TrustAnchors, lists: &[Vec<u8>]) -> Result<Self, RevocationError> {
        let revoked = RevocationIndex::load(lists, anchors.certificates())?;
        Ok(Self { anchors, revoked })
    }

    /// Trust renewed while a process runs: the issuers are taken as they are now, so that a distrusted one is gone at once;
    /// of a list that cannot be taken, the one held before stays in use until its next update. Says which lists, by their
    /// place in `lists`, were not taken, and why.
    #[must_use]
    pub fn renewed(&self, anchors: TrustAnchors, lists: &[Vec<u8>]) -> (Self, Vec<(usize, RevocationError)>) {
        let issuers = anchors.certificates();
        let (mut revoked, faults) = RevocationIndex::load_those_that_hold(lists, issuers);
        revoked.keep_missing(&self.revoked, issuers);
        (Self { anchors, revoked }, faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};
    use crate::{Certificate, Purpose, Revocation};
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

        // A list that cannot be read: the one held stays, and others are renewed.
        let revoking = other.revocation_list(std::slice::from_ref(&of_other.serial), now).unwrap();
        let (third, faults) = first.renewed(issuers(&[&one, &other]), &[b"broken".to_vec(), revoking]);
        assert!(matches!(faults.as_slice(), [(0, RevocationError::Der)]));
        assert_eq!(third.revoked.status(&of_one, now), Revocation::Good);
        assert_eq!(third.revoked.status(&of_other, now), Revocation::Revoked);
    }
}
