//! Bytes of a register file as a stream of UTF-8: of bounded pieces, with lines counted.

use super::FileError;
use super::text::{Encoding, Survey};
use std::io::{BufRead, Error, Read};

/// Bytes asked from a file at once.
const BLOCK: usize = 64 * 1024;

/// Turns the bytes of a surveyed file into UTF-8. What no encoding explains becomes U+FFFD.
struct Utf8<R> {
    inner: R,
    encoding: Encoding,
    /// Bytes at the beginning that are not part of the text: a byte order mark, a declaration that no longer holds.
    skip: usize,
    /// Bytes that were read and do not yet make a whole letter.
    rest: Vec<u8>,
    text: String,
    given: usize,
    ended: bool,
}

impl<R: Read> Utf8<R> {
    fn fill(&mut self) -> Result<(), Error> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() && !self.ended {
            let held = self.rest.len();
            self.rest.resize(held + BLOCK, 0);
            let read = self.inner.read(self.rest.get_mut(held..).unwrap_or_default())?;
            self.rest.truncate(held + read);
            self.ended = read == 0;
            let skipped = self.skip.min(self.rest.len());
            self.rest.drain(..skipped);
            self.skip -= skipped;
            self.decode();
        }
        Ok(())
    }

    fn decode(&mut self) {
        if self.encoding == Encoding::Latin1 {
            // Each byte is the letter of its number.
            self.text.extend(self.rest.drain(..).map(char::from));
            return;
        }
        let mut rest = self.rest.as_slice();
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.text.push_str(text);
                    rest = &[];
                    break;
                }
                Err(error) => error,
            };
            let (sound, after) = rest.split_at_checked(error.valid_up_to()).unwrap_or((rest, &[]));
            self.text.push_str(&String::from_utf8_lossy(sound));
            let lost = match error.error_len() {
                Some(lost) => lost,
                None if self.ended => after.len(),
                // A letter that the next block completes.
                None => {
                    rest = after;
                    break;
                }
            };
            self.text.push(char::REPLACEMENT_CHARACTER);
            rest = after.get(lost..).unwrap_or_default();
        }
        self.rest = rest.to_vec();
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.given == self.text.len() {
            self.fill()?;
        }
        let left = self.text.as_bytes().get(self.given..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), left.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// A stream of UTF-8 that fails when a piece of it (an XML event, a row, a page) grows longer than allowed, and that
/// knows the line it has come to.
pub(super) struct Source<R> {
    inner: std::io::BufReader<Utf8<R>>,
    longest: usize,
    since: usize,
    line: u64,
    position: u64,
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R, survey: &Survey, longest: usize) -> Self {
        let (encoding, skip) = (survey.encoding, survey.skip);
        let utf8 = Utf8 { inner, encoding, skip, rest: Vec::new(), text: String::new(), given: 0, ended: false };
        Self { inner: std::io::BufReader::with_capacity(BLOCK, utf8), longest, since: 0, line: 1, position: 0 }
    }

    /// How long a piece may be from now on.
    pub(super) fn longest(&mut self, bytes: usize) {
        self.longest = bytes;
    }

    /// A new piece begins.
    pub(super) fn piece(&mut self) {
        self.since = 0;
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Bytes of UTF-8 given.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the piece was too long.
    pub(super) fn overlong(&self) -> Option<FileError> {
        let problem = || format!("a piece of over {} bytes without an end; is a mark missing?", self.longest);
        (self.since > self.longest).then(|| FileError::Broken { line: self.line, problem: problem() })
    }

    /// The first letter that is not blank, still to be read.
    pub(super) fn first(&mut self) -> Result<Option<u8>, Error> {
        loop {
            let held = self.fill_buf()?;
            let Some(first) = held.first().copied() else { return Ok(None) };
            if !first.is_ascii_whitespace() {
                return Ok(Some(first));
            }
            self.consume(1);
        }
    }
}

impl<R: Read> BufRead for Source<R> {
    fn fill_buf(&mut self) -> Result<&[u8], Error> {
        if self.since > self.longest {
            return Err(Error::other("overlong"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        let passed = self.inner.buffer().get(..count).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.since += count;
        self.position += count as u64;
        self.inner.consume(count);
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let held = self.fill_buf()?;
        let count = held.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), held.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }
}
