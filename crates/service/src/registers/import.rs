//! Takes a whole register file: an update that keeps history, in one transaction, with a report by line.

use crate::directory::change;
use crate::{App, ServiceError};
use liitos_documents::registers::{FileError, RegisterFile, read};
use liitos_domain::directory::{Basis, Effect};
use liitos_domain::register::{Change, Entry, Plan, RegisterKind, RowFinding, RowProblem, plan_import};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_store::registers::{self, ImportCounts};
use liitos_store::{Lock, audit, directory};
use std::collections::{HashMap, HashSet};

/// What an import did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ImportReport {
    /// Which register.
    pub register: RegisterKind,
    /// Counts.
    #[serde(flatten)]
    pub counts: ImportCounts,
    /// What became of each row that is not as it was, in the file's order; what is gone last.
    pub changes: Vec<RowChange>,
    /// What was odd or refused, by line.
    pub findings: Vec<RowFinding>,
}

/// A row that is new or changed, or an entry that is not in the file any more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowChange {
    /// Its line; an entry that is gone has none.
    pub line: Option<u64>,
    /// The entry.
    pub id: String,
    /// `new`, `changed` or `gone`.
    pub change: &'static str,
}

/// A register file to take.
#[derive(Clone, Copy, Debug)]
pub struct File<'f> {
    /// Its name, for the report.
    pub name: &'f str,
    /// What it holds.
    pub bytes: &'f [u8],
    /// Whether it may end more of the register than a complete file usually does.
    pub may_shrink: bool,
}

impl<'f> File<'f> {
    /// A file that ends no more than usual.
    #[must_use]
    pub const fn new(name: &'f str, bytes: &'f [u8]) -> Self {
        Self { name, bytes, may_shrink: false }
    }
}

/// How far an import is, for a progress bar: a stage and the part of it that is done.
pub type Progress<'p> = &'p mut (dyn FnMut(Stage, u64, u64) + Send);

/// The stages of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading the file, in bytes.
    Reading,
    /// Storing entries.
    Storing,
}

/// Imports a file. `actor` is a person's reference or the name of the program that called.
///
/// # Errors
/// L-701 when the file cannot be read at all, L-702 when it would end unusually much; nothing is changed then.
pub async fn import(
    app: &App,
    actor: &str,
    kind: RegisterKind,
    file: File<'_>,
    progress: Progress<'_>,
) -> Result<ImportReport, ServiceError> {
    let File { name: file_name, bytes, may_shrink } = file;
    let total = bytes.len() as u64;
    let unreadable = |error: FileError| ServiceError {
        code: RefusalCode::RegisterFileUnreadable,
        place: format!("{file_name}: {error}"),
        source: None,
    };
    let mut parsed = read(kind, bytes, &mut |done| progress(Stage::Reading, done, total)).map_err(unreadable)?;
    let tx = app.store.begin().await?;
    tx.lock(Lock::Directory).await?;
    settle_orphans(&tx, kind, &mut parsed).await?;
    let current = registers::all_current(tx.connection(), kind).await?;
    let plan = plan_import(&current, &parsed.entries, &parsed.refused);
    let of = |wanted: fn(&Change<'_>) -> bool| plan.changes.iter().filter(|change| wanted(change)).count();
    let gone = of(|c| matches!(c, Change::Gone(_)));
    if plan.shrinks(current.len()) && !may_shrink {
        let place = format!("{file_name}: {gone} of {} entries would end", current.len());
        return Err(ServiceError::refused(RefusalCode::RegisterShrinks, place));
    }
    let at = app.now();
    let total = plan.changes.len() as u64;
    registers::apply(&tx, kind, &plan, at, |done| progress(Stage::Storing, done as u64, total)).await?;
    let counts = ImportCounts {
        rows: parsed.rows,
        added: of(|c| matches!(c, Change::Added(_))),
        changed: of(|c| matches!(c, Change::Changed(..))),
        gone,
        unchanged: plan.unchanged,
        kept: plan.kept,
        refused: parsed.rows - parsed.entries.len(),
    };
    let hash = Sha256Hash::of(bytes);
    registers::record_import(&tx, kind, (file_name, &hash), at, &counts).await?;
    let event = audit::Event {
        actor,
        action: "register.imported",
        subject: kind.code(),
        details: serde_json::to_value(&counts)?,
    };
    audit::record(&tx, &event, at).await?;
    if total > 0 {
        // Units and marks travel in snapshots, so a changed register is a new version of the directory.
        let origin = directory::Origin {
            basis: Basis::RegisterImport(kind),
            author: actor.to_owned(),
            approver: actor.to_owned(),
        };
        let nothing = Effect::default();
        directory::record(&tx, &nothing, &nothing.hash()?, &origin, at).await?;
    }
    let changes = told(&plan, &current, &parsed);
    change::commit(app, tx).await?;
    Ok(ImportReport { register: kind, counts, changes, findings: parsed.findings })
}

/// The plan as people read it.
fn told(plan: &Plan<'_>, current: &[(i64, Entry)], file: &RegisterFile) -> Vec<RowChange> {
    let lines: HashMap<&str, u64> =
        file.entries.iter().zip(&file.lines).map(|(entry, line)| (entry.id.as_str(), *line)).collect();
    let known: HashMap<i64, &str> = current.iter().map(|(key, entry)| (*key, entry.id.as_str())).collect();
    let row =
        |entry: &Entry, change| RowChange { line: lines.get(entry.id.as_str()).copied(), id: entry.id.clone(), change };
    let told = plan.changes.iter().map(|change| match change {
        Change::Added(entry) => row(entry, "new"),
        Change::Changed(_, entry) => row(entry, "changed"),
        Change::Gone(key) => {
            RowChange { line: None, id: known.get(key).copied().unwrap_or_default().to_owned(), change: "gone" }
        }
    });
    told.collect()
}

/// An entry above may stand in a register though not in this file: what stands there is no orphan's.
async fn settle_orphans(
    tx: &liitos_store::Transaction,
    kind: RegisterKind,
    file: &mut RegisterFile,
) -> Result<(), ServiceError> {
    let orphans: HashSet<String> =
        file.findings.iter().filter(|f| f.problem == RowProblem::OrphanParent).filter_map(|f| f.id.clone()).collect();
    if kind.of_parents() == kind || orphans.is_empty() {
        return Ok(());
    }
    let above = file.entries.iter().filter(|entry| orphans.contains(&entry.id));
    let above: HashMap<String, String> = above.filter_map(|e| Some((e.id.clone(), e.parent.clone()?))).collect();
    let parents: Vec<String> = above.values().cloned().collect();
    let known = registers::existing(tx.connection(), kind.of_parents(), &parents).await?;
    let settled = |id: Option<&String>| id.and_then(|id| above.get(id)).is_some_and(|parent| known.contains(parent));
    file.findings.retain(|f| f.problem != RowProblem::OrphanParent || !settled(f.id.as_ref()));
    Ok(())
}
