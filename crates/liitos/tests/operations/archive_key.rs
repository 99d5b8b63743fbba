//! The archive's own key where nobody sees it: away, back, and in a token that speaks PKCS#11.

use crate::archive::{HUS, door_of, open_to, opened};
use crate::on_both;
use async_trait::async_trait;
use liitos::made::Variation;
use liitos::sandbox::tour::open_right;
use liitos_domain::archive::{Criteria, Search};
use liitos_domain::document::PersonRef;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::vault::{DataKey, NONCE_BYTES};
use liitos_service::App;
use liitos_service::archive::{
    StoredHow, complete, fetch_document, go_round, link_to, linked, rekey, search_documents, store_document, try_key,
};
use liitos_service::ports::{ArchiveKey, KeyError};
use liitos_store::archive;
use liitos_testkit::{Database, PATIENCE, TestApp, TestSandbox, case_handler};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A key that is never shown, and may be away.
struct Hidden {
    key: DataKey,
    away: AtomicBool,
}

impl Hidden {
    fn new(byte: u8) -> Arc<Self> {
        Arc::new(Self { key: DataKey::from_bytes([byte; 32]), away: AtomicBool::new(false) })
    }

    fn reached(&self) -> Result<&DataKey, KeyError> {
        if self.away.load(Ordering::SeqCst) { Err(KeyError::Away("in the test".into())) } else { Ok(&self.key) }
    }
}

#[async_trait]
impl ArchiveKey for Hidden {
    async fn wrap(&self, key: &DataKey, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, KeyError> {
        Ok(self.reached()?.wrap(key, nonce, opens)?)
    }

    async fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError> {
        Ok(self.reached()?.unwrap(wrapped, opens)?)
    }

    fn shown(&self) -> Option<&DataKey> {
        None
    }
}

async fn store(app: &App, one: &Variation) -> Result<StoredHow, RefusalCode> {
    let message = one.message().unwrap();
    store_document(app, &door_of(HUS), message.as_bytes()).await.map(|told| told.how).map_err(|error| error.code)
}

async fn fetch(app: &App, one: &Variation) -> Result<Vec<u8>, RefusalCode> {
    let id = Oid::parse(&one.document_id).unwrap();
    fetch_document(app, &door_of(HUS), Service::PatientData, &id).await.map_err(|error| error.code)
}

fn of_person() -> Search {
    let person = PersonRef { extension: "010100A998F".into(), root: "1.2.246.537.10.15675350.22.2003".into() };
    Search { criteria: Criteria { person: Some(person), ..Criteria::default() }, after: None, count: 9 }
}

async fn found(app: &App) -> usize {
    search_documents(app, &door_of(HUS), Service::PatientData, &of_person()).await.unwrap().documents.len()
}

async fn code<T>(told: impl Future<Output = Result<T, liitos_service::ServiceError>>) -> RefusalCode {
    told.await.err().unwrap().code
}

on_both!(a_key_that_nobody_sees_wraps_all_and_may_be_away, hidden);

async fn hidden(database: Database) {
    let test = TestApp::start(database).await;
    open_to(&test, HUS).await;
    let signer = test.signer(HUS);
    let made = |serial, longer| {
        let made = Variation::with_new_ids(95, serial).unwrap().longer_by(longer);
        made.signed_by(&signer, test.app.now()).unwrap()
    };
    let key = Hidden::new(7);
    let first = test.beside(key.clone());
    // Before it has looked, it knows nobody, and finds nobody by chance.
    let small = made(1, 0);
    assert_eq!(store(&first, &small).await, Err(RefusalCode::KeyUnreachable));
    complete(&first).await.unwrap();
    let second = test.beside(key.clone());
    complete(&second).await.unwrap();
    assert_eq!(store(&first, &small).await, Ok(StoredHow::New));
    assert_eq!(store(&second, &made(2, 100_000)).await, Ok(StoredHow::New));
    assert_eq!((found(&first).await, found(&second).await), (2, 2), "both find by the same");
    let link = link_to(&first, "asker", &of_person()).unwrap();
    assert_eq!(linked(&second, "asker", &link).unwrap().count, 9);
    assert!(linked(&second, "another", &link).is_err());
    // Away: who knows the register's key goes on, who does not says so, and nothing is taken for damaged.
    let third = test.beside(key.clone());
    complete(&third).await.unwrap();
    test.clock.advance(3_600);
    key.away.store(true, Ordering::SeqCst);
    assert_eq!(fetch(&first, &small).await.unwrap(), small.document().as_bytes());
    assert_eq!(store(&first, &made(3, 0)).await, Ok(StoredHow::New));
    let fourth = test.beside(key.clone());
    assert_eq!(code(complete(&fourth)).await, RefusalCode::KeyUnreachable);
    assert_eq!(code(try_key(&fourth)).await, RefusalCode::KeyUnreachable);
    assert_eq!(fetch(&fourth, &small).await, Err(RefusalCode::KeyUnreachable));
    assert!(go_round(&fourth, 10).await.unwrap(), "it begins");
    assert_eq!(code(go_round(&fourth, 10)).await, RefusalCode::KeyUnreachable);
    let next = Hidden::new(8);
    assert_eq!(code(rekey(&fourth, &case_handler(), &*next)).await, RefusalCode::KeyUnreachable);
    assert_eq!(archive::count_damaged(test.app.store.read()).await.unwrap(), 0);
    key.away.store(false, Ordering::SeqCst);
    complete(&fourth).await.unwrap();
    assert_eq!(fetch(&fourth, &small).await.unwrap(), small.document().as_bytes());
    // Replaced by another that nobody sees; where that one is away, nothing changes.
    next.away.store(true, Ordering::SeqCst);
    assert_eq!(code(rekey(&fourth, &case_handler(), &*next)).await, RefusalCode::KeyUnreachable);
    next.away.store(false, Ordering::SeqCst);
    assert_eq!(code(rekey(&fourth, &case_handler(), &*key)).await, RefusalCode::FormInvalid);
    assert_eq!(rekey(&fourth, &case_handler(), &*next).await.unwrap(), 1);
    let fifth = test.beside(next);
    complete(&fifth).await.unwrap();
    assert_eq!((found(&fifth).await, fetch(&fifth, &small).await.unwrap().len()), (3, small.document().len()));
    assert!(linked(&fifth, "asker", &link).is_err(), "what the key of before hid stays hidden");
    assert!(complete(&test.beside(key)).await.is_err(), "the one of before opens nothing");
}

on_both!(a_key_that_was_seen_is_replaced_before_it_is_hidden, brought);

/// The same key in a token would wrap and unwrap; but persons are found by it, and it would not be shown for that.
async fn brought(database: Database) {
    let (test, signer) = opened(database).await;
    let made = Variation::with_new_ids(95, 1).unwrap().signed_by(&signer, test.app.now()).unwrap();
    assert_eq!(store(&test.app, &made).await, Ok(StoredHow::New));
    assert_eq!(code(complete(&test.beside(Hidden::new(2)))).await, RefusalCode::StateForbids);
    let key = Hidden::new(7);
    rekey(&test.app, &case_handler(), &*key).await.unwrap();
    let app = test.beside(key);
    complete(&app).await.unwrap();
    assert_eq!((found(&app).await, fetch(&app, &made).await.unwrap()), (1, made.document().as_bytes().to_vec()));
}

/// A token of SoftHSM's, in a folder.
struct SoftToken {
    folder: PathBuf,
}

impl SoftToken {
    const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

    /// Made ready, with a PIN in a file; it holds no key.
    fn new(folder: &Path) -> Self {
        let token = Self { folder: folder.to_owned() };
        std::fs::create_dir(folder.join("token")).unwrap();
        let settings = format!("directories.tokendir = {}\nlog.level = ERROR\n", folder.join("token").display());
        std::fs::write(folder.join("softhsm2.conf"), settings).unwrap();
        std::fs::write(folder.join("pin"), "567890\n").unwrap();
        std::fs::write(folder.join("wrong-pin"), "000000\n").unwrap();
        let ready = ["--init-token", "--free", "--label", "liitos", "--so-pin", "123456", "--pin", "567890"];
        let made = token.with(Command::new("softhsm2-util").args(ready));
        assert_eq!(made.0, 0, "{}", made.2);
        token
    }

    /// Runs something that knows where the token is.
    fn with(&self, command: &mut Command) -> (i32, String, String) {
        let told = command.env("SOFTHSM2_CONF", self.folder.join("softhsm2.conf")).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (told.status.code().unwrap(), text(told.stdout), text(told.stderr))
    }

    fn liitos(&self, arguments: &[&str]) -> (i32, String, String) {
        self.with(Command::new(env!("CARGO_BIN_EXE_liitos")).args(arguments).current_dir(&self.folder))
    }

    /// The sandbox's configuration with the archive's key in the token.
    fn configured(&self, file: &str, (key, pin): (&str, &str)) {
        let text = std::fs::read_to_string(self.folder.join("liitos.toml")).unwrap();
        assert!(text.contains("key_file = \"archive.key\"\n"));
        let module = Self::MODULE;
        let token =
            format!("token = {{ module = \"{module}\", label = \"liitos\", key = \"{key}\", pin_file = \"{pin}\" }}\n");
        std::fs::write(self.folder.join(file), text.replace("key_file = \"archive.key\"\n", &token)).unwrap();
    }
}

/// Looked at all bodies, and none was damaged.
fn whole(told: &(i32, String, String)) -> u64 {
    assert_eq!(told.0, 0, "{told:?}");
    let said: serde_json::Value = serde_json::from_str(&told.1).unwrap();
    assert_eq!((&said["damaged"], &said["missing"]), (&serde_json::json!([]), &serde_json::json!([])));
    said["looked"].as_u64().unwrap()
}

/// Made in a token, never shown, and in the place of the one in a file; then of another in the token; and back.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_token_takes_the_place_of_one_in_a_file() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    open_right(&sandbox, PATIENCE).await.unwrap();
    let made = Variation::with_new_ids(95, 1).unwrap().signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
    assert_eq!(store(&sandbox.app, &made).await, Ok(StoredHow::New));
    let token = SoftToken::new(&sandbox.folder);
    for (file, key) in [("token.toml", ("archive-2027", "pin")), ("next.toml", ("archive-2028", "pin"))] {
        token.configured(file, key);
    }
    let text = std::fs::read_to_string(token.folder.join("token.toml")).unwrap();
    let both = text.replace("token = {", "key_file = \"archive.key\"\ntoken = {");
    std::fs::write(token.folder.join("both.toml"), both).unwrap();
    let (code, _, why) = token.liitos(&["doctor", "--config", "both.toml"]);
    assert!(code == 2 && why.contains("key_file or in token") && why.contains("[archive]"), "{code} {why}");
    let rekeyed = |from: &str, to: &[&str]| token.liitos(&[&["archive", "rekey", "--config", from], to].concat());
    let round = |config: &str| token.liitos(&["archive", "round", "--config", config]);
    let (code, _, why) = rekeyed("liitos.toml", &["--new-config", "token.toml"]);
    assert!(code == 2 && why.contains("token liitos has no AES key archive-2027"), "{code} {why}");
    for config in ["token.toml", "next.toml"] {
        let (code, _, why) = token.liitos(&["archive", "make-key", "--config", config]);
        assert_eq!(code, 0, "{why}");
    }
    let (code, _, why) = token.liitos(&["archive", "make-key", "--config", "token.toml"]);
    assert!(code == 2 && why.contains("has a key archive-2027 already"), "{code} {why}");
    let bodies = whole(&round("liitos.toml"));
    assert!(bodies > 0);
    let told = rekeyed("liitos.toml", &["--new-config", "token.toml"]);
    assert_eq!(told.0, 0, "{told:?}");
    assert_eq!(whole(&round("token.toml")), bodies);
    let (code, _, why) = rekeyed("token.toml", &["--new-config", "token.toml"]);
    assert!(code == 2 && why.contains("L-606"), "{code} {why}");
    let (code, _, why) = round("liitos.toml");
    assert!(code == 2 && why.contains("it cannot be opened"), "the key of before: {code} {why}");
    // In the token, too, another key is another key; and whoever may not in, is told what holds him up.
    let (code, _, why) = round("next.toml");
    assert!(code == 2 && why.contains("it cannot be opened"), "{code} {why}");
    token.configured("wrong.toml", ("archive-2027", "wrong-pin"));
    let (code, _, why) = round("wrong.toml");
    assert!(code == 2 && why.contains("L-523") && why.contains("signing in to token liitos"), "{code} {why}");
    let (code, doctor, _) = token.liitos(&["doctor", "--config", "wrong.toml"]);
    assert!(code == 1 && doctor.contains("the archive's key is not reached"), "{code} {doctor}");
    assert_eq!(rekeyed("token.toml", &["--new-config", "next.toml"]).0, 0);
    assert_eq!(whole(&round("next.toml")), bodies);
    std::fs::write(sandbox.folder.join("archive.key"), [9; 32]).unwrap();
    let told = rekeyed("next.toml", &["--new-key", "archive.key"]);
    assert_eq!(told.0, 0, "{told:?}");
    assert_eq!(whole(&round("liitos.toml")), bodies);
    let (code, doctor, why) = token.liitos(&["doctor", "--config", "liitos.toml"]);
    assert!(code == 0 && doctor.contains("✓ archive's key"), "{code} {doctor} {why}");
}
