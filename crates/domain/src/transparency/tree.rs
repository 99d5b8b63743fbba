//! The log's tree as it grows: no hash over a whole beginning is made twice.

use super::{Head, node_hash};
use crate::Sha256Hash;

/// The leaves, and above them the hashes of all whole subtrees: of each two, of each four, and so on. The same heads and proofs as
/// from the leaves alone ([`super::head`], [`super::inclusion`]), without hashing all of them each time.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    levels: Vec<Vec<Sha256Hash>>,
}

impl Tree {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, Vec::len) as u64
    }

    /// Adds the next leaf.
    pub fn push(&mut self, leaf: Sha256Hash) {
        let (mut level, mut hash) = (0, leaf);
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(nodes) = self.levels.get_mut(level) else { return };
            nodes.push(hash);
            let [.., left, right] = nodes.as_slice() else { return };
            if nodes.len() % 2 != 0 {
                return;
            }
            (level, hash) = (level + 1, node_hash(left, right));
        }
    }

    /// The head over all leaves.
    #[must_use]
    pub fn head(&self) -> Head {
        let size = usize::try_from(self.size()).unwrap_or(usize::MAX);
        Head { size: self.size(), root: self.over(0, size).unwrap_or_else(|| Sha256Hash::of(&[])) }
    }

    /// The hash over some leaves: so many from a place that is a whole multiple of the largest power of two below their number, as
    /// every split of the tree is.
    fn over(&self, from: usize, count: usize) -> Option<Sha256Hash> {
        if count.is_power_of_two() {
            let level = usize::try_from(count.trailing_zeros()).ok()?;
            return self.levels.get(level)?.get(from >> level).copied();
        }
        let left = super::split(count.max(2));
        Some(node_hash(&self.over(from, left)?, &self.over(from + left, count.checked_sub(left)?)?))
    }

    /// The hashes that lead from a leaf to the head (RFC 6962 2.1.1); nothing where there is no such leaf.
    #[must_use]
    pub fn inclusion(&self, number: u64) -> Option<Vec<Sha256Hash>> {
        let (number, mut count) = (usize::try_from(number).ok()?, usize::try_from(self.size()).ok()?);
        if number >= count {
            return None;
        }
        let (mut path, mut from) = (Vec::new(), 0);
        while count > 1 {
            let left = super::split(count);
            if number - from < left {
                path.push(self.over(from + left, count - left)?);
                count = left;
            } else {
                path.push(self.over(from, left)?);
                (from, count) = (from + left, count - left);
            }
        }
        path.reverse();
        Some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{head, inclusion, leaf_hash};
    use super::*;

    #[test]
    fn says_the_same_as_all_leaves() {
        let (mut tree, mut leaves) = (Tree::default(), Vec::new());
        assert_eq!(tree.head(), head(&leaves));
        for size in 1..200usize {
            let leaf = leaf_hash(&size.to_be_bytes());
            tree.push(leaf);
            leaves.push(leaf);
            assert_eq!(tree.head(), head(&leaves), "{size}");
            for number in 0..size + 2 {
                assert_eq!(tree.inclusion(number as u64), inclusion(&leaves, number), "{number} of {size}");
            }
        }
    }
}
