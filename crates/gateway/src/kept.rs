//! The last good snapshot on disk: a whole one, and beside it the deltas that came since, each with its length before it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of deltas after which a whole snapshot is asked for.
const LONG: u64 = 32 * 1024 * 1024;

/// Where it is.
pub(crate) struct Kept {
    file: PathBuf,
    /// Bytes of whole deltas beside it.
    length: AtomicU64,
    /// Whether something could not be kept: what comes later does not lead on from what is there.
    broken: AtomicBool,
}

impl Kept {
    pub(crate) const fn at(file: PathBuf) -> Self {
        Self { file, length: AtomicU64::new(0), broken: AtomicBool::new(false) }
    }

    fn beside(&self) -> PathBuf {
        self.file.with_extension("deltas")
    }

    /// The whole one.
    pub(crate) fn whole(&self) -> io::Result<Vec<u8>> {
        std::fs::read(&self.file)
    }

    /// The deltas, as far as they were written whole; what was half-written is cut off, so that what follows can be read.
    pub(crate) fn deltas(&self) -> Vec<Vec<u8>> {
        let bytes = std::fs::read(self.beside()).unwrap_or_default();
        let (sealed, torn) = frames(&bytes);
        let whole = (bytes.len() - torn.len()) as u64;
        if !torn.is_empty() {
            let cut = OpenOptions::new().write(true).open(self.beside()).and_then(|file| file.set_len(whole));
            if let Err(error) = cut {
                tracing::error!(%error, "half-written deltas could not be cut off");
            }
        }
        self.length.store(whole, Ordering::Relaxed);
        sealed.into_iter().map(<[u8]>::to_vec).collect()
    }

    /// Keeps a whole one for the next start: written beside and renamed, so that a half-written one is never read. The deltas before
    /// it go; where they stay, because this ends here, they follow another one and are passed over.
    pub(crate) fn keep(&self, sealed: &[u8]) -> io::Result<()> {
        let kept = self.keep_whole(sealed);
        self.broken.store(kept.is_err(), Ordering::Relaxed);
        kept
    }

    fn keep_whole(&self, sealed: &[u8]) -> io::Result<()> {
        let beside = self.file.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(sealed)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.file)?;
        self.length.store(0, Ordering::Relaxed);
        match std::fs::remove_file(self.beside()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Adds deltas.
    pub(crate) fn add(&self, framed: &[u8]) -> io::Result<()> {
        let added = self.append(framed);
        if added.is_err() {
            self.broken.store(true, Ordering::Relaxed);
        }
        added
    }

    fn append(&self, framed: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.beside())?;
        let before = file.metadata()?.len();
        if let Err(error) = file.write_all(framed).and_then(|()| file.sync_data()) {
            // A full disk, say: what was half-written must not stand before what comes later.
            file.set_len(before)?;
            return Err(error);
        }
        self.length.fetch_add(framed.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// Whether a whole one is better than more deltas: there are many, or one is missing.
    pub(crate) fn wants_whole(&self) -> bool {
        self.length.load(Ordering::Relaxed) > LONG || self.broken.load(Ordering::Relaxed)
    }
}

/// What stands in frames, each with its length before it (32 bits, the most significant first), and the rest that is no whole frame.
pub(crate) fn frames(mut bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut framed = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((frame, after)) = rest.split_at_checked(length) else { break };
        framed.push(frame);
        bytes = after;
    }
    (framed, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_kept_asks_for_a_whole_one() {
        let folder = std::env::temp_dir().join(format!("liitos-kept-{}", std::process::id()));
        let kept = Kept::at(folder.join("snapshot"));
        assert!(!kept.wants_whole() && kept.deltas().is_empty());
        // No folder yet: as on a disk that does not take it.
        assert!(kept.add(&[0, 0, 0, 1, 7]).is_err() && kept.wants_whole());
        assert!(kept.keep(b"whole").is_err() && kept.wants_whole());
        std::fs::create_dir_all(&folder).unwrap();
        kept.add(&[0, 0, 0, 1, 7]).unwrap();
        assert!(kept.wants_whole(), "one before it is missing");
        kept.keep(b"whole").unwrap();
        assert!(!kept.wants_whole() && kept.deltas().is_empty());
        kept.add(&[0, 0, 0, 1, 7, 0, 0, 0, 0]).unwrap();
        assert_eq!((kept.deltas(), kept.whole().unwrap()), (vec![vec![7], vec![]], b"whole".to_vec()));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn frames_end_where_their_bytes_do() {
        assert_eq!(frames(&[0, 0, 0, 2, 1, 2, 0, 0, 0, 9, 1]), (vec![&[1, 2][..]], &[0, 0, 0, 9, 1][..]));
        assert_eq!(frames(&[255; 5]), (vec![], &[255; 5][..]));
        assert_eq!(frames(&[]), (vec![], &[][..]));
    }
}
