//! A call's way up: its head built anew, its body as it comes.

use super::{BACKEND_PATIENCE, PULSE, Run};
use crate::backend::{Taken, only_interim};
use crate::http1::{Framing, Method, WireError};
use crate::judge::write_texts;
use crate::message::{Message, told};
use liitos_domain::RefusalCode;
use liitos_domain::directory::Decision;
use liitos_domain::refusal::Finding;
use std::io::Write as _;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes a second of which a body that takes long must come.
const SLOWEST: u64 = 16 * 1024;
/// Small chunks that stand at hand go on together, up to about so many bytes.
const TOGETHER: usize = 16 * 1024;

impl Run<'_> {
    /// Sends head and body to the backend, until they are sent or it answers before.
    pub(super) async fn send_on<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        taken: &mut Taken<'_>,
        message: &mut Message<'_, S>,
        decision: &Decision,
    ) -> Result<(), Broken> {
        let silence = self.door.limits().silence();
        let reading = self.head.method == Method::Get;
        let mut out = self.request(taken.authority(), decision);
        if !reading {
            let chunked = self.head.framing == Framing::Chunked;
            self.bytes_in += message.first.len() as u64;
            put(&mut out, &message.first, chunked);
            if chunked && message.body.ended() {
                out.extend_from_slice(b"0\r\n\r\n");
            }
        }
        taken.wire.send(&out, silence).await.map_err(Broken::Backend)?;
        if reading || message.body.ended() {
            return Ok(());
        }
        self.stream(taken, message, &mut out).await
    }

    /// The rest of a body as it comes.
    async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        taken: &mut Taken<'_>,
        message: &mut Message<'_, S>,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let silence = self.door.limits().silence();
        let chunked = self.head.framing == Framing::Chunked;
        let mut waited = Duration::ZERO;
        let begun = self.door.now();
        message.ask().await?;
        out.clear();
        loop {
            self.still()?;
            if drips(self.decided.as_micros() - begun.as_micros(), self.bytes_in) {
                return Err(Finding::new(RefusalCode::TooSlow, "request body").into());
            }
            let length = self.piece(taken, message, out).await?;
            if length > 0 {
                waited = Duration::ZERO;
                if out.len() < TOGETHER {
                    continue;
                }
            }
            let ended = message.body.ended();
            if ended && chunked {
                out.extend_from_slice(b"0\r\n\r\n");
            }
            taken.wire.send(out, silence).await.map_err(Broken::Backend)?;
            out.clear();
            if ended {
                return Ok(());
            }
            if length > 0 {
                continue;
            }
            let wanted = message.body.wanted();
            tokio::select! {
                biased;
                came = message.wire.fill(wanted) => match came {
                    Ok(true) => {}
                    _ => return Err(Finding::new(RefusalCode::TooSlow, "request body").into()),
                },
                // An answer before the end: the backend wants no more of it.
                came = taken.wire.fill(0) => match came {
                    Ok(true) if only_interim(&mut taken.wire) => {}
                    Ok(true) => return Ok(()),
                    Ok(false) => return Err(Broken::Backend(WireError::Ended)),
                    Err(error) => return Err(Broken::Backend(error.into())),
                },
                () = tokio::time::sleep(PULSE.min(silence)) => {
                    waited += PULSE.min(silence);
                    if waited >= silence {
                        return Err(Finding::new(RefusalCode::TooSlow, "request body").into());
                    }
                }
            }
        }
    }

    /// Takes the next piece that stands at hand, and sends it on or, a chunk, puts it to those before; its length.
    async fn piece<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        taken: &mut Taken<'_>,
        message: &mut Message<'_, S>,
        out: &mut Vec<u8>,
    ) -> Result<usize, Broken> {
        let length = message.wire.content(&mut message.body).map_err(told)?;
        self.bytes_in += length as u64;
        let piece = message.wire.at_hand().get(..length).unwrap_or_default();
        let sent = if self.bytes_in > self.door.limits().message_bytes {
            Err(Finding::new(RefusalCode::MessageTooLarge, "request body").into())
        } else if self.head.framing == Framing::Chunked {
            put(out, piece, true);
            Ok(())
        } else if piece.is_empty() {
            Ok(())
        } else {
            taken.wire.send(piece, self.door.limits().silence()).await.map_err(Broken::Backend)
        };
        // Used up whatever became of it: what is left at hand must be what the body has left.
        message.wire.use_up(length);
        sent.map(|()| length)
    }

    /// The request's head, built anew: nothing that came in under the facts' names goes through.
    fn request(&self, authority: &str, decision: &Decision) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        let method = if self.head.method == Method::Get { "GET" } else { "POST" };
        write_texts(&mut out, &[method, " ", self.head.target, " HTTP/1.1\r\nhost: ", authority, "\r\n"]);
        if let Some(wanted) = &self.wanted {
            self.door.judge().facts(self.peer, wanted, decision, &self.id, &mut out);
        }
        write_texts(&mut out, &["traceparent: ", self.trace.traceparent(), "\r\n"]);
        // What belongs to a trace that was not taken on would belong to none.
        let state = self.trace.parent().map(|_| "tracestate");
        for name in ["accept", "content-type"].into_iter().chain(state) {
            if let Some(value) = self.head.field(name) {
                write_texts(&mut out, &[name, ": ", value, "\r\n"]);
            }
        }
        // Only one whose words were held against what was decided.
        let read = self.wanted.as_ref().is_some_and(|wanted| wanted.claimed.is_some());
        let passes = read && self.door.judge().passes_authorization();
        if let Some(value) = self.head.field("authorization").filter(|_| passes) {
            write_texts(&mut out, &["authorization: ", value, "\r\n"]);
        }
        match self.head.framing {
            _ if self.head.method == Method::Get => {}
            Framing::Length(length) => drop(write!(out, "content-length: {length}\r\n")),
            Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
            Framing::None | Framing::UntilEnd => out.extend_from_slice(b"content-length: 0\r\n"),
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// Whether a body comes so slowly that it only keeps its place, after so many microseconds.
fn drips(micros: i64, bytes: u64) -> bool {
    let seconds = u64::try_from(micros / 1_000_000).unwrap_or(0);
    seconds > BACKEND_PATIENCE.as_secs() && bytes < seconds * SLOWEST
}

/// What ended a call before its answer.
pub(super) enum Broken {
    /// The caller's doing, or it is not permitted any more.
    Refused(Finding),
    Backend(WireError),
}

impl From<Finding> for Broken {
    fn from(finding: Finding) -> Self {
        Self::Refused(finding)
    }
}

/// Puts a piece of a body, as a chunk where it is chunked.
pub(super) fn put(out: &mut Vec<u8>, piece: &[u8], chunked: bool) {
    if piece.is_empty() {
        return;
    }
    if chunked {
        let _ = write!(out, "{:x}\r\n", piece.len());
    }
    out.extend_from_slice(piece);
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_body_must_come_at_a_rate() {
        assert!(!drips(119_000_000, 0));
        assert!(drips(121_000_000, 121 * SLOWEST - 1) && !drips(121_000_000, 121 * SLOWEST));
        assert!(!drips(-1, 0), "a clock that was set back");
    }
}
