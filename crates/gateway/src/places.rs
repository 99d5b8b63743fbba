//! Places for connections: so many in all, and so many for each key – an address, a certificate –, so that nobody takes them all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts the connections of each key.
pub(crate) struct Places<K> {
    most: usize,
    taken: Mutex<HashMap<K, usize>>,
}

/// A place taken; it is free again when this is let go.
pub(crate) struct Place<K: Eq + Hash> {
    places: Arc<Places<K>>,
    key: K,
}

impl<K: Eq + Hash + Copy> Places<K> {
    /// At most so many for each key.
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// A place, unless the key has its most.
    pub(crate) fn take(self: &Arc<Self>, key: K) -> Option<Place<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(key).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place { places: Arc::clone(self), key })
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_most() {
        let places = Places::new(2);
        let (first, _second) = (places.take(1).unwrap(), places.take(1).unwrap());
        assert!(places.take(1).is_none() && places.take(2).is_some());
        drop(first);
        assert!(places.take(1).is_some());
        assert_eq!(places.taken.lock().unwrap().len(), 1, "whoever has none is forgotten");
    }
}
