//! The code service's JSON: pages of `conceptCodes`, kept one after another in a file or as a list of pages.

use super::{FileError, MAX_FIELD_BYTES, Row};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most pages taken: a national register has about 150 of 500 entries.
const MAX_PAGES: usize = 20_000;

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

/// The rows of all pages; their "line" is their number among all. Every page must be there.
pub(super) fn rows(text: &str, progress: &mut dyn FnMut(u64)) -> Result<Vec<Row>, FileError> {
    let pages = pages(text, progress)?;
    let wrong = |problem: String| FileError::Broken { line: 1, problem };
    let (Some(first), count) = (pages.first(), pages.len() as u64) else {
        return Err(wrong("expected pages of conceptCodes".to_owned()));
    };
    if pages.iter().any(|page| (page.total_pages, page.total_items) != (first.total_pages, first.total_items)) {
        return Err(wrong("the pages are of different answers; fetch them again".to_owned()));
    }
    let numbers: BTreeSet<u64> = pages.iter().map(|page| page.page).collect();
    let missing = (1..=first.total_pages).take(MAX_PAGES).find(|number| !numbers.contains(number));
    if let Some(number) = missing {
        return Err(wrong(format!("page {number} of {} is missing; fetch it again", first.total_pages)));
    }
    let items = pages.iter().map(|page| page.concept_codes.len() as u64).sum::<u64>();
    // An answer without any entry has no page to number.
    if (count, items) != (first.total_pages.max(1), first.total_items) {
        let told = (first.total_items, first.total_pages.max(1));
        return Err(wrong(format!("{items} entries on {count} pages, but {} on {} were promised", told.0, told.1)));
    }
    let concepts = pages.into_iter().flat_map(|page| page.concept_codes);
    let active = concepts.zip(1..).filter(|(concept, _)| concept.status == Status::Active);
    active.map(|(concept, number)| row(concept, number)).collect()
}

fn pages(text: &str, progress: &mut dyn FnMut(u64)) -> Result<Vec<Page>, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    let broken = |error: serde_json::Error| FileError::Broken {
        line: error.line() as u64,
        problem: if error.is_eof() { "the file ends in the middle; fetch it again".into() } else { error.to_string() },
    };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(broken);
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Page>();
    let mut pages = Vec::new();
    while let Some(page) = stream.next() {
        pages.push(page.map_err(broken)?);
        progress(stream.byte_offset() as u64);
        if pages.len() > MAX_PAGES {
            return Err(FileError::Broken { line: 1, problem: format!("more than {MAX_PAGES} pages") });
        }
    }
    Ok(pages)
}

fn row(concept: Concept, number: u64) -> Result<Row, FileError> {
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
    Ok(Row { line: number, fields, columns_fit: true })
}
