//! Documents that are being stored now, by this program: what is stamped already, and seen by nobody yet.

use liitos_domain::Moment;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long a search waits for what was being stored when it began, at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is being stored.
#[derive(Default)]
pub(crate) struct Storing {
    held: Mutex<Held>,
    ended: Notify,
}

#[derive(Default)]
struct Held {
    next: u64,
    open: BTreeSet<u64>,
    newest: Option<Moment>,
}

/// Something is being stored, as long as this is held: from before it is stamped until it is seen.
pub(super) struct BeingStored<'a>(&'a Storing, u64);

impl BeingStored<'_> {
    /// What it is stamped with.
    pub(super) fn stamped(&self, at: Moment) {
        let mut held = self.0.held();
        held.newest = held.newest.max(Some(at));
    }
}

impl Drop for BeingStored<'_> {
    fn drop(&mut self) {
        self.0.held().open.remove(&self.1);
        self.0.ended.notify_waiters();
    }
}

/// What was being stored at some moment: everything that had begun, and had not ended.
pub(super) struct Then(u64);

impl Storing {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something begins to be stored.
    pub(super) fn begin(&self) -> BeingStored<'_> {
        let mut held = self.held();
        let number = held.next;
        held.next += 1;
        held.open.insert(number);
        BeingStored(self, number)
    }

    /// A moment, or that of the newest that was stored where a clock has gone back behind it: nothing is looked for that would leave out what is there.
    pub(crate) fn seen(&self, now: Moment) -> Moment {
        self.held().newest.map_or(now, |newest| newest.max(now))
    }

    /// What is being stored now, if anything is.
    pub(super) fn now(&self) -> Option<Then> {
        let held = self.held();
        (!held.open.is_empty()).then_some(Then(held.next))
    }

    /// Waits until nothing of it is being stored any more, for a second at most.
    pub(super) async fn settled(&self, Then(next): Then) {
        let waited = async {
            loop {
                let ended = self.ended.notified();
                if self.held().open.first().is_none_or(|first| *first >= next) {
                    return;
                }
                ended.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, waited).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_search_waits_for_what_was_being_stored_when_it_began() {
        let storing = Arc::new(Storing::default());
        assert!(storing.now().is_none());
        let (first, second) = (storing.begin(), storing.begin());
        let then = storing.now().unwrap();
        let later = storing.begin();
        let waiting = tokio::spawn({
            let storing = Arc::clone(&storing);
            async move { storing.settled(then).await }
        });
        drop(second);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished(), "the first has not ended");
        drop(first);
        waiting.await.unwrap();
        assert!(storing.now().is_some(), "what begins later is not waited for");
        drop(later);
        assert!(storing.now().is_none());
    }

    #[test]
    fn what_is_there_is_seen_though_the_clock_goes_back() {
        let at = Moment::from_seconds;
        let storing = Storing::default();
        assert_eq!(storing.seen(at(5)), at(5));
        let one = storing.begin();
        one.stamped(at(9));
        one.stamped(at(7));
        assert_eq!([storing.seen(at(5)), storing.seen(at(10))], [at(9), at(10)]);
    }
}
