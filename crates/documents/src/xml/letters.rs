//! What XML's characters may be: names, spaces, line ends, references (XML 1.0, 2.2 to 2.11 and 4.1).

use super::{Stop, refuse};
use liitos_domain::refusal::Finding;
use std::borrow::Cow;

/// Classes of bytes. It may stand in a name.
const IN_NAME: u8 = 1;
/// It may begin a name.
const BEGINS_NAME: u8 = 2;
/// Something other than itself may be meant in a value, or it is a part of a longer character, or no character at all.
const SPECIAL: u8 = 4;
/// It parts a name in two.
const COLON: u8 = 8;
/// It is a part of a longer character.
const LONG: u8 = 16;
/// The quotes.
const DOUBLE: u8 = 32;
const SINGLE: u8 = 64;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        let long = byte >= 0x80;
        let begins = byte.is_ascii_alphabetic() || byte == b'_' || long;
        let goes_on = byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':');
        let special = byte < 0x20 || long || matches!(byte, b'&' | b'<');
        let class = if begins { BEGINS_NAME | IN_NAME } else { 0 } | if goes_on { IN_NAME } else { 0 };
        // In a constant, by a number below 256.
        #[expect(clippy::indexing_slicing, reason = "a byte is a place of 256")]
        {
            table[byte as usize] = class
                | if special { SPECIAL } else { 0 }
                | if byte == b':' { COLON } else { 0 }
                | if long { LONG } else { 0 }
                | if byte == b'"' { DOUBLE } else { 0 }
                | if byte == b'\'' { SINGLE } else { 0 };
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

fn class(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// How many bytes of a value are plain: up to the quote that ends it, or to what may mean something other than itself.
pub(super) fn plain_length(text: &str, quote: u8) -> Option<usize> {
    match quote {
        b'"' => text.bytes().position(|byte| class(byte) & (SPECIAL | DOUBLE) != 0),
        _ => text.bytes().position(|byte| class(byte) & (SPECIAL | SINGLE) != 0),
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// How many bytes of white space a text begins with.
pub(super) fn spaces(text: &str) -> usize {
    text.bytes().take_while(|byte| is_space(*byte)).count()
}

/// A name as it is written.
#[derive(Clone, Copy)]
pub(super) struct Name<'i> {
    /// All of it.
    pub(super) written: &'i str,
    /// Its prefix; none is an empty one.
    pub(super) prefix: &'i str,
    /// Its local part.
    pub(super) local: &'i str,
    /// Whether it is a name at all: both parts are, without colons.
    pub(super) sound: bool,
}

/// The name that a text begins with, and what stands behind it.
pub(super) fn name(text: &str) -> (Name<'_>, &str) {
    let (mut length, mut all) = (text.len(), 0);
    for (place, byte) in text.bytes().enumerate() {
        let class = class(byte);
        if class & IN_NAME == 0 {
            length = place;
            break;
        }
        all |= class;
    }
    let (written, behind) = text.split_at_checked(length).unwrap_or_default();
    let begins = |part: &str| part.bytes().next().is_some_and(|byte| class(byte) & BEGINS_NAME != 0);
    if all & (COLON | LONG) == 0 {
        return (Name { written, prefix: "", local: written, sound: begins(written) }, behind);
    }
    let (prefix, local) = written.split_once(':').unwrap_or(("", written));
    let letters = |part: &str| part.chars().enumerate().all(|(place, letter)| is_name_letter(letter, place == 0));
    let sound = |part: &str| begins(part) && letters(part);
    let sound = sound(local) && (all & COLON == 0 || sound(prefix));
    (Name { written, prefix, local, sound }, behind)
}

/// The letters that names without colons are made of (productions 4 and 4a).
fn is_name_letter(letter: char, first: bool) -> bool {
    let begins = matches!(letter,
        'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}');
    let goes_on =
        || matches!(letter, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}');
    begins || !first && goes_on()
}

/// Whether a text holds a character that XML has none of: control characters, and two that are none (production 2).
pub(super) fn is_unsound(text: &str) -> bool {
    // All of it at once, so that it is done many bytes at a time.
    let (mut control, mut long) = (0, 0);
    for byte in text.bytes() {
        control |= u8::from(byte < 0x20) & u8::from(byte != b'\t') & u8::from(byte != b'\n') & u8::from(byte != b'\r');
        long |= byte;
    }
    control != 0 || long >= 0x80 && text.contains(['\u{fffe}', '\u{ffff}'])
}

/// Whether a text holds `]]>`, which may end CDATA alone.
pub(super) fn ends_cdata(text: &str) -> bool {
    memchr::memchr(b']', text.as_bytes()).is_some() && text.contains("]]>")
}

/// Line ends as XML reads them (2.11).
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// The five entities that stand for themselves.
pub(crate) fn predefined(name: &str) -> Option<&'static str> {
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
        let (Name { written, .. }, behind) = name(rest);
        // All of it is here: where it does not end, it never does.
        let (value, behind) = super::read_value(behind).map_err(|_| refuse("not well-formed"))?;
        let place = ["version", "encoding", "standalone"].iter().position(|known| *known == written);
        let place = place.filter(|place| space > 0 && (*place == 0) == (last == 0) && *place >= last);
        last = place.ok_or_else(|| refuse("not well-formed"))? + 1;
        fits(written, &value)?;
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
