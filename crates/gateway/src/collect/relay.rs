//! Passes bytes both ways as they come, until both sides have ended or nothing has passed for too long.

use super::counters::RouteCounts;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

/// Bytes held in each direction at once: few at first, as many as this once they come in bulk.
const FEW: usize = 8 * 1024;
const MANY: usize = 128 * 1024;

/// Passes what both sides send. One side's end is told to the other, whose own bytes go on until it ends too.
pub(super) async fn relay(
    client: &mut TcpStream,
    target: &mut TcpStream,
    silence: Duration,
    counts: &RouteCounts,
) -> io::Result<()> {
    let (client_reads, client_writes) = client.split();
    let (target_reads, target_writes) = target.split();
    // Bytes either way show that the connection lives.
    let moved = AtomicU64::new(0);
    let up = pass(client_reads, target_writes, (&counts.up, &moved));
    let down = pass(target_reads, client_writes, (&counts.down, &moved));
    let both = async { tokio::try_join!(up, down).map(|_| ()) };
    tokio::select! {
        ended = both => ended,
        () = silent(&moved, silence) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn pass(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    (counted, moved): (&AtomicU64, &AtomicU64),
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(FEW);
    loop {
        let read = from.read_buf(&mut piece).await?;
        if read == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece).await?;
        counted.fetch_add(read as u64, Ordering::Relaxed);
        moved.fetch_add(1, Ordering::Relaxed);
        if read == piece.capacity() && read < MANY {
            piece = Vec::with_capacity(MANY.min(read * 4));
        }
        piece.clear();
    }
}

/// Ends when nothing has moved for so long.
async fn silent(moved: &AtomicU64, silence: Duration) {
    let mut before = moved.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(silence).await;
        let now = moved.load(Ordering::Relaxed);
        if now == before {
            return;
        }
        before = now;
    }
}
