//! Saves what is written of a move, and takes a key that a joiner gave.

use super::{changed_meanwhile, editable, followed, keep, state_forbids};
use crate::certificates::{Pasted, keep_pasted};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{FieldError, Form};
use liitos_domain::moves::{Consent, Kind, MOST_TARGETS, asked, read};
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_store::moves::{self, Move};
use liitos_store::{Transaction, handover_keys};

/// The field in which a joiner's key is given; it is never kept.
const KEY: &str = "key";
/// Longest text of a field that is kept, in characters; of the list, of each line on average.
const MAX_FIELD: usize = 4_000;
const MAX_LINE: usize = 256;

/// Saves a move as it is filled in, and says what is wrong with which field. A form with errors is saved too, so that nothing typed is lost. The key of a joiner is
/// used up: it has agreed, and stands in the list from now on. Of certificates that are pasted into the list of access points the fingerprints are kept, each with its access point.
///
/// # Errors
/// L-602 without the position; L-603 when somebody was faster than `revision`; L-605 when it is not being written; L-606 for a key that is none, or none any more, or in a move of something else than what runs through an access point; L-609 for a
/// foreign one.
pub async fn save(
    app: &App,
    actor: &Actor,
    number: &str,
    (revision, form): (i32, Form),
) -> Result<Vec<FieldError>, ServiceError> {
    let now = app.now();
    let one = followed(app, actor, Desk::Own, number).await?;
    if !editable(one.course) {
        return Err(state_forbids(&one));
    }
    if one.revision != revision {
        return Err(changed_meanwhile());
    }
    let key = form.text(KEY).to_owned();
    let mut form = form.seen();
    let pasted = match one.kind {
        Kind::Certificates => Pasted::take_list(&mut form, "targets"),
        _ => Pasted::default(),
    };
    keep_pasted(app, &one.leader, &pasted.certificates).await?;
    let mut next = Move { form: kept(form, one.kind), ..one.clone() };
    let tx = app.store.begin().await?;
    if !key.is_empty() {
        take(&tx, &mut next, &key, (&actor.reference, now)).await?;
    }
    let wrong = pasted.before(read(next.kind, &next.form).err().unwrap_or_default());
    if next.form != one.form {
        keep(&tx, &next, ("saved", Some(actor), Desk::Own), None, now).await?;
    }
    tx.commit().await?;
    Ok(wrong)
}

/// Uses a joiner's key up: the joiner has agreed, and is moved.
async fn take(tx: &Transaction, next: &mut Move, key: &str, by: (&str, Moment)) -> Result<(), ServiceError> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, KEY);
    // A joiner hands over what it calls through, and neither its access points nor its systems.
    if next.kind != Kind::Point {
        return Err(wrong());
    }
    let digest = Sha256Hash::of(key.as_bytes());
    let joiner = handover_keys::spend(tx, &digest, (&next.leader, &next.number), by.1).await?;
    let joiner = joiner.ok_or_else(wrong)?;
    moves::agree(tx, next.key, &[(joiner.clone(), Consent::Key)], by).await?;
    let list = next.form.0.entry("targets".to_owned()).or_default();
    let named = list.lines().any(|line| line.trim() == joiner.as_str());
    if !named {
        let line = if list.trim().is_empty() { String::new() } else { format!("{}\n", list.trim_end()) };
        *list = format!("{line}{joiner}");
    }
    Ok(())
}

/// Only the fields that are asked, and of each no more than is taken.
fn kept(mut form: Form, kind: Kind) -> Form {
    form.0.retain(|name, text| !text.trim().is_empty() && asked(kind).any(|field| field == name));
    for (name, text) in &mut form.0 {
        let most = if name == "targets" { MOST_TARGETS * MAX_LINE } else { MAX_FIELD };
        if let Some((end, _)) = text.char_indices().nth(most) {
            text.truncate(end);
        }
    }
    form
}
