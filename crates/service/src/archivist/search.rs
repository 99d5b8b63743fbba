//! Looks for documents in the archivist's own registers.

use super::Desk;
use crate::archive::{FoundDocuments, Reach, find, search_lines, write_uses};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Act, Ground, Search};

/// A page of what is found.
///
/// # Errors
/// As [`enter`](super::enter); L-514 when it does not say whose documents it looks for.
pub async fn search(app: &App, actor: &Actor, search: &Search) -> Result<FoundDocuments, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    let mut reach = Reach::own(app, &desk.controllers, Ground::Archivist).await?;
    let found = find(app, (&desk.services, &mut reach), search).await?;
    let registers: Vec<_> = desk.controllers.iter().map(|own| (own.clone(), Ground::Archivist)).collect();
    let looked = |controller: &_, _| desk.line(app, Act::Searched, controller);
    write_uses(app, search_lines(app, &registers, (&search.criteria, &found), looked)?).await?;
    Ok(found)
}
