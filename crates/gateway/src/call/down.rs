//! A call's way back: the backend's answer to the caller.

use super::up::put;
use super::{BACKEND_PATIENCE, Ended, PULSE, Run};
use crate::backend::Taken;
use crate::http1::{Body, Framing, ResponseHead, within};
use crate::message::Message;
use std::io::Write as _;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Answers up to so many bytes are not cut off: they are there before anybody could change anything.
const SMALL_ANSWER: u64 = 64 * 1024;
/// So much of an answer goes out in smaller pieces.
const FIRST: u64 = 256 * 1024;
const FIRST_PIECES: usize = 16 * 1024;

impl Run<'_> {
    /// Sends the backend's answer to the caller.
    pub(super) async fn give_back<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: &mut Message<'_, S>,
        taken: &mut Taken<'_>,
        answer: &ResponseHead<'_>,
    ) -> Ended {
        let silence = self.door.limits().silence();
        // What was not taken of the body must not be read as the next request.
        let keep = self.head.keep_alive && !self.door.stopping() && message.bearable();
        let chunked = self.head.newest && matches!(answer.framing, Framing::Chunked | Framing::UntilEnd);
        let keep = keep && (chunked || !matches!(answer.framing, Framing::Chunked | Framing::UntilEnd));
        let watched = !matches!(answer.framing, Framing::None | Framing::Length(..=SMALL_ANSWER));
        let mut out = response(answer, chunked, keep);
        let mut body = Body::new(answer.framing);
        loop {
            let Ok(length) = taken.wire.content(&mut body) else {
                return self.cut("the backend's answer is malformed");
            };
            put(&mut out, taken.wire.at_hand().get(..length).unwrap_or_default(), chunked);
            taken.wire.use_up(length);
            // More of it may stand at hand; a large piece goes out first.
            if length > 0 && out.len() < FIRST_PIECES && !body.ended() && !taken.wire.at_hand().is_empty() {
                continue;
            }
            let ended = body.ended();
            if ended {
                self.running = None;
            }
            if ended && chunked {
                out.extend_from_slice(b"0\r\n\r\n");
            }
            if !out.is_empty() {
                self.bytes_out += out.len() as u64;
                if message.wire.send(&out, silence).await.is_err() {
                    return self.cut("the caller does not take the answer");
                }
                out.clear();
            }
            if ended {
                // Who still sends would lose the answer with the connection.
                message.drain().await;
                return Ended::Whole { status: answer.status, keep };
            }
            match self.more(taken, &body, watched).await {
                Ok(true) => {}
                Ok(false) if body.may_end() && chunked => body = Body::new(Framing::None),
                Ok(false) if body.may_end() => return Ended::Whole { status: answer.status, keep: false },
                Ok(false) => return self.cut("the backend ended in the middle"),
                Err(why) => return self.cut(&why),
            }
        }
    }

    /// More of the answer; a large one is not waited for when the call is not permitted any more.
    async fn more(&mut self, taken: &mut Taken<'_>, body: &Body, watched: bool) -> Result<bool, String> {
        let mut waited = Duration::ZERO;
        while waited < BACKEND_PATIENCE {
            if watched {
                self.still().map_err(|finding| finding.to_string())?;
            }
            // A peer whose window is small yet stalls on large pieces.
            let most = if self.bytes_out < FIRST { FIRST_PIECES } else { usize::MAX };
            match within(PULSE, taken.wire.fill(body.wanted().min(most))).await {
                Some(came) => return came.map_err(|error| error.to_string()),
                None => waited += PULSE,
            }
        }
        Err("the backend fell silent".to_owned())
    }

    fn cut(&self, why: &str) -> Ended {
        tracing::info!(decision = self.id, why, "the answer was cut off");
        Ended::CutOff
    }
}

/// The answer's head for the caller.
fn response(answer: &ResponseHead<'_>, chunked: bool, keep: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let status = http::StatusCode::from_u16(answer.status);
    let reason = status.ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let _ = write!(out, "HTTP/1.1 {} {reason}\r\n", answer.status);
    for (name, value) in answer.passed_on() {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    match answer.framing {
        Framing::Length(length) => drop(write!(out, "content-length: {length}\r\n")),
        _ if chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        _ => {}
    }
    if !keep {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}
