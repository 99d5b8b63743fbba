//! Takes connections, reads what they ask for, and passes them on.

use super::config::{CollectConfig, Listener};
use super::counters::{Counters, count};
use super::proxy_header;
use super::relay::relay;
use super::route::{Arrival, choose};
use super::targets::Targets;
use crate::listening::listening_at;
use crate::places::{Place, Places, caller};
use crate::status::{self, Told};
use liitos_pki::client_hello::{self, Hello, MAX_HELLO_BYTES};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Why a collection point could not start.
#[derive(Debug, thiserror::Error)]
#[error("{address}: {source}")]
pub struct CollectError {
    /// The address that cannot be listened on.
    pub address: SocketAddr,
    /// Why not.
    pub source: std::io::Error,
}

/// A collection point ready to run.
pub struct CollectionPoint {
    listeners: Vec<(String, std::net::TcpListener)>,
    status: Option<std::net::TcpListener>,
    shared: Arc<Shared>,
}

/// A part of it for one more thread: it takes connections from the same addresses.
pub struct CollectWorker {
    listeners: Vec<(String, std::net::TcpListener)>,
    shared: Arc<Shared>,
}

struct Shared {
    config: CollectConfig,
    targets: Targets,
    counters: Counters,
    places: Arc<Semaphore>,
    /// Places on each route.
    route_places: Vec<Arc<Semaphore>>,
    by_address: Arc<Places<IpAddr>>,
    /// Whether no more connections are taken.
    stopping: watch::Sender<bool>,
}

/// A connection's places: for all, and for its address.
type Taken = (OwnedSemaphorePermit, Place<IpAddr>);

impl CollectionPoint {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`CollectError`].
    pub fn bind(config: CollectConfig) -> Result<Self, CollectError> {
        let bind = |address| listening_at(address).map_err(|source| CollectError { address, source });
        let mut listeners = Vec::new();
        for Listener { name, address } in &config.listeners {
            listeners.push((name.clone(), bind(*address)?));
        }
        let status = config.status.map(bind).transpose()?;
        let shared = Shared {
            targets: Targets::of(&config),
            counters: Counters::new(config.routes.iter().map(|route| route.name.clone())),
            places: Arc::new(Semaphore::new(config.limits.connections)),
            route_places: config.routes.iter().map(|route| Arc::new(Semaphore::new(route.connections))).collect(),
            by_address: Places::new(config.limits.connections_per_address),
            stopping: watch::Sender::new(false),
            config,
        };
        Ok(Self { listeners, status, shared: Arc::new(shared) })
    }

    /// The addresses listened on, in the configuration's order.
    ///
    /// # Errors
    /// When a socket is gone.
    pub fn addresses(&self) -> std::io::Result<Vec<SocketAddr>> {
        self.listeners.iter().map(|(_, listener)| listener.local_addr()).collect()
    }

    /// Where the counts can be read.
    #[must_use]
    pub fn status_address(&self) -> Option<SocketAddr> {
        self.status.as_ref().and_then(|status| status.local_addr().ok())
    }

    /// A part of it for one more thread with a runtime of its own; it ends when this one does.
    ///
    /// # Errors
    /// When a socket cannot be shared.
    pub fn worker(&self) -> std::io::Result<CollectWorker> {
        let shared = |(name, listener): &(String, std::net::TcpListener)| Ok((name.clone(), listener.try_clone()?));
        let listeners = self.listeners.iter().map(shared).collect::<std::io::Result<_>>()?;
        Ok(CollectWorker { listeners, shared: Arc::clone(&self.shared) })
    }

    /// Serves until `stop` ends; then takes no more connections and waits for those that there are to end, so long as the
    /// configuration says.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Self { listeners, status: watched, shared } = self;
        let mut tasks = tokio::task::JoinSet::new();
        if let Some(listener) = watched {
            match TcpListener::from_std(listener) {
                Ok(listener) => drop(tasks.spawn(status::serve(listener, Arc::clone(&shared)))),
                Err(error) => tracing::error!(error = %error, "the counts cannot be shown"),
            }
        }
        let watching = Arc::clone(&shared);
        tasks.spawn(async move {
            let limits = watching.config.limits;
            watching.targets.watch(limits.probe(), limits.connect()).await;
        });
        let serving = CollectWorker { listeners, shared: Arc::clone(&shared) }.run();
        let told = async {
            stop.await;
            shared.stopping.send_replace(true);
        };
        let (ended, ()) = tokio::join!(serving, told);
        tasks.shutdown().await;
        tracing::info!(cut = if ended { 0 } else { shared.counters.open() }, "stopped");
    }
}

impl CollectWorker {
    /// Takes connections until the collection point stops, and waits for all to end, so long as the configuration says; whether
    /// they have.
    pub async fn run(self) -> bool {
        let Self { listeners, shared } = self;
        let mut stopping = shared.stopping.subscribe();
        let mut tasks = tokio::task::JoinSet::new();
        for (name, listener) in listeners {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    let shared = Arc::clone(&shared);
                    tasks.spawn(async move { shared.accept(&name, listener).await });
                }
                Err(error) => tracing::error!(error = %error, listener = name, "nothing can be taken here"),
            }
        }
        // Its other end is ours: it does not go before us.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tasks.shutdown().await;
        let all = u32::try_from(shared.config.limits.connections).unwrap_or(u32::MAX);
        tokio::time::timeout(shared.config.limits.drain(), shared.places.acquire_many(all)).await.is_ok()
    }
}

impl Shared {
    async fn accept(self: Arc<Self>, listener_name: &str, listener: TcpListener) {
        loop {
            let (stream, source) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end give some back.
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let Some(place) = self.place(source.ip().to_canonical()) else {
                count(&self.counters.crowded);
                continue;
            };
            let (shared, name) = (Arc::clone(&self), listener_name.to_owned());
            tokio::spawn(async move {
                shared.connection(&name, stream, source).await;
                drop(place);
            });
        }
    }

    /// A place for a connection, unless there are as many as may be, of all or from its address.
    fn place(&self, source: IpAddr) -> Option<Taken> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some((place, self.by_address.take(caller(source))?))
    }

    async fn connection(&self, listener: &str, mut client: TcpStream, source: SocketAddr) {
        let _ = client.set_nodelay(true);
        let hello = match tokio::time::timeout(self.config.limits.hello(), first_message(&client)).await {
            Err(_) => return count(&self.counters.slow),
            Ok(None) => return count(&self.counters.no_tls),
            Ok(Some(hello)) => hello,
        };
        let arrival =
            Arrival { listener, server_name: hello.server_name.as_deref(), source: source.ip().to_canonical() };
        let Some(route) = choose(&self.config.routes, &arrival) else {
            tracing::info!(listener, %source, server_name = arrival.server_name, "no route");
            return count(&self.counters.no_route);
        };
        let (Some(counts), Some(places)) = (self.counters.route(route), self.route_places.get(route)) else { return };
        let Ok(_place) = Arc::clone(places).try_acquire_owned() else {
            return count(&counts.full);
        };
        let Some((target, mut onward)) = self.targets.call(route, self.config.limits.connect()).await else {
            return count(&counts.unanswered);
        };
        let _ = onward.set_nodelay(true);
        if target.proxy_header {
            let here = client.local_addr().unwrap_or(target.address);
            if onward.write_all(&proxy_header::write(source, here)).await.is_err() {
                return count(&counts.unanswered);
            }
        }
        count(&counts.passed);
        counts.open.fetch_add(1, Ordering::Relaxed);
        let ended = relay(&mut client, &mut onward, self.config.limits.silence(), counts).await;
        counts.open.fetch_sub(1, Ordering::Relaxed);
        if let Err(error) = ended {
            tracing::debug!(error = %error, "a connection broke off");
        }
    }
}

/// Looks at a client's first message without taking it off the socket; `None` when it is none.
async fn first_message(client: &TcpStream) -> Option<client_hello::ClientHello> {
    // Most fit into this; the few that do not are looked at again with room for the largest.
    let mut seen = vec![0; USUAL_HELLO_BYTES];
    let mut before = 0;
    loop {
        let length = client.peek(&mut seen).await.ok()?;
        if length == seen.len() && length < MAX_HELLO_BYTES {
            seen.resize(MAX_HELLO_BYTES, 0);
            continue;
        }
        match client_hello::read(seen.get(..length)?) {
            Hello::Client(hello) => return Some(hello),
            Hello::NotTls(_) => return None,
            // The peer has ended, or the socket holds no more than this.
            Hello::Incomplete if length == 0 || length == before && length == MAX_HELLO_BYTES => return None,
            Hello::Incomplete => {
                // What was peeked at stays readable, so that readiness does not tell of more: look again in a moment.
                if length == before {
                    tokio::time::sleep(PEEK_AGAIN).await;
                }
                before = length;
            }
        }
    }
}

const USUAL_HELLO_BYTES: usize = 4 * 1024;

/// How soon a first message that came in part is looked at again.
const PEEK_AGAIN: Duration = Duration::from_millis(5);

impl Told for Shared {
    fn metrics(&self) -> String {
        self.counters.text()
    }

    fn health(&self) -> Result<(), String> {
        if self.targets.healthy() { Ok(()) } else { Err("a route has no target that answers".to_owned()) }
    }
}
