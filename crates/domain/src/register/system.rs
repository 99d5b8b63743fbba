//! How a system stands by its entry in Astori.

use super::SystemFacts;
use crate::service_code::codes;
use crate::time::Moment;

/// So many days before its certificate of conformity ends it is said to end.
pub const ENDS_WITHIN_DAYS: i64 = 60;

codes! {
    /// How a system stands; the gravest first.
    SystemStanding {
        /// A significant deviation forbids its use.
        Banned = "banned",
        /// Its certificate of conformity has ended.
        Ended = "ended",
        /// Astori does not know it.
        Unknown = "unknown",
        /// Its certificate ends soon.
        Ends = "ends",
        /// Nothing is amiss.
        Fine = "fine",
    }
}

impl SystemStanding {
    /// How a system stands at a moment; `None`: it has no entry.
    #[must_use]
    pub fn of(facts: Option<&SystemFacts>, at: Moment) -> Self {
        match facts {
            None => Self::Unknown,
            Some(facts) if facts.deviation == Some(true) => Self::Banned,
            Some(facts) if !facts.valid.contains(at) => Self::Ended,
            Some(facts) if facts.valid.ended(at.plus_days(ENDS_WITHIN_DAYS)) => Self::Ends,
            Some(_) => Self::Fine,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Interval;

    #[test]
    fn the_gravest_is_told() {
        let day = |day: i64| Moment::from_seconds(day * 86_400);
        let facts = |until, deviation| SystemFacts {
            class: String::new(),
            version: String::new(),
            transfers: false,
            services: None,
            valid: Interval::new(day(0), until),
            deviation,
            register_access: None,
            security_ban: None,
        };
        let of = |facts: Option<SystemFacts>| SystemStanding::of(facts.as_ref(), day(100));
        assert_eq!(of(None), SystemStanding::Unknown);
        assert_eq!(of(Some(facts(None, None))), SystemStanding::Fine);
        assert_eq!(of(Some(facts(Some(day(161)), Some(false)))), SystemStanding::Fine);
        assert_eq!(of(Some(facts(Some(day(160)), None))), SystemStanding::Ends);
        assert_eq!(of(Some(facts(Some(day(100)), None))), SystemStanding::Ended);
        assert_eq!(of(Some(facts(Some(day(1)), Some(true)))), SystemStanding::Banned);
    }
}
