//! The archive as a program of its own that is killed, again and again, while it stores and while it carries a run through.

use crate::archive::{HUS, door_of};
use crate::controller_runs::{NEW, OLD};
use crate::on_both;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use liitos::config::Config;
use liitos::made::Variation;
use liitos::peer::{Answer, Connection, Peer, PeerError};
use liitos::sandbox::tour::{ACCESS_POINT, open_right};
use liitos::serve::connect;
use liitos_domain::archive::{Apart, Completeness, Order, RunKind, RunState, Scope};
use liitos_domain::{Moment, Oid, Service};
use liitos_pki::seal::SealedReport;
use liitos_service::App;
use liitos_service::archive::{StoredHow, fetch_document, store_document};
use liitos_service::controller_runs as runs;
use liitos_store::archive::{self, LinesAsked};
use liitos_store::controller_runs::{self, Run};
use liitos_store::{Store, audit};
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler, copied, dump, restored, second_registrar};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// A second archive of a sandbox, in a process of its own: the same configuration, other ports.
struct Archive {
    child: Child,
    inner: SocketAddr,
}

impl Archive {
    /// Started; it may not listen yet.
    fn start(folder: &Path, database: Option<&str>) -> Self {
        Self::taking(folder, database, None)
    }

    /// The same, where files take no more than so many bytes.
    fn taking(folder: &Path, database: Option<&str>, takes: Option<u64>) -> Self {
        let free = || TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let (portal, inner) = (free(), free());
        let text = std::fs::read_to_string(folder.join("liitos.toml")).unwrap();
        let (mut section, mut config) = ("", String::new());
        for line in text.lines() {
            section = if line.starts_with('[') { line } else { section };
            match (section, line.split_once(" = ").map_or("", |(key, _)| key), database) {
                ("[portal]", "listen", _) => config += &format!("listen = \"{portal}\""),
                ("[inner]", "listen", _) => config += &format!("listen = \"{inner}\""),
                ("[database]", "url", Some(url)) => config += &format!("url = \"{url}\""),
                _ => config += line,
            }
            config.push('\n');
        }
        let file = folder.join("second.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = match takes {
            None => Command::new(env!("CARGO_BIN_EXE_liitos")),
            Some(bytes) => {
                // Behind so many bytes a file takes no more: writing fails in the middle, as on a disk that is full.
                let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", bytes.div_ceil(512));
                let mut command = Command::new("sh");
                command.args(["-c", &limited, "sh", env!("CARGO_BIN_EXE_liitos")]);
                command
            }
        };
        command.args(["serve", "--config"]).arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        Self { child: command.spawn().unwrap(), inner }
    }

    /// Whoever may come to its inner door, once it listens; it is started anew where somebody else had taken its port.
    async fn reached(mut self, sandbox: &TestSandbox, database: Option<&str>) -> (Self, Peer) {
        let issuers = [sandbox.pki.backend_issuer.clone()];
        let listening = async {
            loop {
                let peer = Peer::new(&sandbox.pki.gateway_client, &issuers, self.inner).unwrap();
                if peer.connect().await.is_ok() {
                    return (self, peer);
                }
                if self.child.try_wait().unwrap().is_some() {
                    self = Self::start(&sandbox.folder, database);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, listening).await.unwrap()
    }

    /// Killed, as when the power fails.
    fn kill(self) {
        drop(self);
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A message as the gateway passes it on, answered.
async fn posted(connection: &mut Connection, message: &str) -> Result<Answer, PeerError> {
    let request = Request::post("/hl7")
        .header("host", "localhost")
        .header("content-type", "application/hl7-v3+xml; charset=utf-8")
        .header("liitos-access-point", ACCESS_POINT)
        .header("liitos-represented", HUS)
        .header("liitos-decision", "TEST-0001")
        .body(Full::new(Bytes::from(message.to_owned())));
    connection.exchange(request).await
}

/// The same; it is taken, or nobody answers.
async fn sent(connection: &mut Connection, message: &str) -> Result<(), PeerError> {
    let answer = posted(connection, message).await?;
    assert_eq!((answer.acknowledgement().kind.as_str(), answer.codes()), ("AA", vec![]));
    Ok(())
}

/// Sends messages one after the other, until the archive is gone; which of them were taken.
async fn sending(peer: Peer, messages: Vec<(String, String)>) -> Vec<String> {
    let mut taken = Vec::new();
    let Ok(mut connection) = peer.connect().await else { return taken };
    for (id, message) in messages {
        match sent(&mut connection, &message).await {
            Ok(()) => taken.push(id),
            Err(_) => break,
        }
    }
    taken
}

on_both!(an_archive_that_is_killed_while_it_stores_loses_and_doubles_nothing, storing);

async fn storing(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    open_right(&sandbox, PATIENCE).await.unwrap();
    let db = sandbox.app.store.read();
    let before = archive::count(db).await.unwrap();
    // Every fifth body lies in the object store.
    let made = |serial: u64| {
        let made = Variation::with_new_ids(94, serial).unwrap();
        let made = if serial.is_multiple_of(5) { made.longer_by(300_000) } else { made };
        let made = made.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
        (made.document_id.clone(), made.message().unwrap(), made.document().to_owned())
    };
    let made: Vec<(String, String, String)> = (1..=80).map(made).collect();
    let all: Vec<(String, String)> = made.iter().map(|(id, message, _)| (id.clone(), message.clone())).collect();
    let mut waiting = all.clone();
    let mut killed = 0;
    for pause in (0..).step_by(60) {
        let (archive, _) = Archive::start(&sandbox.folder, None).reached(&sandbox, None).await;
        let mut calls = Vec::new();
        for part in waiting.chunks(waiting.len().div_ceil(4)) {
            let issuers = [sandbox.pki.backend_issuer.clone()];
            let peer = Peer::new(&sandbox.pki.gateway_client, &issuers, archive.inner).unwrap();
            calls.push(tokio::spawn(sending(peer, part.to_vec())));
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        archive.kill();
        killed += 1;
        let mut taken = Vec::new();
        for call in calls {
            taken.extend(call.await.unwrap());
        }
        // What was taken is there; what was not is there whole, or not at all.
        for id in &taken {
            assert!(archive::find(db, &oid(id)).await.unwrap().is_some(), "{id} was taken and is gone");
        }
        waiting.retain(|(id, _)| !taken.contains(id));
        if waiting.is_empty() {
            break;
        }
    }
    assert!(killed > 1);
    // All of it once more, as whoever got no answer does.
    let (archive, peer) = Archive::start(&sandbox.folder, None).reached(&sandbox, None).await;
    assert_eq!(sending(peer, all.clone()).await.len(), all.len());
    archive.kill();
    assert_eq!(archive::count(db).await.unwrap() - before, all.len() as u64, "each once");
    for (id, _, document) in &made {
        let id = oid(id);
        let asked = LinesAsked { document: Some(&id), ..LinesAsked::default() };
        assert_eq!(archive::uses(db, asked, 9).await.unwrap().len(), 1, "{id}: stored once");
        let given = fetch_document(&sandbox.app, &door_of(HUS), Service::PatientData, &id).await.unwrap();
        assert_eq!(std::str::from_utf8(&given), Ok(document.as_str()), "{id}");
    }
    assert_eq!(audit::first_break(db).await.unwrap(), None);
}

/// The database is elsewhere, and the folder where large bodies lie is full: what does not fit is refused to be sent again, nothing of it is left, and what
/// fits is stored.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_archive_whose_folder_is_full() {
    let sandbox = TestSandbox::start(Database::Postgres).await;
    open_right(&sandbox, PATIENCE).await.unwrap();
    let made = |serial: u64, longer: usize| {
        let made = Variation::with_new_ids(92, serial).unwrap().longer_by(longer);
        made.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap()
    };
    let (large, fits, small) = (made(1, 400_000), made(2, 100_000), made(3, 0));
    let lying = || {
        let files = std::fs::read_dir(sandbox.folder.join("bodies")).unwrap().map(|entry| entry.unwrap().path());
        let below = |path: std::path::PathBuf| match std::fs::read_dir(&path) {
            Ok(below) => below.map(|entry| entry.unwrap().path()).collect(),
            Err(_) => vec![path],
        };
        files.flat_map(below).map(|path| std::fs::metadata(path).unwrap().len()).filter(|size| *size > 1_000).count()
    };
    let before = lying();
    let (archive, peer) = Archive::taking(&sandbox.folder, None, Some(200_000)).reached(&sandbox, None).await;
    let mut connection = peer.connect().await.unwrap();
    let refused = posted(&mut connection, &large.message().unwrap()).await.unwrap();
    assert_eq!((refused.acknowledgement().kind.as_str(), refused.codes()), ("AE", vec!["L-518".to_owned()]));
    assert_eq!(lying(), before, "nothing by halves");
    for one in [&fits, &small] {
        sent(&mut connection, &one.message().unwrap()).await.unwrap();
    }
    let refused = posted(&mut connection, &large.message().unwrap()).await.unwrap();
    assert_eq!(refused.codes(), ["L-518"]);
    archive.kill();
    let (archive, peer) = Archive::start(&sandbox.folder, None).reached(&sandbox, None).await;
    sent(&mut peer.connect().await.unwrap(), &large.message().unwrap()).await.unwrap();
    archive.kill();
    assert_eq!(lying(), before + 2);
    for one in [&large, &fits, &small] {
        let given = fetch_document(&sandbox.app, &door_of(HUS), Service::PatientData, &oid(&one.document_id)).await;
        assert_eq!(given.unwrap(), one.document().as_bytes());
    }
}

/// So many documents are carried in four pieces each way.
const MOVED: u64 = 70_000;

on_both!(an_archive_that_is_killed_while_it_carries_a_run_and_its_reversal, carrying);

/// What a database holds, in one that the sandbox itself does not work on; its address.
async fn apart(sandbox: &TestSandbox, database: Database) -> String {
    if let Database::Postgres = database {
        let (config, dumped) = (sandbox.folder.join("liitos.toml"), sandbox.folder.join("dumped.sql"));
        dump(&Config::load(&config).unwrap().database.url, &dumped);
        return restored(&dumped);
    }
    let copy = sandbox.folder.join("copy.db");
    say(&sandbox.app.store, &format!("VACUUM INTO '{}'", copy.display())).await;
    format!("sqlite:{}", copy.display())
}

async fn say(store: &Store, sql: &str) {
    sea_orm::ConnectionTrait::execute_unprepared(store.write(), sql).await.unwrap();
}

/// Ordered for tomorrow and approved by two; its number, and when it is to be switched.
async fn approved(app: &App) -> (String, Moment) {
    let tomorrow = app.now().plus_days(1).midnight();
    let order = Order {
        from: oid(OLD),
        to: oid(NEW),
        scope: Scope::default(),
        kind: RunKind::Successor,
        run_at: tomorrow,
        priority: 0,
        before: 0,
        after: 0,
        apart: Apart::Accept,
        basis: "merger agreement 1/2027".to_owned(),
    };
    runs::add_day(app, &case_handler(), tomorrow).await.unwrap();
    let number = runs::order(app, &case_handler(), order).await.unwrap();
    let shown = runs::dry_run(app, &second_registrar(), &number).await.unwrap().hash;
    runs::approve(app, &case_handler(), &number, &shown).await.unwrap();
    assert!(runs::approve(app, &second_registrar(), &number, &shown).await.unwrap());
    (number, tomorrow)
}

/// Starts an archive and kills it whenever a run has come on by a piece, until its report is there; what it looked like behind each kill, and before the first.
async fn killed_at_every_piece(sandbox: &TestSandbox, database: &str, store: &Store, number: &str) -> Vec<Run> {
    let found = async || controller_runs::find(store.read(), number).await.unwrap().unwrap();
    let mut seen = vec![found().await];
    while seen.last().is_none_or(|run| run.report.is_none()) {
        let mut archive = Archive::start(&sandbox.folder, Some(database));
        let came_on = async {
            while seen.last() == Some(&found().await) {
                if archive.child.try_wait().unwrap().is_some() {
                    // Somebody else had taken its port.
                    archive = Archive::start(&sandbox.folder, Some(database));
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, came_on).await.unwrap();
        archive.kill();
        seen.push(found().await);
    }
    seen
}

/// What a run's report says: all is there.
fn whole(run: &Run) -> Completeness {
    let sealed: SealedReport = serde_json::from_str(run.report.as_deref().unwrap()).unwrap();
    let whole: Completeness = sealed.says().unwrap();
    assert!(whole.complete && whole.before == whole.after && whole.ended_incomplete == 0, "{whole:?}");
    assert_eq!(whole.after.documents, MOVED + 1);
    whole
}

/// A real process, killed at every piece until it has carried a run through, and then its reversal: what it had found and written before counts, and all is
/// there.
async fn carrying(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    open_right(&sandbox, PATIENCE).await.unwrap();
    let app = &sandbox.app;
    let made = Variation::with_new_ids(93, 1).unwrap().signed_by(&sandbox.pki.signer, app.now()).unwrap();
    let stored = store_document(app, &door_of(HUS), made.message().unwrap().as_bytes()).await.unwrap().how;
    assert_eq!(stored, StoredHow::New);
    let (number, tomorrow) = approved(app).await;
    // Many more documents, and its moment has come.
    let address = apart(&sandbox, database).await;
    let store = Store::connect(&address).await.unwrap();
    say(&store, &copied(database, &format!("'{}'", made.document_id), MOVED)).await;
    let (then, now) = (tomorrow.as_micros(), app.now().as_micros());
    say(&store, &format!("UPDATE controller_run SET order_body = replace(order_body, '{then}', '{now}')")).await;
    say(&store, &format!("UPDATE controller_run SET run_at = {now}")).await;
    let seen = killed_at_every_piece(&sandbox, &address, &store, &number).await;
    let last = seen.last().unwrap();
    assert_eq!((last.state, whole(last).reversed_at), (RunState::Done, None));
    // Whose they are is one entry, and does not wait for what is carried.
    let in_between = |run: &&Run| run.state == RunState::Switched && !run.walk.cursor.1.is_empty();
    assert!(seen.iter().filter(in_between).count() > 1, "killed in the middle of it: {seen:?}");
    // And back again.
    let other = connect(&Config::load(&sandbox.folder.join("second.toml")).unwrap()).await.unwrap();
    assert!(!runs::reverse(&other, &case_handler(), &number, "not agreed").await.unwrap());
    assert!(runs::reverse(&other, &second_registrar(), &number, "not agreed").await.unwrap());
    let seen = killed_at_every_piece(&sandbox, &address, &store, &number).await;
    let last = seen.last().unwrap();
    assert!(whole(last).reversed_at.is_some() && seen.iter().all(|run| run.state == RunState::Reversed), "{seen:?}");
    assert!(seen.iter().filter(|run| !run.walk.cursor.1.is_empty()).count() > 1, "{seen:?}");
    let history = controller_runs::history(store.read(), last.key).await.unwrap();
    let what: Vec<_> = history.iter().map(|event| event.what.as_str()).collect();
    let there = ["ordered", "approved-first", "approved", "switched", "carried"];
    assert_eq!(what, [&there[..], &["reversal-asked", "reversed", "carried"]].concat(), "each once: {seen:?}");
    assert_eq!(audit::first_break(store.read()).await.unwrap(), None);
}
