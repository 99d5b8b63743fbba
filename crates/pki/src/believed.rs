//! What was verified a moment ago and need not be verified again at once: a certificate's path, a token.

use crate::trust_state::Trust;
use liitos_domain::{Moment, Sha256Hash};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Seconds for which it is believed at most.
const BELIEVED: i64 = 60;
/// Most that is kept in mind.
const MOST: usize = 10_000;

/// What was verified, by a hash of what it is about, as long as the trust stays that it rests on. What can change meanwhile –
/// validity, revocation – is for whoever asks to look at.
pub struct Believed<V>(Mutex<Held<V>>);

struct Held<V> {
    trust: Option<Arc<Trust>>,
    verified: HashMap<Sha256Hash, (V, Moment)>,
}

impl<V> Default for Believed<V> {
    fn default() -> Self {
        Self(Mutex::new(Held { trust: None, verified: HashMap::new() }))
    }
}

impl<V: Clone> Believed<V> {
    /// What was verified on this trust and is still believed.
    pub fn get(&self, trust: &Arc<Trust>, about: &Sha256Hash, now: Moment) -> Option<V> {
        let held = self.on(trust);
        let (value, until) = held.verified.get(about)?;
        // A clock that was set back is no reason to believe longer.
        (now < *until && *until <= now.plus_seconds(BELIEVED)).then(|| value.clone())
    }

    /// Keeps in mind what was verified, until it ends or for as long as is believed at most.
    pub fn add(&self, trust: &Arc<Trust>, about: Sha256Hash, value: V, ends: Option<Moment>, now: Moment) {
        let most = now.plus_seconds(BELIEVED);
        let mut held = self.on(trust);
        if held.verified.len() >= MOST {
            held.verified.retain(|_, (_, until)| now < *until);
        }
        if held.verified.len() < MOST {
            held.verified.insert(about, (value, ends.map_or(most, |ends| ends.min(most))));
        }
    }

    fn on(&self, trust: &Arc<Trust>) -> MutexGuard<'_, Held<V>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.trust.as_ref().is_some_and(|own| Arc::ptr_eq(own, trust)) {
            *held = Held { trust: Some(Arc::clone(trust)), verified: HashMap::new() };
        }
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_believed_for_a_while_on_the_same_trust() {
        let now = Moment::from_seconds(1_800_000_000);
        let (one, short, none) = (Sha256Hash::of(b"1"), Sha256Hash::of(b"2"), Sha256Hash::of(b"3"));
        let (believed, trust, other) = (Believed::default(), Arc::default(), Arc::default());
        believed.add(&trust, one, 1, Some(now.plus_seconds(9000)), now);
        believed.add(&trust, short, 2, Some(now.plus_seconds(10)), now);
        let held = |trust, about, at: i64| believed.get(trust, about, now.plus_seconds(at));
        assert_eq!([0, 59, 60, -1].map(|at| held(&trust, &one, at)), [Some(1), Some(1), None, None]);
        assert_eq!([9, 10].map(|at| held(&trust, &short, at)), [Some(2), None], "it ends before");
        assert_eq!(held(&trust, &none, 0), None);
        assert_eq!(held(&other, &one, 0), None);
        assert_eq!(held(&trust, &one, 0), None, "what rests on another trust is gone");
    }
}
