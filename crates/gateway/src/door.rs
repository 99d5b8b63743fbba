//! The front door itself: accepts connections, asks who they are, and serves their calls one after the other.

use crate::backend::Backend;
use crate::call;
use crate::calls::Calls;
use crate::collect::proxy_header;
use crate::config::{Age, Limits};
use crate::fairness::Fairness;
use crate::gateway::Shared;
use crate::http1::{RequestHead, Wire};
use crate::identity::Peer;
use crate::message::Wanted;
use crate::places::{Place, caller};
use liitos_domain::directory::{Decision, Request, decide};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash, decision_id};
use liitos_pki::Certificate;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

/// How long a connection may take to end as its protocol wishes.
const ENDING: Duration = Duration::from_secs(1);

/// The door of one thread: the same for all, with connections to the backend of its own.
pub(crate) struct Door {
    shared: Arc<Shared>,
    backend: Backend,
    stop: watch::Receiver<bool>,
    random: Mutex<Vec<u8>>,
}

impl Door {
    pub(crate) fn new(shared: Arc<Shared>, backend: Backend, stop: watch::Receiver<bool>) -> Self {
        Self { shared, backend, stop, random: Mutex::default() }
    }

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
    pub(crate) async fn accept(
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

    pub(crate) async fn connection(&self, mut stream: TcpStream, source: SocketAddr) {
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
        let configured = self.shared.config.collection_points.iter().any(|points| points.contains(&address));
        let registered = || self.shared.snapshots.current().is_some_and(|held| held.says_source(address, self.now()));
        if !configured && !registered() {
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
