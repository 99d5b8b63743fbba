//! The values of attributes (XML 1.0, 3.1 and 3.3.3).

use super::letters::{character_reference, is_unsound, plain_length, predefined, spaces};
use super::{Stop, refuse};
use std::borrow::Cow;

/// Reads `= "value"`; the value, and what stands behind it.
pub(super) fn read_value(text: &str) -> Result<(Cow<'_, str>, &str), Stop> {
    let behind = text.get(spaces(text)..).unwrap_or_default();
    let behind = match behind.strip_prefix('=') {
        Some(behind) => behind,
        None if behind.is_empty() => return Err(Stop::Unfinished),
        None => return Err(refuse("attribute").into()),
    };
    let behind = behind.get(spaces(behind)..).unwrap_or_default();
    let quote = match behind.as_bytes().first() {
        None => return Err(Stop::Unfinished),
        Some(quote @ (b'"' | b'\'')) => *quote,
        Some(_) => return Err(refuse("attribute").into()),
    };
    let inner = behind.get(1..).unwrap_or_default();
    // Most values are short, and plain to their end.
    let place = plain_length(inner, quote).ok_or(Stop::Unfinished)?;
    let special = inner.as_bytes().get(place).is_some_and(|byte| *byte != quote);
    let place = match special {
        true => memchr::memchr(quote, inner.as_bytes()).ok_or(Stop::Unfinished)?,
        false => place,
    };
    let (value, behind) = inner.split_at_checked(place).unwrap_or_default();
    let value = if special { plain(value)? } else { Cow::Borrowed(value) };
    Ok((value, behind.get(1..).unwrap_or_default()))
}

/// A value with its references read, and its white space as spaces.
fn plain(value: &str) -> Result<Cow<'_, str>, Stop> {
    // XML allows none there, and a reader of HTML may see a tag begin.
    if value.contains('<') {
        return Err(refuse("< in an attribute").into());
    }
    if is_unsound(value) {
        return Err(refuse("attribute value").into());
    }
    if !value.contains(['&', '\t', '\n', '\r']) {
        return Ok(Cow::Borrowed(value));
    }
    let mut read = String::with_capacity(value.len());
    let value = value.replace("\r\n", " ").replace(['\t', '\n', '\r'], " ");
    let mut rest = value.as_str();
    while let Some((before, reference)) = rest.split_once('&') {
        let (name, behind) = reference.split_once(';').ok_or_else(|| refuse("attribute value"))?;
        read.push_str(before);
        let character = name.strip_prefix('#').and_then(character_reference);
        match (predefined(name), character) {
            (Some(text), _) => read.push_str(text),
            (None, Some(character)) => read.push(character),
            (None, None) => return Err(refuse("attribute value").into()),
        }
        rest = behind;
    }
    read.push_str(rest);
    Ok(Cow::Owned(read))
}
