//! Taking connections until told to stop, and letting those that run then end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

/// A socket that listens and never blocks, for whichever runtime takes it.
pub(crate) fn listening_at(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves each connection with what `connection` makes of it, so many at once as there are places, until `stop` turns true or is
/// dropped. Those that run then have `drain` to end; gives how many were cut.
pub(crate) async fn serve<C, R>(
    listener: TcpListener,
    places: &Arc<Semaphore>,
    mut stop: watch::Receiver<bool>,
    drain: Duration,
    connection: C,
) -> usize
where
    C: Fn(TcpStream, SocketAddr) -> R,
    R: Future<Output = ()> + Send + 'static,
{
    let mut running = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, places) => accepted,
            // What has ended is let go.
            Some(_) = running.join_next(), if !running.is_empty() => continue,
        };
        if let Some((stream, source, place)) = accepted {
            let serving = connection(stream, source);
            running.spawn(async move {
                serving.await;
                drop(place);
            });
        }
    }
    drop(listener);
    let all = async { while running.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(drain, all).await;
    let cut = running.len();
    // Each is let go before this ends, so that what it was doing is told.
    running.shutdown().await;
    cut
}

/// The next connection with its place; `None` when it could not be had.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
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
