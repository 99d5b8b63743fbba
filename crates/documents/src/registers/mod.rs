//! Register files in the shapes they are published in: code service XML and JSON pages, and semicolon text.
//!
//! Dirt is normal in real registers: what can be kept is kept as it is with a finding beside it, what cannot is
//! refused row by row with its line. Only a file that cannot be read at all is refused whole.

mod json;
mod semicolon;
mod text;
mod xml;

use liitos_domain::identifier::nodes::{Level, level};
use liitos_domain::identifier::{BusinessId, Oid};
use liitos_domain::register::{Entry, Refused, RegisterKind, RowFinding, RowProblem};
use liitos_domain::{Interval, Moment};
use std::collections::{BTreeMap, HashSet};

/// Largest register file taken, in bytes: the SOTE register's XML is about 150 MB.
pub const MAX_FILE_BYTES: usize = 512 * 1024 * 1024;
/// Longest text in one field, in bytes.
pub const MAX_FIELD_BYTES: usize = 16 * 1024;

/// A register file as read.
#[derive(Debug, Default)]
pub struct RegisterFile {
    /// Entries taken, in the file's order.
    pub entries: Vec<Entry>,
    /// The line of each of them.
    pub lines: Vec<u64>,
    /// The rows that were not taken.
    pub refused: Refused,
    /// What was odd or refused, with lines.
    pub findings: Vec<RowFinding>,
    /// Rows seen.
    pub rows: usize,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Over [`MAX_FILE_BYTES`].
    #[error("the file has {0} bytes; at most {MAX_FILE_BYTES} are read")]
    TooLarge(usize),
    /// XML or JSON that is broken or not a code service answer.
    #[error("line {line}: {problem}")]
    Broken {
        /// Line, from 1.
        line: u64,
        /// What is wrong and what was expected.
        problem: String,
    },
}

/// Reads a register file; `progress` is told how many bytes have been read.
///
/// # Errors
/// [`FileError`].
pub fn read(kind: RegisterKind, bytes: &[u8], progress: &mut dyn FnMut(u64)) -> Result<RegisterFile, FileError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FileError::TooLarge(bytes.len()));
    }
    let text = text::decode(bytes);
    let rows = match text.trim_start_matches('\u{feff}').trim_start().bytes().next() {
        Some(b'<') => xml::rows(kind, &text, progress)?,
        Some(b'{' | b'[') => json::rows(&text, progress)?,
        _ => semicolon::rows(&text, progress)?,
    };
    let mut file = RegisterFile { rows: rows.len(), ..RegisterFile::default() };
    let mut seen = HashSet::new();
    for row in rows {
        let line = row.line;
        match take(kind, row, &seen, &mut file.findings) {
            Ok(entry) => {
                seen.insert(entry.id.clone());
                file.entries.push(entry);
                file.lines.push(line);
            }
            Err(Some(id)) => drop(file.refused.ids.insert(id)),
            Err(None) => file.refused.unnamed = true,
        }
    }
    orphans(&mut file);
    file.findings.sort_by_key(|finding| finding.line);
    Ok(file)
}

/// A row before it is judged: fields by the source's names.
struct Row {
    line: u64,
    fields: BTreeMap<String, String>,
    columns_fit: bool,
}

/// The source's names of the fields that every entry has, in the order they are looked for.
const ID: [&str; 3] = ["id", "OID", "Tunniste"];
const NAME: [&str; 3] = ["longname", "Pitkä nimi", "Nimi"];
const BEGIN: [&str; 3] = ["begindate", "Voimassaolo alkaa", "Todistus alkaa"];
const END: [&str; 3] = ["expirationdate", "Voimassaolo päättyy", "Todistus päättyy"];
const PARENT: [&str; 3] = ["parentid", "Ylempi yksikkö", "Toimintayksikkö"];
const BUSINESS_ID: [&str; 2] = ["Y-Tunnus", "Y-tunnus"];
const PHARMACIST_BUSINESS_ID: &str = "ApteekkariYtunnus";

/// The entry of a row; of a refused one the id, if it has any.
fn take(
    kind: RegisterKind,
    mut row: Row,
    seen: &HashSet<String>,
    findings: &mut Vec<RowFinding>,
) -> Result<Entry, Option<String>> {
    let line = row.line;
    let id = take_field(&mut row, &ID);
    let mut odd = Vec::new();
    let mut note = |field: &'static str, problem: RowProblem| {
        odd.push(RowFinding { line, id: id.clone(), field, problem });
    };
    if !row.columns_fit {
        note("row", RowProblem::ColumnCount);
    }
    let name = take_field(&mut row, &NAME);
    match &id {
        None => note("id", RowProblem::Missing),
        Some(id) => {
            if let Some(problem) = id_problem(kind, id) {
                note("id", problem);
            } else if seen.contains(id) {
                note("id", RowProblem::Duplicate);
            }
        }
    }
    match &name {
        None => note("name", RowProblem::Missing),
        Some(name) if name.contains('\u{fffd}') => note("name", RowProblem::LostLetter),
        Some(_) if row.fields.values().any(|text| text.contains('\u{fffd}')) => note("fields", RowProblem::LostLetter),
        Some(_) => {}
    }
    let valid = validity(&mut row).map_err(|(field, problem)| note(field, problem)).ok();
    let parent = take_field(&mut row, &PARENT);
    let business_id = take_field(&mut row, &BUSINESS_ID).or_else(|| take_field(&mut row, &[PHARMACIST_BUSINESS_ID]));
    if let Some(written) = &business_id {
        match BusinessId::parse(written) {
            Err(_) => note("business id", RowProblem::BusinessIdCheck),
            Ok(number) if kind == RegisterKind::Sote && foreign(&number, id.as_deref()) => {
                note("business id", RowProblem::ForeignNumber);
            }
            Ok(_) => {}
        }
    }
    let refused = odd.iter().any(|finding| finding.problem.refuses());
    findings.append(&mut odd);
    row.fields.retain(|_, text| !text.is_empty());
    match (id, name, valid) {
        (Some(id), Some(name), Some(valid)) if !refused => {
            Ok(Entry { id, name, valid, parent, business_id, fields: row.fields })
        }
        (id, _, _) => Err(id),
    }
}

fn take_field(row: &mut Row, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| row.fields.remove(*name)).filter(|text| !text.is_empty())
}

/// Whether an id may stand in a register of this kind.
fn id_problem(kind: RegisterKind, id: &str) -> Option<RowProblem> {
    if kind == RegisterKind::Systems {
        let number = !id.is_empty() && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        return (!number).then_some(RowProblem::BadId);
    }
    let Ok(oid) = Oid::parse(id) else {
        return Some(RowProblem::BadId);
    };
    let level = level(&oid);
    let fits = match kind {
        // Real entries stand at many levels, and old organisations outside the map: dirt is kept. A point, a controller or
        // what another register numbers is never an organisation.
        RegisterKind::Sote => !matches!(
            level,
            Some(Level::AccessPoint | Level::Controller | Level::Professional | Level::Pharmacy | Level::Intermediary)
        ),
        RegisterKind::Professionals => level == Some(Level::Professional),
        RegisterKind::Pharmacies => level == Some(Level::Pharmacy),
        RegisterKind::Intermediaries => level == Some(Level::Intermediary),
        RegisterKind::Controllers => level == Some(Level::Controller),
        RegisterKind::Systems => true,
    };
    (!fits).then_some(RowProblem::WrongLevel)
}

fn validity(row: &mut Row) -> Result<Interval, (&'static str, RowProblem)> {
    let begin = take_field(row, &BEGIN).ok_or(("begin date", RowProblem::Missing))?;
    let from = date(&begin).ok_or(("begin date", RowProblem::BadDate))?;
    let until = match take_field(row, &END) {
        None => None,
        Some(text) => {
            let last = date(&text).ok_or(("end date", RowProblem::BadDate))?;
            // A date is the last valid day, a time the last valid second.
            Some(if text.contains('T') { last.plus_seconds(1) } else { last.next_midnight() })
        }
    };
    if until.is_some_and(|until| until <= from) {
        return Err(("end date", RowProblem::DatesOutOfOrder));
    }
    Ok(Interval::new(from, until))
}

/// `yyyymmdd`, `yyyy-mm-dd` or `yyyy-mm-ddThh:mm:ss…`, nothing else.
fn date(text: &str) -> Option<Moment> {
    let known = text.bytes().all(|b| b.is_ascii_digit() || b"-:T.".contains(&b));
    let begins = text.bytes().take(4).filter(u8::is_ascii_digit).count() == 4;
    (known && begins && matches!(text.len(), 8 | 10 | 19..=32)).then(|| Moment::parse_civil(text)).flatten()
}

/// Whether the Business ID belongs to another organisation than the OID's number.
fn foreign(business_id: &BusinessId, id: Option<&str>) -> bool {
    let own = business_id.sote_oid();
    let id = id.and_then(|id| Oid::parse(id).ok());
    let (Some(own), Some(id)) = (own, id) else {
        return false;
    };
    // Organisations numbered before Business IDs were used carry numbers of other origin.
    let comparable = id.as_str().starts_with("1.2.246.10.");
    comparable && !id.is_at_or_below(&own)
}

/// Entries whose parent is not in the file. Across files this is judged when they are stored.
fn orphans(file: &mut RegisterFile) {
    let ids: HashSet<&str> = file.entries.iter().map(|entry| entry.id.as_str()).collect();
    let orphaned =
        |entry: &Entry| entry.parent.as_deref().is_some_and(|parent| parent != entry.id && !ids.contains(parent));
    let finding = |(entry, line): (&Entry, &u64)| RowFinding {
        line: *line,
        id: Some(entry.id.clone()),
        field: "parent",
        problem: RowProblem::OrphanParent,
    };
    let found: Vec<RowFinding> =
        file.entries.iter().zip(&file.lines).filter(|(entry, _)| orphaned(entry)).map(finding).collect();
    file.findings.extend(found);
}

#[cfg(test)]
mod tests;
