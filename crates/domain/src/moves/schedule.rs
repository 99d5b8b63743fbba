//! Who goes in which wave, at which second.

use super::course::LEAD_SECONDS;
use crate::time::Moment;

/// When a move goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The first second.
    pub start: Moment,
    /// How many go first, to see whether it goes well; nought: nobody does.
    pub canary: usize,
    /// How many go in each wave after them; nought: all the others in one.
    pub wave: usize,
    /// Seconds between one and the next within a wave.
    pub stagger: i64,
    /// Seconds for which a wave is watched after its last second; the next enters behind that.
    pub pause: i64,
}

/// When one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// In which wave; the first is nought.
    pub wave: usize,
    /// At which second.
    pub at: Moment,
}

impl Schedule {
    /// The seats of so many, in their order.
    #[must_use]
    pub fn seats(&self, count: usize) -> Vec<Seat> {
        let mut seats = Vec::with_capacity(count);
        let (mut wave, mut begins) = (0, self.start);
        while seats.len() < count {
            let left = count - seats.len();
            let size = match (wave, self.canary, self.wave) {
                (0, canary, _) if canary > 0 => canary.min(left),
                (_, _, 0) => left,
                (_, _, size) => size.min(left),
            };
            let mut at = begins;
            for nth in 0..size {
                at = begins.plus_seconds(self.stagger.saturating_mul(i64::try_from(nth).unwrap_or(i64::MAX)));
                seats.push(Seat { wave, at });
            }
            // The next enters once this one was watched to its end.
            (wave, begins) = (wave + 1, at.plus_seconds(self.pause.saturating_add(LEAD_SECONDS)));
        }
        seats
    }

    /// The same schedule for those who are left, from another second on. Where somebody has `gone` and stays so, nobody need go first any more.
    #[must_use]
    pub const fn again(self, gone: bool, start: Moment) -> Self {
        Self { start, canary: if gone { 0 } else { self.canary }, ..self }
    }
}
