//! Shows moves: to whoever moves, to the operator, and to whoever is moved what concerns it.

use super::count::{Seen, seen};
use super::look::looked;
use super::{Happened, Looked, Move, Moved, editable, missing};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::{Consent, Counted, Course, Moving, Standing, read};
use liitos_domain::{Duty, Oid};
use liitos_store::{happenings, moves};
use std::collections::BTreeMap;

/// Most that a list and a history show.
const MOST: u64 = 200;

/// A move in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// It.
    pub one: Move,
    /// Whether whoever looks is asked in it, and has not answered.
    pub asked: bool,
}

/// A move with all that is to be seen of it by whoever looks.
#[derive(Clone, Debug)]
pub struct Shown {
    /// It; of one that is written on, to others than whoever moves, without what is written.
    pub one: Move,
    /// What it says, where that can be read.
    pub moving: Option<Moving>,
    /// As it will be, while it is written or waits.
    pub looked: Option<Looked>,
    /// Who is moved; to whoever is moved only what is theirs.
    pub moved: Vec<Moved>,
    /// How they agree.
    pub consents: BTreeMap<Oid, Consent>,
    /// Their calls since: of those who are in the directory, and go on.
    pub seen: Seen,
    /// Whether whoever looks sees all of it, or is moved in it.
    pub whole: bool,
    /// What has happened, the newest first; to whoever is moved nothing.
    pub history: Vec<Happened>,
}

/// The moves of the organisation acted for, and those in which something of its is moved; or all that the operator has been sent.
///
/// # Errors
/// L-602 without an organisation, or the position.
pub async fn list(app: &App, actor: &Actor, desk: Desk) -> Result<Vec<Listed>, ServiceError> {
    let db = app.store.read();
    if desk == Desk::Office {
        actor.must_see(Duty::Keep)?;
        let all = moves::sent(db, MOST).await?;
        return Ok(all.into_iter().map(|one| Listed { one, asked: false }).collect());
    }
    let joiner = actor.joiner()?;
    let asked = moves::unanswered(db, joiner).await?;
    let mut all = moves::of_leader(db, joiner, MOST).await?;
    all.extend(moves::of_party(db, joiner, MOST).await?);
    all.sort_by_key(|one| std::cmp::Reverse(one.key));
    let open = |one: &Move| matches!(one.course, Course::Sent | Course::Approved | Course::Halted);
    Ok(all.into_iter().map(|one| Listed { asked: asked.contains(&one.key) && open(&one), one }).collect())
}

/// A move: of the organisation acted for, one in which something of its is moved, or one that the operator has been sent.
///
/// # Errors
/// L-602 without the position; L-609 for a foreign one.
pub async fn show(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Shown, ServiceError> {
    let db = app.store.read();
    let found = moves::find(db, number).await?;
    let (one, joiner) = match desk {
        Desk::Office => {
            actor.must_see(Duty::Keep)?;
            let one = found.filter(|one| one.sent_at.is_some()).ok_or_else(missing)?;
            // What is written on is the organisation's until it is sent again.
            let form = if editable(one.course) { Default::default() } else { one.form.clone() };
            (Move { form, ..one }, None)
        }
        Desk::Own => (found.ok_or_else(missing)?, Some(actor.joiner()?)),
    };
    let whole = joiner.is_none_or(|joiner| one.leader == *joiner);
    let mut moved = if editable(one.course) { Vec::new() } else { moves::moved(db, one.key).await? };
    let mut consents = moves::consents(db, one.key).await?;
    if let Some(joiner) = joiner.filter(|_| !whole) {
        moved.retain(|one| one.party == *joiner);
        consents.retain(|party, _| party == joiner);
        if moved.is_empty() {
            return Err(missing());
        }
    }
    let mut one = one;
    if !whole {
        // Of the list only what is its own.
        let own = |line: &&str| moved.iter().any(|own| line.split_whitespace().next() == Some(own.subject.as_str()));
        let list: Vec<&str> = one.form.text("targets").lines().filter(own).collect();
        let list = list.join("\n");
        one.form.0.insert("targets".to_owned(), list);
    }
    let moving = read(one.kind, &one.form).ok();
    let looked = match one.course {
        Course::Draft if desk == Desk::Own && whole => Some(looked(app, &one).await?),
        Course::Sent if whole => Some(looked(app, &one).await?),
        _ => None,
    };
    let goes = |one: &Moved| one.standing == Standing::Entered && one.seat.at <= app.now();
    let mut seen = match &moving {
        Some(moving) if one.report.is_none() && moved.iter().any(goes) => {
            seen(app, (&one, moving), None, app.now()).await?
        }
        _ => Seen::default(),
    };
    if !whole {
        let own = |place: &usize| moved.iter().any(|moved| moved.place == *place);
        seen.each.retain(|place, _| own(place));
        seen.old_way.retain(|place, _| own(place));
        seen.all = Counted::default();
        seen.each.values().for_each(|counted| seen.all += *counted);
    }
    let history = if whole { happenings::of(db, number, MOST).await? } else { Vec::new() };
    Ok(Shown { moving, looked, moved, consents, seen, whole, history, one })
}
