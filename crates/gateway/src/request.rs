//! One call: what it wants, from its path and first bytes, bounded.

use crate::forward::{Body, BodyError};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use liitos_documents::envelope::{MAX_ENVELOPE_BYTES, Progress, read_envelope};
use liitos_domain::document::{Envelope, interaction_of};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Most bytes read and thrown away after a refusal, so that the peer gets the answer on a connection it can use again.
const MAX_DRAIN: usize = 1024 * 1024;
/// How long that may take.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);

/// What a call wants.
pub(crate) struct Wanted {
    pub(crate) service: Service,
    pub(crate) operation: Operation,
    pub(crate) represented: Oid,
    pub(crate) envelope: Option<Envelope>,
}

/// The whole envelope must come within so many silences: a peer that sends a byte now and then keeps no place.
const ENVELOPE_SILENCES: u32 = 3;

/// The bytes of a message so far, and the rest still to come.
pub(crate) struct Incomplete {
    pub(crate) first: BytesMut,
    pub(crate) rest: Incoming,
    silence: Duration,
}

impl Incomplete {
    pub(crate) fn new(rest: Incoming, silence: Duration) -> Self {
        Self { first: BytesMut::new(), rest, silence }
    }

    /// Reads until the envelope is complete, and what it wants.
    pub(crate) async fn wanted(&mut self, point: &AccessPointOid) -> Result<Wanted, Finding> {
        let whole = self.silence * ENVELOPE_SILENCES;
        let slow = |_| Finding::new(RefusalCode::TooSlow, "request body");
        let envelope = tokio::time::timeout(whole, self.envelope()).await.map_err(slow)??;
        let interaction = interaction_of(&envelope)?;
        if AccessPointOid::of_device(&envelope.sender).as_ref() != Some(point) {
            return Err(Finding::new(RefusalCode::SenderForeign, "sender/device/id"));
        }
        Ok(Wanted {
            service: interaction.service,
            operation: interaction.operation,
            represented: envelope.represented.clone(),
            envelope: Some(envelope),
        })
    }

    /// Tries again only when the bytes have grown by half, so that a peer sending byte by byte costs no more than one
    /// that sends at once.
    async fn envelope(&mut self) -> Result<Envelope, Finding> {
        let mut try_at = 0;
        loop {
            let ended = self.more().await?;
            if ended || self.first.len() >= try_at {
                if let Progress::Complete(envelope) = read_envelope(&self.first)? {
                    return Ok(*envelope);
                }
                try_at = self.first.len() + (self.first.len() / 2).max(512);
            }
            if ended {
                return Err(Finding::new(RefusalCode::XmlNotAccepted, "ends in the middle"));
            }
            try_at = try_at.min(MAX_ENVELOPE_BYTES);
        }
    }

    /// Takes the next piece; whether the body has ended.
    async fn more(&mut self) -> Result<bool, Finding> {
        let slow = || Finding::new(RefusalCode::TooSlow, "request body");
        match tokio::time::timeout(self.silence, self.rest.frame()).await {
            Err(_) => Err(slow()),
            Ok(None) => Ok(true),
            Ok(Some(Err(_))) => Err(slow()),
            Ok(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.first.extend_from_slice(data);
                }
                Ok(false)
            }
        }
    }

    /// Reads a bounded rest and throws it away; whether the body has ended.
    pub(crate) async fn drain(mut self) -> bool {
        let read = async {
            let mut total = 0;
            while let Some(Ok(frame)) = self.rest.frame().await {
                total += frame.data_ref().map_or(0, Bytes::len);
                if total > MAX_DRAIN {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(DRAIN_PATIENCE, read).await.unwrap_or(false)
    }

    /// The whole body again: the first bytes, then the rest as it comes, bounded in size and silence, and only while the call
    /// is permitted. What ended it is left in `cause`.
    pub(crate) fn into_body(self, max_bytes: u64, still: Still, cause: Arc<OnceLock<Finding>>) -> Body {
        let first = self.first.freeze();
        let state = (Some(first), self.rest, self.silence, 0u64);
        let stream = frames(state, max_bytes, still, cause);
        StreamBody::new(stream).boxed_unsync()
    }
}

/// Whether a call that runs is still permitted.
pub(crate) type Still = Arc<dyn Fn() -> Result<(), Finding> + Send + Sync>;
/// How often that is asked while nothing comes.
const PULSE: Duration = Duration::from_millis(200);
/// Answers up to so many bytes are not cut off: they are there before anybody could change anything.
const SMALL_ANSWER: u64 = 64 * 1024;

/// The next piece of a body, while the call is permitted; at most so long is waited for it.
async fn next(rest: &mut Incoming, patience: Duration, still: &Still) -> Result<Option<Frame<Bytes>>, Finding> {
    let broken = || Finding::new(RefusalCode::TooSlow, "request body");
    let mut left = patience;
    loop {
        still()?;
        let pulse = left.min(PULSE);
        match tokio::time::timeout(pulse, rest.frame()).await {
            Ok(frame) => return frame.transpose().map_err(|_| broken()),
            Err(_) => left = left.saturating_sub(pulse),
        }
        if left.is_zero() {
            return Err(broken());
        }
    }
}

/// An answer on its way out: a large one is cut off when the call is not permitted any more.
/// Takes its decision id, and what is let go when it has ended.
pub(crate) fn watched<R: Send + 'static>(
    body: Incoming,
    patience: Duration,
    still: Still,
    (decision, running): (String, R),
) -> Body {
    use hyper::body::Body as _;
    let small = body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL_ANSWER);
    let still: Still = if small { Arc::new(|| Ok(())) } else { still };
    let stream = futures_util::stream::unfold(Some((body, still, decision, running)), move |state| async move {
        let (mut body, still, decision, running) = state?;
        match next(&mut body, patience, &still).await {
            Ok(None) => None,
            Ok(Some(frame)) => Some((Ok(frame), Some((body, still, decision, running)))),
            Err(finding) => {
                tracing::info!(decision, code = %finding.code, "the answer was cut off");
                Some((Err(BodyError::from("the answer was cut off")), None))
            }
        }
    });
    StreamBody::new(stream).boxed_unsync()
}

type StreamState = (Option<Bytes>, Incoming, Duration, u64);

fn frames(
    state: StreamState,
    max_bytes: u64,
    still: Still,
    cause: Arc<OnceLock<Finding>>,
) -> impl futures_core::Stream<Item = Result<Frame<Bytes>, BodyError>> {
    let fail = move |finding: Finding| {
        let text = finding.to_string();
        let _ = cause.set(finding);
        BodyError::from(text)
    };
    futures_util::stream::unfold(Some(state), move |state| {
        let (fail, still) = (fail.clone(), Arc::clone(&still));
        async move {
            let (first, mut rest, silence, total) = state?;
            let frame = match first {
                Some(first) => Ok(Frame::data(first)),
                None => match next(&mut rest, silence, &still).await {
                    Err(finding) => Err(fail(finding)),
                    Ok(None) => return None,
                    Ok(Some(frame)) => Ok(frame),
                },
            };
            let length = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, |data| data.len() as u64);
            let total = total + length;
            if total > max_bytes {
                let large = Finding::new(RefusalCode::MessageTooLarge, "request body");
                return Some((Err(fail(large)), None));
            }
            let failed = frame.is_err();
            Some((frame, (!failed).then_some((None, rest, silence, total))))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper_util::rt::TokioIo;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// An answer of a backend over a connection in memory: pieces without end, with a silence after the tenth.
    async fn answer() -> Incoming {
        let (near, far) = tokio::io::duplex(64 * 1024);
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|_| async {
                let pieces = futures_util::stream::unfold(0u32, |count| async move {
                    if count >= 10 {
                        std::future::pending::<()>().await;
                    }
                    Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[7; 16_384]))), count + 1))
                });
                Ok::<_, Infallible>(http::Response::new(StreamBody::new(pieces)))
            });
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(far), service).await;
        });
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(near)).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::get("/").body(http_body_util::Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        // The sender must outlive the answer, as in the backend's pool.
        tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(sender);
        });
        response.into_body()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_running_answer_is_cut_off() {
        let permitted = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&permitted);
        let still: Still = Arc::new(move || {
            if asked.load(Ordering::Relaxed) { Ok(()) } else { Err(Finding::new(RefusalCode::ClosedForNow, "closing")) }
        });
        let mut body = watched(answer().await, Duration::from_secs(600), still, ("id".into(), ()));
        let mut bytes = 0;
        while bytes < 10 * 16_384 {
            bytes += body.frame().await.unwrap().unwrap().data_ref().unwrap().len();
        }
        // Nothing comes now; that it is closed is found all the same.
        permitted.store(false, Ordering::Relaxed);
        assert!(body.frame().await.unwrap().is_err());
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_answer_that_falls_silent_ends() {
        let mut body = watched(answer().await, Duration::from_millis(300), Arc::new(|| Ok(())), ("id".into(), ()));
        let mut last = None;
        while let Some(frame) = body.frame().await {
            last = Some(frame.is_ok());
        }
        assert_eq!(last, Some(false));
    }
}
