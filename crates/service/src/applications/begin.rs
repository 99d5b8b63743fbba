//! Begins an application, or finds the draft that was begun before.

use crate::{Actor, App, ServiceError};
use liitos_domain::application::{self as domain, Application, BeginError, Beginning, State};
use liitos_domain::{Act, RefusalCode, Service};
use liitos_store::{Lock, applications, audit, directory};
use liitos_texts::Language;
use std::collections::BTreeMap;

/// Begins an application for a service and gives its number.
///
/// # Errors
/// L-602 without an organisation; L-605 when the service is not applied for here, or an application for it waits.
pub async fn begin(app: &App, actor: &Actor, service: Service, language: Language) -> Result<String, ServiceError> {
    let joiner = actor.must(Act::Prepare, app.now())?;
    let tx = app.store.begin().await?;
    tx.lock(Lock::Applications).await?;
    let db = tx.connection();
    let of_joiner = applications::of_joiner(db, joiner).await?;
    let begun = domain::begin(service, of_joiner.iter().map(|stored| &stored.application));
    let place = |error| match error {
        BeginError::NotApplicable(service) => service.to_string(),
        BeginError::Waiting(number) => number,
    };
    match begun.map_err(|error| ServiceError::refused(RefusalCode::StateForbids, place(error)))? {
        Beginning::Continue(draft) => return Ok(draft.number.clone()),
        Beginning::New => {}
    }
    let now = app.now();
    let number = format!("{}-{}", now.civil().year(), applications::count(db).await? + 1);
    let application = Application {
        number: number.clone(),
        joiner: joiner.clone(),
        service,
        state: State::Draft,
        first_joining: !directory::is_member(db, joiner, app.now()).await?,
        forms: BTreeMap::new(),
    };
    applications::insert(&tx, &application, language.code(), now).await?;
    let details = serde_json::json!({ "joiner": joiner, "service": service });
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "application.begun", subject: &number, details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(number)
}
