//! Puts another key in the place of the archive's own: the keys of registers are wrapped anew, and what persons are found by stays the same. No body
//! is touched.

use super::vault::{self, HIDES, INDEX};
use crate::ports::ArchiveKey;
use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::{archive, audit};

/// How many keys of registers were wrapped anew. Afterwards programs open nothing with the key of before: they are stopped first, and started with
/// the new one.
///
/// # Errors
/// L-523 when what keeps either is not reached; L-602 without the position; L-606 when the new key is the one that there is; [`ServiceError`] when a key cannot be opened, and then nothing was
/// changed.
pub async fn rekey(app: &App, actor: &Actor, new: &dyn ArchiveKey) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    if let Some(kept) = archive::some_key(app.store.read()).await?
        && vault::opens(new, &kept).await?
    {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "the new key is the one that there is"));
    }
    let tx = app.store.begin().await?;
    let all = archive::all_keys(tx.connection()).await?;
    for kept in &all {
        let wrapped = vault::under(app, kept, new).await?;
        if !archive::wrap_key_anew(&tx, kept, &wrapped).await? {
            // A program is running, and made or replaced a key just now.
            return Err(ServiceError::refused(RefusalCode::StateForbids, "archive_key"));
        }
    }
    archive::keep_secret(&tx, INDEX, &vault::index_under(app, new).await?).await?;
    archive::keep_secret(&tx, HIDES, &vault::hides_under(app, new).await?).await?;
    let details = serde_json::json!({ "keys": all.len() });
    let event = audit::Event { actor: &actor.reference, action: "archive.rekeyed", subject: "archive", details };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(all.len() as u64)
}
