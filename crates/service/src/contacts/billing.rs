//! Billing data of a service (Extranet guide 3.1.5).

use super::{held, joined, took_down};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{FieldError, Form, Step, steps};
use liitos_domain::contacts::Event;
use liitos_domain::{Act, RefusalCode, Service};
use liitos_store::contacts;

/// Keeps a joined service's billing data; gives what is wrong with it, and then keeps nothing.
///
/// # Errors
/// L-602 without the right to keep contacts; L-605 when the service is not joined or not paid for.
pub async fn set_billing(
    app: &App,
    actor: &Actor,
    service: Service,
    form: Form,
) -> Result<Vec<FieldError>, ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?;
    if !service.needs_billing() || !joined(app, joiner).await?.contains(&service) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, service.code()));
    }
    let form = form.only_of(Step::Billing);
    let errors = steps::errors(Step::Billing, service, &form);
    if !errors.is_empty() {
        return Ok(errors);
    }
    let (tx, _) = held(app, joiner).await?;
    let before = contacts::billing(tx.connection(), joiner).await?.remove(&service).unwrap_or_default();
    let now = app.now();
    contacts::keep_billing(&tx, joiner, service, &form, now).await?;
    let pairs = steps::fields(Step::Billing).map(|name| {
        let (before, after) = (before.text(&name).to_owned(), form.text(&name).to_owned());
        (name, before, after)
    });
    let fields = pairs.filter(|(_, before, after)| before != after).collect();
    took_down(&tx, actor, joiner, (Event::Billing, service.code(), fields), now).await?;
    tx.commit().await?;
    Ok(Vec::new())
}
