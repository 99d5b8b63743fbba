//! Finnish personal identity codes (henkilötunnus, personbeteckning).
//!
//! Secret by nature: `Debug` and `Display` never show the individual part. Only [`PersonalIdentityCode::reveal`]
//! gives the text, and nothing in this repository logs that.

use std::fmt;

const CHECK_CHARACTERS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// A valid personal identity code.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonalIdentityCode(Box<str>);

/// Why a text is not a personal identity code. Carries nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PersonalIdentityCodeError {
    /// Not `ddmmyy`, century sign, three digits and a check character.
    #[error("a personal identity code has the form ddmmyy, a century sign, three digits and a check character")]
    Form,
    /// A sign that names no century.
    #[error("the century sign is none of + - Y X W V U A B C D E F")]
    CenturySign,
    /// The date of birth does not exist.
    #[error("the date of birth does not exist")]
    Date,
    /// 000 or 001.
    #[error("the individual number is under 002")]
    IndividualNumber,
    /// The check character is another.
    #[error("the check character is wrong")]
    CheckCharacter,
}

impl PersonalIdentityCode {
    /// Reads a code; letters are upper case.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn parse(text: &str) -> Result<Self, PersonalIdentityCodeError> {
        use PersonalIdentityCodeError as E;
        let bytes: [u8; 11] = text.as_bytes().try_into().map_err(|_| E::Form)?;
        let [d1, d2, m1, m2, y1, y2, sign, n1, n2, n3, check] = bytes;
        let digits = [d1, d2, m1, m2, y1, y2, n1, n2, n3];
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(E::Form);
        }
        let value = |part: &[u8]| part.iter().fold(0u32, |sum, d| sum * 10 + u32::from(d - b'0'));
        let year = century(sign).ok_or(E::CenturySign)? + year_in_century([y1, y2]);
        let day = i8::try_from(value(&[d1, d2])).unwrap_or(0);
        let month = i8::try_from(value(&[m1, m2])).unwrap_or(0);
        jiff::civil::Date::new(year, month, day).map_err(|_| E::Date)?;
        if value(&[n1, n2, n3]) < 2 {
            return Err(E::IndividualNumber);
        }
        let remainder = usize::try_from(value(&digits) % 31).unwrap_or(0);
        if CHECK_CHARACTERS.get(remainder) != Some(&check) {
            return Err(E::CheckCharacter);
        }
        Ok(Self(text.into()))
    }

    /// Whether the code is of the test range 900–999, which no real person has.
    #[must_use]
    pub fn is_test_identity(&self) -> bool {
        self.0.as_bytes().get(7) == Some(&b'9')
    }

    /// The code itself. For storing and comparing only.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// The year of birth that a text of a code's form says, whether the rest of it holds or not.
#[must_use]
pub fn birth_year(text: &str) -> Option<i16> {
    let [.., y1, y2, sign, n1, n2, n3, _] = <[u8; 11]>::try_from(text.as_bytes()).ok()?;
    let digits = [y1, y2, n1, n2, n3].iter().all(u8::is_ascii_digit);
    digits.then(|| Some(century(sign)? + year_in_century([y1, y2])))?
}

/// What two digits say of a year.
fn year_in_century([tens, ones]: [u8; 2]) -> i16 {
    i16::from(tens - b'0') * 10 + i16::from(ones - b'0')
}

/// The first year of the century a sign stands for; the signs of 2023 are alternatives of the old ones.
const fn century(sign: u8) -> Option<i16> {
    match sign {
        b'+' => Some(1800),
        b'-' | b'Y' | b'X' | b'W' | b'V' | b'U' => Some(1900),
        b'A' | b'B' | b'C' | b'D' | b'E' | b'F' => Some(2000),
        _ => None,
    }
}

impl fmt::Display for PersonalIdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******-****")
    }
}

impl fmt::Debug for PersonalIdentityCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalIdentityCode(******-****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PersonalIdentityCodeError as E;
    use proptest::prelude::*;

    fn with_check(body: &str) -> String {
        let number: u32 = body.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap();
        format!("{body}{}", CHECK_CHARACTERS[(number % 31) as usize] as char)
    }

    #[test]
    fn vectors() {
        for good in ["010181-900C", "091072-971S"] {
            let code = PersonalIdentityCode::parse(good).unwrap();
            assert!(code.is_test_identity());
            assert_eq!(code.reveal(), good);
            assert!(!format!("{code} {code:?}").contains("0101"));
        }
        assert_eq!(PersonalIdentityCode::parse("010100A998F"), Err(E::CheckCharacter));
        assert_eq!(PersonalIdentityCode::parse("010181-900D"), Err(E::CheckCharacter));
        assert_eq!(PersonalIdentityCode::parse("310299-900C"), Err(E::Date));
        assert_eq!(PersonalIdentityCode::parse("010181G900C"), Err(E::CenturySign));
        assert_eq!(PersonalIdentityCode::parse("010181-001C"), Err(E::IndividualNumber));
        assert_eq!(PersonalIdentityCode::parse("010181-90C"), Err(E::Form));
        assert_eq!(PersonalIdentityCode::parse("01018ä-90C"), Err(E::Form));
    }

    #[test]
    fn a_year_of_birth_needs_no_check() {
        let years = ["010181-900C", "010181Y900D", "010105A998F", "310299+900C"].map(birth_year);
        assert_eq!(years, [Some(1981), Some(1981), Some(2005), Some(1899)]);
        for none in ["", "010181G900C", "0101x1-900C", "010181-90", "0101\u{e4}-900C"] {
            assert_eq!(birth_year(none), None, "{none}");
        }
    }

    #[test]
    fn every_century_sign_and_leap_days() {
        for sign in "+-YXWVUABCDEF".chars() {
            assert!(PersonalIdentityCode::parse(&with_check(&format!("010190{sign}950"))).is_ok(), "{sign}");
        }
        assert!(PersonalIdentityCode::parse(&with_check("290200A901")).is_ok());
        assert_eq!(PersonalIdentityCode::parse(&with_check("290200-901")), Err(E::Date));
        assert!(!PersonalIdentityCode::parse(&with_check("010190-899")).unwrap().is_test_identity());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_leak(text in any::<String>()) {
            if let Err(error) = PersonalIdentityCode::parse(&text) {
                prop_assert!(text.len() < 8 || !error.to_string().contains(&text));
            }
        }

        #[test]
        fn exactly_one_check_character_fits(day in 1u8..29, month in 1u8..13, year in 0u8..100, n in 900u16..1000) {
            let body = format!("{day:02}{month:02}{year:02}-{n}");
            let fits = CHECK_CHARACTERS.iter().filter(|c| PersonalIdentityCode::parse(&format!("{body}{}", **c as char)).is_ok()).count();
            prop_assert_eq!(fits, 1);
        }
    }
}
