//! Snapshots on their way to gateways: built once a version, sealed, and announced the moment a change is committed.

use super::content;
use crate::{Actor, App, ServiceError, StaffRole};
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use liitos_domain::directory::Snapshot;
use liitos_domain::transparency::Head;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::seal::{SealVerifier, SealingKey};
use liitos_store::directory;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// A snapshot is issued anew after so long, though nothing changed, so that gateways' copies do not expire.
const REFRESH_SECONDS: i64 = 3600;
/// How often a waiting request looks into the database by itself: another process may have changed the directory.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// A snapshot with its sealed form.
pub struct Published {
    /// Ready to decide on.
    pub snapshot: Snapshot,
    /// Sealed, as gateways get it.
    pub sealed: Bytes,
}

/// The publisher's state.
pub struct Publication {
    key: SealingKey,
    epoch: u64,
    current: ArcSwapOption<Published>,
    /// Held while a snapshot is built, so that those who wait for the same one build it once.
    building: Mutex<()>,
    changed: watch::Sender<u64>,
    /// The gateways that have asked since this process began: as many as are pinned.
    gateways: std::sync::Mutex<BTreeMap<Sha256Hash, Asked>>,
    /// The log's newest head that was asked for.
    head: std::sync::Mutex<Option<Head>>,
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
            building: Mutex::new(()),
            changed: watch::Sender::new(0),
            head: std::sync::Mutex::default(),
            gateways: std::sync::Mutex::default(),
        }
    }

    /// Raised by hand when a database is restored.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The log's head at a version, if it was asked for before.
    pub(crate) fn head_of(&self, version: u64) -> Option<Head> {
        let kept = *self.head.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        kept.filter(|head| head.size == version)
    }

    /// Remembers a head, and gives it back.
    pub(crate) fn keep_head(&self, head: Head) -> Head {
        *self.head.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(head);
        head
    }

    /// Signs a head of the log.
    pub(crate) fn sign_head(&self, head: &Head, at: Moment) -> Result<String, ServiceError> {
        Ok(self.key.sign_head(&liitos_domain::transparency::signed_bytes(head, at)?))
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
    actor.must_be(StaffRole::Registrar)?;
    let seen = app.publication.gateways.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    Ok((directory::version(app.store.read()).await?, seen.into_iter().collect()))
}

/// The snapshot of the newest version.
///
/// # Errors
/// [`ServiceError`].
pub async fn current(app: &App) -> Result<Arc<Published>, ServiceError> {
    let version = directory::version(app.store.read()).await?;
    let now = app.now();
    let publication = &app.publication;
    let held = |version| publication.current.load_full().filter(|published| fresh(published, version, now));
    if let Some(published) = held(version) {
        return Ok(published);
    }
    let _building = publication.building.lock().await;
    // While waiting, another may have built it, or the directory may have gone on.
    let version = directory::version(app.store.read()).await?;
    if let Some(published) = held(version) {
        return Ok(published);
    }
    let content = content(app, publication.epoch, (version, now), now).await?;
    let sealed = publication.key.seal(&serde_json::to_vec(&content)?).into();
    let published = Arc::new(Published { snapshot: Snapshot::build(content)?, sealed });
    publication.current.store(Some(Arc::clone(&published)));
    Ok(published)
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
    sequence >= version && issued_at.plus_seconds(REFRESH_SECONDS) > now && issued_at <= now
}
