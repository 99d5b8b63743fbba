//! A backup is taken while documents come, and what is restored from it is whole.

use crate::archive::{HUS, door_of};
use crate::on_both;
use liitos::made::Variation;
use liitos::sandbox::tour::open_right;
use liitos_service::archive::{StoredHow, store_document};
use liitos_testkit::{Database, PATIENCE, TestSandbox, dump, own_path};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

async fn run(arguments: &[&str]) -> (i32, Value, Output) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_liitos"));
    program.args(arguments);
    // The sandbox runs on this runtime.
    let output = tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (output.status.code().unwrap(), said, output)
}

fn copy(from: &Path, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let target = into.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, target).unwrap();
        }
    }
}

on_both!(what_is_restored_from_a_backup_is_whole, whole);

/// A copy of the database: by the backup itself, or by PostgreSQL's own means just before it.
async fn backed_up(database: Database, (config, into): (&str, &Path), number: u32) -> (PathBuf, Value) {
    let dumped = into.join(format!("{number}.sql"));
    if matches!(database, Database::Postgres) {
        fs::create_dir_all(into).unwrap();
        let (address, file) = (url(config), dumped.clone());
        tokio::task::spawn_blocking(move || dump(&address, &file)).await.unwrap();
    }
    let (code, said, output) = run(&["backup", "--config", config, "--into", into.to_str().unwrap()]).await;
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&output.stderr));
    let copy = if dumped.exists() { dumped } else { PathBuf::from(said["database"].as_str().unwrap()) };
    (copy, said)
}

/// The database that a configuration names.
fn url(config: &str) -> String {
    let text = fs::read_to_string(config).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("url = \"")).unwrap();
    line.trim_end_matches('"').to_owned()
}

async fn whole(database: Database) {
    let sandbox = Arc::new(TestSandbox::start(database).await);
    open_right(&sandbox, PATIENCE).await.unwrap();
    let store = async |sandbox: &TestSandbox, serial: u64| {
        let longer = if serial.is_multiple_of(2) { 60_000 } else { 0 };
        let made = Variation::with_new_ids(97, serial).unwrap().longer_by(longer);
        let message = made.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap().message().unwrap();
        let told = store_document(&sandbox.app, &door_of(HUS), message.as_bytes()).await.unwrap();
        assert_eq!(told.how, StoredHow::New);
    };
    store(&sandbox, 1).await;
    store(&sandbox, 2).await;
    let stop = Arc::new(AtomicBool::new(false));
    let coming = tokio::spawn({
        let (sandbox, stop) = (Arc::clone(&sandbox), Arc::clone(&stop));
        async move {
            let mut serial = 3;
            while !stop.load(Ordering::SeqCst) {
                store(&sandbox, serial).await;
                serial += 1;
            }
        }
    });
    let (config, copies) = (sandbox.folder.join("liitos.toml"), own_path("backup"));
    let config = config.to_str().unwrap();
    let (kept, first) = backed_up(database, (config, &copies), 1).await;
    assert!(first["bodies"]["copied"].as_u64().unwrap() >= 1, "{first}");
    stop.store(true, Ordering::SeqCst);
    coming.await.unwrap();
    let (other, second) = backed_up(database, (config, &copies), 2).await;
    assert_eq!(second["bodies"]["there"], first["bodies"]["copied"], "what was copied is there");
    assert!(other != kept && other.exists(), "{}", other.display());
    // Elsewhere: the configuration's files, the older copy of the database, the bodies.
    let restored = own_path("restored");
    copy(&sandbox.folder, &restored);
    fs::remove_dir_all(restored.join("bodies")).unwrap();
    copy(&copies.join("bodies"), &restored.join("bodies"));
    let address = match database {
        Database::Sqlite => {
            let file = restored.join("restored.db");
            fs::copy(&kept, &file).unwrap();
            format!("sqlite:{}", file.display())
        }
        Database::Postgres => tokio::task::spawn_blocking(move || liitos_testkit::restored(&kept)).await.unwrap(),
    };
    let (text, before) = (fs::read_to_string(config).unwrap(), url(config));
    assert_ne!(address, before);
    fs::write(restored.join("liitos.toml"), text.replace(&before, &address)).unwrap();
    let config = restored.join("liitos.toml");
    let config = config.to_str().unwrap();
    let (code, round, output) = run(&["archive", "round", "--config", config]).await;
    assert_eq!(code, 0, "{round} {}", String::from_utf8_lossy(&output.stderr));
    assert!(round["looked"].as_u64().unwrap() >= 2, "{round}");
    let (code, _, output) = run(&["doctor", "--config", config]).await;
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("every body was whole"));
    lost(&restored, config).await;
    fs::remove_dir_all(restored).unwrap();
    fs::remove_dir_all(copies).unwrap();
}

/// A body that the disk has lost is named.
async fn lost(restored: &Path, config: &str) {
    let folders = || fs::read_dir(restored.join("bodies")).unwrap().map(|folder| folder.unwrap().path());
    for body in folders().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|body| body.unwrap().path()) {
        // What is shorter is the mark by which the folder is known.
        if fs::metadata(&body).unwrap().len() > 1_000 {
            fs::remove_file(body).unwrap();
        }
    }
    let (code, round, _) = run(&["archive", "round", "--config", config]).await;
    assert_eq!(code, 1, "{round}");
    assert_eq!(round["damaged"][0]["what"], "it is not in the object store");
    let (code, _, output) = run(&["doctor", "--config", config]).await;
    assert_eq!(code, 1);
    assert!(String::from_utf8_lossy(&output.stdout).contains("cannot be given out"));
    // An empty folder in its place is not taken for a loss of everything.
    folders().for_each(|folder| fs::remove_dir_all(folder).unwrap());
    let (code, _, output) = run(&["archive", "round", "--config", config]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code == 2 && said.contains("not the one of before"), "{code} {said}");
}
