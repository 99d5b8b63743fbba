//! The front door when others fail: requests that are none, backends that break, a gateway that follows another.

use crate::doors::Doors;
use liitos::made::MESSAGE;
use liitos::made::Variation;
use liitos_domain::Interval;
use liitos_domain::directory::{Closing, Stage};
use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, SnapshotHolder, wall_clock};
use liitos_pki::seal::SealVerifier;
use liitos_service::directory::shut::{closings, lift, shut};
use liitos_testkit::{Database, PATIENCE, case_handler};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

pub(crate) const JOINER: &str = "1.2.246.537.10.15675350.10.0";

fn get(more: &str) -> String {
    format!("GET /fhir/Binary/1.2.3 HTTP/1.1\r\nHost: x\r\nService-Subscriber: {JOINER}\r\n{more}\r\n")
}

impl Doors {
    /// Another gateway's configuration, with this backend on this machine and the snapshot that the sandbox's own has.
    pub(crate) async fn before(&self, name: &str, backend: SocketAddr, more: &str) -> Config {
        let folder = &self.sandbox.folder;
        let text = std::fs::read_to_string(folder.join("gateway.toml")).unwrap();
        let own = ["backend", "listen", "snapshot", "access_log"];
        let kept: Vec<&str> = text.lines().filter(|line| !own.iter().any(|key| line.starts_with(key))).collect();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nbackend = \"http://{backend}\"\nsnapshot_file = \"{name}.sealed\"\n\
             access_log = \"{name}.log\"\n{}\n{more}",
            kept.join("\n")
        );
        let file = folder.join(format!("{name}.toml"));
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file).unwrap();
        // The sandbox's gateway keeps a snapshot a moment after it decides by it.
        let newest = liitos_store::directory::version(self.sandbox.app.store.read()).await.unwrap();
        let seal = SealVerifier::from_public(config.seal_public_key.as_bytes());
        let kept = async {
            loop {
                std::fs::copy(folder.join("snapshot.sealed"), &config.snapshot_file).unwrap();
                let _ = std::fs::copy(folder.join("snapshot.deltas"), config.snapshot_file.with_extension("deltas"));
                let held = SnapshotHolder::new(seal.clone(), config.snapshot_file.clone(), wall_clock()).current();
                if held.is_some_and(|held| held.version().1 >= newest) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, kept).await.unwrap();
        config
    }

    pub(crate) fn start(&self, config: Config) -> SocketAddr {
        let gateway = Gateway::bind(config, wall_clock()).unwrap();
        let address = gateway.address().unwrap();
        tokio::spawn(gateway.for_ever());
        address
    }

    /// What a gateway answers to these bytes until it hangs up.
    async fn exchange(&self, gateway: SocketAddr, bytes: &[u8]) -> String {
        let mut tls = self.peer_at(gateway).handshake().await.unwrap();
        // It may have hung up before all of it is sent.
        let _ = tls.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, tls.read_to_end(&mut answer)).await.expect("it hangs up");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A backend that does to each connection what it is told, with the connection's number and its first request's bytes.
pub(crate) async fn backend<F, D>(does: F) -> SocketAddr
where
    F: Fn(usize, TcpStream, String) -> D + Send + Sync + 'static,
    D: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = vec![0; 64 * 1024];
            let read = stream.read(&mut first).await.unwrap_or(0);
            let first = String::from_utf8_lossy(&first[..read]).into_owned();
            // The gateway asks its backend for snapshots and tells it of calls: nobody is there for it here.
            if first.contains("/directory/") {
                let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
                continue;
            }
            tokio::spawn(does(number, stream, first));
        }
    });
    address
}

/// Answers each small request.
async fn always(mut stream: TcpStream) {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
    while stream.write_all(answer).await.is_ok() && stream.read(&mut [0; 64 * 1024]).await.is_ok_and(|read| read > 0) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_two_could_read_differently_are_refused() {
    let doors = Doors::open(Database::Sqlite).await;
    let gateway = doors.sandbox.addresses.gateway;
    let hidden = get("");
    for head in [
        format!(
            "POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
        ),
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n{hidden}"),
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n{hidden}"),
        format!("GET /fhir/Binary/1 HTTP/1.1\nHost: x\n\n{hidden}"),
        format!("GET /fhir/Binary/1 HTTP/1.1\r\n\r\n{hidden}"),
        format!("GET /fhir/Binary/1 HTTP/1.1\r\nHost: x\r\n{}\r\n{hidden}", "A: b\r\n".repeat(100)),
        format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n{hidden}", "a".repeat(40_000)),
    ] {
        let answer = doors.exchange(gateway, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("L-312"), "{head:.80}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "nothing hidden in it was answered: {answer}");
    }
    let chunks = format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n{hidden}");
    let answer = doors.exchange(gateway, chunks.as_bytes()).await;
    assert!(answer.contains("L-312") && answer.matches("HTTP/1.1").count() == 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_after_the_other_on_one_connection() {
    let doors = Doors::open(Database::Sqlite).await;
    let gateway = doors.sandbox.addresses.gateway;
    let message = |serial| {
        let message = Variation::with_new_ids(21, serial).unwrap();
        let signed = message.signed_by(&doors.sandbox.pki.signer, doors.sandbox.app.now()).unwrap();
        signed.message().unwrap()
    };
    let chunked = |message: &str| {
        let chunks = message.as_bytes().chunks(1000);
        let chunks: String = chunks.map(|c| format!("{:x}\r\n{}\r\n", c.len(), String::from_utf8_lossy(c))).collect();
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\nTrailer: x\r\n\r\n")
    };
    let whole = |message: &str, more: &str| {
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{more}\r\n{message}", message.len())
    };
    // A document, an unknown path with a body, nonsense, a document in chunks, a last one: all sent at once. The sample is
    // ASCII but for its names, which must not be cut.
    let (first, second) = (message(1), message(2).replace(|letter: char| !letter.is_ascii(), "x"));
    let all = [
        whole(&first, ""),
        whole("none", "").replace("/hl7", "/none"),
        whole("no XML", ""),
        get(""),
        chunked(&second),
        "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
    ];
    let answer = doors.exchange(gateway, all.concat().as_bytes()).await;
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).map(|rest| rest.split_at(3).0).collect();
    assert_eq!(statuses, ["200", "404", "400", "404", "200", "404"], "{answer}");
    assert_eq!(answer.matches("typeCode=\"AA\"").count(), 2, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_breaks() {
    let doors = Doors::open(Database::Sqlite).await;
    let close = get("Connection: close\r\n");
    // It hangs up on whatever it is asked, answers nonsense, or in the middle ends.
    for (name, answers) in [
        ("silent", ""),
        ("nonsense", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
        ("switching", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    ] {
        let broken =
            backend(move |_, mut stream, _| async move { drop(stream.write_all(answers.as_bytes()).await) }).await;
        let gateway = doors.start(doors.before(name, broken, "").await);
        let answer = doors.exchange(gateway, close.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("L-902"), "{name}: {answer}");
        assert!(answer.contains("retry-after: 10"), "{answer}");
    }
    let half = backend(|_, mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf").await;
    })
    .await;
    let answer = doors.exchange(doors.start(doors.before("half", half, "").await), close.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nhalf"),
        "the caller sees that it is not whole: {answer}"
    );
    // One of two is not there: nobody notices.
    let fine = backend(|_, stream, _| always(stream)).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = nobody.local_addr().unwrap();
    drop(nobody);
    let mut config = doors.before("two", fine, "").await;
    config.backend.insert(0, format!("http://{gone}"));
    let gateway = doors.start(config);
    for _ in 0..4 {
        let answer = doors.exchange(gateway, close.as_bytes()).await;
        assert!(answer.ends_with("fine"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_read_is_asked_again_and_what_is_written_is_not() {
    let doors = Doors::open(Database::Sqlite).await;
    // It answers the first request of its first connection, and ends that when the next comes over it.
    let forgetful = backend(|number, mut stream, first| async move {
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", if first.starts_with("GET") { "r" } else { "w" });
        let _ = stream.write_all(answer.as_bytes()).await;
        if number > 2 {
            tokio::time::sleep(PATIENCE).await;
        }
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let gateway = doors.start(doors.before("forgetful", forgetful, "").await);
    let answer = doors.exchange(gateway, [get(""), get("Connection: close\r\n")].concat().as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "asked again on a new connection: {answer}");

    let once = backend(|_, mut stream, mut seen| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nw").await;
        // Until the next request begins, in whatever pieces the two come.
        let mut piece = [0; 64 * 1024];
        while seen.matches("POST /hl7 ").count() < 2 {
            let Ok(read @ 1..) = stream.read(&mut piece).await else { break };
            seen.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    })
    .await;
    let gateway = doors.start(doors.before("once", once, "").await);
    let post = |more: &str| {
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\n{more}Content-Length: {}\r\n\r\n{MESSAGE}", MESSAGE.len())
    };
    let answer = doors.exchange(gateway, [post(""), post("Connection: close\r\n")].concat().as_bytes()).await;
    assert!(answer.contains("\r\n\r\nwHTTP/1.1 504 ") && answer.contains("L-903"), "never sent twice: {answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_the_end_of_the_message() {
    let doors = Doors::open(Database::Sqlite).await;
    let hasty = backend(|_, mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 413 No\r\nContent-Length: 4\r\n\r\nmuch").await;
        tokio::time::sleep(PATIENCE).await;
    })
    .await;
    let gateway = doors.start(doors.before("hasty", hasty, "").await);
    // More is promised than is sent.
    let message =
        format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{MESSAGE}", MESSAGE.len() + 5_000_000);
    let answer = doors.exchange(gateway, message.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close") && answer.ends_with("much"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gateway_follows_another_and_nothing_is_lost() {
    let doors = Doors::open(Database::Sqlite).await;
    let arrived = Arc::new(Notify::new());
    let tells = Arc::clone(&arrived);
    let slow = backend(move |_, mut stream, _| {
        tells.notify_one();
        async move {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow").await;
            tokio::time::sleep(PATIENCE).await;
        }
    })
    .await;
    // The socket is somebody else's, who keeps it.
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let start = async |name: &str| {
        let config = doors.before(name, slow, "").await;
        let gateway = Gateway::with_listener(config, socket.try_clone().unwrap(), wall_clock()).unwrap();
        let (tell, stop) = watch::channel(false);
        (tell, tokio::spawn(gateway.run(stop)))
    };
    let (tell, first) = start("first").await;
    let close = get("Connection: close\r\n");
    let mut resting = doors.peer_at(address).handshake().await.unwrap();
    let running = async {
        // One that runs when the first is told to stop, on a connection that would go on.
        let mut tls = doors.peer_at(address).handshake().await.unwrap();
        tls.write_all(get("").as_bytes()).await.unwrap();
        arrived.notified().await;
        tell.send(true).unwrap();
        let mut answer = Vec::new();
        let _ = tls.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answer = tokio::time::timeout(PATIENCE, running).await.unwrap();
    assert!(answer.ends_with("slow"), "what ran has ended well: {answer}");
    tokio::time::timeout(PATIENCE, first).await.unwrap().unwrap().unwrap();
    assert_eq!(resting.read(&mut [0; 1]).await.unwrap_or(0), 0, "what rested was ended");
    // Who calls between the two waits.
    let waiting = doors.exchange(address, close.as_bytes());
    let following = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        start("second").await
    };
    let (answer, _second) = tokio::join!(waiting, following);
    assert!(answer.ends_with("slow"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_and_an_address_have_so_many_connections() {
    let doors = Doors::open(Database::Sqlite).await;
    let fine = backend(|_, stream, _| always(stream)).await;
    let gateway = doors.start(doors.before("few", fine, "[limits]\nconnections_per_certificate = 1\n").await);
    let mut one = doors.peer_at(gateway).handshake().await.unwrap();
    // A handshake is over for the caller before the gateway counts it; an answer comes after that.
    one.write_all(get("").as_bytes()).await.unwrap();
    let mut answered = [0; 4096];
    assert!(one.read(&mut answered).await.unwrap() > 0);
    let close = get("Connection: close\r\n");
    assert!(doors.exchange(gateway, close.as_bytes()).await.contains("L-225"));
    drop(one);
    let room = async {
        while !doors.exchange(gateway, close.as_bytes()).await.ends_with("fine") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, room).await.unwrap();
    let gateway = doors.start(doors.before("one", fine, "[limits]\nconnections_per_address = 1\n").await);
    let _one = doors.peer_at(gateway).handshake().await.unwrap();
    assert!(doors.peer_at(gateway).handshake().await.is_err());
}

/// Byte by byte, for as long as it takes: neither a handshake nor a head nor a body keeps its place.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_drips_loses_the_place() {
    let doors = Doors::open(Database::Sqlite).await;
    let fine = backend(|_, _, _| async {}).await;
    let gateway = doors.start(doors.before("quick", fine, "[limits]\nsilence_seconds = 1\nrest_seconds = 1\n").await);
    let hello = async {
        let mut stream = TcpStream::connect(gateway).await.unwrap();
        for byte in [22u8, 3, 1, 2, 0, 1].into_iter().chain(std::iter::repeat(0)) {
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let drip = async |before: &str, piece: &str| {
        let tls = doors.peer_at(gateway).handshake().await.unwrap();
        let (mut reads, mut writes) = tokio::io::split(tls);
        writes.write_all(before.as_bytes()).await.unwrap();
        let piece = piece.to_owned();
        let dripping = tokio::spawn(async move {
            while writes.write_all(piece.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let mut answer = Vec::new();
        let _ = reads.read_to_end(&mut answer).await;
        dripping.abort();
        String::from_utf8_lossy(&answer).into_owned()
    };
    let all = async {
        let head = drip("GET / HTTP/1.1\r\nHost: x\r\nA: ", "a");
        let body = drip(
            "POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n<RCMR_IN100002FI01 xmlns=\"urn:hl7-org:v3\"",
            " ",
        );
        tokio::join!(hello, head, body)
    };
    let ((), head, body) = tokio::time::timeout(PATIENCE, all).await.expect("all three lose their places");
    assert!(head.contains("L-309") && body.contains("L-309"), "{head} {body}");
}

/// The directory's server gone for days, and a clock that jumps: an old snapshot permits until it is too old, and again when the clock is right.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_gone_and_a_clock_that_jumps() {
    let doors = Doors::open(Database::Sqlite).await;
    let fine = backend(|_, stream, _| always(stream)).await;
    let config = doors.before("alone", fine, "[stale]\nno_new_hours = 3\nrefuse_hours = 5\n").await;
    let hours = Arc::new(AtomicI64::new(0));
    let (wall, ahead) = (wall_clock(), Arc::clone(&hours));
    let gateway =
        Gateway::bind(config, Arc::new(move || wall().plus_seconds(ahead.load(Ordering::Relaxed) * 3600))).unwrap();
    let address = gateway.address().unwrap();
    tokio::spawn(gateway.for_ever());
    let close = get("Connection: close\r\n");
    for (ahead, passes) in [(0, true), (4, true), (6, false), (1000, false), (-1, false), (2, true)] {
        hours.store(ahead, Ordering::Relaxed);
        let answer = doors.exchange(address, close.as_bytes()).await;
        assert_eq!(answer.ends_with("fine"), passes, "{ahead} hours on: {answer}");
    }
}

/// Whoever renews revocation lists is gone: the one that is held counts until its next update and nothing passes after it, until there
/// is a new one.
#[tokio::test(flavor = "multi_thread")]
async fn revocation_lists_that_are_not_renewed() {
    let doors = Doors::open(Database::Sqlite).await;
    let fine = backend(|_, stream, _| always(stream)).await;
    let config = doors.before("no-lists", fine, "").await;
    let (authority, now) = (&doors.sandbox.pki.authority, doors.sandbox.app.now());
    let file = doors.sandbox.folder.join("own.crl");
    // Issued so long ago that the next is due in an hour.
    let old = authority.revocation_list(&[], now.plus_seconds(3600 - 30 * 86_400)).unwrap();
    std::fs::write(&file, old).unwrap();
    let hours = Arc::new(AtomicI64::new(0));
    let (wall, ahead) = (wall_clock(), Arc::clone(&hours));
    let config = Config { revocation_lists: vec![file.clone()], ..config };
    let clock = Arc::new(move || wall().plus_seconds(ahead.load(Ordering::Relaxed) * 3600));
    let gateway = Gateway::bind(config, clock).unwrap();
    let (address, reload) = (gateway.address().unwrap(), gateway.reloader());
    tokio::spawn(gateway.for_ever());
    let mut open = doors.peer_at(address).handshake().await.unwrap();
    let mut ask = async || {
        open.write_all(get("").as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = tokio::time::timeout(PATIENCE, open.read(&mut answer)).await.unwrap().unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    };
    assert!(ask().await.ends_with("fine"));
    for gone in [None, Some(b"half a li".as_slice())] {
        std::fs::remove_file(&file).unwrap();
        gone.iter().for_each(|bytes| std::fs::write(&file, bytes).unwrap());
        let _ = reload();
        assert!(ask().await.ends_with("fine"), "the one that is held counts");
        std::fs::write(&file, b"").unwrap();
    }
    hours.store(2, Ordering::Relaxed);
    let answer = ask().await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("L-104"), "{answer}");
    std::fs::write(&file, authority.revocation_list(&[], now).unwrap()).unwrap();
    reload().unwrap();
    assert!(ask().await.ends_with("fine"), "and without hands");
}

/// The first stage of a closing: who is throttled passes, one call a second.
#[tokio::test(flavor = "multi_thread")]
async fn little_by_little() {
    let doors = Doors::open(Database::Sqlite).await;
    let (app, staff) = (&doors.sandbox.app, case_handler());
    let throttled = Closing::everything(Stage::Throttled, Interval::new(app.now(), Some(app.now().plus_days(1))));
    let joiner = liitos_domain::Oid::parse(JOINER);
    let version = shut(app, &staff, Closing { joiner: joiner.ok(), reason: "test".into(), ..throttled }).await.unwrap();
    doors.sandbox.gateway_has(version, PATIENCE).await.unwrap();
    let five = [get(""), get(""), get(""), get(""), get("Connection: close\r\n")].concat();
    let answer = doors.exchange(doors.sandbox.addresses.gateway, five.as_bytes()).await;
    let count = |answer: &str, code: &str| answer.matches(&format!("\"code\":\"{code}\"")).count();
    let refused = count(&answer, "L-225");
    assert!(refused >= 3 && answer.contains("L-507") && answer.contains("retry-after: 1"), "{answer}");
    let closing = closings(app, &staff).await.unwrap().remove(0);
    let version = lift(app, &staff, &liitos_domain::Sha256Hash::of_canonical(&closing).unwrap(), "test").await.unwrap();
    doors.sandbox.gateway_has(version, PATIENCE).await.unwrap();
    let answer = doors.exchange(doors.sandbox.addresses.gateway, five.as_bytes()).await;
    assert_eq!((count(&answer, "L-225"), count(&answer, "L-507")), (0, 5), "{answer}");
}

/// A backend that answers before it has the whole message still waits for the rest: nothing else may be sent to it there.
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_with_half_a_message_is_never_used_again() {
    let doors = Doors::open(Database::Sqlite).await;
    // It says no at once, and counts whatever comes over the connection after that as more of the message.
    let hasty = backend(|number, mut stream, _| async move {
        let answer = format!("HTTP/1.1 413 No\r\nContent-Length: 1\r\n\r\n{number}");
        let _ = stream.write_all(answer.as_bytes()).await;
        let mut sink = vec![0; 64 * 1024];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    let gateway = doors.start(doors.before("hasty-again", hasty, "").await);
    let tls = doors.peer_at(gateway).handshake().await.unwrap();
    let (mut reads, mut writes) = tokio::io::split(tls);
    // Less is missing than is read and thrown away; it comes after the answer.
    let head = format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{MESSAGE}", MESSAGE.len() + 1000);
    writes.write_all(head.as_bytes()).await.unwrap();
    let mut seen = vec![0; 4096];
    let read = reads.read(&mut seen).await.unwrap();
    assert!(String::from_utf8_lossy(&seen[..read]).starts_with("HTTP/1.1 413"));
    writes.write_all(&[b' '; 1000]).await.unwrap();
    writes.write_all(get("Connection: close\r\n").as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, reads.read_to_end(&mut rest)).await;
    let rest = String::from_utf8_lossy(&rest).into_owned();
    assert!(ended.is_ok() && rest.starts_with("HTTP/1.1 413") && !rest.ends_with('0'), "on a new connection: {rest}");
}

/// A backend that is gone in the middle of a message: what is left of the message is never read as a request.
#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_message_is_no_request() {
    let doors = Doors::open(Database::Sqlite).await;
    let gone = backend(|_, stream, _| async move { drop(stream) }).await;
    let gateway = doors.start(doors.before("gone", gone, "").await);
    let tail = get("").repeat(2000);
    let message = format!(
        "POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{MESSAGE}{tail}",
        MESSAGE.len() + tail.len()
    );
    for _ in 0..3 {
        let answer = doors
            .exchange(
                gateway,
                [&message, &get("Connection: close\r\n")].map(|part| part.as_bytes()).concat().as_slice(),
            )
            .await;
        let answers = answer.matches("HTTP/1.1 ").count();
        assert!(
            (1..=2).contains(&answers) && !answer.contains("L-312"),
            "the message's, and the request's after it: {answer}"
        );
    }
}

/// Interim answers are nothing to a message that is still sent, and nothing to the caller.
#[tokio::test(flavor = "multi_thread")]
async fn interim_answers_are_passed_over() {
    let doors = Doors::open(Database::Sqlite).await;
    let patient = backend(|_, mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n").await;
        let (mut sink, mut last) = (vec![0; 64 * 1024], 0);
        while last != b'!' {
            let read = stream.read(&mut sink).await.unwrap_or(0);
            last = if read == 0 { b'!' } else { sink[read - 1] };
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ntaken").await;
    })
    .await;
    let gateway = doors.start(doors.before("patient", patient, "").await);
    let mut tls = doors.peer_at(gateway).handshake().await.unwrap();
    let head = format!(
        "POST /hl7 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{MESSAGE}",
        MESSAGE.len() + 3
    );
    tls.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    tls.write_all(b"  !").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, tls.read_to_end(&mut answer)).await.unwrap().unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("taken"), "{answer}");
}
