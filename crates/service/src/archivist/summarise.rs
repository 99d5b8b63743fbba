//! A client's documents in the archivist's own registers, at a glance.

use super::Desk;
use crate::archive::{ClientSummary, Reach, search_lines, sum_up, write_uses};
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::archive::{Act, Criteria, Ground, Standing};

/// Sums up a client's newest documents.
///
/// # Errors
/// As [`enter`](super::enter); L-514 when no client is named.
pub async fn summarise(app: &App, actor: &Actor, criteria: Criteria) -> Result<ClientSummary, ServiceError> {
    let desk = Desk::open(app, actor).await?;
    if criteria.person.is_none() {
        return Err(ServiceError::refused(RefusalCode::SearchTooWide, "client"));
    }
    let criteria = Criteria { standings: vec![Standing::Newest], ..criteria };
    let mut reach = Reach::own(app, &desk.controllers, Ground::Archivist).await?;
    let (summed, found) = sum_up(app, (&desk.services, &mut reach), &criteria).await?;
    let registers: Vec<_> = desk.controllers.iter().map(|own| (own.clone(), Ground::Archivist)).collect();
    let looked = |controller: &_, _| desk.line(app, Act::Searched, controller);
    write_uses(app, search_lines(app, &registers, (&criteria, &found), looked)?).await?;
    Ok(summed)
}
