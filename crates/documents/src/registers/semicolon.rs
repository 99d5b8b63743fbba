//! Semicolon text: a heading, then a row a line, as Fimea and others publish.

use super::source::Source;
use super::{FileError, MAX_FIELD_BYTES, Row, Sink};
use csv::{ReaderBuilder, StringRecord};
use std::io::Read;

pub(super) fn rows(source: Source<impl Read>, sink: Sink<'_>) -> Result<(), FileError> {
    let mut reader = ReaderBuilder::new().delimiter(b';').flexible(true).from_reader(source);
    let broken = |line, problem: &str| FileError::Broken { line, problem: problem.to_owned() };
    let no_heading = || broken(1, "expected a heading line with column names between semicolons");
    let heading: Vec<String> = match reader.headers() {
        Ok(record) => record.iter().map(|name| name.trim().to_owned()).collect(),
        Err(_) => return Err(reader.get_ref().overlong().unwrap_or_else(no_heading)),
    };
    if heading.len() < 2 {
        return Err(no_heading());
    }
    let mut record = StringRecord::new();
    loop {
        reader.get_mut().piece();
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                let line = error.position().map_or_else(|| reader.get_ref().line(), csv::Position::line);
                let told = || broken(line, "the row cannot be read as semicolon text");
                return Err(reader.get_ref().overlong().unwrap_or_else(told));
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.iter().any(|field| field.len() > MAX_FIELD_BYTES) {
            return Err(broken(line, "a field is longer than any real one; is a quotation mark missing?"));
        }
        let fields = heading.iter().cloned().zip(record.iter().map(|text| text.trim().to_owned())).collect();
        let row = Row { line, fields, columns_fit: record.len() == heading.len(), active: true };
        sink(row, reader.get_ref().position())?;
    }
}
