//! The commands' contract: what they print, and 0, 1 or 2.

use crate::on_both;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos::made::{SocialDocument, Variation};
use liitos::sandbox::{Browser, tour};
use liitos_domain::Moment;
use liitos_pki::Certificate;
use liitos_pki::authority::{Authority, Profile};
use liitos_testkit::{Database, PATIENCE, TestSandbox, own_path};
use serde_json::Value;
use std::process::Command;

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_liitos")).args(arguments).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn identifier_check() {
    let (code, out, _) = run(&["identifier", "check", "1.2.246.537.10.15675350.10.0.13.2", "--json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &found["kind"], &found["valid"]), (0, &"access_point_oid".into(), &true.into()));
    assert_eq!((&found["administrator"], &found["register"]), (&"1.2.246.537.10.15675350.10.0".into(), &"sote".into()));
    let (code, out, _) = run(&["identifier", "check", "0204819-9"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &found["kind"], &found["valid"]), (1, &"business_id".into(), &false.into()));
    for bad in ["", "hello", &"1".repeat(300)] {
        let (code, out, error) = run(&["identifier", "check", bad]);
        assert!(code == 2 && out.is_empty() && error.starts_with("liitos: "), "{bad}: {code} {error}");
    }
    assert_eq!(run(&["identifier", "chek", "x"]).0, 2);
    assert_eq!(run(&["--version"]).0, 0);
}

#[test]
fn document_verify_on_a_laptop() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/hus-rcmr");
    let (message, signer) =
        (format!("{samples}/RCMR_IN100002FI01.xml"), format!("{samples}/RCMR_IN100002FI01.signer.der"));
    let (code, out, _) = run(&["document", "verify", &message, "--policy", "legacy", "--trust", &signer]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &found["valid"], &found["key"]), (0, &true.into(), &"RSA 2048".into()));
    let (code, out, _) = run(&["document", "verify", &message, "--at", "2026-11-22"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    let codes: Vec<&str> = found["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!((code, codes), (1, vec!["L-403", "L-404", "L-405"]));
    let (code, out, _) = run(&["document", "inspect", &message]);
    assert!(code == 0 && out.contains("1.2.246.537.10.15675350.19.0") && !out.contains("010100A998F"), "{out}");
    assert_eq!(run(&["document", "inspect", "/nowhere"]).0, 2);
    assert_eq!(run(&["document", "verify", &message, "--at", "yesterday"]).0, 2);
}

/// The measuring commands still do what they measure; how long it took is nobody's concern here.
#[test]
fn benches_run() {
    let (code, out, error) = run(&["bench", "import", "--entries", "100"]);
    let measured: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &measured["entries"]), (0, &100.into()), "{error}");
    let (code, out, error) = run(&["bench", "path", "--revoked", "10", "--checks", "2"]);
    let measured: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &measured["checks"]), (0, &2.into()), "{error}");
    let (code, out, error) = run(&["bench", "hit", "--points", "20"]);
    let measured: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &measured["rules"]["location-eu"]["hit"]), (0, &2.into()), "{error}");
    let archived = [
        &["bench", "archive", "--documents", "2"][..],
        &["bench", "store", "--documents", "2", "--at-once", "2"],
        &["bench", "controller-run", "--documents", "2"],
    ];
    for asked in archived {
        let (code, out, error) = run(asked);
        let measured: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((code, &measured["documents"]), (0, &2.into()), "{asked:?}: {error}");
    }
}

/// The command judges as the archive does: the same facts, revocation and lawful signer among them.
#[test]
fn document_verify_strictly() {
    let folder = std::env::temp_dir().join(format!("liitos-verify-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let now = Moment::parse("2026-11-22T10:00:00Z").unwrap();
    let authority = Authority::create("Test CA", now).unwrap();
    let signer = authority.issue(&Profile::signature("1.2.246.537.10.15675350.10.0", "Test"), now).unwrap();
    let serial = Certificate::parse(&signer.certificate_der).unwrap().serial;
    let signed = Variation::with_new_ids(1, 1).unwrap().signed_by(&signer, now).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let message = write("message.xml", signed.message().unwrap().as_bytes());
    let bare = write("document.xml", signed.document().as_bytes());
    let trust = write("ca.pem", authority.certificate_pem().as_bytes());
    let clean = write("clean.crl", &authority.revocation_list(&[], now).unwrap());
    let revoking = write("revoking.crl", &authority.revocation_list(&[serial], now).unwrap());
    let verify = |file: &str, more: &[&str]| {
        let (code, out, error) =
            run(&[&["document", "verify", file, "--at", "2026-11-22T11:00:00Z", "--trust", &trust], more].concat());
        let found: Value = serde_json::from_str(&out).unwrap_or_default();
        let codes = found["findings"].as_array().cloned().unwrap_or_default();
        (code, codes.iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), error)
    };
    assert_eq!(verify(&message, &["--revocation-list", &clean]).0, 0);
    assert_eq!(verify(&message, &["--revocation-list", &revoking]).1, ["L-406"]);
    assert_eq!(verify(&message, &[]).1, ["L-406"], "without a list it cannot be known");
    let other = ["--revocation-list", &clean, "--joiner", "1.2.246.10.99999028.10.0"];
    assert_eq!(verify(&message, &other).1, ["L-408"]);
    let (code, _, error) = verify(&bare, &["--revocation-list", &clean]);
    assert!(code == 2 && error.contains("--joiner"), "{error}");
    let own = ["--revocation-list", &clean, "--joiner", "1.2.246.537.10.15675350.10.0"];
    assert_eq!(verify(&bare, &own).0, 0);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Social care's structured part has a signature of its own (JWS), which signing makes and verifying tells of.
#[test]
fn a_structured_part_is_signed_with_its_document() {
    let folder = own_path("signed-structured");
    std::fs::create_dir_all(&folder).unwrap();
    let now = Moment::parse("2026-11-22T10:00:00Z").unwrap();
    let (joiner, at) = ("1.2.246.10.99999984.10.0", "2026-11-22T10:00:00Z");
    let authority = Authority::create("Test CA", now).unwrap();
    let signer = authority.issue(&Profile::signature(joiner, "Test"), now).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let document = SocialDocument::new(joiner, "1.2.246.10.99999984.19.0", (1, 1)).document();
    assert!(!document.contains("<jws"));
    for (name, text) in [("a.xml", &document), ("own.pem", &signer.certificate_pem), ("own.key", &signer.key_pem)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    std::fs::write(folder.join("ca.pem"), authority.certificate_pem()).unwrap();
    let [certificate, key, ca, out] = ["own.pem", "own.key", "ca.pem", "signed"].map(file);
    let sign = ["document", "sign", "--certificate", &certificate, "--key", &key, "--out", &out, "--at", at];
    assert_eq!(run(&[&sign[..], &[&file("a.xml")]].concat()).0, 0);
    let list = authority.revocation_list(&[], now).unwrap();
    std::fs::write(folder.join("list.crl"), list).unwrap();
    let verified = |name: &str| {
        let (file, list) = (file(name), file("list.crl"));
        let trusted = ["--trust", &ca, "--revocation-list", &list, "--joiner", joiner, "--at", at];
        let (code, out, error) = run(&[&["document", "verify", &file], &trusted[..]].concat());
        let found: Value = serde_json::from_str(&out).expect(&error);
        (code, found["structured"]["intact"].clone(), found["findings"][0]["code"].clone())
    };
    assert_eq!(verified("signed/a.xml"), (0, true.into(), Value::Null));
    // One letter of it, and the page's signature holds still.
    let signed = std::fs::read_to_string(folder.join("signed/a.xml")).unwrap();
    let (start, end) = (signed.find("<jws").unwrap(), signed.find("</jws>").unwrap());
    let mut changed = signed.clone();
    changed.replace_range(start..end + "</jws>".len(), "");
    std::fs::write(folder.join("without.xml"), changed).unwrap();
    assert_eq!(verified("without.xml"), (1, Value::Null, "L-401".into()));
    let (before, rest) = signed.split_once("<json>").unwrap();
    let (json, after) = rest.split_once("</json>").unwrap();
    let json = String::from_utf8(BASE64_STANDARD.decode(json).unwrap()).unwrap();
    let other = BASE64_STANDARD.encode(json.replace("\"palvelutehtava\":\"14\"", "\"palvelutehtava\":\"15\""));
    std::fs::write(folder.join("changed.xml"), format!("{before}<json>{other}</json>{after}")).unwrap();
    assert_eq!(verified("changed.xml"), (1, false.into(), "L-402".into()));
    std::fs::remove_dir_all(folder).unwrap();
}

/// What is signed verifies; with another's key nothing is written.
#[test]
fn documents_are_signed_one_by_one_or_together() {
    let folder = std::env::temp_dir().join(format!("liitos-sign-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let now = Moment::parse("2026-11-22T10:00:00Z").unwrap();
    let authority = Authority::create("Test CA", now).unwrap();
    let signer = |name| authority.issue(&Profile::signature("1.2.246.537.10.15675350.10.0", name), now).unwrap();
    let (own, other) = (signer("Test"), signer("Other"));
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let document = |serial| Variation::with_new_ids(2, serial).unwrap().document().to_owned();
    let files = [write("a.xml", &document(1)), write("b.xml", &document(2))];
    let certificate = write("own.pem", &own.certificate_pem);
    let (key, foreign) = (write("own.key", &own.key_pem), write("other.key", &other.key_pem));
    let sign = |key: &str, out: &str, more: &[&str]| {
        let out = folder.join(out).display().to_string();
        let asked = [
            "document",
            "sign",
            "--certificate",
            &certificate,
            "--key",
            key,
            "--out",
            &out,
            "--at",
            "2026-11-22T10:00:00Z",
        ];
        run(&[&asked[..], &[&files[0], &files[1]], more].concat())
    };
    let verified = |out: &str, name: &str| {
        let file = folder.join(out).join(name).display().to_string();
        let at = "2026-11-22T11:00:00Z";
        let joiner = "1.2.246.537.10.15675350.10.0";
        let (_, out, _) = run(&["document", "verify", &file, "--joiner", joiner, "--at", at]);
        let found: Value = serde_json::from_str(&out).unwrap();
        let codes: Vec<_> = found["findings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
        (found["documents"].clone(), codes)
    };
    // The issuer alone is not known here.
    assert_eq!(sign(&key, "alone", &[]).0, 0);
    assert_eq!(verified("alone", "a.xml"), (1.into(), vec!["L-405".into()]));
    assert_eq!(sign(&key, "together", &["--together"]).0, 0);
    assert_eq!(verified("together", "b.xml"), (2.into(), vec!["L-405".into()]));
    let (code, _, error) = sign(&key, "together", &["--together"]);
    assert!(code == 2 && error.contains("a.xml"), "overwritten: {error}");
    let (code, _, error) = sign(&foreign, "foreign", &[]);
    assert!(code == 2 && error.contains("not the certificate's key") && !folder.join("foreign").exists(), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

on_both!(heads_that_others_remember, heads);

async fn heads(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let file = |name: &str| sandbox.folder.join(name);
    let config = file("liitos.toml").display().to_string();
    let verify = |head: std::path::PathBuf| {
        let arguments =
            ["audit", "verify", "--config", &config, "--head", &head.display().to_string()].map(str::to_owned);
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    // Anybody may fetch the head and keep it; a gateway has one in its snapshot.
    let mut browser = Browser::new(&sandbox.portal_address()).unwrap();
    let signed = browser.get("/api/log/head").await.unwrap().text;
    std::fs::write(file("head.json"), &signed).unwrap();
    let (code, out, error) = verify(file("head.json")).await.unwrap();
    assert!(code == 0 && out.contains("begins with each head"), "{out}{error}");
    let (code, _, error) = verify(file("snapshot.sealed")).await.unwrap();
    assert_eq!(code, 0, "{error}");
    let forged = signed.replace("\"size\":", "\"size\":1");
    std::fs::write(file("head.json"), forged).unwrap();
    let (code, _, error) = verify(file("head.json")).await.unwrap();
    assert!(code == 2 && error.contains("not signed this head"), "{error}");
    // So it is with the newest seal of the archive's use log.
    liitos_service::archive::seal_uses(&sandbox.app).await.unwrap();
    let signed = browser.get("/api/use-log/head").await.unwrap().text;
    std::fs::write(file("seal.json"), &signed).unwrap();
    let (code, out, error) = verify(file("seal.json")).await.unwrap();
    assert_eq!(code, 0, "{out}{error}");
    std::fs::write(file("seal.json"), signed.replacen("\"seal\":", "\"seal\":1", 1)).unwrap();
    assert!(verify(file("seal.json")).await.unwrap().2.contains("not signed this head"));
    let (code, _, error) = verify(file("liitos.toml")).await.unwrap();
    assert!(code == 2 && error.contains("neither a signed head nor a snapshot"), "{error}");
}

on_both!(an_installations_commands, installation);

async fn installation(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let config = sandbox.folder.join("liitos.toml").display().to_string();
    let run = |arguments: Vec<String>| {
        tokio::task::spawn_blocking(move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let hus = "1.2.246.537.10.15675350.10.0";
    let ask = |joiner: &str, more: &str| {
        words(&format!(
            "directory decide --config {config} --access-point {hus}.13.2 --joiner {joiner} --service patient-data --json{more}"
        ))
    };

    let (code, out, _) = run(ask(hus, "")).await.unwrap();
    let decision: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &decision["verdict"]), (0, &"permitted".into()), "{out}");
    let (code, out, _) = run(ask("1.2.246.10.99999028.10.0", "")).await.unwrap();
    let decision: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &decision["verdict"], &decision["code"]), (1, &"refused".into(), &"L-211".into()));
    let (code, _, error) = run(ask("1.2.0246", "")).await.unwrap();
    assert!(code == 2 && error.contains("starts with 0"), "{error}");
    let (code, _, _) = run(ask(hus, " --known-at 2020-01-01")).await.unwrap();
    assert_eq!(code, 1, "as known long ago");

    for command in ["doctor", "migrate", "config check"] {
        let (code, out, error) = run(words(&format!("{command} --config {config}"))).await.unwrap();
        assert_eq!(code, 0, "{command}: {out}{error}");
    }
    assert_eq!(run(words(&format!("audit verify --config {config}"))).await.unwrap().0, 0);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/registers/sote.xml");
    let (code, out, _) = run(words(&format!("register import --kind sote --config {config} {sample}"))).await.unwrap();
    assert!(code == 1 && out.contains("52 refused") && out.contains("line "), "{out}");
    let (code, _, error) =
        run(words(&format!("register import --kind sote --config {config} {config}"))).await.unwrap();
    assert!(code == 2 && error.contains("L-701"), "{error}");

    let hit = |rule: &str| words(&format!("rules hit {rule} --config {config} --json"));
    let (code, out, error) = run(hit("administrator")).await.unwrap();
    let hits: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 0 && hits["kept"].as_u64() >= Some(2), "{out}{error}");
    assert_eq!(run(hit("no-such-rule")).await.unwrap().0, 2);
    let draw = |more: &str| words(&format!("directory draw --config {config} --language sv{more}"));
    let (code, out, error) = run(draw(&format!(" --joiner {hus}"))).await.unwrap();
    assert!(code == 0 && out.starts_with("<svg") && out.contains(&format!("{hus}.13.2")), "{error}");
    assert!(out.contains(">HUS</text>"), "names come from the registers: {out}");
    let (code, _, error) = run(draw(" --joiner 1.2.246.10.99999028.10.0")).await.unwrap();
    assert!(code == 2 && error.contains("holds nothing"), "{error}");

    let broken = sandbox.folder.join("broken.toml");
    std::fs::write(&broken, "[portal]\nlisten = \"127.0.0.1:1\"\nadress = \"x\"\n").unwrap();
    let (code, _, error) = run(words(&format!("config check --config {}", broken.display()))).await.unwrap();
    assert!(code == 2 && error.contains("line 3") && error.contains("adress"), "{error}");
}

on_both!(controller_runs_are_looked_at, looked_at);

async fn looked_at(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let config = sandbox.folder.join("liitos.toml").display().to_string();
    let (code, out, _) = run(&["controller-run", "status", "--config", &config]);
    assert_eq!((code, out.trim()), (0, "[]"));
    let file = sandbox.folder.join("order.toml");
    let order = "from_controller = '1.2.246.537.10.15675350.19.0'\nto_controller = '1.2.246.10.99999984.19.0'\n\
                 run_kind = 'successor'\nday = '2099-01-01'\napart = 'accept'\nbasis = 'merger'\nhours_after = 12\n";
    std::fs::write(&file, order).unwrap();
    let name = file.display().to_string();
    let (code, out, error) = run(&["controller-run", "plan", "--config", &config, &name]);
    assert!(!out.is_empty(), "{error}");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &told["problems"], &told["order"]["after"]),
        (1, &serde_json::json!(["not-a-run-day"]), &43_200.into())
    );
    std::fs::write(&file, "day = 'soon'").unwrap();
    let (code, out, error) = run(&["controller-run", "plan", "--config", &config, &name]);
    assert!(code == 2 && out.is_empty() && error.contains("day: day") && error.contains("basis: missing"), "{error}");
    let (code, _, error) = run(&["controller-run", "report", "--config", &config, "R2026-9"]);
    assert!(code == 2 && error.contains("L-609"), "{error}");
    let (code, _, error) = run(&["controller-run", "verify", "--key", "00", &name]);
    assert!(code == 2 && error.contains("64 hexadecimal digits"), "{error}");
}
