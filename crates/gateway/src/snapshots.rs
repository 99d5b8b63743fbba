//! The snapshot held: taken from the backend by long poll, verified, never rolled back, kept on disk for a restart.

use crate::Now;
use crate::backend::Backend;
use crate::kept::{Kept, frames};
use arc_swap::ArcSwapOption;
use liitos_domain::Sha256Hash;
use liitos_domain::directory::{Delta, Snapshot, SnapshotContent};
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
    file: Kept,
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
    #[error(transparent)]
    Delta(#[from] liitos_domain::directory::DeltaError),
    #[error("deltas end in the middle")]
    Frame,
}

impl SnapshotHolder {
    /// A holder that begins with the last good snapshot on disk and the deltas after it, if that still holds.
    #[must_use]
    pub fn new(verifier: SealVerifier, file: PathBuf, now: Now) -> Self {
        let (current, shown) = (ArcSwapOption::empty(), Mutex::default());
        let file = Kept::at(file);
        let holder = Self { current, verifier, file, now, shown, rewritten: AtomicBool::new(false) };
        if let Ok(sealed) = holder.file.whole() {
            match holder.restored(&sealed) {
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

    /// What was kept: a whole one, which may have expired, and what led on from it.
    fn restored(&self, sealed: &[u8]) -> Result<Arc<Snapshot>, NotTaken> {
        let mut held = self.whole(sealed)?;
        for sealed in self.file.deltas() {
            // Those before the whole one follow another, and are passed over.
            if let Ok(next) = self.delta(&sealed).and_then(|delta| Ok(held.with(&delta)?)) {
                held = next;
            }
        }
        self.accept(held)
    }

    /// Takes a sealed snapshot if it holds and is not older than the one held.
    fn take(&self, sealed: &[u8]) -> Result<Arc<Snapshot>, NotTaken> {
        self.accept(self.whole(sealed)?)
    }

    /// Takes sealed deltas, each with its length before it, that lead on from the snapshot held.
    fn take_deltas(&self, framed: &[u8]) -> Result<Arc<Snapshot>, NotTaken> {
        let held = self.current().ok_or(NotTaken::Frame)?;
        let (sealed, rest) = frames(framed);
        let mut next: Option<Snapshot> = None;
        for sealed in sealed {
            let delta = self.delta(sealed)?;
            next = Some(next.as_ref().unwrap_or(&held).with(&delta)?);
        }
        self.accept(next.filter(|_| rest.is_empty()).ok_or(NotTaken::Frame)?)
    }

    fn whole(&self, sealed: &[u8]) -> Result<Snapshot, NotTaken> {
        let content: SnapshotContent = serde_json::from_slice(self.verifier.open(sealed)?)?;
        Ok(Snapshot::build(content)?)
    }

    fn delta(&self, sealed: &[u8]) -> Result<Delta, NotTaken> {
        Ok(serde_json::from_slice(self.verifier.open(sealed)?)?)
    }

    fn accept(&self, next: Snapshot) -> Result<Arc<Snapshot>, NotTaken> {
        let next = Arc::new(next);
        let held = self.current();
        // Against itself when nothing is held: then only the expiry counts.
        held.as_deref().unwrap_or(&next).may_be_replaced_by(&next, (self.now)())?;
        self.current.store(Some(Arc::clone(&next)));
        Ok(next)
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
        let held = self.current();
        let known = held.map_or(String::new(), |held| {
            let (epoch, sequence) = held.version();
            format!("?epoch={epoch}&sequence={sequence}&issued_at={}", held.issued_at().as_micros())
        });
        if self.file.wants_whole() {
            // The next one, and not this one again: nobody gains by what could not be kept before.
            return self.poll_whole(backend, &known).await;
        }
        if !known.is_empty() {
            let path = format!("/directory/deltas{known}");
            let (status, framed) = backend.get(&path, MAX_SNAPSHOT_BYTES, POLL_PATIENCE).await?;
            match status {
                204 => return Ok(()),
                200 => match self.take_deltas(&framed) {
                    Ok(taken) => {
                        tracing::info!(version = ?taken.version(), rights = taken.rights(), "deltas taken");
                        self.file.add(&framed).map_err(|error| format!("snapshot file: {error}"))?;
                        return self.show(backend, &taken).await;
                    }
                    Err(error) => tracing::error!(%error, "deltas were not taken; a whole snapshot is asked for"),
                },
                // A publisher that knows no deltas: it has a newer one, or waits for it.
                404 => return self.poll_whole(backend, &known).await,
                409 => {}
                status => return Err(format!("the directory answered {status}")),
            }
        }
        self.poll_whole(backend, "").await
    }

    /// Asks for a whole snapshot newer than the one known.
    async fn poll_whole(&self, backend: &Backend, known: &str) -> Result<(), String> {
        let path = format!("/directory/snapshot{known}");
        let (status, sealed) = backend.get(&path, MAX_SNAPSHOT_BYTES, POLL_PATIENCE).await?;
        match status {
            204 => Ok(()),
            200 => {
                let taken = self.take(&sealed).map_err(|error| error.to_string())?;
                tracing::info!(version = ?taken.version(), rights = taken.rights(), "snapshot taken");
                self.file.keep(&sealed).map_err(|error| format!("snapshot file: {error}"))?;
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
    fn deltas_lead_on_and_survive_a_restart() {
        let key = SealingKey::from_seed(&[1; 32]).unwrap();
        let folder = std::env::temp_dir().join(format!("liitos-deltas-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("snapshot");
        let at = |seconds: i64| -> Now { Arc::new(move || Moment::from_seconds(seconds)) };
        let holder = SnapshotHolder::new(key.verifier(), file.clone(), at(100));
        let sent = |sequence: u64, issued: i64, expires: i64| {
            let mut sent: SnapshotContent = serde_json::from_slice(&content(sequence, expires)).unwrap();
            sent.issued_at = Moment::from_seconds(issued);
            sent
        };
        let framed = |before: &SnapshotContent, after: &SnapshotContent| {
            let sealed = key.seal(&serde_json::to_vec(&Delta::between(before, after).unwrap()).unwrap());
            [&u32::try_from(sealed.len()).unwrap().to_be_bytes()[..], &sealed].concat()
        };
        let steps = [sent(1, 0, 200), sent(2, 50, 200), sent(3, 60, 300), sent(3, 90, 400)];
        let whole = key.seal(&serde_json::to_vec(&steps[0]).unwrap());
        holder.take(&whole).unwrap();
        holder.file.keep(&whole).unwrap();
        let all: Vec<Vec<u8>> = steps.windows(2).map(|pair| framed(&pair[0], &pair[1])).collect();
        for wrong in [&all[1], &all[0][..20].to_vec(), &[all[0].clone(), b"x".to_vec()].concat(), &vec![]] {
            assert!(holder.take_deltas(wrong).is_err());
        }
        let stranger = SealingKey::from_seed(&[2; 32]).unwrap();
        let sealed = stranger.seal(&serde_json::to_vec(&Delta::between(&steps[0], &steps[1]).unwrap()).unwrap());
        let foreign = [&u32::try_from(sealed.len()).unwrap().to_be_bytes()[..], &sealed].concat();
        assert!(matches!(holder.take_deltas(&foreign), Err(NotTaken::Seal(_))));
        assert_eq!(holder.current().unwrap().version(), (1, 1), "nothing of what was refused stays");
        holder.take_deltas(&all[0]).unwrap();
        holder.file.add(&all[0]).unwrap();
        let rest = all[1..].concat();
        assert_eq!(holder.take_deltas(&rest).unwrap().issued_at(), Moment::from_seconds(90));
        holder.file.add(&rest).unwrap();
        // A restart long after: the whole one has expired, and what led on from it has not. A half-written end is passed over, and
        // what comes after it is read again.
        let mut torn = std::fs::OpenOptions::new().append(true).open(file.with_extension("deltas")).unwrap();
        std::io::Write::write_all(&mut torn, &all[0][..9]).unwrap();
        let restarted = SnapshotHolder::new(key.verifier(), file.clone(), at(350));
        let held = restarted.current().unwrap();
        assert_eq!((held.version(), held.issued_at()), ((1, 3), Moment::from_seconds(90)));
        let further = framed(&steps[3], &sent(4, 95, 500));
        restarted.take_deltas(&further).unwrap();
        restarted.file.add(&further).unwrap();
        assert_eq!(SnapshotHolder::new(key.verifier(), file.clone(), at(450)).current().unwrap().version(), (1, 4));
        // A new whole one: the deltas before it are gone, or do not matter.
        let stale = std::fs::read(file.with_extension("deltas")).unwrap();
        restarted.file.keep(&key.seal(&serde_json::to_vec(&sent(9, 100, 600)).unwrap())).unwrap();
        std::fs::write(file.with_extension("deltas"), stale).unwrap();
        assert_eq!(SnapshotHolder::new(key.verifier(), file, at(450)).current().unwrap().version(), (1, 9));
        std::fs::remove_dir_all(folder).unwrap();
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
        holder.file.keep(&key.seal(&content(7, 200))).unwrap();
        let restarted = SnapshotHolder::new(key.verifier(), file.clone(), Arc::clone(&now));
        assert_eq!(restarted.current().unwrap().version(), (1, 7));
        std::fs::write(&file, &key.seal(&content(8, 200))[..50]).unwrap();
        assert!(SnapshotHolder::new(key.verifier(), file, now).current().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
