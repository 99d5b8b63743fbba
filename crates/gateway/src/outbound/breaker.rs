//! Circuit breakers: an address that failed several times in a row is left alone for a while, then tried by one message at a time.

use liitos_domain::Moment;
use liitos_domain::identifier::AccessPointOid;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

/// Failures in a row after which an address is left alone.
const MOST_FAILURES: u32 = 3;
/// For so long, in seconds.
const ALONE_SECONDS: i64 = 30;
/// Addresses remembered: those of a directory are fewer.
const MOST: usize = 100_000;

/// An access point's address: others may stand behind the same one.
type Key = (AccessPointOid, SocketAddr);

/// What is known of one address.
#[derive(Clone, Copy, Default)]
struct Failing {
    in_a_row: u32,
    /// Until when it is left alone.
    until: Option<Moment>,
}

/// The breakers of all addresses that failed last.
#[derive(Default)]
pub(super) struct Breakers(Mutex<HashMap<Key, Failing>>);

impl Breakers {
    /// Whether an address may be tried now. After it was left alone the first who asks tries, and others wait for what comes of it.
    pub(super) fn may(&self, address: &Key, now: Moment) -> bool {
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Failing { until: Some(until), .. }) = failing.get_mut(address) else { return true };
        let may = *until <= now;
        if may {
            *until = now.plus_seconds(ALONE_SECONDS);
        }
        may
    }

    pub(super) fn worked(&self, address: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
    }

    pub(super) fn failed(&self, address: Key, now: Moment) {
        let mut failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failing.len() >= MOST && !failing.contains_key(&address) {
            failing.clear();
        }
        let known = failing.entry(address).or_default();
        known.in_a_row = known.in_a_row.saturating_add(1);
        if known.in_a_row >= MOST_FAILURES {
            known.until = Some(now.plus_seconds(ALONE_SECONDS));
        }
    }

    /// How many addresses are left alone now.
    pub(super) fn open(&self, now: Moment) -> usize {
        let failing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failing.values().filter(|known| known.until.is_some_and(|until| until > now)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_left_alone_and_tried_again_by_one() {
        let breakers = Breakers::default();
        let key = |last: u8| {
            let point = AccessPointOid::parse(&format!("1.2.246.10.2048198.10.0.13.{last}")).unwrap();
            (point, SocketAddr::from(([192, 0, 2, 1], 443)))
        };
        let address = &key(1);
        let at = Moment::from_seconds;
        for second in 0..2 {
            assert!(breakers.may(address, at(second)));
            breakers.failed(address.clone(), at(second));
        }
        assert!(breakers.may(address, at(2)), "twice may be chance");
        breakers.failed(address.clone(), at(2));
        assert!(!breakers.may(address, at(3)) && breakers.open(at(3)) == 1);
        assert!(breakers.may(address, at(32)), "one tries");
        assert!(!breakers.may(address, at(33)), "and the others wait");
        breakers.failed(address.clone(), at(34));
        assert!(!breakers.may(address, at(63)));
        assert!(breakers.may(address, at(64)));
        breakers.worked(address);
        assert!(breakers.may(address, at(65)) && breakers.may(address, at(65)) && breakers.open(at(65)) == 0);
        assert!(breakers.may(&key(2), at(3)), "another at the same address is another");
    }
}
