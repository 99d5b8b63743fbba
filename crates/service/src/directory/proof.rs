//! What a change does to decisions: decided on the directory as it is, and as it would be.

use super::content_of;
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{Effect, Proof, Replay, Rows, Snapshot, SnapshotContent, prove, replay};
use liitos_store::directory;

/// Calls of the last day that are asked again, at most.
const MOST_REPLAYED: u64 = 20_000;

/// The directory without a change and with it, as registers are known now.
pub(crate) struct Sides {
    before: SnapshotContent,
    after: SnapshotContent,
}

impl Sides {
    pub(crate) async fn of(
        app: &App,
        (version, before): (u64, &Rows),
        effect: &Effect,
        now: Moment,
    ) -> Result<Self, ServiceError> {
        let after = before.after(effect)?;
        let epoch = app.publication.epoch();
        let before = content_of(app, epoch, before.clone(), (version, now), now).await?;
        let after = content_of(app, epoch, after, (version, now), now).await?;
        Ok(Self { before, after })
    }

    /// Decides every call that an effect could touch on both, from `now` on.
    pub(crate) fn prove(&self, effect: &Effect, now: Moment) -> Result<Proof, ServiceError> {
        Ok(prove(&self.before, &self.after, effect, now)?)
    }

    /// Asks the calls of the last day again on both, from `now` on.
    pub(crate) async fn replay(self, app: &App, effect: &Effect, now: Moment) -> Result<Replay, ServiceError> {
        let calls = directory::calls_since(app.store.read(), app.now().plus_days(-1), MOST_REPLAYED).await?;
        // To ask of any moment: how long a gateway may use its copy is not the question.
        let lasting = |content| SnapshotContent { expires_at: Moment::from_micros(i64::MAX), ..content };
        let (before, after) = (Snapshot::build(lasting(self.before))?, Snapshot::build(lasting(self.after))?);
        Ok(replay(&before, &after, effect, &calls, now))
    }
}
