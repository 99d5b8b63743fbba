//! Calls about test clients: the gateway is asked to tell of each, which it else does of one in so many, so that a deployment test can show that both wrote it
//! down. Only digests are held, and of calls the last ones.

use liitos_domain::archive::Use;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError, RwLock};

/// Most calls that are held between their line in the use log and their answer.
const MOST_CALLS: usize = 4_096;

/// Whose calls are told, and which of them wait for their answer.
#[derive(Debug, Default)]
pub struct Followed {
    /// Digests of the test clients.
    persons: RwLock<HashSet<String>>,
    calls: Mutex<Calls>,
}

/// Decision ids.
#[derive(Debug, Default)]
struct Calls {
    /// Of calls that are not answered yet.
    waiting: HashSet<String>,
    /// In the order in which they came.
    order: VecDeque<String>,
}

impl Followed {
    /// Follows test clients, by their digests, too.
    pub(crate) fn learn(&self, persons: impl IntoIterator<Item = String>) {
        self.persons.write().unwrap_or_else(PoisonError::into_inner).extend(persons);
    }

    /// Follows these test clients and nobody else.
    pub(crate) fn follow(&self, persons: HashSet<String>) {
        *self.persons.write().unwrap_or_else(PoisonError::into_inner) = persons;
    }

    /// Whether somebody is a test client.
    pub(super) fn knows(&self, person: &str) -> bool {
        self.persons.read().unwrap_or_else(PoisonError::into_inner).contains(person)
    }

    /// Takes note of what was written down.
    pub(super) fn note(&self, lines: &[Use]) {
        for line in lines {
            if let Some(person) = &line.person {
                self.note_one(person, &line.decision);
            }
        }
    }

    /// Takes note of one call about a person.
    pub(super) fn note_one(&self, person: &str, decision: &str) {
        // What is done at a desk has no decision, and no gateway.
        if decision.is_empty() || !self.knows(person) {
            return;
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let Calls { waiting, order } = &mut *calls;
        if waiting.insert(decision.to_owned()) {
            order.push_back(decision.to_owned());
        }
        // Those that were answered stand in the order still, until it is their turn.
        while order.len() > MOST_CALLS {
            if let Some(oldest) = order.pop_front() {
                waiting.remove(&oldest);
            }
        }
    }

    /// Whether a call was about a test client; asked once, as it is answered.
    pub fn take(&self, decision: &str) -> bool {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).waiting.remove(decision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::archive::{Act, Ground};
    use liitos_domain::{Moment, Oid};

    fn line(person: &str, decision: &str) -> Use {
        let oid = Oid::parse("1.2.3").unwrap();
        Use {
            at: Moment::from_seconds(1),
            by: "1.2.3".to_owned(),
            act: Act::Fetched,
            ground: Ground::Own,
            controller: oid.clone(),
            joiner: oid,
            tenant: None,
            document: None,
            person: Some(person.to_owned()),
            decision: decision.to_owned(),
            more: None,
        }
    }

    #[test]
    fn only_test_clients_calls_are_told_and_each_once() {
        let followed = Followed::default();
        followed.note(&[line("p", "A")]);
        assert!(!followed.take("A"));
        followed.learn(["p".to_owned()]);
        followed.note(&[line("p", "A"), line("p", "A"), line("q", "B")]);
        assert!(followed.take("A") && !followed.take("A") && !followed.take("B"));
        for number in 0..=MOST_CALLS {
            followed.note(&[line("p", &number.to_string())]);
        }
        assert!(!followed.take("0") && followed.take("1"));
    }
}
