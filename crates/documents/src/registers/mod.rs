//! Register files in the shapes they are published in: code service XML and JSON pages, and semicolon text.
//!
//! ```text
//! bytes ──survey──> encoding ──read──> row by row: entry, findings ──> whoever takes them
//! ```
//!
//! Dirt is normal in real registers: what can be kept is kept as it is with a finding beside it, what cannot is
//! refused row by row with its line. Only a file that cannot be read at all is refused whole. Nothing holds the whole
//! file: a register of a million entries is read in the memory of a small one.

mod json;
mod seen;
mod semicolon;
mod source;
mod text;
pub(crate) mod walk;
mod xml;

pub use json::promised_pages;
pub use seen::Seen;
pub use text::{Survey, survey};

use liitos_domain::identifier::nodes::{Level, level, place};
use liitos_domain::identifier::{BusinessId, Oid};
use liitos_domain::register::{Entry, RegisterKind, RowFinding, RowProblem};
use liitos_domain::{Interval, Moment};
use source::Source;
use std::collections::BTreeMap;
use std::io::Read;

/// Largest register file taken, in bytes: the SOTE register's XML is about 150 MB.
pub const MAX_FILE_BYTES: usize = 1024 * 1024 * 1024;
/// Longest text in one field, in bytes.
pub const MAX_FIELD_BYTES: usize = 16 * 1024;
/// Longest XML event or row of semicolon text, in bytes.
const MAX_PIECE_BYTES: usize = 1024 * 1024;
/// Largest JSON page, in bytes: 500 entries of some kilobytes.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// A row as judged.
#[derive(Debug)]
pub struct Judged {
    /// Its line, from 1; in JSON pages the entry's number among all.
    pub line: u64,
    /// What it says.
    pub said: Said,
    /// What is odd about it, or why it was refused.
    pub findings: Vec<RowFinding>,
}

impl Judged {
    /// The id of an entry that it says something of.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match &self.said {
            Said::Entry(entry) => Some(&entry.id),
            Said::Ended(id) => Some(id),
            Said::Refused(_) => None,
        }
    }
}

/// What a row says.
#[derive(Debug)]
pub enum Said {
    /// An entry as it is now.
    Entry(Box<Entry>),
    /// The entry of this id is none any more, or not yet (status DELETED or PROPOSAL).
    Ended(String),
    /// Nothing that can be taken; of an entry with this id, if even that could be read.
    Refused(Option<String>),
}

/// Takes rows as they come: the row, and how many bytes have been read.
pub type Take<'t> = &'t mut dyn FnMut(Judged, u64) -> Result<(), Stopped>;

/// Whoever took the rows wants no more of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Why a file was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Over [`MAX_FILE_BYTES`].
    #[error("the file has over {0} bytes; at most {MAX_FILE_BYTES} are read")]
    TooLarge(usize),
    /// XML or JSON that is broken or not a code service answer.
    #[error("line {line}: {problem}")]
    Broken {
        /// Line, from 1.
        line: u64,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// The bytes could not be had.
    #[error("{0}")]
    Source(String),
    /// The taker wanted no more.
    #[error("stopped")]
    Stopped,
}

impl From<Stopped> for FileError {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// Reads a surveyed register file and hands over each row, in the file's order.
///
/// # Errors
/// [`FileError`]: rows may have been handed over before it is found, so whoever takes them must be able to forget them.
pub fn read(kind: RegisterKind, source: impl Read, survey: &Survey, take: Take<'_>) -> Result<Seen, FileError> {
    let mut seen = Seen::default();
    let mut source = Source::new(source, survey, MAX_PIECE_BYTES);
    let mut sink = |row: Row, position: u64| take(judged(kind, row, &mut seen), position);
    let lost = |error: std::io::Error| FileError::Source(error.to_string());
    match source.first().map_err(lost)? {
        Some(b'<') => xml::rows(kind, source, &mut sink)?,
        Some(b'{' | b'[') => json::rows(source, &mut sink)?,
        _ => semicolon::rows(source, &mut sink)?,
    }
    Ok(seen)
}

/// The entries of a register file that `wanted` takes; `open` gives its bytes from the beginning, twice.
///
/// # Errors
/// [`FileError`].
pub fn entries<R: Read>(
    kind: RegisterKind,
    open: impl Fn() -> Result<R, FileError>,
    mut wanted: impl FnMut(&Entry) -> bool,
) -> Result<Vec<Entry>, FileError> {
    let mut found = Vec::new();
    read(kind, open()?, &survey(open()?)?, &mut |row, _| {
        if let Said::Entry(entry) = row.said {
            found.extend(wanted(&entry).then_some(*entry));
        }
        Ok(())
    })?;
    Ok(found)
}

/// A row before it is judged: fields by the source's names.
struct Row {
    line: u64,
    fields: BTreeMap<String, String>,
    columns_fit: bool,
    active: bool,
}

/// Takes rows before they are judged.
type Sink<'s> = &'s mut dyn FnMut(Row, u64) -> Result<(), Stopped>;

/// The source's names of the fields that every entry has, in the order they are looked for.
const ID: [&str; 3] = ["id", "OID", "Tunniste"];
const NAME: [&str; 3] = ["longname", "Pitkä nimi", "Nimi"];
const BEGIN: [&str; 3] = ["begindate", "Voimassaolo alkaa", "Todistus alkaa"];
const END: [&str; 3] = ["expirationdate", "Voimassaolo päättyy", "Todistus päättyy"];
const PARENT: [&str; 3] = ["parentid", "Ylempi yksikkö", "Toimintayksikkö"];
const BUSINESS_ID: [&str; 2] = ["Y-Tunnus", "Y-tunnus"];
const PHARMACIST_BUSINESS_ID: &str = "ApteekkariYtunnus";

/// What a row says, and what is odd about it.
fn judged(kind: RegisterKind, mut row: Row, seen: &mut Seen) -> Judged {
    let line = row.line;
    let id = take_field(&mut row, &ID);
    if let Some(id) = id.as_ref().filter(|_| !row.active) {
        return Judged { line, said: Said::Ended(id.clone()), findings: Vec::new() };
    }
    let mut findings = Vec::new();
    let mut note = |field: &'static str, problem: RowProblem| {
        findings.push(RowFinding { line, id: id.clone(), field, problem });
    };
    if !row.columns_fit {
        note("row", RowProblem::ColumnCount);
    }
    let name = take_field(&mut row, &NAME);
    let parent = take_field(&mut row, &PARENT);
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
    if kind == RegisterKind::Sote && out_of_place(id.as_deref(), parent.as_deref()) {
        note("parent", RowProblem::NodeOutOfPlace);
    }
    let refused = findings.iter().any(|finding| finding.problem.refuses());
    row.fields.retain(|_, text| !text.is_empty());
    let said = match (id, name, valid) {
        (Some(id), Some(name), Some(valid)) if !refused => {
            seen.add(&id, parent.as_deref(), line);
            Said::Entry(Box::new(Entry { id, name, valid, parent, business_id, fields: row.fields }))
        }
        (id, _, _) => {
            seen.refuse(id.as_deref());
            Said::Refused(id)
        }
    };
    Judged { line, said, findings }
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

/// Whether an entry stands below one whose number is another organisation's.
fn out_of_place(id: Option<&str>, parent: Option<&str>) -> bool {
    let oid = |text: Option<&str>| Oid::parse(text?).ok();
    let (Some(own), Some(above)) = (oid(id), oid(parent)) else {
        return false;
    };
    let owner = |oid| place(oid).map(|placed| placed.owner);
    matches!((owner(&own), owner(&above)), (Some(own), Some(above)) if own != above)
}

#[cfg(test)]
mod tests;
