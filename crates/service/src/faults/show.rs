//! One fault, with what was said of it and what became of the messages.

use super::{Kept, Said, not_found};
use crate::messages::Message;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_domain::contacts::Channel;
use liitos_store::jobs::Fate;
use liitos_store::{faults, jobs};
use std::collections::BTreeMap;

/// Messages shown that did not arrive.
const SHOWN: u64 = 100;

/// What became of the messages of one statement, by one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// They wait.
    pub waiting: u64,
    /// They were handed over, and no more is known.
    pub sent: u64,
    /// It was told that they arrived.
    pub arrived: u64,
    /// They were given up, or it was told that they did not arrive.
    pub failed: u64,
    /// They had not been handed over when more was said, which went in their place.
    pub replaced: u64,
}

impl Delivery {
    /// All of them.
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.waiting + self.sent + self.arrived + self.failed + self.replaced
    }

    fn count(&mut self, fate: &Fate) {
        let place = match (fate.state.as_str(), fate.receipt.as_deref()) {
            (_, Some("delivered")) => &mut self.arrived,
            ("done", _) => &mut self.sent,
            (_, Some("replaced")) => &mut self.replaced,
            ("failed" | "settled", _) => &mut self.failed,
            _ => &mut self.waiting,
        };
        *place += fate.count;
    }
}

/// By both ways.
pub type Ways = BTreeMap<Channel, Delivery>;

/// A fault as the operator sees it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// It.
    pub kept: Kept,
    /// What was said, the newest first, each with what became of its messages.
    pub said: Vec<(Said, Ways)>,
    /// What did not arrive: by which way, to whom, and why.
    pub failed: Vec<(Channel, String, String)>,
}

/// One fault.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such fault.
pub async fn show(app: &App, actor: &Actor, number: &str) -> Result<Shown, ServiceError> {
    actor.must_see(Duty::Inform)?;
    let db = app.store.read();
    let kept = faults::find(db, number).await?.ok_or_else(not_found)?;
    let said = faults::said(db, &[kept.key]).await?;
    let keys: Vec<i64> = said.iter().map(|said| said.key).collect();
    let mut ways: BTreeMap<i64, Ways> = BTreeMap::new();
    for fate in jobs::fates(db, &keys).await? {
        let channel = if fate.kind == "sms" { Channel::Sms } else { Channel::Email };
        ways.entry(fate.statement).or_default().entry(channel).or_default().count(&fate);
    }
    let failed = jobs::failed_of(db, &keys, SHOWN).await?;
    let failed = failed.into_iter().filter_map(|job| {
        let message = Message::of(&job)?;
        Some((message.channel()?, message.to().to_owned(), job.last_error.unwrap_or_default()))
    });
    let said = said.into_iter().map(|said| {
        let ways = ways.remove(&said.key).unwrap_or_default();
        (said, ways)
    });
    Ok(Shown { said: said.collect(), failed: failed.collect(), kept })
}
