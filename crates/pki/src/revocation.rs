//! Revoked certificates, indexed once: each CRL's signature is checked when it is loaded, and a look-up is a hash.
//!
//! A list that is missing or past its next update answers `Unknown`, and the caller fails closed.

use crate::certificate::Certificate;
use liitos_domain::Moment;
use liitos_domain::identifier::CertificateSerial;
use std::collections::{HashMap, HashSet};
use x509_parser::prelude::{CertificateRevocationList, FromDer};

/// Longest CRL read, in bytes: over a million entries.
pub(crate) const MAX_CRL_BYTES: usize = 64 * 1024 * 1024;

/// What the index knows of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Its issuer's current list does not name it.
    Good,
    /// Its issuer revoked it.
    Revoked,
    /// No current list of its issuer.
    Unknown,
}

/// Why a CRL is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Over [`MAX_CRL_BYTES`].
    #[error("the revocation list has {0} bytes; at most {MAX_CRL_BYTES} are read")]
    TooLong(usize),
    /// Broken DER.
    #[error("the revocation list's DER is broken")]
    Der,
    /// Not from a known issuer.
    #[error("the revocation list is from an unknown issuer")]
    UnknownIssuer,
    /// The signature does not hold.
    #[error("the revocation list's signature is wrong")]
    Signature,
    /// A kind of list that is not handled: delta, indirect or partial.
    #[error("the revocation list is a delta, indirect or partial one (critical extension {0}), which is not handled")]
    Unsupported(String),
}

/// All revoked serial numbers by issuer.
#[derive(Clone, Debug, Default)]
pub struct RevocationIndex {
    lists: HashMap<Vec<u8>, List>,
}

#[derive(Clone, Debug)]
struct List {
    next_update: Option<Moment>,
    revoked: HashSet<Vec<u8>>,
}

impl RevocationIndex {
    /// Builds the index from DER lists, each signed by one of `issuers`.
    ///
    /// # Errors
    /// [`RevocationError`]: one list that cannot be trusted refuses the whole load.
    pub fn load(lists: &[Vec<u8>], issuers: &[Certificate]) -> Result<Self, RevocationError> {
        let mut index = Self::default();
        for der in lists {
            index.add(der, issuers)?;
        }
        Ok(index)
    }

    /// Builds the index from those lists that can be trusted, and says, by their place, what is wrong with the others: a
    /// certificate of an issuer without a list is not known to be good, so nothing opens by leaving one out.
    #[must_use]
    pub fn load_those_that_hold(lists: &[Vec<u8>], issuers: &[Certificate]) -> (Self, Vec<(usize, RevocationError)>) {
        let mut index = Self::default();
        let fault = |(place, der): (usize, &Vec<u8>)| index.add(der, issuers).err().map(|error| (place, error));
        let faults = lists.iter().enumerate().filter_map(fault).collect();
        (index, faults)
    }

    /// Takes from before what is missing now, of issuers that are still trusted.
    pub(crate) fn keep_missing(&mut self, before: &Self, issuers: &[Certificate]) {
        for (issuer, list) in &before.lists {
            if !self.lists.contains_key(issuer) && issuers.iter().any(|trusted| trusted.subject == *issuer) {
                self.lists.insert(issuer.clone(), list.clone());
            }
        }
    }

    fn add(&mut self, der: &[u8], issuers: &[Certificate]) -> Result<(), RevocationError> {
        if der.len() > MAX_CRL_BYTES {
            return Err(RevocationError::TooLong(der.len()));
        }
        let (_, list) = CertificateRevocationList::from_der(der).map_err(|_| RevocationError::Der)?;
        if let Some(extension) = list.extensions().iter().find(|extension| extension.critical) {
            return Err(RevocationError::Unsupported(extension.oid.to_id_string()));
        }
        let name = list.issuer().as_raw().to_vec();
        let mut candidates = issuers.iter().filter(|issuer| issuer.subject == name).peekable();
        if candidates.peek().is_none() {
            return Err(RevocationError::UnknownIssuer);
        }
        if !candidates.any(|issuer| signed_by(&list, issuer)) {
            return Err(RevocationError::Signature);
        }
        let serial = |raw: &[u8]| CertificateSerial::from_der_integer(raw).map(|serial| serial.to_bytes());
        let revoked = list.iter_revoked_certificates().filter_map(|entry| serial(entry.raw_serial()).ok()).collect();
        let next_update = list.next_update().map(|time| Moment::from_seconds(time.timestamp()));
        self.join(name, List { next_update, revoked });
        Ok(())
    }

    /// Two lists of one issuer (a key rollover, an old file beside the new): what either names is revoked, and the older
    /// one's next update counts.
    fn join(&mut self, issuer: Vec<u8>, list: List) {
        match self.lists.get_mut(&issuer) {
            Some(held) => {
                held.revoked.extend(list.revoked);
                held.next_update = held.next_update.min(list.next_update);
            }
            None => {
                self.lists.insert(issuer, list);
            }
        }
    }

    /// What is known of a certificate at a moment.
    #[must_use]
    pub fn status(&self, certificate: &Certificate, at: Moment) -> Revocation {
        let Some(list) = self.lists.get(&certificate.issuer) else {
            return Revocation::Unknown;
        };
        if list.revoked.contains(&certificate.serial.to_bytes()) {
            return Revocation::Revoked;
        }
        let stale = list.next_update.is_none_or(|next| next <= at);
        if stale { Revocation::Unknown } else { Revocation::Good }
    }

    /// How many serial numbers it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.values().map(|list| list.revoked.len()).sum()
    }

    /// Whether it holds no serial number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn signed_by(list: &CertificateRevocationList<'_>, issuer: &Certificate) -> bool {
    let algorithm = list.signature_algorithm.algorithm.to_id_string();
    issuer.has_signed(&algorithm, list.tbs_cert_list.as_ref(), list.signature_value.data.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};

    #[test]
    fn revoked_good_stale_and_foreign() {
        let now = Moment::parse("2026-11-22").unwrap();
        let (ca, other) =
            (Authority::create("Liitos test CA", now).unwrap(), Authority::create("Other CA", now).unwrap());
        let issue = |ca: &Authority| {
            let issued = ca.issue(&Profile::server("1.2.246.10.2048198.10.0.13.1", "a.test"), now).unwrap();
            Certificate::parse(&issued.certificate_der).unwrap()
        };
        let (good, bad, foreign) = (issue(&ca), issue(&ca), issue(&other));
        let list = ca.revocation_list(std::slice::from_ref(&bad.serial), now).unwrap();
        let issuers = [ca.certificate().clone()];
        let index = RevocationIndex::load(std::slice::from_ref(&list), &issuers).unwrap();
        assert_eq!(index.len(), 1);
        assert_eq!(index.status(&good, now), Revocation::Good);
        assert_eq!(index.status(&bad, now), Revocation::Revoked);
        assert_eq!(index.status(&foreign, now), Revocation::Unknown);
        assert_eq!(index.status(&good, now.plus_seconds(400 * 86_400)), Revocation::Unknown);
        let empty = ca.revocation_list(&[], now).unwrap();
        for order in [[list.clone(), empty.clone()], [empty, list.clone()]] {
            assert_eq!(RevocationIndex::load(&order, &issuers).unwrap().status(&bad, now), Revocation::Revoked);
        }
        let strangers = [other.certificate().clone()];
        assert_eq!(
            RevocationIndex::load(std::slice::from_ref(&list), &strangers).unwrap_err(),
            RevocationError::UnknownIssuer
        );
        let mut broken = list;
        let last = broken.len() - 1;
        broken[last] ^= 1;
        assert!(matches!(
            RevocationIndex::load(&[broken], &issuers),
            Err(RevocationError::Signature | RevocationError::Der)
        ));
    }
}
