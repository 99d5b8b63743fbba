//! A telephone number in full: country and subscriber, as text messages are addressed (ITU-T E.164).

use super::text_identifier;

/// `+358401234567`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(Box<str>);

/// Why a text is not a telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a telephone number begins with + and a country's code, or with 0 for Finland, and has 7 to 15 digits")]
pub struct PhoneNumberError;

/// Longest text read.
const MAX_CHARS: usize = 40;
/// Digits with the country's code (E.164 6.1); fewer than seven reach nobody.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

impl PhoneNumber {
    /// Reads a number as people write it: `040 123 4567`, `+358 (0)40 1234567`, `00358401234567`.
    ///
    /// # Errors
    /// [`PhoneNumberError`].
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        if text.chars().count() > MAX_CHARS {
            return Err(PhoneNumberError);
        }
        // The zero that is only dialled at home.
        let text = text.replace("(0)", "");
        let kept: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '-' | '(' | ')' | '/')).collect();
        let digits = match (kept.strip_prefix('+'), kept.strip_prefix("00"), kept.strip_prefix('0')) {
            (Some(full), _, _) | (None, Some(full), _) => full.to_owned(),
            (None, None, Some(home)) => format!("358{home}"),
            (None, None, None) => return Err(PhoneNumberError),
        };
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        if plain && DIGITS.contains(&digits.len()) {
            Ok(Self(format!("+{digits}").into()))
        } else {
            Err(PhoneNumberError)
        }
    }

    /// Whether text messages can be sent to it, as far as is known: Finland's mobile numbers begin with 4 or 50; of other countries' we
    /// know nothing.
    #[must_use]
    pub fn takes_texts(&self) -> bool {
        self.0.strip_prefix("+358").is_none_or(|home| home.starts_with('4') || home.starts_with("50"))
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_identifier!(PhoneNumber, PhoneNumberError, "phone-number");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_people_write_it() {
        for (text, full) in [
            ("040 123 4567", "+358401234567"),
            ("+358 (0)40 1234567", "+358401234567"),
            ("00358-40-1234567", "+358401234567"),
            ("+46 70 123 45 67", "+46701234567"),
            ("09/1234567", "+35891234567"),
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), full);
        }
        for bad in ["", "0", "112", "1234567", "+", "+0401234567", "040x1234567", "+3584012345678901", "000401234567"] {
            assert_eq!(PhoneNumber::parse(bad), Err(PhoneNumberError), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_reads_the_same_again(text in ".{0,50}") {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number.clone()));
            }
        }
    }
}
