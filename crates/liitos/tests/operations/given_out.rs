//! A controller's register is given out as a package, and a stranger verifies it without a server.

use crate::archive::{HUS, door_of, opened};
use crate::on_both;
use liitos::sandbox::tour::messages::Variation;
use liitos_documents::package::{self, Checked};
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_pki::seal::SealVerifier;
use liitos_service::archive::{StoredHow, export_register, fetch_document, store_document};
use liitos_testkit::{Database, TestApp, case_handler, member_of, own_path};
use std::path::{Path, PathBuf};
use std::process::Command;

const CONTROLLER: &str = "1.2.246.537.10.15675350.19.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

async fn package(test: &TestApp) -> Vec<u8> {
    export_register(&test.app, &case_handler(), &oid(CONTROLLER), Vec::new(), |_| ()).await.unwrap().1
}

fn checked(test: &TestApp, package: &[u8]) -> Checked {
    let verifier = SealVerifier::from_public(&test.app.publication.public_key());
    package::check(package, &verifier, Some(&test.app.signature_trust.load()), |_| ()).unwrap()
}

/// A package taken apart and put together again: its files, one after the other.
fn files(package: &[u8]) -> Files {
    let mut archive = tar::Archive::new(package);
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content).unwrap();
        (String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content)
    };
    archive.entries().unwrap().map(read).collect()
}

fn together(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &content[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

fn command(test: &TestApp, file: &Path, trust: &[&Path]) -> Option<i32> {
    let key: String = test.app.publication.public_key().iter().map(|byte| format!("{byte:02x}")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_liitos"));
    command.args(["archive", "verify", "--key", &key]).arg(file);
    for file in trust {
        command.arg("--trust").arg(file);
    }
    command.output().unwrap().status.code()
}

/// Three versions of a document, two documents more, and one of them read.
async fn filled(test: &TestApp, signer: &Issued) {
    let app = &test.app;
    let mut newest: Option<String> = None;
    let mut first = String::new();
    for serial in 1..=5_u32 {
        let mut variation = Variation::with_new_ids(60, u64::from(serial)).unwrap();
        match &newest {
            Some(older) if serial <= 3 => variation = variation.replacing(older, &first, serial),
            _ => first.clone_from(&variation.document_id),
        }
        let variation = variation.signed_by(signer, app.now()).unwrap();
        let how = store_document(app, &door_of(HUS), variation.message().unwrap().as_bytes()).await.unwrap().how;
        assert_eq!(how, StoredHow::New);
        newest = Some(variation.document_id);
    }
    fetch_document(app, &door_of(HUS), Service::PatientData, &oid(&newest.unwrap())).await.unwrap();
}

on_both!(a_stranger_verifies_a_register, verified);

async fn verified(database: Database) {
    let (test, signer) = opened(database).await;
    filled(&test, &signer).await;
    let package = package(&test).await;
    let whole = checked(&test, &package);
    assert!(whole.holds(), "{whole:?}");
    // Five stored, one fetched, and that it was given out.
    assert_eq!((whole.documents, whole.signatures, whole.uses), (5, 5, 7));
    // With one command and no server.
    let folder = own_path("package");
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, bytes).unwrap();
        file
    };
    let issuer = write("issuer.pem", test.authority.certificate_pem().as_bytes());
    let good = write("good.tar", &package);
    assert_eq!((command(&test, &good, &[&issuer]), command(&test, &good, &[])), (Some(0), Some(0)));
    let other = write("other.pem", include_bytes!("../../../../samples/certificates/vrk-gov-root-ca-g2.pem"));
    assert_eq!(command(&test, &good, &[&other]), Some(1), "signed under another issuer");
    assert_eq!(command(&test, &write("broken.tar", b"nothing"), &[]), Some(2));

    for (what, files) in tampered(&files(&package)) {
        let found = checked(&test, &together(&files));
        assert!(!found.holds(), "{what}");
        assert_eq!(command(&test, &write("tampered.tar", &together(&files)), &[]), Some(1), "{what}");
    }
    // The same files, put together by somebody else, are the same package.
    assert!(checked(&test, &together(&files(&package))).holds());
    std::fs::remove_dir_all(&folder).unwrap();
}

type Files = Vec<(String, Vec<u8>)>;

/// All that somebody might do to a package.
fn tampered(all: &Files) -> Vec<(&'static str, Files)> {
    let without = |name: &str| all.iter().filter(|(own, _)| !own.starts_with(name)).cloned().collect::<Vec<_>>();
    let changed = |name: &str, from: &str, to: &str| {
        let mut all = all.clone();
        let one = all.iter_mut().find(|(own, _)| own.starts_with(name) && !own.is_empty()).unwrap();
        let text = String::from_utf8(one.1.clone()).unwrap();
        assert!(text.contains(from), "{name}: {from}");
        one.1 = text.replacen(from, to, 1).into_bytes();
        all
    };
    let document = all.iter().find(|(name, _)| name.ends_with(".xml")).unwrap().0.clone();
    let mut moved = all.clone();
    moved.swap(1, 3);
    moved.swap(2, 4);
    let mut twice = all.clone();
    twice.extend(all.last().cloned());
    vec![
        ("a document changed", changed(&document, "TESTI", "TESTJ")),
        ("a record changed", changed("documents/", "\"replaced\"", "\"newest\"")),
        ("a document left out", without(document.strip_suffix(".xml").unwrap())),
        ("the use log left out", without("uses/")),
        ("a use changed", changed("uses/", "fetched", "searched")),
        ("a seal changed", changed("seals/", "\"number\":1", "\"number\":2")),
        ("moved", moved),
        ("no manifest", without("manifest.json")),
        ("twice", twice),
        ("a file more", [vec![("notes.txt".to_owned(), vec![])], all.clone()].concat()),
        ("a manifest of another", changed("manifest.json", "\\\"documents\\\":5", "\\\"documents\\\":4")),
    ]
}

on_both!(a_register_is_given_out_by_its_keeper_alone, kept);

async fn kept(database: Database) {
    let test = TestApp::start(database).await;
    let refused = export_register(&test.app, &member_of(HUS), &oid(CONTROLLER), Vec::new(), |_| ()).await;
    assert_eq!(refused.map(|_| ()).unwrap_err().code, RefusalCode::NotAllowed);
    // A controller without documents has a package, too.
    let whole = checked(&test, &package(&test).await);
    assert!(whole.holds() && whole.documents == 0 && whole.uses == 1, "{whole:?}");
}
