//! The last deltas, sealed, so that a gateway that holds one of the last snapshots is sent what changed since.

use bytes::Bytes;
use liitos_domain::Moment;
use std::collections::VecDeque;

/// Deltas kept.
const MOST: usize = 512;
/// Bytes of them kept.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Sequence of a snapshot, and when it was issued.
pub(super) type At = (u64, Moment);

/// The last deltas, each following the one before it.
#[derive(Default)]
pub(super) struct Deltas {
    kept: VecDeque<(At, Bytes)>,
    bytes: usize,
}

impl Deltas {
    /// Adds the delta that follows `base`, the last one's end.
    pub(super) fn add(&mut self, base: At, sealed: Bytes) {
        self.bytes += sealed.len();
        self.kept.push_back((base, sealed));
        while self.kept.len() > MOST || self.bytes > MOST_BYTES {
            let Some((_, gone)) = self.kept.pop_front() else { return };
            self.bytes -= gone.len();
        }
    }

    /// Forgets all: the next snapshot does not follow from the last.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The deltas from a snapshot on, each with its length before it (32 bits, the most significant first); nothing where that is
    /// none of the last.
    pub(super) fn from(&self, known: At) -> Option<Bytes> {
        let first = self.kept.iter().position(|(base, _)| *base == known)?;
        let mut framed = Vec::new();
        for (_, sealed) in self.kept.iter().skip(first) {
            framed.extend_from_slice(&u32::try_from(sealed.len()).ok()?.to_be_bytes());
            framed.extend_from_slice(sealed);
        }
        Some(framed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_follow_each_other() {
        let at = |sequence: u64| (sequence, Moment::from_seconds(0));
        let mut deltas = Deltas::default();
        for sequence in 0..600 {
            deltas.add(at(sequence), Bytes::from(vec![sequence as u8; 3]));
        }
        assert_eq!(deltas.from(at(599)).unwrap().as_ref(), [0, 0, 0, 3, 87, 87, 87]);
        assert_eq!(deltas.from(at(88)).unwrap().len(), 512 * 7);
        assert_eq!((deltas.from(at(87)), deltas.from((599, Moment::from_seconds(1)))), (None, None));
        deltas.add(at(600), Bytes::from(vec![0; MOST_BYTES]));
        assert_eq!(deltas.from(at(599)), None, "little is kept of what is much");
        deltas.clear();
        assert_eq!(deltas.from(at(600)), None);
    }
}
