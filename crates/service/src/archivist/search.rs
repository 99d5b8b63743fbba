//! Looks for documents in the archivist's own registers.

use super::{ARCHIVED, Desk};
use crate::archive::{FoundDocuments, Reach, find, write_uses};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act, Ground, Search};

/// A page of what is found.
///
/// # Errors
/// As [`enter`](super::enter); L-514 when it does not say whose documents it looks for.
pub async fn search(app: &App, actor: &Actor, search: &Search) -> Result<FoundDocuments, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let mut reach = Reach::own(app, &desk.controllers, Ground::Archivist).await?;
    let found = find(app, (&ARCHIVED, &mut reach), search).await?;
    let told = |controller| {
        let mut line = desk.line(app, Act::Searched, controller);
        line.person = search.criteria.person.as_ref().map(|person| app.vault.person(person));
        line.document = search.criteria.document.clone().or_else(|| search.criteria.set.clone());
        line.more = Some(format!("found={}", found.documents.iter().filter(|one| one.active == *controller).count()));
        line
    };
    write_uses(app, desk.controllers.iter().map(told).collect()).await?;
    Ok(found)
}
