//! HTTP/2 (RFC 9113) at the door: its frames by a library, each of its calls by the same code and limits as one over HTTP/1.1
//! (`docs/adr/0011`).
//!
//! What one connection may hold is bounded: so many calls at once, so many bytes that come and go unread, and so many calls that
//! their caller gives up. All calls together are bounded as connections are.

mod stream;

use crate::config::Limits;
use crate::door::{Door, ENDING};
use crate::http1::{MAX_HEAD_BYTES, Wire};
use crate::identity::Peer;
use crate::places::{Place, Places};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use liitos_domain::Sha256Hash;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use stream::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};

/// What it is called in TLS.
pub(crate) const ALPN: &[u8] = b"h2";

/// Bytes of one call's body that may come before they are taken, and of its answer that wait to go. A connection may hold as
/// many for each of its calls, so that none that waits stands in another's way.
const CALL_WINDOW: u32 = 64 * 1024;
/// What a connection's window is at least (RFC 9113 6.9.2) and at most (6.9.1).
const LEAST_WINDOW: u32 = 65_535;
const MOST_WINDOW: u32 = i32::MAX as u32;
/// Calls that were given up before they were looked at, and streams that are kept in mind after they were reset.
const MOST_RESET: usize = 32;
/// Calls that a connection's caller may give up, beyond those that it lets end.
const MOST_GIVEN_UP: u32 = 100;

/// Places for the calls of a connection beyond its first, which has the connection's: as many in all, and with one certificate,
/// as there may be connections.
pub(crate) struct CallPlaces {
    all: Arc<Semaphore>,
    by_caller: Arc<Places<Sha256Hash>>,
}

type CallPlace = (OwnedSemaphorePermit, Place<Sha256Hash>);

impl CallPlaces {
    pub(crate) fn new(limits: &Limits) -> Self {
        let by_caller = Places::new(limits.connections_per_certificate);
        Self { all: Arc::new(Semaphore::new(limits.connections)), by_caller }
    }

    fn take(&self, peer: &Peer) -> Option<CallPlace> {
        // A system inside that shows no certificate is counted by its address.
        let caller = peer.fingerprint().unwrap_or_else(|| Sha256Hash::of(peer.source().to_string().as_bytes()));
        Some((Arc::clone(&self.all).try_acquire_owned().ok()?, self.by_caller.take(caller)?))
    }
}

/// Serves a connection's calls, several at once.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(door: &Door, peer: &Peer, io: S) {
    let limits = door.limits();
    let most = limits.calls_per_connection;
    let handshake = Builder::new()
        .max_concurrent_streams(most)
        .max_concurrent_reset_streams(MOST_RESET)
        .max_pending_accept_reset_streams(MOST_RESET)
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .initial_window_size(CALL_WINDOW)
        .initial_connection_window_size(CALL_WINDOW.saturating_mul(most).clamp(LEAST_WINDOW, MOST_WINDOW))
        .max_send_buffer_size(CALL_WINDOW as usize)
        .handshake(io);
    let Ok(Ok(connection)) = timeout(limits.silence(), handshake).await else { return };
    let mut serving = Serving { door, peer, connection, phase: Phase::Open, ended: 0, given_up: 0, lingered: 0 };
    let mut running = FuturesUnordered::new();
    let (mut stop, mut timer) = (door.stop(), pin!(sleep(limits.rest())));
    loop {
        // A call that its caller gave up counts until it has ended.
        let (idle, full) = (running.is_empty(), running.len() >= most as usize);
        tokio::select! {
            biased;
            Some(given_up) = running.next(), if !idle => {
                if let Some(wait) = serving.done(given_up) {
                    timer.set(sleep(wait));
                }
            }
            next = serving.next(full) => match next {
                Some((request, respond)) => {
                    if let Some((respond, place)) = serving.place(respond, idle) {
                        running.push(call(door, peer, request, respond, place));
                    }
                }
                None => break,
            },
            _ = stop.wait_for(|stop| *stop), if serving.phase == Phase::Open => timer.set(sleep(serving.tell())),
            () = &mut timer, if idle || serving.phase == Phase::Told => match serving.later() {
                Some(wait) => timer.set(sleep(wait)),
                None => break,
            },
        }
    }
    serving.end().await;
    // Nobody hears them any more, but what they have sent on is told of.
    while running.next().await.is_some() {}
}

/// Serves one call; whether its caller gave it up.
async fn call(
    door: &Door,
    peer: &Peer,
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    _place: Option<CallPlace>,
) -> bool {
    let mut wire = Wire::new(Stream::new(request, respond));
    door.one(peer, &mut wire, &mut Vec::new()).await;
    wire.into_stream().end()
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// Its caller was told to begin nothing more, and may not have heard it yet.
    Told,
    /// What is begun now is refused, so that the caller begins it elsewhere.
    Last,
}

struct Serving<'a, S> {
    door: &'a Door,
    peer: &'a Peer,
    connection: Connection<S, Bytes>,
    phase: Phase,
    /// Calls that their caller let end, and those that it gave up.
    ended: u32,
    given_up: u32,
    /// How often was waited for answers that are still on their way.
    lingered: u64,
}

type Call = (Request<RecvStream>, SendResponse<Bytes>);

impl<S: AsyncRead + AsyncWrite + Unpin> Serving<'_, S> {
    /// The next call, while the connection is driven; when it may have no more, only that. `None` at its end.
    async fn next(&mut self, full: bool) -> Option<Call> {
        let next = if full {
            poll_fn(|context| self.connection.poll_closed(context)).await.err().map(Err)
        } else {
            self.connection.accept().await
        };
        let said = |error| tracing::info!(source = %self.peer.source(), %error, "a connection of HTTP/2 ended");
        next?.map_err(said).ok()
    }

    /// A place for a call that begins; refused where there is none, and where the connection ends.
    fn place(&self, mut respond: SendResponse<Bytes>, idle: bool) -> Option<(SendResponse<Bytes>, Option<CallPlace>)> {
        let place = if idle { None } else { self.door.call_places().take(self.peer) };
        if self.phase == Phase::Last || (place.is_none() && !idle) {
            // Nothing of it was looked at: it may be begun again (RFC 9113 8.7).
            respond.send_reset(Reason::REFUSED_STREAM);
            return None;
        }
        Some((respond, place))
    }

    /// A call has ended; until when may pass from now, where that changes.
    fn done(&mut self, given_up: bool) -> Option<Duration> {
        let count = if given_up { &mut self.given_up } else { &mut self.ended };
        *count = count.saturating_add(1);
        if self.given_up > self.ended.saturating_add(MOST_GIVEN_UP) {
            self.connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
            self.phase = Phase::Last;
        }
        match self.phase {
            // It began when its certificate had too many connections: the next one may have room.
            Phase::Open if self.peer.crowded() => Some(self.tell()),
            Phase::Open => Some(self.door.limits().rest()),
            Phase::Told => None,
            Phase::Last => Some(ENDING),
        }
    }

    /// Tells the caller to begin nothing more.
    fn tell(&mut self) -> Duration {
        self.phase = Phase::Told;
        self.connection.graceful_shutdown();
        ENDING
    }

    /// Time has passed; how much more may, or that it is enough.
    fn later(&mut self) -> Option<Duration> {
        match self.phase {
            Phase::Open => Some(self.tell()),
            Phase::Told => {
                self.phase = Phase::Last;
                Some(ENDING)
            }
            Phase::Last if self.connection.has_streams() && self.lingered < self.door.limits().silence_seconds => {
                self.lingered += 1;
                Some(ENDING)
            }
            Phase::Last => None,
        }
    }

    /// Ends the connection as its protocol wishes.
    async fn end(mut self) {
        self.connection.abrupt_shutdown(Reason::NO_ERROR);
        let _ = timeout(ENDING, poll_fn(|context| self.connection.poll_closed(context))).await;
    }
}
