//! A refused caller finds the cause alone: by the decision id of the answer, or by the certificate when not even the
//! connection came about.

use crate::doors::Doors;
use crate::on_both;
use liitos::made::MESSAGE;
use liitos::sandbox::{Browser, tour};
use liitos_domain::Sha256Hash;
use liitos_domain::directory::SeenCall;
use liitos_pki::authority::Profile;
use liitos_service::directory::calls::{look_up, take};
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler, member_of};
use serde_json::Value;
use std::time::Duration;

const HUS: &str = "1.2.246.537.10.15675350.10.0";

on_both!(a_refused_caller_finds_the_cause_alone, finds_the_cause);

async fn finds_the_cause(database: Database) {
    let doors = Doors::open(database).await;
    let foreign = MESSAGE.replacen(
        "<representedOrganization><id root=\"1.2.246.537.10.15675350.10.0\"",
        "<representedOrganization><id root=\"1.2.246.10.99999028.10.0\"",
        1,
    );
    let answer = doors.send(&foreign).await;
    assert_eq!(answer.codes(), ["L-211"]);
    let sandbox = &doors.sandbox;
    let mut hus = Browser::new(&sandbox.portal_address()).unwrap();
    hus.sign_in_for("helena-hallinto", HUS).await.unwrap();
    hus.get("/language/en?to=/").await.unwrap();
    let path = format!("/call?id={}", answer.decision.to_lowercase());
    let page = until(&mut hus, &path, "L-211").await;
    for said in [
        tour::ACCESS_POINT,
        "1.2.246.10.99999028.10.0",
        "127.0.0.1",
        "✓ the access point",
        "✗ the joiner",
        "/decision?service=patient-data",
    ] {
        assert!(page.to_lowercase().contains(&said.to_lowercase()), "{said}: {page}");
    }
    // A program is told the same; whoever it does not concern is told nothing.
    let told = hus.get(&format!("/api/call?id={}", answer.decision)).await.unwrap();
    let told: Value = serde_json::from_str(&told.text).unwrap();
    assert_eq!(told.pointer("/0/call/refused").and_then(Value::as_str), Some("L-211"), "{told}");
    assert_eq!(told.pointer("/0/call/explained/code").and_then(Value::as_str), Some("L-211"), "{told}");
    let stranger = member_of("1.2.246.10.99999036.10.0");
    assert!(look_up(&sandbox.app, &stranger, &answer.decision).await.unwrap().is_empty());
    assert_eq!(look_up(&sandbox.app, &member_of("1.2.246.10.99999028.10.0"), &answer.decision).await.unwrap().len(), 1);
    assert_eq!(look_up(&sandbox.app, &case_handler(), &answer.decision).await.unwrap().len(), 1);

    // Not even a connection: by the certificate's fingerprint, as tools print it.
    let now = sandbox.app.now();
    let revoked = sandbox.pki.authority.issue(&Profile::server(tour::ACCESS_POINT, "kanta.hus.test"), now).unwrap();
    sandbox.pki.revoke(&revoked, now).unwrap();
    sandbox.reload_gateway().unwrap();
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let peer = liitos::sandbox::Peer::new(&revoked, &issuers, sandbox.addresses.gateway).unwrap();
    assert!(peer.handshake_refusal().await.is_ok());
    let fingerprint = Sha256Hash::of(&revoked.certificate_der).to_string().to_uppercase();
    let pairs: Vec<String> =
        fingerprint.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into_owned()).collect();
    let page = until(&mut hus, &format!("/call?id={}", pairs.join("%3A")), "has been revoked").await;
    assert!(page.contains("The connection was refused"), "{page}");
    assert!(look_up(&sandbox.app, &stranger, &fingerprint).await.unwrap().is_empty());
    let looked = look_up(&sandbox.app, &case_handler(), &fingerprint).await.unwrap();
    assert_eq!(looked[0].call.source, Some("127.0.0.1".parse().unwrap()), "from where");
}

/// The page, once it says so: the gateway tells the operator each second.
async fn until(browser: &mut Browser, path: &str, said: &str) -> String {
    let looked = async {
        loop {
            let page = browser.get(path).await.unwrap().text;
            if page.contains(said) {
                break page;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.expect("it is told")
}

on_both!(calls_are_there_once_and_for_a_month, kept);

async fn kept(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let app = &sandbox.app;
    let gateway = Sha256Hash::of(b"gateway");
    let seen = |days: i64| SeenCall {
        at: app.now().plus_days(-days),
        decision: Some("7QK3-88F2".into()),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: None,
        source: None,
        represented: liitos_domain::Oid::parse(HUS).ok(),
        joiner: None,
        service: None,
        operation: None,
        refused: Some(liitos_domain::RefusalCode::NotServed),
        place: "path".into(),
        version: None,
        stands_for: 1,
        system: None,
        message: None,
        behind: Vec::new(),
    };
    let (old, newer) = (seen(31), seen(29));
    take(app, &gateway, &[old, newer.clone()]).await.unwrap();
    take(app, &gateway, &[newer.clone(), newer.clone()]).await.unwrap();
    let found = look_up(app, &case_handler(), "7qk3-88f2 ").await.unwrap();
    assert!(found.len() == 1 && found[0].call == newer, "{found:?}");
    assert!(take(app, &gateway, &vec![newer; 1001]).await.is_err());
    assert!(look_up(app, &case_handler(), "' OR 1=1 --").await.unwrap().is_empty());
}
