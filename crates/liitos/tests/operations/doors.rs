//! The gateway against bad input, by real sockets: a clear answer with code and decision id, and the process goes on.

use crate::on_both;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use liitos::made::MESSAGE;
use liitos::made::Variation;
use liitos::sandbox::{Answer, Browser, Connection, Peer, PeerError, tour};
use liitos_domain::directory::{AccessPoint, Link, LinkRole, Network};
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Interval, RefusalCode};
use liitos_gateway::collect::proxy_header;
use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, wall_clock};
use liitos_pki::authority::{Issued, Profile};
use liitos_service::directory::publication::gateways;
use liitos_service::directory::shut::{closings, lift, shut};
use liitos_service::directory::{open_access_point, overview};
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler};
use liitos_texts::Language;
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

pub(crate) struct Doors {
    pub(crate) sandbox: TestSandbox,
    pub(crate) certificate: Issued,
}

impl Doors {
    pub(crate) async fn open(database: Database) -> Self {
        let sandbox = TestSandbox::start(database).await;
        let certificate = tour::open_right(&sandbox, PATIENCE).await.unwrap();
        Self { sandbox, certificate }
    }

    async fn connect(&self, certificate: &Issued) -> Connection {
        let issuers = [self.sandbox.pki.authority.certificate().der.clone()];
        Peer::new(certificate, &issuers, self.sandbox.addresses.gateway).unwrap().connect().await.unwrap()
    }

    fn peer(&self) -> Peer {
        self.peer_at(self.sandbox.addresses.gateway)
    }

    pub(crate) fn peer_at(&self, gateway: SocketAddr) -> Peer {
        let issuers = [self.sandbox.pki.authority.certificate().der.clone()];
        Peer::new(&self.certificate, &issuers, gateway).unwrap()
    }

    /// A gateway beside the sandbox's own, which looks at addresses, and knows this version of the directory.
    async fn strict_gateway(&self, name: &str, more: &str, version: u64) -> SocketAddr {
        self.gateway_beside(name, &format!("check_source_address = true\n{more}"), version).await
    }

    /// A gateway beside the sandbox's own with more in its configuration.
    async fn gateway_beside(&self, name: &str, more: &str, version: u64) -> SocketAddr {
        let sandbox = &self.sandbox;
        let text = std::fs::read_to_string(sandbox.folder.join("gateway.toml")).unwrap();
        let other = text
            .replace("check_source_address = false", "")
            .replace("snapshot.sealed", &format!("{name}.sealed"))
            .replace(
                &format!("listen = \"{}\"", sandbox.addresses.gateway),
                &format!("listen = \"127.0.0.1:0\"\n{more}"),
            );
        assert!(other.contains("127.0.0.1:0"), "{other}");
        let file = sandbox.folder.join(format!("{name}.toml"));
        std::fs::write(&file, other).unwrap();
        let gateway = Gateway::bind(Config::load(&file).unwrap(), wall_clock()).unwrap();
        let (address, snapshots) = (gateway.address().unwrap(), gateway.snapshots());
        tokio::spawn(gateway.for_ever());
        let arrived = async {
            while snapshots.current().is_none_or(|held| held.version().1 < version) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived).await.unwrap();
        address
    }

    pub(crate) async fn send(&self, message: &str) -> Answer {
        self.connect(&self.certificate).await.send(message).await.unwrap()
    }

    /// The exact refusal: status, code, a decision id, and that an ordinary message still passes afterwards.
    async fn refuses(&self, message: &str, status: u16, code: &str) {
        let answer = self.send(message).await;
        assert_eq!((answer.status.as_u16(), answer.codes()), (status, vec![code.to_owned()]));
        assert_eq!(answer.decision.len(), 9, "decision id");
        let remedy = Language::En.refusal_how(RefusalCode::parse(code).unwrap());
        assert!(answer.acknowledgement().texts[0].contains(&remedy), "{:?}", answer.acknowledgement().texts);
    }
}

on_both!(bad_messages_get_their_code, bad_messages);

async fn bad_messages(database: Database) {
    let doors = Doors::open(database).await;
    let anew = |serial| {
        Variation::with_new_ids(3, serial)
            .unwrap()
            .signed_by(&doors.sandbox.pki.signer, doors.sandbox.app.now())
            .unwrap()
            .message()
            .unwrap()
    };
    doors.refuses("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 400, "L-302").await;
    doors.refuses("this is no XML", 400, "L-302").await;
    doors.refuses("", 400, "L-302").await;
    doors.refuses(&format!("<RCMR_IN100002FI01 xmlns=\"urn:hl7-org:v3\">{}", "<a>".repeat(5000)), 400, "L-303").await;
    doors.refuses(&format!("<RCMR_IN100002FI01 xmlns=\"urn:hl7-org:v3\">{}", " ".repeat(70_000)), 413, "L-301").await;
    doors.refuses(&anew(1).replace("RCMR_IN100002FI01", "RCMR_IN999999FI01"), 400, "L-304").await;
    doors.refuses(&anew(2).replace("<reasonCode code=\"PP1\"", "<reasonCode code=\"PP99\""), 400, "L-307").await;
    doors.refuses(&anew(3).replace("13.2.1\"/></device></sender>", "13.7.1\"/></device></sender>"), 403, "L-306").await;
    let other_joiner = anew(4).replacen(
        "<representedOrganization><id root=\"1.2.246.537.10.15675350.10.0\"",
        "<representedOrganization><id root=\"1.2.246.10.99999028.10.0\"",
        1,
    );
    doors.refuses(&other_joiner, 403, "L-211").await;
    doors
        .refuses(&anew(5).replace("Content-Transfer-Encoding: BASE64", "Content-Transfer-Encoding: 8BIT"), 400, "L-308")
        .await;
    doors.refuses(anew(6).split_at(6000).0, 400, "L-302").await;
    assert_eq!(
        liitos_store::archive::count(doors.sandbox.app.store.read()).await.unwrap(),
        0,
        "nothing is half-stored"
    );
    let fine = doors.send(&anew(7)).await;
    assert_eq!(fine.acknowledgement().kind, "AA", "the process goes on");
    let wrapped = doors.send(&soap_around(&anew(8))).await;
    assert!(
        wrapped.acknowledgement().kind == "AA" && String::from_utf8_lossy(&wrapped.body).contains("Envelope"),
        "answered in kind"
    );
    for broken in [soap_around(&anew(9).replace("PP1", "PP99")), soap_around(&anew(10).replace("BASE64", "8BIT"))] {
        let refused = doors.send(&broken).await;
        assert!(String::from_utf8_lossy(&refused.body).contains("Envelope"), "refused in kind too");
        assert_eq!(refused.codes().len(), 1);
    }
}

on_both!(bad_requests_get_their_code, bad_requests);

async fn bad_requests(database: Database) {
    let doors = Doors::open(database).await;
    let mut connection = doors.connect(&doors.certificate).await;
    let nowhere =
        connection.exchange(Request::get("/nowhere").header("host", "x").body(Full::new(Bytes::new()))).await.unwrap();
    assert_eq!((nowhere.status, nowhere.codes()), (StatusCode::NOT_FOUND, vec!["L-310".to_owned()]));
    let nobody = connection
        .exchange(Request::get("/fhir/Binary/1.2.3").header("host", "x").body(Full::new(Bytes::new())))
        .await
        .unwrap();
    assert_eq!(nobody.codes(), ["L-305"]);
    let unknown = connection.fetch("1.2.3", "1.2.246.537.10.15675350.10.0").await.unwrap();
    assert_eq!((unknown.status, unknown.codes()), (StatusCode::NOT_FOUND, vec!["L-507".to_owned()]));
    // The inner paths are not reachable through the gateway, and forged facts are worth nothing.
    let snapshot = connection
        .exchange(Request::get("/directory/snapshot").header("host", "x").body(Full::new(Bytes::new())))
        .await
        .unwrap();
    assert_eq!(snapshot.codes(), ["L-310"]);
    // A call that may pass, with facts that would make the archive refuse it or answer another's: L-507 is HUS's own answer.
    let forged = Request::get("/fhir/Binary/1.2.3")
        .header("host", "x")
        .header("service-subscriber", "1.2.246.537.10.15675350.10.0")
        .header("liitos-represented", "1.2.246.10.99999028.10.0")
        .header("liitos-access-point", "1.2.246.537.6.918.18.900077.13.4")
        .header("liitos-decision", "FORGED-01")
        .body(Full::new(Bytes::new()));
    let answer = connection.exchange(forged).await.unwrap();
    assert_eq!(answer.codes(), ["L-507"]);
    assert!(!String::from_utf8_lossy(&answer.body).contains("FORGED-01"));
    let large = Request::post("/hl7").header("host", "x").body(Full::new(Bytes::from(vec![b' '; 21 * 1024 * 1024])));
    match connection.exchange(large).await {
        Ok(answer) => assert_eq!((answer.status.as_u16(), answer.codes()), (413, vec!["L-301".to_owned()])),
        // The rest was not read; a client that only writes sees the connection end.
        Err(error) => assert!(matches!(error, PeerError::Connection(_)), "{error}"),
    }
    // The same without saying its length beforehand: cut off while it streams.
    let mut tls = doors.peer().handshake().await.unwrap();
    let head = "POST /hl7 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    tls.write_all(head.as_bytes()).await.unwrap();
    let message = Variation::with_new_ids(3, 50).unwrap().message().unwrap();
    let (first, _) = message.split_at(6000);
    tls.write_all(format!("{:x}\r\n{first}\r\n", first.len()).as_bytes()).await.unwrap();
    let chunk = [b"100000\r\n".to_vec(), vec![b' '; 0x10_0000], b"\r\n".to_vec()].concat();
    let mut sent = 0;
    let cut_off = async {
        while tls.write_all(&chunk).await.is_ok() {
            sent += 1;
        }
    };
    tokio::time::timeout(PATIENCE, cut_off).await.unwrap();
    assert!(sent < 64, "cut off soon after the limit of 20 MB, not after {sent} MB");
    assert_eq!(doors.send(MESSAGE).await.codes(), ["L-403", "L-404", "L-405"], "the process goes on");
}

on_both!(certificates_that_name_nobody_or_trick_the_reader, tricks);

async fn tricks(database: Database) {
    let doors = Doors::open(database).await;
    let now = doors.sandbox.app.now();
    let issue = |profile: Profile| doors.sandbox.pki.authority.issue(&profile, now).unwrap();
    let plain = || Profile { serial_number: None, ..Profile::server("", "kanta.hus.test") };
    let table = [
        (plain(), "L-101"),
        // A printed name would read: CN=x, serialNumber=1.2.246…
        (
            Profile { common_name: format!("x, serialNumber={}", tour::ACCESS_POINT), dns_names: vec![], ..plain() },
            "L-101",
        ),
        (
            Profile {
                common_name: format!("x/serialNumber={}+serialNumber={}", tour::ACCESS_POINT, tour::ACCESS_POINT),
                dns_names: vec![],
                ..plain()
            },
            "L-101",
        ),
        (Profile { serial_number: Some("1.2.246.537.10.15675350.10.0".into()), ..plain() }, "L-102"),
        (Profile { serial_number: Some(format!("{} ", tour::ACCESS_POINT)), ..plain() }, "L-102"),
        (Profile { serial_number: Some("1.2.246.537.10.15675350.10.0.13.\u{0662}".into()), ..plain() }, "L-102"),
        (Profile::server("1.2.246.537.10.15675350.10.0.13.77", "kanta.hus.test"), "L-306"),
        // Of the right issuer, with the right number, but not the one notified with the application.
        (Profile::server(tour::ACCESS_POINT, "kanta.hus.test"), "L-201"),
    ];
    for (profile, code) in table {
        let answer = doors.connect(&issue(profile.clone())).await.send(MESSAGE).await.unwrap();
        assert_eq!(answer.codes(), [code], "{profile:?}");
    }
}

on_both!(only_notified_addresses_may_call, addresses);

async fn addresses(database: Database) {
    let doors = Doors::open(database).await;
    let (sandbox, now) = (&doors.sandbox, doors.sandbox.app.now());
    let here = AccessPointOid::parse("1.2.246.537.6.918.18.900077.13.5").unwrap();
    let link = Link {
        halls: Vec::new(),
        network: Network::Private,
        role: LinkRole::Primary,
        dns_name: "kanta.valittaja.test".into(),
        addresses: vec![[127, 0, 0, 1].into()],
    };
    let point = AccessPoint {
        administrator: here.administrator(),
        oid: here.clone(),
        system: "900003".into(),
        country: "FI".into(),
        links: vec![link],
        certificates: vec![],
        valid: Interval::from(now),
    };
    let version = open_access_point(&sandbox.app, &case_handler(), point).await.unwrap();
    let address = doors.strict_gateway("second", "", version).await;
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let send = async |certificate: &Issued, message: String| {
        let mut connection = Peer::new(certificate, &issuers, address).unwrap().connect().await.unwrap();
        connection.send(&message).await.unwrap().codes()
    };
    assert_eq!(send(&doors.certificate, MESSAGE.to_owned()).await, ["L-203"], "HUS notified 203.0.113.10");
    let profile = Profile::server(here.as_str(), "kanta.valittaja.test");
    let notified = sandbox.pki.authority.issue(&profile, now).unwrap();
    let device = Variation::with_new_ids(5, 1).unwrap().from_device(&format!("{here}.1"));
    assert_eq!(send(&notified, device.message().unwrap()).await, ["L-213"], "past the address, but without a right");
}

on_both!(a_collection_point_says_where_a_call_comes_from, passed_on);

async fn passed_on(database: Database) {
    let doors = Doors::open(database).await;
    let version = overview(&doors.sandbox.app, &case_handler(), "").await.unwrap().version;
    let points = "collection_points = [\"127.0.0.0/8\"]";
    let gateway = doors.strict_gateway("behind", points, version).await;
    let issuers = [doors.sandbox.pki.authority.certificate().der.clone()];
    // Somebody who passes on what comes, with these bytes before it.
    let through = async |before: Vec<u8>| {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = tokio::net::TcpStream::connect(gateway).await.unwrap();
            // In two pieces: a header comes as it comes.
            let (first, rest) = before.split_at(before.len().min(9));
            far.write_all(first).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            far.write_all(rest).await.unwrap();
            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        });
        let mut connection = Peer::new(&doors.certificate, &issuers, address).unwrap().connect().await.ok()?;
        Some(connection.send(MESSAGE).await.ok()?.codes())
    };
    let header = |source: &str| proxy_header::write(source.parse().unwrap(), gateway);
    assert_eq!(through(header("203.0.113.99:4000")).await.unwrap(), ["L-203"], "HUS notified 203.0.113.10");
    assert_ne!(through(header("203.0.113.10:4000")).await.unwrap(), ["L-203"]);
    for unsound in
        [Vec::new(), b"PROXY TCP4 203.0.113.10 192.0.2.1 1 2\r\n".to_vec(), header("203.0.113.10:1")[..20].to_vec()]
    {
        assert_eq!(through(unsound).await, None, "no header, another, half of one");
    }
    // From anybody else such bytes are no TLS.
    let open = doors.strict_gateway("front", "", version).await;
    let mut stranger = tokio::net::TcpStream::connect(open).await.unwrap();
    stranger.write_all(&header("203.0.113.10:4000")).await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stranger.read_to_end(&mut answer)).await;
    assert!(ended.is_ok() && !answer.windows(4).any(|part| part == b"HTTP"), "{answer:?}");
}

on_both!(one_joiner_leaves_room_for_others, too_many);

async fn too_many(database: Database) {
    let doors = Doors::open(database).await;
    let version = overview(&doors.sandbox.app, &case_handler(), "").await.unwrap().version;
    let narrow = "check_source_address = false\nlimits = { joiner = { calls = 1 } }";
    let gateway = doors.gateway_beside("narrow", narrow, version).await;
    let issuers = [doors.sandbox.pki.authority.certificate().der.clone()];
    let peer = || Peer::new(&doors.certificate, &issuers, gateway).unwrap();
    let send = async || peer().connect().await.unwrap().send(MESSAGE).await.unwrap();
    assert_ne!(send().await.codes(), ["L-225"]);
    // One message runs on and on; the next one is too many until it has ended.
    let mut tls = peer().handshake().await.unwrap();
    let head = format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{MESSAGE}", MESSAGE.len() + 10);
    tls.write_all(head.as_bytes()).await.unwrap();
    let until = async |wanted: bool| loop {
        let answer = send().await;
        if (answer.codes() == ["L-225"]) == wanted {
            break answer.status;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let refused = tokio::time::timeout(PATIENCE, until(true)).await.unwrap();
    assert_eq!(refused, StatusCode::TOO_MANY_REQUESTS);
    drop(tls);
    tokio::time::timeout(PATIENCE, until(false)).await.unwrap();
}

on_both!(silence_and_noise_do_not_stop_the_door, silence);

async fn silence(database: Database) {
    let doors = Doors::open(database).await;
    let address = doors.sandbox.addresses.gateway;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(tokio::net::TcpStream::connect(address).await.unwrap());
    }
    let mut noisy = tokio::net::TcpStream::connect(address).await.unwrap();
    noisy.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), noisy.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "what is no TLS is hung up on");
    let mut byte = [0u8; 1];
    let hung_up = tokio::time::timeout(Duration::from_secs(60), silent[0].read(&mut byte)).await;
    assert!(matches!(hung_up, Ok(Ok(0) | Err(_))), "silence is borne for a while only: {hung_up:?}");
    let message = Variation::with_new_ids(4, 1)
        .unwrap()
        .signed_by(&doors.sandbox.pki.signer, doors.sandbox.app.now())
        .unwrap()
        .message()
        .unwrap();
    assert_eq!(doors.send(&message).await.acknowledgement().kind, "AA");
}

on_both!(a_body_that_falls_silent, falls_silent);

async fn falls_silent(database: Database) {
    let doors = Doors::open(database).await;
    let mut tls = doors.peer().handshake().await.unwrap();
    let message = Variation::with_new_ids(6, 1).unwrap().message().unwrap();
    let head = format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", message.len());
    // Once before the envelope is complete, and once after.
    for part in [300, 6000] {
        tls.write_all(head.as_bytes()).await.unwrap();
        tls.write_all(message.split_at(part).0.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, tls.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(ended.is_ok() && answer.contains("code=\"L-309\""), "{answer}");
        tls = doors.peer().handshake().await.unwrap();
    }
    assert_eq!(liitos_store::archive::count(doors.sandbox.app.store.read()).await.unwrap(), 0);
}

on_both!(a_running_message_is_cut_off_when_it_is_not_permitted_any_more, cut_off);

async fn cut_off(database: Database) {
    let doors = Doors::open(database).await;
    let (app, staff) = (&doors.sandbox.app, case_handler());
    let message = Variation::with_new_ids(8, 1).unwrap().message().unwrap();
    // More is promised than is sent: the message runs until somebody ends it.
    let length = message.len() + 1_000_000;
    let head = format!("POST /hl7 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n");
    let run = async || {
        let tls = doors.peer().handshake().await.unwrap();
        let (mut reads, mut writes) = tokio::io::split(tls);
        writes.write_all(head.as_bytes()).await.unwrap();
        // Whoever asks for the body has accepted the certificate.
        let mut go_on = [0; 25];
        reads.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        writes.write_all(message.as_bytes()).await.unwrap();
        let sending = tokio::spawn(async move {
            while writes.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let answer = tokio::spawn(async move {
            let mut answer = Vec::new();
            let _ = reads.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        });
        (sending, answer)
    };
    let refused = async |running: (JoinHandle<()>, JoinHandle<String>), code: &str| {
        let answer = tokio::time::timeout(PATIENCE, running.1).await.expect("it is cut off").unwrap();
        assert!(answer.contains(&format!("code=\"{code}\"")), "{code}: {answer}");
        running.0.abort();
    };
    let service = Some(liitos_domain::Service::PatientData);
    let everything = Closing::everything(Stage::ReadOnly, Interval::new(app.now(), Some(app.now().plus_days(1))));
    let running = run().await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!running.1.is_finished(), "it runs");
    shut(app, &staff, Closing { service, reason: "test".into(), ..everything }).await.unwrap();
    refused(running, "L-224").await;
    let closing = closings(app, &staff).await.unwrap().remove(0);
    lift(app, &staff, &liitos_domain::Sha256Hash::of_canonical(&closing).unwrap(), "test").await.unwrap();
    let lifted = async {
        while doors.send(&message).await.codes() == ["L-224"] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, lifted).await.unwrap();

    let running = run().await;
    doors.sandbox.pki.revoke(&doors.certificate, app.now()).unwrap();
    doors.sandbox.reload_gateway().unwrap();
    refused(running, "L-104").await;
}

/// TLS 1.2 and 1.3, nothing older.
#[tokio::test(flavor = "multi_thread")]
async fn two_versions_of_tls() {
    let doors = Doors::open(Database::Sqlite).await;
    let address = doors.sandbox.addresses.gateway;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(doors.sandbox.pki.authority.certificate().der.clone().into()).unwrap();
        let key = PrivatePkcs8KeyDer::from(doors.certificate.key_der.clone());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![doors.certificate.certificate_der.clone().into()], key.into())
            .unwrap();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let tls = connector.connect("localhost".try_into().unwrap(), stream).await.unwrap();
        assert_eq!(tls.get_ref().1.protocol_version(), Some(version.version));
        // Whatever a client would rather have.
        let suite = tls.get_ref().1.negotiated_cipher_suite().unwrap();
        assert!(format!("{:?}", suite.suite()).contains("AES_128_GCM_SHA256"), "{suite:?}");
    }
    // A greeting of TLS 1.1: version, random, no session, one cipher suite, no compression, signature algorithms.
    let signatures = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    let hello = [&[3, 2][..], &[7; 32], &[0, 0, 2, 0xc0, 0x13, 1, 0], &signatures].concat();
    let length = |bytes: usize| u8::try_from(bytes).unwrap();
    let handshake = [&[1, 0, 0, length(hello.len())][..], &hello].concat();
    let record = [&[22, 3, 1, 0, length(handshake.len())][..], &handshake].concat();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    // A fatal alert: protocol_version (RFC 5246 7.2).
    assert_eq!((answer[0], answer[5], answer[6]), (21, 2, 70), "{answer:?}");
}

on_both!(who_does_not_read_loses_the_place, deaf);

async fn deaf(database: Database) {
    let doors = Doors::open(database).await;
    let mut tls = doors.peer().handshake().await.unwrap();
    // Answers that nobody takes fill every buffer on the way; then the gateway reads no further, and at last hangs up.
    let request = "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    let hung_up = async {
        loop {
            if let Err(error) = tls.write_all(request.as_bytes()).await {
                return error;
            }
        }
    };
    let ended = tokio::time::timeout(PATIENCE, hung_up).await;
    assert!(ended.is_ok(), "the connection is still served");
}

fn soap_around(message: &str) -> String {
    format!("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{message}</s:Body></s:Envelope>")
}

on_both!(the_operator_sees_each_gateways_version, gateways_seen);

async fn gateways_seen(database: Database) {
    let doors = Doors::open(database).await;
    let config = liitos::config::Config::load(&doors.sandbox.folder.join("liitos.toml")).unwrap();
    let pinned = config.inner.gateway_certificates_sha256[0];
    let staff = case_handler();
    let newest = async {
        loop {
            let (version, seen) = gateways(&doors.sandbox.app, &staff).await.unwrap();
            if seen
                .iter()
                .any(|(gateway, asked)| *gateway == pinned && asked.holds.is_some_and(|held| held.0.1 == version))
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, newest).await.unwrap();
    let mut operator = Browser::new(&doors.sandbox.portal_address()).unwrap();
    operator.sign_in("reijo-rekisteri").await.unwrap();
    operator.get("/language/en?to=/").await.unwrap();
    let page = operator.get("/office/directory").await.unwrap().text;
    assert!(page.contains(&pinned.to_string()) && page.contains("the newest"), "{page}");
    let nobody = liitos_testkit::member_of("1.2.246.10.99999036.10.0");
    assert_eq!(gateways(&doors.sandbox.app, &nobody).await.unwrap_err().code, RefusalCode::NotAllowed);
}

// The inner door believes fact headers, so nobody but a pinned gateway may come to it, whatever authority vouches.
on_both!(the_inner_door_takes_pinned_gateways_only, inner_door);

async fn inner_door(database: Database) {
    let doors = Doors::open(database).await;
    let config = liitos::config::Config::load(&doors.sandbox.folder.join("liitos.toml")).unwrap();
    let backend = [doors.sandbox.pki.backend_issuer.clone()];
    let now = doors.sandbox.app.now();
    let stranger = doors.sandbox.pki.authority.issue(&Profile::server(tour::ACCESS_POINT, "gateway"), now).unwrap();
    let refused = Peer::new(&stranger, &backend, config.inner.listen).unwrap().handshake_refusal().await.unwrap();
    assert!(refused.contains("alert"), "{refused}");
    let pinned = Peer::new(&doors.sandbox.pki.gateway_client, &backend, config.inner.listen).unwrap();
    let snapshot = Request::get("/directory/snapshot").header("host", "x").body(Full::new(Bytes::new()));
    assert_eq!(pinned.connect().await.unwrap().exchange(snapshot).await.unwrap().status, StatusCode::OK);
}
