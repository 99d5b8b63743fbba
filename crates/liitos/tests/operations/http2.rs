//! The front door over HTTP/2: the same calls with the same answers, several at once, and what one connection may hold.

use crate::door_faults::{JOINER, backend};
use crate::doors::Doors;
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, SendStream};
use http::{Request, Response, StatusCode};
use liitos::made::Variation;
use liitos_domain::Interval;
use liitos_domain::directory::{Closing, Stage};
use liitos_gateway::{Gateway, wall_clock};
use liitos_pki::tls::{Identity, client_config};
use liitos_service::directory::shut::shut;
use liitos_testkit::{Database, PATIENCE, case_handler};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

type Ends = JoinHandle<Result<(), h2::Error>>;

impl Doors {
    /// A connection of HTTP/2 that has heard how much it may, and how it ends.
    async fn newer(&self, gateway: SocketAddr) -> (SendRequest<Bytes>, Ends) {
        let (calls, ends) = self.greedy(gateway).await;
        // An answer comes after what the gateway says first.
        let first = calls.clone().ready().await.unwrap().send_request(elsewhere(), true).unwrap().0;
        assert_eq!(whole(first).await.0.status(), StatusCode::NOT_FOUND);
        (calls, ends)
    }

    /// The same without having heard.
    async fn greedy(&self, gateway: SocketAddr) -> (SendRequest<Bytes>, Ends) {
        let Self { certificate, sandbox } = self;
        let identity = Identity { chain: vec![certificate.certificate_der.clone()], key: certificate.key_der.clone() };
        let mut config = client_config(&identity, &[sandbox.pki.authority.certificate().der.clone()]).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(gateway).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let tls = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let (calls, connection) =
            h2::client::Builder::new().initial_connection_window_size(1 << 20).handshake(tls).await.unwrap();
        (calls.ready().await.unwrap(), tokio::spawn(connection))
    }

    fn anew(&self, serial: u64) -> String {
        let message = Variation::with_new_ids(31, serial).unwrap();
        let signed = message.signed_by(&self.sandbox.pki.signer, self.sandbox.app.now()).unwrap();
        signed.message().unwrap()
    }
}

fn post() -> Request<()> {
    Request::post("https://localhost/hl7").header("content-type", "application/hl7-v3+xml").body(()).unwrap()
}

fn elsewhere() -> Request<()> {
    Request::get("https://localhost/elsewhere").body(()).unwrap()
}

fn get() -> Request<()> {
    Request::get("https://localhost/fhir/Binary/1.2.3").header("service-subscriber", JOINER).body(()).unwrap()
}

/// Begins a call; its body is sent, as far as there is one. A call refused for its head may be over before its body
/// is sent: what the caller asserts is its answer.
async fn begin(calls: &SendRequest<Bytes>, request: Request<()>, body: &str) -> (ResponseFuture, SendStream<Bytes>) {
    let mut calls = calls.clone().ready().await.unwrap();
    let (answer, mut sends) = calls.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        let _ = sends.send_data(Bytes::from(body.to_owned()), true);
    }
    (answer, sends)
}

async fn whole(answer: ResponseFuture) -> (Response<()>, String) {
    let answer = tokio::time::timeout(PATIENCE, answer).await.unwrap().unwrap();
    let (parts, mut body) = answer.into_parts();
    let mut content = Vec::new();
    while let Some(piece) = tokio::time::timeout(PATIENCE, body.data()).await.unwrap() {
        let piece = piece.unwrap();
        body.flow_control().release_capacity(piece.len()).unwrap();
        content.extend_from_slice(&piece);
    }
    (Response::from_parts(parts, ()), String::from_utf8_lossy(&content).into_owned())
}

/// Whether a connection was ended for its caller's noise; who still sends may not have heard why.
fn calm(ended: &h2::Error) -> bool {
    ended.is_io() || ended.reason() == Some(Reason::ENHANCE_YOUR_CALM)
}

/// Answers one small request.
async fn fine(mut stream: TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_stored_and_refused_as_over_the_older() {
    let doors = Doors::open(Database::Sqlite).await;
    let (calls, _ends) = doors.newer(doors.sandbox.addresses.gateway).await;
    // Several at once; one with a length, the others without.
    let mut answers = Vec::new();
    for serial in 0..5 {
        let message = doors.anew(serial);
        let mut request = post();
        if serial == 0 {
            request.headers_mut().insert("content-length", message.len().into());
        }
        answers.push(begin(&calls, request, &message).await.0);
    }
    for answer in answers {
        let (head, body) = whole(answer).await;
        assert_eq!(head.status(), StatusCode::OK, "{body}");
        assert!(body.contains("typeCode code=\"AA\"") || body.contains("typeCode=\"AA\""), "{body}");
        assert!(head.headers().contains_key("liitos-decision") && !head.headers().contains_key("connection"));
    }
    assert_eq!(liitos_store::archive::count(doors.sandbox.app.store.read()).await.unwrap(), 5);
    for (request, body, status, code) in [
        (post(), "no XML", 400, "L-302"),
        (get(), "", 404, "L-507"),
        (elsewhere(), "", 404, "L-310"),
        (Request::connect("localhost:1").body(()).unwrap(), "", 404, "L-310"),
        (Request::head("https://localhost/hl7").body(()).unwrap(), "", 404, ""),
        (Request::options("https://localhost/hl7").body(()).unwrap(), "", 404, "L-310"),
    ] {
        let asked = format!("{request:?}");
        let (head, body) = whole(begin(&calls, request, body).await.0).await;
        assert!(head.status().as_u16() == status && body.contains(code), "{asked}: {head:?} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_is_one_request_whatever_came() {
    let doors = Doors::open(Database::Sqlite).await;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let told = Arc::new(told);
    let backend = backend(move |_, stream, first| {
        told.send(first).unwrap();
        fine(stream)
    });
    let gateway = doors.start(doors.before("one-request", backend.await, "").await);
    let (calls, ends) = doors.newer(gateway).await;
    let mut request = get();
    for (name, value) in [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", "a=b"),
        ("liitos-access-point", "1.2.3"),
        ("client-cert", ":AA==:"),
        ("host", "elsewhere"),
        ("te", "trailers"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let (head, body) = whole(begin(&calls, request, "").await.0).await;
    assert_eq!((head.status(), body.as_str()), (StatusCode::OK, "fine"));
    let passed = heard.recv().await.unwrap().to_lowercase();
    assert!(passed.starts_with("get /fhir/binary/1.2.3 http/1.1\r\n") && passed.ends_with("\r\n\r\n"), "{passed}");
    assert!(passed.contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-") && passed.contains("tracestate: a=b"));
    for foreign in ["00f067aa0ba902b7", "1.2.3\r\nclient", "elsewhere", "\r\nte:", ":aa==:"] {
        assert!(!passed.contains(foreign), "{foreign}: {passed}");
    }
    // Lengths that could be read in two ways are refused, one that is not kept ends the call.
    let mut twice = post();
    twice.headers_mut().append("content-length", 6.into());
    twice.headers_mut().append("content-length", 7.into());
    let (answer, _) = begin(&calls, twice, "no XML").await;
    match tokio::time::timeout(PATIENCE, answer).await.unwrap() {
        Ok(answer) => assert_eq!(answer.status(), StatusCode::BAD_REQUEST),
        Err(error) => assert!(error.is_reset(), "{error}"),
    }
    let mut shorter = post();
    shorter.headers_mut().insert("content-length", 3.into());
    let (answer, _) = begin(&calls, shorter, "no XML").await;
    match tokio::time::timeout(PATIENCE, answer).await.unwrap() {
        Ok(answer) => assert_eq!(answer.status(), StatusCode::BAD_REQUEST),
        Err(error) => assert!(error.is_reset(), "{error}"),
    }
    let (head, _) = whole(begin(&calls, get(), "").await.0).await;
    assert_eq!(head.status(), StatusCode::OK, "the connection goes on");
    assert!(!ends.is_finished() && heard.try_recv().is_ok() && heard.try_recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_pass_and_wait_for_their_caller() {
    // More than the kernel's buffers between backend and gateway could ever hold.
    const SIZE: usize = 64 * 1024 * 1024;
    let doors = Doors::open(Database::Sqlite).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&sent);
    let backend = backend(move |_, mut stream, _| {
        let sent = Arc::clone(&counts);
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            for piece in 0..SIZE / 8192 {
                let letter = [b"abcdefgh"[piece % 8]; 8192];
                let chunk = [b"2000\r\n".as_slice(), &letter, b"\r\n"].concat();
                if stream.write_all(&chunk).await.is_err() {
                    return;
                }
                sent.fetch_add(8192, Ordering::Relaxed);
            }
            let _ = stream.write_all(b"0\r\n\r\n").await;
        }
    });
    let gateway = doors.start(doors.before("large", backend.await, "").await);
    let (calls, _ends) = doors.newer(gateway).await;
    let (head, body) = whole(begin(&calls, get(), "").await.0).await;
    assert_eq!((head.status(), body.len()), (StatusCode::OK, SIZE));
    let right = body.as_bytes().chunks(8192).enumerate().all(|(at, piece)| piece == [b"abcdefgh"[at % 8]; 8192]);
    assert!(right);
    // Of an answer that nobody reads only what the windows hold is fetched, and others pass it.
    sent.store(0, Ordering::Relaxed);
    let unread = tokio::time::timeout(PATIENCE, begin(&calls, get(), "").await.0).await.unwrap().unwrap();
    let mut before = usize::MAX;
    while before != sent.load(Ordering::Relaxed) {
        before = sent.load(Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(before < SIZE, "all of it was fetched");
    let (head, _) = whole(begin(&calls, post(), "no XML").await.0).await;
    assert_eq!(head.status(), StatusCode::BAD_REQUEST);
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_holds_so_many_calls_and_no_more() {
    let doors = Doors::open(Database::Sqlite).await;
    let (waiting, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counts, waits) = (Arc::clone(&waiting), Arc::clone(&go_on));
    let backend = backend(move |_, stream, _| {
        counts.fetch_add(1, Ordering::Relaxed);
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            fine(stream).await;
        }
    });
    let limits = "limits = { calls_per_connection = 4, rest_seconds = 5 }";
    let gateway = doors.start(doors.before("so-many", backend.await, limits).await);
    let seen = async |wanted: usize| {
        let reached = async {
            while waiting.load(Ordering::Relaxed) < wanted {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(waiting.load(Ordering::Relaxed), wanted);
    };
    let (calls, ends) = doors.newer(gateway).await;
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(begin(&calls, get(), "").await.0);
    }
    seen(4).await;
    let (fifth, _) = calls.clone().send_request(get(), true).unwrap();
    answers.push(fifth);
    seen(4).await;
    go_on.notify_one();
    seen(5).await;
    for _ in 0..4 {
        go_on.notify_one();
    }
    for answer in answers {
        assert_eq!(whole(answer).await.0.status(), StatusCode::OK);
    }
    // With nothing to do it is ended, and in good order.
    assert!(tokio::time::timeout(PATIENCE, ends).await.unwrap().unwrap().is_ok());
    // Calls that are given up are still being served: they count.
    waiting.store(0, Ordering::Relaxed);
    let (calls, ends) = doors.newer(gateway).await;
    let flood = async {
        loop {
            let Ok(mut calls) = calls.clone().ready().await else { return };
            let Ok((_, mut sends)) = calls.send_request(get(), true) else { return };
            sends.send_reset(Reason::CANCEL);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, flood).await.unwrap();
    let ended = tokio::time::timeout(PATIENCE, ends).await.unwrap().unwrap().unwrap_err();
    assert!(calm(&ended), "{ended}");
    assert!(waiting.load(Ordering::Relaxed) <= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_at_once_than_it_was_told_ends_no_connection() {
    let doors = Doors::open(Database::Sqlite).await;
    let (backend, limits) = (backend(|_, stream, _| fine(stream)).await, "limits = { calls_per_connection = 8 }");
    let gateway = doors.start(doors.before("burst", backend, limits).await);
    let (calls, ends) = doors.greedy(gateway).await;
    // Before it has heard how many may run: those beyond are refused, and may be begun again.
    let mut answers = Vec::new();
    for _ in 0..200 {
        answers.push(calls.clone().send_request(get(), true).unwrap().0);
    }
    let mut fine = 0;
    for answer in answers {
        match tokio::time::timeout(PATIENCE, answer).await.unwrap() {
            Ok(answer) => fine += usize::from(answer.status() == StatusCode::OK),
            Err(error) => assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM), "{error}"),
        }
    }
    assert!(fine >= 8, "{fine}");
    let (head, _) = whole(begin(&calls, get(), "").await.0).await;
    assert!(head.status() == StatusCode::OK && !ends.is_finished(), "the connection goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_connections_of_a_certificate_share_its_places() {
    let doors = Doors::open(Database::Sqlite).await;
    let (come, go_on) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (comes, waits) = (Arc::clone(&come), Arc::clone(&go_on));
    let backend = backend(move |_, stream, _| {
        comes.fetch_add(1, Ordering::Relaxed);
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            fine(stream).await;
        }
    });
    let limits = "limits = { connections_per_certificate = 2 }";
    let gateway = doors.start(doors.before("places", backend.await, limits).await);
    let (calls, _ends) = doors.newer(gateway).await;
    let mut running = Vec::new();
    // The connection's own place, and as many again as it may have connections.
    for _ in 0..3 {
        running.push(begin(&calls, get(), "").await.0);
    }
    let reached = async {
        while come.load(Ordering::Relaxed) < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap();
    let (other, _others) = doors.newer(gateway).await;
    running.push(begin(&other, get(), "").await.0);
    let refused = begin(&other, get(), "").await.0;
    let refused = tokio::time::timeout(PATIENCE, refused).await.unwrap().unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::REFUSED_STREAM), "{refused}");
    // A third connection is one too many: its call is refused, and it ends, so that the next may have room.
    let (third, ends) = doors.greedy(gateway).await;
    let (head, body) = whole(begin(&third, get(), "").await.0).await;
    assert!(head.status() == StatusCode::TOO_MANY_REQUESTS && body.contains("L-225"), "{head:?} {body}");
    drop(third);
    // It ends; whether it is told so or cut off is a matter of which bytes cross.
    let _ = tokio::time::timeout(PATIENCE, ends).await.unwrap().unwrap();
    for _ in 0..4 {
        go_on.notify_one();
    }
    for answer in running {
        assert_eq!(whole(answer).await.0.status(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_all_calls_is_hung_up_on() {
    let doors = Doors::open(Database::Sqlite).await;
    // Each call waits for its body, and is given up when it is sure to have begun.
    let gateway = doors.sandbox.addresses.gateway;
    let (calls, ends) = doors.newer(gateway).await;
    let mut given_up = 0;
    while let Ok(mut ready) = calls.clone().ready().await {
        let mut request = post();
        request.headers_mut().insert("expect", "100-continue".parse().unwrap());
        let Ok((mut answer, mut sends)) = ready.send_request(request, false) else { break };
        let asked = std::future::poll_fn(|context| answer.poll_informational(context));
        if !matches!(tokio::time::timeout(PATIENCE, asked).await, Ok(Some(Ok(_)))) {
            break;
        }
        sends.send_reset(Reason::CANCEL);
        given_up += 1;
        assert!(given_up < 1000, "nobody minds");
    }
    let ended = tokio::time::timeout(PATIENCE, ends).await.unwrap().unwrap().unwrap_err();
    assert!(calm(&ended), "{ended}");
    assert!(given_up > 100, "a few are borne: {given_up}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_bites_on_a_running_call() {
    let doors = Doors::open(Database::Sqlite).await;
    let (calls, ends) = doors.newer(doors.sandbox.addresses.gateway).await;
    let message = doors.anew(40);
    let mut ready = calls.clone().ready().await.unwrap();
    let (answer, mut sends) = ready.send_request(post(), false).unwrap();
    sends.send_data(Bytes::from(message), false).unwrap();
    let sending = tokio::spawn(async move {
        while sends.send_data(Bytes::from_static(b" "), false).is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let now = doors.sandbox.app.now();
    let closing = Closing {
        reason: "test".into(),
        ..Closing::everything(Stage::Closed, Interval::new(now, Some(now.plus_days(1))))
    };
    shut(&doors.sandbox.app, &case_handler(), closing).await.unwrap();
    let (head, body) = whole(answer).await;
    assert!(head.status() == StatusCode::SERVICE_UNAVAILABLE && body.contains("L-224"), "{head:?} {body}");
    sending.abort();
    assert!(!ends.is_finished(), "another call is told on the same connection");
    let (_, body) = whole(begin(&calls, post(), &doors.anew(41)).await.0).await;
    assert!(body.contains("L-224"), "{body}");
    assert_eq!(liitos_store::archive::count(doors.sandbox.app.store.read()).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_ends_and_nothing_more_begins_when_it_is_to_stop() {
    let doors = Doors::open(Database::Sqlite).await;
    let (come, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (comes, waits) = (Arc::clone(&come), Arc::clone(&go_on));
    let backend = backend(move |_, stream, _| {
        comes.notify_one();
        let waits = Arc::clone(&waits);
        async move {
            waits.notified().await;
            fine(stream).await;
        }
    });
    let config = doors.before("stops", backend.await, "").await;
    let gateway = Gateway::bind(config, wall_clock()).unwrap();
    let address = gateway.address().unwrap();
    let (stop, stopping) = watch::channel(false);
    let running = tokio::spawn(gateway.run(stopping));
    let (calls, ends) = doors.newer(address).await;
    let (answer, _) = begin(&calls, get(), "").await;
    come.notified().await;
    stop.send(true).unwrap();
    let told = async {
        while calls.clone().ready().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await
        }
    };
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    go_on.notify_one();
    assert_eq!(whole(answer).await.1, "fine");
    drop(calls);
    assert!(tokio::time::timeout(PATIENCE, ends).await.unwrap().unwrap().is_ok());
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_frames_and_silence_end_the_connection() {
    let doors = Doors::open(Database::Sqlite).await;
    let limits = "limits = { silence_seconds = 1 }";
    let gateway = doors.start(doors.before("no-frames", ([127, 0, 0, 1], 1).into(), limits).await);
    let identity =
        Identity { chain: vec![doors.certificate.certificate_der.clone()], key: doors.certificate.key_der.clone() };
    let mut config = client_config(&identity, &[doors.sandbox.pki.authority.certificate().der.clone()]).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice();
    // Frames: their length, type, flags and stream.
    let huge = [preface, &[0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]].concat();
    let odd = [preface, &[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0, 0xff]].concat();
    for bytes in [b"".as_slice(), b"PRI *", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", &huge, &odd] {
        let stream = TcpStream::connect(gateway).await.unwrap();
        let mut tls = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        tls.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, tls.read_to_end(&mut answer)).await;
        assert!(ended.is_ok() && !answer.starts_with(b"HTTP"), "{bytes:?}: {answer:?}");
    }
}
