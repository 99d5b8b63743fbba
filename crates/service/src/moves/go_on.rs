//! Moves that were approved go on: the wave that is due enters the directory, one that fails goes back, and what is done is reported.

use super::count::seen;
use super::tell::{MoveTold, tell_soon};
use super::{Move, keep, report, said};
use crate::directory::change::{self, Change};
use crate::notices::Desk;
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{Basis, Effect, Rows};
use liitos_domain::moves::{
    Consent, Course, Halt, LeftOut, Moving, Parted, Stand, Standing, Step, Target, back, fails, moved, next, shape,
};
use liitos_domain::notice::MoveNews;
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
    let Some(seen) = Seen::of(app, number).await? else { return Ok(false) };
    if let Step::Wait(_) = seen.step {
        return Ok(false);
    }
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let now = app.now();
    // Somebody may have halted it, and the clock has gone on.
    let Some(seen) = Seen::of(app, number).await? else { return Ok(false) };
    match seen.step {
        Step::Wait(_) => return Ok(false),
        Step::Enter(wave) => enter(app, &tx, (&seen, wave), &rows, now).await?,
        Step::Late(_) => stop(&tx, &seen.one, Halt::Late, now).await?,
        Step::Back(wave) => {
            let went = Went { one: &seen.one, wave, why: Halt::Failing };
            take_back(app, &tx, (&went, &seen.moved), &rows, now).await?;
        }
        Step::Over => {
            count(&tx, &seen).await?;
            let moved = moves::moved(tx.connection(), seen.one.key).await?;
            let report = report::sealed(app, (&seen.one, &moved), now).await?;
            let over = Move { course: Course::Over, report: Some(report), ..seen.one.clone() };
            keep(&tx, &over, ("over", None, Desk::Own), None, now).await?;
            tell_soon(&tx, (&over, MoveNews::Over), MoveTold::Leader, now).await?;
        }
    }
    change::commit(app, tx).await?;
    Ok(true)
}

/// A move as it stands, and what is to be done with it.
struct Seen {
    one: Move,
    moving: Moving,
    moved: Vec<Moved>,
    counted: super::Seen,
    step: Step,
}

impl Seen {
    /// Nothing of one that does not go on by itself, or of which nothing is due or watched.
    async fn of(app: &App, number: &str) -> Result<Option<Self>, ServiceError> {
        let (db, now) = (app.store.read(), app.now());
        let found = moves::find(db, number).await?.filter(|one| one.course == Course::Approved);
        let Some(one) = found else { return Ok(None) };
        let (moving, waves) = (said(&one)?, moves::waves(db, one.key).await?);
        let stand = |failing| Stand {
            waves: &waves,
            entered: one.entered,
            pause: moving.schedule.pause,
            overlap: moving.overlap,
            failing,
        };
        // Where a wave that failed could not go back there is nothing to do, and nobody is counted.
        let watched = next(&stand(true), now);
        if matches!(watched, Step::Wait(_)) {
            return Ok(None);
        }
        let moved = moves::moved(db, one.key).await?;
        let current = of_wave(&moved, one.entered.checked_sub(1));
        let counted = seen(app, &moving, &current).await?;
        let step = next(&stand(fails(counted.all, moving.limit)), now);
        Ok(Some(Self { one, moving, moved, counted, step }))
    }
}

/// Those of a wave who are moved.
fn of_wave(moved: &[Moved], wave: Option<usize>) -> Vec<&Moved> {
    let of = |one: &&Moved| Some(one.seat.wave) == wave && one.standing == Standing::Entered;
    moved.iter().filter(of).collect()
}

/// Keeps the calls of the wave that was watched.
async fn count(tx: &Transaction, seen: &Seen) -> Result<(), ServiceError> {
    Ok(moves::count(tx, seen.one.key, &seen.counted.each).await?)
}

/// Enters a wave: whoever has agreed and is what was approved. The others are left out, and told.
async fn enter(
    app: &App,
    tx: &Transaction,
    (seen, wave): (&Seen, usize),
    rows: &Rows,
    now: Moment,
) -> Result<(), ServiceError> {
    let consents = moves::consents(tx.connection(), seen.one.key).await?;
    let parted = Parted::of(rows);
    let (mut effect, mut entered, mut left) = (Effect::default(), Vec::new(), BTreeMap::<LeftOut, Vec<usize>>::new());
    for one in seen.moved.iter().filter(|one| one.seat.wave == wave && one.standing == Standing::Planned) {
        let target = Target { subject: one.subject.clone(), new: one.new.clone() };
        let changed = moved(&seen.moving.what, &target, (one.seat.at, seen.moving.overlap), &parted);
        let out = match consents.get(&one.party) {
            Some(Consent::Declined) => Some(LeftOut::Declined),
            how if !how.is_some_and(|how| how.holds()) => Some(LeftOut::NoConsent),
            _ => (shape(&changed)? != one.shape).then_some(LeftOut::Changed),
        };
        match out {
            Some(reason) => left.entry(reason).or_default().push(one.place),
            None => {
                effect.rights_opened.extend(changed.rights_opened);
                effect.rights_closed.extend(changed.rights_closed);
                effect.access_points_opened.extend(changed.access_points_opened);
                effect.access_points_ended.extend(changed.access_points_ended);
                entered.push(one.place);
            }
        }
    }
    if rows.after(&effect).is_err() {
        return stop(tx, &seen.one, Halt::Contradiction, now).await;
    }
    count(tx, seen).await?;
    for (reason, places) in &left {
        moves::becomes(tx, seen.one.key, places, Becomes::LeftOut(*reason)).await?;
    }
    if !entered.is_empty() {
        let version = change::enter(app, tx, rows, change_of(&seen.one, &effect), now).await?;
        moves::becomes(tx, seen.one.key, &entered, Becomes::Entered(version)).await?;
    }
    let next = Move { entered: wave + 1, ..seen.one.clone() };
    let words = format!("{} {}", wave + 1, entered.len());
    keep(tx, &next, ("entered", None, Desk::Own), Some(words), now).await?;
    if !left.is_empty() {
        tell_soon(tx, (&next, MoveNews::LeftOut), MoveTold::Wave(wave), now).await?;
    }
    Ok(())
}

fn change_of<'c>(one: &'c Move, effect: &'c Effect) -> Change<'c> {
    Change {
        effect,
        basis: Basis::Move(one.number.clone()),
        author: one.leader.to_string(),
        approver: one.approver.as_deref().unwrap_or_default(),
        action: "directory.moved",
        subject: &one.number,
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
    let of_wave = of_wave(moved, Some(went.wave));
    let mut effects = BTreeMap::new();
    if let Some(version) = of_wave.first().and_then(|one| one.version) {
        let entered = directory::effects(tx.connection(), version.saturating_sub(1), version).await?;
        effects = entered.into_iter().next().unwrap_or_default().parted(went.one.kind.of_points());
    }
    let parted = Parted::of(rows);
    let (mut all, mut places) = (Effect::default(), Vec::new());
    for one in &of_wave {
        let Some(way) = effects.get(&one.subject).and_then(|effect| back(effect, &parted, now)) else { continue };
        all.rights_opened.extend(way.rights_opened);
        all.rights_closed.extend(way.rights_closed);
        all.access_points_opened.extend(way.access_points_opened);
        all.access_points_ended.extend(way.access_points_ended);
        places.push(one.place);
    }
    let halted = Move { course: Course::Halted, halt: Some(went.why), ..went.one.clone() };
    if !places.is_empty() {
        let version = change::enter(app, tx, rows, change_of(went.one, &all), now).await?;
        moves::becomes(tx, went.one.key, &places, Becomes::Back(version)).await?;
    }
    let counted = seen(app, &said(went.one)?, &of_wave).await?;
    moves::count(tx, went.one.key, &counted.each).await?;
    let words = format!("{} {}", went.wave + 1, places.len());
    keep(tx, &halted, ("back", None, Desk::Own), Some(words), now).await?;
    tell_soon(tx, (&halted, MoveNews::Back), MoveTold::Wave(went.wave), now).await?;
    tell_soon(tx, (&halted, MoveNews::Halted), MoveTold::Waiting, now).await?;
    Ok(places.len())
}
