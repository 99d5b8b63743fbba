//! What a run has done, for whoever was not there: so many documents, and which, before it and after it.

use super::Order;
use crate::{Moment, Sha256Hash};
use serde::{Deserialize, Serialize};

/// So many documents, and a hash over their ids that does not depend on their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// How many.
    pub documents: u64,
    /// The SHA-256 of each id, added up as numbers of 256 bits, without what is carried beyond: hexadecimal digits.
    pub sha256_sum: String,
}

/// Documents that are being counted.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    documents: u64,
    /// The most significant byte first.
    sum: [u8; 32],
}

impl Counting {
    /// A count that goes on from what was found so far; nothing where that holds no hash.
    #[must_use]
    pub fn going_on(from: &Ids) -> Option<Self> {
        let sum = Sha256Hash::parse(&from.sha256_sum)?;
        Some(Self { documents: from.documents, sum: *sum.as_bytes() })
    }

    /// One more.
    pub fn add(&mut self, id: &str) {
        self.documents += 1;
        let mut carried = 0_u16;
        for (byte, more) in self.sum.iter_mut().zip(Sha256Hash::of(id.as_bytes()).as_bytes()).rev() {
            let both = u16::from(*byte) + u16::from(*more) + carried;
            *byte = both.to_be_bytes()[1];
            carried = both >> 8;
        }
    }

    /// What was found.
    #[must_use]
    pub fn ids(&self) -> Ids {
        let sum = self.sum.iter().map(|byte| format!("{byte:02x}")).collect();
        Ids { documents: self.documents, sha256_sum: sum }
    }
}

/// What a run has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Its number.
    pub number: String,
    /// What was ordered.
    pub order: Order,
    /// When it was switched.
    pub switched_at: Option<Moment>,
    /// When it was reversed, if it was.
    pub reversed_at: Option<Moment>,
    /// The documents of the sets that it moves which were stored up to that moment, as they were found before any of them was carried.
    pub before: Ids,
    /// Those of them whose cell's row names whose they are, as they were found after the last was carried.
    pub after: Ids,
    /// Whether these are the same.
    pub complete: bool,
    /// How often it came to its end before and they were not: a person let it begin anew then.
    #[serde(default)]
    pub ended_incomplete: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[&str]) -> Ids {
        let mut counting = Counting::default();
        ids.iter().for_each(|id| counting.add(id));
        counting.ids()
    }

    #[test]
    fn what_is_the_same_counts_the_same_in_any_order_and_nothing_else_does() {
        assert_eq!(of(&["1.2.3", "1.2.4", "1.2.5"]), of(&["1.2.5", "1.2.3", "1.2.4"]));
        assert_ne!(of(&["1.2.3", "1.2.4"]).sha256_sum, of(&["1.2.3", "1.2.5"]).sha256_sum);
        assert_ne!(of(&["1.2.3"]).sha256_sum, of(&["1.2.3", "1.2.3"]).sha256_sum);
        assert_eq!(of(&["1.2.3"]).sha256_sum, Sha256Hash::of(b"1.2.3").to_string());
        // Each byte carries into the next.
        let mut full = Counting { documents: 0, sum: [0xff; 32] };
        full.add("1.2.3");
        let last = |text: &str| u8::from_str_radix(text.get(62..).unwrap(), 16).unwrap();
        let alone = Sha256Hash::of(b"1.2.3").to_string();
        assert_eq!(last(&full.ids().sha256_sum), last(&alone).wrapping_sub(1));
    }

    #[test]
    fn a_count_goes_on_where_it_stopped() {
        let mut counting = Counting::going_on(&of(&["1.2.3"])).unwrap();
        counting.add("1.2.4");
        assert_eq!(counting.ids(), of(&["1.2.4", "1.2.3"]));
        assert!(Counting::going_on(&Ids::default()).is_none(), "no hash");
    }
}
