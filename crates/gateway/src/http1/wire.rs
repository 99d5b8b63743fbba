//! A connection with the bytes that have come and are not used yet.

use super::body::Step;
use super::{Body, Framing, MAX_HEAD_BYTES, Malformed};
use bytes::BufMut as _;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Read at once while a head is waited for: idle connections keep no more.
const SMALL: usize = 4 * 1024;
/// Read at once while a body passes.
const LARGE: usize = 64 * 1024;

/// How long, and how many pieces of a broken request are read after its refusal.
const DISCARDING: Duration = Duration::from_secs(1);
const MOST_DISCARDED: u32 = 64;

/// What ends a connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("nothing came in time")]
    Silent,
    #[error("ended in the middle")]
    Ended,
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error("the head is too large")]
    HeadTooLarge,
}

/// What comes of it within the given time. No timer is set for what is there at once, which most is.
pub(crate) async fn within<T>(patience: Duration, doing: impl Future<Output = T>) -> Option<T> {
    let mut doing = pin!(doing);
    if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(doing.as_mut().poll(context))).await {
        return Some(done);
    }
    tokio::time::timeout(patience, doing).await.ok()
}

/// One end of a connection.
pub(crate) struct Wire<S> {
    stream: S,
    bytes: Vec<u8>,
    /// Bytes of `bytes` that are used.
    used: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, bytes: Vec::new(), used: 0 }
    }

    pub(crate) const fn stream(&self) -> &S {
        &self.stream
    }

    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// The bytes that have come and are not used.
    pub(crate) fn at_hand(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    pub(crate) fn use_up(&mut self, count: usize) {
        self.used += count;
        if self.used >= self.bytes.len() {
            self.bytes.clear();
            self.used = 0;
        }
    }

    /// Gives back the memory of a large body.
    pub(crate) fn rest(&mut self) {
        if self.bytes.is_empty() && self.bytes.capacity() > SMALL {
            self.bytes = Vec::new();
        }
    }

    /// Takes what comes; whether anything did. Nothing is lost when this is dropped before it ends.
    pub(crate) async fn fill(&mut self, wanted: usize) -> io::Result<bool> {
        if self.used > 0 {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        let most = wanted.clamp(SMALL, LARGE);
        self.bytes.reserve(most);
        Ok(self.stream.read_buf(&mut (&mut self.bytes).limit(most)).await? > 0)
    }

    /// Sends all of it.
    pub(crate) async fn send(&mut self, bytes: &[u8], patience: Duration) -> Result<(), WireError> {
        let sending = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        within(patience, sending).await.ok_or(WireError::Silent)?.map_err(WireError::Io)
    }

    /// Waits for the first byte of a message, and no longer than `patience`; whether one came.
    pub(crate) async fn begun(&mut self, patience: Duration) -> bool {
        self.rest();
        // An empty line between requests is borne (RFC 9112 2.2).
        while self.at_hand().starts_with(b"\r\n") {
            self.use_up(2);
        }
        !self.at_hand().is_empty() || matches!(within(patience, self.fill(SMALL)).await, Some(Ok(true)))
    }

    /// Takes a head into `head`, within the given time.
    pub(crate) async fn head(&mut self, head: &mut Vec<u8>, patience: Duration) -> Result<(), WireError> {
        if self.head_at_hand(head, 0)? {
            return Ok(());
        }
        let whole = async {
            loop {
                let seen = self.at_hand().len();
                if !self.fill(SMALL).await? {
                    return Err(WireError::Ended);
                }
                if self.head_at_hand(head, seen.saturating_sub(3))? {
                    return Ok(());
                }
            }
        };
        within(patience, whole).await.ok_or(WireError::Silent)?
    }

    /// Takes a head whose end is among the bytes at hand, from `seen` on.
    fn head_at_hand(&mut self, head: &mut Vec<u8>, seen: usize) -> Result<bool, WireError> {
        let bytes = self.at_hand();
        let Some(end) = memchr::memmem::find(bytes.get(seen..).unwrap_or_default(), b"\r\n\r\n") else {
            return if bytes.len() > MAX_HEAD_BYTES { Err(WireError::HeadTooLarge) } else { Ok(false) };
        };
        let length = seen + end + 4;
        if length > MAX_HEAD_BYTES {
            return Err(WireError::HeadTooLarge);
        }
        head.clear();
        head.extend_from_slice(bytes.get(..length).unwrap_or_default());
        self.use_up(length);
        Ok(true)
    }

    /// The length of the body's content at the beginning of the bytes at hand, framing before it used up; 0 when more must
    /// come or it has ended.
    pub(crate) fn content(&mut self, body: &mut Body) -> Result<usize, Malformed> {
        let step = body.next(self.at_hand())?;
        let (Step::Content { skip, .. } | Step::More { skip } | Step::Ended { skip }) = step;
        self.use_up(skip);
        Ok(if let Step::Content { length, .. } = step { length } else { 0 })
    }

    /// Reads a bounded rest and throws it away: who still sends would lose the answer with the connection.
    pub(crate) async fn discard(&mut self) {
        let all = async {
            for _ in 0..MOST_DISCARDED {
                self.use_up(self.bytes.len());
                if !matches!(self.fill(LARGE).await, Ok(true)) {
                    return;
                }
            }
        };
        let _ = within(DISCARDING, all).await;
    }

    /// Ends the connection as its protocol wishes.
    pub(crate) async fn end(mut self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.stream.shutdown()).await;
    }
}

/// The whole of a body, at most so many bytes of it.
pub(crate) async fn content<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    framing: Framing,
    most: usize,
) -> Result<Vec<u8>, WireError> {
    let (mut body, mut content) = (Body::new(framing), Vec::new());
    loop {
        match wire.content(&mut body)? {
            0 if body.ended() => return Ok(content),
            0 => {
                if !wire.fill(body.wanted()).await? {
                    return if body.may_end() { Ok(content) } else { Err(WireError::Ended) };
                }
            }
            length => {
                if content.len() + length > most {
                    return Err(Malformed("the body is too large").into());
                }
                content.extend_from_slice(wire.at_hand().get(..length).unwrap_or_default());
                wire.use_up(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Framing;
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn heads_come_as_they_come() {
        let (near, mut far) = tokio::io::duplex(64);
        let sending = tokio::spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nA: b\r\n\r\nabc\r\nGET /2 HTTP/1.1\r\n\r\n" {
                far.write_all(&[*byte]).await.unwrap();
            }
        });
        let (mut wire, mut head) = (Wire::new(near), Vec::new());
        assert!(wire.begun(PATIENCE).await);
        wire.head(&mut head, PATIENCE).await.unwrap();
        assert_eq!(head, b"GET / HTTP/1.1\r\nA: b\r\n\r\n");
        let (mut body, mut content) = (Body::new(Framing::Length(3)), Vec::new());
        while !body.ended() {
            match wire.content(&mut body).unwrap() {
                0 => assert!(wire.fill(body.wanted()).await.unwrap()),
                length => {
                    content.extend_from_slice(&wire.at_hand()[..length]);
                    wire.use_up(length);
                }
            }
        }
        assert_eq!(content, b"abc");
        assert!(wire.begun(PATIENCE).await);
        wire.head(&mut head, PATIENCE).await.unwrap();
        assert_eq!(head, b"GET /2 HTTP/1.1\r\n\r\n");
        sending.await.unwrap();
        assert!(!wire.begun(PATIENCE).await);
    }

    #[tokio::test]
    async fn a_head_without_end() {
        let (near, mut far) = tokio::io::duplex(64);
        tokio::spawn(async move { while far.write_all(&[b'a'; 64]).await.is_ok() {} });
        let (mut wire, mut head) = (Wire::new(near), Vec::new());
        let ended = wire.head(&mut head, PATIENCE).await;
        assert!(matches!(ended, Err(WireError::HeadTooLarge)));
    }
}
