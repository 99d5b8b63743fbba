//! The number on the front of an archivist's certificate card: eleven characters (Extranet guide 3.1.4).

use super::text_identifier;

/// A card number of eleven letters or digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArchivistCardNumber(Box<str>);

/// Why a text is not a card number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the card number has eleven letters or digits; it is on the front of the card (Extranet guide 3.1.4)")]
pub struct ArchivistCardNumberError;

impl ArchivistCardNumber {
    /// Reads the number.
    ///
    /// # Errors
    /// [`ArchivistCardNumberError`].
    pub fn parse(text: &str) -> Result<Self, ArchivistCardNumberError> {
        let fits = text.len() == 11 && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if fits { Ok(Self(text.into())) } else { Err(ArchivistCardNumberError) }
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is all digits, as every number seen is: anything else is worth a second look.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        self.0.bytes().all(|b| b.is_ascii_digit())
    }
}

text_identifier!(ArchivistCardNumber, ArchivistCardNumberError, "archivist-card-number");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eleven_letters_or_digits() {
        assert!(ArchivistCardNumber::parse("12345678901").unwrap().is_usual());
        assert!(!ArchivistCardNumber::parse("1234567890A").unwrap().is_usual());
        for bad in ["", "1234567890", "123456789012", "1234567890-", "1234567890ä"] {
            assert_eq!(ArchivistCardNumber::parse(bad), Err(ArchivistCardNumberError), "{bad}");
        }
    }
}
