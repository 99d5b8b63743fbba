//! The completeness report of a run: every document that was to be moved has been; signed.

use super::carry::walk;
use crate::{App, ServiceError};
use liitos_domain::archive::Order;
use liitos_domain::{Moment, Sha256Hash};
use liitos_store::StoreError;
use liitos_store::controller_runs::Run;
use serde::{Deserialize, Serialize};

/// So many documents, and a hash over their ids that does not depend on their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Those of them whose cell's row names whose they are, as they were found after the last was carried.
    pub after: Ids,
    /// Whether these are the same.
    pub complete: bool,
    /// How often it came to its end before and they were not: a person let it begin anew then.
    #[serde(default)]
    pub ended_incomplete: u64,
}

/// What a run has done so far, looked at anew. What was found before is what it keeps, or what is found now while it keeps nothing.
///
/// # Errors
/// L-605 when it is not switched.
pub async fn completeness(app: &App, run: &Run) -> Result<Completeness, ServiceError> {
    let before = match &run.walk.before {
        Some(kept) => serde_json::from_str(kept)?,
        None => all(app, run, false).await?,
    };
    Ok(of(run, before, all(app, run, true).await?))
}

async fn all(app: &App, run: &Run, arrived: bool) -> Result<Ids, ServiceError> {
    let mut counting = Counting::default();
    walk(app, run, arrived, Default::default(), (&mut counting, u64::MAX)).await?;
    Ok(counting.ids())
}

/// What a run has done, by what was found.
pub(super) fn of(run: &Run, before: Ids, after: Ids) -> Completeness {
    Completeness {
        number: run.number.clone(),
        order: run.order.clone(),
        switched_at: run.switched_at,
        reversed_at: run.reversed_at,
        complete: before == after,
        before,
        after,
        ended_incomplete: 0,
    }
}

/// What one walk has found so far, as it is kept with the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SoFar {
    /// Whether those are looked for that have arrived.
    pub(super) arrived: bool,
    /// Whether a cell among those said that its documents are somebody else's.
    pub(super) elsewhere: bool,
    /// By which runs, when it began.
    pub(super) moves: String,
    /// Where it had come.
    pub(super) cursor: (i64, String),
    #[serde(flatten)]
    pub(super) ids: Ids,
}

/// What was found before, as it is kept with the run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    /// By which runs, when it began to be found; older programs did not say.
    #[serde(default)]
    pub(super) moves: String,
    #[serde(flatten)]
    pub(super) ids: Ids,
}

impl SoFar {
    pub(super) fn read(text: &str) -> Result<Self, ServiceError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The count that goes on from it.
    pub(super) fn going_on(&self) -> Result<Counting, ServiceError> {
        let (table, column) = ("controller_run", "ids_found");
        let unread = || StoreError::BadRow { table, row: self.ids.sha256_sum.clone(), column };
        let sum = Sha256Hash::parse(&self.ids.sha256_sum).ok_or_else(unread)?;
        Ok(Counting { documents: self.ids.documents, sum: *sum.as_bytes(), elsewhere: self.elsewhere })
    }
}

/// Documents that are being counted.
#[derive(Default)]
pub(super) struct Counting {
    documents: u64,
    /// The most significant byte first.
    sum: [u8; 32],
    /// Whether a cell said that its documents are somebody else's.
    pub(super) elsewhere: bool,
}

impl Counting {
    /// One more.
    pub(super) fn add(&mut self, id: &str) {
        self.documents += 1;
        let mut carried = 0_u16;
        for (byte, more) in self.sum.iter_mut().zip(Sha256Hash::of(id.as_bytes()).as_bytes()).rev() {
            let both = u16::from(*byte) + u16::from(*more) + carried;
            *byte = both.to_be_bytes()[1];
            carried = both >> 8;
        }
    }

    /// What was found.
    pub(super) fn ids(self) -> Ids {
        let sum = self.sum.iter().map(|byte| format!("{byte:02x}")).collect();
        Ids { documents: self.documents, sha256_sum: sum }
    }
}

/// Whether a run has a report by which not every document is where it should be.
#[must_use]
pub fn incomplete(run: &Run) -> bool {
    let sealed = run.report.as_deref().and_then(|sealed| serde_json::from_str::<serde_json::Value>(sealed).ok());
    let text = sealed.as_ref().and_then(|sealed| sealed.get("report")?.as_str());
    text.and_then(|text| serde_json::from_str::<Completeness>(text).ok()).is_some_and(|whole| !whole.complete)
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
        let mut full = Counting { sum: [0xff; 32], ..Counting::default() };
        full.add("1.2.3");
        let last = |text: &str| u8::from_str_radix(text.get(62..).unwrap(), 16).unwrap();
        let alone = Sha256Hash::of(b"1.2.3").to_string();
        assert_eq!(last(&full.ids().sha256_sum), last(&alone).wrapping_sub(1));
    }
}
