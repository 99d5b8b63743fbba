//! Keeps a document that nothing is wrong with: the rows that it becomes.

use super::accept::Received;
use super::caller::Caller;
use super::use_log::line;
use super::versions::{Coming, Placed};
use crate::App;
use crate::certificates::seen;
use liitos_documents::signature::Verified;
use liitos_domain::archive::{Act, Ground, LetIn, Use};
use liitos_domain::document::Policy;
use liitos_domain::notice::Ending;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::client_cert;
use liitos_store::archive::{self, NewDocument, NewMessage, Own, Sealed};
use liitos_store::{StoreError, Transaction};
use std::sync::Arc;

/// A document that is ready to be kept.
pub(super) struct Ready {
    /// As it came.
    pub(super) received: Arc<Received>,
    /// Who brings it.
    pub(super) caller: Caller,
    /// The digest of its person.
    pub(super) person: String,
    /// The digests of the other clients of its matter, where it says who they are.
    pub(super) clients: Vec<String>,
    /// What the caller was let into of this person's documents.
    pub(super) let_in: Vec<LetIn>,
    /// Its signature, and the policy that it passed under.
    pub(super) signed: (Verified, Policy),
    /// Its body.
    pub(super) sealed: Sealed,
}

impl Ready {
    pub(super) fn coming(&self) -> Coming<'_> {
        Coming::of(&self.received, &self.caller, (&self.person, &self.let_in))
    }

    /// What of it nothing else may have.
    pub(super) fn own(&self) -> Own<'_> {
        let message = &self.received.message;
        Own { message: &message.envelope.message_id, document: &message.header.id, signature: self.signed.0.value }
    }

    /// The answer that it is kept.
    pub(super) fn acknowledged(&self, at: Moment) -> String {
        (self.received.accepted)(&self.received, at)
    }

    /// Its message's row.
    pub(super) fn taken<'a>(&'a self, acknowledgement: &'a str, at: Moment) -> NewMessage<'a> {
        let Received { message, hash, .. } = &*self.received;
        NewMessage {
            id: &message.envelope.message_id,
            hash: *hash,
            acknowledgement,
            document: &message.header.id,
            joiner: &self.caller.joiner,
            at,
        }
    }

    /// Its own row.
    pub(super) fn document<'a>(&'a self, placed: &'a Placed, cell: i64, at: Moment) -> NewDocument<'a> {
        let Received { message, door, .. } = &*self.received;
        let (header, (verified, policy)) = (&message.header, &self.signed);
        let social = header.social.as_ref();
        NewDocument {
            id: &header.id,
            set_id: &header.set_id,
            version: header.version,
            cell,
            made_in: placed.made_in.as_ref(),
            controller: &header.custodian,
            active: &placed.active,
            person: &self.person,
            kind: header.kind.as_deref(),
            task: header.task.as_deref().or(social.and_then(|social| social.task.as_deref())),
            temporary: header.person.is_temporary(),
            banned: placed.banned,
            keeping: &header.keeping,
            event: header.event.as_ref().or(social.and_then(|social| social.matter.as_ref())),
            added_to: header.follows.as_ref().filter(|follows| !follows.replaces).map(|follows| &follows.id),
            unfinished: header.unfinished,
            event_open: header.event_open,
            made_at: placed.made_at,
            stored_at: at,
            joiner: &self.caller.joiner,
            tenant: self.caller.tenant(),
            access_point: door.access_point.as_str(),
            message_id: &message.envelope.message_id,
            policy: policy.code(),
            signer: verified.certificate.fingerprint,
            signature: Some(verified.value),
            signed_at: verified.signed_at,
            media_type: "application/xml",
            hash: Sha256Hash::of(message.document.as_bytes()),
            size: message.document.len() as u64,
            sealed: &self.sealed,
        }
    }

    /// The use log's line about it.
    pub(super) fn told(&self, placed: &Placed, at: Moment) -> Use {
        let act = match (placed.invalidates, &placed.supersedes) {
            (Some(_), _) => Act::Invalidated,
            (None, Some(_)) => Act::Replaced,
            (None, None) => Act::Stored,
        };
        // What comes around a switch is taken by the run's order, whoever is active.
        let ground = self.caller.ground_in(&placed.active, &self.let_in).unwrap_or(Ground::Changing);
        let mut told = line(&self.caller, (act, ground), &placed.active, at);
        (told.document, told.person) = (Some(self.received.message.header.id.clone()), Some(self.person.clone()));
        told.more = placed.invalidates.map(str::to_owned);
        told
    }
}

/// Keeps a document, and its message where it is the first of it; `false` when what it would replace is not the newest any more.
pub(super) async fn keep(
    tx: &Transaction,
    ready: &Ready,
    placed: &Placed,
    (taken, at): (Option<&NewMessage<'_>>, Moment),
) -> Result<bool, StoreError> {
    let Received { message, door, .. } = &*ready.received;
    let header = &message.header;
    archive::take(tx, taken.map(std::slice::from_ref).unwrap_or_default()).await?;
    if let Some(older) = &placed.supersedes
        && !archive::supersede(tx, older).await?
    {
        return Ok(false);
    }
    let cell = archive::cell(tx, &placed.cell, &placed.active).await?;
    archive::insert(tx, &[ready.document(placed, cell, at)]).await?;
    if let Some(social) = &header.social {
        archive::add_accesses(tx, &header.id, &ready.person, &social.accesses).await?;
        if let (Some(matter), Some(about)) = (&social.matter, &social.about) {
            archive::add_matter(tx, &header.id, (matter, about), &ready.clients).await?;
        }
    }
    if let Some(terms) = &header.outsourcing {
        archive::add_outsourcing(tx, &header.id, &ready.person, terms).await?;
    }
    if placed.banned {
        archive::ban_set(tx, &header.set_id).await?;
    }
    if let Some(will) = &header.will {
        archive::add_will(tx, &header.id, &ready.person, will).await?;
    }
    if let Some(reason) = placed.invalidates {
        let by_whom = door.access_point.as_str();
        return archive::invalidate(tx, &header.set_id, (reason, by_whom), at).await;
    }
    Ok(true)
}

/// Keeps whose certificates called and signed, to warn before they end. What fails here fails no message.
pub(super) async fn remember(app: &App, ready: &Ready) {
    let server = ready.received.door.client_cert.as_deref().and_then(client_cert::read);
    let shown = server.iter().map(|certificate| (certificate, Ending::ServerCertificate));
    let signer = &ready.signed.0.certificate;
    for (certificate, purpose) in shown.chain([(signer, Ending::SignatureCertificate)]) {
        if let Err(error) = seen(app, certificate, purpose).await {
            tracing::warn!(error = %error, cause = ?error.source, "a certificate was not kept");
        }
    }
}
