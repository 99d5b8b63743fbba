//! Answers an HL7 V3 query for documents: the search that FHIR asks, in its own words, and the documents themselves where they are asked for.

use super::fetch_document::fetch_document;
use super::search_documents::{link_to, linked, search_documents};
use super::store_document::{Door, query_failed};
use crate::{App, ServiceError};
use liitos_documents::MAX_MESSAGE_BYTES;
use liitos_documents::envelope::{MAX_ENVELOPE_BYTES, Progress, looks_like_soap, read_envelope};
use liitos_documents::query::{Answered, Asked, FIND, FIND_WITH_CONTENT, Query, QueryAnswer, read_query};
use liitos_domain::archive::{Place, Search};
use liitos_domain::document::{Interaction, check_way, interaction_of};
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{RefusalCode, Service};

/// What a query is answered.
#[derive(Debug)]
pub struct Told {
    /// The answer to send.
    pub answer: String,
    /// Why it is none, where it is refused.
    pub refused: Option<RefusalCode>,
}

/// Of a message's first bytes: as what it came, where it is a query.
#[must_use]
pub fn is_query(bytes: &[u8]) -> Option<&'static Interaction> {
    let first = bytes.get(..bytes.len().min(MAX_ENVELOPE_BYTES)).unwrap_or_default();
    let Ok(Progress::Complete(envelope)) = read_envelope(first) else { return None };
    interaction_of(&envelope).ok().filter(|interaction| interaction.operation == Operation::Read)
}

/// Answers a query. Whatever is wrong with it, or on our side, is an answer, too.
pub async fn answer_query(app: &App, door: &Door, interaction: &Interaction, bytes: &[u8]) -> Told {
    let query = match read_query(bytes, interaction.family) {
        Ok(query) => query,
        Err(finding) => {
            let refused = Some(finding.code);
            let answer = query_failed(app, door, None, finding);
            let soap = looks_like_soap(bytes);
            return Told {
                answer: if soap { liitos_documents::acknowledgement::in_soap(&answer) } else { answer },
                refused,
            };
        }
    };
    match answered(app, door, interaction.family.service(), &query).await {
        Ok(answer) => Told { answer, refused: None },
        Err(error) => {
            let ours = error.code.status() >= 500;
            if ours {
                tracing::error!(decision = door.decision_id, error = %error, cause = ?error.source, "a query was not answered");
            }
            let place = if ours { "archive".to_owned() } else { error.place };
            let answer = query_failed(app, door, Some((&query.envelope, query.soap)), Finding::new(error.code, place));
            Told { answer, refused: Some(error.code) }
        }
    }
}

async fn answered(app: &App, door: &Door, service: Service, query: &Query) -> Result<String, ServiceError> {
    let envelope = &query.envelope;
    if let Some(finding) = check_way(envelope, &door.way(app)).into_iter().next() {
        return Err(ServiceError::refused(finding.code, finding.place));
    }
    let asker = |content| door.asker(service, if content { " content" } else { " metadata" });
    let (search, content) = match &query.asked {
        Asked::First { search, content } => (search.as_ref().clone(), *content),
        // A link opens as what it was made for alone.
        Asked::Next(link) => match linked(app, &asker(false), link) {
            Ok(search) => (search, false),
            Err(_) => (linked(app, &asker(true), link)?, true),
        },
    };
    let (documents, next) = page(app, door, (service, content), &search).await?;
    let next = next.as_ref().map(|next| link_to(app, &asker(content), next)).transpose()?;
    let answer = QueryAnswer {
        interaction: if content { FIND_WITH_CONTENT.1 } else { FIND.1 },
        id: &door.decision_id,
        at: app.now(),
        target: &envelope.message_id,
        receiver: &envelope.sender,
        query: query.id.as_deref(),
        next: next.as_deref(),
        documents: &documents,
        soap: query.soap,
    };
    Ok(answer.to_xml())
}

/// A page of what is found, and what asks for the next one. With bodies a page ends where an answer would grow larger than a message may be; the
/// first document is given however large it is.
async fn page(
    app: &App,
    door: &Door,
    (service, content): (Service, bool),
    search: &Search,
) -> Result<(Vec<Answered>, Option<Search>), ServiceError> {
    let found = search_documents(app, door, service, search).await?;
    let (mut documents, mut bytes) = (Vec::new(), 0);
    let mut next = found.next;
    for one in found.documents {
        let facts = one.facts(search.criteria.person.as_ref());
        bytes += usize::try_from(facts.size).unwrap_or(usize::MAX);
        if content && bytes > MAX_MESSAGE_BYTES / 2 && !documents.is_empty() {
            let last: Option<&Answered> = documents.last();
            let last = last.map(|Answered { facts, .. }| (facts.made_at, facts.id.clone()));
            let after = last.map(|(made_at, id)| Place { as_of: found.as_of, made_at, id });
            next = Some(Search { criteria: search.criteria.clone(), after, count: search.count });
            break;
        }
        let content = match content {
            true => match fetch_document(app, door, service, &facts.id).await {
                Ok(body) => Some(body),
                // Not for the caller any more.
                Err(error) if error.code == RefusalCode::DocumentNotFound => continue,
                // What is damaged is told without its body, and keeps nobody from what comes after it.
                Err(error) if error.code == RefusalCode::BodyDamaged => None,
                Err(error) => return Err(error),
            },
            false => None,
        };
        documents.push(Answered { facts, content });
    }
    Ok((documents, next))
}
