//! How much one joiner may take: so many calls at once, and so many a second, so that one that runs wild leaves room for all
//! others.

use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode};
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Joiners remembered without a running call; those who have rested are forgotten first.
const MOST_RESTING: usize = 10_000;
const SECOND: i64 = 1_000_000;

/// What one joiner may take; nought: as much as it likes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JoinerLimits {
    /// Calls that run at once.
    pub calls: u32,
    /// Calls a second, in the long run.
    pub per_second: u32,
    /// Calls that may come at once after a rest.
    pub burst: u32,
}

impl JoinerLimits {
    /// One call at a time, one a second.
    pub const THROTTLED: Self = Self { calls: 1, per_second: 1, burst: 1 };
    /// Four times an ordinary one's.
    pub const LARGE: Self = Self { calls: 2_000, per_second: 4_000, burst: 8_000 };
    /// A tenth of an ordinary one's.
    pub const SMALL: Self = Self { calls: 50, per_second: 100, burst: 200 };
}

impl Default for JoinerLimits {
    fn default() -> Self {
        Self { calls: 500, per_second: 1_000, burst: 2_000 }
    }
}

/// Counts joiners' calls.
#[derive(Default)]
pub(crate) struct Fairness {
    joiners: Mutex<HashMap<Oid, Taken>>,
}

/// What a joiner takes.
struct Taken {
    running: u32,
    /// When it will have rested from all its calls, if it calls no more: one call is a second's part.
    rested_at: Moment,
}

/// A call that runs; it ends when this is let go.
pub(crate) struct Running {
    fairness: Arc<Fairness>,
    joiner: Oid,
}

impl Fairness {
    /// Counts a call of a joiner that may take so much.
    ///
    /// # Errors
    /// L-225 when it is one too many.
    pub(crate) fn begin(self: &Arc<Self>, joiner: &Oid, limits: JoinerLimits, now: Moment) -> Result<Running, Finding> {
        let too_many = |place| Err(Finding::new(RefusalCode::TooManyCalls, place));
        let JoinerLimits { calls, per_second, burst } = limits;
        let mut joiners = self.joiners.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if joiners.len() > MOST_RESTING && !joiners.contains_key(joiner) {
            joiners.retain(|_, taken| taken.running > 0 || taken.rested_at > now);
        }
        let new = || Taken { running: 0, rested_at: now };
        let taken = joiners.entry(joiner.clone()).or_insert_with(new);
        if calls > 0 && taken.running >= calls {
            return too_many("calls at once");
        }
        if per_second > 0 {
            let part = SECOND / i64::from(per_second);
            let (now, was) = (now.as_micros(), taken.rested_at.as_micros());
            let most = now.saturating_add(part * i64::from(burst.max(1)));
            // Later than that it is only when the clock was set back, which is nobody's fault.
            let rested = if was > most { now } else { was.max(now) }.saturating_add(part);
            if rested > most {
                return too_many("calls a second");
            }
            taken.rested_at = Moment::from_micros(rested);
        }
        taken.running += 1;
        drop(joiners);
        Ok(Running { fairness: Arc::clone(self), joiner: joiner.clone() })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut joiners = self.fairness.joiners.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(taken) = joiners.get_mut(&self.joiner) {
            taken.running = taken.running.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(number: usize) -> Oid {
        Oid::parse(&format!("1.2.246.10.{number}.10.0")).unwrap()
    }

    fn at(milliseconds: i64) -> Moment {
        Moment::from_micros(1_000_000_000 + milliseconds * 1000)
    }

    #[test]
    fn so_many_at_once() {
        let (fairness, two) = (Arc::new(Fairness::default()), JoinerLimits { calls: 2, per_second: 0, burst: 0 });
        let (one, other) = (oid(1), oid(2));
        let first = fairness.begin(&one, two, at(0)).unwrap();
        let _second = fairness.begin(&one, two, at(0)).unwrap();
        let refused = fairness.begin(&one, two, at(0)).err().unwrap();
        assert_eq!((refused.code, refused.place.as_str()), (RefusalCode::TooManyCalls, "calls at once"));
        assert!(fairness.begin(&other, two, at(0)).is_ok(), "others have their own");
        drop(first);
        assert!(fairness.begin(&one, two, at(0)).is_ok(), "one has ended");
    }

    #[test]
    fn so_many_a_second() {
        let (fairness, ten) = (Arc::new(Fairness::default()), JoinerLimits { calls: 0, per_second: 10, burst: 5 });
        let begin = |milliseconds| fairness.begin(&oid(1), ten, at(milliseconds)).is_ok();
        let passed = |from: i64, to: i64| (from..to).filter(|milliseconds| begin(*milliseconds)).count();
        assert_eq!(passed(0, 1), 1);
        assert_eq!((0..10).filter(|_| begin(0)).count(), 4, "a burst of five");
        assert_eq!(passed(1, 1001), 10, "then ten a second");
        assert_eq!((0..10).filter(|_| begin(60_000)).count(), 5, "rested");
        assert!(begin(1000), "a clock that was set back shuts nobody out for longer");
    }

    #[test]
    fn little_by_little() {
        let (fairness, ordinary) = (Arc::new(Fairness::default()), JoinerLimits::default());
        let first = fairness.begin(&oid(1), JoinerLimits::THROTTLED, at(0)).unwrap();
        assert_eq!(fairness.begin(&oid(1), JoinerLimits::THROTTLED, at(5000)).err().unwrap().place, "calls at once");
        drop(first);
        assert!(fairness.begin(&oid(1), JoinerLimits::THROTTLED, at(500)).is_err(), "one a second");
        assert!(fairness.begin(&oid(1), JoinerLimits::THROTTLED, at(1000)).is_ok());
        assert!(fairness.begin(&oid(1), ordinary, at(1001)).is_ok(), "as before, once it is lifted");
    }

    #[test]
    fn whoever_has_rested_is_forgotten() {
        let (fairness, ordinary) = (Arc::new(Fairness::default()), JoinerLimits::default());
        let running = fairness.begin(&oid(0), ordinary, at(0)).unwrap();
        for number in 1..=MOST_RESTING + 1 {
            let _ = fairness.begin(&oid(number), ordinary, at(0)).unwrap();
        }
        let _ = fairness.begin(&oid(MOST_RESTING + 2), ordinary, at(10_000)).unwrap();
        assert_eq!(fairness.joiners.lock().unwrap().len(), 2, "but not whoever runs");
        drop(running);
    }
}
