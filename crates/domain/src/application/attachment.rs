//! Files that are attached to an application: which kinds are taken, and how large.

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Most files of one application.
pub const MOST: usize = 10;
/// Longest name kept, in characters.
const MAX_NAME_CHARS: usize = 120;

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("the file is over {MAX_BYTES} bytes")]
    TooLarge,
    /// Not a PDF, PNG or JPEG by its content.
    #[error("the file is no PDF, PNG or JPEG")]
    Kind,
    /// There are [`MOST`] already.
    #[error("there are {MOST} files already")]
    TooMany,
}

impl AttachmentError {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Empty, Self::TooLarge, Self::Kind, Self::TooMany];

    /// The Fluent key of its text.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Empty => "attachment-empty",
            Self::TooLarge => "attachment-too-large",
            Self::Kind => "attachment-kind",
            Self::TooMany => "attachment-too-many",
        }
    }
}

/// What a file is, by its first bytes, whatever its name says.
///
/// # Errors
/// [`AttachmentError`].
pub fn media_type(body: &[u8]) -> Result<&'static str, AttachmentError> {
    if body.is_empty() {
        return Err(AttachmentError::Empty);
    }
    if body.len() > MAX_BYTES {
        return Err(AttachmentError::TooLarge);
    }
    match body {
        [b'%', b'P', b'D', b'F', b'-', ..] => Ok("application/pdf"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok("image/png"),
        [0xff, 0xd8, 0xff, ..] => Ok("image/jpeg"),
        _ => Err(AttachmentError::Kind),
    }
}

/// A file's name without folders, and without what is not seen or turns text around.
#[must_use]
pub fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|c| c.is_alphanumeric() || " .,-_()+&".contains(*c)).take(MAX_NAME_CHARS);
    let plain: String = plain.collect();
    if plain.trim().is_empty() { "file".to_owned() } else { plain.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_and_under_which_name() {
        assert_eq!(media_type(b"%PDF-1.7\n"), Ok("application/pdf"));
        assert_eq!(media_type(&[0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0]), Ok("image/png"));
        assert_eq!(media_type(&[0xff, 0xd8, 0xff, 0xe0]), Ok("image/jpeg"));
        assert_eq!(media_type(b"MZ\x90"), Err(AttachmentError::Kind));
        assert_eq!(media_type(b"<html>%PDF-"), Err(AttachmentError::Kind));
        assert_eq!(media_type(b""), Err(AttachmentError::Empty));
        assert_eq!(media_type(&vec![b'%'; MAX_BYTES + 1]), Err(AttachmentError::TooLarge));
        for (given, kept) in [
            ("C:\\sopimukset\\Sopimus Koivu.pdf", "Sopimus Koivu.pdf"),
            ("../../etc/passwd", "passwd"),
            ("a\u{202e}fdp.exe", "afdp.exe"),
            ("<b>\"x\".pdf", "bx.pdf"),
            ("\u{200b}", "file"),
            ("", "file"),
        ] {
            assert_eq!(plain_name(given), kept);
        }
    }
}
