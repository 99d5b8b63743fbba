//! Keeps a plan, so that it is followed.

use super::letters::{self, Letter};
use super::plan::planned;
use super::{happened, owners, tell, works_for};
use crate::certificates::holders;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Course, Evidence, Obstacle, Party, Planned, Story, agreed, follow};
use liitos_domain::directory::Rows;
use liitos_domain::notice::ChangeNews;
use liitos_domain::{Oid, RefusalCode, typed};
use liitos_store::Transaction;
use liitos_store::changes::{self, Change};
use std::collections::BTreeSet;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// Most changes that a joiner follows at a time, and plans in a day.
const MOST_FOLLOWED: u64 = 20;
/// Most joiners and units of a change that a joiner plans: a county's. More are the operator's to plan.
const MOST_PARTIES: usize = 500;

/// Plans a change and keeps the plan: its number; or what contradicts itself in what is said to happen, and nothing is kept. What else stands in the way is
/// kept with it. Whoever is party to it is told.
///
/// # Errors
/// L-602 without the position, or when a joiner is not party to what it plans; L-605 when it follows too many already, or has
/// planned too many in a day; L-606 without a title, or with too many joiners and units.
pub async fn keep(
    app: &App,
    actor: &Actor,
    desk: Desk,
    story: Story,
) -> Result<Result<String, Vec<Obstacle>>, ServiceError> {
    let made_for = works_for(app, actor, desk)?;
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "title");
    let title = typed::line(&story.title, MAX_TITLE).ok_or_else(wrong)?;
    let story = Story { title, ..story };
    if let Some(joiner) = &made_for {
        if !story.joiners().contains(joiner) {
            return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
        }
        if story.parties().len() > MOST_PARTIES {
            return Err(ServiceError::refused(RefusalCode::FormInvalid, "joiners"));
        }
        let day_ago = app.now().plus_days(-1);
        let (followed, lately) = changes::planned_by(app.store.read(), joiner, day_ago).await?;
        if followed.max(lately) >= MOST_FOLLOWED {
            return Err(ServiceError::refused(RefusalCode::StateForbids, "changes"));
        }
    }
    let planned = planned(app, &story, None).await?;
    let wrong: Vec<Obstacle> = planned.0.obstacles.iter().filter(|one| one.why.is_of_the_story()).cloned().collect();
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let tx = app.store.begin().await?;
    let number = keep_in(app, &tx, actor, (story, made_for), planned).await?;
    tx.commit().await?;
    Ok(Ok(number))
}

/// Keeps a change as it is planned, for the joiner whose plan it is, with what else a transaction does: its number.
pub(crate) async fn keep_in(
    app: &App,
    tx: &Transaction,
    actor: &Actor,
    (story, made_for): (Story, Option<Oid>),
    (planned, (rows, version)): (Planned, (Rows, u64)),
) -> Result<String, ServiceError> {
    let now = app.now();
    let certificates = holders(app, story.day).await?;
    let evidence = Evidence { tests: &[], certificates: &certificates };
    let (tasks, _) = follow(&[], (&planned, &evidence), now);
    let mut parties = Party::all(&story, &rows, now);
    for party in parties.iter_mut().filter(|party| Some(&party.joiner) == made_for.as_ref()) {
        party.agreed_at = Some(now);
    }
    let number = changes::next_number(tx, now).await?;
    let mut change = Change {
        key: 0,
        number,
        story,
        course: Course::Followed,
        made_for,
        rights: planned.rights(),
        obstacles: planned.obstacles,
        created_at: now,
        version,
        checked_at: now,
        revision: 1,
        shared_until: None,
    };
    change.key = changes::add(tx, &change, &parties).await?;
    changes::keep_tasks(tx, change.key, &tasks).await?;
    happened(tx, &change, ("planned", Some(actor), None), now).await?;
    let asked: BTreeSet<Oid> = parties.iter().map(|party| party.joiner.clone()).collect();
    let others = asked.iter().filter(|joiner| Some(*joiner) != change.made_for.as_ref()).cloned().collect();
    tell(app, tx, (&change, ChangeNews::Planned), &others, now).await?;
    if agreed(&parties) {
        let beside = owners(tasks.iter()).difference(&asked).cloned().collect();
        tell(app, tx, (&change, ChangeNews::Tasks), &beside, now).await?;
        letters::write(app, tx, (&change, Letter::Planned), tasks.iter(), now).await?;
    }
    Ok(change.number)
}
