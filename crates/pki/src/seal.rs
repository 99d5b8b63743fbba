//! Sealed bytes: content with an Ed25519 signature in front, for directory snapshots on their way to gateways; and signatures of
//! the heads of the directory's log.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Length of the signature that stands before the content.
const SIGNATURE_BYTES: usize = 64;
/// What the signature covers besides the content, so that a seal of one kind is never taken for another.
const CONTEXT: &[u8] = b"liitos directory snapshot 1\0";
/// The same for heads of the directory's log.
const HEAD_CONTEXT: &[u8] = b"liitos directory log head 1\0";
/// The same for copies of what was signed.
const COPY_CONTEXT: &[u8] = b"liitos sealed copy 1\0";

/// The same for reports of controller update runs.
const REPORT_CONTEXT: &[u8] = b"liitos controller run report 1\0";

/// The same for manifests of registers that are given out.
const PACKAGE_CONTEXT: &[u8] = b"liitos register package 1\0";

/// The operator's key for sealing.
pub struct SealingKey(Ed25519KeyPair);

/// The public half, which gateways are configured with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealVerifier(Vec<u8>);

/// A report as it is kept and handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedReport {
    /// Its text: JSON.
    pub report: String,
    /// The operator's signature over that text; hexadecimal digits.
    pub signature: String,
}

impl SealedReport {
    /// What it says.
    ///
    /// # Errors
    /// When its text is no such report.
    pub fn says<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.report)
    }
}

/// The bytes are not sealed by the expected key, or were changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seal does not hold: not from the expected operator, or changed on the way")]
pub struct SealBroken;

/// The key material is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sealing key is 32 bytes")]
pub struct BadSealingKey;

impl SealingKey {
    /// A key from its 32 secret bytes.
    ///
    /// # Errors
    /// [`BadSealingKey`].
    pub fn from_seed(seed: &[u8]) -> Result<Self, BadSealingKey> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| BadSealingKey)
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> SealVerifier {
        SealVerifier(self.0.public_key().as_ref().to_vec())
    }

    /// Seals content.
    #[must_use]
    pub fn seal(&self, content: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&[CONTEXT, content].concat());
        [signature.as_ref(), content].concat()
    }

    /// Signs a head of the directory's log; hexadecimal digits.
    #[must_use]
    pub fn sign_head(&self, head: &[u8]) -> String {
        self.sign(HEAD_CONTEXT, head)
    }

    /// Seals a copy of what was signed, beside it; hexadecimal digits.
    #[must_use]
    pub fn seal_copy(&self, copy: &[u8]) -> String {
        self.sign(COPY_CONTEXT, copy)
    }

    /// Signs a report: of a controller update run, of a move, of a joining that has ended.
    #[must_use]
    pub fn sign_report(&self, report: String) -> SealedReport {
        let signature = self.sign(REPORT_CONTEXT, report.as_bytes());
        SealedReport { report, signature }
    }

    /// Signs the manifest of a register that is given out; hexadecimal digits.
    #[must_use]
    pub fn sign_package(&self, manifest: &[u8]) -> String {
        self.sign(PACKAGE_CONTEXT, manifest)
    }

    fn sign(&self, context: &[u8], content: &[u8]) -> String {
        let signature = self.0.sign(&[context, content].concat());
        signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl SealVerifier {
    /// The verifier with these 32 public bytes.
    #[must_use]
    pub fn from_public(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The public bytes.
    #[must_use]
    pub fn public(&self) -> &[u8] {
        &self.0
    }

    /// Whether a head of the directory's log was signed by this key.
    #[must_use]
    pub fn signed_head(&self, head: &[u8], signature: &str) -> bool {
        self.signed(HEAD_CONTEXT, head, signature)
    }

    /// Whether a copy of what was signed was sealed by this key, and is unchanged.
    #[must_use]
    pub fn sealed_copy(&self, copy: &[u8], seal: &str) -> bool {
        self.signed(COPY_CONTEXT, copy, seal)
    }

    /// Whether the manifest of a register that was given out was signed by this key, and is unchanged.
    #[must_use]
    pub fn signed_package(&self, manifest: &[u8], signature: &str) -> bool {
        self.signed(PACKAGE_CONTEXT, manifest, signature)
    }

    /// Whether a report was signed by this key, and is unchanged.
    #[must_use]
    pub fn signed_report(&self, sealed: &SealedReport) -> bool {
        self.signed(REPORT_CONTEXT, sealed.report.as_bytes(), &sealed.signature)
    }

    fn signed(&self, context: &[u8], content: &[u8], signature: &str) -> bool {
        let digits: Vec<&str> =
            signature.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok()).collect();
        let bytes: Option<Vec<u8>> = digits.iter().map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        bytes.is_some_and(|bytes| key.verify(&[context, content].concat(), &bytes).is_ok())
    }

    /// The content, if the seal holds.
    ///
    /// # Errors
    /// [`SealBroken`].
    pub fn open<'s>(&self, sealed: &'s [u8]) -> Result<&'s [u8], SealBroken> {
        let (signature, content) = sealed.split_at_checked(SIGNATURE_BYTES).ok_or(SealBroken)?;
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(&[CONTEXT, content].concat(), signature).map_err(|_| SealBroken)?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_unchanged_seal_opens() {
        let key = SealingKey::from_seed(&[7; 32]).unwrap();
        let sealed = key.seal(b"content");
        assert_eq!(key.verifier().open(&sealed), Ok(b"content".as_slice()));
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert_eq!(key.verifier().open(&changed), Err(SealBroken));
        }
        assert_eq!(SealingKey::from_seed(&[8; 32]).unwrap().verifier().open(&sealed), Err(SealBroken));
        assert_eq!(key.verifier().open(b"short"), Err(SealBroken));
        assert!(SealingKey::from_seed(b"short").is_err());
        let signature = key.sign_head(b"head");
        assert!(key.verifier().signed_head(b"head", &signature) && !key.verifier().signed_head(b"heads", &signature));
        let copy = key.seal_copy(b"head");
        assert!(key.verifier().sealed_copy(b"head", &copy) && !key.verifier().sealed_copy(b"heads", &copy));
        assert!(!key.verifier().signed_head(b"head", &copy) && !key.verifier().sealed_copy(b"head", &signature));
        // A seal is no signature of a head, and nothing odd is one.
        let seal: String = key.seal(b"head")[..64].iter().map(|byte| format!("{byte:02x}")).collect();
        for odd in [seal.as_str(), "", "zz", "ä", &signature.repeat(2)] {
            assert!(!key.verifier().signed_head(b"head", odd), "{odd}");
        }
    }
}
