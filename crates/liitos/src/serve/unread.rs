//! What arrives of a request: within a time; and to its end before the answer goes out, whatever a handler has read of it.
//!
//! A server that answers and closes while more still comes has its answer thrown away by the caller's machine (RFC 9112 9.6): instead of the
//! page that says what is too large, a person would see that the connection broke.

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Sleep, sleep};

/// Most that is read of what no handler wants, in bytes; who sends more finds the connection closed.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// A body that is read on after its reader has let it go, until a moment.
#[derive(Clone)]
struct Shared(Arc<Mutex<(Body, Pin<Box<Sleep>>)>>);

impl Shared {
    fn with<T>(&self, of: impl FnOnce(&mut (Body, Pin<Box<Sleep>>)) -> T) -> T {
        of(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads what is left, and forgets it.
    async fn drain(mut self) {
        let mut read = 0_usize;
        while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut self).poll_frame(cx)).await {
            read = read.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if read > MAX_BYTES {
                return;
            }
        }
    }
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.with(|(body, ends)| match Pin::new(body).poll_frame(cx) {
            Poll::Pending if ends.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Some(Err("the request took too long".into())))
            }
            polled => polled.map_err(BoxError::from),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.with(|(body, _)| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|(body, _)| body.size_hint())
    }
}

/// Answers when all of the request is read, which must arrive within a time.
pub(super) async fn drained(request: Request, next: Next, within: Duration) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let shared = Shared(Arc::new(Mutex::new((body, Box::pin(sleep(within))))));
    let response = next.run(Request::from_parts(parts, Body::new(shared.clone()))).await;
    shared.drain().await;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use http::StatusCode;
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// What a caller reads that sends a head and so many bytes, in parts, and only then looks; and whether the server took all.
    async fn told(length: usize, sent: usize, within: Duration) -> (String, bool) {
        let router = Router::new()
            .route("/", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }))
            .route("/read", post(|body: String| async move { body.len().to_string() }))
            .layer(from_fn(move |request, next| drained(request, next, within)));
        let (mut caller, server) = tokio::io::duplex(4096);
        let path = if within.is_zero() { "/read" } else { "/" };
        let calling = async move {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            let mut took = caller.write_all(head.as_bytes()).await.is_ok();
            took = took && caller.write_all(&vec![b'x'; sent]).await.is_ok();
            let mut answer = Vec::new();
            let _ = caller.read_to_end(&mut answer).await;
            (String::from_utf8_lossy(&answer).into_owned(), took)
        };
        let serving = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(server), TowerToHyperService::new(router));
        tokio::join!(calling, serving).0
    }

    #[tokio::test]
    async fn what_is_too_large_is_told_to_who_sends_it_all() {
        let (answer, took) = told(10_000_000, 10_000_000, Duration::from_secs(60)).await;
        assert!(took && answer.starts_with("HTTP/1.1 413"), "{took} {answer}");
    }

    #[tokio::test]
    async fn nobody_is_listened_to_without_end() {
        let (_, took) = told(MAX_BYTES * 2, MAX_BYTES * 2, Duration::from_secs(60)).await;
        assert!(!took);
    }

    #[tokio::test]
    async fn what_does_not_arrive_is_not_waited_for() {
        let (answer, _) = told(100, 10, Duration::ZERO).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}
