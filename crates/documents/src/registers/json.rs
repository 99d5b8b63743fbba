//! The code service's JSON: pages of `conceptCodes`, kept one after another in a file or as a list of pages.

use super::source::Source;
use super::{FileError, MAX_FIELD_BYTES, MAX_PAGE_BYTES, Row, Sink};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, Read};

/// Most pages taken: a national register has about 150 of 500 entries.
const MAX_PAGES: u64 = 20_000;
/// What an answer that was cut off is told.
const ENDS: &str = "the file ends in the middle; fetch it again";

/// The names that XML writes in small letters.
const XML_NAMES: [&str; 10] = [
    "longname",
    "abbreviation",
    "hierarchylevel",
    "parentid",
    "officepostaddress",
    "officestreetaddress",
    "postnumber",
    "postoffice",
    "officetelephone",
    "description",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    concept_codes: Vec<Concept>,
    page: u64,
    total_items: u64,
    total_pages: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Concept {
    concept_code_id: String,
    status: Status,
    begin_date: String,
    expiration_date: Option<String>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    attribute_name: String,
    #[serde(default)]
    attribute_value: Vec<Option<String>>,
}

/// Only what is active is an entry: a proposal is none yet, and what was deleted is none any more.
#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Active,
    Proposal,
    Deleted,
}

/// What the pages promise together, and what has come of it.
#[derive(Default)]
struct Answer {
    /// Entries and pages promised by the first page.
    promised: Option<(u64, u64)>,
    numbers: BTreeSet<u64>,
    pages: u64,
    items: u64,
}

impl Answer {
    fn add(&mut self, page: &Page) -> Result<(), String> {
        let promised = (page.total_items, page.total_pages);
        if *self.promised.get_or_insert(promised) != promised {
            return Err("the pages are of different answers; fetch them again".to_owned());
        }
        self.pages += 1;
        if self.pages > MAX_PAGES {
            return Err(format!("more than {MAX_PAGES} pages"));
        }
        self.items += page.concept_codes.len() as u64;
        self.numbers.insert(page.page);
        Ok(())
    }

    /// Every page must be there, and nothing twice.
    fn whole(&self) -> Result<(), String> {
        let Some((items, pages)) = self.promised else {
            return Err("expected pages of conceptCodes".to_owned());
        };
        if let Some(number) = (1..=pages.min(MAX_PAGES)).find(|number| !self.numbers.contains(number)) {
            return Err(format!("page {number} of {pages} is missing; fetch it again"));
        }
        // An answer without any entry has no page to number.
        if (self.items, self.pages) != (items, pages.max(1)) {
            let (have, on) = (self.items, self.pages);
            return Err(format!("{have} entries on {on} pages, but {items} on {} were promised", pages.max(1)));
        }
        Ok(())
    }
}

/// The rows of all pages; their "line" is their number among all. Every page must be there.
pub(super) fn rows(mut source: Source<impl Read>, sink: Sink<'_>) -> Result<(), FileError> {
    source.longest(MAX_PAGE_BYTES);
    let lost = |error: std::io::Error| FileError::Source(error.to_string());
    let listed = source.first().map_err(lost)? == Some(b'[');
    if listed {
        source.consume(1);
    }
    let (mut answer, mut number) = (Answer::default(), 0);
    loop {
        let line = source.line();
        let broken = |problem: String| FileError::Broken { line, problem };
        source.piece();
        match (source.first().map_err(lost)?, listed, answer.pages) {
            (None, true, _) => return Err(broken(ENDS.to_owned())),
            (None, false, _) => break,
            (Some(b']'), true, _) => {
                source.consume(1);
                match source.first().map_err(lost)? {
                    None => break,
                    Some(_) => return Err(broken("expected nothing after the list of pages".to_owned())),
                }
            }
            (Some(b','), true, 1..) => source.consume(1),
            (Some(_), true, 1..) => return Err(broken("expected a comma between pages".to_owned())),
            _ => {}
        }
        // The next page alone is read: what follows it stays in the source.
        let page = serde_json::Deserializer::from_reader(&mut source).into_iter::<Page>().next();
        if let Some(error) = source.overlong() {
            return Err(error);
        }
        let page = page.unwrap_or_else(|| Err(serde::de::Error::custom(ENDS))).map_err(|error| {
            let at = line + (error.line() as u64).saturating_sub(1);
            let problem = if error.is_eof() { ENDS.to_owned() } else { error.to_string() };
            FileError::Broken { line: at, problem }
        })?;
        answer.add(&page).map_err(broken)?;
        for concept in page.concept_codes {
            number += 1;
            sink(row(concept, number)?, source.position())?;
        }
    }
    answer.whole().map_err(|problem| FileError::Broken { line: 1, problem })
}

/// How many pages the answer has that a page belongs to; at most so many as are read.
///
/// # Errors
/// [`FileError`] when it is no page.
pub fn promised_pages(page: &[u8]) -> Result<u64, FileError> {
    let page: Page = serde_json::from_slice(page)
        .map_err(|error| FileError::Broken { line: error.line() as u64, problem: error.to_string() })?;
    Ok(page.total_pages.min(MAX_PAGES))
}

fn row(concept: Concept, number: u64) -> Result<Row, FileError> {
    let active = concept.status == Status::Active;
    let mut fields = BTreeMap::from([("id".to_owned(), concept.concept_code_id)]);
    fields.insert("begindate".to_owned(), concept.begin_date);
    fields.extend(concept.expiration_date.map(|date| ("expirationdate".to_owned(), date)));
    for Attribute { attribute_name, attribute_value } in concept.attributes {
        let known = XML_NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(&attribute_name));
        let value = attribute_value.into_iter().flatten().collect::<Vec<_>>().join("; ");
        fields.insert(known.map_or(attribute_name, str::to_owned), value.trim().to_owned());
    }
    if fields.iter().any(|(name, value)| name.len() > MAX_FIELD_BYTES || value.len() > MAX_FIELD_BYTES) {
        let problem = format!("entry {number}: a field is longer than any real one");
        return Err(FileError::Broken { line: 1, problem });
    }
    Ok(Row { line: number, fields, columns_fit: true, active })
}
