//! Removes a contact, once somebody is sure of it.

use super::{changed_meanwhile, held, joined, not_found, took_down};
use crate::{Actor, App, ServiceError};
use liitos_domain::contacts::Event;
use liitos_domain::{Act, RefusalCode};
use liitos_store::contacts;
use std::collections::BTreeSet;

/// Removes a contact as it stood at a revision.
///
/// # Errors
/// L-602 without the right to keep contacts; L-609 when there is no such contact; L-603 when somebody changed it in between; L-612
/// when a role would be left with nobody.
pub async fn remove(app: &App, actor: &Actor, key: i64, revision: i32) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?;
    let joined = joined(app, joiner).await?;
    let (tx, all) = held(app, joiner).await?;
    let kept = all.find(key).ok_or_else(not_found)?;
    if let Some(emptied) = all.emptied(key, &BTreeSet::new(), &joined).first() {
        return Err(ServiceError::refused(RefusalCode::RoleEmpty, emptied.to_string()));
    }
    let now = app.now();
    if !contacts::end(&tx, key, revision, now).await? {
        return Err(changed_meanwhile());
    }
    let roles: Vec<String> = kept.holds.iter().map(ToString::to_string).collect();
    let fields = vec![("holds".to_owned(), roles.join(" "), String::new())];
    took_down(&tx, actor, joiner, (Event::Removed, &kept.person.name, fields), now).await?;
    tx.commit().await?;
    Ok(())
}
