//! The front door itself: accepts connections, asks who they are, and serves their calls one after the other.

use crate::backend::{Backend, Known};
use crate::call;
use crate::calls::Calls;
use crate::collect::proxy_header;
use crate::config::{self, Age, Config, ConfigError, Limits, read};
use crate::fairness::Fairness;
use crate::http1::{RequestHead, Wire};
use crate::identity::Peer;
use crate::message::Wanted;
use crate::places::{Place, Places, caller};
use crate::reports;
use crate::status::{self, Told};
use crate::{Now, SnapshotHolder};
use arc_swap::ArcSwap;
use liitos_domain::directory::{Decision, Request, decide};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash, decision_id};
use liitos_pki::seal::SealVerifier;
use liitos_pki::tls::{AccessPointVerifier, Identity, IdentityError, PinnedServer, server_config};
use liitos_pki::{Certificate, FileFault, Trust};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often issuers and revocation lists are loaded again.
const RELOAD: Duration = Duration::from_secs(60);
/// How long the operator may take to be told the last of what was seen.
const LAST_REPORTS: Duration = Duration::from_secs(2);
/// How long a connection may take to end as its protocol wishes.
const ENDING: Duration = Duration::from_secs(1);

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A file or key of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// How the backend is to be known.
    #[error("{0}")]
    Backend(&'static str),
    /// A file that says whom to trust.
    #[error(transparent)]
    Trust(#[from] FileFault),
    /// A certificate file.
    #[error("{file}: {problem}")]
    Certificate {
        /// Which file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// TLS could not be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The address cannot be listened on.
    #[error("{address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// A gateway ready to run.
pub struct Gateway {
    listener: std::net::TcpListener,
    status: Option<std::net::TcpListener>,
    shared: Arc<Shared>,
}

/// What all threads of a gateway share.
struct Shared {
    config: Config,
    acceptor: TlsAcceptor,
    known: Known,
    snapshots: Arc<SnapshotHolder>,
    trust: Arc<ArcSwap<Trust>>,
    fairness: Arc<Fairness>,
    calls: Arc<Calls>,
    places: Arc<Semaphore>,
    by_address: Arc<Places<IpAddr>>,
    by_certificate: Arc<Places<Sha256Hash>>,
    /// Threads beside the first that have not ended.
    workers: AtomicUsize,
    now: Now,
}

/// The door of one thread: the same for all, with connections to the backend of its own.
pub(crate) struct Door {
    shared: Arc<Shared>,
    backend: Backend,
    stop: watch::Receiver<bool>,
    random: Mutex<Vec<u8>>,
}

/// One more thread's part of a gateway.
pub struct Worker {
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
}

impl Gateway {
    /// Loads what the configuration names and begins to listen.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn bind(config: Config, now: Now) -> Result<Self, GatewayError> {
        let listen = |source| GatewayError::Listen { address: config.listen, source };
        let listener = std::net::TcpListener::bind(config.listen).map_err(listen)?;
        Self::with_listener(config, listener, now)
    }

    /// The same on a socket that is listened on already: whoever keeps it while one gateway follows another loses no
    /// connection.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn with_listener(config: Config, listener: std::net::TcpListener, now: Now) -> Result<Self, GatewayError> {
        listener.set_nonblocking(true).map_err(|source| GatewayError::Listen { address: config.listen, source })?;
        let calls = Calls::new(config.access_log.clone(), config.report_one_in, Arc::clone(&now));
        let trust = Arc::new(ArcSwap::from_pointee(config.trust_files().load()?));
        let (told, clock) = (Arc::clone(&calls), Arc::clone(&now));
        let verifier = AccessPointVerifier::new(
            Arc::clone(&trust),
            config.accept_server_only_certificates,
            Box::new(move |refused| {
                told.handshakes_refused.fetch_add(1, Ordering::Relaxed);
                tracing::info!(fingerprint = %refused.fingerprint, reason = refused.reason, "handshake refused");
                told.reports().add_handshake(refused, clock());
            }),
        );
        let tls = server_config(&identity(&config.certificate, &config.key)?, Arc::new(verifier))?;
        let known = match config.backend().map_err(GatewayError::Backend)? {
            config::Backend::Pinned { server, certificate, key } => {
                Known::Pinned(identity(certificate, key)?, PinnedServer(server))
            }
            config::Backend::SameMachine => Known::SameMachine,
        };
        let seal = SealVerifier::from_public(config.seal_public_key.as_bytes());
        let snapshots = Arc::new(SnapshotHolder::new(seal, config.snapshot_file.clone(), Arc::clone(&now)));
        let shared = Shared {
            acceptor: TlsAcceptor::from(Arc::new(tls)),
            known,
            snapshots,
            trust,
            fairness: Fairness::new(config.limits.joiner, config.limits.throttled),
            calls,
            places: Arc::new(Semaphore::new(config.limits.connections)),
            by_address: Places::new(config.limits.connections_per_address),
            by_certificate: Places::new(config.limits.connections_per_certificate),
            workers: AtomicUsize::new(0),
            config,
            now,
        };
        // Before anything runs, so that what cannot begin does not half begin.
        let status = match shared.config.status {
            Some(address) => {
                let listen = |source| GatewayError::Listen { address, source };
                let status = std::net::TcpListener::bind(address).map_err(listen)?;
                status.set_nonblocking(true).map_err(listen)?;
                Some(status)
            }
            None => None,
        };
        Ok(Self { listener, status, shared: Arc::new(shared) })
    }

    /// The address listened on.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The snapshot holder, to see what the gateway knows.
    #[must_use]
    pub fn snapshots(&self) -> Arc<SnapshotHolder> {
        Arc::clone(&self.shared.snapshots)
    }

    /// A handle for loading issuers and revocation lists again while calls go on.
    pub fn reloader(&self) -> impl Fn() -> Result<(), GatewayError> + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || {
            let (renewed, faults) = shared.config.trust_files().renew(&shared.trust.load())?;
            shared.trust.store(Arc::new(renewed));
            for fault in faults {
                tracing::error!(error = %fault, "a revocation list was not taken; the one held before stays");
            }
            Ok(())
        }
    }

    /// A part of it for one more thread with a runtime of its own.
    ///
    /// # Errors
    /// When the socket cannot be shared.
    pub fn worker(&self) -> std::io::Result<Worker> {
        let listener = self.listener.try_clone()?;
        self.shared.workers.fetch_add(1, Ordering::Relaxed);
        Ok(Worker { listener, shared: Arc::clone(&self.shared) })
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin.
    pub async fn for_ever(self) -> Result<(), GatewayError> {
        let (_tell, stop) = watch::channel(false);
        self.run(stop).await
    }

    /// Serves until `stop` turns true or is dropped; then takes no more connections, lets the calls that run end, and is gone.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), GatewayError> {
        let mut beside = tokio::task::JoinSet::new();
        let shared = Arc::clone(&self.shared);
        let backend = Backend::new(&shared.config.backend, &shared.known, Arc::clone(&shared.now))?;
        beside.spawn(Arc::clone(&shared.snapshots).follow(backend));
        let backend = Backend::new(&shared.config.backend, &shared.known, Arc::clone(&shared.now))?;
        beside.spawn(reports::tell(Arc::clone(&shared.calls), backend));
        beside.spawn(reload_for_ever(self.reloader()));
        beside.spawn(Arc::clone(&shared.calls).write());
        if let Some(listener) = self.status {
            let listen = |source| GatewayError::Listen { address: shared.config.listen, source };
            let listener = TcpListener::from_std(listener).map_err(listen)?;
            beside.spawn(status::serve(listener, Arc::clone(&shared)));
        }
        let ended = Worker { listener: self.listener, shared: self.shared }.run(stop).await;
        // What other threads still serve is decided, told and written, too.
        let others = async {
            while shared.workers.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(shared.config.limits.drain(), others).await;
        beside.shutdown().await;
        let backend = Backend::new(&shared.config.backend, &shared.known, Arc::clone(&shared.now))?;
        let _ = tokio::time::timeout(LAST_REPORTS, reports::all(&shared.calls, &backend)).await;
        shared.calls.flush();
        ended
    }
}

impl Worker {
    /// The same for a thread of its own: the first one waits for it.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin.
    pub async fn run_beside(self, stop: watch::Receiver<bool>) -> Result<(), GatewayError> {
        let shared = Arc::clone(&self.shared);
        let ended = self.run(stop).await;
        shared.workers.fetch_sub(1, Ordering::Relaxed);
        ended
    }

    /// Serves on this thread until `stop` turns true or is dropped, and what runs then has ended.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin.
    async fn run(self, mut stop: watch::Receiver<bool>) -> Result<(), GatewayError> {
        let Self { listener, shared } = self;
        let listen = |source| GatewayError::Listen { address: shared.config.listen, source };
        let listener = TcpListener::from_std(listener).map_err(listen)?;
        let backend = Backend::new(&shared.config.backend, &shared.known, Arc::clone(&shared.now))?;
        let door =
            Arc::new(Door { shared: Arc::clone(&shared), backend, stop: stop.clone(), random: Mutex::default() });
        let mut running = tokio::task::JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = door.accept(&listener) => accepted,
                // What has ended is let go.
                Some(_) = running.join_next(), if !running.is_empty() => continue,
            };
            if let Some((stream, source, place)) = accepted {
                let door = Arc::clone(&door);
                running.spawn(async move {
                    door.connection(stream, source).await;
                    drop(place);
                });
            }
        }
        drop(listener);
        let all = async { while running.join_next().await.is_some() {} };
        let ended = tokio::time::timeout(shared.config.limits.drain(), all).await.is_ok();
        tracing::info!(cut = if ended { 0 } else { running.len() }, "stopped");
        Ok(())
    }
}

impl Told for Shared {
    fn metrics(&self) -> String {
        use std::fmt::Write as _;
        let mut text = self.calls.text();
        if let Some(held) = self.snapshots.current() {
            let age = (self.now)().as_seconds() - held.issued_at().as_seconds();
            let (epoch, sequence) = held.version();
            let _ = writeln!(
                text,
                "# TYPE liitos_gateway_snapshot_age_seconds gauge\nliitos_gateway_snapshot_age_seconds {age}"
            );
            let _ = writeln!(text, "# TYPE liitos_gateway_snapshot_version gauge");
            let _ = writeln!(text, "liitos_gateway_snapshot_version{{epoch=\"{epoch}\"}} {sequence}");
        }
        text
    }

    fn health(&self) -> Result<(), String> {
        match self.snapshots.current() {
            None => Err("no snapshot of the directory is held".to_owned()),
            Some(_) if self.snapshots.rewritten() => {
                Err("the directory's log is not the one held before, gone on: its past was rewritten".to_owned())
            }
            Some(held) if held.expired((self.now)()) => Err("the snapshot of the directory has expired".to_owned()),
            Some(held) if self.config.stale.at(held.issued_at(), (self.now)()) != Age::Fresh => {
                Err(format!("the snapshot of the directory is old: issued at {}", held.issued_at()))
            }
            Some(_) => Ok(()),
        }
    }
}

impl Door {
    pub(crate) fn now(&self) -> Moment {
        (self.shared.now)()
    }

    /// Whether it was told to stop: no connection goes on after the call that runs.
    pub(crate) fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// The directory version held.
    pub(crate) fn version(&self) -> Option<u64> {
        self.shared.snapshots.current().map(|held| held.version().1)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.config.limits
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.shared.calls
    }

    pub(crate) fn fairness(&self) -> &Arc<Fairness> {
        &self.shared.fairness
    }

    /// An id for a decision. Random bytes are fetched for many at once.
    pub(crate) fn new_decision_id(&self) -> String {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if random.len() < 8 {
            random.resize(1024, 0);
            #[expect(
                clippy::disallowed_methods,
                reason = "the gateway's one use of randomness: ids that nobody decides by"
            )]
            let _ = aws_lc_rs::rand::fill(&mut random);
        }
        let rest = random.len() - 8;
        let eight = random.get(rest..).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default();
        random.truncate(rest);
        decision_id::from_random(eight)
    }

    /// The next connection with its place; `None` when it could not be had.
    async fn accept(
        &self,
        listener: &TcpListener,
    ) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.shared.places).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, source)) => Some((stream, source, place)),
            Err(error) => {
                // Out of file descriptors, most likely: connections that end give some back.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                None
            }
        }
    }

    async fn connection(&self, mut stream: TcpStream, source: SocketAddr) {
        let Shared { acceptor, by_address, by_certificate, calls, .. } = &*self.shared;
        let silence = self.limits().silence();
        let _ = stream.set_nodelay(true);
        let Ok(Ok(source)) = tokio::time::timeout(silence, self.came_from(&mut stream, source)).await else {
            tracing::info!(%source, "a collection point said nothing sound of where a connection comes from");
            return;
        };
        let Some(_place) = by_address.take(caller(source.ip())) else {
            return;
        };
        let Ok(Ok(tls)) = tokio::time::timeout(silence, acceptor.accept(stream)).await else {
            return;
        };
        let shown = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let Some(Ok(certificate)) = shown.map(|der| Certificate::parse(der)) else {
            return;
        };
        calls.connections.fetch_add(1, Ordering::Relaxed);
        let place: Option<Place<Sha256Hash>> = by_certificate.take(certificate.fingerprint);
        let peer = Peer::new(certificate, source, place.is_none());
        self.serve(&peer, Wire::new(tls)).await;
    }

    /// One call after the other.
    async fn serve(&self, peer: &Peer, mut wire: Wire<TlsStream<TcpStream>>) {
        let (rest, silence) = (self.limits().rest(), self.limits().silence());
        let (mut head, mut stop) = (Vec::new(), self.stop.clone());
        loop {
            let begun = tokio::select! {
                biased;
                begun = wire.begun(rest) => begun,
                // Between calls only: what has begun may end.
                _ = stop.wait_for(|stop| *stop) => false,
            };
            if !begun {
                break;
            }
            let read = wire.head(&mut head, silence).await;
            let asked = read.and_then(|()| RequestHead::parse(&head).map_err(Into::into));
            let go_on = match asked {
                Ok(asked) => call::serve(self, peer, &asked, &mut wire).await,
                Err(error) => {
                    call::not_http(self, peer, error, &mut wire).await;
                    false
                }
            };
            if !go_on || self.stopping() {
                break;
            }
        }
        wire.end(ENDING).await;
    }

    /// Where a connection really comes from: what a collection point says, or the other end's address.
    async fn came_from(&self, stream: &mut TcpStream, end: SocketAddr) -> std::io::Result<SocketAddr> {
        let address = end.ip().to_canonical();
        if !self.shared.config.collection_points.iter().any(|points| points.contains(&address)) {
            return Ok(end);
        }
        let mut bytes = Vec::new();
        loop {
            match proxy_header::read(&bytes) {
                proxy_header::Header::Read { source, .. } => return Ok(source.unwrap_or(end)),
                proxy_header::Header::Broken(problem) => return Err(std::io::Error::other(problem)),
                // No byte more than the header: what follows is TLS.
                proxy_header::Header::Incomplete(needed) => {
                    let read = bytes.len();
                    bytes.resize(needed, 0);
                    stream.read_exact(bytes.get_mut(read..).unwrap_or_default()).await?;
                }
            }
        }
    }

    /// The decision on what a peer wants at a moment.
    pub(crate) fn decide(&self, peer: &Peer, asked: &Wanted, now: Moment) -> Result<Decision, Finding> {
        let Shared { snapshots, trust, config, .. } = &*self.shared;
        let point = peer.access_point()?;
        let unavailable = || Finding::new(RefusalCode::DirectoryUnavailable, "snapshot");
        let snapshot = snapshots.current().ok_or_else(unavailable)?;
        let facts = peer.facts(trust, now);
        let question = Request {
            access_point: point,
            certificate: Some(&facts),
            source: config.check_source_address.then_some(peer.source()),
            service: asked.service,
            operation: asked.operation,
            joiner: &asked.represented,
            unit: None,
            tenant: None,
            system: None,
            organiser: None,
        };
        let decision = decide(&snapshot, &question, now);
        match decision.code() {
            Some(code) => {
                let place = decision.facts.last().map_or("directory", |fact| fact.what);
                Err(Finding::new(code, place))
            }
            None => trusted(decision, config.stale.at(snapshot.issued_at(), now), snapshot.issued_at()),
        }
    }
}

/// A decision that permits, as far as the age of what it rests on allows.
fn trusted(decision: Decision, age: Age, issued: Moment) -> Result<Decision, Finding> {
    let old = |place| Err(Finding::new(RefusalCode::DirectoryUnavailable, place));
    match age {
        Age::Refused => old("snapshot"),
        Age::NothingNew if decision.right_from.is_none_or(|from| from > issued) => {
            old("right begun since the snapshot")
        }
        _ => Ok(decision),
    }
}

/// Revocation lists are renewed by others beside us: what is new is taken, what cannot be read leaves the old in use
/// until its next update, after which it refuses.
async fn reload_for_ever(reload: impl Fn() -> Result<(), GatewayError>) {
    loop {
        tokio::time::sleep(RELOAD).await;
        if let Err(error) = reload() {
            tracing::error!(error = %error, "issuers and revocation lists were not loaded again");
        }
    }
}

fn identity(chain: &Path, key: &Path) -> Result<Identity, GatewayError> {
    let bad = |error: IdentityError| GatewayError::Certificate {
        file: format!("{} and {}", chain.display(), key.display()),
        problem: error.to_string(),
    };
    Identity::from_pem(&read(chain)?, &read(key)?).map_err(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::directory::Verdict;

    #[test]
    fn what_began_since_an_old_snapshot_is_not_trusted() {
        let issued = Moment::from_seconds(1000);
        let permitted = |from: i64| Decision {
            verdict: Verdict::Permitted,
            facts: Vec::new(),
            joiner: None,
            system: None,
            right_from: Some(Moment::from_seconds(from)),
            throttled: false,
            directory_version: (1, 1),
        };
        for age in [Age::Fresh, Age::Warned] {
            assert!(trusted(permitted(2000), age, issued).is_ok());
        }
        assert!(trusted(permitted(1000), Age::NothingNew, issued).is_ok());
        let refused = trusted(permitted(1001), Age::NothingNew, issued).unwrap_err();
        assert_eq!(refused.code, RefusalCode::DirectoryUnavailable);
        assert!(trusted(permitted(1), Age::Refused, issued).is_err());
    }
}
