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

    /// The whole body again: the first bytes, then the rest as it comes, bounded in size and silence. Which bound was
    /// passed is left in `cause`.
    pub(crate) fn into_body(self, max_bytes: u64, cause: Arc<OnceLock<Finding>>) -> Body {
        let first = self.first.freeze();
        let state = (Some(first), self.rest, self.silence, 0u64);
        let stream = frames(state, max_bytes, cause);
        StreamBody::new(stream).boxed_unsync()
    }
}

type StreamState = (Option<Bytes>, Incoming, Duration, u64);

fn frames(
    state: StreamState,
    max_bytes: u64,
    cause: Arc<OnceLock<Finding>>,
) -> impl futures_core::Stream<Item = Result<Frame<Bytes>, BodyError>> {
    let fail = move |code, text: &'static str| {
        let _ = cause.set(Finding::new(code, "request body"));
        BodyError::from(text)
    };
    futures_util::stream::unfold(Some(state), move |state| {
        let fail = fail.clone();
        async move {
            let (first, mut rest, silence, total) = state?;
            let frame = match first {
                Some(first) => Ok(Frame::data(first)),
                None => match tokio::time::timeout(silence, rest.frame()).await {
                    Err(_) => Err(fail(RefusalCode::TooSlow, "the body fell silent")),
                    Ok(None) => return None,
                    Ok(Some(Err(_))) => Err(fail(RefusalCode::TooSlow, "the body broke off")),
                    Ok(Some(Ok(frame))) => Ok(frame),
                },
            };
            let length = frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, |data| data.len() as u64);
            let total = total + length;
            if total > max_bytes {
                return Some((Err(fail(RefusalCode::MessageTooLarge, "the body is larger than the limit")), None));
            }
            let failed = frame.is_err();
            Some((frame, (!failed).then_some((None, rest, silence, total))))
        }
    })
}
