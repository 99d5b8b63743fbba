//! The wall clock.

use liitos_domain::Moment;
use liitos_service::ports::Clock;

/// Tells the machine's time.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        liitos_gateway::wall_clock()()
    }
}
