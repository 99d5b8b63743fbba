//! Takes a register file: an update that keeps history, in one transaction, with a report by line and a notice to each
//! joiner that rests on what changed.

use super::file::{Batch, File};
use super::touched::tell;
use crate::directory::change;
use crate::{App, ServiceError};
use liitos_documents::registers::{Judged, Said, Seen};
use liitos_domain::directory::{Basis, Effect};
use liitos_domain::register::{Difference, Entry, Extent, RegisterKind, RowFinding, RowProblem, differences, shrinks};
use liitos_domain::{Moment, RefusalCode};
use liitos_store::registers::{self, ImportCounts, ImportOrigin};
use liitos_store::{Lock, Transaction, audit, directory};
use std::collections::BTreeSet;

/// Changes and findings told one by one; the counts tell of all.
const TOLD: usize = 10_000;
/// So many changes change what the database knows of a register's size.
const MANY: usize = 1_000;
/// So many levels above a changed entry are looked through for circles: ten times what real registers have.
const MAX_LEVELS: usize = 32;
/// Ids looked through together for what is gone.
const PAGE: u64 = 5_000;

/// What an import did.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ImportReport {
    /// Which register.
    pub register: RegisterKind,
    /// Counts.
    #[serde(flatten)]
    pub counts: ImportCounts,
    /// What became of rows that are not as they were, in the file's order; what is gone last. At most 10,000.
    pub changes: Vec<RowChange>,
    /// What was odd or refused, by line. At most 10,000.
    pub findings: Vec<RowFinding>,
}

/// A row that is new or changed, or an entry that is there no more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowChange {
    /// Its line; an entry that is gone has none.
    pub line: Option<u64>,
    /// The entry.
    pub id: String,
    /// `new`, `changed` or `gone`.
    pub change: &'static str,
}

/// How far an import is, for a progress bar: bytes of the file that are stored, of all.
pub type Progress<'p> = &'p mut (dyn FnMut(u64, u64) + Send);

/// Imports a file. `actor` is a person's reference or the name of the program that called.
///
/// # Errors
/// L-701 when the file cannot be read to its end, L-702 when it would end unusually much; nothing is changed then.
pub async fn import(
    app: &App,
    actor: &str,
    kind: RegisterKind,
    file: File,
    progress: Progress<'_>,
) -> Result<ImportReport, ServiceError> {
    let tx = app.store.begin().await?;
    tx.lock(Lock::Directory).await?;
    tx.in_bulk().await?;
    let at = app.now();
    let known = registers::count(tx.connection(), kind).await?;
    let mut import = Import { tx: &tx, kind, at, known, counts: ImportCounts::default(), told: Told::default() };
    let mut rows = file.begin(kind);
    while let Some(Batch { rows, done, total }) = rows.next().await {
        import.take(rows).await?;
        progress(done, total);
    }
    let (mut seen, hash) = rows.end().await?;
    if file.extent == Extent::Whole {
        import.end_missing(&seen).await?;
    }
    let Import { mut counts, told, .. } = import;
    if shrinks(counts.gone as u64, known) && !file.may_shrink {
        let place = format!("{}: {} of {known} entries would end", file.name, counts.gone);
        return Err(ServiceError::refused(RefusalCode::RegisterShrinks, place));
    }
    if counts.added + counts.changed + counts.gone > MANY {
        tx.count_anew("register_entry").await?;
    }
    let changed: Option<Vec<&str>> =
        (file.extent == Extent::Delta).then(|| told.changes.iter().map(|change| change.id.as_str()).collect());
    if let Some(changed) = &changed {
        climb(&tx, kind, changed.iter().map(|id| (*id).to_owned()).collect(), &mut seen).await?;
    }
    let findings = hierarchy(&tx, kind, (told.findings, changed.as_deref()), &seen).await?;
    let touching = told.touching;
    counts.notices = tell(app, &tx, kind, &touching, at).await?;
    let origin = ImportOrigin { name: &file.name, hash, extent: file.extent, asked_at: file.asked_at };
    registers::record_import(&tx, kind, &origin, at, &counts).await?;
    let event = audit::Event {
        actor,
        action: "register.imported",
        subject: kind.code(),
        details: serde_json::to_value(&counts)?,
    };
    audit::record(&tx, &event, at).await?;
    if counts.added + counts.changed + counts.gone > 0 {
        // Units and marks travel in snapshots, so a changed register is a new version of the directory.
        let origin = directory::Origin {
            basis: Basis::RegisterImport(kind),
            author: actor.to_owned(),
            approver: actor.to_owned(),
        };
        let nothing = Effect::default();
        directory::record(&tx, &nothing, &nothing.hash()?, &origin, at).await?;
    }
    change::commit(app, tx).await?;
    Ok(ImportReport { register: kind, counts, changes: told.changes, findings })
}

/// An entry that changed in a way that somebody who rests on it should know.
pub(super) struct Touching {
    pub(super) was: Entry,
    pub(super) differences: Vec<Difference>,
}

/// What is told one by one.
#[derive(Default)]
struct Told {
    changes: Vec<RowChange>,
    findings: Vec<RowFinding>,
    touching: Vec<Touching>,
}

impl Told {
    fn change(&mut self, line: Option<u64>, id: &str, change: &'static str) {
        if self.changes.len() < TOLD {
            self.changes.push(RowChange { line, id: id.to_owned(), change });
        }
    }

    fn touching(&mut self, was: Entry, is: Option<&Entry>) {
        let differences = differences(&was, is);
        if !differences.is_empty() {
            self.touching.push(Touching { was, differences });
        }
    }
}

/// An import on its way.
struct Import<'t> {
    tx: &'t Transaction,
    kind: RegisterKind,
    at: Moment,
    /// Entries known before.
    known: u64,
    counts: ImportCounts,
    told: Told,
}

impl Import<'_> {
    /// Compares rows with what is known, and stores what is new.
    async fn take(&mut self, rows: Vec<Judged>) -> Result<(), ServiceError> {
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.id()).collect();
        let mut known = if self.known == 0 {
            Default::default()
        } else {
            registers::known(self.tx.connection(), self.kind, &ids).await?
        };
        let (mut close, mut open) = (Vec::new(), Vec::new());
        for row in &rows {
            self.counts.rows += 1;
            let room = TOLD.saturating_sub(self.told.findings.len());
            self.told.findings.extend(row.findings.iter().take(room).cloned());
            let was = row.id().and_then(|id| known.remove(id));
            match (&row.said, was) {
                (Said::Entry(is), None) => {
                    self.counts.added += 1;
                    self.told.change(Some(row.line), &is.id, "new");
                    open.push(&**is);
                }
                (Said::Entry(is), Some((_, was))) if was == **is => self.counts.unchanged += 1,
                (Said::Entry(is), Some((key, was))) => {
                    self.counts.changed += 1;
                    self.told.change(Some(row.line), &is.id, "changed");
                    self.told.touching(was, Some(is));
                    close.push(key);
                    open.push(&**is);
                }
                (Said::Ended(id), Some((key, was))) => {
                    self.counts.gone += 1;
                    self.told.change(Some(row.line), id, "gone");
                    self.told.touching(was, None);
                    close.push(key);
                }
                (Said::Ended(_), None) => {}
                (Said::Refused(_), _) => self.counts.refused += 1,
            }
        }
        registers::close(self.tx, &close, self.at).await?;
        registers::open(self.tx, self.kind, &open, self.at).await?;
        Ok(())
    }

    /// Ends what a whole file does not have any more.
    async fn end_missing(&mut self, seen: &Seen) -> Result<(), ServiceError> {
        if self.known == 0 {
            return Ok(());
        }
        let (mut after, mut gone) = (String::new(), Vec::new());
        loop {
            let page = registers::ids_after(self.tx.connection(), self.kind, &after, PAGE).await?;
            let Some((_, last)) = page.last() else { break };
            after.clone_from(last);
            for (key, id) in page {
                match (seen.contains(&id), seen.may_be_refused(&id)) {
                    (true, _) => {}
                    (false, true) => self.counts.kept += 1,
                    (false, false) => gone.push(key),
                }
            }
        }
        self.counts.gone += gone.len();
        for (_, was) in registers::by_keys(self.tx.connection(), &gone).await? {
            self.told.change(None, &was.id, "gone");
            self.told.touching(was, None);
        }
        registers::close(self.tx, &gone, self.at).await?;
        Ok(())
    }
}

/// Looks up, level by level, what stands above the entries that a file of changes names.
async fn climb(
    tx: &Transaction,
    kind: RegisterKind,
    mut ids: Vec<String>,
    seen: &mut Seen,
) -> Result<(), ServiceError> {
    // What the file names stands in `seen` already, but what it leaves unchanged leads on all the same.
    let mut climbed: BTreeSet<String> = ids.iter().cloned().collect();
    for _ in 0..MAX_LEVELS {
        let asked: Vec<&str> = ids.iter().map(String::as_str).collect();
        let known = registers::known(tx.connection(), kind, &asked).await?;
        let entries = || known.values().map(|(_, entry)| entry);
        let above: BTreeSet<&str> = entries().filter_map(|entry| entry.parent.as_deref()).collect();
        let above: Vec<String> = above.into_iter().filter(|id| !climbed.contains(*id)).map(str::to_owned).collect();
        climbed.extend(above.iter().cloned());
        for entry in entries() {
            seen.holds(&entry.id, entry.parent.as_deref());
        }
        ids = above;
        if ids.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Adds what only the whole tells: entries under nobody – of a file of changes, those that changed – and entries above
/// themselves.
async fn hierarchy(
    tx: &Transaction,
    kind: RegisterKind,
    (mut findings, changed): (Vec<RowFinding>, Option<&[&str]>),
    seen: &Seen,
) -> Result<Vec<RowFinding>, ServiceError> {
    let finding = |line, id, problem| RowFinding { line, id, field: "parent", problem };
    let orphans = registers::orphans(tx.connection(), kind, changed, TOLD as u64).await?;
    let new = orphans.into_iter().filter_map(|id| {
        let line = seen.line(&id).filter(|line| *line > 0)?;
        Some(finding(line, Some(id), RowProblem::OrphanParent))
    });
    findings.extend(new);
    findings.extend(seen.cycles().into_iter().take(TOLD).map(|line| finding(line, None, RowProblem::Cycle)));
    findings.sort_by_key(|finding| finding.line);
    findings.truncate(TOLD);
    Ok(findings)
}
