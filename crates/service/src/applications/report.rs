//! Who has joined what, by month and kind of joiner.

use crate::{Actor, App, ServiceError};
use liitos_domain::application::JoinerKind;
use liitos_domain::{Duty, Moment, Service};
use liitos_store::application_past;
use std::collections::BTreeMap;

/// How many joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The month, as `2026-11`.
    pub month: String,
    /// What kind of joiner.
    pub kind: JoinerKind,
    /// Which service.
    pub service: Service,
    /// How many.
    pub count: u64,
}

/// Approved applications by month, kind of joiner and service, the newest month first.
///
/// # Errors
/// L-602 without the position.
pub async fn report(app: &App, actor: &Actor) -> Result<Vec<Joined>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let mut counts: BTreeMap<(String, JoinerKind, Service), u64> = BTreeMap::new();
    for (at, kind, service) in application_past::approved(app.store.read()).await? {
        *counts.entry((month(at), kind, service)).or_default() += 1;
    }
    let told = counts.into_iter().rev();
    Ok(told.map(|((month, kind, service), count)| Joined { month, kind, service, count }).collect())
}

/// A month of the calendar that people use here.
fn month(at: Moment) -> String {
    let day = at.civil();
    format!("{:04}-{:02}", day.year(), day.month())
}
