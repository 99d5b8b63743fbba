//! The undertaking as it was signed, sealed and kept for ever (Extranet guide 3.1.7): who signed which text, identified how, when.

use super::Stored;
use super::save_step::text_hash;
use crate::ports::MailedFile;
use crate::{Actor, App, ServiceError, papers};
use liitos_documents::paper::{Block, Paper};
use liitos_domain::application::{Step, Text};
use liitos_domain::{Moment, RefusalCode};
use liitos_store::acceptances::{self, Acceptance};
pub use liitos_store::sealed::Copy;
use liitos_store::{Transaction, sealed};
use liitos_texts::Language;

/// Seals what was signed with a first joining; the file for the mail, and its seal. `None` where nothing was.
pub(super) async fn seal(
    app: &App,
    tx: &Transaction,
    stored: &Stored,
    at: Moment,
) -> Result<Option<(MailedFile, String)>, ServiceError> {
    let application = &stored.application;
    if !application.steps().any(|step| step == Step::Undertaking) {
        return Ok(None);
    }
    let accepted = acceptances::of_application(tx.connection(), stored.key).await?;
    let signed: Vec<Acceptance> =
        accepted.into_iter().filter(|one| Text::accepted_at(Step::Undertaking).contains(&one.what)).collect();
    let Some(first) = signed.first() else { return Ok(None) };
    let language = Language::parse(&first.language).unwrap_or_default();
    let entry = crate::sign_in::register_entry(app, &application.joiner).await?;
    let name = entry.as_ref().map_or_else(String::new, |(_, entry)| entry.name.clone());
    let business_id = entry.and_then(|(_, entry)| entry.business_id).unwrap_or_default();
    let fact = |key: &str, what: String| Block::Fact(language.text(key), what);
    let mut blocks = vec![
        fact("copy-joiner", format!("{name} {}", application.joiner)),
        fact("fact-business-id", business_id),
        fact("copy-application", application.number.clone()),
    ];
    for one in &signed {
        let read = Language::parse(&one.language).unwrap_or_default();
        // Only what was read can be copied: a text that has changed since is no longer accepted, and nothing is approved then.
        if text_hash(application, one.what, read) != one.text_hash {
            return Err(ServiceError::refused(RefusalCode::FormInvalid, one.what.code()));
        }
        blocks.push(Block::Heading(read.text(&format!("text-{}", one.what))));
        blocks.push(Block::Paragraph(read.text(&application.text_key(one.what))));
        blocks.push(fact("copy-text", one.text_hash.to_string()));
    }
    blocks.push(Block::Heading(language.text("copy-signed")));
    blocks.push(fact("copy-name", first.person.clone()));
    blocks.push(fact("copy-means", first.means.clone()));
    blocks.push(fact("copy-time", language.date_time(first.at)));
    let title = language.text("copy-title");
    let paper = Paper { title, language: language.code().to_owned(), at, blocks };
    let file = format!("{}-{}.pdf", language.text("copy-file"), application.number);
    let copy = papers::keep(app, tx, (&application.joiner, &application.number, file), &paper).await?;
    Ok(Some((MailedFile { name: copy.name, copy: copy.key }, copy.seal)))
}

/// The sealed copies of the organisation acted for, without their bytes.
///
/// # Errors
/// L-602 without an organisation.
pub async fn copies(app: &App, actor: &Actor) -> Result<Vec<Copy>, ServiceError> {
    Ok(sealed::of_joiner(app.store.read(), actor.joiner()?).await?)
}

/// One of them.
///
/// # Errors
/// L-602 without an organisation; L-609 when it has no such copy.
pub async fn copy(app: &App, actor: &Actor, key: i64) -> Result<Copy, ServiceError> {
    let joiner = actor.joiner()?;
    let found = sealed::find(app.store.read(), key).await?.filter(|copy| copy.joiner == *joiner);
    found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "copy"))
}
