//! What worked on which day.

use super::{Fault, Kind};
use crate::service_code::Service;
use crate::time::Moment;

/// So many days are shown.
pub const DAYS: i64 = 90;

/// A day, when it begins, and what did not work on it.
pub type Day = (Moment, Option<Kind>);

/// For each of the last [`DAYS`] days in Helsinki, the oldest first, when it began and what kept a service from working on it: a fault before a break. Only what
/// hits everybody in the country is counted by the day: what is named for some access points or municipalities is none of the service's.
#[must_use]
pub fn strip(faults: &[Fault], service: Service, now: Moment) -> Vec<Day> {
    let today = now.midnight();
    let day = |back: i64| {
        let from = today.plus_days(-back);
        let until = from.next_midnight();
        let there = faults
            .iter()
            .filter(|fault| fault.hits_all_of(service) && fault.within(from, until, now))
            .map(|fault| fault.kind);
        (from, there.min())
    };
    (0..DAYS).rev().map(day).collect()
}
