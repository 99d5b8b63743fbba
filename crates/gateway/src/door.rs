//! The front door itself: accepts connections, asks who they are, decides each call, forwards or refuses.

use crate::collect::proxy_header;
use crate::config::{Config, ConfigError, read};
use crate::fairness::{Fairness, Running};
use crate::forward::{BackendClient, Body, fact_headers};
use crate::identity::Peer;
use crate::refusal::Refusal;
use crate::request::{Incomplete, Still, Wanted, watched};
use crate::{Now, SnapshotHolder};
use arc_swap::ArcSwap;
use http::{Method, Request, Response, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use liitos_documents::envelope::looks_like_soap;
use liitos_domain::directory::{Decision, decide};
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service, decision_id};
use liitos_pki::seal::SealVerifier;
use liitos_pki::tls::{AccessPointVerifier, Identity, IdentityError, PinnedServer, server_config};
use liitos_pki::{Certificate, FileFault, Trust};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

/// How often issuers and revocation lists are loaded again.
const RELOAD: Duration = Duration::from_secs(60);

/// A message of the largest size on a slow link takes this long at most, the backend's work included.
const BACKEND_PATIENCE: Duration = Duration::from_secs(120);

/// Why a gateway could not start.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// A file or key of the configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
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
    config: Config,
    acceptor: TlsAcceptor,
    listener: TcpListener,
    door: Arc<Door>,
}

struct Door {
    snapshots: Arc<SnapshotHolder>,
    trust: Arc<ArcSwap<Trust>>,
    backend: BackendClient,
    fairness: Arc<Fairness>,
    config: Config,
    now: Now,
}

impl Gateway {
    /// Loads what the configuration names and begins to listen.
    ///
    /// # Errors
    /// [`GatewayError`].
    pub async fn bind(config: Config, now: Now) -> Result<Self, GatewayError> {
        let trust = Arc::new(ArcSwap::from_pointee(config.trust_files().load()?));
        let verifier = AccessPointVerifier::new(
            Arc::clone(&trust),
            config.accept_server_only_certificates,
            Box::new(
                |refused| tracing::info!(fingerprint = %refused.fingerprint, reason = refused.reason, "handshake refused"),
            ),
        );
        let tls = server_config(&identity(&config.certificate, &config.key)?, Arc::new(verifier))?;
        let own = identity(&config.backend_client_certificate, &config.backend_client_key)?;
        let backend = BackendClient::new(&config.backend, &own, PinnedServer(config.backend_certificate_sha256))?;
        let seal = SealVerifier::from_public(config.seal_public_key.as_bytes());
        let snapshots = Arc::new(SnapshotHolder::new(seal, config.snapshot_file.clone(), Arc::clone(&now)));
        let listen = |source| GatewayError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let fairness = Fairness::new(config.limits.joiner);
        let door = Arc::new(Door { snapshots, trust, backend, fairness, config: config.clone(), now });
        Ok(Self { config, acceptor: TlsAcceptor::from(Arc::new(tls)), listener, door })
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
        Arc::clone(&self.door.snapshots)
    }

    /// A handle for loading issuers and revocation lists again while calls go on.
    pub fn reloader(&self) -> impl Fn() -> Result<(), GatewayError> + Send + Sync + 'static {
        let (trust, config) = (Arc::clone(&self.door.trust), self.config.clone());
        move || {
            let (renewed, faults) = config.trust_files().renew(&trust.load())?;
            trust.store(Arc::new(renewed));
            for fault in faults {
                tracing::error!(error = %fault, "a revocation list was not taken; the one held before stays");
            }
            Ok(())
        }
    }

    /// Serves until the process ends.
    pub async fn run(self) {
        tokio::spawn(Arc::clone(&self.door.snapshots).follow(self.door.backend.clone()));
        tokio::spawn(reload_for_ever(self.reloader()));
        let places = Arc::new(Semaphore::new(self.config.limits.connections));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match self.listener.accept().await {
                Ok((stream, source)) => {
                    let (door, acceptor) = (Arc::clone(&self.door), self.acceptor.clone());
                    tokio::spawn(async move {
                        door.connection(stream, source, acceptor).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end give some back.
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

impl Door {
    async fn connection(self: Arc<Self>, stream: TcpStream, source: SocketAddr, acceptor: TlsAcceptor) {
        let silence = self.config.limits.silence();
        let _ = stream.set_nodelay(true);
        let mut stream = stream;
        let Ok(Ok(source)) = tokio::time::timeout(silence, self.came_from(&mut stream, source)).await else {
            tracing::info!(%source, "a collection point said nothing sound of where a connection comes from");
            return;
        };
        // A peer that takes nothing of its answer for so long gives up its place.
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(silence));
        let Ok(Ok(tls)) = tokio::time::timeout(silence, acceptor.accept(Box::pin(stream))).await else {
            return;
        };
        let shown = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let Some(Ok(certificate)) = shown.map(|der| Certificate::parse(der)) else {
            return;
        };
        let peer = Arc::new(Peer::new(certificate));
        let service = service_fn(move |request| {
            let (door, peer) = (Arc::clone(&self), Arc::clone(&peer));
            async move { Ok::<_, Infallible>(door.call(peer, source, request).await) }
        });
        let served = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(silence)
            .max_buf_size(64 * 1024)
            .serve_connection(TokioIo::new(tls), service)
            .await;
        if let Err(error) = served {
            tracing::debug!(error = %error, "connection ended");
        }
    }

    /// Where a connection really comes from: what a collection point says, or the other end's address.
    async fn came_from(&self, stream: &mut TcpStream, end: SocketAddr) -> std::io::Result<SocketAddr> {
        let address = end.ip().to_canonical();
        if !self.config.collection_points.iter().any(|points| points.contains(&address)) {
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

    /// One call, from identity to answer.
    async fn call(self: Arc<Self>, peer: Arc<Peer>, source: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let hl7 = parts.uri.path() == "/hl7";
        let id = new_decision_id();
        let mut message = Incomplete::new(body, self.config.limits.silence());
        let mut wanted = None;
        let passed = self.pass(&peer, source, (&parts, &id), &mut message, &mut wanted).await;
        let finding = match passed {
            Ok((decision, running)) => {
                let soap = looks_like_soap(&message.first);
                let still = self.still(&peer, source, wanted.as_ref());
                match self.forward(&peer, &parts, (&decision, &id), (message, still, running), wanted.as_ref()).await {
                    Ok(response) => return response,
                    Err(finding) => {
                        return self.refuse(&finding, &id, Form { hl7, soap, close: true }, wanted.as_ref());
                    }
                }
            }
            Err(finding) => finding,
        };
        tracing::info!(
            decision = id,
            access_point = peer.access_point().ok().map(ToString::to_string),
            code = %finding.code,
            place = finding.place,
            "refused"
        );
        let soap = looks_like_soap(&message.first);
        let ended = message.drain().await;
        self.refuse(&finding, &id, Form { hl7, soap, close: !ended }, wanted.as_ref())
    }

    /// Identity, wish, decision; `wanted` is kept for the answer even when it is refused.
    async fn pass(
        &self,
        peer: &Peer,
        source: SocketAddr,
        head: (&http::request::Parts, &str),
        message: &mut Incomplete,
        wanted: &mut Option<Wanted>,
    ) -> Result<(Decision, Running), Finding> {
        let point = peer.access_point()?;
        let length = head.0.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.config.limits.message_bytes) {
            return Err(Finding::new(RefusalCode::MessageTooLarge, "Content-Length"));
        }
        let asked = match (&head.0.method, head.0.uri.path()) {
            (&Method::POST, "/hl7") => message.wanted(point).await?,
            (&Method::GET, path) if path.starts_with("/fhir/Binary/") => read_wish(head.0)?,
            _ => return Err(Finding::new(RefusalCode::NotServed, "method and path")),
        };
        let decision = self.decide(peer, source, wanted.insert(asked))?;
        // Units call in their joiner's name, and tenants in their host's: they share what it may take.
        let joiner = decision.joiner.clone().ok_or_else(|| Finding::new(RefusalCode::JoinerUnknown, "joiner"))?;
        let running = self.fairness.begin(&joiner, (self.now)())?;
        Ok((decision, running))
    }

    /// Whether a call that was permitted still is: asked again as long as its body or its answer runs.
    fn still(self: &Arc<Self>, peer: &Arc<Peer>, source: SocketAddr, wanted: Option<&Wanted>) -> Still {
        let (door, peer) = (Arc::clone(self), Arc::clone(peer));
        let wish = wanted.map(|w| Wanted { represented: w.represented.clone(), envelope: None, ..*w });
        Arc::new(move || match &wish {
            Some(wish) => door.decide(&peer, source, wish).map(drop),
            None => Ok(()),
        })
    }

    /// The decision on what a peer wants, now.
    fn decide(&self, peer: &Peer, source: SocketAddr, asked: &Wanted) -> Result<Decision, Finding> {
        let point = peer.access_point()?;
        let unavailable = || Finding::new(RefusalCode::DirectoryUnavailable, "snapshot");
        let snapshot = self.snapshots.current().ok_or_else(unavailable)?;
        let facts = peer.facts(&self.trust, &self.now);
        let question = liitos_domain::directory::Request {
            access_point: point,
            certificate: Some(&facts),
            source: self.config.check_source_address.then_some(source.ip().to_canonical()),
            service: asked.service,
            operation: asked.operation,
            joiner: &asked.represented,
            unit: None,
            tenant: None,
            system: None,
            organiser: None,
        };
        let decision = decide(&snapshot, &question, (self.now)());
        match decision.code() {
            Some(code) => {
                let place = decision.facts.last().map_or("directory", |fact| fact.what);
                Err(Finding::new(code, place))
            }
            None => Ok(decision),
        }
    }

    /// Sends the call on. What the peer did wrong while its body streamed is told apart from a backend that fails.
    async fn forward(
        &self,
        peer: &Peer,
        parts: &http::request::Parts,
        decision: (&Decision, &str),
        (message, still, running): (Incomplete, Still, Running),
        wanted: Option<&Wanted>,
    ) -> Result<Response<Body>, Finding> {
        let cause = Arc::new(OnceLock::new());
        let sent = self.send_on(peer, parts, decision, (message, still, running, Arc::clone(&cause)), wanted).await;
        sent.map_err(|problem| match cause.get() {
            Some(finding) => {
                tracing::info!(decision = decision.1, code = %finding.code, "the body was not as it should be");
                Finding::clone(finding)
            }
            None => {
                tracing::error!(decision = decision.1, problem, "the backend does not answer");
                Finding::new(RefusalCode::BackendUnavailable, "backend")
            }
        })
    }

    async fn send_on(
        &self,
        peer: &Peer,
        parts: &http::request::Parts,
        decision: (&Decision, &str),
        (message, still, running, cause): (Incomplete, Still, Running, Arc<OnceLock<Finding>>),
        wanted: Option<&Wanted>,
    ) -> Result<Response<Body>, String> {
        let point = peer.access_point().map_err(|finding| finding.to_string())?;
        let represented = wanted.map(|w| &w.represented).ok_or("nothing wanted")?;
        let reading = parts.method == Method::GET;
        let body = if reading {
            Empty::new().map_err(|never| match never {}).boxed_unsync()
        } else {
            message.into_body(self.config.limits.message_bytes, Arc::clone(&still), cause)
        };
        let uri = self.backend.uri(parts.uri.path())?;
        let mut request =
            Request::builder().method(parts.method.clone()).uri(uri).body(body).map_err(|e| e.to_string())?;
        *request.headers_mut() = fact_headers(point, represented, decision, &peer.certificate);
        let kept: &[_] = if reading { &[header::ACCEPT] } else { &[header::CONTENT_TYPE, header::CONTENT_LENGTH] };
        for name in kept {
            if let Some(value) = parts.headers.get(name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let answer = tokio::time::timeout(BACKEND_PATIENCE, self.backend.send(request)).await;
        let response = answer.map_err(|_| "no answer in time")??;
        tracing::info!(decision = decision.1, access_point = %point, status = response.status().as_u16(), "passed");
        let id = decision.1.to_owned();
        Ok(response.map(|body| watched(body, BACKEND_PATIENCE, still, (id, running))))
    }

    fn refuse(&self, finding: &Finding, id: &str, form: Form, wanted: Option<&Wanted>) -> Response<Body> {
        let envelope = wanted.and_then(|w| w.envelope.as_ref());
        let Form { hl7, soap, close } = form;
        Refusal { finding, decision_id: id, hl7, envelope, soap, at: (self.now)(), close }.response()
    }
}

/// How a refusal is put.
struct Form {
    /// As an acknowledgement.
    hl7: bool,
    /// In a SOAP envelope.
    soap: bool,
    /// With the connection closed after it.
    close: bool,
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

/// Who reads: until the Kanta token's form is known, the subscriber is named in a header of its own (assumed).
fn read_wish(head: &http::request::Parts) -> Result<Wanted, Finding> {
    const HEADER: &str = "service-subscriber";
    let text = head.headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let represented =
        Oid::parse(text).map_err(|_| Finding::new(RefusalCode::FieldMissing, "Service-Subscriber header"))?;
    Ok(Wanted { service: Service::PatientData, operation: Operation::Read, represented, envelope: None })
}

fn identity(chain: &Path, key: &Path) -> Result<Identity, GatewayError> {
    let bad = |error: IdentityError| GatewayError::Certificate {
        file: format!("{} and {}", chain.display(), key.display()),
        problem: error.to_string(),
    };
    Identity::from_pem(&read(chain)?, &read(key)?).map_err(bad)
}

fn new_decision_id() -> String {
    let mut bytes = [0u8; 8];
    #[expect(clippy::disallowed_methods, reason = "the gateway's one use of randomness: ids that nobody decides by")]
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    decision_id::from_random(bytes)
}
