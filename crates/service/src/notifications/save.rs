//! Saves what is written of a notification.

use super::{changed_meanwhile, happened, own, state_forbids};
use crate::certificates::{Pasted, keep_pasted};
use crate::{Actor, App, ServiceError};
use liitos_domain::Act;
use liitos_domain::application::{FieldError, Form, steps};
use liitos_domain::notification::{asked, read};
use liitos_store::notifications::{self, Notification};

/// Saves a notification as it is filled in, and says what is wrong with which field. A form with errors is saved too, so that nothing typed is
/// lost; it cannot be sent before they are mended.
///
/// # Errors
/// L-602 without the position; L-603 when somebody was faster than `revision`; L-605 when it is not being written; L-609 for a foreign one.
pub async fn save(
    app: &App,
    actor: &Actor,
    number: &str,
    (revision, form): (i32, Form),
) -> Result<Vec<FieldError>, ServiceError> {
    let now = app.now();
    actor.must(Act::Technical, now)?;
    let notification = own(app, actor, number).await?;
    if !notification.course.editable() {
        return Err(state_forbids(&notification));
    }
    if notification.revision != revision {
        return Err(changed_meanwhile());
    }
    let mut form = form.seen();
    let point = if form.0.contains_key("own_oid") { "own_oid" } else { "point" };
    let pasted = Pasted::take(&mut form, |field| (field == "own_certificates").then(|| point.to_owned()));
    keep_pasted(app, &notification.joiner, &pasted.certificates).await?;
    let form = kept(form, &notification);
    let (day, wrong) = match read(notification.kind, &form) {
        Ok((_, day)) => (Some(day), Vec::new()),
        Err(wrong) => (None, wrong),
    };
    let wrong = pasted.before(wrong);
    if form == notification.form {
        return Ok(wrong);
    }
    let next = Notification { form, day, ..notification };
    let tx = app.store.begin().await?;
    if !notifications::keep(&tx, &next).await? {
        return Err(changed_meanwhile());
    }
    happened(&tx, &next, ("saved", actor, false), None, now).await?;
    tx.commit().await?;
    Ok(wrong)
}

/// Only the fields that are asked, and of each no more than a letter over what is taken.
fn kept(mut form: Form, notification: &Notification) -> Form {
    form.0.retain(|name, text| !text.trim().is_empty() && asked(notification.kind).any(|field| field == name));
    for (name, text) in &mut form.0 {
        if let Some((end, _)) = text.char_indices().nth(steps::max_chars(name) + 1) {
            text.truncate(end);
        }
    }
    form
}
