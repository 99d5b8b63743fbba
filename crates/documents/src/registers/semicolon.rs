//! Semicolon text: a heading, then a row a line, as Fimea and others publish.

use super::{FileError, MAX_FIELD_BYTES, Row};
use csv::ReaderBuilder;

pub(super) fn rows(text: &str, progress: &mut dyn FnMut(u64)) -> Result<Vec<Row>, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(text.as_bytes());
    let broken = |line, problem: &str| FileError::Broken { line, problem: problem.to_owned() };
    let heading: Vec<String> = match reader.headers() {
        Ok(record) => record.iter().map(|name| name.trim().to_owned()).collect(),
        Err(_) => {
            return Err(broken(1, "expected a heading line with column names between semicolons"));
        }
    };
    if heading.len() < 2 {
        return Err(broken(1, "expected a heading line with column names between semicolons"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            broken(e.position().map_or(0, csv::Position::line), "the row cannot be read as semicolon text")
        })?;
        let position = record.position();
        let line = position.map_or(0, csv::Position::line);
        if record.iter().any(|field| field.len() > MAX_FIELD_BYTES) {
            return Err(broken(line, "a field is longer than any real one; is a quotation mark missing?"));
        }
        progress(position.map_or(0, csv::Position::byte));
        let fields = heading.iter().cloned().zip(record.iter().map(|text| text.trim().to_owned())).collect();
        rows.push(Row { line, fields, columns_fit: record.len() == heading.len() });
    }
    progress(text.len() as u64);
    Ok(rows)
}
