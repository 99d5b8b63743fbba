//! Messages on their way to units. At least once: one whose try was begun when the process died is due again after
//! [`CLAIM_SECONDS`].

use crate::entity::outbound_message as row;
use crate::error::parsed;
use crate::{Store, StoreError, Transaction};
use liitos_domain::outbound::OutboundState;
use liitos_domain::{Interval, Moment, Oid, Service, Sha256Hash};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait as _, FromQueryResult,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, SelectModel, Selector,
};
use std::collections::BTreeMap;

/// After so long a try that did not end is due again: longer than an outbound door may take.
pub const CLAIM_SECONDS: i64 = 180;

const TABLE: &str = "outbound_message";

/// A message to a unit.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its own id.
    pub id: String,
    /// To whom.
    pub unit: Oid,
    /// By which service the unit receives it.
    pub service: Service,
    /// What its bytes are.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub hash: Sha256Hash,
    /// Its bytes; none once they were delivered.
    pub body: Vec<u8>,
    /// When it was taken.
    pub taken_at: Moment,
    /// Where it stands.
    pub state: OutboundState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next, while it waits.
    pub run_at: Moment,
    /// Why it was not delivered at the last try.
    pub problem: Option<String>,
}

/// Keeps a message that is due at once.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, message: &Message) -> Result<(), StoreError> {
    let new = row::ActiveModel {
        message_id: Set(message.id.clone()),
        unit: Set(message.unit.to_string()),
        service: Set(message.service.code().to_owned()),
        media_type: Set(message.media_type.clone()),
        hash: Set(message.hash.to_string()),
        body: Set(Some(message.body.clone())),
        taken_at: Set(message.taken_at.as_micros()),
        state: Set(message.state.code().to_owned()),
        tries: Set(0),
        run_at: Set(message.run_at.as_micros()),
        ..Default::default()
    };
    row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The message with an id.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Message>, StoreError> {
    row::Entity::find_by_id(id.to_owned()).one(db).await?.map(read).transpose()
}

/// The same with when it ended, where it has.
///
/// # Errors
/// [`StoreError`].
pub async fn find_ended(db: &impl ConnectionTrait, id: &str) -> Result<Option<(Message, Option<Moment>)>, StoreError> {
    let Some(found) = row::Entity::find_by_id(id.to_owned()).one(db).await? else { return Ok(None) };
    let ended = found.ended_at.map(Moment::from_micros);
    Ok(Some((read(found)?, ended)))
}

/// Claims the message that has been due longest, if any, to none of these units.
///
/// # Errors
/// [`StoreError`].
pub async fn claim(store: &Store, now: Moment, busy: &[&str]) -> Result<Option<Message>, StoreError> {
    let waiting = row::Column::State.eq(OutboundState::Waiting.code());
    let due = row::Entity::find().filter(waiting).filter(row::Column::RunAt.lte(now.as_micros()));
    let due = if busy.is_empty() { due } else { due.filter(row::Column::Unit.is_not_in(busy.iter().copied())) };
    let due = due.order_by_asc(row::Column::RunAt);
    // Another worker may be faster: then the next is asked for.
    while let Some(found) = due.clone().one(store.write()).await? {
        let claimed = row::Entity::update_many()
            .col_expr(row::Column::Tries, (found.tries + 1).into())
            .col_expr(row::Column::RunAt, now.plus_seconds(CLAIM_SECONDS).as_micros().into())
            .col_expr(row::Column::ClaimedUntil, Some(now.plus_seconds(CLAIM_SECONDS).as_micros()).into())
            .filter(row::Column::MessageId.eq(found.message_id.as_str()))
            .filter(row::Column::Tries.eq(found.tries))
            .filter(row::Column::State.eq(found.state.as_str()))
            .exec(store.write())
            .await?;
        if claimed.rows_affected == 1 {
            let tries = found.tries + 1;
            return read(row::Model { tries, ..found }).map(Some);
        }
    }
    Ok(None)
}

/// Claims the message that has waited longest for a unit and is not on its way, whenever it would be brought next, for whoever fetches it.
///
/// # Errors
/// [`StoreError`].
pub async fn fetch(store: &Store, unit: &Oid, now: Moment) -> Result<Option<Message>, StoreError> {
    use row::Column as C;
    let free = C::ClaimedUntil.is_null().or(C::ClaimedUntil.lte(now.as_micros()));
    let waiting = row::Entity::find().filter(C::Unit.eq(unit.as_str())).filter(free);
    let waiting = waiting.filter(C::State.eq(OutboundState::Waiting.code()));
    let waiting = waiting.order_by_asc(C::TakenAt).order_by_asc(C::MessageId);
    let until = now.plus_seconds(CLAIM_SECONDS).as_micros();
    // Another may be faster: then the next is asked for.
    while let Some(found) = waiting.clone().one(store.write()).await? {
        let claimed = row::Entity::update_many()
            .col_expr(C::Tries, (found.tries + 1).into())
            .col_expr(C::ClaimedUntil, Some(until).into())
            .col_expr(C::RunAt, Ord::max(until, found.run_at).into())
            .filter(C::MessageId.eq(found.message_id.as_str()))
            .filter(C::Tries.eq(found.tries))
            .filter(C::State.eq(OutboundState::Waiting.code()))
            .exec(store.write())
            .await?;
        if claimed.rows_affected == 1 {
            return read(found).map(Some);
        }
    }
    Ok(None)
}

/// A unit has a message that waited; whether it did.
///
/// # Errors
/// [`StoreError`].
pub async fn received(store: &Store, (id, unit): (&str, &Oid), now: Moment) -> Result<bool, StoreError> {
    let has = row::Entity::update_many()
        .col_expr(row::Column::State, OutboundState::Delivered.code().into())
        .col_expr(row::Column::Problem, Option::<String>::None.into())
        .col_expr(row::Column::EndedAt, Some(now.as_micros()).into())
        .col_expr(row::Column::Body, Option::<Vec<u8>>::None.into())
        .filter(row::Column::MessageId.eq(id))
        .filter(row::Column::Unit.eq(unit.as_str()))
        .filter(row::Column::State.eq(OutboundState::Waiting.code()));
    Ok(has.exec(store.write()).await?.rows_affected == 1)
}

/// What became of a claimed message's try: it ended in `state`, or waits for the next one. A try that was too slow, so that another
/// was begun, says nothing any more. `door`: whether an outbound door tried, so that it says something of the unit.
///
/// # Errors
/// [`StoreError`].
pub async fn tried(
    store: &Store,
    message: &Message,
    state: OutboundState,
    (problem, door): (Option<&str>, bool),
    (now, next): (Moment, Moment),
) -> Result<(), StoreError> {
    let ended = (state != OutboundState::Waiting).then(|| now.as_micros());
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::State, state.code().into())
        .col_expr(row::Column::Problem, problem.map(str::to_owned).into())
        .col_expr(row::Column::RunAt, next.as_micros().into())
        .col_expr(row::Column::EndedAt, ended.into())
        .col_expr(row::Column::ClaimedUntil, Option::<i64>::None.into());
    if door {
        update = update.col_expr(row::Column::TriedAt, Some(now.as_micros()).into());
    }
    if state == OutboundState::Delivered {
        update = update.col_expr(row::Column::Body, Option::<Vec<u8>>::None.into());
    }
    let tries = i32::try_from(message.tries).unwrap_or(i32::MAX);
    update
        .filter(row::Column::MessageId.eq(message.id.as_str()))
        .filter(row::Column::Tries.eq(tries))
        .filter(row::Column::State.eq(OutboundState::Waiting.code()))
        .exec(store.write())
        .await?;
    Ok(())
}

/// A message that an outbound door has tried to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    /// To which unit.
    pub unit: Oid,
    /// When it was taken.
    pub taken: Moment,
    /// When it was last tried.
    pub at: Moment,
    /// Where it stands.
    pub state: OutboundState,
}

/// The units that a message was last tried to be brought to within a time.
///
/// # Errors
/// [`StoreError`].
pub async fn tried_units(db: &impl ConnectionTrait, (since, until): (Moment, Moment)) -> Result<Vec<Oid>, StoreError> {
    use row::Column as C;
    let query = row::Entity::find().filter(C::TriedAt.between(since.as_micros(), until.as_micros()));
    let units: Vec<String> = query.select_only().column(C::Unit).distinct().into_tuple().all(db).await?;
    units.into_iter().map(|unit| parsed(Oid::parse(&unit).ok(), TABLE, &unit, "unit")).collect()
}

/// The messages to some units that were last tried within a time, the newest first; so many at most. One that was fetched behind a try that failed is none of them.
///
/// # Errors
/// [`StoreError`].
pub async fn brought(
    db: &impl ConnectionTrait,
    units: &[&str],
    (since, until): (Moment, Moment),
    most: u64,
) -> Result<Vec<Brought>, StoreError> {
    use row::Column as C;
    let query = row::Entity::find().filter(C::TriedAt.between(since.as_micros(), until.as_micros()));
    let query = query.filter(C::Unit.is_in(units.iter().copied())).order_by_desc(C::TriedAt).limit(most);
    let query = query.select_only().columns([C::Unit, C::State, C::TakenAt, C::TriedAt, C::EndedAt]);
    let rows: Vec<(String, String, i64, i64, Option<i64>)> = query.into_tuple().all(db).await?;
    let read = |(unit, state, taken, tried, ended): (String, String, i64, i64, Option<i64>)| {
        let state = parsed(OutboundState::parse(&state), TABLE, &unit, "state")?;
        if state == OutboundState::Delivered && ended != Some(tried) {
            return Ok(None);
        }
        Ok(Some(Brought {
            taken: Moment::from_micros(taken),
            at: Moment::from_micros(tried),
            state,
            unit: parsed(Oid::parse(&unit).ok(), TABLE, &unit, "unit")?,
        }))
    };
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
}

/// A message in a list: without its bytes.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Listed {
    /// Its own id.
    pub message_id: String,
    /// To whom.
    pub unit: String,
    /// When it was taken, in microseconds.
    pub taken_at: i64,
    /// Where it stands.
    pub state: String,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried next, while it waits, in microseconds.
    pub run_at: i64,
    /// Why it was not delivered at the last try.
    pub problem: Option<String>,
}

/// How many messages wait for each unit.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(db: &impl ConnectionTrait) -> Result<BTreeMap<Oid, u64>, StoreError> {
    use row::Column::{MessageId, State, Unit};
    let query = row::Entity::find().select_only().column(Unit).column_as(MessageId.count(), "waiting");
    let query = query.filter(State.eq(OutboundState::Waiting.code())).group_by(Unit);
    let found: Vec<(String, i64)> = query.into_tuple().all(db).await?;
    let read = |(unit, count): (String, i64)| {
        let unit = parsed(Oid::parse(&unit).ok(), TABLE, &unit, "unit")?;
        Ok((unit, u64::try_from(count).unwrap_or(0)))
    };
    found.into_iter().map(read).collect()
}

/// A unit for which requests wait: how many, and since when the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The unit.
    pub unit: Oid,
    /// How many.
    pub count: u64,
    /// Since when the longest.
    pub since: Moment,
}

/// Units for which messages wait that were taken before a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn waits(db: &impl ConnectionTrait, before: Moment) -> Result<Vec<Waits>, StoreError> {
    use row::Column::{MessageId, State, TakenAt, Unit};
    let query = row::Entity::find().select_only().column(Unit).column_as(MessageId.count(), "waiting");
    let query = query.column_as(TakenAt.min(), "since").filter(State.eq(OutboundState::Waiting.code()));
    let query = query.filter(TakenAt.lt(before.as_micros())).group_by(Unit).order_by_asc(Unit);
    let found: Vec<(String, i64, i64)> = query.into_tuple().all(db).await?;
    let read = |(unit, count, since): (String, i64, i64)| {
        let unit = parsed(Oid::parse(&unit).ok(), TABLE, &unit, "unit")?;
        Ok(Waits { unit, count: u64::try_from(count).unwrap_or(0), since: Moment::from_micros(since) })
    };
    found.into_iter().map(read).collect()
}

/// A message that ended without being delivered.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Its own id.
    pub message: String,
    /// To whom it was.
    pub unit: Oid,
    /// How it ended.
    pub state: OutboundState,
    /// When.
    pub ended_at: Moment,
}

/// Messages that ended without being delivered at a moment or after it, the first first.
///
/// # Errors
/// [`StoreError`].
pub async fn failed_since(db: &impl ConnectionTrait, since: Moment) -> Result<Vec<Failed>, StoreError> {
    use row::Column::{EndedAt, MessageId, State, Unit};
    let failed = [OutboundState::Rejected.code(), OutboundState::Lapsed.code()];
    let query =
        row::Entity::find().select_only().columns([MessageId, Unit, State, EndedAt]).filter(State.is_in(failed));
    let query = query.filter(EndedAt.gte(since.as_micros())).order_by_asc(EndedAt).order_by_asc(MessageId);
    let found: Vec<(String, String, String, i64)> = query.into_tuple().all(db).await?;
    let read = |(message, unit, state, ended_at): (String, String, String, i64)| {
        let unit = parsed(Oid::parse(&unit).ok(), TABLE, &message, "unit")?;
        let state = parsed(OutboundState::parse(&state), TABLE, &message, "state")?;
        Ok(Failed { unit, state, ended_at: Moment::from_micros(ended_at), message })
    };
    found.into_iter().map(read).collect()
}

/// How many messages wait for some units, all together.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting_for(db: &impl ConnectionTrait, units: impl Iterator<Item = &Oid>) -> Result<u64, StoreError> {
    let these = row::Column::Unit.is_in(units.map(Oid::as_str));
    let query = row::Entity::find().filter(these).filter(row::Column::State.eq(OutboundState::Waiting.code()));
    Ok(query.count(db).await?)
}

/// Lets another unit have, at once, what waits for one and is not on its way there, and what its system rejected that was taken after `since`; how many messages.
///
/// # Errors
/// [`StoreError`].
pub async fn pass_on(
    tx: &Transaction,
    (from, to): (&Oid, &Oid),
    (now, since): (Moment, Moment),
) -> Result<u64, StoreError> {
    use row::Column as C;
    let free = C::ClaimedUntil.is_null().or(C::ClaimedUntil.lte(now.as_micros()));
    let waits = C::State.eq(OutboundState::Waiting.code()).and(free);
    let rejected = C::State.eq(OutboundState::Rejected.code()).and(C::Body.is_not_null());
    let update = row::Entity::update_many()
        .col_expr(C::Unit, to.as_str().into())
        .col_expr(C::State, OutboundState::Waiting.code().into())
        .col_expr(C::EndedAt, Option::<i64>::None.into())
        .col_expr(C::Problem, Option::<String>::None.into())
        .col_expr(C::RunAt, now.as_micros().into())
        .col_expr(C::ClaimedUntil, Option::<i64>::None.into())
        .filter(C::Unit.eq(from.as_str()))
        .filter(waits.or(rejected.and(C::TakenAt.gt(since.as_micros()))));
    Ok(update.exec(tx.connection()).await?.rows_affected)
}

/// Forgets the bytes of what ended before a moment without being delivered: nobody takes it any more.
///
/// # Errors
/// [`StoreError`].
pub async fn forget(store: &Store, before: Moment) -> Result<(), StoreError> {
    use row::Column as C;
    let ended = [OutboundState::Rejected.code(), OutboundState::Lapsed.code()];
    let update = row::Entity::update_many().col_expr(C::Body, Option::<Vec<u8>>::None.into());
    let update = update.filter(C::State.is_in(ended)).filter(C::Body.is_not_null());
    update.filter(C::TakenAt.lte(before.as_micros())).exec(store.write()).await?;
    Ok(())
}

/// What waits, the longest first, then what ended last.
///
/// # Errors
/// [`StoreError`].
pub async fn list(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Listed>, StoreError> {
    let mut rows = waiting_first(Condition::all(), limit).all(db).await?;
    rows.extend(ended_last(Condition::all(), limit).all(db).await?);
    Ok(rows)
}

/// Units asked for in one statement.
const UNITS: usize = 200;

/// The same of some units: what waits for those that are somebody's `now`, and what was taken while each was and has ended.
///
/// # Errors
/// [`StoreError`].
pub async fn list_of(
    db: &impl ConnectionTrait,
    units: &[(&Oid, Interval)],
    (now, limit): (Moment, u64),
) -> Result<Vec<Listed>, StoreError> {
    use row::Column::{TakenAt, Unit};
    let (mut waiting, mut ended) = (Vec::new(), Vec::new());
    for some in units.chunks(UNITS) {
        let theirs = some.iter().filter(|(_, valid)| valid.contains(now)).map(|(unit, _)| unit.as_str());
        let theirs = Condition::all().add(Unit.is_in(theirs));
        waiting.extend(waiting_first(theirs, limit).all(db).await?);
        let during = |(unit, valid): &(&Oid, Interval)| {
            let since = Condition::all().add(Unit.eq(unit.as_str())).add(TakenAt.gte(valid.from.as_micros()));
            since.add_option(valid.until.map(|until| TakenAt.lt(until.as_micros())))
        };
        let their_time = some.iter().fold(Condition::any(), |any, one| any.add(during(one)));
        ended.extend(ended_last(their_time, limit).all(db).await?);
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    waiting.sort_by_key(|one: &Listed| one.taken_at);
    ended.sort_by_key(|one: &Listed| std::cmp::Reverse(one.taken_at));
    waiting.truncate(most);
    ended.truncate(most);
    waiting.extend(ended);
    Ok(waiting)
}

type Listing = Selector<SelectModel<Listed>>;

fn waiting_first(of: Condition, limit: u64) -> Listing {
    let waits = listing(of, limit).filter(row::Column::State.eq(OutboundState::Waiting.code()));
    waits.order_by_asc(row::Column::TakenAt).into_model()
}

fn ended_last(of: Condition, limit: u64) -> Listing {
    let ended = listing(of, limit).filter(row::Column::State.ne(OutboundState::Waiting.code()));
    ended.order_by_desc(row::Column::EndedAt).into_model()
}

fn listing(of: Condition, limit: u64) -> Select<row::Entity> {
    use row::Column::{MessageId, Problem, RunAt, State, TakenAt, Tries, Unit};
    let columns = [MessageId, Unit, TakenAt, State, Tries, RunAt, Problem];
    row::Entity::find().select_only().columns(columns).filter(of).limit(limit)
}

fn read(found: row::Model) -> Result<Message, StoreError> {
    let key = &found.message_id;
    Ok(Message {
        unit: parsed(Oid::parse(&found.unit).ok(), TABLE, key, "unit")?,
        service: parsed(Service::parse(&found.service), TABLE, key, "service")?,
        hash: parsed(Sha256Hash::parse(&found.hash), TABLE, key, "hash")?,
        state: parsed(OutboundState::parse(&found.state), TABLE, key, "state")?,
        media_type: found.media_type.clone(),
        body: found.body.clone().unwrap_or_default(),
        taken_at: Moment::from_micros(found.taken_at),
        tries: u32::try_from(found.tries).unwrap_or(0),
        run_at: Moment::from_micros(found.run_at),
        problem: found.problem.clone(),
        id: found.message_id,
    })
}
