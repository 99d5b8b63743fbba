//! A controller's register is given out as a package, and a stranger verifies it without a server.

use crate::archive::{HUS, door_of, opened};
use crate::controller_runs::{NEW, Two};
use crate::on_both;
use crate::social_care::{Care, TK, TKS};
use liitos::made::{SocialDocument, Variation};
use liitos_documents::package::{self, Checked, Record, SwitchedRun, Writer};
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_pki::Trust;
use liitos_pki::authority::{Authority, Issued, Profile};
use liitos_pki::seal::{SealVerifier, SealingKey};
use liitos_service::archive::{StoredHow, export_register, fetch_document, seal_uses, store_document};
use liitos_service::controller_runs as runs;
use liitos_testkit::{Database, TestApp, case_handler, member_of, own_path, second_registrar};
use std::path::{Path, PathBuf};
use std::process::Command;

const CONTROLLER: &str = "1.2.246.537.10.15675350.19.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub(crate) async fn package(test: &TestApp) -> Vec<u8> {
    package_of(test, CONTROLLER).await
}

async fn package_of(test: &TestApp, controller: &str) -> Vec<u8> {
    export_register(&test.app, &case_handler(), &oid(controller), Vec::new(), |_| ()).await.unwrap().1
}

fn checked(test: &TestApp, package: &[u8]) -> Checked {
    let verifier = SealVerifier::from_public(&test.app.publication.public_key());
    package::check(package, &verifier, Some(&test.app.signature_trust.load()), |_| ()).unwrap()
}

/// A package taken apart and put together again: its files, one after the other.
pub(crate) fn files(package: &[u8]) -> Files {
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

pub(crate) type Files = Vec<(String, Vec<u8>)>;

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

on_both!(social_cares_structured_part_is_verified_too, social);

/// The page's signature covers none of it: whoever signs the package cannot change it unseen either.
async fn social(database: Database) {
    let care = Care::start(database).await;
    let document = SocialDocument::new(TK, TKS, (8, 1));
    assert_eq!(care.store(TK, &document).await, []);
    let whole = package_of(&care.test, TKS).await;
    let found = checked(&care.test, &whole);
    assert!(found.holds() && found.documents == 1, "{found:?}");
    let all = files(&whole);
    let file =
        |ending: &str| all.iter().find(|(name, _)| name.starts_with("documents/") && name.ends_with(ending)).unwrap();
    let mut record: Record = serde_json::from_slice(&file(".json").1).unwrap();
    let body = String::from_utf8(file(".xml").1.clone()).unwrap();
    let (before, rest) = body.split_once("<jws xmlns=\"urn:hl7finland\">").unwrap();
    let (_, after) = rest.split_once("</jws>").unwrap();
    // Signed for another document it is as good as none.
    let named = r#"{"asiakirjatunnus":"SELF"}"#.to_owned();
    let other = SocialDocument { json: named, ..SocialDocument::new(TK, TKS, (8, 2)) };
    let other = other.signed_by(&care.organiser, care.test.app.now()).unwrap().document();
    let others = other.split_once("<jws xmlns=\"urn:hl7finland\">").unwrap().1.split_once("</jws>").unwrap().0;
    let part = |text: &str| {
        let from = text.find("<json>").unwrap();
        text.get(from..text.find("</jws>").unwrap() + "</jws>".len()).unwrap().to_owned()
    };
    // Whole from another document, which its JSON names; or signed anew by whoever signs the package.
    let moved = body.replace(&part(&body), &part(&other));
    let stranger = Authority::create("Stranger", care.test.app.now()).unwrap();
    let stranger = stranger.issue(&Profile::signature(TK, "Vieras"), care.test.app.now()).unwrap();
    let strange = SocialDocument::new(TK, TKS, (8, 1)).signed_by(&stranger, care.test.app.now()).unwrap().document();
    let strange = body.replace(&part(&body), &part(&strange));
    let key = SealingKey::from_seed(&[7; 32]).unwrap();
    let wrong = Some("the signature over its structured part does not hold");
    for (body, problem) in [
        (body.clone(), None),
        (format!("{before}<jws xmlns=\"urn:hl7finland\">{others}</jws>{after}"), wrong),
        (format!("{before}{after}"), wrong),
        (moved, wrong),
        (strange, wrong),
    ] {
        (record.sha256, record.bytes) = (Sha256Hash::of(body.as_bytes()), body.len() as u64);
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer.document(&record, body.as_bytes()).unwrap();
        let sign = |manifest: &[u8]| key.sign_package(manifest);
        let package = writer.finish(&oid(TKS), care.test.app.now(), sign).unwrap().1;
        let trust = care.test.app.signature_trust.load();
        let found = package::check(&package[..], &key.verifier(), Some(&trust), |_| ()).unwrap();
        assert_eq!(found.wrong.iter().map(|wrong| wrong.problem).collect::<Vec<_>>(), Vec::from_iter(problem));
    }
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

on_both!(a_register_in_use_is_of_one_moment, in_use);

/// While it is written, documents are corrected and read, and what was used is sealed.
async fn in_use(database: Database) {
    let (test, signer) = opened(database).await;
    filled(&test, &signer).await;
    test.clock.advance(1);
    let (app, signed_at) = (test.app.clone(), test.app.now());
    let last = oid(&Variation::with_new_ids(60, 5).unwrap().document_id);
    let correction = Variation::with_new_ids(61, 1).unwrap().replacing(last.as_str(), last.as_str(), 2);
    let correction = correction.signed_by(&signer, signed_at).unwrap().message().unwrap();
    let clock = &test.clock;
    let meanwhile = |written| {
        if written == 1 {
            clock.advance(1);
            let used = async {
                let how = store_document(&app, &door_of(HUS), correction.as_bytes()).await.unwrap().how;
                assert_eq!(how, StoredHow::New);
                fetch_document(&app, &door_of(HUS), Service::PatientData, &last).await.unwrap();
                assert!(seal_uses(&app).await.unwrap());
            };
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(used));
        }
    };
    let exported = export_register(&test.app, &case_handler(), &oid(CONTROLLER), Vec::new(), meanwhile).await;
    let checked_then = checked(&test, &exported.unwrap().1);
    assert!(checked_then.holds(), "{checked_then:?}");
    assert_eq!((checked_then.documents, checked_then.uses, checked_then.seals), (5, 7, 1));
    let later = checked(&test, &package(&test).await);
    assert!(later.holds(), "{later:?}");
    assert_eq!((later.documents, later.seals), (6, 3));
}

on_both!(the_signer_itself_leaves_nothing_out, left_out);

async fn left_out(database: Database) {
    let (test, signer) = opened(database).await;
    filled(&test, &signer).await;
    let whole = files(&package(&test).await);
    let key = SealingKey::from_seed(&[7; 32]).unwrap();
    // Signed by the operator without a set's last version.
    let mut records: Vec<Record> = whole
        .iter()
        .filter(|(name, _)| name.starts_with("documents/") && name.ends_with(".json"))
        .map(|(_, content)| serde_json::from_slice(content).unwrap())
        .collect();
    let signed = |records: &[Record], leave_out: u32| {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for record in records.iter().filter(|record| record.version != leave_out) {
            let name = format!("documents/{}.xml", record.id);
            let body = &whole.iter().find(|(own, _)| *own == name).unwrap().1;
            writer.document(record, body).unwrap();
        }
        let sign = |manifest: &[u8]| key.sign_package(manifest);
        writer.finish(&oid(CONTROLLER), test.app.now(), sign).unwrap().1
    };
    let problems = |package: &[u8]| {
        let found = package::check(package, &key.verifier(), None, |_| ()).unwrap();
        found.wrong.into_iter().map(|wrong| wrong.problem).collect::<Vec<_>>()
    };
    assert_eq!(problems(&signed(&records, 0)), [""; 0]);
    assert_eq!(problems(&signed(&records, 3)), ["the version that took the last one's place is missing"]);
    let longer = [signed(&records, 0), b"and more".to_vec()].concat();
    assert_eq!(problems(&longer), ["something stands after the package's end"]);
    // What was taken under the policy for older signatures is counted, whoever issued its signer's certificate.
    records.iter_mut().take(2).for_each(|record| record.policy = "legacy".to_owned());
    let untrusted = package::check(&signed(&records, 0)[..], &key.verifier(), Some(&Trust::default()), |_| ()).unwrap();
    assert_eq!((untrusted.wrong.len(), untrusted.legacy), (3, 2));
    // Who signed what its joiner did not, is named.
    assert!(untrusted.by_others.is_empty());
    records.iter_mut().take(1).for_each(|record| record.joiner = "1.2.3".to_owned());
    let others = package::check(&signed(&records, 0)[..], &key.verifier(), None, |_| ()).unwrap().by_others;
    assert_eq!(others.into_iter().collect::<Vec<_>>(), [(HUS.to_owned(), 1)]);
}

on_both!(a_package_shows_by_which_runs_its_documents_came, came);

/// Two documents, a correction and an addition that came by a run, and a correction that came after it.
async fn moved(database: Database) -> (Two, String) {
    let two = Two::start(database).await;
    let (id, _) = two.first(1).await;
    two.first(2).await;
    // Added later: counted with what it is added to.
    let addition = Variation::with_new_ids(7, 1).unwrap().adding_to(&id, &id, 1).made_at("20261101120000");
    assert_eq!(two.store(HUS, &addition.signed_by(&two.old, two.test.app.now()).unwrap()).await, []);
    let corrected = two.correction(3, (HUS, CONTROLLER), (&id, &id, 2));
    assert_eq!(two.store(HUS, &corrected).await, []);
    let number = two.switched(&two.order()).await;
    let later = two.correction(4, (TK, NEW), (&corrected.document_id, &id, 3));
    assert_eq!(two.store(TK, &later).await, []);
    (two, number)
}

async fn came(database: Database) {
    let (two, number) = moved(database).await;
    let told = async |controller: &str| {
        let whole = checked(&two.test, &package_of(&two.test, controller).await);
        assert!(whole.holds(), "{whole:?}");
        (whole.documents, whole.runs, whole.recounted)
    };
    // Not carried through yet: the operator's signature over the package alone says that there was a run.
    assert_eq!(told(NEW).await, (5, 1, 0));
    two.carried().await;
    assert_eq!((told(NEW).await, told(CONTROLLER).await), ((5, 1, 1), (0, 1, 0)));
    // What came back came by no run.
    assert!(!runs::reverse(&two.test.app, &case_handler(), &number, "again").await.unwrap());
    assert!(runs::reverse(&two.test.app, &second_registrar(), &number, "again").await.unwrap());
    assert_eq!((told(NEW).await, told(CONTROLLER).await), ((0, 0, 0), (5, 0, 0)));
    two.carried().await;
    assert_eq!((told(NEW).await, told(CONTROLLER).await), ((0, 0, 0), (5, 0, 0)));
}

on_both!(the_signer_itself_moves_nothing_without_a_run, without_run);

/// A package as another operator would sign it: each of its files may be changed before.
struct Forged {
    key: SealingKey,
    runs: Vec<SwitchedRun>,
    documents: Vec<(Record, Vec<u8>)>,
}

impl Forged {
    fn of(package: &[u8]) -> Self {
        let key = SealingKey::from_seed(&[7; 32]).unwrap();
        let (mut runs, mut documents, mut record) = (Vec::new(), Vec::new(), None);
        for (name, content) in files(package) {
            match name.split_once('/').map(|(folder, _)| (folder, name.ends_with(".json"))) {
                Some(("runs", _)) => {
                    let mut run: SwitchedRun = serde_json::from_slice(&content).unwrap();
                    run.report = run.report.map(|sealed| key.sign_report(sealed.report));
                    runs.push(run);
                }
                Some(("documents", true)) => record = Some(serde_json::from_slice(&content).unwrap()),
                Some(("documents", false)) => documents.push((record.take().unwrap(), content)),
                _ => {}
            }
        }
        Self { key, runs, documents }
    }

    fn package(&self) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new()).unwrap();
        self.runs.iter().for_each(|run| writer.run(run).unwrap());
        self.documents.iter().for_each(|(record, body)| writer.document(record, body).unwrap());
        writer
            .finish(&oid(NEW), Moment::from_seconds(i64::from(u32::MAX)), |manifest| self.key.sign_package(manifest))
            .unwrap()
            .1
    }

    fn problems(&self, package: &[u8]) -> Vec<&'static str> {
        let found = package::check(package, &self.key.verifier(), None, |_| ()).unwrap();
        found.wrong.into_iter().map(|wrong| wrong.problem).collect()
    }

    /// What is found where something is changed.
    fn changed(&mut self, change: impl FnOnce(&mut Self)) -> Vec<&'static str> {
        let (runs, documents) = (self.runs.clone(), self.documents.clone());
        change(self);
        let problems = self.problems(&self.package());
        (self.runs, self.documents) = (runs, documents);
        problems
    }
}

async fn without_run(database: Database) {
    let (two, _) = moved(database).await;
    two.carried().await;
    let mut forged = Forged::of(&package_of(&two.test, NEW).await);
    assert_eq!(forged.changed(|_| ()), [""; 0]);
    let brought_by_none = "no run brought it to the controller, or one took it on";
    let missing = "not each document that it brought is here";
    let other_run = "its report tells of another run";
    assert_eq!(forged.changed(|one| one.runs.truncate(0)), [brought_by_none]);
    assert_eq!(
        forged.changed(|one| one.documents.retain(|(record, _)| record.id != record.set_id)),
        ["a version of its set is missing before it", missing]
    );
    // A set left out whole.
    let alone = forged.documents.iter().find(|(record, _)| record.standing.code() == "newest" && record.version == 1);
    let alone = alone.unwrap().0.id.clone();
    assert_eq!(forged.changed(|one| one.documents.retain(|(record, _)| record.id != alone)), [missing]);
    // A document put into it twice, behind its part or in the midst of it.
    let twice = "its set stands in the package twice";
    let double = |one: &mut Forged, place: usize| {
        let found = one.documents.iter().find(|(own, _)| own.id == alone).cloned().unwrap();
        one.documents.insert(place, found);
    };
    for place in [0, forged.documents.len()] {
        let found = forged.changed(|one| double(one, place));
        assert!(found.contains(&twice) && found.contains(&missing), "{found:?}");
    }
    let torn = |one: &mut Forged| {
        let mut another = one.documents[0].clone();
        another.0.month = Some(liitos_domain::archive::Month(1));
        one.documents.insert(1, another);
        one.documents.push(one.documents[0].clone());
    };
    assert!(forged.changed(torn).contains(&"its part of the register stands in the package twice"));
    copied(&mut forged, &alone);
    added_alone(&mut forged);
    // Its own from the beginning, which its header denies.
    let own = |one: &mut Forged| one.documents.iter_mut().for_each(|(record, _)| record.archived_for = Some(oid(NEW)));
    let found = forged.changed(own);
    assert!(found.contains(&"its header says otherwise than the record") && found.contains(&missing), "{found:?}");
    // Runs that tell otherwise than their reports, or whose reports nobody signed.
    assert_eq!(forged.changed(|one| one.runs[0].order.scope.units = vec![oid("1.2.3")]), [other_run, brought_by_none]);
    assert_eq!(forged.changed(|one| one.runs[0].number = "R2026-9".to_owned()), [other_run, brought_by_none]);
    let unsigned = |one: &mut Forged| one.runs[0].report.as_mut().unwrap().signature.replace_range(..2, "zz");
    assert_eq!(forged.changed(unsigned)[0], "the holder of this key has not signed its report");
    let words = |one: &mut Forged| one.runs[0].report = Some(one.key.sign_report("{}".to_owned()));
    assert_eq!(forged.changed(words)[0], "its report is none of a run");
    let twice = |one: &mut Forged| {
        let earlier = SwitchedRun { switched_at: one.runs[0].switched_at.plus_days(-1), ..one.runs[0].clone() };
        one.runs.push(SwitchedRun { report: None, ..earlier });
    };
    assert_eq!(forged.changed(twice), ["was switched before the run that it follows"]);
    // A later run that took it on, of which nothing else tells.
    let taken = |one: &mut Forged| {
        let mut next = SwitchedRun { report: None, ..one.runs[0].clone() };
        (next.order.from, next.order.to) = (next.order.to, oid(CONTROLLER));
        one.runs.push(next);
    };
    assert_eq!(forged.changed(taken), [brought_by_none]);
    older(&mut forged);
}

/// No header is signed, so that one signature could stand under two documents.
fn copied(forged: &mut Forged, id: &Oid) {
    let found = forged.changed(|one| {
        let at = one.documents.iter().position(|(record, _)| record.id == *id).unwrap();
        let (mut record, body) = one.documents[at].clone();
        let other = format!("{id}7");
        let body = String::from_utf8(body).unwrap().replace(&format!("\"{id}\""), &format!("\"{other}\"")).into_bytes();
        (record.id, record.set_id) = (oid(&other), oid(&other));
        (record.sha256, record.bytes) = (Sha256Hash::of(&body), body.len() as u64);
        one.documents.insert(at + 1, (record, body));
    });
    assert_eq!(found, ["its signature is another document's", "not each document that it brought is here"]);
}

/// What is added to a document stands with it, and says so.
fn added_alone(forged: &mut Forged) {
    let (mut addition, _) = forged.documents.iter().find(|(record, _)| record.added_to.is_some()).cloned().unwrap();
    let (id, to) = (addition.id.clone(), addition.added_to.take().unwrap());
    let alone = forged.changed(|one| {
        let set = one.documents.iter().find(|(record, _)| record.id.as_str() == to).unwrap().0.set_id.clone();
        one.documents.retain(|(record, _)| record.set_id != set);
    });
    assert!(alone.contains(&"what it is added to is not with it"), "{alone:?}");
    let record = |one: &mut Forged, change: &dyn Fn(&mut Record)| {
        one.documents.iter_mut().filter(|(record, _)| record.id == id).for_each(|(record, _)| change(record));
    };
    let otherwise = "its header says otherwise than the record";
    let unsaid = forged.changed(|one| record(one, &|own| own.added_to = None));
    assert!(unsaid.contains(&otherwise), "counted to another month than its own: {unsaid:?}");
    let other = forged.changed(|one| record(one, &|own| own.added_to = Some("1.2.3".into())));
    assert_eq!(other, [otherwise, "what it is added to is not with it"]);
}

/// A package of before says nothing of runs, and is not asked.
fn older(forged: &mut Forged) {
    let bare = |one: &mut Forged| {
        one.documents.iter_mut().for_each(|(record, _)| (record.archived_for, record.month) = (None, None));
    };
    let unsaid = "its record does not say whose it was first, or when it was made";
    assert_eq!(forged.changed(bare), [unsaid, "not each document that it brought is here"]);
    forged.runs.clear();
    bare(forged);
    let mut writer = Writer::new(Vec::new()).unwrap();
    forged.documents.iter().for_each(|(record, body)| writer.document(record, body).unwrap());
    let sign = |manifest: &[u8]| {
        let manifest = String::from_utf8(manifest.to_vec()).unwrap();
        forged.key.sign_package(manifest.replace("package 2", "package 1").as_bytes())
    };
    let package = writer.finish(&oid(NEW), Moment::from_seconds(i64::from(u32::MAX)), sign).unwrap().1;
    let mut all = files(&package);
    let manifest = all.last_mut().unwrap();
    manifest.1 = String::from_utf8(manifest.1.clone()).unwrap().replace("package 2", "package 1").into_bytes();
    assert_eq!(forged.problems(&together(&all)), [""; 0]);
}
