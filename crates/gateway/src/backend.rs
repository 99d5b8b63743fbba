//! The channel to the backend: pinned mutual TLS (or plain on the same machine), connections kept for the next call, several
//! backends by turns with those that do not answer left alone for a while.

use crate::Now;
use crate::http1::{ResponseHead, Wire, WireError, content, within};
use liitos_domain::Moment;
use liitos_pki::tls::{NamedServer, OwnCertificate, PinnedServer, judging_client_config, pinned_client_config};
use rustls::pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Connections kept for the next call, of each backend.
const MOST_KEPT: usize = 128;
/// How long they are kept, in microseconds: shorter than backends usually keep them.
const KEPT_FOR: i64 = 20_000_000;
/// How long a connection is used at most, in microseconds: who the other end is was asked when it began.
const USED_FOR: i64 = 300_000_000;
/// How long a connection may take to be there, its handshake included.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long a backend that does not answer is left alone while others do, in microseconds.
const LEFT_ALONE: i64 = 2_000_000;

/// Why a backend was not reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackendError {
    #[error("{address}: {source}")]
    Unreachable { address: String, source: io::Error },
    #[error("{address}: no connection in time")]
    Late { address: String },
    #[error("no backend is configured")]
    None,
}

/// An address that is called.
struct Target {
    /// `host:port`, for the Host field too.
    authority: String,
    /// Where it is, where its name does not say so.
    at: Option<SocketAddr>,
    name: ServerName<'static>,
    idle: Mutex<Vec<Resting>>,
    /// Until when it is left alone, in microseconds.
    alone_until: AtomicI64,
}

/// A connection that rests.
struct Resting {
    since: Moment,
    began: Moment,
    /// How often our certificate had been renewed when it began.
    shown: u64,
    wire: BackendWire,
}

/// The backends, and the connections to them that rest. One for each thread, so that none wakes another.
pub(crate) struct Backend {
    targets: Vec<Target>,
    next: AtomicUsize,
    tls: Option<TlsConnector>,
    /// The certificate that is shown, where one is.
    own: Option<Arc<OwnCertificate>>,
    /// Whether one is called until it does not answer, instead of all by turns.
    steady: bool,
    now: Now,
}

/// A connection to a backend.
pub(crate) type BackendWire = Wire<BackendStream>;

/// TLS, or plain on the same machine.
pub(crate) enum BackendStream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection taken for a call.
pub(crate) struct Taken<'a> {
    pub(crate) wire: BackendWire,
    /// Whether calls went over it before: it may have ended in the meantime.
    pub(crate) used: bool,
    shown: u64,
    began: Moment,
    target: &'a Target,
}

impl Taken<'_> {
    pub(crate) fn authority(&self) -> &str {
        &self.target.authority
    }
}

/// How backends are known; as [`crate::config::Backend`], with what it names read.
pub(crate) enum Known {
    Pinned(Arc<OwnCertificate>, PinnedServer),
    /// By a certificate with its name, of issuers whom we trust; and we by ours.
    Named(Arc<OwnCertificate>, Arc<NamedServer>),
    SameMachine,
}

/// What a backend is called by.
fn target(address: &str, at: Option<SocketAddr>) -> Result<Target, &'static str> {
    let expected = "backend: expected https://host:port";
    let uri: http::Uri = address.parse().map_err(|_| expected)?;
    let host = uri.host().ok_or(expected)?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| expected)?;
    let authority = format!("{host}:{port}");
    Ok(Target { authority, at, name, idle: Mutex::default(), alone_until: AtomicI64::new(0) })
}

impl Backend {
    /// Backends at these addresses, each with where it is, where its name does not say so.
    pub(crate) fn new<'a>(
        addresses: impl Iterator<Item = (&'a str, Option<SocketAddr>)>,
        known: &Known,
        now: Now,
    ) -> Result<Self, crate::GatewayError> {
        let tls = match known {
            Known::Pinned(own, server) => Some(pinned_client_config(Arc::clone(own), *server)?),
            Known::Named(own, server) => Some(judging_client_config(Arc::clone(own), Arc::clone(server) as _)?),
            Known::SameMachine => None,
        };
        let own = match known {
            Known::Pinned(own, _) | Known::Named(own, _) => Some(Arc::clone(own)),
            Known::SameMachine => None,
        };
        let targets = addresses.map(|(address, at)| target(address, at)).collect::<Result<_, _>>();
        let tls = tls.map(|config| TlsConnector::from(Arc::new(config)));
        Ok(Self {
            targets: targets.map_err(crate::GatewayError::Backend)?,
            next: AtomicUsize::new(0),
            tls,
            own,
            steady: false,
            now,
        })
    }

    /// The same, calling one of them until it does not answer.
    pub(crate) fn steady(self) -> Self {
        Self { steady: true, ..self }
    }

    /// A connection: one that rests, or a new one. That a backend cannot be reached is known before anything is sent, so that
    /// the next is tried.
    pub(crate) async fn take(&self, fresh: bool, now: Moment) -> Result<Taken<'_>, BackendError> {
        let mut last = BackendError::None;
        for target in self.in_turn(now) {
            // Read before it is connected: what is renewed meanwhile makes it old.
            let shown = self.shown();
            if !fresh && let Some(Resting { wire, began, .. }) = target.resting(shown, now) {
                return Ok(Taken { wire, used: true, shown, began, target });
            }
            match self.connect(target).await {
                Ok(wire) => {
                    target.alone_until.store(0, Ordering::Relaxed);
                    return Ok(Taken { wire, used: false, shown, began: now, target });
                }
                Err(error) => {
                    target.alone_until.store(now.as_micros().saturating_add(LEFT_ALONE), Ordering::Relaxed);
                    if self.steady {
                        self.next.fetch_add(1, Ordering::Relaxed);
                    }
                    tracing::warn!(%error, "a backend is left alone for a while");
                    last = error;
                }
            }
        }
        Err(last)
    }

    fn shown(&self) -> u64 {
        self.own.as_ref().map_or(0, |own| own.renewals())
    }

    /// All backends once, by turns; those left alone come last, for when no other answers.
    fn in_turn(&self, now: Moment) -> impl Iterator<Item = &Target> {
        let turn = if self.steady { 0 } else { 1 };
        let first = self.next.fetch_add(turn, Ordering::Relaxed) % self.targets.len().max(1);
        let turned = move || self.targets.iter().skip(first).chain(self.targets.iter().take(first));
        let alone = move |target: &&Target| target.alone_until.load(Ordering::Relaxed) > now.as_micros();
        turned().filter(move |target| !alone(target)).chain(turned().filter(alone))
    }

    async fn connect(&self, target: &Target) -> Result<BackendWire, BackendError> {
        let address = || target.authority.clone();
        let connecting = async {
            let stream = match target.at {
                Some(at) => TcpStream::connect(at).await?,
                None => TcpStream::connect(target.authority.as_str()).await?,
            };
            stream.set_nodelay(true)?;
            Ok(match &self.tls {
                Some(tls) => BackendStream::Tls(Box::new(tls.connect(target.name.clone(), stream).await?)),
                None => BackendStream::Plain(stream),
            })
        };
        let connected = tokio::time::timeout(CONNECTING, connecting).await;
        let connected = connected.map_err(|_| BackendError::Late { address: address() })?;
        connected.map(Wire::new).map_err(|source| BackendError::Unreachable { address: address(), source })
    }

    /// Keeps a connection whose last answer was read to its end.
    pub(crate) fn keep(&self, taken: Taken<'_>) {
        let Taken { mut wire, shown, began, target, .. } = taken;
        if !wire.at_hand().is_empty() || shown != self.shown() {
            // More than was asked for: whatever it is, it is no answer to the next call. And one that began with a certificate that
            // was renewed since would show the old one for as long as it is used.
            return;
        }
        wire.rest();
        let mut idle = target.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.now)();
        // The oldest stand first: those that nobody wants any more are let go.
        let old = idle.iter().take_while(|resting| !fresh(resting.since, now)).count();
        idle.drain(..old);
        if idle.len() < MOST_KEPT {
            idle.push(Resting { since: now, began, shown, wire });
        }
    }

    /// A whole answer to a GET, of at most so many bytes, within the given time.
    pub(crate) async fn get(&self, path: &str, most: usize, patience: Duration) -> Result<(u16, Vec<u8>), String> {
        self.whole("GET", path, ("application/json", &[]), most, patience).await
    }

    /// Sends something small and gives the answer's status.
    pub(crate) async fn post(&self, path: &str, body: &[u8], patience: Duration) -> Result<u16, String> {
        self.whole("POST", path, ("application/json", body), 64 * 1024, patience).await.map(|(status, _)| status)
    }

    /// Sends something small, of a media type, and gives the whole answer with its status.
    pub(crate) async fn whole(
        &self,
        method: &str,
        path: &str,
        (media_type, body): (&str, &[u8]),
        most: usize,
        patience: Duration,
    ) -> Result<(u16, Vec<u8>), String> {
        let exchange = async {
            // Never one that may have ended meanwhile: this is rare enough to pay for a handshake.
            let mut taken = self.take(true, (self.now)()).await.map_err(|error| error.to_string())?;
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
                taken.authority(),
                body.len()
            );
            let request = [head.as_bytes(), body].concat();
            let told = |error: WireError| error.to_string();
            taken.wire.send(&request, patience).await.map_err(told)?;
            let mut head = Vec::new();
            let answer = answer(&mut taken.wire, &mut head, patience).await.map_err(told)?;
            let (status, framing) = (answer.status, answer.framing);
            Ok((status, content(&mut taken.wire, framing, most).await.map_err(told)?))
        };
        tokio::time::timeout(patience, exchange).await.map_err(|_| "no answer in time".to_owned())?
    }
}

/// The head of the answer, interim ones passed over.
pub(crate) async fn answer<'h>(
    wire: &mut BackendWire,
    head: &'h mut Vec<u8>,
    patience: Duration,
) -> Result<ResponseHead<'h>, WireError> {
    let last = async {
        loop {
            wire.head(head, patience).await?;
            match head.get(..12) {
                Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', b'1', b'0', b'1']) => {
                    return Err(crate::http1::Malformed("nobody asked for another protocol").into());
                }
                Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', _, b' ', b'1', ..]) => {}
                Some([b'H', b'T', b'T', b'P', b'/', b'1', b'.', ..]) => return Ok::<_, WireError>(()),
                _ => return Err(crate::http1::Malformed("no answer of HTTP/1").into()),
            }
        }
    };
    within(patience, last).await.ok_or(WireError::Silent)??;
    Ok(ResponseHead::parse(head)?)
}

/// Takes interim answers off while a body is still sent; whether that was all that came.
pub(crate) fn only_interim(wire: &mut BackendWire) -> bool {
    loop {
        let bytes = wire.at_hand();
        if bytes.is_empty() {
            return true;
        }
        let interim = |status: &[u8]| status.starts_with(b"1") && !status.starts_with(b"101");
        if !bytes.get(9..).is_some_and(interim) {
            // Too few to tell are no answer yet.
            return bytes.len() < 12 && b"HTTP/1.1 1xx".get(..bytes.len().min(9)) == bytes.get(..bytes.len().min(9));
        }
        match memchr::memmem::find(bytes, b"\r\n\r\n") {
            Some(end) => wire.use_up(end + 4),
            None => return bytes.len() < crate::http1::MAX_HEAD_BYTES,
        }
    }
}

impl Target {
    /// A connection that rests and has nothing to say: one that has is at its end, or out of step.
    fn resting(&self, shown: u64, now: Moment) -> Option<Resting> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let resting = idle.pop()?;
            let young = (0..USED_FOR).contains(&now.as_micros().saturating_sub(resting.began.as_micros()));
            if resting.shown == shown && young && fresh(resting.since, now) && silent(resting.wire.stream()) {
                return Some(resting);
            }
        }
    }
}

fn fresh(since: Moment, now: Moment) -> bool {
    now.as_micros().saturating_sub(since.as_micros()) < KEPT_FOR
}

/// Whether nothing has come, not even an end.
fn silent(stream: &BackendStream) -> bool {
    let mut context = Context::from_waker(std::task::Waker::noop());
    let (tcp, read_up) = match stream {
        BackendStream::Plain(tcp) => (tcp, true),
        BackendStream::Tls(tls) => (tls.get_ref().0, tls.get_ref().1.wants_read()),
    };
    read_up && tcp.poll_read_ready(&mut context).is_pending()
}

impl AsyncRead for BackendStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for BackendStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
