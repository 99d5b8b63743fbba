//! Which letters a file's bytes mean. Registers come as UTF-8 and as ISO-8859-1, not always as they say, and sometimes with
//! a letter already lost; only the whole file tells which, so it is looked through once before it is read.

use super::{FileError, MAX_FILE_BYTES};
use std::io::Read;

/// How far into a file an XML declaration may reach.
const DECLARATION: usize = 200;
/// Bytes looked at together.
const BLOCK: usize = 64 * 1024;

/// How bytes become letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Latin1,
}

/// What a look through a file has shown.
#[derive(Clone, Copy, Debug)]
pub struct Survey {
    pub(super) encoding: Encoding,
    pub(super) skip: usize,
    bytes: u64,
}

impl Survey {
    /// How long the file is, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Looks through a file: UTF-8 where it is; otherwise ISO-8859-1 if that was declared or explains more letters; otherwise
/// UTF-8 with U+FFFD for what cannot be read, which is reported row by row.
///
/// # Errors
/// [`FileError`] when it is too large or cannot be read to its end.
pub fn survey(mut source: impl Read) -> Result<Survey, FileError> {
    let mut count = Count::default();
    let (mut head, mut bytes) = (Vec::new(), 0_usize);
    let mut block = vec![0; BLOCK];
    loop {
        let read = source.read(&mut block).map_err(|error| FileError::Source(error.to_string()))?;
        let Some(new) = block.get(..read).filter(|new| !new.is_empty()) else { break };
        bytes += read;
        if bytes > MAX_FILE_BYTES {
            return Err(FileError::TooLarge(bytes));
        }
        head.extend_from_slice(new.get(..new.len().min(DECLARATION.saturating_sub(head.len()))).unwrap_or_default());
        count.add(new);
    }
    let declared = declaration(&head);
    let latin = declared.is_some_and(|text| text.to_ascii_lowercase().contains("iso-8859-1"));
    // A byte order mark is no letter; a declaration that no longer holds is left out, its line breaks stay behind it.
    let mark = if head.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    let skip = if latin { declared.map_or(0, |text| text.len() + "?>".len()) } else { mark };
    let encoding =
        if count.lost() > 0 && (latin || count.letters <= count.lost()) { Encoding::Latin1 } else { Encoding::Utf8 };
    Ok(Survey { encoding, skip, bytes: bytes as u64 })
}

/// Letters of UTF-8 beyond ASCII, and what is none.
#[derive(Default)]
struct Count {
    letters: usize,
    broken: usize,
    rest: Vec<u8>,
}

impl Count {
    /// What cannot be read, if the file ends here.
    fn lost(&self) -> usize {
        self.broken + usize::from(!self.rest.is_empty())
    }

    fn add(&mut self, new: &[u8]) {
        self.rest.extend_from_slice(new);
        let mut rest = self.rest.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.letters += beyond_ascii(text.as_bytes());
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (sound, after) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
                    self.letters += beyond_ascii(sound);
                    rest = after;
                    let Some(lost) = error.error_len() else { break };
                    self.broken += 1;
                    rest = rest.get(lost..).unwrap_or_default();
                }
            }
        }
        self.rest = rest.to_vec();
    }
}

/// The letters beyond ASCII, counted by their first bytes.
fn beyond_ascii(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte >= 0xc0).count()
}

/// The XML declaration, if there is one, up to its end mark.
fn declaration(head: &[u8]) -> Option<&str> {
    let head = head.get(..head.iter().position(|byte| !byte.is_ascii()).unwrap_or(head.len()))?;
    let head = std::str::from_utf8(head).ok()?;
    head.trim_start().starts_with("<?xml").then(|| head.split_once("?>").map(|(declaration, _)| declaration))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::source::Source;

    fn decode(bytes: &[u8]) -> String {
        let survey = survey(bytes).unwrap();
        let mut text = String::new();
        Source::new(bytes, &survey, 1 << 30).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_is_declared_and_what_is_there() {
        let latin = |text: &str| text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect::<Vec<u8>>();
        assert_eq!(decode("Ääkköset".as_bytes()), "Ääkköset");
        assert_eq!(decode("\u{feff}Ä".as_bytes()), "Ä");
        assert_eq!(decode(&latin("Ääkköset")), "Ääkköset");
        let declared = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<a>Ä</a>";
        assert_eq!(decode(&latin(declared)), "\n<a>Ä</a>");
        assert_eq!(decode(b"<?xml version='1.0' encoding='iso-8859-1'?><a/>"), "<a/>");
        assert_eq!(decode("<?xml version='1.0' encoding='iso-8859-1'?><a>ä</a>".as_bytes()), "<a>ä</a>");
        let mut one_lost = "Ääkköset ja öylätti".as_bytes().to_vec();
        one_lost.push(0xe4);
        assert_eq!(decode(&one_lost), "Ääkköset ja öylätti\u{fffd}");
        assert_eq!(decode(b""), "");
    }

    /// Gives one byte at a time.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = usize::from(!self.0.is_empty()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    proptest::proptest! {
        #[test]
        fn blocks_do_not_matter(text in "\\PC{0,40}", at in 0usize..60, byte in proptest::num::u8::ANY) {
            let mut bytes = text.into_bytes();
            bytes.insert(at.min(bytes.len()), byte);
            let survey = survey(Slow(&bytes)).unwrap();
            let mut slow = String::new();
            Source::new(Slow(&bytes), &survey, 1 << 30).read_to_string(&mut slow).unwrap();
            proptest::prop_assert_eq!(&slow, &decode(&bytes));
            if survey.encoding == Encoding::Utf8 {
                let lossy = String::from_utf8_lossy(&bytes).into_owned();
                proptest::prop_assert_eq!(&slow, lossy.strip_prefix('\u{feff}').unwrap_or(&lossy));
            }
        }
    }
}
