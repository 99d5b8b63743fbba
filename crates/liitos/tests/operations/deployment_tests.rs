//! Deployment tests: by a program through a real gateway, by people step by step, around a change of controller, and what becomes of test data.

use crate::archive::HUS;
use liitos::sandbox::tour::{ACCESS_POINT, open_right};
use liitos_domain::deployment_test::Course;
use liitos_domain::directory::{Effect, Right};
use liitos_domain::{Position, Service};
use liitos_pki::authority::{Issued, Profile};
use liitos_service::deployment_tests::{self, Shown};
use liitos_service::directory::open_access_point;
use liitos_service::notices::Desk;
use liitos_service::{App, programs};
use liitos_store::archive::{self, LinesAsked};
use liitos_store::deployment_tests as stored;
use liitos_store::directory;
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler, member_of};
use std::path::PathBuf;
use std::process::{Command, Output};

/// Whoever tests, at the command line, with what its system has.
struct Tester {
    folder: PathBuf,
    gateway: String,
    portal: String,
}

impl Tester {
    async fn run(&self, more: &[&str]) -> Output {
        let file = |name: &str| self.folder.join(name);
        let mut program = Command::new(env!("CARGO_BIN_EXE_liitos"));
        program.args(["deployment-test", "run", "--gateway", &self.gateway, "--gateway-name", "localhost"]);
        program.args(["--portal", &self.portal]).arg("--program-key").arg(file("program.key"));
        program.arg("--issuer").arg(file("issuers.pem"));
        program.arg("--certificate").arg(file("joiner.pem")).arg("--key").arg(file("joiner.key"));
        program.arg("--signing-certificate").arg(file("signer.pem")).arg("--signing-key").arg(file("signer.key"));
        program.args(more);
        // Portal, gateway and archive run on this runtime.
        tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

async fn shown(app: &App, number: &str) -> Shown {
    deployment_tests::show(app, &member_of(HUS), Desk::Own, number).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_makes_the_cases_through_the_real_access_point() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let issued = open_right(&sandbox, PATIENCE).await.unwrap();
    let app = &sandbox.app;
    let portal = format!("http://{}", sandbox.addresses.portal);
    let tester = Tester { folder: sandbox.folder.clone(), gateway: sandbox.addresses.gateway.to_string(), portal };
    tester.write("joiner.pem", &issued.certificate_pem);
    tester.write("joiner.key", &issued.key_pem);
    tester.write("signer.pem", &sandbox.pki.signer.certificate_pem);
    tester.write("signer.key", &sandbox.pki.signer.key_pem);
    let added = programs::add(app, &member_of(HUS), "runner", Position::Technical).await.unwrap();
    tester.write("program.key", &added.secret);
    let offered = deployment_tests::offered(app, &member_of(HUS)).await.unwrap();
    let (service, system) = offered.used.first().unwrap();
    let new = ["--service", service.code(), "--system", system];
    // Outside the 900 series it refuses, before anything is begun, and says nobody's code.
    let real = tester.write("persons", "010181-900C\n131052-308T\n");
    let (code, _, error) = said(&tester.run(&[&new[..], &["--persons", &real]].concat()).await);
    assert!(code == Some(2) && error.contains(":2: not of the 900 series") && !error.contains("131052"), "{error}");
    assert!(stored::list(app.store.read(), None, 9).await.unwrap().is_empty());
    let out = sandbox.folder.join("papers").display().to_string();
    let run = [&new[..], &["--unit", "1.2.246.537.10.15675350.10.710", "--send", "--out", &out]].concat();
    let (code, told, error) = said(&tester.run(&run).await);
    assert_eq!(code, Some(0), "{told}{error}");
    let all = shown(app, "K2026-1").await;
    assert_eq!((all.done(), all.one.course), ((5, 5), Course::Sent), "{told}");
    assert_eq!((all.papers.len(), all.documents.len()), (3, 3));
    logged(&sandbox, &all, &told).await;
    papers(&sandbox, &tester, &out).await;
    other_services(&sandbox, &tester, (system, &issued)).await;
}

/// The report is sealed by the operator, and anybody sees that without a server.
async fn papers(sandbox: &TestSandbox, tester: &Tester, out: &str) {
    let key: String = sandbox.app.publication.public_key().iter().map(|byte| format!("{byte:02x}")).collect();
    for language in liitos_texts::Language::ALL {
        let asked = (Desk::Own, "K2026-1");
        let copy = deployment_tests::report(&sandbox.app, &member_of(HUS), asked, language).await.unwrap();
        let file = format!("{out}/K2026-1-{}.pdf", language.code());
        let bytes = std::fs::read(&file).unwrap();
        assert!(bytes.starts_with(b"%PDF") && bytes == copy.body);
        let mut program = Command::new(env!("CARGO_BIN_EXE_liitos"));
        program.args(["document", "sealed", "--seal", &copy.seal, "--public-key", &key, &file]);
        assert!(program.output().unwrap().status.success());
    }
    let (code, _, error) = said(&tester.run(&["--test", "K2026-1"]).await);
    assert!(code == Some(2) && error.contains("is not being made"), "{error}");
    // Cut off behind the sending, it fetches what is not there; what is there and is another is not overwritten.
    let again = ["--test", "K2026-1", "--send", "--out", out];
    std::fs::remove_file(format!("{out}/K2026-1-fi.pdf")).unwrap();
    assert_eq!(said(&tester.run(&again).await).0, Some(0));
    assert!(std::fs::read(format!("{out}/K2026-1-fi.pdf")).unwrap().starts_with(b"%PDF"));
    std::fs::write(format!("{out}/K2026-1-fi.pdf"), "x").unwrap();
    let (code, _, error) = said(&tester.run(&again).await);
    assert!(code == Some(2) && error.contains("is another"), "{error}");
}

/// Social care's documents by messages, prescriptions over FHIR; what fails is told, and mended it goes on; another's access point is refused.
async fn other_services(sandbox: &TestSandbox, tester: &Tester, (system, issued): (&str, &Issued)) {
    let app = &sandbox.app;
    let rows = directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap();
    let like = rows.rights.into_iter().find(|right| right.joiner.as_str() == HUS).unwrap();
    let opened = [(Service::SocialClientData, "900002"), (Service::Prescription, system)]
        .map(|(service, system)| Right { service, system: system.to_owned(), ..like.clone() });
    crate::outbound::entered(sandbox, &Effect { rights_opened: opened.to_vec(), ..Effect::default() }).await;
    // Entered by hand of the test nobody is woken; by this they are.
    let beside = crate::notifications::point("1.2.246.10.99999036.10.0.13.7");
    let version = open_access_point(app, &case_handler(), beside).await.unwrap();
    sandbox.gateway_has(version, PATIENCE).await.unwrap();
    let social = ["--service", "social-client-data", "--system", "900002", "--send"];
    let (code, told, error) = said(&tester.run(&social).await);
    assert_eq!(code, Some(0), "{told}{error}");
    // Signed by somebody else the first case fails, and what rests on it with it.
    let foreign = sandbox.pki.authority.issue(&Profile::signature("1.2.246.10.99999984.10.0", "x"), app.now()).unwrap();
    tester.write("signer.pem", &foreign.certificate_pem);
    tester.write("signer.key", &foreign.key_pem);
    let ready = ["--service", "prescription", "--stage", "readiness", "--system", system];
    let (code, told, _) = said(&tester.run(&ready).await);
    assert!(code == Some(1) && told.contains("✗ store") && told.contains("L-408"), "{told}");
    tester.write("signer.pem", &sandbox.pki.signer.certificate_pem);
    tester.write("signer.key", &sandbox.pki.signer.key_pem);
    let (code, told, error) = said(&tester.run(&["--test", "K2026-3"]).await);
    assert_eq!(code, Some(0), "{told}{error}");
    assert_eq!(shown(app, "K2026-3").await.done(), (5, 5));
    // What an earlier test stored serves before a change, and is found and read again.
    let before = ["--service", "patient-data", "--stage", "before", "--system", system, "--send"];
    for (number, stored) in [("K2026-4", 1), ("K2026-5", 0)] {
        let (code, told, error) = said(&tester.run(&before).await);
        assert_eq!(code, Some(0), "{told}{error}");
        let all = shown(app, number).await;
        assert_eq!((all.done(), all.documents.len()), ((3, 3), stored));
    }
    let stranger = crate::outbound::certificate(sandbox, "1.2.246.10.99999028.10.0.13.1").await;
    tester.write("joiner.pem", &stranger.certificate_pem);
    tester.write("joiner.key", &stranger.key_pem);
    let (code, _, error) = said(&tester.run(&["--test", "K2026-3"]).await);
    assert!(code == Some(2) && error.contains("not an access point of the test"), "{error}");
    tester.write("joiner.pem", &issued.certificate_pem);
}

#[test]
fn a_file_of_cases_is_looked_at() {
    let cases = |file: &[&str]| {
        let mut program = Command::new(env!("CARGO_BIN_EXE_liitos"));
        said(&program.args(["deployment-test", "cases"]).args(file).output().unwrap())
    };
    let (code, told, _) = cases(&[]);
    assert!(code == Some(0) && told.contains("store: stored") && told.contains("of the 900 series"), "{told}");
    let file = liitos_testkit::own_path("cases.toml");
    std::fs::write(&file, "persons = [\"131052-308T\"]\nstage = []\ncase = []\n").unwrap();
    let (code, _, error) = cases(&[&file.display().to_string()]);
    assert!(code == Some(2) && error.contains("persons[1]") && !error.contains("131052"), "{error}");
    std::fs::remove_file(file).unwrap();
}

/// Each case cites ids that stand in the gateway's log and in the archive's.
async fn logged(sandbox: &TestSandbox, all: &Shown, told: &str) {
    let db = sandbox.app.store.read();
    let uses = archive::uses(db, LinesAsked::default(), 100).await.unwrap();
    // The gateway's own file, too, which is written behind the calls.
    let file = std::fs::read_to_string(sandbox.folder.join("access.log")).unwrap();
    for case in &all.one.content.cases {
        let seen = all.looks[&case.id].seen.as_ref().unwrap();
        assert!(told.contains(&seen.decision), "{}: {told}", case.id);
        let line = file.lines().find(|line| line.contains(&format!("\"decision\":\"{}\"", seen.decision))).unwrap();
        assert!(seen.message.as_ref().is_none_or(|id| line.contains(&format!("\"message\":\"{id}\""))), "{line}");
        assert!(uses.iter().any(|line| line.told.decision == seen.decision && line.told.by == ACCESS_POINT));
        let calls = stored::calls(db, &[&seen.decision]).await.unwrap();
        let call = &calls[&seen.decision];
        assert_eq!(call.access_point.as_ref().map(ToString::to_string).as_deref(), Some(ACCESS_POINT));
        if let Some(message) = &seen.message {
            assert_eq!(call.message.as_ref().map(ToString::to_string).as_ref(), Some(message));
            let id = liitos_domain::Oid::parse(message).unwrap();
            assert!(archive::answered(db, &id).await.unwrap().is_some());
        }
    }
}
