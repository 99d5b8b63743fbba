//! The operator is told that a supplier signs for a joiner.

use crate::sign_in::register_entry;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, Oid, RefusalCode, typed};
use liitos_store::agreements::{self, SigningAgreement};
use liitos_store::{StoreError, audit, registers};

/// What is agreed.
#[derive(Clone, Debug)]
pub struct NewAgreement {
    /// Whose documents are signed.
    pub joiner: Oid,
    /// Who signs them.
    pub supplier: Oid,
    /// With which system (Astori number).
    pub system: String,
    /// Where the agreement is kept, and since when.
    pub reference: String,
}

impl NewAgreement {
    /// As somebody wrote it: joiner and supplier by their OIDs.
    ///
    /// # Errors
    /// L-606 with the field that is no OID.
    pub fn read([joiner, supplier, system, reference]: [String; 4]) -> Result<Self, ServiceError> {
        let oid = |text: &str, field: &str| {
            Oid::parse(text.trim()).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, field))
        };
        Ok(Self { joiner: oid(&joiner, "joiner")?, supplier: oid(&supplier, "supplier")?, system, reference })
    }
}

/// Keeps an agreement. Its supplier must be a Kanta intermediary, and its system one that the register knows.
///
/// # Errors
/// L-602 without the position; L-606 with the field that is wrong; L-605 when the same counts already.
pub async fn agree(app: &App, actor: &Actor, new: NewAgreement) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let refused = |place: &str| ServiceError::refused(RefusalCode::FormInvalid, place);
    let NewAgreement { joiner, supplier, system, reference } = new;
    let reference = typed::line(&reference, MAX_FIELD_CHARS).ok_or_else(|| refused("reference"))?;
    let now = app.now();
    let db = app.store.read();
    let known = registers::known(db, RegisterKind::Intermediaries, &[supplier.as_str()]).await?;
    if !known.into_values().any(|(_, entry)| entry.valid.contains(now)) {
        return Err(refused("supplier: no intermediary in the register"));
    }
    let system = system.trim().to_owned();
    if registers::known(db, RegisterKind::Systems, &[&system]).await?.is_empty() {
        return Err(refused("system: not in the register"));
    }
    if register_entry(app, &joiner).await?.is_none() {
        return Err(refused("joiner: not in the registers"));
    }
    let mut details = serde_json::json!({ "supplier": supplier, "system": system });
    let agreement = SigningAgreement {
        key: 0,
        joiner: joiner.clone(),
        supplier,
        system,
        reference,
        agreed_at: now,
        ended_at: None,
    };
    let tx = app.store.begin().await?;
    let key = match agreements::agree(&tx, &agreement, &actor.reference).await {
        Err(StoreError::Duplicate) => return Err(ServiceError::refused(RefusalCode::StateForbids, "agreement")),
        key => key?,
    };
    if let Some(details) = details.as_object_mut() {
        details.insert("agreement".to_owned(), key.into());
    }
    let event = audit::Event { actor: &actor.reference, action: "agreement.made", subject: joiner.as_str(), details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
