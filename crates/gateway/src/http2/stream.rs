//! One call over HTTP/2 as a connection of HTTP/1.1 that carries it alone.
//!
//! The head is written as text and read by the one strict reader of heads; only framing that is made here stands in it, so that
//! there is nothing two readers could understand differently.

use super::CALL_WINDOW;
use crate::http1::{Body, Framing, MAX_HEAD_BYTES, ResponseHead, Step};
use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One call, seen from inside as bytes of HTTP/1.1.
pub(super) struct Stream {
    /// What has come and is not read.
    ready: Bytes,
    body: RecvStream,
    /// Whether the body's length was not said, so that it comes in chunks.
    chunked: bool,
    /// Whether all of it has come.
    come: bool,
    answer: Answer,
}

enum Answer {
    /// The head is written, so far.
    Head(SendResponse<Bytes>, Vec<u8>),
    /// The body is; with what is left of a piece.
    Body(SendStream<Bytes>, Body, usize),
    /// It went out whole.
    Whole,
}

impl Stream {
    pub(super) fn new(request: Request<RecvStream>, respond: SendResponse<Bytes>) -> Self {
        let (parts, body) = request.into_parts();
        let come = body.is_end_stream();
        let chunked = !come && !parts.headers.contains_key(header::CONTENT_LENGTH);
        let answer = Answer::Head(respond, Vec::new());
        Self { ready: text(&parts, chunked), body, chunked, come, answer }
    }

    /// Ends the call; whether its caller gave it up. An answer that did not go out whole is seen to be cut off.
    pub(super) fn end(self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        match self.answer {
            Answer::Head(mut respond, _) => {
                let reset = respond.poll_reset(&mut context).is_ready();
                respond.send_reset(Reason::INTERNAL_ERROR);
                reset
            }
            Answer::Body(mut send, ..) => {
                let reset = send.poll_reset(&mut context).is_ready();
                send.send_reset(Reason::INTERNAL_ERROR);
                reset
            }
            Answer::Whole => false,
        }
    }
}

/// A request's head as HTTP/1.1 writes it.
fn text(parts: &Parts, chunked: bool) -> Bytes {
    let mut out = BytesMut::with_capacity(1024);
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    for text in [parts.method.as_str(), " ", target, " HTTP/1.1\r\n"] {
        out.put_slice(text.as_bytes());
    }
    let mut field = |name: &str, value: &[u8]| {
        for bytes in [name.as_bytes(), b": ", value, b"\r\n"] {
            out.put_slice(bytes);
        }
    };
    let authority = parts.uri.authority();
    if let Some(authority) = authority {
        field("host", authority.as_str().as_bytes());
    }
    for (name, value) in &parts.headers {
        let (host, own) = (name == header::HOST && authority.is_some(), own_to_a_connection(name));
        if !host && !own {
            field(name.as_str(), value.as_bytes());
        }
    }
    if chunked {
        field("transfer-encoding", b"chunked");
    }
    out.put_slice(b"\r\n");
    out.freeze()
}

/// Fields that HTTP/2 does not have (RFC 9113 8.2.2).
fn own_to_a_connection(name: &HeaderName) -> bool {
    [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TE, header::TRAILER].contains(name)
        || ["keep-alive", "proxy-connection"].contains(&name.as_str())
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.answer, Answer::Whole) {
            // Nobody needs the rest: with the stream it is given back (RFC 9113 8.1).
            return Poll::Ready(Err(broken("the call is over")));
        }
        while this.ready.is_empty() && !this.come {
            match ready!(this.body.poll_data(cx)) {
                // An empty chunk would be the last.
                Some(Ok(data)) if data.is_empty() => {}
                Some(Ok(data)) => {
                    this.body.flow_control().release_capacity(data.len()).map_err(io::Error::other)?;
                    this.ready = if this.chunked { chunk(&data) } else { data };
                }
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => {
                    this.come = true;
                    this.ready = if this.chunked { Bytes::from_static(b"0\r\n\r\n") } else { Bytes::new() };
                }
            }
        }
        let length = buf.remaining().min(this.ready.len());
        buf.put_slice(&this.ready.split_to(length));
        Poll::Ready(Ok(()))
    }
}

fn chunk(data: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 16);
    out.put_slice(format!("{:x}\r\n", data.len()).as_bytes());
    out.put_slice(data);
    out.put_slice(b"\r\n");
    out.freeze()
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let answer = &mut self.get_mut().answer;
        match answer {
            Answer::Head(respond, head) => {
                let before = head.len();
                head.extend_from_slice(bytes.get(..bytes.len().min(MAX_HEAD_BYTES)).unwrap_or_default());
                let Some(end) = memchr::memmem::find(head, b"\r\n\r\n").map(|at| at + 4) else {
                    let long = head.len() > MAX_HEAD_BYTES;
                    return Poll::Ready(if long {
                        Err(broken("the head is too large"))
                    } else {
                        Ok(head.len() - before)
                    });
                };
                head.truncate(end);
                if let Some(next) = begin(respond, head)? {
                    *answer = next;
                } else {
                    head.clear();
                }
                Poll::Ready(Ok(end.saturating_sub(before)))
            }
            Answer::Body(send, body, left) => {
                let (used, whole) = ready!(put(send, body, left, bytes, cx))?;
                if whole {
                    *answer = Answer::Whole;
                }
                Poll::Ready(Ok(used))
            }
            Answer::Whole => Poll::Ready(Err(broken("more than an answer"))),
        }
    }

    /// What has been taken is on its way: the connection sends it.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn broken(problem: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, problem)
}

/// Begins to answer with a head; what comes next, or nothing after an interim one.
fn begin(respond: &mut SendResponse<Bytes>, head: &[u8]) -> io::Result<Option<Answer>> {
    let head = ResponseHead::parse(head).map_err(io::Error::other)?;
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::from_u16(head.status).map_err(io::Error::other)?;
    if answer.status().is_informational() {
        respond.send_informational(answer).map_err(io::Error::other)?;
        return Ok(None);
    }
    *answer.headers_mut() = fields(&head)?;
    let empty = matches!(head.framing, Framing::None | Framing::Length(0));
    let send = respond.send_response(answer, empty).map_err(io::Error::other)?;
    Ok(Some(match head.framing {
        _ if empty => Answer::Whole,
        Framing::UntilEnd => return Err(broken("an answer without end")),
        framing => Answer::Body(send, Body::new(framing), 0),
    }))
}

fn fields(head: &ResponseHead<'_>) -> io::Result<HeaderMap> {
    let mut fields = HeaderMap::new();
    for (name, value) in head.passed_on() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
        fields.append(name, http::HeaderValue::from_bytes(value).map_err(io::Error::other)?);
    }
    if let Framing::Length(length) = head.framing {
        fields.insert(header::CONTENT_LENGTH, length.into());
    }
    Ok(fields)
}

/// Takes from the answer's body what the caller has room for: how many of the bytes, and whether the answer is whole.
fn put(
    send: &mut SendStream<Bytes>,
    body: &mut Body,
    left: &mut usize,
    bytes: &[u8],
    cx: &mut Context<'_>,
) -> Poll<io::Result<(usize, bool)>> {
    let mut used = 0;
    loop {
        let rest = bytes.get(used..).unwrap_or_default();
        if *left == 0 {
            match body.next(rest).map_err(io::Error::other)? {
                Step::Content { skip, length } => {
                    used += skip;
                    *left = length;
                }
                Step::More { skip } => return Poll::Ready(Ok((used + skip, false))),
                Step::Ended { skip } => {
                    send.send_data(Bytes::new(), true).map_err(io::Error::other)?;
                    return Poll::Ready(Ok((used + skip, true)));
                }
            }
            continue;
        }
        let wanted = rest.len().min(*left);
        if wanted == 0 {
            return Poll::Ready(Ok((used, false)));
        }
        send.reserve_capacity(wanted.min(CALL_WINDOW as usize));
        if send.capacity() == 0 {
            match send.poll_capacity(cx) {
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(io::Error::other(error))),
                Poll::Ready(None) => return Poll::Ready(Err(broken("the caller gave the call up"))),
                Poll::Pending if used > 0 => return Poll::Ready(Ok((used, false))),
                Poll::Pending => return Poll::Pending,
            }
        }
        let piece = rest.get(..wanted.min(send.capacity())).unwrap_or_default();
        *left -= piece.len();
        used += piece.len();
        let whole = *left == 0 && body.ended();
        send.send_data(Bytes::copy_from_slice(piece), whole).map_err(io::Error::other)?;
        if whole {
            return Poll::Ready(Ok((used, true)));
        }
    }
}
