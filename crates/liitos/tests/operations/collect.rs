//! The collection point by real sockets: what comes goes on untouched, by name or by address, to whoever answers.

use liitos::made::Variation;
use liitos::sandbox::{Peer, tour};
use liitos_gateway::collect::{CollectConfig, CollectionPoint, proxy_header};
use liitos_testkit::{Database, PATIENCE, TestSandbox};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A collection point that runs until it is told to stop.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    status: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

pub(crate) async fn collect(routes: &str) -> Running {
    let config = format!(
        "status = \"127.0.0.1:0\"\n[[listener]]\nname = \"up\"\naddress = \"127.0.0.1:0\"\n\
         [limits]\nhello_seconds = 1\nconnections = 40\nconnections_per_address = 20\n{routes}"
    );
    let point = CollectionPoint::bind(CollectConfig::parse(&config).unwrap()).unwrap();
    let (address, status) = (point.addresses().unwrap()[0], point.status_address().unwrap());
    let (stop, stopped) = oneshot::channel();
    let ended = tokio::spawn(point.run(async move { drop(stopped.await) }));
    Running { address, status, stop, ended }
}

/// The text of a path of the status page.
async fn status(running: &Running, path: &str) -> String {
    let mut stream = TcpStream::connect(running.status).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

/// A TLS client's first bytes for a name.
fn hello(name: &str) -> Vec<u8> {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = rustls::pki_types::ServerName::try_from(name.to_owned()).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    while client.wants_write() {
        client.write_tls(&mut bytes).unwrap();
    }
    bytes
}

/// An end that takes one connection after another, tells all that it read until its peer ended, and answers `seen`.
async fn end() -> (SocketAddr, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, seen) = mpsc::channel(10);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let mut all = Vec::new();
                let _ = stream.read_to_end(&mut all).await;
                // A look whether we answer brings nothing.
                if !all.is_empty() {
                    let _ = stream.write_all(b"seen").await;
                    let _ = told.send(all).await;
                }
            });
        }
    });
    (address, seen)
}

/// Sends bytes in two pieces, ends, and gives what came back.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (first, second) = bytes.split_at(bytes.len() / 2);
    stream.write_all(first).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let _ = stream.write_all(second).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it ends");
    answer
}

/// A real document passes with mutual TLS from end to end: the gateway reads the access point from the certificate that the
/// peer showed, so nothing between them ended TLS.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_passes_untouched() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let certificate = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let gateway = sandbox.addresses.gateway;
    let running = collect(&format!(
        "[[route]]\nname = \"front door\"\nserver_names = [\"localhost\"]\ntarget = [{{ address = \"{gateway}\" }}]"
    ))
    .await;
    let now = sandbox.app.clock.now();
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let peer = Peer::new(&certificate, &issuers, running.address).unwrap();
    let mut connection = peer.connect().await.unwrap();
    let signed = Variation::with_new_ids(77, 1).unwrap().signed_by(&sandbox.pki.signer, now).unwrap();
    let answer = connection.send(&signed.message().unwrap()).await.unwrap();
    assert_eq!(answer.acknowledgement().kind, "AA", "{:?}", answer.codes());
    let counts = status(&running, "/metrics").await;
    assert!(counts.contains("liitos_collect_passed_total{route=\"front door\"} 1"), "{counts}");
    assert!(counts.contains("liitos_collect_open{route=\"front door\"} 1"), "{counts}");
    assert!(!counts.contains("liitos_collect_up_bytes_total{route=\"front door\"} 0"), "{counts}");
    // Told to stop, it lets the connection end by itself.
    running.stop.send(()).unwrap();
    let again = Variation::with_new_ids(77, 2).unwrap().signed_by(&sandbox.pki.signer, now).unwrap();
    let answer = connection.send(&again.message().unwrap()).await.unwrap();
    assert_eq!(answer.acknowledgement().kind, "AA", "{:?}", answer.codes());
    drop(connection);
    tokio::time::timeout(PATIENCE, running.ended).await.expect("drained").unwrap();
    assert!(TcpStream::connect(running.address).await.is_err(), "nobody is let in any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_name_by_address_and_to_whoever_answers() {
    let ((named, mut by_name), (backup, mut by_backup)) = (end().await, end().await);
    // Nobody listens there: bound, and let go.
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let running = collect(&format!(
        "[[route]]\nname = \"a\"\nserver_names = [\"a.test\"]\ntarget = [{{ address = \"{named}\" }}]\n\
         [[route]]\nname = \"address\"\nserver_names = [\"b.test\"]\nsources = [\"127.0.0.0/8\"]\n\
         [[route.target]]\naddress = \"{gone}\"\n[[route.target]]\naddress = \"{backup}\"\nrole = \"backup\"\nproxy_header = true\n"
    ))
    .await;
    let sent = [hello("a.test"), vec![7; 300_000]].concat();
    assert_eq!(exchange(running.address, &sent).await, b"seen");
    assert_eq!(by_name.recv().await.unwrap(), sent, "every byte, and nothing else");

    let sent = hello("B.test");
    assert_eq!(exchange(running.address, &sent).await, b"seen");
    let seen = by_backup.recv().await.unwrap();
    let proxy_header::Header::Read { length, source: Some(source) } = proxy_header::read(&seen) else {
        panic!("no header: {seen:?}");
    };
    assert!(source.ip().is_loopback() && seen[length..] == sent, "the header, then every byte");

    for (refused, reason) in [(hello("c.test"), "no_route"), (b"GET / HTTP/1.1\r\n\r\n".to_vec(), "no_tls")] {
        assert_eq!(exchange(running.address, &refused).await, b"", "{reason}");
    }
    let mut silent = TcpStream::connect(running.address).await.unwrap();
    silent.write_all(&hello("a.test")[..50]).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "who says half and no more loses the place");
    let counts = status(&running, "/metrics").await;
    for said in ["reason=\"no_route\"} 1", "reason=\"no_tls\"} 1", "reason=\"slow\"} 1", "passed_total{route=\"a\"} 1"]
    {
        assert!(counts.contains(said), "{said}: {counts}");
    }
    assert!(status(&running, "/health").await.starts_with("HTTP/1.1 200"));
}

/// One address and one route cannot take the places of all.
#[tokio::test(flavor = "multi_thread")]
async fn places_are_shared_out() {
    let (target, _seen) = end().await;
    let running = collect(&format!(
        "[[route]]\nname = \"narrow\"\nserver_names = [\"a.test\"]\nconnections = 2\ntarget = [{{ address = \"{target}\" }}]\n\
         [[route]]\nname = \"wide\"\ntarget = [{{ address = \"{target}\" }}]\n"
    ))
    .await;
    let open = async |name: &str| {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(&hello(name)).await.unwrap();
        stream
    };
    let mut held = vec![open("a.test").await, open("a.test").await];
    let full = "liitos_collect_open{route=\"narrow\"} 2";
    while !status(&running, "/metrics").await.contains(full) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut third = open("a.test").await;
    let ended = tokio::time::timeout(PATIENCE, third.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "the route has its most");
    assert_eq!(exchange(running.address, &hello("b.test")).await, b"seen", "another route goes on");
    for _ in 0..18 {
        held.push(open("b.test").await);
    }
    while !status(&running, "/metrics").await.contains("liitos_collect_open{route=\"wide\"} 18") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut crowded = open("b.test").await;
    let ended = tokio::time::timeout(PATIENCE, crowded.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok() && status(&running, "/metrics").await.contains("reason=\"crowded\"} 1"));
}
