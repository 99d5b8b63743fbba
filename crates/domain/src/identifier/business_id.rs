//! Business IDs (Y-tunnus, FO-nummer): seven digits and a check digit.

use super::{Oid, text_identifier};

const WEIGHTS: [u32; 7] = [7, 9, 10, 5, 8, 4, 2];

/// A Business ID whose check digit is right, in the form `1234567-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessId(Box<str>);

/// Why a text is not a Business ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BusinessIdError {
    /// Not seven digits, a hyphen and a digit.
    #[error("a Business ID has the form 1234567-1")]
    Form,
    /// The check digit is another.
    #[error("the check digit of the Business ID is wrong")]
    CheckDigit,
}

impl BusinessId {
    /// Reads `1234567-1`.
    ///
    /// # Errors
    /// [`BusinessIdError`].
    pub fn parse(text: &str) -> Result<Self, BusinessIdError> {
        let (number, check) = text.split_once('-').ok_or(BusinessIdError::Form)?;
        Self::from_digits(number, check)
    }

    /// The Business ID behind a SOTE organisation number, which drops the hyphen and leading zeros.
    ///
    /// # Errors
    /// [`BusinessIdError`]; old organisations carry numbers of other origin.
    pub fn from_sote_number(number: &str) -> Result<Self, BusinessIdError> {
        if number.is_empty() || number.len() > 8 {
            return Err(BusinessIdError::Form);
        }
        let padded = format!("{number:0>8}");
        let (digits, check) = padded.split_at_checked(7).ok_or(BusinessIdError::Form)?;
        Self::from_digits(digits, check)
    }

    fn from_digits(number: &str, check: &str) -> Result<Self, BusinessIdError> {
        let digits: Vec<u32> = number.chars().filter_map(|c| c.to_digit(10)).collect();
        let check_digit = check.parse::<u32>().map_err(|_| BusinessIdError::Form)?;
        if number.len() != 7 || digits.len() != 7 || check.len() != 1 {
            return Err(BusinessIdError::Form);
        }
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
        if !(sum + check_digit).is_multiple_of(11) {
            return Err(BusinessIdError::CheckDigit);
        }
        Ok(Self(format!("{number}-{check}").into()))
    }

    /// The form `1234567-1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The eight digits without the hyphen.
    #[must_use]
    pub fn digits(&self) -> String {
        self.0.replace('-', "")
    }

    /// The organisation's node in the SOTE register: `0204819-8` → `1.2.246.10.2048198`.
    #[must_use]
    pub fn sote_oid(&self) -> Option<Oid> {
        let digits = self.digits();
        Oid::parse(&format!("1.2.246.10.{}", digits.trim_start_matches('0'))).ok()
    }
}

text_identifier!(BusinessId, BusinessIdError, "business-id");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vectors() {
        for good in ["0204819-8", "1234567-1", "9999998-4"] {
            assert_eq!(BusinessId::parse(good).unwrap().as_str(), good);
        }
        let sote = BusinessId::parse("0204819-8").unwrap().sote_oid().unwrap();
        assert_eq!(sote.as_str(), "1.2.246.10.2048198");
        assert_eq!(BusinessId::from_sote_number("2048198").unwrap().as_str(), "0204819-8");
        assert_eq!(BusinessId::from_sote_number("6538773"), Err(BusinessIdError::CheckDigit));
        assert_eq!(BusinessId::parse("1234567-2"), Err(BusinessIdError::CheckDigit));
        for bad in ["", "12345671", "1234567-", "123456-71", "1234567-11", "１234567-1", "-"] {
            assert_eq!(BusinessId::parse(bad), Err(BusinessIdError::Form), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(number in 0u32..10_000_000, place in 0usize..7, by in 1u32..10) {
            let digits = format!("{number:07}");
            let valid = (0..10).find_map(|c| BusinessId::parse(&format!("{digits}-{c}")).ok());
            if let Some(valid) = valid {
                let mut bytes = valid.as_str().to_owned().into_bytes();
                bytes[place] = b'0' + ((u32::from(bytes[place] - b'0') + by) % 10) as u8;
                let changed = String::from_utf8(bytes).unwrap();
                prop_assert!(BusinessId::parse(&changed).is_err());
                prop_assert_eq!(BusinessId::from_sote_number(valid.digits().trim_start_matches('0')).ok(), (number > 0 || valid.digits() != "00000000").then_some(valid));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = BusinessId::parse(&text);
            let _ = BusinessId::from_sote_number(&text);
        }
    }
}
