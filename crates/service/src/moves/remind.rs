//! Moves that somebody has not answered, or that nobody has decided on.

use super::{Move, said};
use crate::{App, ServiceError, notices};
use liitos_domain::moves::{Consent, Course, Standing};
use liitos_domain::notice::{MoveNews, Notice};
use liitos_domain::{Moment, Oid};
use liitos_store::moves;
use std::collections::BTreeMap;

/// So often whoever is to agree is asked again, in seconds.
const WEEK_SECONDS: i64 = 7 * 86_400;
/// So many days before its first second whoever moves is told that nobody has decided yet.
const AHEAD_DAYS: i64 = 2;

/// Asks each week again whoever is to agree to a move and has not answered, and tells whoever moves when its first second is near and nobody has decided on it,
/// once for each second; how many were told. Where one move cannot be told of, the others are.
///
/// # Errors
/// [`ServiceError`] of the last that could not be told of.
pub async fn remind(app: &App) -> Result<usize, ServiceError> {
    let (mut told, mut failed) = (0, None);
    for one in moves::waiting(app.store.read()).await? {
        match tell(app, &one).await {
            Ok(new) => told += new,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(told), Err)
}

async fn tell(app: &App, one: &Move) -> Result<usize, ServiceError> {
    let mut told = 0;
    for (same, joiner, (news, at)) in due(app, one).await? {
        let (number, title) = (one.number.clone(), one.form.text("title").to_owned());
        let notice = Notice::Move { number, title, what: one.kind, by: one.leader.clone(), at, news };
        told += usize::from(notices::one(app, &same, &joiner, &notice).await?);
    }
    Ok(told)
}

/// By which name what is told once, whom, what, and when something of theirs is moved.
type Told = (String, Oid, (MoveNews, Option<Moment>));

async fn due(app: &App, one: &Move) -> Result<Vec<Told>, ServiceError> {
    let (db, now) = (app.store.read(), app.now());
    let mut all = Vec::new();
    let start = said(one).ok().map(|moving| moving.schedule.start);
    if let Some(start) = start.filter(|start| one.course == Course::Sent && *start <= now.plus_days(AHEAD_DAYS)) {
        let same = format!("move {} undecided {}", one.number, start.as_seconds());
        all.push((same, one.leader.clone(), (MoveNews::Undecided, Some(start))));
    }
    let sent = one.sent_at.map_or(now, |at| at);
    let week = (now.as_seconds() - sent.as_seconds()).div_euclid(WEEK_SECONDS);
    if week < 1 {
        return Ok(all);
    }
    let consents = moves::consents(db, one.key).await?;
    let mut silent: BTreeMap<Oid, Moment> = BTreeMap::new();
    for moved in moves::moved(db, one.key).await? {
        if moved.standing == Standing::Planned && consents.get(&moved.party) == Some(&Consent::Asked) {
            let first = silent.entry(moved.party).or_insert(moved.seat.at);
            *first = moved.seat.at.min(*first);
        }
    }
    let again = |(party, at): (Oid, Moment)| {
        let same = format!("move {} asked {} week {week} {party}", one.number, sent.as_micros());
        (same, party, (MoveNews::Asked, Some(at)))
    };
    all.extend(silent.into_iter().map(again));
    Ok(all)
}
