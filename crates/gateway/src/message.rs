//! A message on its way in: what it wants, from its first bytes, bounded; the rest as it comes.

use crate::http1::{Body, Framing, Wire, WireError};
use liitos_documents::envelope::{MAX_ENVELOPE_BYTES, Progress, read_envelope};
use liitos_domain::archive::Purpose;
use liitos_domain::document::{Envelope, interaction_of};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Most bytes read and thrown away after a refusal, so that the peer gets the answer on a connection it can use again.
const MAX_DRAIN: usize = 1024 * 1024;
/// How long that may take.
const DRAIN_PATIENCE: Duration = Duration::from_secs(1);
/// The whole envelope must come within so many silences: a peer that sends a byte now and then keeps no place.
const ENVELOPE_SILENCES: u32 = 3;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a call wants.
pub(crate) struct Wanted {
    pub(crate) service: Service,
    pub(crate) operation: Operation,
    pub(crate) represented: Oid,
    /// The tenant of the represented, where one is named beside it.
    pub(crate) tenant: Option<Oid>,
    /// Why other providers' documents are asked for, where they are.
    pub(crate) purpose: Option<Purpose>,
    /// What the calling system is known by, where it shows no certificate.
    pub(crate) token: Option<String>,
    /// What its token says beside whom it calls for, where one was read.
    pub(crate) claimed: Option<Claimed>,
    pub(crate) envelope: Option<Envelope>,
}

/// What a token says of the system that calls.
pub(crate) struct Claimed {
    /// Its id in the register of information systems.
    pub(crate) system: Option<String>,
    /// The Subject serialNumbers of the certificate that the token is signed with, where that was asked here.
    pub(crate) signers: Option<Vec<String>>,
}

/// The bytes of a message so far, and the rest still to come.
pub(crate) struct Message<'w, S> {
    pub(crate) wire: &'w mut Wire<S>,
    pub(crate) body: Body,
    pub(crate) first: Vec<u8>,
    silence: Duration,
    /// Whether the peer waits to be told to send.
    waits: bool,
}

fn slow() -> Finding {
    Finding::new(RefusalCode::TooSlow, "request body")
}

impl<'w, S: AsyncRead + AsyncWrite + Unpin> Message<'w, S> {
    pub(crate) fn new(wire: &'w mut Wire<S>, framing: Framing, silence: Duration, waits: bool) -> Self {
        Self { wire, body: Body::new(framing), first: Vec::new(), silence, waits }
    }

    /// Reads until the envelope is complete, and what it wants.
    pub(crate) async fn wanted(&mut self, point: &AccessPointOid) -> Result<Wanted, Finding> {
        let whole = self.silence * ENVELOPE_SILENCES;
        let envelope = tokio::time::timeout(whole, self.envelope()).await.map_err(|_| slow())??;
        let interaction = interaction_of(&envelope)?;
        if AccessPointOid::of_device(&envelope.sender).as_ref() != Some(point) {
            return Err(Finding::new(RefusalCode::SenderForeign, "sender/device/id"));
        }
        Ok(Wanted {
            purpose: None,
            service: interaction.family.service(),
            operation: interaction.operation,
            represented: envelope.represented.clone(),
            tenant: None,
            token: None,
            claimed: None,
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
        let length = self.next().await?;
        self.first.extend_from_slice(self.wire.at_hand().get(..length).unwrap_or_default());
        self.wire.use_up(length);
        Ok(self.body.ended())
    }

    /// The length of the next piece, which stands at the beginning of the bytes at hand; 0 when the body has ended.
    async fn next(&mut self) -> Result<usize, Finding> {
        loop {
            let length = self.wire.content(&mut self.body).map_err(told)?;
            if length > 0 || self.body.ended() {
                return Ok(length);
            }
            self.ask().await?;
            let came = tokio::time::timeout(self.silence, self.wire.fill(self.body.wanted())).await;
            if !matches!(came, Ok(Ok(true))) {
                return Err(slow());
            }
        }
    }

    /// Tells a peer that waits for it to send the body.
    pub(crate) async fn ask(&mut self) -> Result<(), Finding> {
        if std::mem::take(&mut self.waits) {
            self.wire.send(CONTINUE, self.silence).await.map_err(|_| slow())?;
        }
        Ok(())
    }

    /// Whether a rest of bearable size is still to come, so that the connection can be used again.
    pub(crate) fn bearable(&self) -> bool {
        // A peer that waits to be told sends nothing, or sends all the same: nobody knows.
        self.body.ended() || (!self.waits && (1..=MAX_DRAIN).contains(&self.body.wanted()))
    }

    /// Reads a bounded rest and throws it away; whether the body has ended.
    pub(crate) async fn drain(&mut self) -> bool {
        self.waits = false;
        let read = async {
            let mut total = 0;
            while !self.body.ended() {
                let Ok(length) = self.next().await else { return false };
                self.wire.use_up(length);
                total += length;
                if total > MAX_DRAIN {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(DRAIN_PATIENCE, read).await.unwrap_or(false)
    }
}

/// What a broken body is refused with.
pub(crate) fn told(error: impl Into<WireError>) -> Finding {
    match error.into() {
        WireError::Malformed(problem) => Finding::new(RefusalCode::NotHttp, problem.0),
        WireError::HeadTooLarge => Finding::new(RefusalCode::NotHttp, "the head is too large"),
        _ => slow(),
    }
}
