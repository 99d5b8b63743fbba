//! How a move that is approved goes on: what is to be done next, by what is so.

use crate::time::Moment;

/// So many seconds before its first second a wave is entered: what gateways need to have it, many times over.
pub const LEAD_SECONDS: i64 = 30;

/// With fewer seconds left than these it is not entered any more: it has to be committed, and taken by gateways, before its second.
pub const LEAST_SECONDS: i64 = 5;

/// When too much fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Of a hundred calls more than so many.
    pub percent: u64,
    /// And no fewer than so many in all.
    pub least: u64,
}

/// Calls of whoever was moved, since its second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Those that passed, as far as they are told: what a sample stands for.
    pub passed: u64,
    /// Those that were refused, or that the service behind did not answer.
    pub failed: u64,
}

impl std::ops::AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

/// Whether too much fails.
#[must_use]
pub const fn fails(counted: Counted, limit: Limit) -> bool {
    let all = counted.failed.saturating_add(counted.passed);
    counted.failed >= limit.least && counted.failed.saturating_mul(100) > all.saturating_mul(limit.percent)
}

/// When a wave goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    /// Its first second.
    pub begins: Moment,
    /// Its last.
    pub last: Moment,
}

impl Wave {
    /// Until when it is watched.
    #[must_use]
    pub const fn watched_until(&self, pause: i64) -> Moment {
        self.last.plus_seconds(pause)
    }

    /// Whether it is watched: from its first second until so many after its last.
    #[must_use]
    pub fn watched(&self, pause: i64, now: Moment) -> bool {
        self.begins <= now && now < self.watched_until(pause)
    }
}

/// How far a move has come.
#[derive(Clone, Copy, Debug)]
pub struct Stand<'w> {
    /// Its waves, in their order.
    pub waves: &'w [Wave],
    /// How many of them have been entered.
    pub entered: usize,
    /// Seconds for which a wave is watched after its last second.
    pub pause: i64,
    /// Seconds for which the way of before stays open beside the new one.
    pub overlap: i64,
    /// Whether too many calls of the wave that is watched fail.
    pub failing: bool,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this moment.
    Wait(Moment),
    /// A wave is to be entered: before its first second.
    Enter(usize),
    /// A wave's first second has been or is too near, and it is not entered.
    Late(usize),
    /// Too much of a wave fails: it goes back.
    Back(usize),
    /// All has been done and watched, and the ways of before are closed.
    Over,
}

/// What is to be done now. A wave that failed while it was watched goes back before anything else is done.
#[must_use]
pub fn next(stand: &Stand<'_>, now: Moment) -> Step {
    let current = stand.entered.checked_sub(1).and_then(|nth| Some((nth, stand.waves.get(nth)?)));
    let step = match stand.waves.get(stand.entered) {
        Some(next) if next.begins.plus_seconds(-LEAST_SECONDS) < now => Step::Late(stand.entered),
        Some(next) if next.begins.plus_seconds(-LEAD_SECONDS) <= now => Step::Enter(stand.entered),
        Some(next) => Step::Wait(next.begins.plus_seconds(-LEAD_SECONDS)),
        None => {
            let last = current.map_or(now, |(_, wave)| wave.last.plus_seconds(stand.pause.max(stand.overlap)));
            if last <= now { Step::Over } else { Step::Wait(last) }
        }
    };
    let Some((nth, wave)) = current.filter(|(_, wave)| stand.failing && wave.begins <= now) else { return step };
    // Whoever was away while it was watched sees to it before going on, or before all is over; what was let go on since is not judged again.
    let lately = now < wave.watched_until(stand.pause).plus_seconds(LEAD_SECONDS);
    let judged = match step {
        Step::Over => true,
        Step::Enter(_) | Step::Late(_) => lately,
        Step::Wait(_) | Step::Back(_) => wave.watched(stand.pause, now),
    };
    if judged { Step::Back(nth) } else { step }
}
