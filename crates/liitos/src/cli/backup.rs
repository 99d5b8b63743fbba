//! `liitos backup`: copies what an installation keeps while it serves. The database first, as it is at one moment, then the bodies that lie
//! outside it: whatever the copied database names was put before.
//!
//! ```text
//! DIR/database/2026-11-28T08:10:00Z.db      a new one each time
//! DIR/bodies/ab/cdef…                       grows: a body never changes
//! ```

use super::operate::WithConfig;
use super::{Ended, print_json};
use crate::adapters::SystemClock;
use crate::config::{Bodies, Config};
use crate::serve::full;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use liitos_domain::Sha256Hash;
use liitos_service::ports::Clock as _;
use liitos_store::Store;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    with: WithConfig,
    /// The folder that holds the copies; the same one each time.
    #[arg(long)]
    into: PathBuf,
}

pub(crate) async fn run(asked: &Backup) -> Ended {
    match backup(asked).await {
        Ok(true) => Ended::Fine,
        Ok(false) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

/// Whether everything that was copied is whole.
async fn backup(asked: &Backup) -> Result<bool, String> {
    let config = Config::load(&asked.with.config).map_err(|error| error.to_string())?;
    let store = Store::connect(&config.database.url).await.map_err(|error| full(&error))?;
    let databases = asked.into.join("database");
    fs::create_dir_all(&databases).map_err(at(&databases))?;
    let file = databases.join(format!("{}.db", SystemClock.now()));
    // Two backups at a time are in each other's way nowhere.
    let part = databases.join(part());
    let copied = store.copy_into(&part).await.map_err(|error| format!("{}: {}", part.display(), full(&error)))?;
    if copied {
        lasting(&part, &file).map_err(at(&file))?;
    }
    let (bodies, whole) = match &config.archive.bodies {
        Some(Bodies::Folder(from)) => folder(from, &asked.into.join("bodies"))?,
        Some(Bodies::S3(s3)) => (json!(format!("{}: by its own means, after the database", s3.bucket)), true),
        None => (json!("in the database"), true),
    };
    let database = if copied { json!(file) } else { json!("by pg_dump, before the bodies are copied") };
    print_json(&json!({ "database": database, "bodies": bodies }))?;
    Ok(whole)
}

/// A name for what is not whole yet, of this process alone.
fn part() -> String {
    format!("part-{}", std::process::id())
}

/// The address that a body's file and its folder name.
fn named(file: &Path) -> String {
    let name = |path: Option<&Path>| path.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    format!("{}{}", name(file.parent()), name(Some(file)))
}

fn at(path: &Path) -> impl Fn(io::Error) -> String + use<'_> {
    move |error| format!("{}: {error}", path.display())
}

/// Gives a copy its name once all of it is on the disk: half a copy is none.
fn lasting(part: &Path, file: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    fs::rename(part, file)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    folder.parent().map_or(Ok(()), |above| File::open(above)?.sync_all())
}

/// Copies the bodies that are not there yet; and whether all of them are whole.
fn folder(from: &Path, into: &Path) -> Result<(Value, bool), String> {
    let style = ProgressStyle::with_template("{spinner} {human_pos} bodies, {per_sec}, {elapsed}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let (mut copied, mut there, mut damaged) = (0u64, 0u64, Vec::new());
    for folder in entries(from)?.into_iter().filter(|path| path.is_dir()) {
        let target = into.join(folder.file_name().unwrap_or_default());
        fs::create_dir_all(&target).map_err(at(&target))?;
        for body in entries(&folder)?.into_iter().filter(|path| is_body(path)) {
            bar.inc(1);
            let file = target.join(body.file_name().unwrap_or_default());
            if file.exists() {
                there += 1;
                continue;
            }
            let bytes = match fs::read(&body) {
                // Swept in between: it belonged to nothing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                read => read.map_err(at(&body))?,
            };
            // Its name says what it should be: a copy of what is damaged would be taken for good.
            if Sha256Hash::of(&bytes).to_string() != named(&file) {
                damaged.push(body);
                continue;
            }
            let part = target.join(part());
            fs::write(&part, bytes).map_err(at(&part))?;
            lasting(&part, &file).map_err(at(&file))?;
            copied += 1;
        }
    }
    bar.finish_and_clear();
    Ok((json!({ "folder": into, "copied": copied, "there": there, "damaged": damaged }), damaged.is_empty()))
}

/// Whether it is no copy that somebody is just writing.
fn is_body(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.bytes().all(|byte| byte.is_ascii_hexdigit()) && !path.is_dir()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let read = fs::read_dir(folder).map_err(at(folder))?;
    read.map(|entry| entry.map(|entry| entry.path()).map_err(at(folder))).collect()
}
