//! An access point's inside: a joiner's or an intermediary's systems call here, each by an identity of its own, and Kanta sees one
//! access point with one certificate (guide 7.1 to 7.3).
//!
//! ```text
//! system ──mTLS, or TLS and token──▶ inside ──represents whom?──▶ call ──mTLS as the access point──▶ Kanta's front door
//! ```

pub mod config;
mod judge;
mod page;

use crate::backend::{Backend, Known};
use crate::calls::Calls;
use crate::door::{Common, Door};
use crate::gateway::{identity, renew, renew_trust};
use crate::http2::CallPlaces;
use crate::identity::Peer;
use crate::places::{Places, caller};
use crate::{GatewayError, Now, listening, status};
use arc_swap::ArcSwap;
use config::InsideConfig;
use judge::Systems;
use liitos_pki::tls::{AccessPointVerifier, NamedServer, OwnCertificate, renewable_server_config};
use liitos_pki::{Certificate, Trust};
use page::Page;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

/// An access point's inside, ready to run.
pub struct Inside {
    listener: std::net::TcpListener,
    status: Option<std::net::TcpListener>,
    config: InsideConfig,
    common: Common,
    known: Known,
    kanta: Arc<ArcSwap<Trust>>,
    front: Arc<Front>,
    page: Arc<Page>,
}

/// What its connections share.
struct Front {
    certificate: Arc<OwnCertificate>,
    /// The one that Kanta is shown.
    outside: Arc<OwnCertificate>,
    acceptor: TlsAcceptor,
    trust: Arc<ArcSwap<Trust>>,
    by_address: Arc<Places<IpAddr>>,
    calls: Arc<Calls>,
}

impl Inside {
    /// Loads what the configuration names and begins to listen.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub fn bind(config: InsideConfig, now: Now) -> Result<Self, GatewayError> {
        let bind = |address: SocketAddr| {
            let listen = |source| GatewayError::Listen { address, source };
            let listener = std::net::TcpListener::bind(address).map_err(listen)?;
            listener.set_nonblocking(true).map_err(listen)?;
            Ok::<_, GatewayError>(listener)
        };
        let calls = Calls::new(config.access_log.clone(), None, Arc::clone(&now));
        let trust = Arc::new(ArcSwap::from_pointee(config.trust_files().load()?));
        let told = Arc::clone(&calls);
        let verifier = AccessPointVerifier::new(
            Arc::clone(&trust),
            true,
            Box::new(move |refused| {
                told.handshakes_refused.fetch_add(1, Ordering::Relaxed);
                tracing::info!(fingerprint = %refused.fingerprint, reason = refused.reason, "handshake refused");
            }),
        );
        // Whose token says who it is need show no certificate.
        let tokens = config.systems.iter().any(|system| system.token_sha256.is_some());
        let verifier = if tokens { verifier.or_none() } else { verifier };
        let certificate = OwnCertificate::new(&identity(&config.certificate, &config.key)?)?;
        let outside = OwnCertificate::new(&identity(&config.outside_certificate, &config.outside_key)?)?;
        let kanta = Arc::new(ArcSwap::from_pointee(config.kanta_trust_files().load()?));
        let server = NamedServer::new(Arc::clone(&kanta), !config.kanta_revocation_lists.is_empty());
        let shown = [Arc::clone(&certificate), Arc::clone(&outside)];
        let page = Page::new(&config, shown, Arc::clone(&calls), Arc::clone(&now));
        let mut tls = renewable_server_config(Arc::clone(&certificate), Arc::new(verifier))?;
        tls.alpn_protocols = config.limits.protocols();
        let front = Front {
            acceptor: TlsAcceptor::from(Arc::new(tls)),
            certificate,
            outside: Arc::clone(&outside),
            trust: Arc::clone(&trust),
            by_address: Places::new(config.limits.connections_per_address),
            calls: Arc::clone(&calls),
        };
        let common = Common {
            judge: Arc::new(Systems::new(&config, trust)),
            limits: config.limits,
            fairness: Arc::default(),
            call_places: Arc::new(CallPlaces::new(&config.limits)),
            calls,
            now,
        };
        Ok(Self {
            listener: bind(config.listen)?,
            status: config.status.map(bind).transpose()?,
            known: Known::Named(outside, Arc::new(server)),
            kanta,
            front: Arc::new(front),
            page: Arc::new(page),
            common,
            config,
        })
    }

    /// The address listened on.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle for loading issuers, revocation lists and certificates again while calls go on.
    pub fn reloader(&self) -> impl Fn() -> Result<(), GatewayError> + Send + Sync + 'static {
        reloader(self.config.clone(), Arc::clone(&self.front), Arc::clone(&self.kanta), Arc::clone(&self.common.now))
    }

    /// Where counts, health and page are, where they are.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn status_address(&self) -> std::io::Result<Option<SocketAddr>> {
        self.status.as_ref().map(std::net::TcpListener::local_addr).transpose()
    }

    /// Serves until `stop` turns true or is dropped, and what runs then has ended.
    ///
    /// # Errors
    /// [`GatewayError`] when it cannot begin.
    pub async fn run(self, stop: watch::Receiver<bool>) -> Result<(), GatewayError> {
        let reload = self.reloader();
        let Self { listener, status, config, common, known, front, page, .. } = self;
        let listen = |source| GatewayError::Listen { address: config.listen, source };
        let listener = TcpListener::from_std(listener).map_err(listen)?;
        let addresses = config.kanta.iter().map(|kanta| (kanta.address.as_str(), kanta.at));
        let backend = Backend::new(addresses, &known, Arc::clone(&common.now))?;
        let mut beside = tokio::task::JoinSet::new();
        beside.spawn(Arc::clone(&common.calls).write());
        beside.spawn(crate::gateway::reload_for_ever(reload));
        if let Some(status) = status {
            beside.spawn(status::serve(TcpListener::from_std(status).map_err(listen)?, page));
        }
        let (places, drain) = (Arc::new(Semaphore::new(config.limits.connections)), config.limits.drain());
        let calls = Arc::clone(&common.calls);
        let door = Arc::new(Door::new(common, backend, stop.clone()));
        let connection = |stream, source| {
            let (front, door) = (Arc::clone(&front), Arc::clone(&door));
            async move { front.connection(&door, stream, source).await }
        };
        let cut = listening::serve(listener, &places, stop, drain, connection).await;
        tracing::info!(cut, "stopped");
        beside.shutdown().await;
        calls.flush();
        Ok(())
    }
}

impl Front {
    async fn connection(&self, door: &Door, stream: TcpStream, source: SocketAddr) {
        let _ = stream.set_nodelay(true);
        let Some(_place) = self.by_address.take(caller(source.ip())) else { return };
        let accepting = tokio::time::timeout(door.limits().silence(), self.acceptor.accept(stream));
        let Ok(Ok(tls)) = accepting.await else { return };
        let shown = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let Ok(certificate) = shown.map(|der| Certificate::parse(der)).transpose() else { return };
        self.calls.connections.fetch_add(1, Ordering::Relaxed);
        let peer = Peer::inside(certificate, source);
        door.serve(peer, tls).await;
    }
}

/// Loads again issuers and revocation lists – of the systems, and of Kanta's doors – and the certificates
/// towards both.
fn reloader(
    config: InsideConfig,
    front: Arc<Front>,
    kanta: Arc<ArcSwap<Trust>>,
    now: Now,
) -> impl Fn() -> Result<(), GatewayError> {
    move || {
        // None stands in the way of the others.
        let systems = renew_trust(&config.trust_files(), &front.trust);
        let doors = renew_trust(&config.kanta_trust_files(), &kanta);
        let own = renew(&front.certificate, &config.certificate, &config.key, now());
        let outside = renew(&front.outside, &config.outside_certificate, &config.outside_key, now());
        own.and(outside).and(systems).and(doors)
    }
}
