//! The callers: connections over mutual TLS that ask at set times and read what they are answered.

use super::proxies::Ground;
use crate::cli::bench::micros;
use liitos_pki::tls::{Identity, client_config};
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Connections that share the calls.
const CONNECTIONS: u32 = 32;
/// Callers of a rush: enough that a proxy always has one to answer.
const RUSHING: usize = 16;
/// Handshakes at once while many idle connections are made.
const AT_ONCE: usize = 32;

pub(super) struct Load {
    connector: TlsConnector,
    door: SocketAddr,
    joiner: String,
    message: Arc<[u8]>,
}

type Stream = TlsStream<TcpStream>;

impl Load {
    pub(super) fn new(ground: &Ground, port: u16) -> Result<Self, String> {
        let identity =
            Identity { chain: vec![ground.caller.certificate_der.clone()], key: ground.caller.key_der.clone() };
        let config = client_config(&identity, std::slice::from_ref(&ground.issuer)).map_err(|e| e.to_string())?;
        let door = ([127, 0, 0, 1], port).into();
        let connector = TlsConnector::from(Arc::new(config));
        Ok(Self { connector, door, joiner: ground.joiner.clone(), message: ground.message.as_slice().into() })
    }

    /// So many calls a second on connections that stay; microseconds of each, from when it was due.
    pub(super) async fn calls(&self, which: &str, rate: u32, time: Duration) -> Result<Vec<i64>, String> {
        let request = self.request(which);
        let mut callers = JoinSet::new();
        let step = Duration::from_secs(1) * CONNECTIONS / rate;
        let mut streams = Vec::new();
        for _ in 0..CONNECTIONS {
            streams.push(connect(&self.connector, self.door).await?);
        }
        let begun = now() + Duration::from_millis(5);
        for (number, mut stream) in (0u32..).zip(streams) {
            let request = Arc::clone(&request);
            let first = begun + step * number / CONNECTIONS;
            callers.spawn(async move {
                let (mut took, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
                let mut due = first;
                while due < begun + time {
                    let early = due > now();
                    tokio::time::sleep_until(due).await;
                    // Timers wake up to a millisecond late, which is nobody's; only waiting for the answer before counts.
                    let from = if early { micros() } else { micros() - as_micros(due.elapsed()) };
                    call(&mut stream, &request, &mut piece).await?;
                    took.push(micros() - from);
                    due += step;
                }
                Ok::<_, String>(took)
            });
        }
        gather(callers).await
    }

    /// So many connections a second, each with a handshake and one small call.
    pub(super) async fn handshakes(&self, rate: u32, time: Duration) -> Result<Vec<i64>, String> {
        let request = self.request(super::SMALL);
        let mut callers = JoinSet::new();
        let begun = now();
        let mut due = begun;
        while due < begun + time {
            tokio::time::sleep_until(due).await;
            let (connector, door, request) = (self.connector.clone(), self.door, Arc::clone(&request));
            callers.spawn(async move {
                let from = micros();
                let mut stream = connect(&connector, door).await?;
                call(&mut stream, &request, &mut vec![0; 4096]).await?;
                Ok::<_, String>(vec![micros() - from])
            });
            due += Duration::from_secs(1) / rate;
        }
        gather(callers).await
    }

    /// As many handshakes as are answered, each with one small call, some always at once.
    pub(super) async fn rush(&self, time: Duration) -> Result<Vec<i64>, String> {
        let request = self.request(super::SMALL);
        let mut callers = JoinSet::new();
        let end = now() + time;
        for _ in 0..RUSHING {
            let (connector, door, request) = (self.connector.clone(), self.door, Arc::clone(&request));
            callers.spawn(async move {
                let (mut took, mut piece) = (Vec::new(), vec![0; 4096]);
                while now() < end {
                    let from = micros();
                    let mut stream = connect(&connector, door).await?;
                    call(&mut stream, &request, &mut piece).await?;
                    took.push(micros() - from);
                }
                Ok::<_, String>(took)
            });
        }
        gather(callers).await
    }

    /// Connections that have made a call and rest.
    pub(super) async fn resting(&self, connections: usize) -> Result<Vec<Stream>, String> {
        let request = self.request(super::SMALL);
        let (mut resting, mut made) = (Vec::new(), JoinSet::new());
        for number in 0..connections {
            let (connector, door, request) = (self.connector.clone(), self.door, Arc::clone(&request));
            made.spawn(async move {
                let mut stream = connect(&connector, door).await?;
                call(&mut stream, &request, &mut vec![0; 4096]).await?;
                Ok::<_, String>(stream)
            });
            if made.len() >= AT_ONCE || number + 1 == connections {
                while let Some(stream) = made.join_next().await {
                    resting.push(stream.map_err(|error| error.to_string())??);
                }
            }
        }
        Ok(resting)
    }

    /// One call on a connection of its own; microseconds.
    pub(super) async fn once(&self, which: &str) -> Result<i64, String> {
        let mut stream = connect(&self.connector, self.door).await?;
        let from = micros();
        call(&mut stream, &self.request(which), &mut vec![0; 64 * 1024]).await?;
        Ok(micros() - from)
    }

    fn request(&self, which: &str) -> Arc<[u8]> {
        if which == super::MESSAGE {
            return Arc::clone(&self.message);
        }
        let joiner = &self.joiner;
        format!("GET /fhir/Binary/{which} HTTP/1.1\r\nHost: gw.test\r\nService-Subscriber: {joiner}\r\n\r\n")
            .into_bytes()
            .into()
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench measures; nothing is decided by it")]
fn now() -> Instant {
    Instant::now()
}

fn as_micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

async fn gather(mut callers: JoinSet<Result<Vec<i64>, String>>) -> Result<Vec<i64>, String> {
    let mut all = Vec::new();
    while let Some(took) = callers.join_next().await {
        all.extend(took.map_err(|error| error.to_string())??);
    }
    Ok(all)
}

async fn connect(connector: &TlsConnector, door: SocketAddr) -> Result<Stream, String> {
    let stream = TcpStream::connect(door).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let name = ServerName::try_from("gw.test").map_err(|error| error.to_string())?;
    connector.connect(name, stream).await.map_err(|error| error.to_string())
}

/// Sends a request and reads its answer to the end; it must be 200 and say its length.
async fn call(stream: &mut Stream, request: &[u8], piece: &mut [u8]) -> Result<(), String> {
    stream.write_all(request).await.map_err(|error| error.to_string())?;
    let mut filled = 0;
    let (mut left, head) = loop {
        let read = stream.read(piece.get_mut(filled..).unwrap_or_default()).await.map_err(|error| error.to_string())?;
        filled += read;
        let seen = piece.get(..filled).unwrap_or_default();
        if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(seen.get(..end).unwrap_or_default()).to_ascii_lowercase();
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|text| text.trim().parse().ok()).ok_or_else(|| head.clone())?;
            break ((end + 4 + length).saturating_sub(filled), head);
        }
        if read == 0 {
            return Err(format!("ended after {}", String::from_utf8_lossy(seen)));
        }
    };
    if !head.starts_with("http/1.1 200") {
        return Err(head);
    }
    while left > 0 {
        let read = stream.read(piece).await.map_err(|error| error.to_string())?;
        if read == 0 {
            return Err("ended within an answer".to_owned());
        }
        left = left.saturating_sub(read);
    }
    Ok(())
}
