//! Connections to the portal and to the inner door: how many, and how long each may take over what.

use super::unread::drained;
use axum::Router;
use axum::middleware::from_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use liitos_domain::Sha256Hash;
use liitos_web::doors::Caller;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// Connections to the portal at once.
const PORTAL_CONNECTIONS: usize = 2000;
/// How long a browser may take over a request's head, or keep a connection idle.
const PORTAL_SILENCE: Duration = Duration::from_secs(30);
/// How long a form or a file may take to arrive.
const PORTAL_ARRIVES: Duration = Duration::from_secs(120);
/// How long a gateway may take over a request's head, or keep a connection idle.
const INNER_SILENCE: Duration = Duration::from_secs(60);
/// How long a message may take to arrive from a gateway, whose callers may be slow.
const INNER_ARRIVES: Duration = Duration::from_secs(600);
/// A TLS handshake at the inner door may take so long.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Serves the portal: so many connections at once, and none that takes its time over a request's head.
pub(super) async fn serve_pages(listener: TcpListener, router: Router) {
    let router = router.layer(from_fn(move |request, next| drained(request, next, PORTAL_ARRIVES)));
    let places = Arc::new(Semaphore::new(PORTAL_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let router = router.clone();
        tokio::spawn(async move {
            serve_connection(stream, router, PORTAL_SILENCE).await;
            drop(place);
        });
    }
}

async fn serve_connection<S>(stream: S, router: Router, silence: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(silence)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        tracing::debug!(error = %error, "connection ended");
    }
}

/// Serves a router over mutual TLS.
pub(super) async fn serve_tls(listener: TcpListener, acceptor: TlsAcceptor, router: Router) {
    let router = router.layer(from_fn(move |request, next| drained(request, next, INNER_ARRIVES)));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (acceptor, router) = (acceptor.clone(), router.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let Ok(Ok(tls)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else {
                return;
            };
            let shown = tls.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let caller = shown.map(|certificate| Caller(Sha256Hash::of(certificate)));
            let router = match caller {
                Some(caller) => router.layer(axum::Extension(caller)),
                None => router,
            };
            serve_connection(tls, router, INNER_SILENCE).await;
        });
    }
}
