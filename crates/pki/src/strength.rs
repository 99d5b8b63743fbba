//! Key strength: TL IV is demanded (guide 6); its table is not public, so these values are assumed from a public
//! authority's reading (`domain.md` section 6).

use std::fmt;
use x509_parser::prelude::SubjectPublicKeyInfo;
use x509_parser::public_key::PublicKey;

/// Smallest RSA key, in bits. Assumed.
pub(crate) const MIN_RSA_BITS: usize = 3072;
/// Smallest elliptic curve key, in bits. Assumed.
pub(crate) const MIN_EC_BITS: usize = 256;

/// The kind and size of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStrength {
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// An elliptic curve of so many bits.
    Ec(usize),
    /// Anything else: not accepted.
    Other,
}

impl KeyStrength {
    pub(crate) fn of(info: &SubjectPublicKeyInfo<'_>) -> Self {
        match info.parsed() {
            Ok(PublicKey::RSA(key)) => Self::Rsa(key.key_size()),
            Ok(PublicKey::EC(point)) => Self::Ec(point.key_size()),
            _ => Self::Other,
        }
    }

    /// Whether it is of today's strength.
    #[must_use]
    pub const fn strong(self) -> bool {
        match self {
            Self::Rsa(bits) => bits >= MIN_RSA_BITS,
            Self::Ec(bits) => bits >= MIN_EC_BITS,
            Self::Other => false,
        }
    }
}

impl fmt::Display for KeyStrength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
            Self::Ec(bits) => write!(f, "EC {bits}"),
            Self::Other => f.write_str("other"),
        }
    }
}
