//! Takes a document that was read: decided on again, cross-checked, its signature verified, then kept in one transaction. Whichever way it came.
//!
//! The same message again gets its first answer, after authorising again; the same id with other bytes is a conflict. So it is with documents: what its
//! joiner stored before, and brings again byte for byte in another message, is answered as stored since then.
//!
//! ```text
//!                     ┌─ first of its set, all is well ──▶ together: many in one transaction ──┐
//! read ── weighed ────┤                                        │ not plain after all           ├──▶ answer
//!                     └─ whatever else ──▶ carefully: by itself, everything asked anew ◀───────┘
//! ```

use super::again::{answered_again, answered_before, duplicate, there_since};
use super::arrive::{Arriving, busy};
use super::bodies::{lay, outside, settled};
use super::caller::{Caller, caller, caller_held};
use super::keep::{Ready, keep, remember};
use super::made_in::{another, elsewhere};
use super::reach::Reach;
use super::store_document::{Door, Stored, StoredHow};
use super::together::together;
use super::use_log::{line, write};
use super::vault;
use super::versions::{Coming, place};
use crate::{App, ServiceError};
use liitos_documents::message::Message;
use liitos_documents::signature::{Verified, verify_message};
use liitos_documents::{signature_facts, structured_facts};
use liitos_domain::archive::{Act, Ground, LetIn, Use};
use liitos_domain::document::{Access, Interaction, Policy, check_way, cross_check, judge_received, judge_structured};
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_store::archive::{self, Around, NewMessage};
use liitos_store::{Lock, StoreError, Transaction, agreements, controller_runs, signers};
use std::sync::Arc;

pub(super) type Outcome = Result<Result<Stored, Vec<Finding>>, ServiceError>;

/// Writes the answer that a document is stored since a moment.
pub(super) type Accepted = Box<dyn Fn(&Received, Moment) -> String + Send + Sync>;

/// A document that came, whichever way.
pub(super) struct Received {
    /// What the front door verified.
    pub(super) door: Arc<Door>,
    /// What brought it, read in full.
    pub(super) message: Message,
    /// As what it came.
    pub(super) interaction: Interaction,
    /// Over all its bytes.
    pub(super) hash: Sha256Hash,
    /// How it is answered.
    pub(super) accepted: Accepted,
    /// Whether it is only tried: nothing is stored then.
    pub(super) tried: bool,
}

impl Received {
    /// What it asks the directory for.
    fn asked_for(&self) -> (Service, Operation) {
        (self.interaction.family.service(), self.interaction.operation)
    }

    fn represented(&self) -> &Oid {
        &self.message.envelope.represented
    }

    /// Whether it is the first of its set, follows nothing, and decides nothing for others: but for its matter, what is there already does not matter to it.
    fn is_plain(&self) -> bool {
        let header = &self.message.header;
        header.follows.is_none() && header.version == 1 && header.set_id == header.id && !header.changes_access()
    }
}

/// Stores what was received; or says all that is wrong with it.
pub(super) async fn accept(app: &App, received: Received, arriving: Arriving<'_>) -> Outcome {
    let received = Arc::new(received);
    match at_once(app, &received, arriving).await? {
        Some(stored) => Ok(Ok(stored)),
        None => carefully(app, &received).await,
    }
}

/// Stores what came in one bundle, all of it or nothing; or says all that is wrong, each with the number of its document where there are several.
pub(super) async fn accept_all(app: &App, mut received: Vec<Received>, arriving: Arriving<'_>) -> Outcome {
    let alone = if received.len() == 1 { received.pop() } else { None };
    if let Some(alone) = alone {
        return accept(app, alone, arriving).await;
    }
    drop(arriving);
    let (mut ready, mut again, mut there, mut wrong) = (Vec::new(), None, Vec::new(), Vec::new());
    for (place, received) in received.into_iter().enumerate() {
        let received = Arc::new(received);
        match prepare(app, &received).await? {
            Prepared::Ready(one) => ready.push(*one),
            Prepared::There(joiner, since) => there.push((place, received, joiner, since)),
            Prepared::Told(Ok(stored)) => again = Some(stored),
            Prepared::Told(Err(findings)) => wrong.extend(numbered(place, findings)),
        }
    }
    if let Some((_, received, joiner, since)) = there.first()
        && ready.is_empty()
        && again.is_none()
        && wrong.is_empty()
    {
        return answered_again(app, received, joiner, *since).await;
    }
    // All or nothing: what is there already does not come again with what is new.
    for (place, ..) in there {
        wrong.extend(numbered(place, vec![Finding::new(RefusalCode::DocumentIdReused, "id")]));
    }
    match again {
        _ if !wrong.is_empty() => Ok(Err(wrong)),
        // It came before, or was only tried: the same holds for all of it.
        Some(stored) => Ok(Ok(stored)),
        None => commit(app, ready).await,
    }
}

/// Findings of one of several documents, numbered from 1.
fn numbered(place: usize, mut findings: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut findings {
        finding.place = format!("document {}: {}", place + 1, finding.place);
    }
    findings
}

/// Stores what is plain and well together with others, by what is known without asking; nothing where that does not say enough.
async fn at_once(
    app: &App,
    received: &Arc<Received>,
    Arriving { on_its_way: _on_its_way, reading }: Arriving<'_>,
) -> Result<Option<Stored>, ServiceError> {
    // What lies in the object store is written down there first, and stored by itself.
    if received.tried || !received.is_plain() || outside(app, received.message.document.len()).is_some() {
        return Ok(None);
    }
    let Some(caller) = caller_held(app, &received.door, received.represented(), received.asked_for()) else {
        return Ok(None);
    };
    let (person, let_in) = (app.vault.person(&received.message.header.person)?, Vec::new());
    // Whether another's unit may stand there is not known without asking.
    if another(app, received, &caller).is_some()
        || !contradictions(app, received, &caller, (&person, &let_in)).is_empty()
    {
        return Ok(None);
    }
    let Ok(verified) = busy(received.message.document.len(), || verify_message(&received.message)) else {
        return Ok(None);
    };
    let (policy, found) = judged(app, &received.message, (&verified, None), &caller.lawful_signers());
    drop(reading);
    if !found.is_empty() {
        return Ok(None);
    }
    let sealed = seal(app, &received.message).await?;
    let received = Arc::clone(received);
    let ready = Ready { received, caller, person, clients: Vec::new(), let_in, signed: (verified, policy), sealed };
    let ready = Arc::new(ready);
    match together(app, &ready).await {
        Some(acknowledgement) => {
            app.followed.note_one(&ready.person, &ready.received.door.decision_id);
            remember(app, &ready).await;
            Ok(Some(Stored { acknowledgement, how: StoredHow::New }))
        }
        None => Ok(None),
    }
}

/// What message, document and directory say otherwise than each other, and what is wrong with the body.
fn contradictions(app: &App, received: &Received, caller: &Caller, (person, let_in): (&str, &[LetIn])) -> Vec<Finding> {
    let Received { message, interaction, door, .. } = received;
    let access = Access {
        way: door.way(app),
        joiner: &caller.joiner,
        tenant: caller.tenant(),
        family: interaction.family,
        own: &caller.controllers,
        may_store: Coming::of(received, caller, (person, let_in)).may_store(&message.header.custodian),
    };
    let mut findings = cross_check(&message.envelope, &message.wrapper, &message.header, &access);
    findings.extend(message.body.schema().iter().cloned());
    findings.extend(busy(message.document.len(), || message.body.judge(interaction.family)).err());
    findings
}

/// Stores by itself, asking everything anew.
async fn carefully(app: &App, received: &Arc<Received>) -> Outcome {
    match prepare(app, received).await? {
        Prepared::Ready(ready) => commit(app, vec![*ready]).await,
        Prepared::There(joiner, since) => answered_again(app, received, &joiner, since).await,
        Prepared::Told(outcome) => Ok(outcome),
    }
}

/// A document of which everything was asked.
enum Prepared {
    /// Nothing is wrong with it so far.
    Ready(Box<Ready>),
    /// Nothing is wrong with it, and its joiner stored it at that moment, in another message.
    There(Oid, Moment),
    /// It came before, was only tried, or is refused.
    Told(Result<Stored, Vec<Finding>>),
}

/// Asks everything anew, but what it follows: that is judged on what cannot change any more.
async fn prepare(app: &App, received: &Arc<Received>) -> Result<Prepared, ServiceError> {
    let told = |outcome| Ok(Prepared::Told(outcome));
    let message = &received.message;
    let caller = match caller(app, &received.door, received.represented(), received.asked_for()).await? {
        Ok(caller) => caller,
        Err(code) => return told(Err(vec![Finding::new(code, "directory")])),
    };
    // Asked in this order: what another call commits in between is then seen as answered, not as a foreign document.
    let stored = archive::is_stored(app.store.read(), &message.header.id).await?;
    // What was answered to others' messages is nobody else's to ask.
    let foreign = |finding: &Finding| finding.code != RefusalCode::ReceiverForeign;
    let before = match check_way(&message.envelope, &received.door.way(app)).iter().any(foreign) {
        false => answered_before(app, received, &caller.joiner).await?,
        true => None,
    };
    // What is only tried is told all that is wrong with it.
    if let Some(answer) = before.filter(|answer| answer.is_ok() || !received.tried) {
        return told(answer);
    }
    let person = app.vault.person(&message.header.person)?;
    let family = received.interaction.family;
    let let_in = Reach::of(app, &caller, received.represented()).await?.let_in(&person, family).await?.to_vec();
    let mut findings = contradictions(app, received, &caller, (&person, &let_in));
    // Trees of large documents are not built without number at once.
    let reading = app.reading.acquire().await.ok();
    let signed = signed(app, &caller, message, &mut findings).await?;
    drop(reading);
    // That an id is taken is told only where nothing else is wrong: what is refused anyhow asks nothing.
    if findings.is_empty() {
        if stored
            && !received.tried
            && let Some(since) = there_since(app, received, &caller).await?
        {
            return Ok(Prepared::There(caller.joiner, since));
        }
        match &signed {
            Some((verified, _)) if received.tried => {
                findings = tried(app, received, &caller, (&person, &let_in, verified)).await?
            }
            _ if stored => findings.push(Finding::new(RefusalCode::DocumentIdReused, "id")),
            _ => {}
        }
    }
    // Nor is it told of others' runs and documents.
    if findings.is_empty() && elsewhere(app, received, &caller, (&person, &let_in)).await? {
        findings.push(Finding::new(RefusalCode::DocumentUnitForeign, "componentOf//representedOrganization"));
    }
    if let Some(signed) = signed
        && findings.is_empty()
        && !received.tried
    {
        let sealed = lay(app, seal(app, message).await?).await?;
        let clients = clients(app, message)?;
        let ready = Ready { received: Arc::clone(received), caller, person, clients, let_in, signed, sealed };
        return Ok(Prepared::Ready(Box::new(ready)));
    }
    all_wrong(app, received, &caller, (person, &let_in), findings).await
}

/// All that is wrong, in one answer; or, where it was only tried, that nothing is.
async fn all_wrong(
    app: &App,
    received: &Received,
    caller: &Caller,
    (person, let_in): (String, &[LetIn]),
    mut findings: Vec<Finding>,
) -> Result<Prepared, ServiceError> {
    let told = |outcome| Ok(Prepared::Told(outcome));
    let (message, coming) = (&received.message, Coming::of(received, caller, (&person, let_in)));
    let around = archive::around(app.store.read(), &message.header, app.now()).await?;
    if let Err(found) = place(&coming, &around, app.now()) {
        findings.extend(found.into_iter().filter(|one| !findings.contains(one)).collect::<Vec<_>>());
    }
    if findings.is_empty() {
        return told(Ok(Stored { acknowledgement: String::new(), how: StoredHow::New }));
    }
    if !received.tried && app.followed.knows(&person) {
        write(app, vec![refused(app, caller, &message.header.custodian, (person, &findings))]).await?;
    }
    told(Err(findings))
}

/// By what the clients of the matter are found that a document tells of, each once.
fn clients(app: &App, message: &Message) -> Result<Vec<String>, ServiceError> {
    let about = message.header.social.as_ref().and_then(|social| social.about.as_ref());
    let clients = about.iter().flat_map(|about| &about.clients).map(|client| app.vault.person(client));
    let mut clients = clients.collect::<Result<Vec<String>, _>>()?;
    clients.sort_unstable();
    clients.dedup();
    Ok(clients)
}

/// What is written down of a test client's document that is not taken: in the caller's own register, since whom it names has nothing to do with it.
fn refused(app: &App, caller: &Caller, named: &Oid, (person, findings): (String, &[Finding])) -> Use {
    let own = caller.controllers.first().unwrap_or(named);
    let mut told: Vec<String> = findings.iter().map(|finding| finding.code.code()).collect();
    told.dedup();
    told.push(format!("custodian={named}"));
    let (person, more) = (Some(person), Some(told.join(" ")));
    Use { person, more, ..line(caller, (Act::Refused, caller.ground()), own, app.now()) }
}

/// What of a document that is only tried was there before. Whoever asks that is written down, as whoever looks for a document is.
async fn tried(
    app: &App,
    received: &Received,
    caller: &Caller,
    (person, let_in, verified): (&str, &[LetIn], &Verified),
) -> Result<Vec<Finding>, ServiceError> {
    let Message { header, envelope, .. } = &received.message;
    let ground = caller.ground_in(&header.custodian, let_in).unwrap_or(Ground::Changing);
    let mut told = line(caller, (Act::Searched, ground), &header.custodian, app.now());
    (told.document, told.person, told.more) =
        (Some(header.id.clone()), Some(person.to_owned()), Some("tried".to_owned()));
    write(app, vec![told]).await?;
    let db = app.store.read();
    let taken = [
        (archive::answered(db, &envelope.message_id).await?.is_some(), RefusalCode::MessageIdReused, "id"),
        (archive::is_stored(db, &header.id).await?, RefusalCode::DocumentIdReused, "id"),
        (archive::is_signed(db, verified.value).await?, RefusalCode::SignatureReused, "SignatureValue"),
    ];
    Ok(taken.into_iter().filter(|(taken, ..)| *taken).map(|(_, code, place)| Finding::new(code, place)).collect())
}

/// The signature, verified and judged; nothing where there is none that could be.
async fn signed(
    app: &App,
    caller: &Caller,
    message: &Message,
    findings: &mut Vec<Finding>,
) -> Result<Option<(Verified, Policy)>, ServiceError> {
    let verified = match busy(message.document.len(), || verify_message(message)) {
        Ok(verified) => verified,
        Err(finding) => {
            findings.push(finding);
            return Ok(None);
        }
    };
    let mut lawful = caller.lawful_signers();
    let (mut policy, mut found) = judged(app, message, (&verified, None), &lawful);
    // Whether somebody else signs by agreement matters only to what is refused otherwise.
    let signers = signers_of(&verified);
    if let Some(agrees) = caller.agrees()
        && found.iter().any(|finding| finding.code == RefusalCode::SignerForeign)
    {
        for signer in &signers {
            if !lawful.contains(&signer) && agreements::signs(app.store.read(), agrees, signer, app.now()).await? {
                lawful.push(signer);
            }
        }
        (policy, found) = judged(app, message, (&verified, None), &lawful);
    }
    // So does whether its signer is registered.
    if !found.is_empty() {
        let since = signers::in_force(app.store.read(), &caller.joiner, &verified.certificate.fingerprint).await?;
        (policy, found) = judged(app, message, (&verified, since), &lawful);
    }
    findings.extend(found);
    Ok(Some((verified, policy)))
}

/// Who signed: the page, and social care's structured part.
fn signers_of(verified: &Verified) -> Vec<Oid> {
    let part = verified.structured.iter().map(|signature| &signature.certificate);
    let all = std::iter::once(&verified.certificate).chain(part);
    all.filter_map(|one| Oid::parse(one.subject_serial_number().ok()?).ok()).collect()
}

/// Judges a message's signatures. `since`: since when the operator has the signer's certificate registered.
fn judged(
    app: &App,
    message: &Message,
    (verified, since): (&Verified, Option<Moment>),
    lawful: &[&Oid],
) -> (Policy, Vec<Finding>) {
    let (trust, now) = (app.signature_trust.load(), app.now());
    let (policy, mut found) = judge_received(&signature_facts(&trust, verified, since, now), lawful, now);
    let part = verified.structured.as_ref().map(|signature| structured_facts(&trust, signature, now));
    found.extend(judge_structured(message.header.social.as_ref(), part.as_ref(), lawful, now));
    (policy, found)
}

/// The document's body, sealed for the register that it names.
async fn seal(app: &App, message: &Message) -> Result<archive::Sealed, ServiceError> {
    let header = &message.header;
    vault::seal(app, &header.custodian, &header.id, message.document.as_bytes()).await
}

/// What may have changed while the message was read: the directory, the registers, and the signer's registration.
async fn still_allowed(app: &App, tx: &Transaction, ready: &mut Ready) -> Result<Option<Finding>, ServiceError> {
    let Ready { received, caller, signed: (verified, policy), .. } = ready;
    let rests = archive::rests(tx.connection()).await?;
    if (rests.version, rests.imports) != (caller.rests.version, caller.rests.imports) {
        match self::caller(app, &received.door, received.represented(), received.asked_for()).await? {
            Err(code) => return Ok(Some(Finding::new(code, "directory"))),
            Ok(again) if again.joiner != caller.joiner => {
                return Ok(Some(Finding::new(RefusalCode::SignerForeign, "certificate")));
            }
            // Whose registers are whose is asked below, by what holds now.
            Ok(again) => *caller = again,
        }
    }
    let withdrawn = *policy == Policy::Legacy
        && signers::in_force(tx.connection(), &caller.joiner, &verified.certificate.fingerprint).await?.is_none();
    if withdrawn {
        return Ok(Some(Finding::new(RefusalCode::SignerIssuerUnknown, "certificate issuer")));
    }
    for signer in signers_of(verified) {
        if caller.lawful_signers().contains(&&signer) {
            continue;
        }
        let signs = match caller.agrees() {
            Some(agrees) => agreements::signs(tx.connection(), agrees, &signer, app.now()).await?,
            None => false,
        };
        if !signs {
            return Ok(Some(Finding::new(RefusalCode::SignerForeign, "certificate subject serialNumber")));
        }
    }
    Ok(None)
}

/// What the caller is let into still, where it was into anything.
async fn still_let_in(
    app: &App,
    tx: &Transaction,
    ready: &Ready,
    around: &Around,
    now: Moment,
) -> Result<Vec<LetIn>, ServiceError> {
    let Ready { received, caller, person, let_in, .. } = ready;
    // What patients want anybody may write down who may write at all.
    if let_in.iter().all(|one| one.ground() == Ground::Wills) {
        return caller.open(app, Vec::new(), received.interaction.family).await;
    }
    let (what, comer) = ((person.as_str(), received.interaction.family), caller.comer(received.represented()));
    let all = archive::let_in(tx.connection(), what, comer, &around.succession, now).await?;
    caller.open(app, all, what.1).await
}

/// How a document ended that was to be kept.
enum Kept {
    /// It is.
    Yes(Box<Use>),
    /// It is not, for these reasons.
    Refused(Vec<Finding>),
    /// Somebody replaced the same at the same time, and was first; or declared it void.
    Lost,
    /// Another call stored one of the ids first, or the signature is known.
    Twice,
}

/// Stores documents that came in one message, all or none.
async fn commit(app: &App, mut all: Vec<Ready>) -> Outcome {
    let tx = app.store.begin().await?;
    // Whose the documents are stays so until these are stored.
    tx.share(Lock::Controllers).await?;
    // What documents are added to stays as it is; what a bundle follows is held at once, so that nobody waits for it half way.
    let follows = all.iter().filter_map(|ready| ready.received.message.header.follows.as_ref());
    if follows.clone().any(|follows| all.len() > 1 || !follows.replaces) {
        archive::hold_followed(&tx, &follows.map(|follows| &follows.id).collect()).await?;
    }
    let storing = app.storing.begin();
    // After a switch that was waited for, and behind every package, not before it.
    let now = controller_runs::standing(tx.connection()).await?.behind(app.now());
    let now = archive::behind_packages(tx.connection(), now).await?;
    storing.stamped(now);
    let (count, mut uses) = (all.len(), Vec::new());
    let at = |place, findings| if count == 1 { findings } else { numbered(place, findings) };
    let acknowledgement = all.first().map(|first| first.acknowledged(now)).unwrap_or_default();
    for (place, ready) in all.iter_mut().enumerate() {
        settled(&tx, &ready.sealed).await?;
        // A message is taken once, with its first document.
        let taken = (place == 0).then_some(acknowledgement.as_str());
        match kept(app, &tx, ready, (taken, now)).await? {
            Kept::Yes(told) => uses.push(*told),
            Kept::Refused(findings) => return Ok(Err(at(place, findings))),
            Kept::Lost => {
                drop((tx, storing));
                return lost(app, ready).await.map(|findings| Err(at(place, findings)));
            }
            Kept::Twice => {
                // Whoever it was, its answer stands.
                drop((tx, storing));
                return Ok(duplicate(app, ready, count == 1).await?.map_err(|findings| at(place, findings)));
            }
        }
    }
    app.followed.note(&uses);
    archive::add_uses(&tx, &uses).await?;
    tx.commit().await?;
    drop(storing);
    for ready in &all {
        remember(app, ready).await;
    }
    Ok(Ok(Stored { acknowledgement, how: StoredHow::New }))
}

/// Keeps a document, with its message where the answer to that is given.
async fn kept(
    app: &App,
    tx: &Transaction,
    ready: &mut Ready,
    (acknowledgement, now): (Option<&str>, Moment),
) -> Result<Kept, ServiceError> {
    if let Some(finding) = still_allowed(app, tx, ready).await? {
        return Ok(Kept::Refused(vec![finding]));
    }
    // What is the newest, whose it is, and who was let in, may have changed while the message was read.
    let around = archive::around(tx.connection(), &ready.received.message.header, now).await?;
    ready.let_in = still_let_in(app, tx, ready, &around, now).await?;
    if !ready.coming().may_store(&ready.received.message.header.custodian) {
        return Ok(Kept::Refused(vec![Finding::new(RefusalCode::ControllerForeign, "custodian")]));
    }
    let placed = match place(&ready.coming(), &around, now) {
        Ok(placed) => placed,
        Err(findings) => return Ok(Kept::Refused(findings)),
    };
    let taken: Option<NewMessage<'_>> = acknowledgement.map(|text| ready.taken(text, now));
    match keep(tx, ready, &placed, (taken.as_ref(), now)).await {
        Ok(true) => Ok(Kept::Yes(Box::new(ready.told(&placed, now)))),
        Ok(false) => Ok(Kept::Lost),
        Err(StoreError::Duplicate) => Ok(Kept::Twice),
        Err(error) => Err(error.into()),
    }
}

/// Why a document does not take another's place any more.
async fn lost(app: &App, ready: &Ready) -> Result<Vec<Finding>, ServiceError> {
    let around = archive::around(app.store.read(), &ready.received.message.header, app.now()).await?;
    let lost = || vec![Finding::new(RefusalCode::NotTheNewest, "setId")];
    Ok(place(&ready.coming(), &around, app.now()).err().unwrap_or_else(lost))
}
