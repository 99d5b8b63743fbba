//! A gateway put together: what its configuration names is loaded, its threads are begun, and it ends without loss.

use crate::backend::{Backend, Known};
use crate::calls::Calls;
use crate::config::{self, Age, Config, ConfigError, read};
use crate::door::{Common, Door};
use crate::fairness::Fairness;
use crate::front::{self, FROM};
use crate::http2::CallPlaces;
use crate::judge::Judge;
use crate::listening;
use crate::ocsp::Ocsp;
use crate::outbound::{Outbound, Parts};
use crate::places::Places;
use crate::reports;
use crate::status::{self, Told};
use crate::tokens::Tokens;
use crate::{Now, SnapshotHolder};
use arc_swap::ArcSwap;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::seal::SealVerifier;
use liitos_pki::tls::{
    AccessPointVerifier, Identity, IdentityError, OwnCertificate, PinnedServer, Refused, renewable_server_config,
};
use liitos_pki::{Certificate, FileFault, Trust, TrustFiles};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// How often issuers and revocation lists are loaded again.
const RELOAD: Duration = Duration::from_secs(60);
/// How long the operator may take to be told the last of what was seen.
const LAST_REPORTS: Duration = Duration::from_secs(2);

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
    outbound: Option<Outbound>,
    shared: Arc<Shared>,
}

type MoreMetrics = Box<dyn Fn() -> String + Send + Sync>;

/// What all threads of a gateway share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) own: Arc<OwnCertificate>,
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) known: Known,
    pub(crate) snapshots: Arc<SnapshotHolder>,
    pub(crate) trust: Arc<ArcSwap<Trust>>,
    pub(crate) ocsp: Option<Arc<Ocsp>>,
    pub(crate) tokens: Option<Tokens>,
    pub(crate) fairness: Arc<Fairness>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) by_address: Arc<Places<IpAddr>>,
    pub(crate) by_certificate: Arc<Places<Sha256Hash>>,
    pub(crate) call_places: Arc<CallPlaces>,
    /// What parts beside the front door count.
    pub(crate) more_metrics: Option<MoreMetrics>,
    /// Threads beside the first that have not ended.
    pub(crate) workers: AtomicUsize,
    pub(crate) now: Now,
}

/// One more thread's part of a gateway.
pub struct Worker {
    listener: std::net::TcpListener,
    shared: Arc<Shared>,
}

/// Tells of each handshake that is refused.
fn tells(calls: Arc<Calls>, snapshots: Arc<SnapshotHolder>, now: Now) -> Box<dyn Fn(Refused) + Send + Sync> {
    Box::new(move |refused| {
        calls.handshakes_refused.fetch_add(1, Ordering::Relaxed);
        tracing::info!(fingerprint = %refused.fingerprint, reason = refused.reason, "handshake refused");
        let (from, now) = (FROM.try_with(|from| *from).ok(), now());
        let believed = |from| front::believed(snapshots.current().as_deref(), refused.access_point.as_ref(), from, now);
        let source = from.and_then(believed);
        calls.reports().add_handshake(refused, source, now);
    })
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
        let calls = Calls::new(config.access_log.clone(), Some(config.report_one_in), Arc::clone(&now));
        let trust = Arc::new(ArcSwap::from_pointee(config.trust_files().load()?));
        let seal = SealVerifier::from_public(config.seal_public_key.as_bytes());
        let snapshots = Arc::new(SnapshotHolder::new(seal, config.snapshot_file.clone(), Arc::clone(&now)));
        let verifier = AccessPointVerifier::new(
            Arc::clone(&trust),
            config.accept_server_only_certificates,
            tells(Arc::clone(&calls), Arc::clone(&snapshots), Arc::clone(&now)),
        );
        let asks = config.ocsp.clone();
        let verifier = verifier.asked_later(Box::new(move |responder| {
            asks.as_ref().is_some_and(|ocsp| ocsp.responder(responder).is_some())
        }));
        let own = OwnCertificate::new(&identity(&config.certificate, &config.key)?)?;
        let mut tls = renewable_server_config(Arc::clone(&own), Arc::new(verifier))?;
        tls.alpn_protocols = config.limits.protocols();
        let known = match config.backend().map_err(GatewayError::Backend)? {
            config::Backend::Pinned { server, certificate, key } => {
                Known::Pinned(OwnCertificate::new(&identity(certificate, key)?)?, PinnedServer(server))
            }
            config::Backend::SameMachine => Known::SameMachine,
        };
        let outbound = match &config.outbound {
            Some(settings) => {
                let (own, stale) = (Arc::clone(&own), config.stale);
                let (trust, snapshots, now) = (Arc::clone(&trust), Arc::clone(&snapshots), Arc::clone(&now));
                Some(Outbound::bind(settings, &known, Parts { own, stale, trust, snapshots, now })?)
            }
            None => None,
        };
        let shared = Shared {
            more_metrics: outbound.as_ref().map(|outbound| Box::new(outbound.metrics()) as MoreMetrics),
            own,
            acceptor: TlsAcceptor::from(Arc::new(tls)),
            known,
            snapshots,
            trust,
            ocsp: config.ocsp.clone().map(|rules| Ocsp::new(rules, Arc::clone(&now))),
            tokens: config.token.clone().map(Tokens::new),
            fairness: Arc::default(),
            calls,
            places: Arc::new(Semaphore::new(config.limits.connections)),
            by_address: Places::new(config.limits.connections_per_address),
            call_places: Arc::new(CallPlaces::new(&config.limits)),
            by_certificate: Places::new(config.limits.connections_per_certificate),
            workers: AtomicUsize::new(0),
            config,
            now,
        };
        // Before anything runs, so that what cannot begin does not half begin.
        let status = shared.config.status.map(listening_at).transpose()?;
        Ok(Self { listener, status, outbound, shared: Arc::new(shared) })
    }

    /// The address listened on.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The address at which messages for units are taken, where they are.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn outbound_address(&self) -> std::io::Result<Option<SocketAddr>> {
        self.outbound.as_ref().map(Outbound::address).transpose()
    }

    /// The snapshot holder, to see what the gateway knows.
    #[must_use]
    pub fn snapshots(&self) -> Arc<SnapshotHolder> {
        Arc::clone(&self.shared.snapshots)
    }

    /// A handle for loading issuers, revocation lists and the gateway's own certificates again while calls go on.
    pub fn reloader(&self) -> impl Fn() -> Result<(), GatewayError> + Send + Sync + 'static {
        let shared = Arc::clone(&self.shared);
        move || {
            // Neither stands in the way of the other.
            let trusted = renew_trust(&shared.config.trust_files(), &shared.trust);
            let now = (shared.now)();
            let own = renew(&shared.own, &shared.config.certificate, &shared.config.key, now);
            let towards_backend = match (&shared.known, shared.config.backend()) {
                (Known::Pinned(own, _), Ok(config::Backend::Pinned { certificate, key, .. })) => {
                    renew(own, certificate, key, now)
                }
                _ => Ok(()),
            };
            own.and(towards_backend).and(trusted)
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
        let backend = shared.backend()?;
        // One publisher after the other, and not by turns: what one issued another does not lead on from.
        beside.spawn(Arc::clone(&shared.snapshots).follow(backend.steady()));
        let backend = shared.backend()?;
        beside.spawn(reports::tell(Arc::clone(&shared.calls), backend));
        beside.spawn(reload_for_ever(self.reloader()));
        if let Some(ocsp) = &shared.ocsp {
            beside.spawn(Arc::clone(ocsp).keep_up(Arc::clone(&shared.trust)));
        }
        beside.spawn(Arc::clone(&shared.calls).write());
        if let Some(listener) = self.status {
            let listen = |source| GatewayError::Listen { address: shared.config.listen, source };
            let listener = TcpListener::from_std(listener).map_err(listen)?;
            beside.spawn(status::serve(listener, Arc::clone(&shared)));
        }
        let outbound =
            self.outbound.map(|outbound| tokio::spawn(outbound.run(stop.clone(), shared.config.limits.drain())));
        let ended = Worker { listener: self.listener, shared: self.shared }.run(stop).await;
        // What other threads still serve is decided, told and written, too.
        let others = async {
            while shared.workers.load(Ordering::Relaxed) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(shared.config.limits.drain(), others).await;
        if let Some(outbound) = outbound {
            let _ = outbound.await;
        }
        beside.shutdown().await;
        let backend = shared.backend()?;
        let _ = tokio::time::timeout(LAST_REPORTS, reports::all(&shared.calls, &backend)).await;
        shared.calls.flush();
        ended
    }
}

fn listening_at(address: SocketAddr) -> Result<std::net::TcpListener, GatewayError> {
    listening::listening_at(address).map_err(|source| GatewayError::Listen { address, source })
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
    async fn run(self, stop: watch::Receiver<bool>) -> Result<(), GatewayError> {
        let Self { listener, shared } = self;
        let listen = |source| GatewayError::Listen { address: shared.config.listen, source };
        let listener = TcpListener::from_std(listener).map_err(listen)?;
        let backend = shared.backend()?;
        let common = Common {
            judge: Arc::clone(&shared) as Arc<dyn Judge>,
            limits: shared.config.limits,
            calls: Arc::clone(&shared.calls),
            fairness: Arc::clone(&shared.fairness),
            call_places: Arc::clone(&shared.call_places),
            now: Arc::clone(&shared.now),
        };
        let door = Arc::new(Door::new(common, backend, stop.clone()));
        let connection = |stream, source| {
            let (shared, door) = (Arc::clone(&shared), Arc::clone(&door));
            async move { shared.connection(&door, stream, source).await }
        };
        let cut = listening::serve(listener, &shared.places, stop, shared.config.limits.drain(), connection).await;
        tracing::info!(cut, "stopped");
        Ok(())
    }
}

impl Shared {
    fn backend(&self) -> Result<Backend, GatewayError> {
        let addresses = self.config.backend.iter().map(|address| (address.as_str(), None));
        Backend::new(addresses, &self.known, Arc::clone(&self.now))
    }
}

impl Told for Shared {
    fn metrics(&self) -> String {
        use std::fmt::Write as _;
        let mut text = self.calls.text();
        text.extend(self.more_metrics.iter().map(|more| more()));
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

/// Revocation lists are renewed by others beside us: what is new is taken, what cannot be read leaves the old in use
/// until its next update, after which it refuses.
pub(crate) async fn reload_for_ever(reload: impl Fn() -> Result<(), GatewayError>) {
    loop {
        tokio::time::sleep(RELOAD).await;
        if let Err(error) = reload() {
            tracing::error!(error = %error, "issuers, revocation lists and certificate were not loaded again");
        }
    }
}

/// Loads issuers and revocation lists again.
pub(crate) fn renew_trust(files: &TrustFiles<'_>, trust: &ArcSwap<Trust>) -> Result<(), GatewayError> {
    let (renewed, faults) = files.renew(&trust.load())?;
    trust.store(Arc::new(renewed));
    for fault in faults {
        tracing::error!(error = %fault, "a revocation list was not taken; the one held before stays");
    }
    Ok(())
}

/// Takes a server's own certificate again from its files.
///
/// # Errors
/// What is wrong with them, validity included: then the one before stays.
pub(crate) fn renew(own: &OwnCertificate, chain: &Path, key: &Path, now: Moment) -> Result<(), GatewayError> {
    let next = identity(chain, key)?;
    let leaf = next.chain.first().and_then(|der| Certificate::parse(der).ok());
    if !leaf.is_some_and(|leaf| leaf.valid.contains(now)) {
        let problem = "not valid now; the one before stays in use".to_owned();
        return Err(GatewayError::Certificate { file: chain.display().to_string(), problem });
    }
    if own.renew(&next)? {
        tracing::info!(file = %chain.display(), "new connections are shown another certificate");
    }
    Ok(())
}

pub(crate) fn identity(chain: &Path, key: &Path) -> Result<Identity, GatewayError> {
    let bad = |error: IdentityError| GatewayError::Certificate {
        file: format!("{} and {}", chain.display(), key.display()),
        problem: error.to_string(),
    };
    Identity::from_pem(&read(chain)?, &read(key)?).map_err(bad)
}
