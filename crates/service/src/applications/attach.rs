//! Files attached to an application: agreements, as a rule.

use super::{held, own, sent};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::attachment::{self, AttachmentError};
use liitos_domain::{Act, Duty, RefusalCode, Sha256Hash};
pub use liitos_store::application_past::Attachment;
use liitos_store::{application_past, audit};

/// Attaches a file to a draft; what it is says its content, not its name.
///
/// # Errors
/// L-609 for a foreign application; L-602 without the right to prepare; L-605 when it is not a draft; L-606 when the file is too
/// large, empty, of a kind that is not taken, or one too many.
pub async fn attach(app: &App, actor: &Actor, number: &str, name: &str, body: Vec<u8>) -> Result<i64, ServiceError> {
    let stored = own(app, actor, number).await?;
    actor.must(Act::Prepare, app.now())?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    let refused = |error: AttachmentError| ServiceError::refused(RefusalCode::FormInvalid, error.key());
    let media_type = attachment::media_type(&body).map_err(refused)?;
    let now = app.now();
    let tx = app.store.begin().await?;
    held(app, &tx, &stored).await?;
    let there = application_past::attachments(tx.connection(), stored.key).await?;
    if there.len() >= attachment::MOST {
        return Err(refused(AttachmentError::TooMany));
    }
    let file = Attachment {
        key: 0,
        at: now,
        person: actor.name.clone(),
        name: attachment::plain_name(name),
        media_type: media_type.to_owned(),
        hash: String::new(),
        body,
    };
    let key = application_past::attach(&tx, stored.key, &file).await?;
    let details = serde_json::json!({ "file": key, "hash": Sha256Hash::of(&file.body) });
    let event = audit::Event { actor: &actor.reference, action: "application.attached", subject: number, details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(key)
}

/// Takes an attached file of a draft away.
///
/// # Errors
/// L-609 for a foreign application or a file that it does not have; L-602 without the right to prepare; L-605 when it is not a
/// draft.
pub async fn detach(app: &App, actor: &Actor, number: &str, file: i64) -> Result<(), ServiceError> {
    let stored = own(app, actor, number).await?;
    actor.must(Act::Prepare, app.now())?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    let now = app.now();
    let tx = app.store.begin().await?;
    held(app, &tx, &stored).await?;
    if !application_past::detach(&tx, stored.key, file, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "file"));
    }
    let details = serde_json::json!({ "file": file });
    let event = audit::Event { actor: &actor.reference, action: "application.detached", subject: number, details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}

/// A file of an application: for its own organisation, and for who handles applications.
///
/// # Errors
/// L-609 when the actor may not see the application, or it has no such file.
pub async fn attachment(app: &App, actor: &Actor, number: &str, file: i64) -> Result<Attachment, ServiceError> {
    let stored =
        if actor.must_see(Duty::Handle).is_ok() { sent(app, number).await? } else { own(app, actor, number).await? };
    let found = application_past::attachment(app.store.read(), stored.key, file).await?;
    found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "file"))
}
