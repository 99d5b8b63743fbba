//! Use cases: one operation, one file. Facts are loaded, the domain is asked, and the change, its audit event and the
//! jobs it causes are one transaction. Whether somebody may do it is checked here, once.
//!
//! Not here: HTTP, HTML, SQL, TLS, and any rule about Kanta.

mod actor;
pub mod agreements;
pub mod answers;
pub mod applications;
pub mod archive;
pub mod archivist;
pub mod calendar;
pub mod campaigns;
pub mod certificates;
pub mod changes;
pub mod contacts;
pub mod controller_runs;
pub mod delegations;
pub mod deployment_tests;
pub mod directory;
pub mod drawing;
pub mod enrolments;
mod error;
pub mod faults;
pub mod members;
pub mod messages;
pub mod moves;
pub mod names;
pub mod notices;
pub mod notifications;
pub mod obligation;
pub mod outbound;
mod papers;
pub mod ports;
pub mod programs;
pub mod registers;
pub mod rules;
pub mod sessions;
pub mod sign_in;
pub mod signers;
pub mod systems;
pub mod timeline;
pub mod webhooks;

pub use actor::{Actor, Hindered, Hindrance, MANDATE_SECONDS, Organisation, SIGNED_IN_SECONDS};
pub use error::ServiceError;

use arc_swap::ArcSwap;
use archive::{Controllers, Gathered, Runs, Together, Vault};
use directory::Care;
use directory::publication::Publication;
use liitos_domain::deployment_test::Cases;
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_pki::Trust;
use liitos_pki::seal::SealingKey;
use liitos_store::Store;
use ports::{ArchiveKey, Clock, Objects, Randomness, Ways};
use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// What every operation works with.
pub struct App {
    /// The database.
    pub store: Store,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub randomness: Arc<dyn Randomness>,
    /// By which ways people and programs are told.
    pub ways: Ways,
    /// Whose system signatures are trusted; swapped whole when issuers or lists are loaded again.
    pub signature_trust: ArcSwap<Trust>,
    /// Certificates whose facts are kept already.
    pub(crate) certificates_seen: Seen,
    /// Places for messages that are being read; one for each processor.
    pub(crate) reading: Semaphore,
    /// The keys of registers.
    pub(crate) vault: Vault,
    /// Where large bodies lie, if not in the database.
    pub(crate) objects: Option<Arc<dyn Objects>>,
    /// The devices that the archive is called by in messages; none: by any.
    pub(crate) devices: Vec<Oid>,
    /// When the object store was last seen to be the one of before, in microseconds.
    pub(crate) objects_seen: AtomicI64,
    /// Calls about test clients, which gateways are asked to tell of.
    pub followed: archive::Followed,
    /// What readers have to write into the use log.
    pub(crate) uses: Gathered,
    /// Documents that are stored with others.
    pub(crate) together: Together,
    /// Documents that are being stored now.
    pub(crate) storing: archive::Storing,
    /// The controller update runs that matter to documents, as they were read last.
    pub(crate) runs: Runs,
    /// The units that a patient may choose from, as they were found last.
    pub(crate) choices: outbound::Choices,
    /// Whose registers are whose, as the registers were read last.
    pub(crate) controllers: Controllers,
    /// Snapshots for gateways.
    pub publication: Publication,
    /// The directory's standards' face, as it was built last.
    pub(crate) care: Care,
    /// Where the portal is reached, for links in mails: `https://kanta.example`.
    pub portal_address: String,
    /// Outside offices that are written to.
    pub offices: Offices,
    /// The cases of deployment tests.
    pub test_cases: Cases,
}

/// Outside offices that are told by mail of what concerns them (change situations).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offices {
    /// Whoever keeps the registers' entries and marks; nobody: whoever notifies writes to it.
    pub code_service: Option<String>,
    /// Who gets a copy of that.
    pub copy: Option<String>,
}

/// What an [`App`] is built from besides its ports.
pub struct Settings {
    /// Trust in system signatures.
    pub signature_trust: Trust,
    /// Seals snapshots.
    pub sealing_key: SealingKey,
    /// Wraps the keys of registers.
    pub archive_key: Arc<dyn ArchiveKey>,
    /// Where large bodies lie; `None`: in the database, as the small ones do.
    pub objects: Option<Arc<dyn Objects>>,
    /// The devices that the archive is called by in messages; none: by any.
    pub devices: Vec<Oid>,
    /// Raised by hand when a database is restored.
    pub epoch: u64,
    /// Where the portal is reached.
    pub portal_address: String,
    /// Outside offices that are written to.
    pub offices: Offices,
    /// The cases of deployment tests.
    pub test_cases: Cases,
}

/// Fingerprints that need not be asked for again, a bounded number of them.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashSet<Sha256Hash>>);

/// Most fingerprints remembered: every access point and joiner there is, twice.
const MOST_SEEN: usize = 100_000;

impl Seen {
    pub(crate) fn contains(&self, fingerprint: &Sha256Hash) -> bool {
        self.0.lock().is_ok_and(|seen| seen.contains(fingerprint))
    }

    pub(crate) fn add(&self, fingerprint: Sha256Hash) {
        if let Ok(mut seen) = self.0.lock() {
            if seen.len() >= MOST_SEEN {
                seen.clear();
            }
            seen.insert(fingerprint);
        }
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
        ways: Ways,
        settings: Settings,
    ) -> Self {
        Self {
            together: Together::new(store.writers()),
            storing: archive::Storing::default(),
            store,
            clock,
            randomness,
            ways,
            signature_trust: ArcSwap::from_pointee(settings.signature_trust),
            certificates_seen: Seen::default(),
            reading: Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)),
            vault: Vault::new(settings.archive_key),
            objects: settings.objects,
            devices: settings.devices,
            objects_seen: AtomicI64::new(0),
            followed: archive::Followed::default(),
            uses: Gathered::default(),
            runs: Runs::default(),
            choices: outbound::Choices::default(),
            controllers: Controllers::default(),
            publication: Publication::new(settings.sealing_key, settings.epoch),
            care: Care::default(),
            portal_address: settings.portal_address,
            offices: settings.offices,
            test_cases: settings.test_cases,
        }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A text that nobody guesses: 24 random bytes in hexadecimal.
    #[must_use]
    pub fn secret(&self) -> String {
        let mut bytes = [0u8; 24];
        self.randomness.fill(&mut bytes);
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// A new decision id, short enough to be read over the telephone: `7QK3-88F2`.
    #[must_use]
    pub fn decision_id(&self) -> String {
        let mut bytes = [0u8; 8];
        self.randomness.fill(&mut bytes);
        liitos_domain::decision_id::from_random(bytes)
    }
}
