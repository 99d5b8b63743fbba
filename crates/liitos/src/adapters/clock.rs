//! The wall clock.

use liitos_domain::Moment;
use liitos_service::ports::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the machine's time.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        liitos_gateway::wall_clock()()
    }
}

/// The machine's time, moved on by hand: for rehearsals in which it runs fast.
#[derive(Default)]
pub struct MovedClock(AtomicI64);

impl MovedClock {
    /// Moves on by so many microseconds.
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Moment {
        Moment::from_micros(SystemClock.now().as_micros().saturating_add(self.0.load(Ordering::SeqCst)))
    }
}
