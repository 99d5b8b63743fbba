//! The commands' contract: what they print, and 0, 1 or 2.

use liitos::sandbox::{Options, Sandbox, tour};
use liitos_testkit::{Database, database_address};
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

#[tokio::test(flavor = "multi_thread")]
async fn an_installations_commands() {
    let folder = std::env::temp_dir().join(format!("liitos-commands-{}", std::process::id()));
    let options = Options {
        folder: folder.clone(),
        listen: ([127, 0, 0, 1], 0).into(),
        database: Some(database_address(Database::Sqlite)),
    };
    let sandbox = Sandbox::start(options).await.unwrap();
    tour::open_for_bench(&sandbox).await.unwrap();
    let config = folder.join("liitos.toml").display().to_string();
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

    let broken = folder.join("broken.toml");
    std::fs::write(&broken, "[portal]\nlisten = \"127.0.0.1:1\"\nadress = \"x\"\n").unwrap();
    let (code, _, error) = run(words(&format!("config check --config {}", broken.display()))).await.unwrap();
    assert!(code == 2 && error.contains("line 3") && error.contains("adress"), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}
