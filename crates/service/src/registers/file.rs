//! A register file on its way in: read in a thread of its own, row by row, in the memory of a few hundred rows.

use crate::ServiceError;
use liitos_documents::registers::{FileError, Judged, Seen, Stopped, read, survey};
use liitos_domain::register::{Extent, RegisterKind};
use liitos_domain::{Moment, RefusalCode, Sha256Hash, Sha256Stream};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Rows handed over together.
const BATCH: usize = 1_000;
/// Batches that may wait for the database.
const WAITING: usize = 4;

/// A register file to take.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name, for the report.
    pub name: String,
    /// Where its bytes are.
    pub content: Content,
    /// The whole register, or what changed of it.
    pub extent: Extent,
    /// When the source was asked for it, if the product fetched it itself.
    pub asked_at: Option<Moment>,
    /// Whether it may end more of the register than a file usually does.
    pub may_shrink: bool,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file.
    Path(PathBuf),
}

impl File {
    /// A whole register's file in memory that ends no more than usual.
    #[must_use]
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        Self::of(name, Content::Bytes(bytes.into()))
    }

    /// The same of a file on disk.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self::of(&name, Content::Path(path))
    }

    fn of(name: &str, content: Content) -> Self {
        Self { name: name.to_owned(), content, extent: Extent::Whole, asked_at: None, may_shrink: false }
    }

    /// Begins to read.
    pub(super) fn begin(&self, kind: RegisterKind) -> Rows {
        let (give, batches) = mpsc::channel(WAITING);
        let content = self.content.clone();
        let reading = tokio::task::spawn_blocking(move || carry_out(kind, &content, &give));
        Rows { name: self.name.clone(), batches, reading }
    }
}

/// Rows that belong together on their way, and how much of the file they reach to.
pub(super) struct Batch {
    pub(super) rows: Vec<Judged>,
    pub(super) done: u64,
    pub(super) total: u64,
}

/// The rows of a file, as they come.
pub(super) struct Rows {
    name: String,
    batches: mpsc::Receiver<Batch>,
    reading: JoinHandle<Result<(Seen, Sha256Hash), FileError>>,
}

impl Rows {
    /// The next rows; `None` when there are no more, and then [`Rows::end`] tells whether the file was whole.
    pub(super) async fn next(&mut self) -> Option<Batch> {
        self.batches.recv().await
    }

    /// What the file has said in all, and its hash.
    pub(super) async fn end(self) -> Result<(Seen, Sha256Hash), ServiceError> {
        drop(self.batches);
        let name = self.name;
        let wrong = |problem: &dyn std::fmt::Display| {
            ServiceError::refused(RefusalCode::RegisterFileUnreadable, format!("{name}: {problem}"))
        };
        match self.reading.await {
            Ok(read) => read.map_err(|error| wrong(&error)),
            Err(error) => Err(wrong(&error)),
        }
    }
}

fn carry_out(
    kind: RegisterKind,
    content: &Content,
    give: &mpsc::Sender<Batch>,
) -> Result<(Seen, Sha256Hash), FileError> {
    let total = survey(open(content)?)?;
    let mut source = Hashing { inner: open(content)?, hash: Sha256Stream::default() };
    let mut batch = Vec::with_capacity(BATCH);
    let mut reached = 0;
    let hand_over =
        |rows: Vec<Judged>, done| give.blocking_send(Batch { rows, done, total: total.bytes() }).map_err(|_| Stopped);
    let seen = read(kind, &mut source, &total, &mut |row, done| {
        batch.push(row);
        reached = done;
        if batch.len() < BATCH {
            Ok(())
        } else {
            hand_over(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)), done)
        }
    })?;
    hand_over(batch, reached)?;
    std::io::copy(&mut source, &mut std::io::sink()).map_err(|error| FileError::Source(error.to_string()))?;
    Ok((seen, source.hash.end()))
}

fn open(content: &Content) -> Result<Box<dyn Read + '_>, FileError> {
    Ok(match content {
        Content::Bytes(bytes) => Box::new(&**bytes),
        Content::Path(path) => {
            Box::new(std::fs::File::open(path).map_err(|error| FileError::Source(error.to_string()))?)
        }
    })
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Sha256Stream,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.add(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
