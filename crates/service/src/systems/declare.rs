//! What a system does of what the obligation asks for, by a joint test's report or its supplier's word.

use super::missing;
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::{Declared, MAX_SOURCE, Obligation};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, RefusalCode, typed};
use liitos_store::{audit, registers, system_functions};
use std::collections::BTreeSet;

/// Declares which functions a system has, in place of what was declared before; its entry in Astori goes before.
///
/// # Errors
/// L-602 without the position; L-606 for a function that there is not, or without a source; L-609 for a system that Astori does not
/// know.
pub async fn declare(
    app: &App,
    actor: &Actor,
    id: &str,
    (functions, source): (BTreeSet<String>, &str),
) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let source = typed::line(source, MAX_SOURCE).ok_or_else(|| wrong("source"))?;
    let declared = Declared { functions, source, at: app.now() };
    if !declared.is_of(Obligation::standard()) {
        return Err(wrong("functions"));
    }
    if registers::known(app.store.read(), RegisterKind::Systems, &[id]).await?.is_empty() {
        return Err(missing());
    }
    let tx = app.store.begin().await?;
    system_functions::declare(&tx, id, &declared, &actor.reference).await?;
    let details = serde_json::json!({ "functions": declared.functions, "source": declared.source });
    let event = audit::Event { actor: &actor.reference, action: "system.declared", subject: id, details };
    audit::record(&tx, &event, declared.at).await?;
    tx.commit().await?;
    Ok(())
}
