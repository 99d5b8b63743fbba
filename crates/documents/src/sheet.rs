//! A sheet as people keep it: CSV (RFC 4180, with comma or semicolon) or XLSX. The first row names the columns.

use calamine::{Data, DataRef, Reader as _, Xlsx};
use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

/// Largest file read, in bytes.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Most that an XLSX file may unpack to, in bytes.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// Most rows, the first not counted.
pub const MAX_ROWS: usize = 2_000;
/// Most columns.
pub const MAX_COLUMNS: usize = 100;
/// Longest cell, in characters.
pub const MAX_CELL: usize = 2_000;

/// A sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// The names of its columns, in small letters.
    pub columns: Vec<String>,
    /// Its rows, each with its line in the file and a cell for each column.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// Why a sheet was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Larger than [`MAX_BYTES`], or unpacking to more than is taken.
    #[error("the file is larger than {MAX_BYTES} bytes, or unpacks to more than {MAX_UNPACKED}")]
    TooLarge,
    /// Neither CSV in UTF-8 nor XLSX.
    #[error("the file is neither CSV in UTF-8 nor XLSX")]
    NotASheet,
    /// No row, or none but the first.
    #[error("the sheet has no rows below its head")]
    Empty,
    /// More than [`MAX_ROWS`] or [`MAX_COLUMNS`], or a cell over [`MAX_CELL`].
    #[error("line {0}: over {MAX_ROWS} rows, {MAX_COLUMNS} columns or {MAX_CELL} characters in a cell")]
    TooMuch(u32),
    /// Two columns of one name.
    #[error("two columns are called {0}")]
    Twice(String),
}

impl Sheet {
    /// Reads a sheet; what it is says its content.
    ///
    /// # Errors
    /// [`SheetError`].
    pub fn read(bytes: &[u8]) -> Result<Self, SheetError> {
        if bytes.len() > MAX_BYTES {
            return Err(SheetError::TooLarge);
        }
        let rows = if bytes.starts_with(b"PK\x03\x04") { xlsx(bytes)? } else { csv(bytes)? };
        let mut rows = rows.into_iter().filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()));
        let (_, head) = rows.next().ok_or(SheetError::Empty)?;
        let mut columns: Vec<String> = head.iter().map(|name| name.to_lowercase()).collect();
        while columns.last().is_some_and(String::is_empty) {
            columns.pop();
        }
        for (at, name) in columns.iter().enumerate() {
            if columns.iter().skip(at + 1).any(|other| other == name) {
                return Err(SheetError::Twice(name.clone()));
            }
        }
        let width = columns.len();
        let rows: Vec<(u32, Vec<String>)> = rows
            .map(|(line, mut cells)| {
                cells.resize(width, String::new());
                (line, cells)
            })
            .collect();
        if rows.is_empty() { Err(SheetError::Empty) } else { Ok(Self { columns, rows }) }
    }

    /// A cell of a row, by its column's name; empty where there is no such column.
    #[must_use]
    pub fn cell<'r>(&self, row: &'r [String], column: &str) -> &'r str {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| row.get(at)).map_or("", String::as_str)
    }
}

type Rows = Vec<(u32, Vec<String>)>;

fn checked(rows: &Rows, line: u32, cells: &[String]) -> Result<(), SheetError> {
    let long = cells.iter().any(|cell| cell.chars().count() > MAX_CELL);
    if rows.len() > MAX_ROWS || cells.len() > MAX_COLUMNS || long {
        return Err(SheetError::TooMuch(line));
    }
    Ok(())
}

fn csv(bytes: &[u8]) -> Result<Rows, SheetError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SheetError::NotASheet)?;
    // One line end, so that lines are counted as editors count them.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    if text.contains('\0') {
        return Err(SheetError::NotASheet);
    }
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| SheetError::NotASheet)?;
        let line = record.position().map_or(0, |at| u32::try_from(at.line()).unwrap_or(u32::MAX));
        let cells: Vec<String> = record.iter().map(|cell| cell.trim().to_owned()).collect();
        checked(&rows, line, &cells)?;
        rows.push((line, cells));
    }
    Ok(rows)
}

fn xlsx(bytes: &[u8]) -> Result<Rows, SheetError> {
    bounded(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| SheetError::NotASheet)?;
    let name = book.sheet_names().first().cloned().ok_or(SheetError::NotASheet)?;
    let mut reader = book.worksheet_cells_reader(&name).map_err(|_| SheetError::NotASheet)?;
    // Cell by cell: a sheet says itself how far it reaches, and two cells may stand a million rows apart.
    let mut found: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    while let Some(read) = reader.next_cell().map_err(|_| SheetError::NotASheet)? {
        let (row, column) = read.get_position();
        let line = row.saturating_add(1);
        let long = match read.get_value() {
            DataRef::SharedString(text) => text.chars().count() > MAX_CELL,
            DataRef::String(text) => text.chars().count() > MAX_CELL,
            _ => false,
        };
        let cells = found.entry(row).or_default();
        if long || cells.len() > MAX_COLUMNS {
            return Err(SheetError::TooMuch(line));
        }
        let text = cell(&read.get_value().clone().into());
        if !text.is_empty() {
            cells.insert(column, text);
        }
        if cells.is_empty() {
            found.remove(&row);
        }
        if found.len() > MAX_ROWS + 1 {
            return Err(SheetError::TooMuch(line));
        }
    }
    let begins = found.values().filter_map(|cells| cells.keys().next()).min().copied().unwrap_or(0);
    let mut rows = Vec::new();
    for (row, cells) in found {
        let mut whole = Vec::new();
        for (column, text) in cells {
            let at = usize::try_from(column - begins).unwrap_or(usize::MAX);
            if at >= MAX_COLUMNS {
                return Err(SheetError::TooMuch(row.saturating_add(1)));
            }
            whole.resize(at, String::new());
            whole.push(text);
        }
        checked(&rows, row.saturating_add(1), &whole)?;
        rows.push((row.saturating_add(1), whole));
    }
    Ok(rows)
}

/// A cell as a person reads it: whole numbers without a point, days without a time.
fn cell(data: &Data) -> String {
    match data {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        Data::DateTime(at) => at.as_f64().trunc().to_string(),
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string().trim().to_owned(),
    }
}

/// Refuses what unpacks to more than is taken, whatever its table of contents says.
fn bounded(bytes: &[u8]) -> Result<(), SheetError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::NotASheet)?;
    let mut left = MAX_UNPACKED;
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(|_| SheetError::NotASheet)?;
        let read = std::io::copy(&mut file.take(left + 1), &mut std::io::sink()).map_err(|_| SheetError::NotASheet)?;
        left = left.checked_sub(read).ok_or(SheetError::TooLarge)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_semicolons() {
        let expected = Sheet {
            columns: vec!["customer".into(), "service".into()],
            rows: vec![(2, vec!["9999902-8".into(), "a, b".into()]), (4, vec!["x".into(), String::new()])],
        };
        let comma = "\u{feff}Customer, Service \r\n9999902-8,\"a, b\"\r\n,\r\nx\r\n";
        assert_eq!(Sheet::read(comma.as_bytes()).unwrap(), expected);
        let semicolon = "Customer;Service\n9999902-8;a, b\n;\nx\n";
        assert_eq!(Sheet::read(semicolon.as_bytes()).unwrap(), expected);
        assert_eq!(expected.cell(&expected.rows[0].1, "service"), "a, b");
        assert_eq!(expected.cell(&expected.rows[0].1, "none"), "");
    }

    #[test]
    fn what_is_no_sheet() {
        let read = |bytes: &[u8]| Sheet::read(bytes).unwrap_err();
        assert_eq!(read(b""), SheetError::Empty);
        assert_eq!(read(b"customer,service\n"), SheetError::Empty);
        assert_eq!(read(b"a,b,A\n1,2,3\n"), SheetError::Twice("a".into()));
        assert_eq!(read(b"\xff\xfe"), SheetError::NotASheet);
        assert_eq!(read(b"a\0b"), SheetError::NotASheet);
        assert_eq!(read(b"PK\x03\x04rest"), SheetError::NotASheet);
        assert_eq!(read(&vec![b'a'; MAX_BYTES + 1]), SheetError::TooLarge);
        let wide = format!("{}\n1\n", "c,".repeat(MAX_COLUMNS + 1));
        assert_eq!(read(wide.as_bytes()), SheetError::TooMuch(1));
        let long = format!("a\n{}\n", "x".repeat(MAX_CELL + 1));
        assert_eq!(read(long.as_bytes()), SheetError::TooMuch(2));
        let many = format!("a\n{}", "x\n".repeat(MAX_ROWS + 1));
        assert!(matches!(read(many.as_bytes()), SheetError::TooMuch(_)));
    }

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        use std::io::Write as _;
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, body) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(body).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// A workbook with one sheet of these rows.
    fn workbook(rows: &str) -> Vec<u8> {
        let sheet = format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        );
        packed(&[
            ("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
            ("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
            ("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
            ("xl/workbook.xml", br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>"#),
            ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ])
    }

    #[test]
    fn cells_a_million_rows_apart() {
        let far = r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#;
        assert_eq!(Sheet::read(&workbook(far)).unwrap_err(), SheetError::TooMuch(1_048_576));
        let empty_between = r#"<row r="3"><c r="B3" t="str"><v>a</v></c></row><row r="9"><c r="B9"><v>2</v></c></row>"#;
        let expected = Sheet { columns: vec!["a".into()], rows: vec![(9, vec!["2".into()])] };
        assert_eq!(Sheet::read(&workbook(empty_between)).unwrap(), expected);
    }

    #[test]
    fn a_workbook() {
        let book = workbook(
            r#"<row r="1"><c r="A1" t="inlineStr"><is><t>Customer</t></is></c><c r="B1" t="inlineStr"><is><t>archivist_card</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>9999902-8</t></is></c><c r="B2"><v>90000000001</v></c></row>"#,
        );
        let sheet = Sheet::read(&book).unwrap();
        assert_eq!(sheet.columns, ["customer", "archivist_card"]);
        assert_eq!(sheet.rows, [(2, vec!["9999902-8".to_owned(), "90000000001".to_owned()])]);
        // Cut or damaged, it is refused and nothing worse.
        for end in (0..book.len()).step_by(7) {
            let _ = Sheet::read(&book[..end]);
        }
        let bomb = packed(&[("xl/workbook.xml", &vec![0; usize::try_from(MAX_UNPACKED).unwrap() + 1])]);
        assert!(bomb.len() < MAX_BYTES);
        assert_eq!(Sheet::read(&bomb), Err(SheetError::TooLarge));
    }
}
