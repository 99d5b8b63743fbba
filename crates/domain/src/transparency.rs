//! The directory's append-only log: a Merkle tree over its changes (RFC 6962 section 2), so that what was once shown cannot be
//! taken back unseen.
//!
//! ```text
//! change ─> Leaf ─> leaf hash ─┐
//! change ─> Leaf ─> leaf hash ─┴─> Head { size, root }, signed by the operator
//! ```
//!
//! A leaf commits to each row of its change by that row's hash, so that a joiner can be shown its own rows with the proof and
//! nobody else's.

mod tree;

pub use tree::Tree;

use crate::fingerprint::Sha256Hash;
use crate::identifier::Oid;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A change as the log commits to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// The directory version; leaf number `version - 1`.
    pub version: u64,
    /// When it was recorded.
    pub at: Moment,
    /// What it rests on, as stored.
    pub basis: String,
    /// Who prepared it, as [`person`] hides it.
    pub author: Sha256Hash,
    /// Who approved it, likewise.
    pub approver: Sha256Hash,
    /// The hash that was approved.
    pub effect: Sha256Hash,
    /// The hash of each row that it opens or ends, as [`entries`] lists them.
    pub rows: Vec<Sha256Hash>,
}

/// A row of a change, as it is hashed for its leaf and shown to whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The list of the effect that it stands in: `rights_opened` for instance.
    pub list: String,
    /// The row; with its end where one is set.
    pub row: serde_json::Value,
}

/// Whom a leaf names: a hash of the version and the reference, so that whoever knows the reference can prove it, and nobody
/// can follow one person from change to change.
///
/// # Errors
/// Never; the error is that of the JSON writer.
pub fn person(version: u64, reference: &str) -> Result<Sha256Hash, serde_json::Error> {
    Sha256Hash::of_canonical(&(version, reference))
}

impl Leaf {
    /// The leaf's hash in the tree.
    ///
    /// # Errors
    /// Never for values built by this crate; the error is that of the JSON writer.
    pub fn hash(&self) -> Result<Sha256Hash, serde_json::Error> {
        Ok(leaf_hash(&serde_json_canonicalizer::to_vec(self)?))
    }
}

impl Entry {
    /// What a leaf holds of it.
    ///
    /// # Errors
    /// Never for values built by this crate; the error is that of the JSON writer.
    pub fn hash(&self) -> Result<Sha256Hash, serde_json::Error> {
        Sha256Hash::of_canonical(self)
    }

    /// Whether it names an organisation, as joiner, host, tenant, organiser, unit or administrator.
    #[must_use]
    pub fn concerns(&self, oid: &Oid) -> bool {
        self.names().contains(&oid.as_str())
    }

    /// The OIDs that it names, as joiner, host, tenant, organiser, unit or administrator; an access point's own, too.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        fn named(value: &serde_json::Value) -> Vec<&str> {
            const KEYS: [&str; 7] = ["oid", "joiner", "host", "tenant", "organiser", "unit", "administrator"];
            match value {
                serde_json::Value::Array(parts) => parts.iter().flat_map(named).collect(),
                serde_json::Value::Object(row) => {
                    KEYS.iter().filter_map(|key| row.get(*key).and_then(|v| v.as_str())).collect()
                }
                _ => Vec::new(),
            }
        }
        named(&self.row)
    }
}

/// The rows of an effect as it is written, list by list in the order of their names.
#[must_use]
pub fn entries(effect: &serde_json::Value) -> Vec<Entry> {
    let mut lists: Vec<(&String, &serde_json::Value)> = effect.as_object().into_iter().flatten().collect();
    lists.sort_by_key(|(list, _)| *list);
    let rows =
        lists.into_iter().flat_map(|(list, rows)| rows.as_array().into_iter().flatten().map(move |row| (list, row)));
    rows.map(|(list, row)| Entry { list: list.clone(), row: row.clone() }).collect()
}

/// The joiners that an effect's rows name.
#[must_use]
pub fn concerned<'o>(entries: &[Entry], joiners: impl Iterator<Item = &'o Oid>) -> BTreeSet<&'o Oid> {
    joiners.filter(|oid| entries.iter().any(|entry| entry.concerns(oid))).collect()
}

/// How long the log is, and the hash over all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Leaves.
    pub size: u64,
    /// The root's hash.
    pub root: Sha256Hash,
}

/// What the operator's signature of a head covers: the canonical JSON (RFC 8785) of size, root and moment.
///
/// # Errors
/// Never; the error is that of the JSON writer.
pub fn signed_bytes(head: &Head, at: Moment) -> Result<Vec<u8>, serde_json::Error> {
    serde_json_canonicalizer::to_vec(&(head.size, head.root, at))
}

/// The hash of a leaf (RFC 6962 2.1).
#[must_use]
pub fn leaf_hash(content: &[u8]) -> Sha256Hash {
    Sha256Hash::of(&[&[0], content].concat())
}

fn node_hash(left: &Sha256Hash, right: &Sha256Hash) -> Sha256Hash {
    Sha256Hash::of(&[&[1], left.as_bytes().as_slice(), right.as_bytes()].concat())
}

/// The head over these leaves.
#[must_use]
pub fn head(leaves: &[Sha256Hash]) -> Head {
    Head { size: leaves.len() as u64, root: root(leaves) }
}

fn root(leaves: &[Sha256Hash]) -> Sha256Hash {
    match leaves {
        [] => Sha256Hash::of(&[]),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The largest power of two below a size over one.
const fn split(size: usize) -> usize {
    (size - 1).next_power_of_two() >> (if (size - 1).is_power_of_two() { 0 } else { 1 })
}

/// The hashes that lead from a leaf to the root (RFC 6962 2.1.1); nothing where there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Sha256Hash], number: usize) -> Option<Vec<Sha256Hash>> {
    let mut path = Vec::new();
    let (mut leaves, mut number) = (leaves, number);
    leaves.get(number)?;
    while leaves.len() > 1 {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if number < left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            number -= left.len();
            leaves = right;
        }
    }
    path.reverse();
    Some(path)
}

/// The hashes that show that a head of `size` leaves is the beginning of these (RFC 6962 2.1.2); nothing where it is longer.
#[must_use]
pub fn consistency(leaves: &[Sha256Hash], size: usize) -> Option<Vec<Sha256Hash>> {
    if size > leaves.len() {
        return None;
    }
    if size == 0 || size == leaves.len() {
        return Some(Vec::new());
    }
    let mut path = Vec::new();
    let (mut leaves, mut size, mut whole) = (leaves, size, true);
    while size != leaves.len() {
        let (left, right) = leaves.split_at(split(leaves.len()));
        if size <= left.len() {
            path.push(root(right));
            leaves = left;
        } else {
            path.push(root(left));
            size -= left.len();
            leaves = right;
            whole = false;
        }
    }
    if !whole {
        path.push(root(leaves));
    }
    path.reverse();
    Some(path)
}

/// Whether a leaf stands at a place of the tree with this head.
#[must_use]
pub fn included(leaf: &Sha256Hash, number: u64, path: &[Sha256Hash], head: &Head) -> bool {
    if number >= head.size {
        return false;
    }
    let (mut at, mut last, mut hash) = (number, head.size - 1, *leaf);
    for step in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == head.root
}

/// Whether the tree with one head is the beginning of the tree with another.
#[must_use]
pub fn consistent(old: &Head, new: &Head, path: &[Sha256Hash]) -> bool {
    if old.size > new.size {
        return false;
    }
    if old.size == new.size {
        return path.is_empty() && old.root == new.root;
    }
    if old.size == 0 {
        return path.is_empty() && old.root == root(&[]);
    }
    // The old tree is itself a whole subtree where its size is a power of two: its root is not repeated.
    let mut rest = path.iter().copied();
    let first = if old.size.is_power_of_two() { Some(old.root) } else { rest.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old.size - 1, new.size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut one, mut other) = (first, first);
    for step in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            one = node_hash(&step, &one);
            other = node_hash(&step, &other);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            other = node_hash(&other, &step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && one == old.root && other == new.root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(count: usize) -> Vec<Sha256Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    /// The example of RFC 6962 2.1.3: seven leaves, written out.
    #[test]
    fn the_example_of_the_standard() {
        let d = leaves(7);
        let (g, h, i, j) = (node_hash(&d[0], &d[1]), node_hash(&d[2], &d[3]), node_hash(&d[4], &d[5]), d[6]);
        let (k, l) = (node_hash(&g, &h), node_hash(&i, &j));
        assert_eq!(head(&d).root, node_hash(&k, &l));
        assert_eq!(inclusion(&d, 0).unwrap(), [d[1], h, l]);
        assert_eq!(inclusion(&d, 3).unwrap(), [d[2], g, l]);
        assert_eq!(inclusion(&d, 4).unwrap(), [d[5], j, k]);
        assert_eq!(inclusion(&d, 6).unwrap(), [i, k]);
        assert_eq!(consistency(&d, 3).unwrap(), [d[2], d[3], g, l]);
        assert_eq!(consistency(&d, 4).unwrap(), [l]);
        assert_eq!(consistency(&d, 6).unwrap(), [i, j, k]);
        assert_eq!(head(&[]).root.to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!((inclusion(&d, 7), consistency(&d, 8)), (None, None));
    }

    #[test]
    fn every_proof_of_small_trees_holds_and_no_other() {
        for size in 1..40 {
            let all = leaves(size);
            let whole = head(&all);
            for number in 0..size {
                let path = inclusion(&all, number).unwrap();
                for place in 0..size {
                    assert_eq!(
                        included(&all[number], place as u64, &path, &whole),
                        place == number,
                        "{number} of {size}"
                    );
                }
                assert!(!included(&Sha256Hash::of(b"forged"), number as u64, &path, &whole));
                let beginning = head(&all[..number]);
                let path = consistency(&all, number).unwrap();
                assert!(consistent(&beginning, &whole, &path), "{number} of {size}");
                if number == 0 {
                    // Nothing is the beginning of everything.
                    continue;
                }
                let forged = Head { root: Sha256Hash::of(b"another past"), ..beginning };
                assert!(!consistent(&forged, &whole, &path), "{number} of {size}");
                assert!(
                    !consistent(&beginning, &Head { root: Sha256Hash::of(b"x"), ..whole }, &path),
                    "{number} of {size}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_past_is_seen(size in 2usize..80, changed in any::<prop::sample::Index>(), seen in any::<prop::sample::Index>()) {
            let mut all = leaves(size);
            let remembered = 1 + seen.index(size);
            let old = head(&all[..remembered]);
            let place = changed.index(remembered);
            all[place] = Sha256Hash::of(b"rewritten");
            let new = head(&all);
            // Whatever the operator sends as a proof from the rewritten log does not lead to both.
            prop_assert!(!consistent(&old, &new, &consistency(&all, remembered).unwrap()));
        }

        #[test]
        fn no_proof_panics(
            path in proptest::collection::vec(any::<[u8; 4]>(), 0..70), size in any::<u64>(), other in any::<u64>(), number in any::<u64>(),
        ) {
            let path: Vec<Sha256Hash> = path.iter().map(|bytes| Sha256Hash::of(bytes)).collect();
            let (one, two) = (Head { size, root: leaf_hash(b"a") }, Head { size: other, root: leaf_hash(b"b") });
            prop_assert!(!consistent(&one, &two, &path) && !included(&leaf_hash(b"c"), number, &path, &one));
        }
    }
}
