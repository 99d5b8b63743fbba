//! Bytes to text. Registers come as UTF-8 and as ISO-8859-1, not always as they say, and sometimes with a letter already lost.

use std::borrow::Cow;

/// How far into a file an XML declaration may reach.
const DECLARATION: usize = 200;

/// UTF-8 where it is; otherwise ISO-8859-1 if that was declared or explains more letters; otherwise UTF-8 with U+FFFD for
/// what cannot be read, which is reported row by row.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let declared = declares_latin_1(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) if declared => redeclared(text).into(),
        Ok(text) => text.into(),
        Err(_) if declared => redeclared(&latin_1(bytes)).into(),
        Err(_) => {
            let lossy = String::from_utf8_lossy(bytes);
            let lost = lossy.chars().filter(|c| *c == '\u{fffd}').count();
            let read = lossy.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
            if read > lost { lossy } else { latin_1(bytes).into() }
        }
    }
}

/// Each byte is the character of its number.
fn latin_1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The XML declaration, if there is one.
fn declaration(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(DECLARATION))?;
    let head = head.get(..head.iter().position(|byte| !byte.is_ascii()).unwrap_or(head.len()))?;
    let head = std::str::from_utf8(head).ok()?.trim_start();
    head.starts_with("<?xml").then(|| head.split_once("?>").map(|(declaration, _)| declaration))?
}

fn declares_latin_1(bytes: &[u8]) -> bool {
    declaration(bytes).is_some_and(|text| text.to_ascii_lowercase().contains("iso-8859-1"))
}

/// Without its XML declaration, whose encoding no longer holds; its line breaks stay, so that lines are counted alike.
fn redeclared(text: &str) -> String {
    let rest = text.split_once("?>").map_or(text, |(_, rest)| rest);
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_and_what_is_there() {
        let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
        assert_eq!(decode("Ääkköset".as_bytes()), "Ääkköset");
        assert_eq!(decode(&latin("Ääkköset")), "Ääkköset");
        let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>Ä</a>";
        assert_eq!(decode(&latin(declared)), "\n<a>Ä</a>");
        assert_eq!(decode(b"<?xml version='1.0' encoding='iso-8859-1'?><a/>"), "<a/>");
        let mut one_lost = "Ääkköset ja öylätti".as_bytes().to_vec();
        one_lost.push(0xe4);
        assert_eq!(decode(&one_lost), "Ääkköset ja öylätti\u{fffd}");
        assert_eq!(decode(b""), "");
    }
}
