//! What XML's characters may be: names, spaces, line ends, references (XML 1.0, 2.2 to 2.11 and 4.1).

use super::{Stop, refuse};
use liitos_domain::refusal::Finding;
use std::borrow::Cow;

/// Bytes that may stand in a name: ASCII's, and all that other characters are made of.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        let ascii = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
        // In a constant, by a number below 256.
        #[expect(clippy::indexing_slicing, reason = "a byte is a place of 256")]
        {
            table[byte as usize] = ascii || byte >= 0x80;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How many bytes of white space a text begins with.
pub(super) fn spaces(text: &str) -> usize {
    text.bytes().take_while(|byte| is_space(*byte)).count()
}

/// How many bytes a text begins with that may be a name.
pub(super) fn name_length(text: &str) -> usize {
    text.bytes().take_while(|byte| IN_NAMES.get(usize::from(*byte)).is_some_and(|is| *is)).count()
}

/// Whether it is a name, with colons.
pub(super) fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| !matches!(byte, b'-' | b'.' | b'0'..=b'9'));
    first && (text.is_ascii() || text.chars().enumerate().all(|(place, letter)| is_name_letter(letter, place == 0)))
}

/// A name's prefix and local part, both names without colons; no prefix is an empty one.
pub(super) fn parts(name: &str) -> Option<(&str, &str)> {
    let (prefix, local) = match memchr::memchr(b':', name.as_bytes()) {
        None => ("", name),
        Some(colon) => {
            let (prefix, local) = (name.get(..colon)?, name.get(colon + 1..)?);
            (!prefix.is_empty() && is_name(prefix) && !local.contains(':')).then_some((prefix, local))?
        }
    };
    is_name(local).then_some((prefix, local))
}

/// The letters that names are made of (production 4 and 4a).
fn is_name_letter(letter: char, first: bool) -> bool {
    let begins = matches!(letter,
        ':' | 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}');
    let goes_on =
        || matches!(letter, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}');
    begins || !first && goes_on()
}

/// Whether a text holds a character that XML has none of: control characters, and two that are none (production 2).
pub(super) fn is_unsound(text: &str) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    // All of it at once, so that it is done many bytes at a time.
    text.as_bytes().iter().fold(false, |found, byte| found | control(byte))
        || !text.is_ascii() && has_no_character(text)
}

fn has_no_character(text: &str) -> bool {
    text.contains(['\u{fffe}', '\u{ffff}'])
}

/// Line ends as XML reads them (2.11).
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The five entities that stand for themselves.
pub(super) fn predefined(name: &str) -> Option<&'static str> {
    Some(match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        _ => return None,
    })
}

/// The character of a number: `65`, `x41`.
pub(super) fn character_reference(written: &str) -> Option<char> {
    let (digits, base) = match written.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (written, 10),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| char::from(byte).is_digit(base));
    let character = plain.then(|| u32::from_str_radix(digits, base).ok()).flatten().and_then(char::from_u32)?;
    let sound =
        character >= ' ' && !matches!(character, '\u{fffe}' | '\u{ffff}') || matches!(character, '\t' | '\n' | '\r');
    sound.then_some(character)
}

/// What the declaration says: version 1.0, UTF-8, in their order.
pub(super) fn check_declaration(said: &str) -> Result<(), Stop> {
    let mut rest = said;
    let mut last = 0;
    loop {
        let space = spaces(rest);
        rest = rest.get(space..).unwrap_or_default();
        if rest.is_empty() {
            return if last > 0 { Ok(()) } else { Err(refuse("not well-formed").into()) };
        }
        let (name, behind) = rest.split_at_checked(name_length(rest)).unwrap_or_default();
        // All of it is here: where it does not end, it never does.
        let (value, behind) = super::read_value(behind).map_err(|_| refuse("not well-formed"))?;
        let place = ["version", "encoding", "standalone"].iter().position(|known| *known == name);
        let place = place.filter(|place| space > 0 && (*place == 0) == (last == 0) && *place >= last);
        last = place.ok_or_else(|| refuse("not well-formed"))? + 1;
        fits(name, &value)?;
        rest = behind;
    }
}

fn fits(name: &str, value: &str) -> Result<(), Finding> {
    match name {
        "version" if value == "1.0" => Ok(()),
        "version" => Err(refuse("a version of XML other than 1.0")),
        "encoding" if value.eq_ignore_ascii_case("utf-8") => Ok(()),
        "encoding" => Err(refuse("encoding other than UTF-8")),
        _ if matches!(value, "yes" | "no") => Ok(()),
        _ => Err(refuse("not well-formed")),
    }
}
