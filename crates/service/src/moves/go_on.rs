//! Moves that were approved go on: the wave that is due enters the directory, one that fails goes back, and what is done is reported.

use super::count::{Seen, seen};
use super::tell::{MoveTold, tell_soon};
use super::{Move, acts_for, keep, report, said};
use crate::directory::change::{self, Change};
use crate::notices::Desk;
use crate::{App, ServiceError};
use liitos_domain::directory::{Basis, Effect, Rows};
use liitos_domain::moves::{
    Course, Halt, LeftOut, Moving, Parted, Stand, Standing, Step, Target, Wave, back, fails, fitting, moved, next,
    shape, standing, together,
};
use liitos_domain::notice::MoveNews;
use liitos_domain::{Moment, RefusalCode};
use liitos_store::moves::{self, Becomes, Moved};
use liitos_store::{Transaction, directory};
use std::collections::BTreeMap;

/// Takes every move that goes on by itself one step further, where one is due; how many steps were taken. One that cannot be taken holds up no other.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn go_on(app: &App) -> Result<usize, ServiceError> {
    let mut taken = 0;
    for number in moves::going(app.store.read()).await? {
        match step(app, &number).await {
            Ok(true) => taken += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%number, code = %error.code, place = %error.place, cause = ?error.source, "a move could not go on");
            }
        }
    }
    Ok(taken)
}

/// Takes one move one step further, in one transaction; whether one was due.
async fn step(app: &App, number: &str) -> Result<bool, ServiceError> {
    // Looked at first without a lock: most of the time there is nothing to do.
    if Due::of(app, number).await?.is_none() {
        return Ok(false);
    }
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let now = app.now();
    // Somebody may have halted it, and the clock has gone on.
    let Some(due) = Due::of(app, number).await? else { return Ok(false) };
    let tried = match due.step {
        Step::Wait(_) => return Ok(false),
        Step::Enter(wave) => enter(app, &tx, (&due, wave), &rows, now).await,
        Step::Late(_) => stop(&tx, &due.one, Halt::Late, now).await,
        Step::Back(wave) => {
            let went = Went { one: &due.one, wave, why: Halt::Failing };
            take_back(app, &tx, (&went, &due.moved), &rows, now).await.map(drop)
        }
        Step::Over => over(app, &tx, &due, now).await,
    };
    let halt = match (&tried, due.step) {
        // What was entered, but not before its second, is not.
        (Ok(()), Step::Enter(wave)) if due.waves.get(wave).is_none_or(|wave| wave.begins <= app.now()) => Halt::Late,
        (Ok(()), _) => {
            change::commit(app, tx).await?;
            return Ok(true);
        }
        // What is refused now is refused the next time, too: somebody has to look.
        (Err(error), Step::Enter(_)) if error.code != RefusalCode::Internal => Halt::Contradiction,
        _ => return tried.map(|()| true),
    };
    drop(tx);
    let tx = app.store.begin().await?;
    stop(&tx, &due.one, halt, app.now()).await?;
    tx.commit().await?;
    Ok(true)
}

/// A move as it stands, and what is to be done with it.
struct Due {
    one: Move,
    moving: Moving,
    waves: Vec<Wave>,
    moved: Vec<Moved>,
    seen: Seen,
    step: Step,
}

impl Due {
    /// Nothing of one of which nothing is due or watched. Of one that is halted nothing is done but that a wave goes back.
    async fn of(app: &App, number: &str) -> Result<Option<Self>, ServiceError> {
        let (db, now) = (app.store.read(), app.now());
        let goes = |one: &Move| matches!(one.course, Course::Approved | Course::Halted);
        let Some(one) = moves::find(db, number).await?.filter(goes) else { return Ok(None) };
        let (moving, waves) = (said(&one)?, moves::waves(db, one.key).await?);
        let stand = |failing| Stand {
            waves: &waves,
            entered: one.entered,
            pause: moving.schedule.pause,
            overlap: moving.overlap,
            failing,
        };
        let possible = next(&stand(true), now);
        // What is halted is watched on, and no longer.
        let entered = one.entered.checked_sub(1).and_then(|nth| waves.get(nth));
        let watched = entered.is_some_and(|wave| wave.watched(moving.schedule.pause, now));
        let halted = one.course == Course::Halted;
        if matches!(possible, Step::Wait(_)) || halted && !watched {
            return Ok(None);
        }
        let current = one.entered.checked_sub(1);
        let until = current.and_then(|nth| waves.get(nth)).map(|wave| wave.watched_until(moving.schedule.pause));
        let seen = match current {
            Some(_) => seen(app, (&one, &moving), current, until.unwrap_or(now).min(now)).await?,
            None => Seen::default(),
        };
        let step = next(&stand(fails(seen.all, moving.limit)), now);
        if matches!(step, Step::Wait(_)) || halted && !matches!(step, Step::Back(_)) {
            return Ok(None);
        }
        let moved = moves::moved(db, one.key).await?;
        Ok(Some(Self { one, moving, waves, moved, seen, step }))
    }
}

/// Those of a wave who are in the directory by it.
fn of_wave(moved: &[Moved], wave: usize) -> Vec<&Moved> {
    moved.iter().filter(|one| one.seat.wave == wave && one.standing == Standing::Entered).collect()
}

/// All of it is done.
async fn over(app: &App, tx: &Transaction, due: &Due, now: Moment) -> Result<(), ServiceError> {
    moves::count(tx, due.one.key, &due.seen.each).await?;
    let moved = moves::moved(tx.connection(), due.one.key).await?;
    let report = report::sealed(app, (&due.one, &moved), now).await?;
    let over = Move { course: Course::Over, report: Some(report), ..due.one.clone() };
    keep(tx, &over, ("over", None, Desk::Own), None, now).await?;
    tell_soon(tx, (&over, MoveNews::Over), MoveTold::Leader, now).await
}

/// Enters a wave: whoever has agreed, is what was approved, and fits. The others are left out, and told.
async fn enter(
    app: &App,
    tx: &Transaction,
    (due, wave): (&Due, usize),
    rows: &Rows,
    now: Moment,
) -> Result<(), ServiceError> {
    let (one, key) = (&due.one, due.one.key);
    let (mut effects, mut goes, mut left) = (Vec::new(), Vec::new(), BTreeMap::<LeftOut, Vec<usize>>::new());
    let consents = moves::consents(tx.connection(), key).await?;
    let (acts, parted) = (acts_for(app, &one.leader).await?, Parted::of(rows));
    for one in due.moved.iter().filter(|one| one.seat.wave == wave && one.standing == Standing::Planned) {
        let target = Target { subject: one.subject.clone(), new: one.new.clone() };
        let effect = moved(&due.moving.what, &target, (one.seat.at, due.moving.overlap), &parted);
        let changed = (shape(&effect)? != one.shape).then_some(LeftOut::Changed);
        let out = LeftOut::by(consents.get(&one.party).copied(), acts.contains(&one.party)).or(changed);
        match out {
            Some(reason) => left.entry(reason).or_default().push(one.place),
            None => {
                effects.push(effect);
                goes.push(one.place);
            }
        }
    }
    let stands = standing(rows, &effects, now);
    let (effect, entered) = chosen(&effects, &goes, &stands);
    let out: Vec<usize> = goes.iter().filter(|place| !entered.contains(place)).copied().collect();
    if !out.is_empty() {
        left.entry(LeftOut::Changed).or_default().extend(out);
    }
    moves::count(tx, key, &due.seen.each).await?;
    for (reason, places) in &left {
        moves::becomes(tx, key, places, Becomes::LeftOut(*reason)).await?;
    }
    if !entered.is_empty() {
        let version = change::enter(app, tx, rows, change_of(one, &effect), now).await?;
        moves::becomes(tx, key, &entered, Becomes::Entered(version)).await?;
    }
    let next = Move { entered: wave + 1, ..one.clone() };
    let words = format!("{} {}", wave + 1, entered.len());
    keep(tx, &next, ("entered", None, Desk::Own), Some(words), now).await?;
    if !left.is_empty() {
        tell_soon(tx, (&next, MoveNews::LeftOut), MoveTold::Wave(wave), now).await?;
    }
    // Nobody shows the others whether it goes well.
    let first = wave == 0 && due.moving.schedule.canary > 0 && due.waves.len() > 1;
    if first && entered.is_empty() {
        return stop(tx, &Move { revision: next.revision + 1, ..next }, Halt::Nobody, now).await;
    }
    Ok(())
}

/// Those of some effects that stand as one, with their places.
fn chosen(effects: &[Effect], places: &[usize], stands: &[bool]) -> (Effect, Vec<usize>) {
    let all = together(effects.iter().zip(stands).filter(|(_, stands)| **stands).map(|(effect, _)| effect));
    (all, places.iter().zip(stands).filter(|(_, stands)| **stands).map(|(place, _)| *place).collect())
}

fn change_of<'c>(one: &'c Move, effect: &'c Effect) -> Change<'c> {
    Change {
        effect,
        basis: Basis::Move(one.number.clone()),
        author: one.leader.to_string(),
        approver: one.approver.as_deref().unwrap_or_default(),
        action: "directory.moved",
        subject: &one.number,
        why: "",
    }
}

/// A move goes no further until somebody says so; whoever waits is told.
async fn stop(tx: &Transaction, one: &Move, why: Halt, now: Moment) -> Result<(), ServiceError> {
    let next = Move { course: Course::Halted, halt: Some(why), ..one.clone() };
    keep(tx, &next, ("halted", None, Desk::Own), Some(why.code().to_owned()), now).await?;
    tell_soon(tx, (&next, MoveNews::Halted), MoveTold::Waiting, now).await
}

/// A wave that goes back, and why.
pub(super) struct Went<'w> {
    pub(super) one: &'w Move,
    pub(super) wave: usize,
    pub(super) why: Halt,
}

/// Takes a wave back: from now on whoever it moved is as before, apart from who has changed since; the move goes no further. How many went back.
pub(super) async fn take_back(
    app: &App,
    tx: &Transaction,
    (went, moved): (&Went<'_>, &[Moved]),
    rows: &Rows,
    now: Moment,
) -> Result<usize, ServiceError> {
    let of_wave = of_wave(moved, went.wave);
    let mut entered = BTreeMap::new();
    if let Some(version) = of_wave.first().and_then(|one| one.version) {
        let effects = directory::effects(tx.connection(), version.saturating_sub(1), version).await?;
        entered = effects.into_iter().next().unwrap_or_default().parted(went.one.kind.of_points());
    }
    let parted = Parted::of(rows);
    let ways = of_wave.iter().filter_map(|one| Some((one.place, back(entered.get(&one.subject)?, &parted, now)?)));
    let (places, ways): (Vec<usize>, Vec<Effect>) = ways.unzip();
    let (effect, places) = chosen(&ways, &places, &fitting(rows, &ways));
    let counted = seen(app, (went.one, &said(went.one)?), Some(went.wave), now).await?;
    moves::count(tx, went.one.key, &counted.each).await?;
    if !effect.is_empty() {
        let version = change::enter(app, tx, rows, change_of(went.one, &effect), now).await?;
        moves::becomes(tx, went.one.key, &places, Becomes::Back(version)).await?;
    }
    // What the operator has halted stays the operator's to let go on.
    let why = went.one.halt.filter(|halt| *halt == Halt::ByOperator).unwrap_or(went.why);
    let halted = Move { course: Course::Halted, halt: Some(why), ..went.one.clone() };
    let words = format!("{} {}", went.wave + 1, places.len());
    keep(tx, &halted, ("back", None, Desk::Own), Some(words), now).await?;
    if !places.is_empty() {
        tell_soon(tx, (&halted, MoveNews::Back), MoveTold::Wave(went.wave), now).await?;
    }
    tell_soon(tx, (&halted, MoveNews::Halted), MoveTold::Waiting, now).await?;
    Ok(places.len())
}
