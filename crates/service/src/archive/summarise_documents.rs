//! A client's documents at a glance: of all that a caller reaches, how many of which kind, from where and when.

use super::Door;
use super::caller::reader;
use super::reach::Reach;
use super::search_documents::{FoundDocuments, find, treats, written};
use crate::{App, ServiceError};
use liitos_domain::archive::{Criteria, Family, MAX_PAGE, Search, Standing, Summarised, Summary};
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::archive;

/// Most pages of documents that a summary reads through.
const MOST_PAGES: usize = 50;

/// A summary, and of what.
#[derive(Debug)]
pub struct ClientSummary {
    /// The summary.
    pub summary: Summary,
    /// Whether all of the client's documents are in it: more are not read through at once.
    pub complete: bool,
    /// Of what was stored until then.
    pub as_of: Moment,
}

/// Sums up a client's newest documents of a service.
///
/// # Errors
/// As [`search_documents`](super::search_documents()); L-514 when no client is named.
pub async fn summarise_documents(
    app: &App,
    door: &Door,
    service: Service,
    criteria: Criteria,
) -> Result<ClientSummary, ServiceError> {
    if criteria.person.is_none() {
        return Err(ServiceError::refused(RefusalCode::SearchTooWide, "patient"));
    }
    let caller = reader(app, door, service).await?;
    let mut reach = Reach::reading(app, &caller).await?;
    treats(app, &caller, &reach, (service, &criteria)).await?;
    let of = Criteria { standings: vec![Standing::Newest], ..criteria };
    let (summed, found) = sum_up(app, (&[service], &mut reach), &of).await?;
    written(app, &caller, &mut reach, (service, &of), &found).await?;
    Ok(summed)
}

/// Sums up what somebody reaches of some services' documents; with all of them.
pub(crate) async fn sum_up(
    app: &App,
    (services, reach): (&[Service], &mut Reach<'_>),
    criteria: &Criteria,
) -> Result<(ClientSummary, FoundDocuments), ServiceError> {
    let mut search = Search { criteria: criteria.clone(), after: None, count: MAX_PAGE };
    let mut all = find(app, (services, &mut *reach), &search).await?;
    for _ in 1..MOST_PAGES {
        let Some(next) = all.next.take() else { break };
        search = next;
        let page = find(app, (services, &mut *reach), &search).await?;
        all.next = page.next;
        all.documents.extend(page.documents);
        all.withheld_too(page.withheld);
    }
    let mut summary = Summary::of(all.documents.iter().map(|one| Summarised {
        register: &one.listed.cell.register,
        task: one.listed.task.as_deref(),
        kind: one.listed.kind.as_deref(),
        unit: &one.listed.unit,
        matter: one.listed.event.as_deref(),
        open: one.listed.event_open,
        made_at: one.listed.made_at,
    }));
    if services.contains(&Family::Social.service()) {
        // Only a document that the summary tells of says something of its matter.
        let counted: Vec<&Oid> = all.documents.iter().map(|found| &found.listed.id).collect();
        for one in archive::matters_by(app.store.read(), &counted).await? {
            summary.told(one.matter.as_str(), one.open, app.now());
        }
    }
    Ok((ClientSummary { summary, complete: all.next.is_none(), as_of: all.as_of }, all))
}
