//! The final report of a joining that has ended: written once its day has come, signed by the operator, kept for ever.

use super::show::{Report, left};
use super::{Notification, show, tell};
use crate::names::{Names, Numbers, names};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError, papers};
use liitos_documents::paper::{Block, Paper};
use liitos_domain::directory::Effect;
use liitos_domain::notice::NotificationNews;
use liitos_domain::notification::Kind;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_store::sealed::{self, Copy};
use liitos_store::{Lock, directory, notifications};
use liitos_texts::Language;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the signed report is.
const SIGNED: &str = "application/json";
/// Most rights, and most certificates, that a paper lists; the signed report has all.
const MOST_LISTED: usize = 200;

/// What is left of a joining that has ended, as it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalReport {
    /// The notification by which it ended.
    pub number: String,
    /// Whose joining.
    pub joiner: Oid,
    /// From when on.
    pub day: Moment,
    /// When this was written.
    pub at: Moment,
    /// The directory's version that ended it, and what that ended.
    pub directory_version: u64,
    /// What it ended.
    pub ended: Effect,
    /// Rights that are in force still.
    pub rights: usize,
    /// Documents in its controllers' registers.
    pub documents: u64,
    /// Renewal requests that wait for its units.
    pub requests: u64,
    /// Certificates that nobody needs any more, by their fingerprints.
    pub certificates: Vec<String>,
}

/// Writes the final report of each joining whose end has come, once: signed, and as papers in three languages, kept for ever; whoever it
/// was is told. How many were written.
///
/// # Errors
/// [`ServiceError`] of the last that could not be written.
pub async fn report_ended(app: &App) -> Result<usize, ServiceError> {
    let (db, now) = (app.store.read(), app.now());
    let (mut written, mut failed) = (0, None);
    for one in notifications::approved_until(db, Kind::Termination, now).await? {
        if kept(app, &one).await?.is_empty() {
            // What cannot be written now does not stand in the way of others.
            match write(app, &one).await {
                Ok(new) => written += usize::from(new),
                Err(error) => failed = Some(error),
            }
        }
    }
    failed.map_or(Ok(written), Err)
}

/// What is kept of the final report of a notification, without the bytes.
pub(super) async fn kept(app: &App, one: &Notification) -> Result<Vec<Copy>, ServiceError> {
    let copies = sealed::of_joiner(app.store.read(), &one.joiner).await?;
    Ok(copies.into_iter().filter(|copy| copy.subject == one.number).collect())
}

/// Writes one, unless it is written; whether it was not.
async fn write(app: &App, one: &Notification) -> Result<bool, ServiceError> {
    let now = app.now();
    let Some((day, version)) = one.day.zip(one.version) else { return Ok(false) };
    let effects = directory::effects(app.store.read(), version.saturating_sub(1), version).await?;
    let Some(ended) = effects.into_iter().next() else { return Ok(false) };
    let report = left(app, one, &ended).await?;
    let whole = FinalReport {
        number: one.number.clone(),
        joiner: one.joiner.clone(),
        day,
        at: now,
        directory_version: version,
        ended,
        rights: report.rights,
        documents: report.documents,
        requests: report.requests,
        certificates: report.certificates.iter().map(|known| known.fingerprint.to_string()).collect(),
    };
    let signed = serde_json::to_string(&app.publication.sign_report(serde_json::to_string(&whole)?))?;
    let mut papers = Vec::new();
    for language in Language::ALL {
        papers.push((language, paper(app, &whole, &report, language).await?));
    }
    let tx = app.store.begin().await?;
    // Another program may write it at the same time.
    tx.lock(Lock::Changes).await?;
    if sealed::of_joiner(tx.connection(), &one.joiner).await?.iter().any(|copy| copy.subject == one.number) {
        return Ok(false);
    }
    for (language, paper) in papers {
        papers::keep(app, &tx, (&one.joiner, &one.number, file_name(&one.number, language)), &paper).await?;
    }
    let name = format!("{}.json", one.number);
    papers::keep_file(app, &tx, (&one.joiner, &one.number, name), (SIGNED, signed.into_bytes()), now).await?;
    tell(app, &tx, (one, NotificationNews::Ended), &BTreeSet::from([one.joiner.clone()]), now).await?;
    tx.commit().await?;
    Ok(true)
}

/// What the paper of a language is called.
fn file_name(number: &str, language: Language) -> String {
    format!("{}-{number}-{}.pdf", language.text("notification-report-file"), language.code())
}

/// The report in a language.
async fn paper(app: &App, whole: &FinalReport, left: &Report, language: Language) -> Result<Paper, ServiceError> {
    let ended = &whole.ended;
    let mut numbers = Numbers::of_effect(ended);
    numbers.organisations.insert(whole.joiner.clone());
    numbers.organisations.extend(left.certificates.iter().filter_map(|known| Oid::parse(&known.holder).ok()));
    let names = names(app, &numbers).await?;
    let fact = |key: &str, what: String| Block::Fact(language.text(key), what);
    let count = |what: &str, count: String| {
        Block::Paragraph(language.text_with(&format!("notification-report-{what}"), &[("count", &count)]))
    };
    let mut blocks = vec![
        fact("copy-joiner", names.beside(whole.joiner.as_str())),
        fact("notification-kind-termination", whole.number.clone()),
        fact("notification-report-day", language.date(whole.day)),
        fact("copy-time", language.date_time(whole.at)),
        Block::Paragraph(
            language.text_with("notification-report-version", &[("version", &whole.directory_version.to_string())]),
        ),
        Block::Heading(language.text("notification-entered")),
    ];
    blocks.extend(listed(ended_lines(ended, &names, language), language));
    blocks.push(Block::Heading(language.text("notification-report-left")));
    blocks.push(count("rights", whole.rights.to_string()));
    blocks.push(count("documents", whole.documents.to_string()));
    blocks.push(count("requests", whole.requests.to_string()));
    if !left.certificates.is_empty() {
        blocks.push(Block::Heading(language.text("notification-certificates")));
    }
    let revoked = left.certificates.iter();
    let revoked = revoked.map(|known| Block::Fact(names.beside(&known.holder), known.fingerprint.to_string()));
    blocks.extend(listed(revoked.collect(), language));
    let title = format!("{}: {}", language.text("notification-report"), whole.number);
    Ok(Paper { title, language: language.code().to_owned(), at: whole.at, blocks })
}

/// As many lines as a paper lists, and of how many more the signed report tells.
fn listed(mut lines: Vec<Block>, language: Language) -> Vec<Block> {
    let more = lines.len().saturating_sub(MOST_LISTED);
    lines.truncate(MOST_LISTED);
    let more = Some(more).filter(|more| *more > 0).map(|more| more.to_string());
    let said = more.map(|more| Block::Paragraph(language.text_with("change-effect-more", &[("count", &more)])));
    lines.into_iter().chain(said).collect()
}

/// What ended, line by line.
fn ended_lines(ended: &Effect, names: &Names, language: Language) -> Vec<Block> {
    let fact = |key: &str, what: String, at: Moment| {
        Block::Fact(language.text(key), format!("{what}, {}", language.date_time(at)))
    };
    let rights = ended.rights_closed.iter().map(|(right, at)| {
        let what = language.text(&format!("service-{}", right.service));
        let unit = right.unit.iter().map(|unit| format!(", {}", names.beside(unit.as_str()))).collect::<String>();
        let point = names.beside(right.access_point.as_str());
        Block::Fact(format!("{what}{unit}"), format!("{point}, {}", language.date_time(*at)))
    });
    let joiners = ended.joiners_ended.iter();
    let joiners = joiners.map(|(row, at)| fact("log-joiners-ended", names.beside(row.oid.as_str()), *at));
    let points = ended.access_points_ended.iter();
    let points = points.map(|(row, at)| fact("log-access-points-ended", names.beside(row.oid.as_str()), *at));
    let tenants = ended.tenants_ended.iter();
    let tenants = tenants.map(|(row, at)| fact("log-tenants-ended", names.beside(row.tenant.as_str()), *at));
    let collected = ended.collection_points_ended.iter();
    let collected = collected.map(|(row, at)| fact("collection-point", row.name.clone(), *at));
    joiners.chain(rights).chain(points).chain(tenants).chain(collected).collect()
}

/// The final report of a joining that has ended, as it was written: signed, or its paper in a language.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 for a foreign notification, and while no report of it is written.
pub async fn final_report(
    app: &App,
    actor: &Actor,
    (desk, number): (Desk, &str),
    language: Option<Language>,
) -> Result<Copy, ServiceError> {
    let missing = || ServiceError::refused(RefusalCode::NotFound, "report");
    let shown = show(app, actor, desk, number).await?;
    let name = language.map(|language| file_name(number, language));
    let meant = |copy: &&Copy| match &name {
        Some(name) => copy.name == *name,
        None => copy.media_type == SIGNED,
    };
    let key = shown.kept.iter().find(meant).map(|copy| copy.key).ok_or_else(missing)?;
    sealed::find(app.store.read(), key).await?.ok_or_else(missing)
}
