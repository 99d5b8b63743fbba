//! Who calls over FHIR by a Kanta token (JWT): what it says is decided by, and what is not the joiner's own word is refused.

use crate::chapter_seven::{inside, system};
use crate::door_faults::{JOINER, backend};
use crate::doors::Doors;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use liitos::made::MESSAGE;
use liitos::sandbox::{Answer, Connection, Peer, tour};
use liitos_domain::Sha256Hash;
use liitos_pki::authority::{Issued, Profile};
use liitos_testkit::{Database, PATIENCE};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A backend that answers each request, and what it was asked.
async fn telling() -> (SocketAddr, UnboundedReceiver<String>) {
    let (told, heard) = unbounded_channel();
    let told = Arc::new(told);
    let address = backend(move |_, mut stream, first| {
        told.send(first).unwrap();
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfine").await;
        }
    });
    (address.await, heard)
}

struct Caller<'d> {
    doors: &'d Doors,
    connection: Connection,
}

impl Caller<'_> {
    fn claims(&self) -> Value {
        let now = self.doors.sandbox.app.now().as_seconds();
        json!({ "serviceSubscriber": JOINER, "system": { "id": "900001", "name": "Potilas" }, "user": { "id": "x" },
                "aud": "kanta", "iat": now, "exp": now + 300 })
    }

    fn signed(&self, signer: &Issued, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims();
        change(&mut claims);
        let x5c = Some(vec![STANDARD.encode(&signer.certificate_der)]);
        let key = EncodingKey::from_rsa_pem(signer.key_pem.as_bytes()).unwrap();
        encode(&Header { x5c, ..Header::new(Algorithm::RS256) }, &claims, &key).unwrap()
    }

    /// By the joiner's own system.
    fn own(&self, change: impl FnOnce(&mut Value)) -> String {
        self.signed(&self.doors.sandbox.pki.signer, change)
    }

    async fn call(&mut self, request: http::request::Builder, token: &str) -> Answer {
        let request = request.header("host", "localhost").header("authorization", format!("Bearer {token}"));
        let asked = request.body(Full::new(Bytes::from_static(b"{}")));
        tokio::time::timeout(PATIENCE, self.connection.exchange(asked)).await.unwrap().unwrap()
    }

    async fn read(&mut self, token: &str) -> Answer {
        self.call(Request::get("/fhir/Binary/1.2.3"), token).await
    }

    async fn refused(&mut self, token: &str, status: StatusCode, code: &str) {
        let answer = self.read(token).await;
        assert_eq!((answer.status, answer.codes()), (status, vec![code.to_owned()]), "{:?}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_calls() {
    let doors = Doors::open(Database::Sqlite).await;
    let (backend, mut heard) = telling().await;
    let settings = "token_needed = true\ntoken = { audience = \"kanta\" }";
    let gateway = doors.start(doors.before("tokens", backend, settings).await);
    let connection = doors.peer_at(gateway).connect().await.unwrap();
    let mut caller = Caller { doors: &doors, connection };

    let token = caller.own(|_| {});
    assert_eq!(caller.read(&token).await.status, StatusCode::OK);
    let passed = heard.recv().await.unwrap();
    for fact in [format!("liitos-represented: {JOINER}\r\n"), "liitos-system: 900001\r\n".to_owned()] {
        assert!(passed.contains(&fact) && !passed.contains("authorization"), "{passed}");
    }
    let write = caller.call(Request::post("/fhir").header("content-type", "application/fhir+json"), &token).await;
    let passed = heard.recv().await.unwrap();
    assert!(write.status == StatusCode::OK && passed.starts_with("POST /fhir HTTP/1.1\r\n"), "{passed}");
    // What the fields say, too, must be the same.
    let same = Request::get("/fhir/Binary/1.2.3").header("service-subscriber", JOINER);
    assert_eq!(caller.call(same, &token).await.status, StatusCode::OK);
    let other = Request::get("/fhir/Binary/1.2.3").header("service-subscriber", "1.2.246.10.99999028.10.0");
    assert_eq!(caller.call(other, &token).await.codes(), ["L-107"]);

    // The directory decides on what it says.
    let system = caller.own(|claims| claims["system"]["id"] = json!("900003"));
    caller.refused(&system, StatusCode::UNAUTHORIZED, "L-217").await;
    let tenant = caller.own(|claims| claims["serviceRequester"] = json!("1.2.246.10.99999044.10.0"));
    caller.refused(&tenant, StatusCode::UNAUTHORIZED, "L-216").await;
    // Nobody speaks for another joiner, whoever it is.
    let stranger = caller.own(|claims| claims["serviceSubscriber"] = json!("1.2.246.10.99999028.10.0"));
    caller.refused(&stranger, StatusCode::UNAUTHORIZED, "L-211").await;
    let (pki, now) = (&doors.sandbox.pki, doors.sandbox.app.now());
    let foreign = pki.authority.issue(&Profile::signature("1.2.246.10.99999028.10.0", "Other"), now).unwrap();
    let by_another = caller.signed(&foreign, |_| {});
    caller.refused(&by_another, StatusCode::UNAUTHORIZED, "L-107").await;

    // What does not hold says what of it, and nothing of what stands in it.
    let old = caller.own(|claims| claims["exp"] = json!(1));
    let answer = caller.read(&old).await;
    assert_eq!((answer.status, answer.codes()), (StatusCode::UNAUTHORIZED, vec!["L-106".to_owned()]));
    let outcome: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "5Y00009", "Kanta's own code");
    assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().contains("(it is not valid now"), "{outcome}");
    let elsewhere = caller.own(|claims| claims["aud"] = json!("test"));
    for broken in [elsewhere.as_str(), "a.b.c", "", token.rsplit_once('.').unwrap().0] {
        caller.refused(broken, StatusCode::UNAUTHORIZED, "L-106").await;
    }
    assert!(heard.try_recv().is_ok() && heard.try_recv().is_err(), "nothing else went on");
    let log = doors.sandbox.folder.join("tokens.log");
    let written = async {
        while std::fs::read_to_string(&log).unwrap_or_default().matches("L-106").count() < 5 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.unwrap();
    assert!(!std::fs::read_to_string(&log).unwrap().contains("eyJ"), "no token is in the log");

    // Over HL7 it is the message that says it.
    let mut connection = doors.peer_at(gateway).connect().await.unwrap();
    assert_eq!(connection.send(MESSAGE).await.unwrap().status, StatusCode::OK);
    let none = Request::get("/fhir/Binary/1.2.3").header("host", "x").header("service-subscriber", JOINER);
    let none = connection.exchange(none.body(Full::new(Bytes::new()))).await.unwrap();
    assert_eq!(none.codes(), ["L-106"], "one is needed here");
}

/// What passes through an access point's inside is held against the system that sends it, whoever has signed it.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_no_more_than_its_system_may() {
    let doors = Doors::open(Database::Sqlite).await;
    let (backend, mut heard) = telling().await;
    let front =
        doors.start(doors.before("behind", backend, "token_needed = true\ntoken = { audience = \"kanta\" }").await);
    let known = |name: &str| format!("token_sha256 = \"{}\"", Sha256Hash::of(name.as_bytes()));
    let tenants = "tenants = { \"1.2.246.537.10.15675350.10.0\" = [\"1.2.246.10.99999036.10.0\"] }";
    let systems = system("Plain", JOINER, &known("plain"), JOINER, "")
        + &system("Host's", JOINER, &known("host"), JOINER, tenants);
    let systems = format!("token = {{ audience = \"kanta\" }}\n{systems}");
    let running = inside(&doors.sandbox, tour::ACCESS_POINT, &doors.certificate, front, &systems).await;
    let issuers = [doors.sandbox.pki.authority.certificate().der.clone()];
    let connection = Peer::without_certificate(&issuers, running.address).unwrap().connect().await.unwrap();
    let mut caller = Caller { doors: &doors, connection };
    let asked = |name: &str| Request::get("/fhir/Binary/1.2.3").header("liitos-system-token", name);
    let own = caller.own(|_| {});
    assert_eq!(caller.call(asked("plain"), &own).await.status, StatusCode::OK);
    assert!(heard.recv().await.unwrap().contains(&format!("liitos-represented: {JOINER}\r\n")));
    let another = caller.own(|claims| claims["serviceSubscriber"] = json!("1.2.246.10.99999028.10.0"));
    assert_eq!(caller.call(asked("plain"), &another).await.codes(), ["L-226"]);
    let tenant = caller.own(|claims| claims["serviceRequester"] = json!("1.2.246.10.99999036.10.0"));
    assert_eq!(caller.call(asked("plain"), &tenant).await.codes(), ["L-216"], "this system has no tenants");
    let unlisted = caller.own(|claims| claims["serviceRequester"] = json!("1.2.246.10.99999044.10.0"));
    assert_eq!(caller.call(asked("host"), &unlisted).await.codes(), ["L-216"]);
    let otherwise = asked("host").header("service-requester", JOINER);
    assert_eq!(caller.call(otherwise, &tenant).await.codes(), ["L-107"], "the field says one thing, the token another");
    assert_eq!(caller.call(asked("plain"), "a.b.c").await.codes(), ["L-106"]);
    assert!(heard.try_recv().is_err(), "nothing of that went on");
}
