//! Who used the documents of the archivist's own registers.

use super::Desk;
use super::read::own;
use crate::archive::write_uses;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act, RunState};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid};
use liitos_store::archive::{self, Line, LinesAsked};
use liitos_store::controller_runs;

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
    /// What other providers asked for and were given, or not, alone.
    pub disclosed: bool,
    /// After the page that ended with this line.
    pub before: Option<i64>,
}

/// Lines of the use log about the archivist's own registers, the newest first; that they were looked at is a line, too. Of a document that is theirs
/// now what was done with it while it was another controller's went over with it.
///
/// # Errors
/// As [`enter`](super::enter).
pub async fn uses(app: &App, actor: &Actor, asked: &UsesAsked) -> Result<Vec<Line>, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let person = asked.person.as_ref().map(|person| app.vault.person(person)).transpose()?;
    let mut lines = Vec::new();
    for (controller, since, until) in whose(app, &desk, asked.document.as_ref()).await? {
        let of = LinesAsked {
            controller: Some(&controller),
            document: asked.document.as_ref(),
            person: person.as_deref(),
            from: since.into_iter().chain(asked.from).max(),
            until: until.into_iter().chain(asked.until).min(),
            before: asked.before,
            seal: None,
            disclosed: asked.disclosed,
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

/// A controller, and from when until when what was done in its register is asked for.
type Whose = (Oid, Option<Moment>, Option<Moment>);

/// Whose lines are asked for: those of the desk's own controllers; and of a document that is one's own now, of those whose it was before, while it was theirs.
async fn whose(app: &App, desk: &Desk, document: Option<&Oid>) -> Result<Vec<Whose>, ServiceError> {
    let mut all: Vec<Whose> = desk.controllers.iter().map(|own| (own.clone(), None, None)).collect();
    let Some(id) = document else { return Ok(all) };
    let Some((kept, _)) = own(app, desk, id).await? else { return Ok(all) };
    let db = app.store.read();
    let succession = controller_runs::succession(db).await?;
    let switched = [RunState::Switched, RunState::Paused, RunState::Done, RunState::Reversed];
    let runs = controller_runs::state_with(db, &switched).await?;
    let run = |key: Option<i64>| runs.iter().find(|one| Some(one.key) == key);
    for held in succession.held(&kept.cell).into_iter().filter(|held| !desk.controllers.contains(held.controller)) {
        let (by, on) = (run(held.from), run(held.until));
        let until = if held.reversed { by.and_then(|by| by.reversed_at) } else { on.and_then(|on| on.switched_at) };
        // One of whom it is not known until when is left out.
        if until.is_some() {
            all.push((held.controller.clone(), by.and_then(|by| by.switched_at), until));
        }
    }
    Ok(all)
}
