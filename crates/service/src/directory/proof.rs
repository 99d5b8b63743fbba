//! What a change does to decisions: decided on the directory as it is, and as it would be.

use super::content_of;
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::directory::{Effect, Proof, Rows, prove};

/// Decides every call that an effect could touch on rows before it and after it, from `now` on, as registers are known now.
pub(crate) async fn proof(
    app: &App,
    (version, before): (u64, &Rows),
    effect: &Effect,
    now: Moment,
) -> Result<Proof, ServiceError> {
    let after = before.after(effect)?;
    let epoch = app.publication.epoch();
    let before = content_of(app, epoch, before.clone(), (version, now), now).await?;
    let after = content_of(app, epoch, after, (version, now), now).await?;
    Ok(prove(&before, &after, effect, now)?)
}
