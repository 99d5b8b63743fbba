//! Who used the documents of the archivist's own registers.

use super::Desk;
use super::read::own;
use crate::archive::write_uses;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::Act;
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid};
use liitos_store::archive::{self, Line, LinesAsked};

/// Lines on a page.
pub const LINES: u64 = 100;

/// Which uses are asked for.
#[derive(Clone, Debug, Default)]
pub struct UsesAsked {
    /// Of one document.
    pub document: Option<Oid>,
    /// Of one person's documents.
    pub person: Option<PersonRef>,
    /// At or after.
    pub from: Option<Moment>,
    /// Before.
    pub until: Option<Moment>,
    /// After the page that ended with this line.
    pub before: Option<i64>,
}

/// Lines of the use log about the archivist's own registers, the newest first; that they were looked at is a line, too. Of a document that is theirs
/// now it is all of them: what was done with it while it was another controller's went over with it.
///
/// # Errors
/// As [`enter`](super::enter).
pub async fn uses(app: &App, actor: &Actor, asked: &UsesAsked) -> Result<Vec<Line>, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let person = asked.person.as_ref().map(|person| app.vault.person(person));
    let taken_over = match &asked.document {
        Some(id) => own(app, &desk, id).await?.is_some(),
        None => false,
    };
    let whose: Vec<_> = if taken_over { vec![None] } else { desk.controllers.iter().map(Some).collect() };
    let mut lines = Vec::new();
    for controller in whose {
        let of = LinesAsked {
            controller,
            document: asked.document.as_ref(),
            person: person.as_deref(),
            from: asked.from,
            until: asked.until,
            before: asked.before,
            seal: None,
        };
        lines.extend(archive::uses(app.store.read(), of, LINES).await?);
    }
    lines.sort_by_key(|line| std::cmp::Reverse(line.number));
    lines.truncate(usize::try_from(LINES).unwrap_or(usize::MAX));
    let looked = |controller| {
        let mut line = desk.line(app, Act::LogRead, controller);
        (line.document, line.person) = (asked.document.clone(), person.clone());
        line
    };
    write_uses(app, desk.controllers.iter().map(looked).collect()).await?;
    Ok(lines)
}
