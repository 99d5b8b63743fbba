//! Texts by number: every OID and system number of a snapshot once, in one piece of memory.
//!
//! Who asks brings texts from a certificate and a message; the answer is a number, and everything else is told by numbers.
//! Only what a sealed snapshot holds is ever put in, so nobody can choose texts that meet in the table.

use std::sync::Arc;

/// No text.
pub(super) const NONE: u32 = u32::MAX;
/// Slots for each text: an open table is quick while it is half empty.
const SLOTS: usize = 2;
/// An odd number without a pattern (the golden ratio's bits), so that a product's upper bits mix all of a word.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The texts: those of a snapshot as it was built, shared by all that grew out of it, and those that came since.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    base: Arc<Table>,
    more: Table,
}

/// So many texts may come before they are made one with those before.
const MOST_MORE: usize = 4096;

impl Texts {
    /// Room for so many texts.
    pub(super) fn with_room(texts: usize) -> Self {
        Self { base: Arc::default(), more: Table::with_room(texts) }
    }

    /// The number of a text.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.base.find(text).or_else(|| self.more.find(text).map(|number| number + self.first()))
    }

    /// The number of a text, which is put in where it is new.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        self.find(text).unwrap_or_else(|| self.more.add(text) + self.first())
    }

    /// The text with a number.
    pub(super) fn text(&self, number: u32) -> &str {
        match number.checked_sub(self.first()) {
            None => self.base.text(number),
            Some(number) => self.more.text(number),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.base.len() + self.more.len()
    }

    /// Makes what came one with what was before, so that copies share it; where it is little, only when `all` is said.
    pub(super) fn settle(&mut self, all: bool) {
        if !all && self.more.len() <= MOST_MORE.max(self.base.len() / 16) {
            return;
        }
        let more = std::mem::take(&mut self.more);
        if self.base.len() == 0 {
            self.base = Arc::new(more);
            return;
        }
        let base = Arc::make_mut(&mut self.base);
        for number in 0..u32::try_from(more.len()).unwrap_or(NONE) {
            base.add(more.text(number));
        }
    }

    /// Bytes of memory that they take.
    pub(super) fn memory(&self) -> usize {
        self.base.memory() + self.more.memory()
    }

    /// The number of the first that came since.
    fn first(&self) -> u32 {
        u32::try_from(self.base.len()).unwrap_or(NONE)
    }
}

/// Texts and the table that finds them.
#[derive(Clone, Debug, Default)]
struct Table {
    bytes: String,
    ends: Vec<u32>,
    /// Numbers by hash; [`NONE`] where nothing stands. Its length is a power of two.
    slots: Vec<u32>,
}

impl Table {
    /// Room for so many texts.
    fn with_room(texts: usize) -> Self {
        let slots = vec![NONE; (texts.max(4) * SLOTS).next_power_of_two()];
        Self { bytes: String::new(), ends: Vec::with_capacity(texts), slots }
    }

    /// The number of a text.
    fn find(&self, text: &str) -> Option<u32> {
        let mut slot = self.slot(text);
        // The table is never full: the walk ends at an empty slot.
        for _ in 0..self.slots.len() {
            let number = self.slots.get(slot).copied().filter(|number| *number != NONE)?;
            if self.text(number) == text {
                return Some(number);
            }
            slot = (slot + 1) % self.slots.len();
        }
        None
    }

    /// Puts in a text that is new.
    fn add(&mut self, text: &str) -> u32 {
        if (self.ends.len() + 1) * SLOTS > self.slots.len() {
            self.grow();
        }
        let number = u32::try_from(self.ends.len()).unwrap_or(NONE);
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        self.place(number);
        number
    }

    /// The text with a number.
    fn text(&self, number: u32) -> &str {
        let at = number as usize;
        let end = self.ends.get(at).copied().unwrap_or_default() as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default() as usize;
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// How many there are.
    const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of memory that they take.
    const fn memory(&self) -> usize {
        self.bytes.capacity() + (self.ends.capacity() + self.slots.capacity()) * size_of::<u32>()
    }

    fn grow(&mut self) {
        self.slots = vec![NONE; (self.ends.len() + 1).next_power_of_two() * SLOTS * 2];
        for number in 0..u32::try_from(self.ends.len()).unwrap_or(NONE) {
            self.place(number);
        }
    }

    fn place(&mut self, number: u32) {
        let mut slot = self.slot(self.text(number));
        while self.slots.get(slot).is_some_and(|taken| *taken != NONE) {
            slot = (slot + 1) % self.slots.len();
        }
        if let Some(free) = self.slots.get_mut(slot) {
            *free = number;
        }
    }

    /// Where the walk for a text begins: the upper bits of its hash.
    fn slot(&self, text: &str) -> usize {
        let bits = self.slots.len().trailing_zeros();
        usize::try_from(hash(text.as_bytes()) >> (64 - bits.clamp(1, 63))).unwrap_or_default() % self.slots.len().max(1)
    }
}

/// Eight bytes at a time: OIDs differ at their ends.
fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0u8; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let mixed = |hash: u64, word: [u8; 8]| (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(MIX);
    let hash = words.iter().fold(bytes.len() as u64, |hash, word| mixed(hash, *word));
    let hash = mixed(hash, last);
    (hash ^ (hash >> 32)).wrapping_mul(MIX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[test]
    fn many_alike_are_told_apart() {
        let mut texts = Texts::with_room(0);
        let oid = |n: u32| format!("1.2.246.10.{}.10.0.13.{}", 10_000_000 + n / 7, n % 7);
        let numbers: Vec<u32> = (0..20_000).map(|n| texts.add(&oid(n))).collect();
        assert_eq!(texts.len(), 20_000);
        for (n, number) in (0..).zip(numbers) {
            assert_eq!((texts.find(&oid(n)), texts.text(number)), (Some(number), oid(n).as_str()));
        }
        assert_eq!((texts.find("1.2.246"), Texts::default().find("1")), (None, None));
    }

    #[test]
    fn numbers_stay_when_texts_are_made_one() {
        let mut texts = Texts::default();
        let oid = |n: u32| format!("1.2.246.10.{n}.10.0");
        for n in 0..100 {
            assert_eq!(texts.add(&oid(n)), n);
        }
        texts.settle(true);
        let before = texts.clone();
        for n in 0..5000 {
            assert_eq!(texts.add(&oid(n)), n, "those that are there have their numbers");
        }
        texts.settle(false);
        assert_eq!((texts.more.len(), texts.base.len()), (0, 5000));
        for n in (0..5000).step_by(7) {
            assert_eq!((texts.find(&oid(n)), texts.text(n)), (Some(n), oid(n).as_str()));
        }
        assert_eq!((before.len(), before.find(&oid(99)), before.find(&oid(100))), (100, Some(99), None));
    }

    proptest! {
        #[test]
        fn a_text_has_one_number(words in proptest::collection::vec("[0-9.]{0,12}", 0..60)) {
            let mut texts = Texts::with_room(1);
            let mut plain: HashMap<&str, u32> = HashMap::new();
            for word in &words {
                let number = texts.add(word);
                prop_assert_eq!(*plain.entry(word).or_insert(number), number);
            }
            prop_assert_eq!(texts.len(), plain.len());
            for (word, number) in plain {
                prop_assert_eq!(texts.find(word), Some(number));
                prop_assert_eq!(texts.text(number), word);
            }
        }
    }
}
