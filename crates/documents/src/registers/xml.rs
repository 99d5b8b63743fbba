//! The code service's XML (`urn::codeservice`): one `termitementry` an entry, its facts as `attribute` elements.

use super::source::Source;
use super::walk::{Element, Step, Walker};
use super::{FileError, MAX_FIELD_BYTES, Row, Sink};
use liitos_domain::register::RegisterKind;
use std::collections::BTreeMap;
use std::io::Read;

pub(super) fn rows(kind: RegisterKind, source: Source<impl Read>, sink: Sink<'_>) -> Result<(), FileError> {
    let mut walker = Walker::over(source);
    let (mut current, mut attribute) = (None::<Row>, None::<String>);
    let mut seen_system = false;
    loop {
        walker.source().piece();
        let step = walker.step();
        if let Some(error) = walker.source().overlong() {
            return Err(error);
        }
        let line = walker.source().line();
        let broken = |problem: String| FileError::Broken { line, problem };
        match step.map_err(|finding| broken(format!("{}: {}", finding.code, finding.place)))? {
            Step::Open(element) => match element.name.as_str() {
                "termsystem" => {
                    seen_system = true;
                    let id = element.attribute("id").unwrap_or_default();
                    if kind.code_system().is_some_and(|own| !is_version_of(id, own)) {
                        return Err(broken(format!("this is the register {id}, not {kind}")));
                    }
                }
                "termitementry" => current = Some(begin(&element, line)),
                "attribute" if current.is_some() => attribute = element.attribute("type").map(str::to_owned),
                _ => {}
            },
            Step::Text(piece) => {
                if let (Some(row), Some(name)) = (&mut current, &attribute) {
                    let field = row.fields.entry(name.clone()).or_default();
                    field.push_str(piece.trim_matches('\n'));
                    if field.len() > MAX_FIELD_BYTES {
                        return Err(broken("a field is longer than any real one".to_owned()));
                    }
                }
            }
            Step::Close => {
                // The path has already lost the closed element; its depth tells which one it was.
                if attribute.is_some() {
                    attribute = None;
                } else if walker.path().last().is_some_and(|name| name == "termsystem")
                    && let Some(row) = current.take()
                {
                    sink(row, walker.source().position())?;
                }
            }
            Step::Unfinished => {
                return Err(broken("the file ends in the middle; fetch it again".to_owned()));
            }
            Step::End if !seen_system => {
                return Err(broken("expected a code service answer with a termsystem".to_owned()));
            }
            Step::End => return Ok(()),
        }
    }
}

/// A code system's versions stand below its OID: `1.2.246.537.6.202.2008`.
fn is_version_of(id: &str, code_system: &str) -> bool {
    id.strip_prefix(code_system).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn begin(element: &Element, line: u64) -> Row {
    let copied = ["id", "begindate", "expirationdate"];
    let field = |name: &&str| element.attribute(name).map(|text| ((*name).to_owned(), text.to_owned()));
    Row { line, fields: copied.iter().filter_map(field).collect::<BTreeMap<_, _>>(), columns_fit: true, active: true }
}
