//! Signature values as XML Signature writes them: of ECDSA the two numbers beside each other, each as long as the curve's (RFC 4051 3.3, FIPS 186-4).

use crate::certificate::Certificate;
use crate::strength::KeyStrength;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};

/// What a signature was made with. Weak ones are among them: whether that is good enough is judged elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedWith {
    /// RSASSA-PKCS1-v1_5 with SHA-1: of old documents.
    RsaSha1,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaSha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaSha512,
    /// ECDSA with SHA-256.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
}

impl Certificate {
    /// Whether its key has signed these bytes in that way. A key of another kind has not, nor one of RSA below 1,024 bits, with SHA-384 below 2,048.
    #[must_use]
    pub fn has_signed_with(&self, with: SignedWith, signed: &[u8], signature: &[u8]) -> bool {
        let (algorithm, signature): (&dyn VerificationAlgorithm, _) = match (self.key, with) {
            (KeyStrength::Rsa(_), SignedWith::RsaSha1) => {
                (&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, signature.to_vec())
            }
            (KeyStrength::Rsa(_), SignedWith::RsaSha256) => {
                (&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, signature.to_vec())
            }
            (KeyStrength::Rsa(_), SignedWith::RsaSha384) => {
                (&signature::RSA_PKCS1_2048_8192_SHA384, signature.to_vec())
            }
            (KeyStrength::Rsa(_), SignedWith::RsaSha512) => {
                (&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, signature.to_vec())
            }
            (KeyStrength::Ec(bits), SignedWith::EcdsaSha256 | SignedWith::EcdsaSha384) => {
                let Some(algorithm) = ecdsa(bits, with) else { return false };
                let Some(signature) = in_asn1(signature, bits.div_ceil(8)) else { return false };
                (algorithm, signature)
            }
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, &self.public_key).verify(signed, &signature).is_ok()
    }
}

/// Why a key cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no RSA key in PEM (PKCS#8 or PKCS#1), or too short a one")]
pub struct KeyNotUsable;

/// Signs bytes with an RSA key (PEM), as RSASSA-PKCS1-v1_5 with SHA-256.
///
/// # Errors
/// [`KeyNotUsable`].
pub fn sign_rsa_sha256(key_pem: &str, bytes: &[u8]) -> Result<Vec<u8>, KeyNotUsable> {
    let key = EncodingKey::from_rsa_pem(key_pem.as_bytes()).map_err(|_| KeyNotUsable)?;
    let signature = jsonwebtoken::crypto::sign(bytes, &key, Algorithm::RS256).map_err(|_| KeyNotUsable)?;
    URL_SAFE_NO_PAD.decode(signature).map_err(|_| KeyNotUsable)
}

/// ECDSA on the key's own curve. Of P-521 the bits are said in whole bytes.
fn ecdsa(bits: usize, with: SignedWith) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (bits, with) {
        (256, SignedWith::EcdsaSha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (256, SignedWith::EcdsaSha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (384, SignedWith::EcdsaSha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (384, SignedWith::EcdsaSha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (521 | 528, SignedWith::EcdsaSha256) => &signature::ECDSA_P521_SHA256_ASN1,
        (521 | 528, SignedWith::EcdsaSha384) => &signature::ECDSA_P521_SHA384_ASN1,
        _ => return None,
    })
}

/// Two numbers of so many bytes each, as DER's SEQUENCE of two INTEGERs.
fn in_asn1(signature: &[u8], length: usize) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(length).filter(|(_, s)| s.len() == length)?;
    let both = [integer(r)?, integer(s)?].concat();
    let length = u8::try_from(both.len()).ok()?;
    // Over 127 bytes (two numbers of 521 bits) the length takes another byte.
    let head = if length < 0x80 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    Some([head, both].concat())
}

/// A number without a sign, as DER's INTEGER.
fn integer(bytes: &[u8]) -> Option<Vec<u8>> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let digits = bytes.get(zeros..).unwrap_or_default();
    let mut number = Vec::with_capacity(digits.len() + 3);
    // With the first bit set, or without any byte, it begins with a zero.
    let padded = digits.first().is_none_or(|first| *first >= 0x80);
    number.extend([0x02, u8::try_from(digits.len() + usize::from(padded)).ok()?]);
    number.extend(padded.then_some(0));
    number.extend_from_slice(digits);
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a key of the test alone")]
    fn keys_of_each_curve() {
        use aws_lc_rs::rand::SystemRandom;
        use aws_lc_rs::signature::EcdsaKeyPair;
        let curves = [
            (&rcgen::PKCS_ECDSA_P256_SHA256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING, SignedWith::EcdsaSha256),
            (&rcgen::PKCS_ECDSA_P384_SHA384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING, SignedWith::EcdsaSha384),
            (&rcgen::PKCS_ECDSA_P521_SHA512, &signature::ECDSA_P521_SHA256_FIXED_SIGNING, SignedWith::EcdsaSha256),
            (&rcgen::PKCS_ECDSA_P521_SHA512, &signature::ECDSA_P521_SHA384_FIXED_SIGNING, SignedWith::EcdsaSha384),
        ];
        for (curve, signing, with) in curves {
            let key = rcgen::KeyPair::generate_for(curve).unwrap();
            let made = rcgen::CertificateParams::new(Vec::new()).unwrap().self_signed(&key).unwrap();
            let certificate = Certificate::parse(made.der()).unwrap();
            let key = EcdsaKeyPair::from_pkcs8(signing, &key.serialize_der()).unwrap();
            let signature = key.sign(&SystemRandom::new(), b"signed").unwrap();
            assert!(certificate.has_signed_with(with, b"signed", signature.as_ref()), "{:?} {with:?}", certificate.key);
            assert!(!certificate.has_signed_with(with, b"other", signature.as_ref()));
            assert!(!certificate.has_signed_with(with, b"signed", &[]));
            assert!(!certificate.has_signed_with(SignedWith::RsaSha256, b"signed", signature.as_ref()));
        }
    }

    #[test]
    fn two_numbers_become_der() {
        assert_eq!(in_asn1(&[1, 2], 1), Some(vec![0x30, 6, 2, 1, 1, 2, 1, 2]));
        assert_eq!(in_asn1(&[0, 0x80, 0, 0], 2), Some(vec![0x30, 7, 2, 2, 0, 0x80, 2, 1, 0]));
        assert_eq!(in_asn1(&[1, 2, 3], 1), None);
        assert_eq!(in_asn1(&[1], 1), None);
        let long = in_asn1(&[0x7f; 132], 66).unwrap();
        assert_eq!((&long[..5], long.len()), (&[0x30, 0x81, 136, 2, 66][..], 139));
    }
}
