//! The use cases without a network: fake clock, seeded randomness, a mailbox.

use crate::TestObjects;
use liitos::sandbox::samples;
use liitos_domain::directory::{Basis, Effect};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Oid, Position, Service, StaffRole};
use liitos_pki::authority::{Authority, Profile};
use liitos_pki::seal::SealingKey;
use liitos_pki::vault::DataKey;
use liitos_pki::{Trust, TrustAnchors};
use liitos_service::directory::proposal;
use liitos_service::ports::{ArchiveKey, Clock, Hook, Mail, Mailer, Poster, Randomness, SendError, Sms, Texter, Ways};
use liitos_service::{Actor, App, Organisation, ServiceError, Settings};
use liitos_store::directory::{Origin, record};
use liitos_store::{Store, Transaction};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Database {
    /// A file in a temporary folder.
    Sqlite,
    /// The temporary cluster.
    Postgres,
}

/// A clock that stands until it is moved.
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// Moves on by so many seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Randomness that repeats itself from run to run.
struct Seeded(AtomicU64);

impl Randomness for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            // SplitMix64, so that no short text comes twice.
            let n = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (n >> 56) as u8;
        }
    }
}

/// Keeps mails and text messages instead of sending them; can be told to refuse.
#[derive(Default)]
pub struct Mailbox {
    mails: Mutex<Vec<Mail>>,
    texts: Mutex<Vec<Sms>>,
    files: Mutex<Vec<Vec<u8>>>,
    hooks: Mutex<Vec<(Hook, String)>>,
    tickets: Mutex<Vec<String>>,
    refusals: AtomicU32,
}

impl Mailbox {
    /// The mails so far.
    #[must_use]
    pub fn all(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    /// The text messages so far.
    #[must_use]
    pub fn texts(&self) -> Vec<Sms> {
        self.texts.lock().unwrap().clone()
    }

    /// The events so far, each with the secret that it is signed with.
    #[must_use]
    pub fn hooks(&self) -> Vec<(Hook, String)> {
        self.hooks.lock().unwrap().clone()
    }

    /// The files that went with mails so far.
    #[must_use]
    pub fn files(&self) -> Vec<Vec<u8>> {
        self.files.lock().unwrap().clone()
    }

    /// The tickets of all messages so far.
    #[must_use]
    pub fn tickets(&self) -> Vec<String> {
        self.tickets.lock().unwrap().clone()
    }

    fn take(&self, to: &str, ticket: &str) -> Result<(), SendError> {
        if to.starts_with("nobody@") || to.ends_with("000") {
            return Err(SendError::Never("nobody is there".to_owned()));
        }
        let refusing = self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if refusing.is_ok() {
            return Err(SendError::Away("refused by the test".to_owned()));
        }
        self.tickets.lock().unwrap().push(ticket.to_owned());
        Ok(())
    }

    /// Takes none of the next messages, as a server that is away.
    pub fn refuse(&self, count: u32) {
        self.refusals.store(count, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail, files: &[Vec<u8>], ticket: &str) -> Result<(), SendError> {
        self.take(&mail.to, ticket)?;
        self.mails.lock().unwrap().push(mail.clone());
        self.files.lock().unwrap().extend(files.iter().cloned());
        Ok(())
    }
}

#[async_trait::async_trait]
impl Poster for Mailbox {
    fn accepts(&self, address: &str) -> bool {
        address.starts_with("https://")
    }

    async fn post(&self, hook: &Hook, secret: &str, _at: Moment) -> Result<(), SendError> {
        self.take(&hook.to, &hook.id)?;
        self.hooks.lock().unwrap().push((hook.clone(), secret.to_owned()));
        Ok(())
    }
}

#[async_trait::async_trait]
impl Texter for Mailbox {
    async fn send(&self, sms: &Sms, ticket: &str) -> Result<(), SendError> {
        self.take(&sms.to, ticket)?;
        self.texts.lock().unwrap().push(sms.clone());
        Ok(())
    }
}

fn settings(
    authority: &Authority,
    objects: &Arc<TestObjects>,
    (archive_key, now): (Arc<dyn ArchiveKey>, Moment),
) -> Settings {
    let issuers = TrustAnchors::new(vec![authority.certificate().clone()]).unwrap();
    let list = authority.revocation_list(&[], now).unwrap();
    Settings {
        signature_trust: Trust::load(issuers, &[list]).unwrap(),
        sealing_key: SealingKey::from_seed(&[1; 32]).unwrap(),
        archive_key,
        objects: Some(Arc::clone(objects) as _),
        devices: vec![Oid::parse(liitos::made::ARCHIVE).unwrap()],
        epoch: 1,
        portal_address: "http://portal.test".to_owned(),
        offices: liitos_service::Offices {
            code_service: Some("koodistopalvelu@virasto.test".to_owned()),
            copy: Some("kanta@virasto.test".to_owned()),
        },
        test_cases: liitos_domain::deployment_test::Cases::standard().clone(),
    }
}

/// The use cases with what a test turns and looks at.
pub struct TestApp {
    /// The use cases.
    pub app: Arc<App>,
    /// The clock.
    pub clock: Arc<FakeClock>,
    /// The mails.
    pub mailbox: Arc<Mailbox>,
    /// Issues signature certificates that the app trusts.
    pub authority: Arc<Authority>,
    /// Where large bodies lie.
    pub objects: Arc<TestObjects>,
    /// Its database, gone with it.
    _database: TestDatabase,
}

impl TestApp {
    /// A new app on a new database with the sample registers.
    ///
    /// # Panics
    /// When it cannot be built.
    pub async fn start(database: Database) -> Self {
        Self::start_on(TestDatabase(database_address(database))).await
    }

    /// The same on a database of the test's own, by its address.
    ///
    /// # Panics
    /// When it cannot be built.
    pub async fn start_at(address: String) -> Self {
        Self::start_on(TestDatabase(address)).await
    }

    /// The same on a database that is there, with what is kept outside of it.
    async fn start_on(database: TestDatabase) -> Self {
        let clock = Arc::new(FakeClock(AtomicI64::new(Moment::parse("2026-11-22T10:00:00Z").unwrap().as_micros())));
        let now = clock.now();
        let objects = Arc::new(TestObjects::default());
        let authority = Arc::new(Authority::create("Test CA", now).unwrap());
        let settings = settings(&authority, &objects, (Arc::new(DataKey::from_bytes([2; 32])), now));
        let store = Store::connect(&database.0).await.unwrap();
        store.migrate().await.unwrap();
        let mailbox = Arc::new(Mailbox::default());
        let app = App::new(
            store,
            Arc::clone(&clock) as _,
            Arc::new(Seeded(AtomicU64::new(7))),
            Ways {
                mailer: Arc::clone(&mailbox) as _,
                texter: Some(Arc::clone(&mailbox) as _),
                poster: Arc::clone(&mailbox) as _,
            },
            settings,
        );
        let app = Arc::new(app);
        samples::import_all(&app).await.unwrap();
        Self { app, clock, mailbox, authority, objects, _database: database }
    }

    /// Another program on the same database, with a key of the archive's.
    #[must_use]
    pub fn beside(&self, archive_key: Arc<dyn ArchiveKey>) -> App {
        let mailbox = || Arc::clone(&self.mailbox);
        App::new(
            self.app.store.clone(),
            Arc::clone(&self.clock) as _,
            Arc::new(Seeded(AtomicU64::new(8))),
            Ways { mailer: mailbox() as _, texter: Some(mailbox() as _), poster: mailbox() as _ },
            settings(&self.authority, &self.objects, (archive_key, self.app.now())),
        )
    }

    /// Enters a change of the address directory that came about elsewhere.
    ///
    /// # Panics
    /// When it contradicts the directory.
    pub async fn record(&self, effect: &Effect) {
        let tx = self.app.store.begin().await.unwrap();
        self.record_within(&tx, effect).await;
        tx.commit().await.unwrap();
    }

    /// The same within a transaction.
    ///
    /// # Panics
    /// When it contradicts the directory.
    pub async fn record_within(&self, tx: &Transaction, effect: &Effect) {
        let basis = Basis::Other("test".into());
        let origin = Origin { basis, author: "test".into(), approver: "test".into() };
        record(tx, effect, &effect.hash().unwrap(), &origin, self.app.now()).await.unwrap();
    }

    /// A system signature certificate of a unit, with its key.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn signer(&self, unit: &str) -> liitos_pki::authority::Issued {
        self.authority.issue(&Profile::signature(unit, "Testijärjestelmä"), self.clock.now()).unwrap()
    }
}

/// A place for a file or folder of a test's own; nothing is there yet.
#[must_use]
pub fn own_path(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("liitos-{name}-{}-{number}", std::process::id()))
}

/// A test's database: a file of SQLite's goes with it, those of PostgreSQL go with the cluster.
pub(crate) struct TestDatabase(pub(crate) String);

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(file) = self.0.strip_prefix("sqlite:") {
            for beside in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{file}{beside}"));
            }
        }
    }
}

/// What says that there are so many rows more of documents like one, whose id an expression gives: without bodies, each a set of its own. Their
/// `signature_hash` begins with `copied`.
#[must_use]
pub fn copied(database: Database, document: &str, count: u64) -> String {
    let row = match database {
        Database::Sqlite => "rowid",
        Database::Postgres => "replace(trim(both '()' from ctid::text), ',', '.')",
    };
    format!(
        "CREATE TABLE copied AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
           SELECT archive_document.* FROM archive_document, n WHERE document_id = {document};
         UPDATE copied SET document_id = document_id || '.' || {row}, set_id = set_id || '.' || {row}, signature_hash = 'copied' || document_id || {row};
         INSERT INTO archive_document SELECT * FROM copied; DROP TABLE copied"
    )
}

/// A new empty database's address.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn database_address(database: Database) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    match database {
        Database::Postgres => crate::postgres_address(),
        Database::Sqlite => {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let folder = std::env::temp_dir().join(format!("liitos-test-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let file = folder.join(format!("{number}.db"));
            let _ = std::fs::remove_file(&file);
            format!("sqlite:{}", file.display())
        }
    }
}

/// Somebody who acts for an organisation.
///
/// # Panics
/// When that is no OID.
#[must_use]
pub fn member_of(organisation: &str) -> Actor {
    let oid = Oid::parse(organisation).unwrap();
    Actor {
        reference: format!("person:member-of-{organisation}"),
        name: "Testi Henkilö".to_owned(),
        organisations: vec![Organisation { oid: oid.clone(), positions: vec![Position::ManagingDirector] }],
        acting_for: Some(oid),
        // Far ahead: nobody waits for a mandate in tests that are about something else.
        mandates_at: Some(Moment::from_seconds(i64::from(u32::MAX))),
        signed_in_at: Some(Moment::from_seconds(i64::from(u32::MAX))),
        ..Actor::default()
    }
}

/// The operator's case handler and registrar.
#[must_use]
pub fn case_handler() -> Actor {
    Actor {
        reference: "person:case-handler".to_owned(),
        name: "Testi Käsittelijä".to_owned(),
        staff: vec![StaffRole::CaseHandler, StaffRole::Registrar],
        ..Actor::default()
    }
}

/// Another registrar of the operator: the second of two persons.
#[must_use]
pub fn second_registrar() -> Actor {
    Actor {
        reference: "person:second-registrar".to_owned(),
        name: "Toinen Rekisterinpitäjä".to_owned(),
        ..case_handler()
    }
}

/// Closes a right: proposed by one, approved by another. Gives the directory's version.
///
/// # Errors
/// As the proposal and its approval.
pub async fn close_by_two(
    app: &App,
    joiner: &Oid,
    service: Service,
    point: &AccessPointOid,
) -> Result<u64, ServiceError> {
    let number = proposal::propose_close(app, &case_handler(), (joiner, service, point), "test").await?;
    let shown = proposal::look(app, &second_registrar(), number).await?.0.hash;
    let entered = proposal::approve(app, &second_registrar(), number, &shown).await?;
    entered.ok_or_else(|| ServiceError::refused(liitos_domain::RefusalCode::StateForbids, "proposal"))
}
