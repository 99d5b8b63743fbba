//! The MIME part that carries the document. Real messages fold their headers carelessly (a boundary parameter on
//! a line of its own without leading space), so the reader looks for what it needs and refuses the rest.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode};
use memchr::{memchr, memmem};
use std::borrow::Cow;

/// Longest boundary (RFC 2046 5.1.1).
const MAX_BOUNDARY: usize = 70;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The document inside a `multipart/related` text: exactly one part, base64.
pub(crate) fn document_part(text: &str) -> Result<Vec<u8>, Finding> {
    let text = if memchr(b'\r', text.as_bytes()).is_some() {
        Cow::Owned(text.replace("\r\n", "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let boundary = boundary(&text)?;
    let delimiter = format!("\n--{boundary}");
    let mut places = memmem::find_iter(text.as_bytes(), &delimiter);
    let (Some(first), Some(last), None) = (places.next(), places.next(), places.next()) else {
        return Err(broken("exactly one part"));
    };
    let part = text.get(first + delimiter.len()..last).unwrap_or_default();
    let end = text.get(last + delimiter.len()..).unwrap_or_default();
    if !end.starts_with("--") {
        return Err(broken("closing boundary"));
    }
    let (headers, content) = part.split_once("\n\n").ok_or_else(|| broken("part headers"))?;
    let encoding = header(headers, "content-transfer-encoding").ok_or_else(|| broken("Content-Transfer-Encoding"))?;
    if !encoding.eq_ignore_ascii_case("base64") {
        return Err(broken("Content-Transfer-Encoding"));
    }
    let packed = without_spaces(content.as_bytes());
    if packed.is_empty() {
        return Err(broken("empty part"));
    }
    LENIENT.decode(packed).map_err(|_| broken("base64"))
}

/// The same bytes without white space: lines, for the most part, that hold none.
fn without_spaces(content: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(content.len());
    let (mut from, end) = (0, content.len());
    while from < end {
        let to = memchr(b'\n', content.get(from..).unwrap_or_default()).map_or(end, |at| from + at);
        let line = content.get(from..to).unwrap_or_default();
        if line.iter().fold(false, |any, byte| any | byte.is_ascii_whitespace()) {
            packed.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
        } else {
            packed.extend_from_slice(line);
        }
        from = to + 1;
    }
    packed
}

/// The same text with another document in its part.
pub(crate) fn with_document(text: &str, document: &[u8]) -> Option<String> {
    let boundary = boundary(text).ok()?;
    let delimiter = format!("\n--{boundary}");
    let first = text.find(&delimiter)?;
    let blank = text.get(first..)?.find("\n\n")? + first + 2;
    let end = text.get(blank..)?.find(&delimiter)? + blank;
    Some(format!("{}{}\n{}", text.get(..blank)?, packed(document), text.get(end..)?))
}

/// A document as the one part of such a text.
pub(crate) fn of_document(id: &Oid, document: &[u8]) -> String {
    const BOUNDARY: &str = "----=_Part_1";
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/related;\nboundary=\"{BOUNDARY}\"\n\n--{BOUNDARY}\nContent-Type: text/xml; charset=UTF-8\n\
         Content-Transfer-Encoding: BASE64\nContent-ID: <{id}>\n\n{}\n--{BOUNDARY}--\n",
        packed(document)
    )
}

fn packed(document: &[u8]) -> String {
    let packed = base64::engine::general_purpose::STANDARD.encode(document);
    let lines: Vec<&str> = packed.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    lines.join("\n")
}

fn boundary(text: &str) -> Result<String, Finding> {
    let (headers, _) = text.split_once("\n\n").ok_or_else(|| broken("headers"))?;
    let lower = headers.to_ascii_lowercase();
    let at = lower.find("boundary=").ok_or_else(|| broken("boundary"))?;
    let value = headers.get(at + "boundary=".len()..).unwrap_or_default();
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split([';', '\n', ' ']).next(),
    };
    let value = value.unwrap_or_default();
    let usable = !value.is_empty() && value.len() <= MAX_BOUNDARY && value.is_ascii();
    if usable { Ok(value.to_owned()) } else { Err(broken("boundary")) }
}

fn header<'h>(headers: &'h str, name: &str) -> Option<&'h str> {
    headers.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::MimeBroken, format!("clinicalDocument/text: {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = "MIME-Version: 1.0\nContent-Type: multipart/related;\nboundary=\"b\"\n\n--b\nContent-Type: text/xml\nContent-Transfer-Encoding: BASE64\n\nPGEv\nPg==\n\n--b--\n";

    #[test]
    fn careless_folding_is_read() {
        assert_eq!(document_part(GOOD).unwrap(), b"<a/>");
        assert_eq!(document_part(&GOOD.replace('\n', "\r\n")).unwrap(), b"<a/>");
        assert_eq!(document_part(&with_document(GOOD, b"<bcd/>").unwrap()).unwrap(), b"<bcd/>");
    }

    #[test]
    fn broken_parts_name_what_is_missing() {
        let place = |text: &str| document_part(text).unwrap_err().place.replace("clinicalDocument/text: ", "");
        assert_eq!(place(""), "headers");
        assert_eq!(place("a: b\n\n"), "boundary");
        assert_eq!(place(&GOOD.replace("--b--", "--b\n")), "closing boundary");
        assert_eq!(place(&GOOD.replace("\n--b--", "")), "exactly one part");
        assert_eq!(place(&GOOD.replace("\n--b--", "\n--b\nx\n--b--")), "exactly one part");
        assert_eq!(place(&GOOD.replace("BASE64", "8bit")), "Content-Transfer-Encoding");
        assert_eq!(place(&GOOD.replace("PGEv", "P*Ev")), "base64");
        assert_eq!(place(&GOOD.replace("PGEv\nPg==", "")), "empty part");
    }

    proptest! {
        #[test]
        fn any_document_round_trips(document in proptest::collection::vec(any::<u8>(), 1..300)) {
            prop_assert_eq!(document_part(&with_document(GOOD, &document).unwrap()).unwrap(), document);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}|(boundary=|\n|--|b|: ){0,20}") {
            let _ = document_part(&text);
            let _ = with_document(&text, b"x");
        }
    }
}
