//! The six connection examples of the guide's chapter 7, by real sockets and certificates: what each lets through, and what it keeps
//! apart.

use crate::collect::collect;
use crate::on_both;
use crate::outbound::{Does, LEPOLA, POINT, UNIT, Unit, certificate, door_in, entered, handed, opened, opened_at, way};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use liitos::made::Variation;
use liitos::sandbox::{Answer, Peer, tour};
use liitos_domain::directory::{Effect, Right, Tenant};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Interval, Oid, Service, Sha256Hash};
use liitos_gateway::GatewayError;
use liitos_gateway::inside::Inside;
use liitos_gateway::inside::config::InsideConfig;
use liitos_gateway::wall_clock;
use liitos_pki::authority::{Issued, Profile};
use liitos_service::outbound::{deliver_due, take};
use liitos_testkit::{Database, PATIENCE, TestSandbox};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

const HUS: &str = "1.2.246.537.10.15675350.10.0";
const OWN_POINT: &str = "1.2.246.537.10.15675350.10.0.13.2";
const INTERMEDIARY_POINT: &str = "1.2.246.537.6.918.18.900077.13.4";

/// An access point's inside that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    status: SocketAddr,
    reload: Box<dyn Fn() -> Result<(), GatewayError> + Send + Sync>,
    /// Ends it when it is dropped.
    _stop: watch::Sender<bool>,
}

/// An access point with these systems, towards the sandbox's front door, or what stands before it.
pub(crate) async fn inside(
    sandbox: &TestSandbox,
    point: &str,
    outside: &Issued,
    kanta: SocketAddr,
    systems: &str,
) -> Running {
    let name = point.replace('.', "-");
    let folder = &sandbox.folder;
    std::fs::write(folder.join(format!("{name}.pem")), &outside.certificate_pem).unwrap();
    std::fs::write(folder.join(format!("{name}.key")), &outside.key_pem).unwrap();
    // The access point's own server certificate is the gateway's here: it has the name that tests call.
    let text = format!(
        "access_point = \"{point}\"\nlisten = \"127.0.0.1:0\"\nstatus = \"127.0.0.1:0\"\ncertificate = \"gateway.pem\"\n\
         key = \"gateway.key\"\nsystem_issuers = \"issuers.pem\"\nrevocation_lists = [\"revoked.crl\"]\n\
         kanta = [{{ address = \"https://localhost:443\", at = \"{kanta}\" }}]\nkanta_issuers = \"issuers.pem\"\n\
         kanta_revocation_lists = [\"revoked.crl\"]\n\
         outside_certificate = \"{name}.pem\"\noutside_key = \"{name}.key\"\naccess_log = \"{name}.log\"\n{systems}"
    );
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).unwrap();
    let inside = Inside::bind(InsideConfig::load(&file).unwrap(), wall_clock()).unwrap();
    let (address, status) = (inside.address().unwrap(), inside.status_address().unwrap().unwrap());
    let (stop, stopped) = watch::channel(false);
    let reload = Box::new(inside.reloader());
    tokio::spawn(inside.run(stopped));
    Running { address, status, reload, _stop: stop }
}

pub(crate) fn system(name: &str, organisation: &str, known: &str, represents: &str, more: &str) -> String {
    format!(
        "[[system]]\nname = \"{name}\"\norganisation = \"{organisation}\"\n{known}\nrepresents = [\"{represents}\"]\n{more}\n"
    )
}

/// HUS's message as a device behind an access point sends it.
fn message(sandbox: &TestSandbox, point: &str, serial: u64) -> String {
    let signed =
        Variation::with_new_ids(70, serial).unwrap().signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
    signed.message().unwrap().replace(&format!("{OWN_POINT}.1"), &format!("{point}.1"))
}

/// Sends a message with more header fields.
async fn send(peer: &Peer, message: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request =
        Request::post("/hl7").header("host", "localhost").header("content-type", "application/hl7-v3+xml");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let mut connection = peer.connect().await.unwrap();
    connection.exchange(request.body(Full::new(Bytes::from(message.to_owned())))).await.unwrap()
}

fn accepted(answer: &Answer) {
    assert_eq!((answer.acknowledgement().kind.as_str(), answer.codes()), ("AA", vec![]), "{}", answer.status);
}

pub(crate) fn issuers(sandbox: &TestSandbox) -> [Vec<u8>; 1] {
    [sandbox.pki.authority.certificate().der.clone()]
}

/// Opens patient data for HUS through an access point that is there, and waits until the front door knows.
async fn right_through(sandbox: &TestSandbox, point: &str) {
    let right = Right {
        joiner: Oid::parse(HUS).unwrap(),
        service: Service::PatientData,
        access_point: AccessPointOid::parse(point).unwrap(),
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::from(sandbox.app.now()),
    };
    let version = entered(sandbox, &Effect { rights_opened: vec![right], ..Effect::default() }).await;
    sandbox.gateway_has(version, PATIENCE).await.unwrap();
}

on_both!(through_an_integration_solution_of_ones_own, own_integration);

/// 7.1.1: several systems of the joiner, known inside by tokens, share its one access point. 7.1.2: a system that is the access
/// point itself.
async fn own_integration(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let own = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let token = |token: &str| format!("token_sha256 = \"{}\"", Sha256Hash::of(token.as_bytes()));
    let systems = system("Potilas", HUS, &token("one"), HUS, "")
        + &system("Kuva", HUS, &token("other"), HUS, "services = [\"imaging-data\"]");
    let running = inside(&sandbox, OWN_POINT, &own, sandbox.addresses.gateway, &systems).await;
    let peer = Peer::without_certificate(&issuers(&sandbox), running.address).unwrap();
    accepted(&send(&peer, &message(&sandbox, OWN_POINT, 1), &[("liitos-system-token", "one")]).await);
    let codes = async |fields: &[(&str, &str)]| send(&peer, &message(&sandbox, OWN_POINT, 2), fields).await.codes();
    assert_eq!(codes(&[("liitos-system-token", "wrong")]).await, ["L-105"]);
    assert_eq!(codes(&[]).await, ["L-105"]);
    assert_eq!(codes(&[("liitos-system-token", "other")]).await, ["L-226"], "not its service");
    // Reading, too: the token stays inside, and who reads is named towards Kanta.
    let mut connection = peer.connect().await.unwrap();
    let read = |fields: &[(&str, &str)]| {
        let read = Request::get("/fhir/Binary/1.2.3").header("host", "localhost").header("service-subscriber", HUS);
        let read = fields.iter().fold(read, |read, (name, value)| read.header(*name, *value));
        read.header("liitos-system-token", "one").body(Full::new(Bytes::new()))
    };
    let mut read = async |fields: &[(&str, &str)]| connection.exchange(read(fields)).await.unwrap().codes();
    assert_eq!(read(&[]).await, ["L-507"], "the archive's own answer");
    // Why others' documents are asked for, and in which service event: both reach the archive, or none is understood.
    let (treats, event) = (("purpose-of-use", "TREAT"), ("service-event", "1.2.246.10.1.16.1"));
    assert_eq!(read(&[treats, event]).await, ["L-520"]);
    assert_eq!(read(&[("purpose-of-use", "ETREAT"), event]).await, ["L-507"]);
    for half in [&[treats][..], &[event], &[("purpose-of-use", "HPAYMT"), event]] {
        assert_eq!(read(half).await, ["L-305"], "{half:?}");
    }
    // Whoever administers it sees how its certificate stands, in three languages.
    let text = async |path: &str| {
        let mut stream = TcpStream::connect(running.status).await.unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    for (language, words) in [("fi", "Varmenne Kantaan päin"), ("sv", "Certifikat mot Kanta"), ("en", "towards Kanta")]
    {
        let page = text(&format!("/?language={language}")).await;
        assert!(page.contains(words) && page.contains("Potilas") && !page.contains('⟦'), "{page}");
    }
    assert!(text("/health").await.starts_with("HTTP/1.1 200"));
    let log = sandbox.folder.join(format!("{}.log", OWN_POINT.replace('.', "-")));
    let written = async {
        while std::fs::read_to_string(&log).unwrap_or_default().lines().count() < 5 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(!log.contains("one\"") && log.contains("L-105"), "no token is written: {log}");
    // 7.1.2: the same joiner's system that shows the access point's certificate itself.
    let direct = Peer::new(&own, &issuers(&sandbox), sandbox.addresses.gateway).unwrap();
    accepted(&send(&direct, &message(&sandbox, OWN_POINT, 3), &[]).await);
}

/// The certificate towards Kanta is renewed while it runs, and connections that show the old one are not used again. The new one was not
/// notified yet: that is how it is seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_towards_kanta_is_renewed() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let own = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let token = format!("token_sha256 = \"{}\"", Sha256Hash::of(b"one"));
    let running =
        inside(&sandbox, OWN_POINT, &own, sandbox.addresses.gateway, &system("Potilas", HUS, &token, HUS, "")).await;
    let peer = Peer::without_certificate(&issuers(&sandbox), running.address).unwrap();
    let mut connection = peer.connect().await.unwrap();
    let read = || {
        Request::get("/fhir/Binary/1.2.3")
            .header("host", "localhost")
            .header("service-subscriber", HUS)
            .header("liitos-system-token", "one")
            .body(Full::new(Bytes::new()))
    };
    let profile = Profile::server(OWN_POINT, "kanta.hus.test");
    let next = sandbox.pki.authority.issue(&profile, sandbox.app.now()).unwrap();
    let file = |ending: &str| sandbox.folder.join(format!("{}.{ending}", OWN_POINT.replace('.', "-")));
    std::fs::write(file("pem"), &next.certificate_pem).unwrap();
    assert_eq!(connection.exchange(read()).await.unwrap().codes(), ["L-507"], "the archive's own answer");
    assert!((running.reload)().is_err(), "a key that does not fit leaves the one before");
    assert_eq!(connection.exchange(read()).await.unwrap().codes(), ["L-507"]);
    std::fs::write(file("key"), &next.key_pem).unwrap();
    (running.reload)().unwrap();
    assert_eq!(connection.exchange(read()).await.unwrap().codes(), ["L-201"]);
}

/// A document over FHIR, from where it was said to be.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_told_of_where_its_answer_says_that_it_is() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let own = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let peer = Peer::new(&own, &issuers(&sandbox), sandbox.addresses.gateway).unwrap();
    let stored = message(&sandbox, OWN_POINT, 9);
    accepted(&send(&peer, &stored, &[]).await);
    let id = Variation::with_new_ids(70, 9).unwrap().document_id;
    let mut connection = peer.connect().await.unwrap();
    let mut read = async |id: &str| {
        let asked = Request::get(format!("/fhir/DocumentReference/{id}")).header("host", "localhost");
        let asked = asked.header("service-subscriber", HUS).body(Full::new(Bytes::new()));
        connection.exchange(asked).await.unwrap()
    };
    let told: serde_json::Value = serde_json::from_slice(&read(&id).await.body).unwrap();
    assert_eq!(told["resourceType"], "DocumentReference", "{told}");
    assert_eq!(told["masterIdentifier"]["value"], format!("urn:oid:{id}"), "{told}");
    assert_eq!(read("1.2.3").await.codes(), ["L-507"]);
    assert_eq!(read("a-b").await.codes(), ["L-507"]);
}

on_both!(through_another_joiners_access_point, another_joiners);

/// 7.2: HUS's system, known by its certificate, through Lepola's access point.
async fn another_joiners(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    opened(&sandbox).await;
    right_through(&sandbox, POINT).await;
    let outside = certificate(&sandbox, POINT).await;
    let ours = sandbox.pki.authority.issue(&Profile::server(OWN_POINT, "potilas.hus.test"), sandbox.app.now()).unwrap();
    let known = format!("serial_number = \"{OWN_POINT}\"");
    let systems = system("HUS", HUS, &known, HUS, "");
    let running = inside(&sandbox, POINT, &outside, sandbox.addresses.gateway, &systems).await;
    let peer = Peer::new(&ours, &issuers(&sandbox), running.address).unwrap();
    accepted(&send(&peer, &message(&sandbox, POINT, 11), &[]).await);
    let through = message(&sandbox, OWN_POINT, 12);
    assert_eq!(send(&peer, &through, &[]).await.codes(), ["L-306"], "a device of another access point");
    // Between different organisations a certificate is shown, and one that is trusted.
    let nameless = Peer::without_certificate(&issuers(&sandbox), running.address).unwrap();
    assert!(nameless.handshake_refusal().await.is_ok());
    let stranger = sandbox.pki.stranger.issue(&Profile::server(OWN_POINT, "a.test"), sandbox.app.now()).unwrap();
    assert!(Peer::new(&stranger, &issuers(&sandbox), running.address).unwrap().handshake_refusal().await.is_ok());
}

on_both!(through_an_intermediary, intermediary);

/// 7.3: several joiners' systems through an intermediary's access point, kept strictly apart.
async fn intermediary(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    right_through(&sandbox, INTERMEDIARY_POINT).await;
    let now = sandbox.app.now();
    let issue = |serial: &str| sandbox.pki.authority.issue(&Profile::server(serial, "system.test"), now).unwrap();
    let (outside, ours, theirs) = (issue(INTERMEDIARY_POINT), issue(OWN_POINT), issue(POINT));
    let by = |issued: &Issued| format!("certificate_sha256 = [\"{}\"]", Sha256Hash::of(&issued.certificate_der));
    let below = format!("{}.*", LEPOLA.trim_end_matches(".0"));
    let systems = system("HUS", HUS, &by(&ours), HUS, "") + &system("Lepola", LEPOLA, &by(&theirs), &below, "");
    let running = inside(&sandbox, INTERMEDIARY_POINT, &outside, sandbox.addresses.gateway, &systems).await;
    let [ours, theirs] = [&ours, &theirs].map(|own| Peer::new(own, &issuers(&sandbox), running.address).unwrap());
    accepted(&send(&ours, &message(&sandbox, INTERMEDIARY_POINT, 21), &[]).await);
    let of_hus = message(&sandbox, INTERMEDIARY_POINT, 22);
    assert_eq!(send(&theirs, &of_hus, &[]).await.codes(), ["L-226"], "nobody speaks for another joiner");
    let of_lepola = of_hus.replacen(
        &format!("<representedOrganization><id root=\"{HUS}\""),
        &format!("<representedOrganization><id root=\"{LEPOLA}\""),
        1,
    );
    assert_eq!(send(&ours, &of_lepola, &[]).await.codes(), ["L-226"]);
    // Its own joiner it may name; what that one may do is Kanta's to say.
    assert_eq!(send(&theirs, &of_lepola, &[]).await.codes(), ["L-211"]);
}

on_both!(a_tenant_under_its_host, tenant);

/// 7.4: a tenant uses the host's system and connection; each message names it.
async fn tenant(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let own = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let [host, tenant] = [HUS, LEPOLA].map(|oid| Oid::parse(oid).unwrap());
    let valid = Interval::from(sandbox.app.now());
    let effect = Effect { tenants_opened: vec![Tenant { host, tenant, valid }], ..Effect::default() };
    let version = entered(&sandbox, &effect).await;
    sandbox.gateway_has(version, PATIENCE).await.unwrap();
    // The access point names its only tenant for the system that forgets to.
    let token = |token: &str| format!("token_sha256 = \"{}\"", Sha256Hash::of(token.as_bytes()));
    let systems =
        system("of the tenant", HUS, &token("tenant"), HUS, &format!("tenants = {{ \"{HUS}\" = [\"{LEPOLA}\"] }}"))
            + &system(
                "of anybody",
                HUS,
                &token("any"),
                HUS,
                &format!("tenants = {{ \"{HUS}\" = [\"1.2.246.10.99999044.10.0\", \"{LEPOLA}\"] }}"),
            );
    let running = inside(&sandbox, OWN_POINT, &own, sandbox.addresses.gateway, &systems).await;
    let peer = Peer::without_certificate(&issuers(&sandbox), running.address).unwrap();
    let sent = async |serial, fields: &[(&str, &str)]| send(&peer, &message(&sandbox, OWN_POINT, serial), fields).await;
    // The tenant's document is its own, and says in whose system it was made.
    let of_tenant = |serial| {
        let made = Variation::with_new_ids(70, serial).unwrap().with_controller(LEPOLA).made_for_tenant_of(HUS);
        let signed = made.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
        signed.message().unwrap()
    };
    let named = [("liitos-system-token", "any"), ("service-requester", LEPOLA)];
    accepted(&send(&peer, &of_tenant(31), &[("liitos-system-token", "tenant")]).await);
    accepted(&send(&peer, &of_tenant(32), &named).await);
    assert_eq!(sent(38, &named).await.codes(), ["L-515", "L-501"], "the host's own document in its tenant's name");
    assert_eq!(sent(33, &[("liitos-system-token", "any")]).await.codes(), ["L-222"], "of two one is to be named");
    accepted(&sent(37, &[("liitos-system-token", "any"), ("service-requester", HUS)]).await);
    let foreign = [("liitos-system-token", "tenant"), ("service-requester", "1.2.246.10.99999044.10.0")];
    assert_eq!(sent(34, &foreign).await.codes(), ["L-216"]);
    // The other is on the access point's list, and not under this host: Kanta refuses.
    let listed = [("liitos-system-token", "any"), ("service-requester", "1.2.246.10.99999044.10.0")];
    assert_eq!(sent(35, &listed).await.codes(), ["L-216"]);
    // A tenant that calls in its own name is told to call in its host's.
    let direct = Peer::new(&own, &issuers(&sandbox), sandbox.addresses.gateway).unwrap();
    let own_name = message(&sandbox, OWN_POINT, 36).replacen(
        &format!("<representedOrganization><id root=\"{HUS}\""),
        &format!("<representedOrganization><id root=\"{LEPOLA}\""),
        1,
    );
    assert_eq!(send(&direct, &own_name, &[]).await.codes(), ["L-222"]);
}

on_both!(through_a_collection_point, collection_point);

/// 7.5: connections to Kanta are gathered in a collection point, and those from Kanta are led to each access point; TLS is untouched.
async fn collection_point(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let own = tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let unit = Unit::open(&sandbox, &certificate(&sandbox, POINT).await, Does::Acknowledges).await;
    let (gateway, units) = (sandbox.addresses.gateway, unit.address);
    let collected = collect(&format!(
        "[[route]]\nname = \"Kanta\"\nserver_names = [\"localhost\"]\ntarget = [{{ address = \"{gateway}\" }}]\n\
         [[route]]\nname = \"{POINT}\"\nserver_names = [\"kanta.lepola.test\"]\ntarget = [{{ address = \"{units}\" }}]\n"
    ))
    .await;
    // Up: the access point's own TLS runs through it to the front door.
    let token = format!("token_sha256 = \"{}\"", Sha256Hash::of(b"one"));
    let running = inside(&sandbox, OWN_POINT, &own, collected.address, &system("Potilas", HUS, &token, HUS, "")).await;
    let peer = Peer::without_certificate(&issuers(&sandbox), running.address).unwrap();
    accepted(&send(&peer, &message(&sandbox, OWN_POINT, 41), &[("liitos-system-token", "one")]).await);
    // Down: the unit's access point is reached at the collection point's address, by its name.
    opened_at(&sandbox, [[127, 0, 0, 1], [127, 0, 0, 1]]).await;
    let door = door_in(&sandbox, "A", collected.address.port()).await;
    take(&sandbox.app, &Sha256Hash::of(b"sender"), handed("m-1", UNIT)).await.unwrap();
    assert_eq!(deliver_due(&sandbox.app, &way(&sandbox, &[door])).await.unwrap(), 1);
    assert_eq!(unit.got(), 1);
}
