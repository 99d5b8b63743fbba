//! A message is handed over.

use super::held;
use crate::{App, ServiceError};
use liitos_domain::directory::{Right, Snapshot};
use liitos_domain::outbound::{LAPSES_AFTER_DAYS, OutboundState};
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_store::{Transaction, audit, directory, outbound};

/// Largest message taken, in bytes.
const MAX_BYTES: usize = 1024 * 1024;
/// Longest message id, in characters.
const MAX_ID: usize = 200;

/// A message as it is handed over.
pub struct Handed {
    /// Its own id.
    pub id: String,
    /// To whom.
    pub unit: Oid,
    /// By which service the unit receives it.
    pub service: Service,
    /// What its bytes are.
    pub media_type: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, and will be brought.
    Now,
    /// It was there already, with the same bytes.
    Before(OutboundState),
}

/// Whether a text can be a message's id.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a unit receives now.
pub(super) fn receives(snapshot: &Snapshot, (unit, service): (&Oid, Service), now: Moment) -> Result<(), ServiceError> {
    let reception = snapshot.reception(unit, service, now);
    reception.map(|_| ()).map_err(|(code, place)| ServiceError::refused(code, place))
}

/// Whether it will as long as a request lives: one that ends before that would leave it unanswered. Whoever asks holds the directory's lock.
pub(super) async fn goes_on(
    tx: &Transaction,
    (unit, service): (&Oid, Service),
    receivers: &[Oid],
    now: Moment,
) -> Result<(), ServiceError> {
    let then = now.plus_days(LAPSES_AFTER_DAYS);
    for joiner in receivers {
        let rights = directory::rights_of(tx.connection(), joiner).await?;
        let goes_on =
            |right: &Right| right.service == service && right.unit.as_ref() == Some(unit) && right.valid.contains(then);
        for right in rights.iter().filter(|right| goes_on(right)) {
            // Nor does the right alone: its access point and the joining have to be there, too.
            let points = directory::access_point(tx.connection(), &right.access_point).await?;
            let open = points.iter().any(|point| point.valid.contains(then));
            if open && directory::is_member(tx.connection(), joiner, then).await? {
                return Ok(());
            }
        }
    }
    Err(ServiceError::refused(RefusalCode::RightEnded, "unit ends"))
}

/// Takes a message that is to be brought to a unit. `sender` is the certificate of whoever hands it over.
///
/// # Errors
/// L-606 for an id or a size that is not taken; L-605 when another message has the id; why the unit does not receive now, as the
/// directory says: then the sender knows at once that nobody would get it.
pub async fn take(app: &App, sender: &Sha256Hash, handed: Handed) -> Result<Taken, ServiceError> {
    let Handed { id, unit, service, media_type, body } = handed;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    if !is_id(&id) {
        return Err(wrong("message id"));
    }
    if body.is_empty() || body.len() > MAX_BYTES {
        return Err(wrong("body"));
    }
    let hash = Sha256Hash::of(&body);
    let same = |held: &outbound::Message| (&held.unit, held.service, held.hash) == (&unit, service, hash);
    let before = |held: outbound::Message| {
        if same(&held) {
            Ok(Taken::Before(held.state))
        } else {
            Err(ServiceError::refused(RefusalCode::StateForbids, "message id"))
        }
    };
    if let Some(held) = outbound::find(app.store.read(), &id).await? {
        return before(held);
    }
    let now = app.now();
    let (tx, published) = held(app, |snapshot| receives(snapshot, (&unit, service), now)).await?;
    goes_on(&tx, (&unit, service), &published.snapshot.receivers(&unit, now), now).await?;
    // Two may hand the same over at once: one of them takes it.
    if let Some(held) = outbound::find(tx.connection(), &id).await? {
        return before(held);
    }
    let message = outbound::Message {
        id,
        unit: unit.clone(),
        service,
        media_type,
        hash,
        body,
        taken_at: now,
        state: OutboundState::Waiting,
        tries: 0,
        run_at: now,
        problem: None,
    };
    outbound::add(&tx, &message).await?;
    let details = serde_json::json!({ "unit": unit, "hash": hash });
    let actor = format!("sender {sender}");
    audit::record(&tx, &audit::Event { actor: &actor, action: "outbound.taken", subject: &message.id, details }, now)
        .await?;
    tx.commit().await?;
    Ok(Taken::Now)
}
