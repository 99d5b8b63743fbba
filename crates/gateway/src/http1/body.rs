//! Where a body ends: a length, chunks (RFC 9112 7.1), or the connection's end.

use super::Malformed;

/// How a body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks, the last of them empty.
    Chunked,
    /// Whatever comes until the connection ends; answers only.
    UntilEnd,
}

/// A body being read: finds the content among the bytes that came.
#[derive(Clone, Debug)]
pub(crate) struct Body(State);

#[derive(Clone, Debug)]
enum State {
    Length(u64),
    /// The line that says a chunk's length; so many bytes of it were seen.
    Size {
        so_far: u64,
        digits: u8,
        line: u16,
        extension: bool,
    },
    Chunk(u64),
    /// The line end after a chunk; whether its first byte was seen.
    ChunkEnd(bool),
    /// Lines after the last chunk: bytes seen of all, bytes of this line.
    Trailer {
        all: u16,
        line: u16,
    },
    UntilEnd,
    Ended,
}

/// What comes next among the bytes at hand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// After so many bytes of framing, so many of content.
    Content { skip: usize, length: usize },
    /// These bytes are framing, and more must come.
    More { skip: usize },
    /// After these bytes of framing the body has ended.
    Ended { skip: usize },
}

/// Most bytes of a chunk's size line, extensions included.
const MAX_SIZE_LINE: u16 = 256;
/// Most bytes of trailers, which are not passed on.
const MAX_TRAILER: u16 = 4096;

impl Body {
    pub(crate) const fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::None | Framing::Length(0) => State::Ended,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => SIZE,
            Framing::UntilEnd => State::UntilEnd,
        })
    }

    pub(crate) const fn ended(&self) -> bool {
        matches!(self.0, State::Ended)
    }

    /// How many more bytes can be read for this body at once without touching what follows it, where that is known.
    pub(crate) fn wanted(&self) -> usize {
        match self.0 {
            State::Length(left) | State::Chunk(left) => usize::try_from(left).unwrap_or(usize::MAX),
            State::UntilEnd => usize::MAX,
            _ => 0,
        }
    }

    /// Whether the connection may end here.
    pub(crate) const fn may_end(&self) -> bool {
        matches!(self.0, State::Ended | State::UntilEnd)
    }

    /// Looks at the bytes at hand.
    ///
    /// # Errors
    /// [`Malformed`] where they are no chunks.
    pub(crate) fn next(&mut self, bytes: &[u8]) -> Result<Step, Malformed> {
        let mut skip = 0;
        loop {
            let rest = bytes.get(skip..).unwrap_or_default();
            match &mut self.0 {
                State::Ended => return Ok(Step::Ended { skip }),
                _ if rest.is_empty() => return Ok(Step::More { skip }),
                State::UntilEnd => return Ok(Step::Content { skip, length: rest.len() }),
                State::Length(left) | State::Chunk(left) => {
                    let length = rest.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                    *left -= length as u64;
                    if *left == 0 {
                        self.0 = if matches!(self.0, State::Length(_)) { State::Ended } else { State::ChunkEnd(false) };
                    }
                    return Ok(Step::Content { skip, length });
                }
                _ => {
                    let byte = rest.first().copied().unwrap_or_default();
                    self.framing(byte)?;
                    skip += 1;
                }
            }
        }
    }

    /// One byte of framing.
    fn framing(&mut self, byte: u8) -> Result<(), Malformed> {
        self.0 = match self.0 {
            State::Size { so_far, digits, line, extension } => size(so_far, digits, line, extension, byte)?,
            State::ChunkEnd(false) if byte == b'\r' => State::ChunkEnd(true),
            State::ChunkEnd(true) if byte == b'\n' => SIZE,
            State::ChunkEnd(_) => return Err(Malformed("a chunk is longer than it says")),
            State::Trailer { all, line } => match byte {
                _ if all >= MAX_TRAILER => return Err(Malformed("trailers")),
                // A line of nothing but its end is the last.
                b'\n' if line == 1 => State::Ended,
                b'\n' => State::Trailer { all: all + 1, line: 0 },
                b'\r' if line == 0 => State::Trailer { all: all + 1, line: 1 },
                _ => State::Trailer { all: all + 1, line: 2 },
            },
            _ => return Ok(()),
        };
        Ok(())
    }
}

const SIZE: State = State::Size { so_far: 0, digits: 0, line: 0, extension: false };

/// One byte of a size line; `line` counts them, and its highest bit says that the last was a carriage return.
fn size(so_far: u64, digits: u8, line: u16, extension: bool, byte: u8) -> Result<State, Malformed> {
    const RETURN: u16 = 0x8000;
    let (returned, length) = (line & RETURN != 0, line & !RETURN);
    if length >= MAX_SIZE_LINE {
        return Err(Malformed("a chunk's size line is too long"));
    }
    match byte {
        b'\n' if returned && digits > 0 => {
            Ok(if so_far == 0 { State::Trailer { all: 0, line: 0 } } else { State::Chunk(so_far) })
        }
        _ if returned => Err(Malformed("a chunk's size")),
        b'\r' if digits > 0 => Ok(State::Size { so_far, digits, line: (length + 1) | RETURN, extension }),
        b'\n' | b'\r' => Err(Malformed("a chunk's size")),
        _ if extension => Ok(State::Size { so_far, digits, line: length + 1, extension }),
        b';' | b' ' | b'\t' if digits > 0 => Ok(State::Size { so_far, digits, line: length + 1, extension: true }),
        _ => {
            let digit = char::from(byte).to_digit(16).ok_or(Malformed("a chunk's size"))?;
            if digits >= 15 {
                return Err(Malformed("a chunk's size"));
            }
            let so_far = so_far << 4 | u64::from(digit);
            Ok(State::Size { so_far, digits: digits + 1, line: length + 1, extension: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a body that comes in these pieces: its content and what is left after it, or why not.
    fn read(framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
        let (mut body, mut content, mut left) = (Body::new(framing), Vec::new(), Vec::new());
        for piece in pieces {
            let mut bytes = *piece;
            loop {
                match body.next(bytes)? {
                    Step::Content { skip, length } => {
                        content.extend_from_slice(&bytes[skip..skip + length]);
                        bytes = &bytes[skip + length..];
                    }
                    Step::More { .. } => break,
                    Step::Ended { skip } => {
                        left.extend_from_slice(&bytes[skip..]);
                        break;
                    }
                }
            }
        }
        if body.ended() { Ok((content, left)) } else { Err(Malformed("not ended")) }
    }

    #[test]
    fn lengths_and_chunks() {
        assert_eq!(read(Framing::Length(3), &[b"abcd"]), Ok((b"abc".to_vec(), b"d".to_vec())));
        let chunks = b"3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET";
        assert_eq!(read(Framing::Chunked, &[chunks]), Ok((b"abc0123456789".to_vec(), b"GET".to_vec())));
        assert_eq!(read(Framing::None, &[b"x"]), Ok((vec![], b"x".to_vec())));
    }

    #[test]
    fn chunks_that_are_none() {
        for bytes in [
            "\r\n",
            "x\r\n",
            "3\nabc",
            "3\r\nabcd\r\n",
            "-1\r\n",
            "1 \n",
            "1\r\r\n",
            "10000000000000000\r\n",
            "0x1\r\n",
            ";x\r\n",
        ] {
            let error = read(Framing::Chunked, &[bytes.as_bytes()]).unwrap_err();
            assert_ne!(error, Malformed("not ended"), "{bytes:?}");
        }
        let long = format!("1;{}\r\n", "x".repeat(300));
        assert!(read(Framing::Chunked, &[long.as_bytes()]).is_err());
        let trailers = format!("0\r\n{}\r\n", "a: b\r\n".repeat(1000));
        assert!(read(Framing::Chunked, &[trailers.as_bytes()]).is_err());
    }

    proptest! {
        #[test]
        fn however_it_is_cut(content in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..50), 0..5), cuts in proptest::collection::vec(0usize..300, 0..6)) {
            let mut sent = Vec::new();
            for chunk in &content {
                sent.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                sent.extend(chunk);
                sent.extend(b"\r\n");
            }
            sent.extend(b"0\r\n\r\nNEXT");
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(sent.len())).collect();
            cuts.extend([0, sent.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &sent[pair[0]..pair[1]]).collect();
            let (got, left) = read(Framing::Chunked, &pieces).unwrap();
            prop_assert_eq!(got, content.concat());
            prop_assert!(b"NEXT".starts_with(&left[..]) || b"NEXT".as_slice() == left);
        }
    }
}
