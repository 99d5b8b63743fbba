//! The snapshot held: taken from the backend by long poll, verified, never rolled back, kept on disk for a restart.

use crate::Now;
use crate::backend::Backend;
use arc_swap::ArcSwapOption;
use liitos_domain::Sha256Hash;
use liitos_domain::directory::{Snapshot, SnapshotContent};
use liitos_domain::transparency::{Head, consistent};
use liitos_pki::seal::SealVerifier;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Largest sealed snapshot taken.
const MAX_SNAPSHOT_BYTES: usize = 1024 * 1024 * 1024;
/// Largest proof taken: its hashes grow with the logarithm of the log.
const MAX_PROOF_BYTES: usize = 64 * 1024;
/// How long a poll may take: longer than the backend waits.
const POLL_PATIENCE: Duration = Duration::from_secs(40);
/// Pauses after failures, in milliseconds.
const PAUSES: [u64; 5] = [100, 250, 500, 1000, 3000];

/// Holds the snapshot that calls are decided on.
pub struct SnapshotHolder {
    current: ArcSwapOption<Snapshot>,
    verifier: SealVerifier,
    file: PathBuf,
    now: Now,
    /// The newest head that was shown to begin with those before it.
    shown: Mutex<Option<((u64, u64), Head)>>,
    rewritten: AtomicBool,
}

/// Why a snapshot was not taken.
#[derive(Debug, thiserror::Error)]
enum NotTaken {
    #[error(transparent)]
    Seal(#[from] liitos_pki::seal::SealBroken),
    #[error("the snapshot cannot be read")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Build(#[from] liitos_domain::directory::BuildError),
    #[error(transparent)]
    Order(#[from] liitos_domain::directory::SnapshotError),
}

impl SnapshotHolder {
    /// A holder that begins with the last good snapshot on disk, if there is one that still holds.
    #[must_use]
    pub fn new(verifier: SealVerifier, file: PathBuf, now: Now) -> Self {
        let (current, shown) = (ArcSwapOption::empty(), Mutex::default());
        let holder = Self { current, verifier, file, now, shown, rewritten: AtomicBool::new(false) };
        if let Ok(sealed) = std::fs::read(&holder.file) {
            match holder.take(&sealed) {
                Ok(snapshot) => {
                    let shown = snapshot.head().map(|head| (snapshot.version(), head));
                    *holder.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
                    tracing::info!(version = ?snapshot.version(), "snapshot from disk");
                }
                Err(error) => tracing::warn!(error = %error, "the snapshot on disk is not used"),
            }
        }
        holder
    }

    /// The snapshot held.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Takes a sealed snapshot if it holds and is not older than the one held.
    fn take(&self, sealed: &[u8]) -> Result<Arc<Snapshot>, NotTaken> {
        let content: SnapshotContent = serde_json::from_slice(self.verifier.open(sealed)?)?;
        let next = Arc::new(Snapshot::build(content)?);
        let now = (self.now)();
        let held = self.current();
        // Against itself when nothing is held: then only the expiry counts.
        held.as_deref().unwrap_or(&next).may_be_replaced_by(&next, now)?;
        self.current.store(Some(Arc::clone(&next)));
        Ok(next)
    }

    /// Keeps a sealed snapshot for the next start: written beside and renamed, so that a half-written one is never read.
    fn keep(&self, sealed: &[u8]) -> std::io::Result<()> {
        use std::io::Write as _;
        let beside = self.file.with_extension("new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(sealed)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.file)
    }

    /// Polls the backend for ever.
    pub(crate) async fn follow(self: Arc<Self>, backend: Backend) {
        let mut failures = 0usize;
        loop {
            match self.poll(&backend).await {
                Ok(()) => failures = 0,
                Err(problem) => {
                    let pause = PAUSES.get(failures).or(PAUSES.last()).copied().unwrap_or(1000);
                    if failures == 0 {
                        tracing::warn!(problem, "the directory does not answer; the last snapshot stays in use");
                    }
                    failures += 1;
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
            }
        }
    }

    /// Whether the directory's past was rewritten since this gateway began.
    #[must_use]
    pub fn rewritten(&self) -> bool {
        self.rewritten.load(Ordering::Relaxed)
    }

    /// Asks for the proof that the log of the snapshot taken begins with the one shown before (RFC 6962 2.1.2). A closing does
    /// not wait for it; a past that was rewritten is told loudly and for good.
    async fn show(&self, backend: &Backend, taken: &Snapshot) -> Result<(), String> {
        let Some(head) = taken.head() else { return Ok(()) };
        let before = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let epoch = taken.version().0;
        // After a restored database, which the epoch tells of, another past is what was announced.
        if let Some((_, held)) = before.filter(|((shown, _), held)| *shown == epoch && held.size < head.size) {
            let path = format!("/directory/consistency?from={}&to={}", held.size, head.size);
            let (status, answer) = backend.get(&path, MAX_PROOF_BYTES, POLL_PATIENCE).await?;
            let proof: Vec<Sha256Hash> = match status {
                200 => serde_json::from_slice(&answer).map_err(|error| error.to_string())?,
                status => return Err(format!("the directory does not prove its log: {status}")),
            };
            if !consistent(&held, &head, &proof) {
                self.rewritten.store(true, Ordering::Relaxed);
                tracing::error!(?held, new = ?head, "THE DIRECTORY'S LOG WAS REWRITTEN: compare with other gateways' heads");
            }
        }
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some((taken.version(), head));
        Ok(())
    }

    async fn poll(&self, backend: &Backend) -> Result<(), String> {
        let known = self.current().map_or(String::new(), |held| {
            let (epoch, sequence) = held.version();
            format!("?epoch={epoch}&sequence={sequence}&issued_at={}", held.issued_at().as_micros())
        });
        let path = format!("/directory/snapshot{known}");
        let (status, sealed) = backend.get(&path, MAX_SNAPSHOT_BYTES, POLL_PATIENCE).await?;
        match status {
            204 => Ok(()),
            200 => {
                let taken = self.take(&sealed).map_err(|error| error.to_string())?;
                tracing::info!(version = ?taken.version(), rights = taken.rights(), "snapshot taken");
                self.keep(&sealed).map_err(|error| format!("snapshot file: {error}"))?;
                self.show(backend, &taken).await
            }
            status => Err(format!("the directory answered {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Known;
    use liitos_domain::Moment;
    use liitos_pki::seal::SealingKey;

    fn content(sequence: u64, expires: i64) -> Vec<u8> {
        let content = SnapshotContent {
            epoch: 1,
            sequence,
            issued_at: Moment::from_seconds(0),
            expires_at: Moment::from_seconds(expires),
            joiners: vec![],
            units: vec![],
            tenants: vec![],
            access_points: vec![],
            rights: vec![],
            collection_points: vec![],
            systems: None,
            renewal_marks: None,
            closings: vec![],
            head: None,
        };
        serde_json::to_vec(&content).unwrap()
    }

    #[test]
    fn a_rewritten_log_is_refused() {
        let key = SealingKey::from_seed(&[1; 32]).unwrap();
        let file = std::env::temp_dir().join(format!("liitos-no-snapshot-{}", std::process::id()));
        let holder = SnapshotHolder::new(key.verifier(), file, Arc::new(|| Moment::from_seconds(100)));
        let with = |epoch: u64, sequence: u64, size: u64, root: &[u8]| {
            let mut sent: SnapshotContent = serde_json::from_slice(&content(sequence, 200)).unwrap();
            (sent.epoch, sent.head) = (epoch, Some(Head { size, root: Sha256Hash::of(root) }));
            key.seal(&serde_json::to_vec(&sent).unwrap())
        };
        assert!(holder.take(&with(1, 5, 5, b"a")).is_ok());
        assert!(holder.take(&with(1, 5, 5, b"a")).is_ok(), "issued anew");
        for rewritten in [with(1, 5, 5, b"b"), with(1, 6, 4, b"a"), key.seal(&content(6, 200))] {
            assert!(matches!(holder.take(&rewritten), Err(NotTaken::Order(_))));
        }
        assert!(holder.take(&with(1, 6, 6, b"b")).is_ok());
        assert!(holder.take(&with(2, 1, 1, b"c")).is_ok(), "a restored database, announced by its epoch");
    }

    /// A backend that proves a log with these hashes, whatever it is asked.
    async fn proving(path: &[Sha256Hash]) -> Backend {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let body = serde_json::to_string(path).unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4096]).await;
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Backend::new(
            [(address.as_str(), None)].into_iter(),
            &Known::SameMachine,
            Arc::new(|| Moment::from_seconds(100)),
        )
        .unwrap()
    }

    #[tokio::test]
    async fn a_longer_log_must_begin_with_the_one_that_was_shown() {
        use liitos_domain::transparency::{consistency, head};
        let leaves: Vec<Sha256Hash> = (0u8..9).map(|number| Sha256Hash::of(&[number])).collect();
        let mut other = leaves.clone();
        other[1] = Sha256Hash::of(b"rewritten");
        let with = |leaves: &[Sha256Hash]| {
            let mut sent: SnapshotContent = serde_json::from_slice(&content(leaves.len() as u64, 200)).unwrap();
            sent.head = Some(head(leaves));
            Snapshot::build(sent).unwrap()
        };
        let key = SealingKey::from_seed(&[1; 32]).unwrap();
        for (later, rewritten) in [(&leaves, false), (&other, true)] {
            let file = std::env::temp_dir().join(format!("liitos-no-such-snapshot-{}", std::process::id()));
            let holder = SnapshotHolder::new(key.verifier(), file, Arc::new(|| Moment::from_seconds(100)));
            let backend = proving(&consistency(later, 5).unwrap()).await;
            holder.show(&backend, &with(&leaves[..5])).await.unwrap();
            holder.show(&backend, &with(later)).await.unwrap();
            assert_eq!(holder.rewritten(), rewritten);
        }
    }

    #[test]
    fn rolled_back_foreign_damaged_and_expired_ones_are_refused() {
        let (key, stranger) = (SealingKey::from_seed(&[1; 32]).unwrap(), SealingKey::from_seed(&[2; 32]).unwrap());
        let now: Now = Arc::new(|| Moment::from_seconds(100));
        let folder = std::env::temp_dir().join(format!("liitos-snapshot-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("snapshot");
        let holder = SnapshotHolder::new(key.verifier(), file.clone(), Arc::clone(&now));
        assert!(holder.current().is_none());
        assert!(holder.take(&key.seal(&content(5, 200))).is_ok());
        assert!(matches!(holder.take(&key.seal(&content(4, 200))), Err(NotTaken::Order(_))));
        assert!(matches!(holder.take(&key.seal(&content(6, 100))), Err(NotTaken::Order(_))));
        assert!(matches!(holder.take(&stranger.seal(&content(6, 200))), Err(NotTaken::Seal(_))));
        assert!(matches!(holder.take(&key.seal(b"{}")), Err(NotTaken::Json(_))));
        assert_eq!(holder.current().unwrap().version(), (1, 5));
        holder.keep(&key.seal(&content(7, 200))).unwrap();
        let restarted = SnapshotHolder::new(key.verifier(), file.clone(), Arc::clone(&now));
        assert_eq!(restarted.current().unwrap().version(), (1, 7));
        std::fs::write(&file, &key.seal(&content(8, 200))[..50]).unwrap();
        assert!(SnapshotHolder::new(key.verifier(), file, now).current().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
