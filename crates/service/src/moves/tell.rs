//! Whoever is moved is told what becomes of it: behind what happens, which waits for nobody.

use super::{Move, said};
use crate::notices::{self, behind};
use crate::{App, ServiceError};
use liitos_domain::directory::Right;
use liitos_domain::moves::{Consent, Standing, What};
use liitos_domain::notice::{MoveNews, Notice};
use liitos_domain::{Moment, Oid};
use liitos_store::Transaction;
use liitos_store::directory;
use liitos_store::jobs::{self, Job};
use liitos_store::moves::{self, Moved};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of job that tells of a move.
const KIND: &str = "move";

/// Who is told; whoever moves always is, but when others are asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MoveTold {
    /// Only whoever moves.
    Leader,
    /// All who are moved.
    All,
    /// Those of one wave.
    Wave(usize),
    /// Those whose wave has not entered.
    Waiting,
}

#[derive(Serialize, Deserialize)]
struct Facts {
    number: String,
    news: MoveNews,
    told: MoveTold,
    at: Moment,
}

/// Tells of what becomes of a move, soon.
pub(super) async fn tell_soon(
    tx: &Transaction,
    (one, news): (&Move, MoveNews),
    told: MoveTold,
    at: Moment,
) -> Result<(), ServiceError> {
    let facts = serde_json::to_string(&Facts { number: one.number.clone(), news, told, at })?;
    Ok(jobs::enqueue(tx, [(KIND, facts)], None, at).await?)
}

/// Tells everybody of what has become of moves; how many were told. One that was told before, by a program that died in between, is not told again; where one cannot be told, the
/// others are, and it is tried again.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn tell_of_moves(app: &App) -> Result<usize, ServiceError> {
    behind(app, KIND, tell_of).await
}

async fn tell_of(app: &App, job: &Job) -> Result<usize, ServiceError> {
    let facts: Facts = serde_json::from_str(&job.payload)?;
    let db = app.store.read();
    let Some(one) = moves::find(db, &facts.number).await? else { return Ok(0) };
    let (all, consents) = (moves::moved(db, one.key).await?, moves::consents(db, one.key).await?);
    // When is told where it holds; whoever has several access points is told of the first.
    let when = matches!(facts.news, MoveNews::Asked | MoveNews::Coming | MoveNews::Moved);
    let mut told: BTreeMap<Oid, Option<Moment>> = BTreeMap::new();
    for moved in all.iter().filter(|moved| concerns(&facts, moved, consents.get(&moved.party).copied())) {
        let first = told.entry(moved.party.clone()).or_insert(when.then_some(moved.seat.at));
        *first = (*first).min(when.then_some(moved.seat.at));
    }
    match facts.news {
        MoveNews::Asked | MoveNews::Waits => drop(told.remove(&one.leader)),
        MoveNews::Coming | MoveNews::Back => {
            for other in beside(app, &one, &all).await? {
                told.entry(other).or_insert(None);
            }
            told.entry(one.leader.clone()).or_insert(None);
        }
        _ => drop(told.entry(one.leader.clone()).or_insert(None)),
    }
    let (mut count, mut failed) = (0, None);
    for (joiner, at) in told {
        let notice = Notice::Move {
            number: one.number.clone(),
            title: one.form.text("title").to_owned(),
            what: one.kind,
            by: one.leader.clone(),
            at,
            news: facts.news,
        };
        let same = format!("move {} {} {} {joiner}", one.number, facts.news, facts.at.as_micros());
        match notices::one(app, &same, &joiner, &notice).await {
            Ok(new) => count += usize::from(new),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(count), Err)
}

/// Whether one who is moved is told.
fn concerns(facts: &Facts, moved: &Moved, consent: Option<Consent>) -> bool {
    let among = match facts.told {
        MoveTold::Leader => false,
        MoveTold::All => true,
        MoveTold::Wave(wave) => moved.seat.wave == wave,
        MoveTold::Waiting => moved.standing == Standing::Planned,
    };
    let news = match facts.news {
        MoveNews::Asked => consent == Some(Consent::Asked),
        // Who has not agreed is not switched.
        MoveNews::Coming | MoveNews::Moved => consent.is_some_and(Consent::holds),
        MoveNews::LeftOut => moved.standing == Standing::LeftOut,
        MoveNews::Back => moved.standing == Standing::Back,
        _ => true,
    };
    among && news
}

/// Who is neither moved nor moves, and has to know: whoever administers the access points that customers come from or go to; whoever uses one that is otherwise.
async fn beside(app: &App, one: &Move, moved: &[Moved]) -> Result<BTreeSet<Oid>, ServiceError> {
    let Ok(moving) = said(one) else { return Ok(BTreeSet::new()) };
    let mut beside = BTreeSet::new();
    match &moving.what {
        What::Point { from, to, .. } => beside.extend([from.administrator(), to.administrator()]),
        What::System { .. } => {}
        What::Address | What::Certificates => {
            let db = app.store.read();
            let rows = directory::rows(db, directory::version(db).await?).await?;
            let points: BTreeSet<&Oid> = moved.iter().map(|moved| &moved.subject).collect();
            let uses = |right: &&Right| points.contains(right.access_point.oid()) && !right.valid.ended(app.now());
            beside.extend(rows.rights.iter().filter(uses).map(|right| right.joiner.clone()));
        }
    }
    Ok(beside)
}
