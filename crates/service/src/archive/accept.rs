//! Takes a document that was read: decided on again, cross-checked, its signature verified, then one transaction. Whichever way it came.
//!
//! The same message again gets its first answer, after authorising again; the same id with other bytes is a conflict.

use super::caller::{Caller, caller};
use super::reach::Reach;
use super::store_document::{Door, Stored, StoredHow};
use super::use_log::line;
use super::vault;
use super::versions::{Coming, Placed, place};
use crate::certificates::seen;
use crate::{App, ServiceError};
use liitos_documents::message::Message;
use liitos_documents::signature::{Verified, verify};
use liitos_documents::{check_body, signature_facts};
use liitos_domain::archive::{Act, Family, Ground, Use};
use liitos_domain::document::{Access, Interaction, Policy, cross_check, judge_received};
use liitos_domain::notice::Ending;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_pki::{Certificate, client_cert};
use liitos_store::archive::{self, Around, NewDocument, NewMessage, Sealed};
use liitos_store::{Lock, StoreError, Transaction, directory, signers};
use std::collections::BTreeSet;
use tokio::sync::SemaphorePermit;

pub(super) type Outcome = Result<Result<Stored, Vec<Finding>>, ServiceError>;

/// A document that came, whichever way.
pub(super) struct Received<'a> {
    /// What brought it, read in full.
    pub(super) message: &'a Message,
    /// As what it came.
    pub(super) interaction: &'a Interaction,
    /// Over all its bytes.
    pub(super) hash: Sha256Hash,
    /// Writes the answer that it is stored since a moment.
    pub(super) accepted: &'a (dyn Fn(Moment) -> String + Sync),
    /// Whether it is only tried: nothing is stored then, and nobody's answer is given again.
    pub(super) tried: bool,
}

/// Stores what was received; or says all that is wrong with it.
pub(super) async fn accept(
    app: &App,
    door: &Door,
    received: &Received<'_>,
    reading: Option<SemaphorePermit<'_>>,
) -> Outcome {
    let Received { message, interaction, .. } = *received;
    let caller = match caller(app, door, &message.envelope.represented, asked_for(interaction)).await? {
        Ok(caller) => caller,
        Err(code) => return Ok(Err(vec![Finding::new(code, "directory")])),
    };
    // Asked in this order: what another call commits in between is then seen as answered, not as a foreign document.
    let stored = archive::is_stored(app.store.read(), &message.header.id).await?;
    if let Some(answer) = answered_before(app, received, &caller.joiner).await? {
        return Ok(answer);
    }
    let person = app.vault.person(&message.header.person);
    let represented = &message.envelope.represented;
    let granted = match interaction.family {
        Family::Social => Reach::of(app, &caller, represented).await?.granted(&person).await?.clone(),
        Family::Patient | Family::Prescription => BTreeSet::new(),
    };
    let coming = Coming {
        header: &message.header,
        family: interaction.family,
        represented,
        replaces: interaction.replaces_by(&message.header),
        reason: message.wrapper.reason.as_deref(),
        person: &person,
        joiner: &caller.joiner,
        own: &caller.controllers,
        granted: &granted,
    };
    let access = Access {
        access_point: &door.access_point,
        joiner: &caller.joiner,
        tenant: caller.tenant(),
        family: interaction.family,
        own: &caller.controllers,
        may_store: coming.may_store(&message.header.custodian),
        represents_joiner: *represented == door.represented,
    };
    let mut findings = cross_check(&message.envelope, &message.wrapper, &message.header, &access);
    findings.extend(tokio::task::block_in_place(|| check_body(&message.document, interaction.family)).err());
    let signed = signed(app, &caller, &message.document, &mut findings).await?;
    drop(reading);
    // That an id is taken is told only where nothing else is wrong: what is refused anyhow asks nothing.
    if stored && findings.is_empty() {
        findings.push(Finding::new(RefusalCode::DocumentIdReused, "id"));
    }
    if let Some(signed) = signed
        && findings.is_empty()
        && !received.tried
    {
        let sealed = seal(app, message).await?;
        // What it follows is judged there, on what cannot change any more.
        return commit(app, (&caller, received), signed, (&coming, sealed)).await;
    }
    // All that is wrong in one answer.
    let around = archive::around(app.store.read(), &message.header, app.now()).await?;
    if let Err(found) = place(&coming, &around, app.now()) {
        findings.extend(found.into_iter().filter(|one| !findings.contains(one)).collect::<Vec<_>>());
    }
    if findings.is_empty() {
        return Ok(Ok(Stored { acknowledgement: String::new(), how: StoredHow::New }));
    }
    Ok(Err(findings))
}

/// The signature, verified and judged; nothing where there is none that could be.
async fn signed(
    app: &App,
    caller: &Caller<'_>,
    document: &str,
    findings: &mut Vec<Finding>,
) -> Result<Option<(Verified, Policy)>, ServiceError> {
    let verified = match tokio::task::block_in_place(|| verify(document)) {
        Ok(verified) => verified,
        Err(finding) => {
            findings.push(finding);
            return Ok(None);
        }
    };
    let lawful = caller.lawful_signers();
    let facts = |since| signature_facts(&app.signature_trust.load(), &verified, since, app.now());
    let (mut policy, mut found) = judge_received(&facts(None), &lawful, app.now());
    // Whether its signer is registered matters only to what is refused otherwise.
    if !found.is_empty() {
        let since = signers::in_force(app.store.read(), &caller.joiner, &verified.certificate.fingerprint).await?;
        (policy, found) = judge_received(&facts(since), &lawful, app.now());
    }
    findings.extend(found);
    Ok(Some((verified, policy)))
}

/// What an interaction asks the directory for.
const fn asked_for(interaction: &Interaction) -> (Service, Operation) {
    (interaction.family.service(), interaction.operation)
}

/// The document's body, sealed for the register that it names.
async fn seal(app: &App, message: &Message) -> Result<Sealed, ServiceError> {
    let header = &message.header;
    vault::seal(app, &header.custodian, &header.id, message.document.as_bytes()).await
}

async fn answered_before(
    app: &App,
    received: &Received<'_>,
    joiner: &Oid,
) -> Result<Option<Result<Stored, Vec<Finding>>>, ServiceError> {
    let Some(before) = archive::answered(app.store.read(), &received.message.envelope.message_id).await? else {
        return Ok(None);
    };
    if before.hash == received.hash.to_string() && before.joiner == joiner.as_str() {
        return Ok(Some(Ok(Stored { acknowledgement: before.acknowledgement, how: StoredHow::Again })));
    }
    Ok(Some(Err(vec![Finding::new(RefusalCode::MessageIdReused, "id")])))
}

/// What may have changed while the message was read: the directory, and the signer's registration.
async fn still_allowed(
    app: &App,
    tx: &Transaction,
    (caller, received): (&Caller<'_>, &Received<'_>),
    (verified, policy): &(Verified, Policy),
) -> Result<Option<Finding>, ServiceError> {
    let Received { message, interaction, .. } = *received;
    if directory::version(tx.connection()).await? != caller.decision.directory_version.1 {
        match self::caller(app, caller.door, &message.envelope.represented, asked_for(interaction)).await? {
            Err(code) => return Ok(Some(Finding::new(code, "directory"))),
            Ok(again) if !again.opens(&message.header.custodian) => {
                return Ok(Some(Finding::new(RefusalCode::ControllerForeign, "custodian")));
            }
            Ok(_) => {}
        }
    }
    let withdrawn = *policy == Policy::Legacy
        && signers::in_force(tx.connection(), &caller.joiner, &verified.certificate.fingerprint).await?.is_none();
    Ok(withdrawn.then(|| Finding::new(RefusalCode::SignerIssuerUnknown, "certificate issuer")))
}

/// Who lets the caller's unit in still, where anybody did.
async fn still_granted(
    tx: &Transaction,
    caller: &Caller<'_>,
    coming: &Coming<'_>,
    around: &Around,
    now: Moment,
) -> Result<BTreeSet<Oid>, ServiceError> {
    if coming.granted.is_empty() {
        return Ok(BTreeSet::new());
    }
    let unit = caller.unit(coming.represented);
    Ok(caller.open(archive::let_in_by(tx.connection(), (coming.person, unit), &around.succession, now).await?))
}

async fn commit(
    app: &App,
    asked: (&Caller<'_>, &Received<'_>),
    signed: (Verified, Policy),
    (coming, sealed): (&Coming<'_>, Sealed),
) -> Outcome {
    let (caller, received) = asked;
    let message = received.message;
    let tx = app.store.begin().await?;
    // Whose the documents are stays so until this one is stored.
    tx.share(Lock::Controllers).await?;
    // After a switch that was waited for, not before it.
    let now = app.now();
    let acknowledgement = (received.accepted)(now);
    if let Some(finding) = still_allowed(app, &tx, asked, &signed).await? {
        return Ok(Err(vec![finding]));
    }
    // What is the newest, whose it is, and who was let in, may have changed while the message was read.
    let around = archive::around(tx.connection(), &message.header, now).await?;
    let granted = still_granted(&tx, caller, coming, &around, now).await?;
    let coming = &Coming { granted: &granted, ..*coming };
    if !coming.may_store(&message.header.custodian) {
        return Ok(Err(vec![Finding::new(RefusalCode::ControllerForeign, "custodian")]));
    }
    let placed = match place(coming, &around, now) {
        Ok(placed) => placed,
        Err(findings) => return Ok(Err(findings)),
    };
    let taken = NewMessage {
        id: &message.envelope.message_id,
        hash: received.hash,
        acknowledgement: &acknowledgement,
        document: &message.header.id,
        joiner: &caller.joiner,
        at: now,
    };
    match keep(&tx, (caller, message), (&placed, coming.person, sealed), &signed, &taken).await {
        Ok(true) => {}
        // Somebody replaced the same at the same time, and was first; or declared it void.
        Ok(false) => {
            drop(tx);
            let around = archive::around(app.store.read(), &message.header, now).await?;
            let lost = || vec![Finding::new(RefusalCode::NotTheNewest, "setId")];
            return Ok(Err(place(coming, &around, now).err().unwrap_or_else(lost)));
        }
        Err(StoreError::Duplicate) => {
            // Another call stored one of the ids first, whoever it was, and its answer stands; or the signature is known.
            drop(tx);
            return duplicate(app, received, &caller.joiner, coming).await;
        }
        Err(error) => return Err(error.into()),
    }
    archive::add_uses(&tx, &[told(caller, &placed, coming, now)]).await?;
    tx.commit().await?;
    remember(app, caller.door, &signed.0.certificate).await;
    Ok(Ok(Stored { acknowledgement, how: StoredHow::New }))
}

/// The use log's line about a document that is stored.
fn told(caller: &Caller<'_>, placed: &Placed, coming: &Coming<'_>, at: Moment) -> Use {
    let act = match (placed.invalidates, &placed.supersedes) {
        (Some(_), _) => Act::Invalidated,
        (None, Some(_)) => Act::Replaced,
        (None, None) => Act::Stored,
    };
    // What comes around a switch is taken by the run's order, whoever is active.
    let ground = match caller.controllers.contains(&placed.active) {
        true => caller.ground(),
        false if coming.granted.contains(&placed.active) => Ground::RegisterAccess,
        false => Ground::Changing,
    };
    let mut told = line(caller, (act, ground), &placed.active, at);
    (told.document, told.person) = (Some(coming.header.id.clone()), Some(coming.person.to_owned()));
    told.more = placed.invalidates.map(str::to_owned);
    told
}

/// Which id, or signature, was there before.
async fn duplicate(app: &App, received: &Received<'_>, joiner: &Oid, coming: &Coming<'_>) -> Outcome {
    let message = received.message;
    if let Some(before) = answered_before(app, received, joiner).await? {
        return Ok(before);
    }
    if archive::is_stored(app.store.read(), &message.header.id).await? {
        return Ok(Err(vec![Finding::new(RefusalCode::DocumentIdReused, "id")]));
    }
    // The same version of the set, by somebody who was first.
    let around = archive::around(app.store.read(), &message.header, app.now()).await?;
    if let Err(findings) = place(coming, &around, app.now()) {
        return Ok(Err(findings));
    }
    Ok(Err(vec![Finding::new(RefusalCode::SignatureReused, "SignatureValue")]))
}

/// Keeps message and document; `false` when what it would replace is not the newest any more.
async fn keep(
    tx: &Transaction,
    (caller, message): (&Caller<'_>, &Message),
    (placed, person, sealed): (&Placed, &str, Sealed),
    (verified, policy): &(Verified, Policy),
    taken: &NewMessage<'_>,
) -> Result<bool, StoreError> {
    let (door, header) = (caller.door, &message.header);
    let social = header.social.as_ref();
    archive::take(tx, taken).await?;
    if let Some(older) = &placed.supersedes
        && !archive::supersede(tx, older).await?
    {
        return Ok(false);
    }
    let new = NewDocument {
        id: &header.id,
        set_id: &header.set_id,
        version: header.version,
        cell: archive::cell(tx, &placed.cell).await?,
        controller: &header.custodian,
        active: &placed.active,
        person,
        kind: header.kind.as_deref(),
        task: header.task.as_deref().or(social.and_then(|social| social.task.as_deref())),
        event: header.event.as_ref().or(social.and_then(|social| social.matter.as_ref())),
        added_to: header.follows.as_ref().filter(|follows| !follows.replaces).map(|follows| &follows.id),
        unfinished: header.unfinished,
        event_open: header.event_open,
        made_at: placed.made_at,
        stored_at: taken.at,
        joiner: &caller.joiner,
        tenant: caller.tenant(),
        access_point: door.access_point.as_str(),
        message_id: &message.envelope.message_id,
        policy: policy.code(),
        signer: verified.certificate.fingerprint,
        signature: Some(verified.value),
        signed_at: verified.signed_at,
        media_type: "application/xml",
        hash: Sha256Hash::of(message.document.as_bytes()),
        size: message.document.len() as u64,
        sealed,
    };
    archive::insert(tx, &new).await?;
    if let Some(social) = social {
        archive::add_accesses(tx, &header.id, person, &social.accesses).await?;
    }
    if let Some(reason) = placed.invalidates {
        let by_whom = door.access_point.as_str();
        return archive::invalidate(tx, &header.set_id, (reason, by_whom), taken.at).await;
    }
    Ok(true)
}

/// Keeps whose certificates called and signed, to warn before they end. What fails here fails no message.
async fn remember(app: &App, door: &Door, signer: &Certificate) {
    let server = door.client_cert.as_deref().and_then(client_cert::read);
    let shown = server.iter().map(|certificate| (certificate, Ending::ServerCertificate));
    for (certificate, purpose) in shown.chain([(signer, Ending::SignatureCertificate)]) {
        if let Err(error) = seen(app, certificate, purpose).await {
            tracing::warn!(error = %error, cause = ?error.source, "a certificate was not kept");
        }
    }
}
