//! `liitos check` looking at the network: a server with the right and the wrong certificate, one that does not answer, and a
//! public directory of addresses with recorded answers.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use liitos_domain::Moment;
use liitos_pki::authority::{Authority, Profile};
use liitos_pki::tls::{Identity, PinnedClient, server_config};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const PLAN: &str = include_str!("../../../../samples/plans/own-system.toml");
/// A recorded answer's form; the name is invented.
const HOLDER: &str = r#"{"objectClassName":"ip network","entities":[{"roles":["registrant"],
    "vcardArray":["vcard",[["fn",{},"text","Lääkäriasema Lepola"]]]}]}"#;

/// A server that shows a certificate and wants one that nobody has, as Kanta's partners do.
async fn serve(certificate: &liitos_pki::authority::Issued) -> u16 {
    let identity = Identity::from_pem(certificate.certificate_pem.as_bytes(), certificate.key_pem.as_bytes()).unwrap();
    let tls = TlsAcceptor::from(Arc::new(server_config(&identity, Arc::new(PinnedClient(Vec::new()))).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let tls = tls.clone();
            tokio::spawn(async move { drop(tls.accept(stream).await) });
        }
    });
    port
}

async fn directory() -> String {
    let holder = || async { ([("content-type", "application/rdap+json")], HOLDER) };
    let router = Router::new()
        .route("/ip/127.0.0.1", get(holder))
        .route("/ip/127.0.0.2", get(|| async { StatusCode::NOT_FOUND }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{at}/")
}

/// What a rule says, with what was found at each place.
fn said(answer: &Value, rule: &str) -> (String, Vec<String>) {
    let row = answer["outcomes"].as_array().unwrap().iter().find(|row| row["rule"]["id"] == rule).unwrap();
    let found = row["answers"].as_array().unwrap().iter().map(|a| format!("{} {}", a["verdict"], a["found"]));
    (row["verdict"].as_str().unwrap().to_owned(), found.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_look_shows() {
    let now = Moment::parse("2026-11-22").unwrap();
    let authority = Authority::create("Look CA", now).unwrap();
    let point = "1.2.246.10.99999036.10.0.13.1";
    let issue = |name: &str| authority.issue(&Profile::server(point, name), now).unwrap();
    let (named, other) = (issue("kanta.lepola.test"), issue("kanta.lepola.test"));
    let folder = std::env::temp_dir().join(format!("liitos-look-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("ordered")).unwrap();
    std::fs::write(folder.join("ordered/server.pem"), &named.certificate_pem).unwrap();
    let rdap = directory().await;
    let registers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/registers").display().to_string();
    let check = async |port: u16, more: &[&str]| {
        // The first address serves; at the second nobody listens.
        let plan = PLAN.replace("203.0.113.5", "127.0.0.1").replace("203.0.113.6", "127.0.0.2");
        let plan = plan.replace("reception_port = 443", &format!("reception_port = {port}"));
        let path = folder.join("plan.toml");
        std::fs::write(&path, plan).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_liitos"));
        command.arg("check").arg(path).args(["--format", "json", "--registers", &registers]).args(more);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer
    };
    let port = serve(&named).await;
    let answer = check(port, &["--probe", "--rdap", &rdap]).await;
    let (verdict, found) = said(&answer, "certificate-served");
    assert_eq!((verdict.as_str(), found.len()), ("kept", 1), "{found:?}");
    let (verdict, found) = said(&answer, "address-answers");
    assert!(verdict == "broken" && found[0].contains("kept") && found[1].contains("refused"), "{found:?}");
    assert_eq!(said(&answer, "name-leads").0, "broken", "names below .test lead nowhere (RFC 6761)");
    let (verdict, found) = said(&answer, "addresses-attributable");
    assert!(verdict == "not-checked" && found[0].contains("kept") && found[0].contains("Lepola"), "{found:?}");
    assert!(answer["notes"].to_string().contains("404"), "{}", answer["notes"]);

    let answer = check(serve(&other).await, &["--probe"]).await;
    assert_eq!(said(&answer, "certificate-served").0, "broken", "the point's, but not the one that the plan names");
    let answer = check(port, &[]).await;
    assert!(answer["outcomes"].as_array().unwrap().iter().all(|row| row["rule"]["id"] != "certificate-served"));
    assert!(answer["notes"].to_string().contains("--probe") && answer["notes"].to_string().contains("--rdap"));
    std::fs::remove_dir_all(folder).unwrap();
}
