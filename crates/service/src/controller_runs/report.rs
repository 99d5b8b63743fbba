//! The completeness report of a run: every document that was to be moved has been; signed.

use super::carry::{Cells, each_document};
use super::dry_run::CELLS;
use super::state_forbids;
use crate::{App, ServiceError};
use liitos_domain::archive::Order;
use liitos_domain::{Moment, Sha256Hash};
use liitos_store::controller_runs::Run;
use serde::{Deserialize, Serialize};

/// So many documents, and a hash over their ids that does not depend on their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// How many.
    pub documents: u64,
    /// The SHA-256 of each id, added up as numbers of 256 bits, without what is carried beyond: hexadecimal digits.
    pub sha256_sum: String,
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
    /// Those of them whose own row names whose they are, as they were found after the last was carried.
    pub after: Ids,
    /// Whether these are the same.
    pub complete: bool,
}

/// What a run has done so far. What was found before is what it keeps, or what is found now while it keeps nothing.
///
/// # Errors
/// L-605 when it is not switched.
pub async fn completeness(app: &App, run: &Run) -> Result<Completeness, ServiceError> {
    let before = match &run.ids_before {
        Some(kept) => serde_json::from_str(kept)?,
        None => ids(app, run, false).await?,
    };
    let after = ids(app, run, true).await?;
    Ok(Completeness {
        number: run.number.clone(),
        order: run.order.clone(),
        switched_at: run.switched_at,
        reversed_at: run.reversed_at,
        complete: before == after,
        before,
        after,
    })
}

/// The documents of the sets that a run moves; or those of them whose own row names whose they are.
pub(super) async fn ids(app: &App, run: &Run, arrived: bool) -> Result<Ids, ServiceError> {
    let Some(at) = run.reversed_at.or(run.switched_at) else { return Err(state_forbids(run.state)) };
    let mut cells = Cells::of(app, run, 0, CELLS).await?;
    let mut counting = Counting::default();
    while let Some(some) = cells.next(app).await? {
        for cell in some {
            let expected = cell.active.as_str();
            each_document(app, cell.key, at, |id, active| {
                if !arrived || active == expected {
                    counting.add(id);
                }
            })
            .await?;
        }
    }
    Ok(counting.ids())
}

#[derive(Default)]
struct Counting {
    documents: u64,
    /// The most significant byte first.
    sum: [u8; 32],
}

impl Counting {
    fn add(&mut self, id: &str) {
        self.documents += 1;
        let mut carried = 0_u16;
        for (byte, more) in self.sum.iter_mut().zip(Sha256Hash::of(id.as_bytes()).as_bytes()).rev() {
            let both = u16::from(*byte) + u16::from(*more) + carried;
            *byte = both.to_be_bytes()[1];
            carried = both >> 8;
        }
    }

    fn ids(self) -> Ids {
        let sum = self.sum.iter().map(|byte| format!("{byte:02x}")).collect();
        Ids { documents: self.documents, sha256_sum: sum }
    }
}

/// The report as it is kept and handed out: its text, and the operator's signature over that text.
pub(super) fn sealed(app: &App, whole: &Completeness) -> Result<String, ServiceError> {
    let text = serde_json::to_string(whole)?;
    let signature = app.publication.sign_report(text.as_bytes());
    Ok(serde_json::json!({ "report": text, "signature": signature }).to_string())
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
}
