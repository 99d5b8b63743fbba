//! Keeps a plan, so that it is followed.

use super::plan::planned;
use super::{happened, tell, works_for};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Course, Obstacle, Party, Story, follow};
use liitos_domain::notice::ChangeNews;
use liitos_domain::{RefusalCode, typed};
use liitos_store::changes::{self, Change};

/// Longest title, in characters.
pub(super) const MAX_TITLE: usize = 200;
/// Most changes that a joiner follows at a time.
const MOST_FOLLOWED: usize = 20;
/// Changes of a joiner that are counted.
const MOST_COUNTED: u64 = 1_000;

/// Plans a change and keeps the plan: its number; or what contradicts itself in what is said to happen, and nothing is kept. What else stands in the way is
/// kept with it. Whoever is party to it is told.
///
/// # Errors
/// L-602 without the position, or when a joiner is not party to what it plans; L-605 when it follows too many already; L-606 without a title.
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
        let theirs = changes::list(app.store.read(), Some(joiner), MOST_COUNTED).await?;
        let followed = |change: &&Change| change.made_for == made_for && change.course == Course::Followed;
        if theirs.iter().filter(followed).count() >= MOST_FOLLOWED {
            return Err(ServiceError::refused(RefusalCode::StateForbids, "changes"));
        }
    }
    let (planned, rows) = planned(app, &story, None).await?;
    let wrong: Vec<Obstacle> = planned.obstacles.iter().filter(|one| one.why.is_of_the_story()).cloned().collect();
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let now = app.now();
    let (tasks, _) = follow(&[], &planned, now);
    let mut parties = Party::all(&story, &rows);
    for party in parties.iter_mut().filter(|party| Some(&party.joiner) == made_for.as_ref()) {
        party.agreed_at = Some(now);
    }
    let tx = app.store.begin().await?;
    let number = changes::next_number(&tx, now).await?;
    let mut change = Change {
        key: 0,
        number,
        story,
        course: Course::Followed,
        made_for,
        rights: planned.rights(),
        obstacles: planned.obstacles,
        created_at: now,
        checked_at: now,
        revision: 1,
        shared_until: None,
    };
    change.key = changes::add(&tx, &change, &parties).await?;
    changes::keep_tasks(&tx, change.key, &tasks).await?;
    happened(&tx, &change, ("planned", Some(actor), None), now).await?;
    let others =
        parties.into_iter().map(|party| party.joiner).filter(|joiner| Some(joiner) != change.made_for.as_ref());
    tell(app, &tx, (&change, ChangeNews::Planned), &others.collect(), now).await?;
    tx.commit().await?;
    Ok(Ok(change.number))
}
