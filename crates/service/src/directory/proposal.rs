//! Changes that need somebody else's approval: proposed with their exact effect, looked at with what they do to decisions,
//! approved by the hash of both, and entered at once or at their moment – if they still do the same.

use super::change::{self, Change};
use super::proof::{proved, replayed};
use super::shut::{MAX_REASON, ending, named};
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Basis, Closing, Effect, EffectError, Order, Proof, ProposalState, Replay, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Duty, Interval, Moment, Oid, RefusalCode, Service, Sha256Hash, typed};
use liitos_store::directory::proposals::{self, Decided, Proposal, Proposed};
use liitos_store::{Transaction, audit, directory};

/// Proposals shown.
const SHOWN: u64 = 50;

/// A proposal with what it would do to the directory as it is now.
pub struct Looked {
    /// The proposal.
    pub proposal: Proposal,
    /// What it would change, as the directory is now.
    pub effect: Effect,
    /// What it does to decisions, or why it cannot be applied any more.
    pub outcome: Result<Proof, EffectError>,
    /// What an approval is bound to: the effect and what it does.
    pub hash: Sha256Hash,
}

/// Proposes that the directory return to how it was at an earlier version, from now on or from `run_at` on; gives the
/// proposal's number.
///
/// # Errors
/// L-602 without the position; L-606 for a version that there is not, a moment that has been, or without a reason; L-605 when
/// nothing would change.
pub async fn propose_return(
    app: &App,
    actor: &Actor,
    version: u64,
    reason: &str,
    run_at: Option<Moment>,
) -> Result<i64, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let now = app.now();
    let terms = Terms::of(reason, run_at, now)?;
    let db = app.store.read();
    let newest = directory::version(db).await?;
    if version >= newest {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "version"));
    }
    let (held, wanted) = (directory::rows(db, newest).await?, directory::rows(db, version).await?);
    let effect = Effect::between(&held, &wanted, run_at.unwrap_or(now));
    if effect.is_empty() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "version"));
    }
    propose(app, actor, (effect, newest), (Order::Return, Some(version)), terms).await
}

/// Proposes a change that was written by hand, to enter at once or at `run_at`; gives the proposal's number.
///
/// # Errors
/// L-602 without the position; L-606 when it changes nothing, for a moment that has been, or without a reason; L-604 when the
/// directory contradicts it.
pub async fn propose_by_hand(
    app: &App,
    actor: &Actor,
    effect: Effect,
    reason: &str,
    run_at: Option<Moment>,
) -> Result<i64, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let terms = Terms::of(reason, run_at, app.now())?;
    if effect.is_empty() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "effect"));
    }
    let db = app.store.read();
    let newest = directory::version(db).await?;
    directory::rows(db, newest).await?.after(&effect)?;
    propose(app, actor, (effect, newest), (Order::ByHand, None), terms).await
}

/// Proposes to close the open rights of a joiner to a service through an access point, from the approval on; gives the proposal's
/// number.
///
/// # Errors
/// L-602 without the position; L-605 when no such right is open; L-606 without a reason.
pub async fn propose_close(
    app: &App,
    actor: &Actor,
    (joiner, service, point): (&Oid, Service, &AccessPointOid),
    reason: &str,
) -> Result<i64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let terms = Terms::of(reason, None, now)?;
    let db = app.store.read();
    let newest = directory::version(db).await?;
    let rights = directory::rights_of(db, joiner).await?;
    let asked = |right: &Right| right.service == service && right.access_point == *point && right.valid.contains(now);
    let effect = Effect {
        rights_closed: rights.into_iter().filter(asked).map(|right| (right, now)).collect(),
        ..Effect::default()
    };
    if effect.is_empty() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, Order::Closing.code()));
    }
    propose(app, actor, (effect, newest), (Order::Closing, None), terms).await
}

/// Proposes to close something for longer than one person may alone, from the approval on or from when it says; gives the proposal's
/// number.
///
/// # Errors
/// L-602 without the position; L-606 when it would end before it begins, or without a reason; L-604 when the same is closed already,
/// or it names what the directory does not know.
pub async fn propose_shut(app: &App, actor: &Actor, closing: Closing) -> Result<i64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let valid = Interval::new(closing.valid.from.max(now), closing.valid.until);
    if valid.until.is_some_and(|until| until <= valid.from) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "until"));
    }
    let terms = Terms::of(&closing.reason, None, now)?;
    let closing = Closing { valid, reason: terms.reason.clone(), ..closing };
    let effect = Effect { closings_opened: vec![closing], ..Effect::default() };
    let db = app.store.read();
    let newest = directory::version(db).await?;
    directory::rows(db, newest).await?.after(&effect)?;
    propose(app, actor, (effect, newest), (Order::Shut, None), terms).await
}

/// Proposes to lift a closing that two persons entered, from the approval on; it is named by the hash of its row. Gives the proposal's
/// number.
///
/// # Errors
/// L-602 without the position; L-606 without a reason; L-605 when there is no such closing.
pub async fn propose_lift(app: &App, actor: &Actor, closing: &Sha256Hash, reason: &str) -> Result<i64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let terms = Terms::of(reason, None, now)?;
    let db = app.store.read();
    let newest = directory::version(db).await?;
    let effect = ending(named(&directory::closings(db, newest).await?, closing, now)?, now);
    propose(app, actor, (effect, newest), (Order::Lifted, None), terms).await
}

/// What one must carry out to decide on a proposal: a closing is also whose who closes.
fn duty(proposal: &Proposal) -> Duty {
    match Basis::parse(&proposal.proposed.basis) {
        Basis::Order(Order::Closing | Order::Shut | Order::Lifted) => Duty::Close,
        _ => Duty::Keep,
    }
}

/// Why, and when.
struct Terms {
    reason: String,
    now: Moment,
    run_at: Option<Moment>,
}

impl Terms {
    fn of(reason: &str, run_at: Option<Moment>, now: Moment) -> Result<Self, ServiceError> {
        let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
        let reason = typed::line(reason, MAX_REASON).ok_or_else(|| wrong("reason"))?;
        if run_at.is_some_and(|at| at <= now) {
            return Err(wrong("run_at"));
        }
        Ok(Self { reason, now, run_at })
    }
}

async fn propose(
    app: &App,
    actor: &Actor,
    (effect, base): (Effect, u64),
    (order, version): (Order, Option<u64>),
    Terms { reason, now, run_at }: Terms,
) -> Result<i64, ServiceError> {
    actor.must_be_person()?;
    let hash = effect.hash()?;
    let proposed = Proposed { effect, basis: Basis::Order(order).to_string(), version, reason };
    let tx = app.store.begin().await?;
    let number = proposals::add(&tx, &proposed, (&hash, base), &actor.reference, (now, run_at)).await?;
    record(&tx, &actor.reference, "proposal.made", number, &hash, now).await?;
    tx.commit().await?;
    Ok(number)
}

/// The newest proposals.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Proposal>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(proposals::newest(app.store.read(), SHOWN).await?)
}

/// A proposal with what it would do now, and how the calls of the last day would be answered then.
///
/// # Errors
/// L-602 without the position; L-609 when there is none with the number.
pub async fn look(app: &App, actor: &Actor, number: i64) -> Result<(Looked, Replay), ServiceError> {
    actor.must_see(Duty::Keep)?;
    let db = app.store.read();
    let proposal = proposals::find(db, number).await?;
    let proposal = proposal.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "proposal"))?;
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let moment = moment(&proposal);
    let looked = looked(app, proposal, &rows).await?;
    let replay = match &looked.outcome {
        Ok(_) => replayed(app, &looked.effect, moment).await?,
        Err(_) => Replay::default(),
    };
    Ok((looked, replay))
}

/// Approves a proposal by the hash that was shown. It enters now – then its version is given – or at its moment.
///
/// # Errors
/// L-602 without the position, or for one's own; L-604 when it does not do any more what was shown: it is returned then; L-605
/// when it does not wait.
pub async fn approve(app: &App, actor: &Actor, number: i64, shown: &Sha256Hash) -> Result<Option<u64>, ServiceError> {
    // Whoever decides on nothing learns of nothing.
    actor.must_carry_out(Duty::Close)?;
    actor.must_be_person()?;
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let proposal = waiting(&tx, number, &[ProposalState::Waiting]).await?;
    actor.must_carry_out(duty(&proposal))?;
    if proposal.author == actor.reference {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "author"));
    }
    let now = app.now();
    let looked = looked(app, proposal, &rows).await?;
    // What would have ended by now cannot be entered any more, though it could when it was proposed.
    let enters =
        looked.proposal.run_at.is_some() || rows.after(&effect(app, &looked.proposal, &rows, now).await?).is_ok();
    if looked.hash != *shown || looked.outcome.is_err() || !enters {
        decide(&tx, &actor.reference, &looked, ProposalState::Returned, now, None).await?;
        tx.commit().await?;
        return Err(ServiceError::refused(RefusalCode::EffectChanged, "proposal"));
    }
    if looked.proposal.run_at.is_some_and(|at| at > now) {
        decide(&tx, &actor.reference, &looked, ProposalState::Approved, now, None).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let entered = enter(app, &tx, &rows, &actor.reference, &looked, now).await?;
    change::commit(app, tx).await?;
    Ok(Some(entered))
}

/// Takes a proposal back, or does not approve it.
///
/// # Errors
/// L-602 without the position; L-605 when it has entered already.
pub async fn withdraw(app: &App, actor: &Actor, number: i64) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    actor.must_be_person()?;
    let tx = app.store.begin().await?;
    let proposal = waiting(&tx, number, &[ProposalState::Waiting, ProposalState::Approved]).await?;
    actor.must_carry_out(duty(&proposal))?;
    let now = app.now();
    let hash = proposal.hash;
    let looked = Looked { effect: Effect::default(), proposal, outcome: Ok(Proof::default()), hash };
    decide(&tx, &actor.reference, &looked, ProposalState::Dropped, now, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Enters what has been approved and whose moment has come; what does not do any more what was approved is returned. Gives how
/// many entered.
///
/// # Errors
/// [`ServiceError`].
pub async fn enter_due(app: &App) -> Result<usize, ServiceError> {
    let mut entered = 0;
    for number in proposals::due(app.store.read(), app.now()).await? {
        // One that cannot enter does not stand in the way of others.
        match enter_one(app, number).await {
            Ok(true) => entered += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::error!(number, error = %error, cause = ?error.source, "an approved change could not enter");
            }
        }
    }
    Ok(entered)
}

/// Whether it entered; otherwise it was returned.
async fn enter_one(app: &App, number: i64) -> Result<bool, ServiceError> {
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let proposal = waiting(&tx, number, &[ProposalState::Approved]).await?;
    let now = app.now();
    let approver = proposal.decided_by.clone().unwrap_or_default();
    let approved = proposal.approved;
    let looked = looked(app, proposal, &rows).await?;
    if approved != Some(looked.hash) || looked.outcome.is_err() {
        decide(&tx, &approver, &looked, ProposalState::Returned, now, None).await?;
        tx.commit().await?;
        return Ok(false);
    }
    enter(app, &tx, &rows, &approver, &looked, now).await?;
    change::commit(app, tx).await?;
    Ok(true)
}

async fn waiting(tx: &Transaction, number: i64, states: &[ProposalState]) -> Result<Proposal, ServiceError> {
    let proposal = proposals::find(tx.connection(), number).await?;
    let proposal = proposal.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "proposal"))?;
    if !states.contains(&proposal.state) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "proposal"));
    }
    Ok(proposal)
}

/// The moment as of which a proposal is asked: its own, so that the answer is the same when it is shown and when it enters.
fn moment(proposal: &Proposal) -> Moment {
    proposal.run_at.unwrap_or(proposal.created_at)
}

async fn looked(app: &App, proposal: Proposal, rows: &Rows) -> Result<Looked, ServiceError> {
    let moment = moment(&proposal);
    let effect = effect(app, &proposal, rows, moment).await?;
    let outcome = proved(app, &effect, moment).await?;
    let digest = outcome.as_ref().ok().map(Proof::digest).transpose()?;
    let hash = Sha256Hash::of_canonical(&(effect.hash()?, digest))?;
    Ok(Looked { proposal, effect, outcome, hash })
}

/// What a proposal changes from a moment on, as the directory is now: a return leads back whatever has entered since it was
/// proposed.
async fn effect(app: &App, proposal: &Proposal, rows: &Rows, moment: Moment) -> Result<Effect, ServiceError> {
    let Some(version) = proposal.proposed.version else {
        let mut effect = proposal.proposed.effect.clone();
        if duty(proposal) == Duty::Close {
            // From the approval on: what was permitted while it waited stays known as permitted.
            for (_, at) in &mut effect.rights_closed {
                *at = moment.max(*at);
            }
            for closing in &mut effect.closings_opened {
                closing.valid.from = moment.max(closing.valid.from);
            }
            for (_, at) in &mut effect.closings_ended {
                *at = moment.max(*at);
            }
        }
        return Ok(effect);
    };
    Ok(Effect::between(rows, &directory::rows(app.store.read(), version).await?, moment))
}

async fn enter(
    app: &App,
    tx: &Transaction,
    rows: &Rows,
    approver: &str,
    looked: &Looked,
    now: Moment,
) -> Result<u64, ServiceError> {
    let Proposal { proposed, author, number, .. } = &looked.proposal;
    let subject = number.to_string();
    // From now on: what gateways have permitted until now stays known as permitted.
    let effect = effect(app, &looked.proposal, rows, now).await?;
    let change = Change {
        effect: &effect,
        basis: Basis::parse(&proposed.basis),
        author: author.clone(),
        approver,
        action: "directory.ordered",
        subject: &subject,
        why: &proposed.reason,
    };
    let version = change::enter(app, tx, rows, change, now).await?;
    decide(tx, approver, looked, ProposalState::Entered, now, Some(version)).await?;
    Ok(version)
}

async fn decide(
    tx: &Transaction,
    by: &str,
    looked: &Looked,
    state: ProposalState,
    now: Moment,
    version: Option<u64>,
) -> Result<(), ServiceError> {
    let proposal = &looked.proposal;
    let approved = (state == ProposalState::Approved).then_some(&looked.hash);
    let decided = Decided { state, by, at: now, approved, version };
    if !proposals::decide(tx, proposal, &decided).await? {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "proposal"));
    }
    let action = match state {
        ProposalState::Approved => "proposal.approved",
        ProposalState::Returned => "proposal.returned",
        ProposalState::Dropped => "proposal.dropped",
        ProposalState::Waiting | ProposalState::Entered => "proposal.entered",
    };
    record(tx, by, action, proposal.number, &looked.hash, now).await
}

async fn record(
    tx: &Transaction,
    by: &str,
    action: &'static str,
    number: i64,
    hash: &Sha256Hash,
    now: Moment,
) -> Result<(), ServiceError> {
    let subject = number.to_string();
    let details = serde_json::json!({ "hash": hash });
    audit::record(tx, &audit::Event { actor: by, action, subject: &subject, details }, now).await?;
    Ok(())
}
