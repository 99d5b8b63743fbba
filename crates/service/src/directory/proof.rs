//! What a change does to decisions: decided on the directory as it is, and as it would be.

use super::reach::{Reached, everything, reached};
use super::{Beside, content_with, expiry};
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{Effect, EffectError, Proof, Replay, Snapshot, SnapshotContent, prove, replay, units};
use liitos_store::directory;

/// Calls of the last day that are asked again, at most.
const MOST_REPLAYED: u64 = 20_000;

/// The directory without a change and with it, as registers are known now.
struct Sides {
    before: SnapshotContent,
    after: SnapshotContent,
}

/// What a change would do to decisions from a moment on, or why it cannot be applied. Asked of the rows that it reaches, which
/// answer as all do.
///
/// # Errors
/// [`ServiceError`].
pub async fn proved(app: &App, effect: &Effect, from: Moment) -> Result<Result<Proof, EffectError>, ServiceError> {
    proved_on(app, reached(app, effect).await?, effect, from).await
}

/// The same, asked of all rows: what [`proved`] is compared with.
///
/// # Errors
/// [`ServiceError`].
pub async fn proved_on_all(
    app: &App,
    effect: &Effect,
    from: Moment,
) -> Result<Result<Proof, EffectError>, ServiceError> {
    proved_on(app, everything(app).await?, effect, from).await
}

async fn proved_on(
    app: &App,
    reached: Reached,
    effect: &Effect,
    from: Moment,
) -> Result<Result<Proof, EffectError>, ServiceError> {
    Ok(match Sides::of(app, reached, effect, from).await? {
        Ok(sides) => Ok(prove(&sides.before, &sides.after, effect, from)?),
        Err(error) => Err(error),
    })
}

/// How the calls of the last day would be answered from a moment on with a change; nothing where it cannot be applied.
pub(super) async fn replayed(app: &App, effect: &Effect, from: Moment) -> Result<Replay, ServiceError> {
    let Ok(sides) = Sides::of(app, everything(app).await?, effect, from).await? else {
        return Ok(Replay::default());
    };
    let calls = directory::calls_since(app.store.read(), app.now().plus_days(-1), MOST_REPLAYED).await?;
    // To ask of any moment: how long a gateway may use its copy is not the question.
    let lasting = |content| SnapshotContent { expires_at: Moment::from_micros(i64::MAX), ..content };
    let (before, after) = (Snapshot::build(lasting(sides.before))?, Snapshot::build(lasting(sides.after))?);
    Ok(replay(&before, &after, effect, &calls, from))
}

impl Sides {
    async fn of(
        app: &App,
        Reached { rows, family }: Reached,
        effect: &Effect,
        from: Moment,
    ) -> Result<Result<Self, EffectError>, ServiceError> {
        let after = match rows.after(effect) {
            Ok(after) => after,
            Err(error) => return Ok(Err(error)),
        };
        // Nothing is taken away: what the rows before the change name, those after it name, too.
        let beside = Beside::among(app, &after, &family).await?;
        let mut unchanged = beside.clone();
        unchanged.units = units(rows.joiners.iter().map(|joiner| &joiner.oid), &family);
        let version = (app.publication.epoch(), 0);
        let issued = (from, expiry(from));
        let before = content_with(rows, unchanged, version, None, issued);
        Ok(Ok(Self { before, after: content_with(after, beside, version, None, issued) }))
    }
}
