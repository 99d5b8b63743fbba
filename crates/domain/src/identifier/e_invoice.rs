//! E-invoice addresses (verkkolaskuosoite) in OVT form: `0037`, the Business ID's digits, an optional suffix.

use super::business_id::{BusinessId, BusinessIdError};
use super::text_identifier;

const PREFIX: &str = "0037";
const MAX_SUFFIX: usize = 5;

/// A valid OVT address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EInvoiceAddress(Box<str>);

/// Why a text is not an OVT address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EInvoiceAddressError {
    /// Does not begin `0037` and eight digits.
    #[error("an e-invoice address is 0037, the Business ID's eight digits and at most five more characters")]
    Form,
    /// The Business ID inside is wrong.
    #[error("the Business ID in the e-invoice address is wrong: {0}")]
    BusinessId(#[from] BusinessIdError),
    /// The suffix has other than letters and digits, or is over five characters.
    #[error("the end of the e-invoice address has at most five letters or digits")]
    Suffix,
}

impl EInvoiceAddress {
    /// Reads an OVT address; letters of the suffix are upper case A–Z.
    ///
    /// # Errors
    /// [`EInvoiceAddressError`].
    pub fn parse(text: &str) -> Result<Self, EInvoiceAddressError> {
        let rest = text.strip_prefix(PREFIX).ok_or(EInvoiceAddressError::Form)?;
        let (number, suffix) = rest.split_at_checked(8).ok_or(EInvoiceAddressError::Form)?;
        let (digits, check) = number.split_at_checked(7).ok_or(EInvoiceAddressError::Form)?;
        BusinessId::parse(&format!("{digits}-{check}"))?;
        let fits = suffix.len() <= MAX_SUFFIX && suffix.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if fits { Ok(Self(text.into())) } else { Err(EInvoiceAddressError::Suffix) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_identifier!(EInvoiceAddress, EInvoiceAddressError, "e-invoice-address");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in ["003702048198", "00370204819812345", "003712345671A1"] {
            assert_eq!(EInvoiceAddress::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(EInvoiceAddress::parse("003812345671"), Err(EInvoiceAddressError::Form));
        assert_eq!(EInvoiceAddress::parse("0037123"), Err(EInvoiceAddressError::Form));
        assert!(matches!(EInvoiceAddress::parse("003712345672"), Err(EInvoiceAddressError::BusinessId(_))));
        assert_eq!(EInvoiceAddress::parse("003712345671123456"), Err(EInvoiceAddressError::Suffix));
        assert_eq!(EInvoiceAddress::parse("003712345671-"), Err(EInvoiceAddressError::Suffix));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "0037\\PC{0,20}|\\PC*") {
            let _ = EInvoiceAddress::parse(&text);
        }
    }
}
