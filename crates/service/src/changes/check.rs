//! Looks at a change again: by what is so now, what of it is done, what is new, and what stands in its way.

use super::letters::{self, Letter};
use super::plan::planned;
use super::{Change, changed_meanwhile, happened, open, owners, readable, tell, turned, works_for};
use crate::certificates::holders;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::{Accepted, Course, Evidence, Followed, Turn, Why, agreed, follow};
use liitos_domain::notice::ChangeNews;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_store::{Transaction, changes, deployment_tests};
use std::collections::BTreeSet;

/// So long after a look nobody asks for another: it reads the whole directory.
const PAUSE_SECONDS: i64 = 60;

/// Looks at a change now, because somebody asks.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed it at the same time; L-605 when it is not followed any more; L-609 when there is none; L-613
/// when it was looked at a moment ago.
pub async fn check(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<(), ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    let (change, _) = open(app, number, joiner.as_ref()).await?;
    if change.checked_at.plus_seconds(PAUSE_SECONDS) > app.now() {
        return Err(ServiceError::refused(RefusalCode::TooSoon, "change"));
    }
    if again(app, change, None).await? { Ok(()) } else { Err(changed_meanwhile()) }
}

/// Looks at a change now, because something that it waits for has happened; what fails is done in the night.
pub(crate) async fn check_one(app: &App, number: &str) {
    let looked = async {
        let found = changes::find(app.store.read(), number).await?;
        match found.filter(|change| change.course == Course::Followed) {
            Some(change) => again(app, change, None).await,
            None => Ok(false),
        }
    };
    if let Err(error) = looked.await {
        tracing::error!(change = number, code = %error.code, place = error.place, cause = ?error.source, "a change could not be looked at");
    }
}

/// Looks at every change that is followed and was not looked at since a moment; how many there were. One that cannot be looked at keeps no other from it.
///
/// # Errors
/// [`ServiceError`] when those that are followed cannot be found.
pub async fn check_due(app: &App, since: Moment) -> Result<usize, ServiceError> {
    let due: Vec<Change> = readable(changes::followed(app.store.read(), since).await?).collect();
    let count = due.len();
    for change in due {
        let number = change.number.clone();
        if let Err(error) = again(app, change, None).await {
            tracing::error!(change = number, code = %error.code, place = error.place, cause = ?error.source, "a change could not be looked at");
        }
    }
    Ok(count)
}

/// Looks at a change as it is handed in, and keeps what is found; whether nobody else had changed it meanwhile. `moved`: by whom its day was changed.
pub(super) async fn again(app: &App, change: Change, moved: Option<&Actor>) -> Result<bool, ServiceError> {
    let (planned, _) = planned(app, &change.story, Some((&change.number, change.created_at, change.version))).await?;
    let (certificates, now) = (holders(app, change.story.day).await?, app.now());
    let tx = app.store.begin().await?;
    let before: Vec<Followed> =
        changes::tasks(tx.connection(), change.key).await?.into_iter().map(|(_, task)| task).collect();
    let tested = tested(&tx, &change.number).await?;
    let evidence = Evidence { tests: &tested, certificates: &certificates };
    let (tasks, turns) = follow(&before, (&planned, &evidence), now);
    let hindered = planned.obstacles.iter().any(|obstacle| !change.obstacles.contains(obstacle));
    let hinders = planned.obstacles.iter().any(|obstacle| obstacle.why != Why::AnotherChange);
    let over = now >= change.story.day && tasks.iter().all(Followed::is_done) && !hinders;
    let next = Change {
        course: if over { Course::Over } else { change.course },
        rights: planned.rights(),
        obstacles: planned.obstacles,
        checked_at: now,
        ..change
    };
    if !changes::keep(&tx, &next).await? {
        return Ok(false);
    }
    changes::keep_tasks(&tx, next.key, &tasks).await?;
    if let Some(actor) = moved {
        happened(&tx, &next, ("moved", Some(actor), None), now).await?;
    }
    for (turn, task) in &turns {
        let words = task_words(task, None)?;
        happened(&tx, &next, (turned(*turn), None, Some(&words)), now).await?;
    }
    if over {
        happened(&tx, &next, ("over", None, None), now).await?;
    }
    news(app, &tx, &next, (&turns, hindered, moved.is_some()), now).await?;
    tx.commit().await?;
    Ok(true)
}

/// The deployment tests around a change that the operator has accepted, each with the registers in which something was done.
async fn tested(tx: &Transaction, change: &str) -> Result<Vec<Accepted>, ServiceError> {
    let mut tested = Vec::new();
    for test in deployment_tests::accepted_around(tx.connection(), change).await? {
        let words = deployment_tests::words(tx.connection(), test.key).await?;
        let controllers = words.into_values().filter_map(|word| word.seen?.controller).collect();
        tested.push(Accepted { joiner: test.joiner, stage: test.content.stage, controllers });
    }
    Ok(tested)
}

/// Tells whom what was found concerns: of tasks whoever does them, of the rest every party.
async fn news(
    app: &App,
    tx: &Transaction,
    change: &Change,
    (turns, hindered, moved): (&[(Turn, Followed)], bool, bool),
    now: Moment,
) -> Result<(), ServiceError> {
    let all = changes::parties(tx.connection(), change.key).await?;
    let mut concerned: BTreeSet<Oid> = all.iter().map(|party| party.joiner.clone()).collect();
    let told = owners(turns.iter().filter(|(turn, _)| turn.is_told()).map(|(_, task)| task));
    // Whoever has something to do beside the parties knows of it once they have agreed.
    let told: BTreeSet<Oid> = told.into_iter().filter(|oid| agreed(&all) || concerned.contains(oid)).collect();
    tell(app, tx, (change, ChangeNews::Tasks), &told, now).await?;
    if agreed(&all) {
        let tasks = changes::tasks(tx.connection(), change.key).await?;
        concerned.extend(owners(tasks.iter().map(|(_, task)| task)));
        if moved {
            let all = tasks.iter().map(|(_, task)| task);
            letters::write(app, tx, (change, Letter::Moved), all, now).await?;
        } else {
            let more = turns.iter().filter(|(turn, _)| matches!(turn, Turn::Arose | Turn::Back)).map(|(_, task)| task);
            letters::write(app, tx, (change, Letter::More), more, now).await?;
        }
    }
    let of_all = [
        (moved, ChangeNews::Moved),
        (hindered, ChangeNews::Hindered),
        (change.course == Course::Over, ChangeNews::Over),
    ];
    for (_, news) in of_all.into_iter().filter(|(so, _)| *so) {
        tell(app, tx, (change, news), &concerned, now).await?;
    }
    Ok(())
}

/// A task as a history keeps it, with what was said of it.
pub(super) fn task_words(task: &Followed, said: Option<&str>) -> Result<String, ServiceError> {
    let words = serde_json::json!({ "what": task.what, "about": task.about, "count": task.count, "said": said });
    Ok(serde_json::to_string(&words)?)
}
