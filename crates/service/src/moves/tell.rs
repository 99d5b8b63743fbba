//! Whoever is moved is told what becomes of it: behind what happens, which waits for nobody.

use super::Move;
use crate::notices::{self, behind};
use crate::{App, ServiceError};
use liitos_domain::moves::{Consent, Standing};
use liitos_domain::notice::{MoveNews, Notice};
use liitos_domain::{Moment, Oid};
use liitos_store::Transaction;
use liitos_store::jobs::{self, Job};
use liitos_store::moves::{self, Moved};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    // Whoever has several access points is told of the first.
    let mut told: BTreeMap<&Oid, Option<Moment>> = BTreeMap::new();
    for moved in all.iter().filter(|moved| concerns(&facts, moved, consents.get(&moved.party).copied())) {
        let first = told.entry(&moved.party).or_insert(Some(moved.seat.at));
        *first = (*first).min(Some(moved.seat.at));
    }
    match facts.news {
        MoveNews::Asked => drop(told.remove(&one.leader)),
        _ => drop(told.entry(&one.leader).or_insert(None)),
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
        match notices::one(app, &same, joiner, &notice).await {
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
        MoveNews::LeftOut => moved.standing == Standing::LeftOut,
        MoveNews::Back => moved.standing == Standing::Back,
        MoveNews::Coming
        | MoveNews::GivenBack
        | MoveNews::Halted
        | MoveNews::Moved
        | MoveNews::Withdrawn
        | MoveNews::Over => true,
    };
    among && news
}
