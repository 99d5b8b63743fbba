//! HTTP/1.1 (RFC 9112) as a gateway needs it: heads read strictly and written anew, bodies passed on as they come.
//!
//! Ours because a call through a general server and a general client costs twice the processor time (`docs/adr/0008`). Strict
//! because what two readers understand differently is how messages are smuggled: whatever is not plainly one message is
//! refused, and nothing of a head goes on but what is named here.

mod body;
mod head;
mod wire;

pub(crate) use body::{Body, Framing, Step};
pub(crate) use head::{Malformed, Method, RequestHead, ResponseHead};
pub(crate) use wire::{Wire, WireError, content, within};

/// Most bytes of a head.
pub(crate) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Most header fields of a head.
pub(crate) const MAX_FIELDS: usize = 64;

/// Reads bytes as the head of a request, the head of an answer and a chunked body, and throws away what comes of it: for a
/// fuzzer, which looks for what makes a reader stumble.
pub fn read_as_http(bytes: &[u8]) {
    let _ = RequestHead::parse(bytes);
    let _ = ResponseHead::parse(bytes);
    let (mut body, mut at) = (Body::new(Framing::Chunked), 0);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match body.next(rest.get(..rest.len().min(7)).unwrap_or_default()) {
            Ok(body::Step::Content { skip, length }) => at += skip + length,
            Ok(body::Step::More { skip }) if skip > 0 => at += skip,
            _ => return,
        }
    }
}
