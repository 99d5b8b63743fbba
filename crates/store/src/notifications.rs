//! Change notifications, and what has happened to each.

use crate::entity::{notification as row, notification_event};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::application::Form;
use liitos_domain::notification::{Course, Kind};
use liitos_domain::{Moment, Oid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// A notification that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its key.
    pub key: i64,
    /// Its number: `I2026-1`.
    pub number: String,
    /// Who notifies.
    pub joiner: Oid,
    /// What.
    pub kind: Kind,
    /// As it was filled in.
    pub form: Form,
    /// Where it stands.
    pub course: Course,
    /// From when what it says is so; `None` while nobody has said.
    pub day: Option<Moment>,
    /// When it was begun.
    pub created_at: Moment,
    /// When it was sent last.
    pub sent_at: Option<Moment>,
    /// The directory's version that it became.
    pub version: Option<u64>,
    /// The controller update run that was ordered by it.
    pub run: Option<String>,
    /// The organisational change that it became.
    pub change: Option<String>,
    /// Raised whenever it changes.
    pub revision: i32,
}

/// Something that happened to a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Moment,
    /// What: a code.
    pub what: String,
    /// By whom; the operator's people go by no name.
    pub person: String,
    /// What was said with it.
    pub words: Option<String>,
}

const TABLE: &str = "notification";

/// The next number of a year.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Changes).await?;
    let year = format!("I{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps a new notification; its key is given, of the one that is handed in it counts for nothing.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn add(tx: &Transaction, notification: &Notification) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        number: Set(notification.number.clone()),
        joiner: Set(notification.joiner.to_string()),
        kind: Set(notification.kind.code().to_owned()),
        created_at: Set(notification.created_at.as_micros()),
        ..stands(notification)?
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// What of a notification is another as it goes on.
fn stands(notification: &Notification) -> Result<row::ActiveModel, StoreError> {
    Ok(row::ActiveModel {
        form: Set(to_json(&notification.form)?),
        state: Set(notification.course.code().to_owned()),
        day: Set(notification.day.map(Moment::as_micros)),
        sent_at: Set(notification.sent_at.map(Moment::as_micros)),
        directory_version: Set(notification.version.map(|version| i64::try_from(version).unwrap_or(i64::MAX))),
        controller_run: Set(notification.run.clone()),
        organisational_change: Set(notification.change.clone()),
        revision: Set(notification.revision),
        ..Default::default()
    })
}

/// Keeps how a notification stands and what it says, if nobody has changed it since it was read; whether nobody had.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, notification: &Notification) -> Result<bool, StoreError> {
    let next = Notification { revision: notification.revision + 1, ..notification.clone() };
    let update = row::Entity::update_many().set(stands(&next)?);
    let update = update.filter(row::Column::NotificationKey.eq(notification.key));
    let update = update.filter(row::Column::Revision.eq(notification.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A notification by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Notification>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// Whether some notification became an organisational change.
///
/// # Errors
/// [`StoreError`].
pub async fn became(db: &impl ConnectionTrait, change: &str) -> Result<bool, StoreError> {
    let query = row::Entity::find().filter(row::Column::OrganisationalChange.eq(change));
    Ok(query.filter(row::Column::State.eq(Course::Approved.code())).count(db).await? > 0)
}

/// Approved notifications of a kind for a day.
///
/// # Errors
/// [`StoreError`].
pub async fn approved_for(db: &impl ConnectionTrait, kind: Kind, day: Moment) -> Result<Vec<Notification>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Kind.eq(kind.code()));
    let query = query.filter(row::Column::State.eq(Course::Approved.code()));
    let query = query.filter(row::Column::Day.eq(day.as_micros()));
    query.all(db).await?.into_iter().map(read).collect()
}

/// The newest notification of a kind that somebody has sent and that is in force at a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn approved_of(
    db: &impl ConnectionTrait,
    (kind, joiner): (Kind, &Oid),
    at: Moment,
) -> Result<Option<Notification>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Kind.eq(kind.code()));
    let query = query.filter(row::Column::Joiner.eq(joiner.as_str()));
    let query = query.filter(row::Column::State.eq(Course::Approved.code()));
    let query = query.filter(row::Column::Day.lte(at.as_micros()));
    query.order_by_desc(row::Column::Day).one(db).await?.map(read).transpose()
}

/// Approved notifications of a kind whose day is up to a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn approved_until(
    db: &impl ConnectionTrait,
    kind: Kind,
    until: Moment,
) -> Result<Vec<Notification>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Kind.eq(kind.code()));
    let query = query.filter(row::Column::State.eq(Course::Approved.code()));
    let query = query.filter(row::Column::Day.lte(until.as_micros())).order_by_asc(row::Column::NotificationKey);
    query.all(db).await?.into_iter().map(read).collect()
}

/// Notifications that wait for the operator and are for a day up to a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn sent_for(db: &impl ConnectionTrait, until: Moment) -> Result<Vec<Notification>, StoreError> {
    let waiting = row::Entity::find().filter(row::Column::State.eq(Course::Sent.code()));
    let due = waiting.filter(row::Column::Day.lte(until.as_micros())).order_by_asc(row::Column::NotificationKey);
    due.all(db).await?.into_iter().map(read).collect()
}

/// A joiner's notifications, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiner(db: &impl ConnectionTrait, joiner: &Oid, most: u64) -> Result<Vec<Notification>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Joiner.eq(joiner.as_str()));
    let rows = query.order_by_desc(row::Column::NotificationKey).limit(most).all(db).await?;
    rows.into_iter().map(read).collect()
}

/// How many of a joiner's notifications are still being written.
///
/// # Errors
/// [`StoreError`].
pub async fn drafts(db: &impl ConnectionTrait, joiner: &Oid) -> Result<u64, StoreError> {
    let query = row::Entity::find().filter(row::Column::Joiner.eq(joiner.as_str()));
    Ok(query.filter(row::Column::State.eq(Course::Draft.code())).count(db).await?)
}

/// Notifications that the operator has been sent: those that wait first, the soonest day first; then the newest.
///
/// # Errors
/// [`StoreError`].
pub async fn sent(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Notification>, StoreError> {
    let waiting = row::Entity::find().filter(row::Column::State.eq(Course::Sent.code()));
    let waiting = waiting.order_by_asc(row::Column::Day).order_by_asc(row::Column::NotificationKey);
    let decided = row::Entity::find().filter(row::Column::SentAt.is_not_null());
    let decided = decided.filter(row::Column::State.ne(Course::Sent.code()));
    let decided = decided.order_by_desc(row::Column::NotificationKey);
    let mut rows = waiting.limit(most).all(db).await?;
    rows.extend(decided.limit(most).all(db).await?);
    rows.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<Notification, StoreError> {
    let key = row.notification_key;
    Ok(Notification {
        key,
        joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, key, "joiner")?,
        kind: parsed(Kind::parse(&row.kind), TABLE, key, "kind")?,
        form: json(&row.form, TABLE, key, "form")?,
        course: parsed(Course::parse(&row.state), TABLE, key, "state")?,
        day: row.day.map(Moment::from_micros),
        created_at: Moment::from_micros(row.created_at),
        sent_at: row.sent_at.map(Moment::from_micros),
        version: row.directory_version.and_then(|version| u64::try_from(version).ok()),
        run: row.controller_run,
        change: row.organisational_change,
        revision: row.revision,
        number: row.number,
    })
}

/// Keeps that something happened to a notification.
///
/// # Errors
/// [`StoreError`].
pub async fn happened(tx: &Transaction, notification: i64, event: &Happened) -> Result<(), StoreError> {
    let new = notification_event::ActiveModel {
        notification_key: Set(notification),
        at: Set(event.at.as_micros()),
        what: Set(event.what.clone()),
        person: Set(event.person.clone()),
        words: Set(event.words.clone()),
        ..Default::default()
    };
    notification_event::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What happened to a notification, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn history(db: &impl ConnectionTrait, notification: i64, most: u64) -> Result<Vec<Happened>, StoreError> {
    let query = notification_event::Entity::find().filter(notification_event::Column::NotificationKey.eq(notification));
    let rows = query.order_by_desc(notification_event::Column::EventKey).limit(most).all(db).await?;
    let told = |row: notification_event::Model| Happened {
        at: Moment::from_micros(row.at),
        what: row.what,
        person: row.person,
        words: row.words,
    };
    Ok(rows.into_iter().map(told).collect())
}
