//! Where a system's supplier is written to: no register says.

use super::missing;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::is_email;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, RefusalCode, typed};
use liitos_store::system_suppliers::{self, Supplier};
use liitos_store::{audit, registers};
use liitos_texts::Language;

/// Longest address, in characters.
const MAX_ADDRESS: usize = 254;

/// Says where a system's supplier is written to, and in which language; without an address nowhere any more.
///
/// # Errors
/// L-602 without the position; L-606 for what is no address or no language; L-609 for a system that Astori does not know.
pub async fn supplier(app: &App, actor: &Actor, id: &str, (mail, language): (&str, &str)) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let supplier = match mail.trim() {
        "" => None,
        said => Some(Supplier {
            mail: typed::line(said, MAX_ADDRESS).filter(|said| is_email(said)).ok_or_else(|| wrong("mail"))?,
            language: Language::parse(language).ok_or_else(|| wrong("language"))?.code().to_owned(),
        }),
    };
    if registers::known(app.store.read(), RegisterKind::Systems, &[id]).await?.is_empty() {
        return Err(missing());
    }
    let (tx, now) = (app.store.begin().await?, app.now());
    system_suppliers::keep(&tx, id, supplier.as_ref(), (&actor.reference, now)).await?;
    let details = serde_json::json!({ "written_to": supplier.is_some() });
    let event = audit::Event { actor: &actor.reference, action: "system.supplier", subject: id, details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
