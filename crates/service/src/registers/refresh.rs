//! Keeps registers up to date from where they are published: what changed each night, all of it once a week.

use super::file::{Content, File};
use super::import::{ImportReport, import};
use crate::ports::{RegisterSource, SourceError};
use crate::{App, ServiceError};
use liitos_documents::registers::promised_pages;
use liitos_domain::register::{Extent, RegisterKind};
use liitos_domain::{Moment, RefusalCode};
use liitos_store::registers;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A source's clock may differ from ours, and a page may be older than its answer: so much is asked for again.
const OVERLAP_SECONDS: i64 = 86_400;
/// After so long all of a register is asked for, in case a change was never told.
const WHOLE_AFTER_SECONDS: i64 = 7 * 86_400 - 3_600;
/// An answer whose pages changed while they were fetched is fetched again so often.
const ANSWERS: usize = 3;

/// The registers that were not asked for since `scheduled`, each with whether its source can tell what changed.
///
/// # Errors
/// [`ServiceError`].
pub async fn due(app: &App, source: &dyn RegisterSource, scheduled: Moment) -> Result<Vec<RegisterKind>, ServiceError> {
    let mut due = Vec::new();
    for (kind, _) in source.registers() {
        let (last, _) = registers::last_asked(app.store.read(), kind).await?;
        if last.is_none_or(|last| last < scheduled) {
            due.push(kind);
        }
    }
    Ok(due)
}

/// Asks a register's source and takes the answer: what changed since it was asked last, or everything when `whole` is
/// wished, was never taken, or was taken long ago.
///
/// # Errors
/// L-703 when the source does not answer; L-701 and L-702 as for a file that somebody brings. Nothing is changed then.
pub async fn refresh(
    app: &App,
    actor: &str,
    kind: RegisterKind,
    source: &dyn RegisterSource,
    whole: bool,
) -> Result<ImportReport, ServiceError> {
    let unknown =
        || ServiceError::refused(RefusalCode::RegisterSourceSilent, format!("{kind}: no source is configured"));
    let (_, paged) = source.registers().into_iter().find(|(has, _)| *has == kind).ok_or_else(unknown)?;
    let asked_at = app.now();
    let (last, last_whole) = registers::last_asked(app.store.read(), kind).await?;
    let recent = last_whole.is_some_and(|last| last.plus_seconds(WHOLE_AFTER_SECONDS) > asked_at);
    let since = last.filter(|_| paged && recent && !whole).map(|last| last.plus_seconds(-OVERLAP_SECONDS));
    let mut tries = 0;
    loop {
        tries += 1;
        let fetched = Fetched::new(kind, asked_at)?;
        if paged {
            fetch_pages(source, kind, since, &fetched.path).await?;
        } else {
            patiently(source, || source.file(kind, &fetched.path)).await.map_err(|error| silent(kind, &error))?;
        }
        let file = File {
            name: format!("{kind} from its source"),
            content: Content::Path(fetched.path.clone()),
            extent: if since.is_some() { Extent::Delta } else { Extent::Whole },
            asked_at: Some(asked_at),
            may_shrink: false,
        };
        match import(app, actor, kind, file, &mut |_, _| ()).await {
            // The source changed between two pages.
            Err(error) if error.code == RefusalCode::RegisterFileUnreadable && paged && tries < ANSWERS => {
                tracing::warn!(register = %kind, place = %error.place, "the answer was not whole; it is fetched again");
            }
            done => return done,
        }
    }
}

/// A file for what is fetched; it is gone when this is.
struct Fetched {
    path: PathBuf,
}

impl Fetched {
    fn new(kind: RegisterKind, at: Moment) -> Result<Self, ServiceError> {
        /// Two that are fetched at the same moment do not meet.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("liitos-{kind}-{}-{}-{number}", std::process::id(), at.as_micros());
        let path = std::env::temp_dir().join(name);
        // New, so that nobody who may write there can have us write elsewhere.
        let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        made.map_err(|error| silent(kind, &SourceError::Later(format!("{}: {error}", path.display()))))?;
        Ok(Self { path })
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Fetches all pages of an answer into a file. Whether they belong together and all are there is found when they are read.
async fn fetch_pages(
    source: &dyn RegisterSource,
    kind: RegisterKind,
    since: Option<Moment>,
    into: &Path,
) -> Result<(), ServiceError> {
    let lost = |error: std::io::Error| silent(kind, &SourceError::Later(error.to_string()));
    let mut file = std::fs::OpenOptions::new().write(true).open(into).map_err(lost)?;
    let (mut number, mut promised) = (1, 1);
    while number <= promised {
        let page =
            patiently(source, || source.page(kind, number, since)).await.map_err(|error| silent(kind, &error))?;
        if number == 1 {
            promised = promised_pages(&page).map_err(|error| {
                ServiceError::refused(RefusalCode::RegisterFileUnreadable, format!("{kind}: {error}"))
            })?;
        }
        file.write_all(&page).map_err(lost)?;
        number += 1;
    }
    Ok(())
}

/// Tries again after each pause while the source does not answer.
async fn patiently<T, F>(source: &dyn RegisterSource, attempt: impl Fn() -> F) -> Result<T, SourceError>
where
    F: Future<Output = Result<T, SourceError>>,
{
    for pause in source.pauses() {
        match attempt().await {
            Err(SourceError::Later(problem)) => {
                tracing::warn!(problem, "a register's source did not answer; another try follows");
                tokio::time::sleep(*pause).await;
            }
            done => return done,
        }
    }
    attempt().await
}

fn silent(kind: RegisterKind, error: &SourceError) -> ServiceError {
    ServiceError::refused(RefusalCode::RegisterSourceSilent, format!("{kind}: {error}"))
}
