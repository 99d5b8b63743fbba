//! Certificates whose issuer answers itself whether they are revoked (OCSP).

use crate::doors::Doors;
use liitos::made::MESSAGE;
use liitos::sandbox::{Peer, tour};
use liitos_gateway::config::{Config, Ocsp};
use liitos_pki::Certificate;
use liitos_pki::authority::{Authority, Issued, Profile};
use liitos_testkit::{Database, PATIENCE};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A responder that gives the answer it holds, and counts questions; with none it hangs up.
#[derive(Clone)]
struct Responder {
    address: SocketAddr,
    answer: Arc<Mutex<Option<Vec<u8>>>>,
    asked: Arc<AtomicUsize>,
}

impl Responder {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let responder = Self { address: listener.local_addr().unwrap(), answer: Arc::default(), asked: Arc::default() };
        let own = responder.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let read = stream.read(&mut request).await.unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..read]).into_owned();
                if !request.starts_with("POST /dvv HTTP/1.1\r\n") || !request.contains("application/ocsp-request") {
                    continue;
                }
                own.asked.fetch_add(1, Ordering::Relaxed);
                let Some(answer) = own.answer.lock().unwrap().clone() else { continue };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
                let _ = stream.write_all(&[head.as_bytes(), &answer].concat()).await;
            }
        });
        responder
    }

    /// From now on it says this of a certificate, and that the next answer is due in so many seconds.
    fn says(&self, authority: &Authority, issued: &Issued, revoked: bool, doors: &Doors, seconds: i64) {
        let (certificate, now) = (Certificate::parse(&issued.certificate_der).unwrap(), doors.sandbox.app.now());
        let known = (now.plus_seconds(-1), Some(now.plus_seconds(seconds)));
        *self.answer.lock().unwrap() = Some(authority.ocsp_response(&certificate, revoked, known, None).unwrap());
    }
}

/// A gateway that asks this responder; with the sandbox's revocation list or without.
async fn gateway(doors: &Doors, name: &str, responder: &Responder, lists: bool) -> SocketAddr {
    let config = doors.before(name, ([127, 0, 0, 1], 1).into(), "").await;
    let responders = vec![format!("http://{}", responder.address)];
    let revocation_lists = if lists { config.revocation_lists.clone() } else { Vec::new() };
    doors.start(Config { revocation_lists, ocsp: Some(Ocsp { responders, timeout_seconds: 2 }), ..config })
}

/// A certificate with the access point's number that names a responder; it is not the one notified, so that L-201 says that it
/// passed.
fn issued(doors: &Doors, address: String) -> Issued {
    let profile = Profile { ocsp: Some(address), ..Profile::server(tour::ACCESS_POINT, "kanta.hus.test") };
    doors.sandbox.pki.authority.issue(&profile, doors.sandbox.app.now()).unwrap()
}

async fn codes(doors: &Doors, gateway: SocketAddr, certificate: &Issued) -> Vec<String> {
    let issuers = [doors.sandbox.pki.authority.certificate().der.clone()];
    let peer = Peer::new(certificate, &issuers, gateway).unwrap();
    match peer.connect().await.unwrap().send(MESSAGE).await {
        Ok(answer) => answer.codes(),
        Err(error) => vec![error.to_string()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_list_tells_the_responder_must() {
    let doors = Doors::open(Database::Sqlite).await;
    let (authority, responder) = (&doors.sandbox.pki.authority, Responder::start().await);
    let gateway = gateway(&doors, "no-list", &responder, false).await;
    let here = || issued(&doors, format!("http://{}/dvv", responder.address));
    let (silent, good, revoked) = (here(), here(), here());
    assert_eq!(codes(&doors, gateway, &silent).await, ["L-104"], "a responder that hangs up says nothing");
    responder.says(authority, &good, true, &doors, 3600);
    assert_eq!(codes(&doors, gateway, &revoked).await, ["L-104"], "an answer about another");
    responder.says(authority, &good, false, &doors, 3600);
    assert_eq!(codes(&doors, gateway, &good).await, ["L-201"]);
    let asked = responder.asked.load(Ordering::Relaxed);
    *responder.answer.lock().unwrap() = None;
    assert_eq!(codes(&doors, gateway, &good).await, ["L-201"], "its answer counts until the next is due");
    assert_eq!(responder.asked.load(Ordering::Relaxed), asked, "and is not asked for again");
    let other = here();
    responder.says(authority, &other, true, &doors, 3600);
    assert_eq!(codes(&doors, gateway, &other).await, ["L-104"]);
    let asked = responder.asked.load(Ordering::Relaxed);
    responder.says(authority, &other, false, &doors, 3600);
    assert_eq!(codes(&doors, gateway, &other).await, ["L-104"], "what was revoked stays so");
    assert_eq!(responder.asked.load(Ordering::Relaxed), asked, "and is not asked about at each connection");
    // What names a responder elsewhere is refused as ever: nobody is sent anywhere by a certificate.
    let elsewhere = issued(&doors, "http://127.0.0.2:9/dvv".to_owned());
    let refused = codes(&doors, gateway, &elsewhere).await;
    assert!(!refused[0].starts_with("L-"), "at the handshake: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_responder_knows_of_a_revocation_before_the_list() {
    let doors = Doors::open(Database::Sqlite).await;
    let (authority, responder) = (&doors.sandbox.pki.authority, Responder::start().await);
    let gateway = gateway(&doors, "with-list", &responder, true).await;
    let certificate = issued(&doors, format!("http://{}/dvv", responder.address));
    assert_eq!(
        codes(&doors, gateway, &certificate).await,
        ["L-201"],
        "the list tells, and nobody waits for the responder"
    );
    let other = issued(&doors, format!("http://{}/dvv", responder.address));
    responder.says(authority, &other, true, &doors, 3600);
    // It is asked beside the first call: soon it bites, on a connection that is open, too.
    let issuers = [authority.certificate().der.clone()];
    let mut open = Peer::new(&other, &issuers, gateway).unwrap().connect().await.unwrap();
    let bites = async {
        while open.send(MESSAGE).await.unwrap().codes() != ["L-104"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, bites).await.unwrap();
    // What is asked beside a call may come after its answer.
    let both = async {
        while responder.asked.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, both).await.unwrap();
    assert_eq!(responder.asked.load(Ordering::Relaxed), 2, "once about each");
}
