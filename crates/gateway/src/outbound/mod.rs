//! The outbound door: brings Kanta's messages to a unit's access point. It keeps nothing: the queue is its caller's, who brings a
//! message again until it was acknowledged.
//!
//! ```text
//! queue ──pinned mTLS──▶ door ──reception(snapshot)──▶ primary, backup ──mTLS──▶ access point, 443
//! ```

mod breaker;
mod bring;

use crate::backend::Known;
use crate::config::{ConfigError, Outbound as Settings, Stale};
use crate::http1::{Method, RequestHead, Wire, WireError, content};
use crate::{GatewayError, Now, SnapshotHolder, listening};
use arc_swap::ArcSwap;
use breaker::Breakers;
use liitos_domain::outbound::Brought;
use liitos_domain::{Oid, Service};
use liitos_pki::Trust;
use liitos_pki::tls::{OwnCertificate, PinnedClient, renewable_server_config};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// Connections from the queue at once.
const CONNECTIONS: usize = 256;
/// How long a connection may rest between messages.
const REST: Duration = Duration::from_secs(60);
/// How long a handshake, a head or a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The outbound door, listening.
pub(crate) struct Outbound {
    listener: std::net::TcpListener,
    door: Arc<Door>,
}

/// What its connections share.
struct Door {
    settings: Settings,
    stale: Stale,
    acceptor: TlsAcceptor,
    /// The access points see the gateway's own certificate.
    own: Arc<OwnCertificate>,
    trust: Arc<ArcSwap<Trust>>,
    snapshots: Arc<SnapshotHolder>,
    breakers: Breakers,
    counts: Counts,
    now: Now,
}

/// Messages by what became of them.
#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    refused: AtomicU64,
    unreached: AtomicU64,
    unanswered: AtomicU64,
}

/// What the door has of its gateway.
pub(crate) struct Parts {
    pub(crate) own: Arc<OwnCertificate>,
    pub(crate) stale: Stale,
    pub(crate) trust: Arc<ArcSwap<Trust>>,
    pub(crate) snapshots: Arc<SnapshotHolder>,
    pub(crate) now: Now,
}

/// Why a request was not one for this door: status and words.
type NotAsked = (u16, &'static str);

impl Outbound {
    /// Begins to listen. Its callers and its own end of the way inside are known by the channel to the backend.
    pub(crate) fn bind(settings: &Settings, known: &Known, parts: Parts) -> Result<Self, GatewayError> {
        let listen = |source| GatewayError::Listen { address: settings.listen, source };
        let listener = std::net::TcpListener::bind(settings.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let Known::Pinned(inside, _) = known else {
            return Err(GatewayError::Config(ConfigError::Text {
                path: "outbound".into(),
                problem: "an outbound door needs backend_client_certificate and backend_client_key".to_owned(),
            }));
        };
        let callers = PinnedClient(settings.callers_sha256.clone());
        let Parts { own, stale, trust, snapshots, now } = parts;
        let door = Door {
            acceptor: TlsAcceptor::from(Arc::new(renewable_server_config(Arc::clone(inside), Arc::new(callers))?)),
            settings: settings.clone(),
            stale,
            own,
            trust,
            snapshots,
            breakers: Breakers::default(),
            counts: Counts::default(),
            now,
        };
        Ok(Self { listener, door: Arc::new(door) })
    }

    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What its counts say, in Prometheus' words.
    pub(crate) fn metrics(&self) -> impl Fn() -> String + Send + Sync + 'static {
        let door = Arc::clone(&self.door);
        move || door.metrics()
    }

    /// Serves until told to stop; messages that run then have `drain` to end.
    pub(crate) async fn run(self, stop: watch::Receiver<bool>, drain: Duration) {
        let Ok(listener) = TcpListener::from_std(self.listener) else { return };
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let connection = |stream, _| {
            let (door, stop) = (Arc::clone(&self.door), stop.clone());
            async move { door.connection(stream, stop).await }
        };
        listening::serve(listener, &places, stop.clone(), drain, connection).await;
    }
}

impl Door {
    async fn connection(&self, stream: TcpStream, mut stop: watch::Receiver<bool>) {
        let _ = stream.set_nodelay(true);
        let Ok(Ok(tls)) = tokio::time::timeout(PATIENCE, self.acceptor.accept(stream)).await else { return };
        let (mut wire, mut head) = (Wire::new(tls), Vec::new());
        loop {
            let begun = tokio::select! {
                biased;
                begun = wire.begun(REST) => begun,
                _ = stop.wait_for(|stop| *stop) => false,
            };
            if !begun || wire.head(&mut head, PATIENCE).await.is_err() {
                return;
            }
            let (status, body, keep) = match RequestHead::parse(&head) {
                Ok(asked) => match self.asked(&asked, &mut wire).await {
                    Ok(brought) => (200, serde_json::to_string(&brought).unwrap_or_default(), asked.keep_alive),
                    Err((status, problem)) => (status, problem.to_owned(), false),
                },
                Err(problem) => (400, problem.to_string(), false),
            };
            let close = if keep { "" } else { "connection: close\r\n" };
            let answer = format!(
                "HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{close}\r\n{body}",
                body.len()
            );
            if wire.send(answer.as_bytes(), PATIENCE).await.is_err() || !keep {
                wire.end(Duration::from_secs(1)).await;
                return;
            }
        }
    }

    /// Reads a message and brings it: `POST /outbound/{service}/{unit}`.
    async fn asked<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        head: &RequestHead<'_>,
        wire: &mut Wire<S>,
    ) -> Result<Brought, NotAsked> {
        let path = head.path().strip_prefix("/outbound/").and_then(|rest| rest.split_once('/'));
        let (service, unit) = path.filter(|_| head.method == Method::Post).ok_or((404, "no such door"))?;
        let service = Service::parse(service).ok_or((404, "no such service"))?;
        let unit = Oid::parse(unit).map_err(|_| (404, "no OID of a unit"))?;
        let media_type = head.field("content-type").ok_or((400, "Content-Type is missing"))?;
        let most = self.settings.message_bytes;
        let body = tokio::time::timeout(PATIENCE, content(wire, head.framing, most)).await;
        let body = match body.map_err(|_| (408, "the body came too slowly"))? {
            Ok(body) => body,
            Err(WireError::Malformed(problem)) => return Err((400, problem.0)),
            Err(_) => return Err((400, "the body is not whole")),
        };
        let brought = self.bring(&unit, service, media_type, &body).await;
        self.told(&unit, service, &brought);
        Ok(brought)
    }

    fn told(&self, unit: &Oid, service: Service, brought: &Brought) {
        let count = match brought {
            Brought::Answered { .. } => &self.counts.answered,
            Brought::Refused { .. } => &self.counts.refused,
            Brought::Unreached { .. } => &self.counts.unreached,
            Brought::Unanswered { .. } => &self.counts.unanswered,
        };
        count.fetch_add(1, Ordering::Relaxed);
        tracing::info!(%unit, %service, ?brought, "outbound");
    }

    fn metrics(&self) -> String {
        use std::fmt::Write as _;
        let mut text = "# TYPE liitos_gateway_outbound_total counter\n".to_owned();
        for (outcome, count) in [
            ("answered", &self.counts.answered),
            ("refused", &self.counts.refused),
            ("unreached", &self.counts.unreached),
            ("unanswered", &self.counts.unanswered),
        ] {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(text, "liitos_gateway_outbound_total{{outcome=\"{outcome}\"}} {count}");
        }
        let open = self.breakers.open((self.now)());
        let _ = writeln!(
            text,
            "# TYPE liitos_gateway_outbound_left_alone gauge\nliitos_gateway_outbound_left_alone {open}"
        );
        text
    }
}
