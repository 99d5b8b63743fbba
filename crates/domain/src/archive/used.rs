//! The use log: who did what with whose documents, and why they were let. Lines are written with what they tell of; soon after, those that came
//! together are sealed under one root, and each seal holds the one before.
//!
//! ```text
//! line ─┐
//! line ─┼─ Merkle root ─> seal 1 ──> seal 2 ──> …
//! line ─┘
//! ```
//!
//! So that a line can be shown with its proof to the controller whom it concerns and to nobody else, and that no store waits for another's line
//! (`docs/adr/0020-the-use-log-is-sealed-behind-the-store.md`).

use crate::fingerprint::Sha256Hash;
use crate::identifier::Oid;
use crate::service_code::codes;
use crate::time::Moment;
use crate::transparency::{Head, head, leaf_hash};
use serde::{Deserialize, Serialize};

codes! {
    /// What was done.
    Act {
        /// A document was stored: a first version, or an addition.
        Stored = "stored",
        /// A document took an older version's place.
        Replaced = "replaced",
        /// A document's set was declared void.
        Invalidated = "invalidated",
        /// A document was given out.
        Fetched = "fetched",
        /// Documents were looked for.
        Searched = "searched",
        /// The use log was looked at.
        LogRead = "log-read",
        /// Everything of a controller was given out.
        Exported = "exported",
        /// A document of a test client was brought and not taken; of others that is not written down.
        Refused = "refused",
        /// A document was asked for and not given: the patient has not permitted it, or denied it, or is not the one who is treated.
        Withheld = "withheld",
    }
}

impl Act {
    /// Whether a document was stored by it.
    #[must_use]
    pub const fn stores(self) -> bool {
        matches!(self, Self::Stored | Self::Replaced | Self::Invalidated)
    }
}

codes! {
    /// Why somebody was let.
    Ground {
        /// The register is its own.
        Own = "own",
        /// The register is a tenant's, on whose behalf its host called.
        Tenant = "tenant",
        /// The organiser let the unit into the client's documents (register access right).
        RegisterAccess = "register-access",
        /// The organiser let the producer of its service into the patient's documents (outsourcing authorisation).
        Outsourced = "outsourced",
        /// It treats the patient, who permits other providers' documents to be given.
        Disclosed = "disclosed",
        /// It treats the patient in an emergency.
        Emergency = "emergency",
        /// It is what the patient wants, which whoever treats the patient writes down and is to know.
        Wills = "wills",
        /// It looks after the register as its archivist.
        Archivist = "archivist",
        /// The controller ordered it of the operator.
        Ordered = "ordered",
        /// A controller update run was just being switched, and its order takes what comes then.
        Changing = "changing",
    }
}

impl Ground {
    /// Whether it is why other providers' documents are given: by their patient's wish.
    #[must_use]
    pub const fn by_purpose(self) -> bool {
        matches!(self, Self::Disclosed | Self::Emergency | Self::Wills)
    }
}

/// A line of the use log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When.
    pub at: Moment,
    /// By whom: an access point, or a person's reference.
    pub by: String,
    /// What was done.
    pub act: Act,
    /// Why it was let.
    pub ground: Ground,
    /// In whose register: the controller that was active then.
    pub controller: Oid,
    /// On whose behalf: the joiner; the controller itself, where nobody called through the doors.
    pub joiner: Oid,
    /// The tenant that it named.
    pub tenant: Option<Oid>,
    /// With which document.
    pub document: Option<Oid>,
    /// Whose documents: a keyed digest of the person.
    pub person: Option<String>,
    /// By which decision of the gateway, or in which session.
    pub decision: String,
    /// What else is to be known: how many were found, the hash of why a set is void. Never a name, never an identity code.
    pub more: Option<String>,
}

/// What stands before the hash of why a set is void.
const REASON_HASH: &str = "reason sha256 ";

impl Use {
    /// What is said with a line of why a set is void: what a person wrote may name somebody, so that of it its hash is sealed.
    #[must_use]
    pub fn of_reason(reason: &str) -> String {
        format!("{REASON_HASH}{}", Sha256Hash::of(reason.as_bytes()))
    }

    /// What else is to be known, as people read it: a hash says nothing to them.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        self.more.as_deref().filter(|more| !more.starts_with(REASON_HASH))
    }

    /// The line's hash as a leaf (RFC 6962 2.1).
    ///
    /// # Errors
    /// Never; the error is that of the JSON writer.
    pub fn hash(&self) -> Result<Sha256Hash, serde_json::Error> {
        Ok(leaf_hash(&serde_json_canonicalizer::to_vec(self)?))
    }
}

/// What seals lines that came together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Its number, from 1.
    pub number: u64,
    /// When they were sealed.
    pub at: Moment,
    /// How many lines, and the root over them in the order of their numbers.
    pub lines: Head,
    /// The hash of the seal before.
    pub previous: Option<Sha256Hash>,
}

impl Seal {
    /// Seals lines after the seals before.
    ///
    /// # Errors
    /// Never; the error is that of the JSON writer.
    pub fn over(previous: Option<&Self>, lines: &[Sha256Hash], at: Moment) -> Result<Self, serde_json::Error> {
        Ok(Self {
            number: previous.map_or(1, |seal| seal.number + 1),
            at,
            lines: head(lines),
            previous: previous.map(Self::hash).transpose()?,
        })
    }

    /// Its hash, which the next one holds.
    ///
    /// # Errors
    /// Never; the error is that of the JSON writer.
    pub fn hash(&self) -> Result<Sha256Hash, serde_json::Error> {
        Sha256Hash::of_canonical(self)
    }

    /// Whether these are its lines, and that the seal before.
    ///
    /// # Errors
    /// Never; the error is that of the JSON writer.
    pub fn fits(&self, previous: Option<&Self>, lines: &[Sha256Hash]) -> Result<bool, serde_json::Error> {
        Ok(*self == Self::over(previous, lines, self.at)?)
    }
}

/// The newest seal, signed: whoever remembers it sees whether what was sealed until then is still so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealHead {
    /// The seal's number; 0 before the first.
    pub seal: u64,
    /// Its hash; nothing before the first.
    pub hash: Option<Sha256Hash>,
    /// When this was signed.
    pub at: Moment,
    /// Ed25519 over [`SealHead::signed_bytes`], in hexadecimal digits.
    pub signature: String,
}

impl SealHead {
    /// What the operator's signature covers: the canonical JSON (RFC 8785) of what this is, the seal, its hash and the moment.
    ///
    /// # Errors
    /// Never; the error is that of the JSON writer.
    pub fn signed_bytes(seal: u64, hash: Option<Sha256Hash>, at: Moment) -> Result<Vec<u8>, serde_json::Error> {
        serde_json_canonicalizer::to_vec(&("use log", seal, hash, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(document: &str) -> Use {
        let oid = |text| Oid::parse(text).unwrap();
        Use {
            at: Moment::from_seconds(1_700_000_000),
            by: "1.2.246.10.1.10.0.13.1".into(),
            act: Act::Fetched,
            ground: Ground::Own,
            controller: oid("1.2.246.10.1.19.0"),
            joiner: oid("1.2.246.10.1.10.0"),
            tenant: None,
            document: Some(oid(document)),
            person: Some("digest".into()),
            decision: "D-1".into(),
            more: None,
        }
    }

    #[test]
    fn what_was_sealed_cannot_be_changed_unseen() {
        let now = Moment::from_seconds(1_700_000_001);
        let lines: Vec<_> = ["1.2.3.1", "1.2.3.2", "1.2.3.3"].map(|id| line(id).hash().unwrap()).into();
        let first = Seal::over(None, &lines, now).unwrap();
        let second = Seal::over(Some(&first), &lines[..1], now).unwrap();
        assert_eq!((first.number, first.lines.size, second.number), (1, 3, 2));
        assert!(first.fits(None, &lines).unwrap() && second.fits(Some(&first), &lines[..1]).unwrap());
        // A line changed, left out, put elsewhere.
        let mut other = line("1.2.3.2");
        other.by = "1.2.246.10.2.10.0.13.1".into();
        let changed = [lines[0], other.hash().unwrap(), lines[2]];
        assert!(!first.fits(None, &changed).unwrap() && !first.fits(None, &lines[..2]).unwrap());
        assert!(!first.fits(None, &[lines[1], lines[0], lines[2]]).unwrap());
        // A seal made anew over a changed past does not lead to the next.
        let anew = Seal::over(None, &changed, now).unwrap();
        assert!(!second.fits(Some(&anew), &lines[..1]).unwrap() && !second.fits(None, &lines[..1]).unwrap());
    }
}
