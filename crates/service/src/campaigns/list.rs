//! The campaigns of an organisation, and how far each has come.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::campaigns::{self, Campaign, Line};

/// How far a campaign has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which.
    pub campaign: Campaign,
    /// Its rows.
    pub lines: Vec<Line>,
}

impl Progress {
    /// How many of its applications were sent, or decided.
    #[must_use]
    pub fn sent(&self) -> usize {
        let sent = |state: &str| matches!(state, "sent" | "approved" | "rejected" | "more-asked");
        self.lines.iter().filter(|line| line.state.as_deref().is_some_and(sent)).count()
    }

    /// How many were approved.
    #[must_use]
    pub fn approved(&self) -> usize {
        self.lines.iter().filter(|line| line.state.as_deref() == Some("approved")).count()
    }
}

/// The campaigns of the organisation acted for, the newest first.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Campaign>, ServiceError> {
    Ok(campaigns::of_organisation(app.store.read(), actor.joiner()?).await?)
}

/// One of them, row by row. Where an application stands is told while its joiner lets the reader's organisation act.
///
/// # Errors
/// L-602 without an organisation; L-609 when it has no such campaign.
pub async fn show(app: &App, actor: &Actor, key: i64) -> Result<Progress, ServiceError> {
    let joiner = actor.joiner()?;
    let found = campaigns::find(app.store.read(), key).await?.filter(|campaign| campaign.organisation == *joiner);
    let campaign = found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "campaign"))?;
    let mut lines = campaigns::lines(app.store.read(), key).await?;
    let theirs = |joiner: &Oid| actor.held(joiner).is_some();
    for line in lines.iter_mut().filter(|line| !line.joiner.as_ref().is_some_and(theirs)) {
        line.state = None;
        line.number = None;
    }
    Ok(Progress { campaign, lines })
}
