//! Serial numbers of certificates: positive integers of up to 20 bytes (RFC 5280 4.1.2.2).
//!
//! Not to be mixed up with the Subject's `serialNumber` attribute, which holds an access point's OID.

use num_bigint::BigUint;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest serial in bytes, without a DER sign byte.
pub const MAX_SERIAL_BYTES: usize = 20;

/// A certificate's serial number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateSerial(BigUint);

/// Why a value is not a serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateSerialError {
    /// Neither decimal nor hexadecimal.
    #[error("a serial number is decimal, or hexadecimal after 0x or with colons")]
    Form,
    /// Over 20 bytes.
    #[error("a serial number has at most {MAX_SERIAL_BYTES} bytes (RFC 5280 4.1.2.2)")]
    TooLong,
    /// The DER integer has its sign bit set.
    #[error("a serial number is not negative (RFC 5280 4.1.2.2)")]
    Negative,
}

impl CertificateSerial {
    /// Reads the content bytes of a DER INTEGER.
    ///
    /// # Errors
    /// When negative or over 20 bytes.
    pub fn from_der_integer(content: &[u8]) -> Result<Self, CertificateSerialError> {
        if content.first().is_some_and(|b| b & 0x80 != 0) {
            return Err(CertificateSerialError::Negative);
        }
        Self::from_big(BigUint::from_bytes_be(content))
    }

    /// Reads decimal digits, or hexadecimal after `0x` or in colon form.
    ///
    /// # Errors
    /// [`CertificateSerialError`].
    pub fn parse(text: &str) -> Result<Self, CertificateSerialError> {
        if text.len() > 3 * (MAX_SERIAL_BYTES + 1) {
            return Err(CertificateSerialError::TooLong);
        }
        let (digits, radix) = match text.strip_prefix("0x") {
            Some(hex) => (hex.to_owned(), 16),
            None if text.contains(':') => (text.replace(':', ""), 16),
            None => (text.to_owned(), 10),
        };
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return Err(CertificateSerialError::Form);
        }
        let value = BigUint::parse_bytes(digits.as_bytes(), radix).ok_or(CertificateSerialError::Form)?;
        Self::from_big(value)
    }

    fn from_big(value: BigUint) -> Result<Self, CertificateSerialError> {
        if value.bits() > 8 * MAX_SERIAL_BYTES as u64 {
            return Err(CertificateSerialError::TooLong);
        }
        Ok(Self(value))
    }

    /// The magnitude, most significant byte first, without leading zeros.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes_be()
    }
}

impl fmt::Display for CertificateSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for CertificateSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateSerial(0x{:x})", self.0)
    }
}

impl Serialize for CertificateSerial {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CertificateSerial {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn twenty_bytes_are_the_most() {
        let longest = [0x7f; 20];
        assert!(CertificateSerial::from_der_integer(&longest).is_ok());
        let mut signed = vec![0u8];
        signed.extend([0xff; 20]);
        let big = CertificateSerial::from_der_integer(&signed).unwrap();
        assert_eq!(big.to_string(), "1461501637330902918203684832716283019655932542975");
        assert_eq!(CertificateSerial::from_der_integer(&[0x7f; 21]), Err(CertificateSerialError::TooLong));
        assert_eq!(CertificateSerial::from_der_integer(&[0x80]), Err(CertificateSerialError::Negative));
        assert_eq!(CertificateSerial::parse("17:D9:0A:AD").unwrap(), CertificateSerial::parse("0x17d90aad").unwrap());
        assert_eq!(CertificateSerial::parse("17D9"), Err(CertificateSerialError::Form));
        assert_eq!(CertificateSerial::parse(""), Err(CertificateSerialError::Form));
    }

    proptest! {
        #[test]
        fn bytes_and_decimal_agree(bytes in proptest::collection::vec(any::<u8>(), 1..=20)) {
            let mut der = vec![0u8];
            der.extend(&bytes);
            let serial = CertificateSerial::from_der_integer(&der).unwrap();
            prop_assert_eq!(CertificateSerial::parse(&serial.to_string()), Ok(serial.clone()));
            prop_assert_eq!(CertificateSerial::from_der_integer(&[vec![0], serial.to_bytes()].concat()), Ok(serial));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = CertificateSerial::parse(&text);
        }
    }
}
