//! Snapshots on their way to gateways: built once a version, sealed, and announced the moment a change is committed.

mod deltas;
mod next;

use super::beside::Beside;
use super::{content_with, expiry};
use crate::{Actor, App, ServiceError};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use deltas::Deltas;
use liitos_domain::directory::Snapshot;
use liitos_domain::transparency::{self, Head, Tree};
use liitos_domain::{Duty, Moment, Sha256Hash};
use liitos_pki::seal::{SealVerifier, SealedReport, SealingKey};
use liitos_store::directory;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, watch};

/// A snapshot is issued anew after so long, though nothing changed, so that gateways' copies do not expire.
const REFRESH_SECONDS: i64 = 3600;
/// A clock may be set back by so much without anybody noticing.
const SET_BACK_SECONDS: i64 = 60;
/// After so many deltas one is built whole, so that what nothing names any more goes.
const MOST_GROWN: u32 = 5_000;
/// How often a waiting request looks into the database by itself: another process may have changed the directory.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A snapshot, and what it takes to go on from it.
pub struct Published {
    /// Ready to decide on.
    pub snapshot: Snapshot,
    beside: Beside,
    /// How many deltas lead here from one that was built whole.
    grown: u32,
    /// Sealed whole, once somebody asked for that.
    whole: OnceCell<Bytes>,
}

impl Published {
    /// The newest import of a register when it was made: whose units are whose is known as of that.
    pub(crate) const fn import(&self) -> i64 {
        self.beside.import
    }

    fn new(snapshot: Snapshot, beside: Beside, grown: u32) -> Self {
        Self { snapshot, beside, grown, whole: OnceCell::new() }
    }

    /// Sealed whole, as a gateway gets it that holds none of the last.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn sealed(&self, app: &App) -> Result<Bytes, ServiceError> {
        let seal = || async {
            let (epoch, version) = self.snapshot.version();
            let rows = directory::rows(app.store.read(), version).await?;
            let times = (self.snapshot.issued_at(), self.snapshot.expires_at());
            let content = content_with(rows, self.beside.clone(), (epoch, version), self.snapshot.head(), times);
            Ok::<_, ServiceError>(app.publication.key.seal(&serde_json::to_vec(&content)?).into())
        };
        self.whole.get_or_try_init(seal).await.cloned()
    }
}

/// The publisher's state.
pub struct Publication {
    key: SealingKey,
    epoch: u64,
    current: ArcSwapOption<Published>,
    deltas: std::sync::Mutex<Deltas>,
    /// Held while a snapshot is built, so that those who wait for the same one build it once.
    building: Mutex<()>,
    changed: watch::Sender<u64>,
    /// The gateways that have asked since this process began: as many as are pinned.
    gateways: std::sync::Mutex<BTreeMap<Sha256Hash, Asked>>,
    /// The log's tree, as far as anybody has asked.
    pub(super) tree: Mutex<Tree>,
}

/// What a gateway said when it asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Epoch and sequence of the snapshot that it holds, and when that was issued; `None`: it holds none.
    pub holds: Option<((u64, u64), Moment)>,
    /// When it asked.
    pub at: Moment,
}

impl Publication {
    pub(crate) fn new(key: SealingKey, epoch: u64) -> Self {
        Self {
            key,
            epoch,
            current: ArcSwapOption::empty(),
            deltas: std::sync::Mutex::default(),
            building: Mutex::new(()),
            changed: watch::Sender::new(0),
            tree: Mutex::default(),
            gateways: std::sync::Mutex::default(),
        }
    }

    /// Raised by hand when a database is restored.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Seals a copy that is kept.
    pub(crate) fn seal_copy(&self, copy: &[u8]) -> String {
        self.key.seal_copy(copy)
    }

    /// Signs the manifest of a package.
    pub(crate) fn sign_package(&self, manifest: &[u8]) -> String {
        self.key.sign_package(manifest)
    }

    /// Signs a report.
    pub(crate) fn sign_report(&self, report: String) -> SealedReport {
        self.key.sign_report(report)
    }

    /// The key that seals are verified with: Ed25519, 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        self.key.verifier().public().to_vec()
    }

    /// Signs a head of the log.
    pub(crate) fn sign_head(&self, head: &Head, at: Moment) -> Result<String, ServiceError> {
        Ok(self.key.sign_head(&liitos_domain::transparency::signed_bytes(head, at)?))
    }

    /// The same of the use log's newest seal.
    pub(crate) fn sign_seal(&self, seal: u64, hash: Option<Sha256Hash>, at: Moment) -> Result<String, ServiceError> {
        Ok(self.key.sign_head(&liitos_domain::archive::SealHead::signed_bytes(seal, hash, at)?))
    }

    /// What gateways verify the seal with.
    #[must_use]
    pub fn verifier(&self) -> SealVerifier {
        self.key.verifier()
    }

    /// Remembers that a gateway, known by its certificate's fingerprint, asked for what is newer than what it holds.
    pub fn asked(&self, gateway: Sha256Hash, asked: Asked) {
        self.gateways.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(gateway, asked);
    }

    /// What leads from a snapshot that a gateway holds to the newest, as deltas each with its length before it; nothing where it
    /// holds none of the last.
    #[must_use]
    pub fn deltas_from(&self, known: ((u64, u64), Moment)) -> Option<Bytes> {
        let ((epoch, sequence), issued_at) = known;
        let deltas = self.deltas.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        deltas.from((sequence, issued_at)).filter(|_| epoch == self.epoch)
    }

    /// Wakes those who wait for a newer snapshot. Called after a commit.
    pub(crate) fn announce(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

/// The gateways that have asked this process for snapshots, each with what it said last; and the newest version.
///
/// # Errors
/// L-602 without the position.
pub async fn gateways(app: &App, actor: &Actor) -> Result<(u64, Vec<(Sha256Hash, Asked)>), ServiceError> {
    actor.must_see(Duty::Keep)?;
    let seen = app.publication.gateways.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    Ok((directory::version(app.store.read()).await?, seen.into_iter().collect()))
}

/// The snapshot of the newest version.
///
/// # Errors
/// [`ServiceError`].
pub async fn current(app: &App) -> Result<Arc<Published>, ServiceError> {
    at(app, directory::version(app.store.read()).await?).await
}

/// The snapshot of the newest version, which whoever asks has read.
pub(crate) async fn at(app: &App, version: u64) -> Result<Arc<Published>, ServiceError> {
    let now = app.now();
    let publication = &app.publication;
    let held = |version| publication.current.load_full().filter(|published| fresh(published, version, now));
    if let Some(published) = held(version) {
        return Ok(published);
    }
    let _building = publication.building.lock().await;
    // While waiting, another may have built it, the directory may have gone on, and time has.
    let (version, now) = (directory::version(app.store.read()).await?, app.now());
    let held = publication.current.load_full();
    if let Some(published) = held.filter(|published| fresh(published, version, now)) {
        return Ok(published);
    }
    let published = Arc::new(follow(app, version, now).await?);
    publication.current.store(Some(Arc::clone(&published)));
    Ok(published)
}

/// The snapshot that was built last, where it need not be issued anew: there may be a newer version.
pub(crate) fn held(app: &App) -> Option<Arc<Published>> {
    let held = app.publication.current.load_full()?;
    let (_, sequence) = held.snapshot.version();
    fresh(&held, sequence, app.now()).then_some(held)
}

/// The next snapshot: by what changed since the last, or whole.
async fn follow(app: &App, version: u64, now: Moment) -> Result<Published, ServiceError> {
    let publication = &app.publication;
    let deltas = || publication.deltas.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A clock that was set far back, or a database that lost its end, is no next step.
    let follows = |held: &Published| {
        let (_, sequence) = held.snapshot.version();
        sequence <= version
            && held.snapshot.issued_at() <= now.plus_seconds(SET_BACK_SECONDS)
            && held.grown < MOST_GROWN
    };
    let held = publication.current.load_full().filter(|held| follows(held));
    if let Some(held) = held
        && let Some((published, delta)) = next::next(app, &held, version, now).await?
    {
        let sealed = publication.key.seal(&serde_json::to_vec(&delta)?);
        deltas().add(delta.base, sealed.into());
        return Ok(published);
    }
    let rows = directory::rows(app.store.read(), version).await?;
    let beside = Beside::of(app, &rows, now).await?;
    let head = transparency::head(&directory::leaves(app.store.read(), version).await?);
    let content = content_with(rows, beside.clone(), (publication.epoch, version), Some(head), (now, expiry(now)));
    deltas().clear();
    Ok(Published::new(Snapshot::build(content)?, beside, 0))
}

/// Waits until there is a snapshot newer than `known` (epoch and sequence) or issued anew since `issued_at`;
/// `None` when nothing came in `patience`.
///
/// # Errors
/// [`ServiceError`].
pub async fn newer_than(
    app: &App,
    known: Option<((u64, u64), Moment)>,
    patience: Duration,
) -> Result<Option<Arc<Published>>, ServiceError> {
    let mut changed = app.publication.changed.subscribe();
    let wait = async {
        loop {
            let published = current(app).await?;
            let have = (published.snapshot.version(), published.snapshot.issued_at());
            let refreshed = |issued: Moment| issued.plus_seconds(REFRESH_SECONDS) <= have.1;
            if known.is_none_or(|(version, issued)| version < have.0 || refreshed(issued)) {
                return Ok(published);
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, changed.changed()).await;
        }
    };
    match tokio::time::timeout(patience, wait).await {
        Ok(result) => result.map(Some),
        Err(_) => Ok(None),
    }
}

fn fresh(published: &Published, version: u64, now: Moment) -> bool {
    let (_, sequence) = published.snapshot.version();
    let issued_at = published.snapshot.issued_at();
    sequence == version
        && issued_at.plus_seconds(REFRESH_SECONDS) > now
        && issued_at <= now.plus_seconds(SET_BACK_SECONDS)
}
