//! Messages from Kanta to a unit's access point, by real sockets: the address from the directory, the server known by its OID,
//! primary before backup, and exactly one delivery whenever anything dies.

use crate::on_both;
use liitos::adapters::HttpOutbound;
use liitos::config::OutboundDoor as Address;
use liitos_documents::acknowledgement::{AckType, Acknowledgement};
use liitos_domain::directory::{AccessPoint, Basis, Effect, Hall, Joiner, Link, LinkRole, Network, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notice::Notice;
use liitos_domain::outbound::{Brought, OutboundState, Tried};
use liitos_domain::service_code::RateClass;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, wall_clock};
use liitos_pki::Trust;
use liitos_pki::authority::{Issued, Profile};
use liitos_pki::tls::{AccessPointVerifier, Identity, OwnCertificate, pinned_client_config, server_config};
use liitos_service::directory::proposal;
use liitos_service::outbound::{Handed, Taken, deliver_due, escalate, list, pass_on, take};
use liitos_service::ports::OutboundDoor;
use liitos_service::{App, ServiceError};
use liitos_store::directory as stored;
use liitos_store::outbound::Message;
use liitos_testkit::fault::{break_table, mend_table};
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler, second_registrar};
use sea_orm::ConnectionTrait as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) const LEPOLA: &str = "1.2.246.10.99999036.10.0";
pub(crate) const UNIT: &str = "1.2.246.10.99999036.10.1";
pub(crate) const POINT: &str = "1.2.246.10.99999036.10.0.13.1";
/// Where nothing listens on the port that the unit's system has on another address.
const PRIMARY: [u8; 4] = [127, 0, 0, 3];
const BACKUP: [u8; 4] = [127, 0, 0, 2];

/// What a unit's system does with a message that is new to it.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    Acknowledges,
    Rejects,
    HangsUp,
}

/// A unit's system behind its access point: remembers what it got, and what it has of it.
pub(crate) struct Unit {
    pub(crate) address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
    has: Arc<Mutex<Vec<String>>>,
}

impl Unit {
    /// Listens with a certificate, as its system does.
    pub(crate) async fn open(sandbox: &TestSandbox, certificate: &Issued, does: Does) -> Self {
        let issuers = sandbox.folder.join("issuers.pem");
        let lists = [sandbox.folder.join("revoked.crl")];
        let files =
            liitos_pki::TrustFiles { issuers: std::slice::from_ref(&issuers), revocation_lists: &lists, policies: &[] };
        let trust: Trust = files.load().unwrap();
        let verifier = AccessPointVerifier::new(Arc::new(Arc::new(trust).into()), true, Box::new(|_| ()));
        let identity = Identity { chain: vec![certificate.certificate_der.clone()], key: certificate.key_der.clone() };
        let tls = TlsAcceptor::from(Arc::new(server_config(&identity, Arc::new(verifier)).unwrap()));
        let listener = TcpListener::bind((IpAddr::from(BACKUP), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (got, has) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let unit = Self { address, got: Arc::clone(&got), has: Arc::clone(&has) };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = tls.accept(stream).await else { continue };
                let Some(message) = message(&mut stream).await else { continue };
                got.lock().unwrap().push(message.clone());
                if matches!(does, Does::HangsUp) {
                    continue;
                }
                let kind = if matches!(does, Does::Rejects) { AckType::Rejected } else { AckType::Accepted };
                if matches!(does, Does::Acknowledges) && !has.lock().unwrap().contains(&message) {
                    has.lock().unwrap().push(message);
                }
                let at = Moment::from_seconds(0);
                let (target, receiver, details) = (None, None, &[][..]);
                let answer = Acknowledgement { kind, id: "1", at, target, receiver, details, soap: false }.to_xml();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len());
                stream.write_all((head + &answer).as_bytes()).await.unwrap();
                let _ = stream.shutdown().await;
            }
        });
        unit
    }

    pub(crate) fn got(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

/// The body of a request.
async fn message(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            assert!(head.starts_with("POST /hl7 HTTP/1.1\r\nhost: kanta.lepola.test\r\n"), "{head}");
            let length = head.split_once("content-length: ").unwrap().1.split("\r\n").next().unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return Some(body.to_owned());
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// Lepola's unit receives through Lepola's own access point, whose primary link is down.
pub(crate) async fn opened(sandbox: &TestSandbox) {
    opened_at(sandbox, [BACKUP, PRIMARY]).await;
}

/// The same with these addresses of its backup link and of its primary link.
pub(crate) async fn opened_at(sandbox: &TestSandbox, [backup, primary]: [[u8; 4]; 2]) {
    let app = &sandbox.app;
    let valid = Interval::from(app.now());
    let link = |role, address: [u8; 4], halls: &[Hall]| Link {
        network: Network::Private,
        role,
        dns_name: "kanta.lepola.test".into(),
        addresses: vec![address.into()],
        halls: halls.to_vec(),
    };
    let point = AccessPointOid::parse(POINT).unwrap();
    let joiner = Oid::parse(LEPOLA).unwrap();
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: joiner.clone(), rate: RateClass::Ordinary, valid }],
        access_points_opened: vec![AccessPoint {
            oid: point.clone(),
            administrator: joiner.clone(),
            system: "900001".into(),
            country: "FI".into(),
            links: vec![link(LinkRole::Backup, backup, &[Hall::A]), link(LinkRole::Primary, primary, &[])],
            certificates: vec![],
            valid,
        }],
        rights_opened: vec![Right {
            joiner,
            service: Service::RenewalReception,
            access_point: point,
            system: "900001".into(),
            unit: Oid::parse(UNIT).ok(),
            organiser: None,
            model: liitos_domain::service_code::ConnectionModel::Direct,
            grandfathered: false,
            valid,
        }],
        ..Effect::default()
    };
    entered(sandbox, &effect).await;
}

/// Enters a change and gives its version.
pub(crate) async fn entered(sandbox: &TestSandbox, effect: &Effect) -> u64 {
    let tx = sandbox.app.store.begin().await.unwrap();
    let origin = stored::Origin { basis: Basis::Other("test".into()), author: "a".into(), approver: "b".into() };
    let version = stored::record(&tx, effect, &effect.hash().unwrap(), &origin, sandbox.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    version
}

/// The queue's way to an outbound door in a hall.
async fn door(sandbox: &TestSandbox, hall: &str, port: u16) -> Arc<dyn OutboundDoor> {
    way(sandbox, &[door_in(sandbox, hall, port).await])
}

/// An outbound door in a hall.
pub(crate) async fn door_in(sandbox: &TestSandbox, hall: &str, port: u16) -> SocketAddr {
    let folder = &sandbox.folder;
    let text = std::fs::read_to_string(folder.join("gateway.toml")).unwrap();
    let kept =
        text.lines().filter(|line| !["listen", "snapshot", "access_log"].iter().any(|key| line.starts_with(key)));
    let backend = Sha256Hash::of(&sandbox.pki.backend.certificate_der);
    let text = format!(
        "listen = \"127.0.0.1:0\"\nsnapshot_file = \"out-{hall}.sealed\"\n{}\n[outbound]\nlisten = \"127.0.0.1:0\"\n\
         hall = \"{hall}\"\ncallers_sha256 = [\"{backend}\"]\nport = {port}\nconnect_seconds = 2\n",
        kept.collect::<Vec<_>>().join("\n")
    );
    let file = folder.join(format!("out-{hall}.toml"));
    std::fs::write(&file, text).unwrap();
    let gateway = Gateway::bind(Config::load(&file).unwrap(), wall_clock()).unwrap();
    let (address, snapshots) = (gateway.outbound_address().unwrap().unwrap(), gateway.snapshots());
    tokio::spawn(gateway.for_ever());
    let newest = stored::version(sandbox.app.store.read()).await.unwrap();
    let arrived = async {
        while snapshots.current().is_none_or(|held| held.version().1 < newest) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, arrived).await.unwrap();
    address
}

/// The queue's way to doors at these addresses.
pub(crate) fn way(sandbox: &TestSandbox, doors: &[SocketAddr]) -> Arc<dyn OutboundDoor> {
    way_as(sandbox, &sandbox.pki.backend, doors)
}

/// The same for whoever shows this certificate.
fn way_as(sandbox: &TestSandbox, own: &Issued, doors: &[SocketAddr]) -> Arc<dyn OutboundDoor> {
    let certificate_sha256 = Sha256Hash::of(&sandbox.pki.gateway_client.certificate_der);
    let address = |at: &SocketAddr| Address { address: format!("https://localhost:{}", at.port()), certificate_sha256 };
    let doors: Vec<Address> = doors.iter().map(address).collect();
    let identity = Identity { chain: vec![own.certificate_der.clone()], key: own.key_der.clone() };
    Arc::new(HttpOutbound::new(&doors, &identity).unwrap())
}

pub(crate) fn handed(id: &str, unit: &str) -> Handed {
    let body = format!("<PRPA_IN000001FI01 id=\"{id}\"/>").into_bytes();
    let unit = Oid::parse(unit).unwrap();
    Handed { id: id.into(), unit, service: Service::RenewalReception, media_type: "application/xml".into(), body }
}

pub(crate) async fn certificate(sandbox: &TestSandbox, oid: &str) -> Issued {
    sandbox.pki.authority.issue(&Profile::server(oid, "kanta.lepola.test"), sandbox.app.now()).unwrap()
}

/// Lets the next try come now.
async fn hurry(sandbox: &TestSandbox) {
    sandbox.app.store.write().execute_unprepared("UPDATE outbound_message SET run_at = 0").await.unwrap();
}

on_both!(a_message_reaches_its_unit_once, once);

async fn once(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let unit = Unit::open(&sandbox, &certificate(&sandbox, POINT).await, Does::Acknowledges).await;
    let door = door(&sandbox, "A", unit.address.port()).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    // Killed while it is taken, nothing of it stays.
    break_table(&app.store, "audit_event").await;
    assert!(take(app, &sender, handed("m-1", UNIT)).await.is_err());
    mend_table(&app.store, "audit_event").await;
    assert!(liitos_store::outbound::find(app.store.read(), "m-1").await.unwrap().is_none());
    assert_eq!(take(app, &sender, handed("m-1", UNIT)).await.unwrap(), Taken::Now);
    assert_eq!(
        take(app, &sender, handed("m-1", UNIT)).await.unwrap(),
        Taken::Before(OutboundState::Waiting),
        "handed over twice"
    );
    let other = Handed { body: b"other".to_vec(), ..handed("m-1", UNIT) };
    assert_eq!(take(app, &sender, other).await.unwrap_err().code, RefusalCode::StateForbids);
    let nobody = take(app, &sender, handed("m-2", LEPOLA)).await.unwrap_err();
    assert_eq!((nobody.code, nobody.place.as_str()), (RefusalCode::NoRight, "unit"), "who would not get it");

    // It dies after the unit's system has acknowledged and before we have written that down.
    let dying: Arc<dyn OutboundDoor> = Arc::new(Dying { door: Arc::clone(&door), app: Arc::clone(app) });
    assert!(deliver_due(app, &dying).await.is_err());
    mend_table(&app.store, "outbound_message").await;
    assert_eq!(unit.got(), 1);
    assert_eq!(deliver_due(app, &door).await.unwrap(), 0, "it is not due before the try would have ended");
    hurry(&sandbox).await;
    assert_eq!(deliver_due(app, &door).await.unwrap(), 1);
    assert_eq!((unit.got(), unit.has.lock().unwrap().len()), (2, 1), "brought twice, there once");
    hurry(&sandbox).await;
    assert_eq!(deliver_due(app, &door).await.unwrap(), 0);
    let listed = list(app, &case_handler()).await.unwrap();
    assert_eq!((listed.len(), listed[0].state.as_str(), listed[0].tries), (1, "delivered", 2));
    let held = liitos_store::outbound::find(app.store.read(), "m-1").await.unwrap().unwrap();
    assert!(held.body.is_empty(), "its bytes are gone");
    assert_eq!(take(app, &sender, handed("m-1", UNIT)).await.unwrap(), Taken::Before(OutboundState::Delivered));
}

/// A door whose caller dies when the answer has come.
struct Dying {
    door: Arc<dyn OutboundDoor>,
    app: Arc<liitos_service::App>,
}

#[async_trait::async_trait]
impl OutboundDoor for Dying {
    async fn bring(&self, message: &Message) -> Result<Brought, String> {
        let brought = self.door.bring(message).await;
        assert!(matches!(brought, Ok(Brought::Answered { .. })), "{brought:?}");
        break_table(&self.app.store, "outbound_message").await;
        brought
    }
}

/// The addresses that did not take a message that reached nobody.
fn unreached(brought: &Result<Brought, String>) -> Vec<Tried> {
    let tried = if let Ok(Brought::Unreached { tried, .. }) = brought { Some(tried.clone()) } else { None };
    tried.unwrap()
}

on_both!(nobody_else_gets_it_and_nothing_is_lost, nobody_else);

async fn nobody_else(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    take(app, &sender, handed("m-1", UNIT)).await.unwrap();
    let held = liitos_store::outbound::find(app.store.read(), "m-1").await.unwrap().unwrap();
    // A server with another's OID, or one of a stranger's, gets no byte of it.
    let stranger = certificate(&sandbox, "1.2.246.10.99999036.10.0.13.2").await;
    let foreign = Unit::open(&sandbox, &stranger, Does::Acknowledges).await;
    let in_hall_a = door_in(&sandbox, "A", foreign.address.port()).await;
    let stranger = way_as(&sandbox, &sandbox.pki.gateway_client, &[in_hall_a]);
    assert!(stranger.bring(&held).await.is_err(), "who is not the queue brings nothing");
    let hall_a = way(&sandbox, &[in_hall_a]);
    for _ in 0..3 {
        let tried = unreached(&hall_a.bring(&held).await);
        assert_eq!(tried.len(), 2, "{tried:?}");
        assert!(tried[0].address.starts_with("127.0.0.3") && tried[1].problem.contains("NotValidForName"), "{tried:?}");
    }
    let tried = unreached(&hall_a.bring(&held).await);
    assert!(tried.iter().all(|one| one.problem.contains("left alone")), "the breaker is open: {tried:?}");
    assert_eq!(foreign.got(), 0);
    // From hall B only the primary link leads there, which is down.
    let hall_b = door(&sandbox, "B", foreign.address.port()).await;
    let tried = unreached(&hall_b.bring(&held).await);
    assert_eq!(tried.len(), 1, "{tried:?}");
    // What could not be brought is kept until it works.
    assert_eq!(deliver_due(app, &hall_b).await.unwrap(), 0);
    let listed = list(app, &case_handler()).await.unwrap();
    assert_eq!((listed[0].state.as_str(), listed[0].tries), ("waiting", 1));
    assert!(listed[0].problem.as_deref().unwrap().starts_with("127.0.0.3"), "{listed:?}");
}

on_both!(another_hall_brings_what_one_cannot, halls);

async fn halls(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let unit = Unit::open(&sandbox, &certificate(&sandbox, POINT).await, Does::Acknowledges).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    // One hall's door is cut off from us, another's from the unit: its links lead to hall A alone, the primary's way being down.
    let cut_off = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let port = unit.address.port();
    let doors = [cut_off, door_in(&sandbox, "B", port).await, door_in(&sandbox, "A", port).await];
    take(app, &sender, handed("m-1", UNIT)).await.unwrap();
    assert_eq!(deliver_due(app, &way(&sandbox, &doors)).await.unwrap(), 1);
    assert_eq!(unit.got(), 1);
    // With neither, it waits.
    take(app, &sender, handed("m-2", UNIT)).await.unwrap();
    assert_eq!(deliver_due(app, &way(&sandbox, &doors[..1])).await.unwrap(), 0);
    let listed = list(app, &case_handler()).await.unwrap();
    assert!(listed[0].problem.as_deref().unwrap().starts_with("outbound door: localhost"), "{listed:?}");
    hurry(&sandbox).await;
    assert_eq!(deliver_due(app, &way(&sandbox, &doors)).await.unwrap(), 1);
}

on_both!(what_a_unit_says_is_heard, heard);

async fn heard(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    for (hall, does, state) in [("A", Does::HangsUp, "waiting"), ("C", Does::Rejects, "rejected")] {
        let unit = Unit::open(&sandbox, &certificate(&sandbox, POINT).await, does).await;
        sandbox.app.store.write().execute_unprepared("DELETE FROM outbound_message").await.unwrap();
        // The backup link leads to hall A only: the primary address is the unit's own here.
        let door = door(&sandbox, "A", unit.address.port()).await;
        take(app, &sender, handed(&format!("m-{hall}"), UNIT)).await.unwrap();
        assert_eq!(deliver_due(app, &door).await.unwrap(), 0);
        let listed = list(app, &case_handler()).await.unwrap();
        assert_eq!((listed[0].state.as_str(), unit.got()), (state, 1), "{listed:?}");
    }
}

on_both!(who_may_hand_over_and_who_may_bring, who_may);

async fn who_may(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let folder = &sandbox.folder;
    let text = std::fs::read_to_string(folder.join("liitos.toml")).unwrap();
    // The gateway's own certificate is no sender's; a sender's is no gateway's.
    let sender = sandbox.pki.authority.issue(&Profile::server(POINT, "prescription.test"), sandbox.app.now()).unwrap();
    let gateway = &sandbox.pki.gateway_client;
    let text = text.replace(
        "[database]",
        &format!("sender_certificates_sha256 = [\"{}\"]\n\n[database]", Sha256Hash::of(&sender.certificate_der)),
    );
    std::fs::write(folder.join("senders.toml"), text).unwrap();
    let config = liitos::config::Config::load(&folder.join("senders.toml")).unwrap();
    let [pages, inner] = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let address = inner.local_addr().unwrap();
    let listeners = [pages, inner].map(|listener| {
        listener.set_nonblocking(true).unwrap();
        TcpListener::from_std(listener).unwrap()
    });
    let [pages, inner] = listeners;
    tokio::spawn(liitos::serve::serve(config, Arc::clone(&sandbox.app), Some((pages, inner))));
    let path = format!("/outbound/renewal-reception/{UNIT}");
    for (who, method, path, status) in [
        (&sender, "POST", path.as_str(), 202),
        (&sender, "POST", path.as_str(), 200),
        (gateway, "POST", path.as_str(), 403),
        (&sender, "GET", "/directory/snapshot", 403),
        (&sender, "POST", "/hl7", 403),
        (&sender, "POST", "/outbound/renewal-reception/here", 422),
        (&sender, "POST", &format!("/outbound/renewal-reception/{LEPOLA}"), 409),
    ] {
        assert_eq!(status_of(&sandbox, who, address, method, path).await, status, "{method} {path}");
    }
}

/// The status of an answer at the inner door.
async fn status_of(sandbox: &TestSandbox, who: &Issued, at: SocketAddr, method: &str, path: &str) -> u16 {
    let identity = Identity { chain: vec![who.certificate_der.clone()], key: who.key_der.clone() };
    let pinned = liitos_pki::tls::PinnedServer(Sha256Hash::of(&sandbox.pki.backend.certificate_der));
    let tls = tokio_rustls::TlsConnector::from(Arc::new(
        pinned_client_config(OwnCertificate::new(&identity).unwrap(), pinned).unwrap(),
    ));
    let stream = tokio::net::TcpStream::connect(at).await.unwrap();
    let mut tls = tls.connect("localhost".try_into().unwrap(), stream).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nLiitos-Message: m-1\r\nContent-Type: application/xml\r\nContent-Length: 4\r\n\r\n<a/>"
    );
    tls.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = tls.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().parse().unwrap()
}

/// Another unit of Lepola's.
pub(crate) const OTHER: &str = "1.2.246.10.99999036.10.2";

/// Lepola's right to receive for a unit.
pub(crate) async fn receives(sandbox: &TestSandbox, unit: &str, until: Option<Moment>) -> Right {
    let rights = stored::rights_of(sandbox.app.store.read(), &Oid::parse(LEPOLA).unwrap()).await.unwrap();
    let valid = Interval::new(sandbox.app.now(), until);
    Right { unit: Oid::parse(unit).ok(), valid, ..rights.into_iter().next().unwrap() }
}

/// Two persons close Lepola's right to receive for a unit.
async fn close(app: &App, right: &Right) -> Result<(), ServiceError> {
    let effect = Effect { rights_closed: vec![(right.clone(), app.now())], ..Effect::default() };
    let number = proposal::propose_by_hand(app, &case_handler(), effect, "the unit ends", None).await?;
    let (looked, _) = proposal::look(app, &second_registrar(), number).await?;
    proposal::approve(app, &second_registrar(), number, &looked.hash).await.map(|_| ())
}

on_both!(no_unit_ends_with_requests_that_nobody_has_answered, unanswered);

async fn unanswered(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let (app, sender, keeper) = (&sandbox.app, Sha256Hash::of(b"sender"), case_handler());
    let (unit, other) = (Oid::parse(UNIT).unwrap(), Oid::parse(OTHER).unwrap());
    let right = stored::rights_of(app.store.read(), &Oid::parse(LEPOLA).unwrap()).await.unwrap().remove(0);
    take(app, &sender, handed("m-1", UNIT)).await.unwrap();
    let refused = close(app, &right).await.unwrap_err();
    assert_eq!((refused.code, refused.place), (RefusalCode::RequestsUnanswered, format!("{UNIT} (1)")));
    // Whose unit it is is told, once a day.
    assert_eq!(escalate(app).await.unwrap(), 0, "it waits for a moment only");
    let days = "UPDATE outbound_message SET taken_at = taken_at - 200000000000";
    app.store.write().execute_unprepared(days).await.unwrap();
    assert_eq!((escalate(app).await.unwrap(), escalate(app).await.unwrap()), (1, 0));
    let told = liitos_store::notices::open(app.store.read(), Oid::parse(LEPOLA).ok().as_ref(), 10).await.unwrap();
    assert!(
        told.iter().any(|one| matches!(&one.notice, Notice::Requests { unit, count: 1, .. } if unit.as_str() == UNIT))
    );
    // Another unit takes them, if it receives.
    let code = |outcome: Result<u64, ServiceError>| outcome.err().map(|error| error.code);
    let stranger = liitos_testkit::member_of(LEPOLA);
    assert_eq!(code(pass_on(app, &stranger, &unit, &other).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(pass_on(app, &keeper, &unit, &unit).await), Some(RefusalCode::FormInvalid));
    assert_eq!(code(pass_on(app, &keeper, &unit, &other).await), Some(RefusalCode::NoRight));
    let opens = receives(&sandbox, OTHER, None).await;
    entered(&sandbox, &Effect { rights_opened: vec![opens], ..Effect::default() }).await;
    // What is on its way stays with the first; what its system rejects another may take.
    let on_its_way = liitos_store::outbound::claim(&app.store, app.now().plus_days(1), &[]).await.unwrap().unwrap();
    assert_eq!(code(pass_on(app, &keeper, &unit, &other).await), Some(RefusalCode::StateForbids), "on its way");
    let now = app.now();
    let rejected = (OutboundState::Rejected, Some("AR"));
    liitos_store::outbound::tried(&app.store, &on_its_way, rejected.0, (rejected.1, true), (now, now)).await.unwrap();
    assert_eq!(pass_on(app, &keeper, &unit, &other).await.unwrap(), 1);
    assert_eq!(code(pass_on(app, &keeper, &unit, &other).await), Some(RefusalCode::StateForbids), "nothing waits");
    let message = liitos_store::outbound::find(app.store.read(), "m-1").await.unwrap().unwrap();
    assert_eq!((message.unit, message.state), (other, OutboundState::Waiting));
    close(app, &right).await.unwrap();
    assert_eq!(take(app, &sender, handed("m-2", UNIT)).await.unwrap_err().code, RefusalCode::RightEnded);
}

on_both!(a_unit_that_ends_within_a_requests_life_takes_none_any_more, ending);

async fn ending(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    for (unit, days, taken) in [(OTHER, 7, false), (LEPOLA, 9, true)] {
        let ends = receives(&sandbox, unit, Some(app.now().plus_days(days))).await;
        entered(&sandbox, &Effect { rights_opened: vec![ends], ..Effect::default() }).await;
        let outcome = take(app, &sender, handed(&format!("m-{days}"), unit)).await;
        let place = outcome.as_ref().err().map(|error| (error.code, error.place.clone()));
        assert_eq!(outcome.is_ok(), taken, "{place:?}");
        assert!(taken || place == Some((RefusalCode::RightEnded, "unit ends".to_owned())), "{place:?}");
    }
    // Nor is anything passed on to it.
    let (from, to) = (Oid::parse(LEPOLA).unwrap(), Oid::parse(OTHER).unwrap());
    let refused = pass_on(app, &case_handler(), &from, &to).await.unwrap_err();
    assert_eq!((refused.code, refused.place.as_str()), (RefusalCode::RightEnded, "unit ends"));
}

on_both!(a_request_and_an_ending_at_once_never_both_succeed, at_once);

async fn at_once(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    opened(&sandbox).await;
    let (app, sender) = (&sandbox.app, Sha256Hash::of(b"sender"));
    for round in 0..6 {
        let right = receives(&sandbox, OTHER, None).await;
        entered(&sandbox, &Effect { rights_opened: vec![right.clone()], ..Effect::default() }).await;
        let (taken, closed) =
            tokio::join!(take(app, &sender, handed(&format!("m-{round}"), OTHER)), close(app, &right));
        assert!(!(taken.is_ok() && closed.is_ok()), "round {round}");
        assert!(taken.is_ok() || closed.is_ok(), "round {round}: {taken:?} {closed:?}");
        app.store.write().execute_unprepared("UPDATE outbound_message SET state = 'delivered'").await.unwrap();
        if closed.is_err() {
            close(app, &right).await.unwrap();
        }
    }
}
