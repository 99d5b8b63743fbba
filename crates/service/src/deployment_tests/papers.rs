//! The report of a test as a paper: who tested what, each case with the ids under which the gateway and the archive wrote it down, and the test data.

use super::DeploymentTest;
use crate::names::{Numbers, names};
use crate::{App, ServiceError};
use liitos_documents::paper::{Block, Paper};
use liitos_domain::deployment_test::{Case, Deed, Seen, Stored, Word};
use liitos_domain::{Moment, Oid};
use liitos_texts::Language;
use std::collections::BTreeMap;

/// Most documents that the paper lists; the page lists all.
const MOST_LISTED: usize = 200;

/// What is written down.
pub(super) struct Written<'a> {
    /// The test.
    pub(super) test: &'a DeploymentTest,
    /// What was said of each case, with what it is about.
    pub(super) words: &'a BTreeMap<String, Word>,
    /// The test data.
    pub(super) documents: &'a [(Stored, Moment)],
    /// By what means the person who signs was identified; nothing where a program sends.
    pub(super) means: Option<&'a str>,
}

/// What a case is called: by the program's texts, or by its file's.
#[must_use]
pub fn case_title(case: &Case, language: Language) -> String {
    match &case.title {
        Some([fi, sv, en]) => match language {
            Language::Fi => fi.clone(),
            Language::Sv => sv.clone(),
            Language::En => en.clone(),
        },
        None => language.text(&format!("deployment-case-{}", case.id)),
    }
}

/// What the paper of a language is called.
pub(super) fn file_name(one: &DeploymentTest, language: Language) -> String {
    format!("{}-{}-{}.pdf", language.text("deployment-file"), one.number, language.code())
}

/// The report in a language.
///
/// # Errors
/// [`ServiceError`].
pub(super) async fn paper(
    app: &App,
    written: &Written<'_>,
    language: Language,
    at: Moment,
) -> Result<Paper, ServiceError> {
    let Written { test, words, documents, means } = *written;
    let content = &test.content;
    let mut organisations: std::collections::BTreeSet<Oid> = content.controllers.iter().cloned().collect();
    organisations.insert(test.joiner.clone());
    let numbers = Numbers { organisations, systems: [content.system.as_str()].into(), ..Numbers::default() };
    let names = names(app, &numbers).await?;
    let fact = |key: &str, what: String| Block::Fact(language.text(key), what);
    let all = |oids: &[Oid]| oids.iter().map(|oid| names.beside(oid.as_str())).collect::<Vec<_>>().join(", ");
    let mut blocks = vec![
        fact("deployment-number", test.number.clone()),
        fact("deployment-joiner", names.beside(test.joiner.as_str())),
        fact("deployment-service", language.text(&format!("service-{}", content.service))),
        fact("deployment-stage", language.text(&format!("deployment-stage-{}", content.stage))),
        fact("deployment-system", names.beside(&content.system)),
        fact("deployment-points", content.points.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        fact("deployment-controllers", all(&content.controllers)),
        fact("deployment-persons", content.persons.join(", ")),
        fact("deployment-begun", language.date_time(test.begun_at)),
    ];
    blocks.extend(content.change.iter().map(|number| fact("deployment-change", number.clone())));
    blocks.extend(content.before.iter().map(|number| fact("deployment-before", number.clone())));
    blocks.push(Block::Heading(language.text("deployment-cases")));
    for (nth, case) in content.cases.iter().enumerate() {
        blocks.push(Block::Heading(format!("{}. {}", nth + 1, case_title(case, language))));
        if let Some(word) = words.get(&case.id) {
            blocks.extend(said(word, language));
        }
    }
    blocks.push(Block::Heading(language.text("deployment-documents")));
    blocks.push(Block::Paragraph(
        language.text_with("deployment-documents-count", &[("count", &documents.len().to_string())]),
    ));
    for (stored, at) in documents.iter().take(MOST_LISTED) {
        blocks.push(Block::Fact(language.to_the_second(*at), stored.document.to_string()));
    }
    let heading = if means.is_some() { "copy-signed" } else { "deployment-sent" };
    blocks.push(Block::Heading(language.text(heading)));
    blocks.push(fact("copy-name", test.sender.clone().unwrap_or_default()));
    blocks.extend(means.map(|means| fact("copy-means", means.to_owned())));
    blocks.push(fact("copy-time", language.date_time(at)));
    let title = language.text_with("deployment-report-title", &[("number", &test.number)]);
    Ok(Paper { title, language: language.code().to_owned(), at, blocks })
}

/// What was said of a case, and what it rests on.
fn said(word: &Word, language: Language) -> Vec<Block> {
    let fact = |key: &str, what: String| Block::Fact(language.text(key), what);
    let mut blocks = vec![fact("deployment-result", language.text("deployment-answer-passed"))];
    let role = language.text(&format!("deployment-people-{}", word.role));
    blocks.push(fact("deployment-said-by", format!("{} ({role}), {}", word.person, language.date_time(word.at))));
    blocks.extend(word.remark.iter().map(|remark| fact("deployment-remark", remark.clone())));
    blocks.extend(
        word.seen.iter().flat_map(|seen| seen_facts(seen, language)).map(|(name, what)| Block::Fact(name, what)),
    );
    blocks
}

/// What was seen, as names and values: the ids first, under which the logs have it.
#[must_use]
pub fn seen_facts(seen: &Seen, language: Language) -> Vec<(String, String)> {
    let fact = |key: &str, what: String| (language.text(key), what);
    let mut facts = Vec::new();
    facts.extend(seen.message.iter().map(|id| fact("deployment-message", id.clone())));
    if seen.deed == Deed::Delivered {
        facts.push(fact("deployment-taken", language.to_the_second(seen.at)));
        facts.extend(seen.gateway.iter().map(|at| fact("deployment-received", language.to_the_second(*at))));
        return facts;
    }
    let key = if seen.point.is_none() { "deployment-line" } else { "deployment-decision" };
    facts.push(fact(key, seen.decision.clone()));
    facts.extend(seen.document.iter().map(|id| fact("deployment-document", id.to_string())));
    facts.extend(seen.controller.iter().map(|id| fact("deployment-controller", id.to_string())));
    facts.extend(seen.point.iter().map(|id| fact("deployment-point", id.to_string())));
    facts.extend(seen.found.iter().map(|count| fact("deployment-found", count.to_string())));
    if !seen.codes.is_empty() {
        let codes: Vec<String> = seen.codes.iter().map(|code| code.code()).collect();
        facts.push(fact("deployment-codes", codes.join(", ")));
    }
    facts.push(fact("deployment-in-archive", language.to_the_second(seen.at)));
    facts.extend(seen.gateway.iter().map(|at| fact("deployment-at-gateway", language.to_the_second(*at))));
    facts
}
