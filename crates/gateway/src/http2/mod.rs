//! HTTP/2 (RFC 9113) at the door: its frames by a library, each of its calls by the same code and limits as one over HTTP/1.1
//! (`docs/adr/0011`).
//!
//! What one connection may hold is bounded: so many calls at once, so many bytes that come and go unread, and so many calls that
//! their caller gives up.

mod stream;

use crate::door::{Door, ENDING};
use crate::http1::{MAX_HEAD_BYTES, Wire};
use crate::identity::Peer;
use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::Request;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use stream::Stream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What it is called in TLS.
pub(crate) const ALPN: &[u8] = b"h2";

/// Bytes of one call's body that may come before they are taken, and of its answer that wait to go.
const CALL_WINDOW: u32 = 128 * 1024;
/// Bytes of all bodies on a connection that may come before they are taken.
const CONNECTION_WINDOW: u32 = 512 * 1024;
/// Streams that are kept in mind after they were reset.
const MOST_RESET: usize = 32;
/// Calls that a connection's caller may give up, beyond those that it lets end.
const MOST_GIVEN_UP: u32 = 100;

/// Serves a connection's calls, several at once.
pub(crate) async fn serve<S>(door: &Arc<Door>, peer: Peer, io: S)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = door.limits();
    let handshake = Builder::new()
        .max_concurrent_streams(limits.calls_per_connection)
        .max_concurrent_reset_streams(MOST_RESET)
        .max_pending_accept_reset_streams(MOST_RESET)
        .max_local_error_reset_streams(Some(MOST_RESET))
        .max_header_list_size(u32::try_from(MAX_HEAD_BYTES).unwrap_or(u32::MAX))
        .initial_window_size(CALL_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(CALL_WINDOW as usize)
        .handshake(io);
    let Ok(Ok(mut connection)) = timeout(limits.silence(), handshake).await else { return };
    let (mut running, peer) = (JoinSet::new(), Arc::new(peer));
    take_calls(door, &peer, &mut connection, &mut running).await;
    drop(connection);
    // Nobody hears them any more, but what they have sent on is told of.
    while running.join_next().await.is_some() {}
}

/// Takes calls until either side has had enough, and those that run then have ended; `running` gives of each whether its
/// caller gave it up.
async fn take_calls<S: AsyncRead + AsyncWrite + Unpin>(
    door: &Arc<Door>,
    peer: &Arc<Peer>,
    connection: &mut Connection<S, Bytes>,
    running: &mut JoinSet<bool>,
) {
    let most = door.limits().calls_per_connection as usize;
    let (mut stop, mut ending) = (door.stop(), false);
    let (mut ended, mut given_up) = (0_u32, 0_u32);
    let mut rested = pin!(sleep(door.limits().rest()));
    loop {
        // A call that its caller gave up counts until it has ended.
        let full = running.len() >= most;
        tokio::select! {
            biased;
            Some(done) = running.join_next(), if !running.is_empty() => {
                if matches!(done, Ok(false)) { ended += 1 } else { given_up += 1 }
                if given_up > ended.saturating_add(MOST_GIVEN_UP) {
                    connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                }
                rested.set(sleep(if ending { ENDING } else { door.limits().rest() }));
            }
            next = next(connection, full) => match next {
                Some((request, respond)) => drop(running.spawn(call(Arc::clone(door), Arc::clone(peer), request, respond))),
                None => return,
            },
            _ = stop.wait_for(|stop| *stop), if !ending => {
                ending = true;
                rested.set(sleep(ENDING));
                connection.graceful_shutdown();
            }
            () = &mut rested, if running.is_empty() => {
                if ending {
                    return;
                }
                ending = true;
                rested.set(sleep(ENDING));
                connection.graceful_shutdown();
            }
        }
    }
}

type Call = (Request<RecvStream>, SendResponse<Bytes>);

/// The next call, while the connection is driven; when it may have no more, only that. `None` at its end.
async fn next<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<S, Bytes>, full: bool) -> Option<Call> {
    if full {
        let _ = poll_fn(|context| connection.poll_closed(context)).await;
        return None;
    }
    connection.accept().await?.ok()
}

/// Serves one call; whether its caller gave it up.
async fn call(door: Arc<Door>, peer: Arc<Peer>, request: Request<RecvStream>, respond: SendResponse<Bytes>) -> bool {
    let mut wire = Wire::new(Stream::new(request, respond));
    door.one(&peer, &mut wire, &mut Vec::new()).await;
    wire.into_stream().end()
}
