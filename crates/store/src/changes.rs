//! Organisational changes that are followed: what happens, who is party to it, what is to be done, and what has happened.

use crate::entity::{change as row, change_event, change_party, change_task};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::change::{Course, Followed, Obstacle, Owner, Party, State, Story, What};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// A change that is kept.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its key.
    pub key: i64,
    /// Its number: `M2026-1`.
    pub number: String,
    /// What happens.
    pub story: Story,
    /// How it stands.
    pub course: Course,
    /// Whose plan it is; none: the operator's.
    pub made_for: Option<Oid>,
    /// What stood in its way when it was looked at last.
    pub obstacles: Vec<Obstacle>,
    /// How many rights it opens and closes.
    pub rights: (u32, u32),
    /// When it was planned.
    pub created_at: Moment,
    /// The directory's version then.
    pub version: u64,
    /// When it was looked at last.
    pub checked_at: Moment,
    /// Raised whenever it changes.
    pub revision: i32,
    /// Until when whoever has its address sees it.
    pub shared_until: Option<Moment>,
}

/// Something that happened to a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Moment,
    /// What: a code.
    pub what: String,
    /// By whom.
    pub person: String,
    /// What was said with it, or what it is about.
    pub words: Option<String>,
}

/// So many days after the change it is still shown at its address. Assumed.
pub const SHOWN_AFTER_DAYS: i64 = 30;

/// One of several changes: one that cannot be read keeps no other from being seen.
pub type Kept = Result<Change, StoreError>;

/// A task with its key.
pub type Keyed = (i64, Followed);

const TABLE: &str = "change";

/// The next number of a year.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Changes).await?;
    let year = format!("M{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps a change with its parties; its key is given, of the one that is handed in it counts for nothing.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn add(tx: &Transaction, change: &Change, parties: &[Party]) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        number: Set(change.number.clone()),
        story: Set(to_json(&change.story)?),
        day: Set(change.story.day.as_micros()),
        made_for: Set(change.made_for.as_ref().map(Oid::to_string)),
        created_at: Set(change.created_at.as_micros()),
        directory_version: Set(i64::try_from(change.version).unwrap_or(i64::MAX)),
        ..stands(change)?
    };
    let key = row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id;
    for some in parties.chunks(WRITTEN_AT_ONCE) {
        let rows = some.iter().map(|party| change_party::ActiveModel {
            change_key: Set(key),
            joiner: Set(party.joiner.to_string()),
            asked: Set(party.asked),
            agreed_at: Set(party.agreed_at.map(Moment::as_micros)),
        });
        change_party::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    }
    Ok(key)
}

/// What of a change is another whenever it is looked at.
fn stands(change: &Change) -> Result<row::ActiveModel, StoreError> {
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    Ok(row::ActiveModel {
        state: Set(change.course.code().to_owned()),
        obstacles: Set(to_json(&change.obstacles)?),
        rights_opened: Set(count(change.rights.0)),
        rights_closed: Set(count(change.rights.1)),
        checked_at: Set(change.checked_at.as_micros()),
        revision: Set(change.revision),
        ..Default::default()
    })
}

/// Keeps how a change stands and what it says, if nobody has changed it since it was read; whether nobody had.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, change: &Change) -> Result<bool, StoreError> {
    let next = Change { revision: change.revision + 1, ..change.clone() };
    let story = row::ActiveModel {
        story: Set(to_json(&change.story)?),
        day: Set(change.story.day.as_micros()),
        ..stands(&next)?
    };
    let update = row::Entity::update_many().set(story).filter(row::Column::ChangeKey.eq(change.key));
    let update = update.filter(row::Column::Revision.eq(change.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Shows a change to whoever has the secret of its address, until a moment; or to nobody any more.
///
/// # Errors
/// [`StoreError`].
pub async fn share(tx: &Transaction, change: i64, shared: Option<(Sha256Hash, Moment)>) -> Result<(), StoreError> {
    let (hash, until) = shared.map(|(hash, until)| (hash.to_string(), until.as_micros())).unzip();
    let set = row::ActiveModel { shared: Set(hash), shared_until: Set(until), ..Default::default() };
    row::Entity::update_many().set(set).filter(row::Column::ChangeKey.eq(change)).exec(tx.connection()).await?;
    Ok(())
}

/// A change by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Change>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// The change that is shown at an address with this secret.
///
/// # Errors
/// [`StoreError`].
pub async fn shared(db: &impl ConnectionTrait, hash: Sha256Hash, now: Moment) -> Result<Option<Change>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Shared.eq(hash.to_string()));
    let change = query.one(db).await?.map(read).transpose()?;
    // Another day lengthens it, and shortens nothing.
    let until = |change: &Change| Some(change.shared_until?.max(change.story.day.plus_days(SHOWN_AFTER_DAYS)));
    Ok(change.filter(|change| until(change).is_some_and(|until| now < until)))
}

/// Changes, the newest first: all, or those that a joiner is party to or has something to do in.
///
/// # Errors
/// [`StoreError`].
pub async fn list(db: &impl ConnectionTrait, of: Option<&Oid>, most: u64) -> Result<Vec<Kept>, StoreError> {
    let mut query = row::Entity::find().order_by_desc(row::Column::ChangeKey).limit(most);
    if let Some(joiner) = of {
        let parties = change_party::Entity::find().filter(change_party::Column::Joiner.eq(joiner.as_str()));
        let tasks = change_task::Entity::find().filter(change_task::Column::Owner.eq(joiner.as_str()));
        let mut keys: Vec<i64> = parties.all(db).await?.into_iter().map(|party| party.change_key).collect();
        let owned = tasks.select_only().column(change_task::Column::ChangeKey).distinct();
        keys.extend(owned.into_tuple::<i64>().all(db).await?);
        query = query.filter(row::Column::ChangeKey.is_in(keys));
    }
    Ok(query.all(db).await?.into_iter().map(read).collect())
}

/// How many changes a joiner follows that it has planned, and has planned since a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn planned_by(db: &impl ConnectionTrait, joiner: &Oid, since: Moment) -> Result<(u64, u64), StoreError> {
    let theirs = || row::Entity::find().filter(row::Column::MadeFor.eq(joiner.as_str()));
    let followed = theirs().filter(row::Column::State.eq(Course::Followed.code())).count(db).await?;
    Ok((followed, theirs().filter(row::Column::CreatedAt.gte(since.as_micros())).count(db).await?))
}

/// The changes that are followed and were not looked at since a moment, the soonest first.
///
/// # Errors
/// [`StoreError`].
pub async fn followed(db: &impl ConnectionTrait, before: Moment) -> Result<Vec<Kept>, StoreError> {
    let these = Condition::all()
        .add(row::Column::State.eq(Course::Followed.code()))
        .add(row::Column::CheckedAt.lt(before.as_micros()));
    let query = row::Entity::find().filter(these).order_by_asc(row::Column::Day).order_by_asc(row::Column::ChangeKey);
    Ok(query.all(db).await?.into_iter().map(read).collect())
}

fn read(row: row::Model) -> Result<Change, StoreError> {
    let key = row.change_key;
    let story = Story::from_json(row.story.as_bytes()).ok();
    let count = |count: i32| u32::try_from(count).unwrap_or_default();
    let made_for = row.made_for.as_deref().map(Oid::parse).transpose();
    Ok(Change {
        key,
        story: parsed(story, TABLE, key, "story")?,
        course: parsed(Course::parse(&row.state), TABLE, key, "state")?,
        made_for: parsed(made_for.ok(), TABLE, key, "made_for")?,
        obstacles: json(&row.obstacles, TABLE, key, "obstacles")?,
        rights: (count(row.rights_opened), count(row.rights_closed)),
        created_at: Moment::from_micros(row.created_at),
        version: u64::try_from(row.directory_version).unwrap_or_default(),
        checked_at: Moment::from_micros(row.checked_at),
        revision: row.revision,
        shared_until: row.shared_until.map(Moment::from_micros),
        number: row.number,
    })
}

/// Who is party to a change.
///
/// # Errors
/// [`StoreError`].
pub async fn parties(db: &impl ConnectionTrait, change: i64) -> Result<Vec<Party>, StoreError> {
    let query = change_party::Entity::find().filter(change_party::Column::ChangeKey.eq(change));
    let rows = query.order_by_asc(change_party::Column::Joiner).all(db).await?;
    let party = |row: change_party::Model| {
        let joiner = parsed(Oid::parse(&row.joiner).ok(), "change_party", change, "joiner")?;
        Ok(Party { joiner, asked: row.asked, agreed_at: row.agreed_at.map(Moment::from_micros) })
    };
    rows.into_iter().map(party).collect()
}

/// Keeps that a party has agreed; whether it is one that had not.
///
/// # Errors
/// [`StoreError`].
pub async fn agree(tx: &Transaction, change: i64, joiner: &Oid, at: Moment) -> Result<bool, StoreError> {
    let these = Condition::all()
        .add(change_party::Column::ChangeKey.eq(change))
        .add(change_party::Column::Joiner.eq(joiner.as_str()))
        .add(change_party::Column::AgreedAt.is_null());
    let update = change_party::Entity::update_many().filter(these);
    let update = update.col_expr(change_party::Column::AgreedAt, Expr::value(at.as_micros()));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// What is to be done for a change, by day.
///
/// # Errors
/// [`StoreError`].
pub async fn tasks(db: &impl ConnectionTrait, change: i64) -> Result<Vec<Keyed>, StoreError> {
    let query = change_task::Entity::find().filter(change_task::Column::ChangeKey.eq(change));
    let rows = query.order_by_asc(change_task::Column::Due).order_by_asc(change_task::Column::TaskKey).all(db).await?;
    rows.into_iter().map(task).collect()
}

fn task(row: change_task::Model) -> Result<Keyed, StoreError> {
    const TASKS: &str = "change_task";
    let key = row.task_key;
    let followed = Followed {
        what: parsed(What::parse(&row.what), TASKS, key, "what")?,
        owner: parsed(Owner::parse(&row.owner_kind, &row.owner), TASKS, key, "owner")?,
        count: parsed(u64::try_from(row.count).ok(), TASKS, key, "count")?,
        due: Moment::from_micros(row.due),
        state: parsed(State::parse(&row.state), TASKS, key, "state")?,
        said: row.said,
        about: row.about,
    };
    Ok((key, followed))
}

/// How many tasks are written in one statement.
const WRITTEN_AT_ONCE: usize = 50;

/// Keeps what is to be done for a change now: those tasks stay that are kept already, with how they stand; the others are new. None is ever taken away.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_tasks(tx: &Transaction, change: i64, tasks: &[Followed]) -> Result<(), StoreError> {
    let before = self::tasks(tx.connection(), change).await?;
    let mut new = Vec::new();
    for task in tasks {
        match before.iter().find(|(_, kept)| kept.key() == task.key()) {
            Some((_, kept)) if kept == task => {}
            Some((key, _)) => {
                let set = change_task::ActiveModel {
                    about: Set(task.about.clone()),
                    count: Set(i64::try_from(task.count).unwrap_or(i64::MAX)),
                    due: Set(task.due.as_micros()),
                    state: Set(task.state.code().to_owned()),
                    said: Set(task.said),
                    ..Default::default()
                };
                let update = change_task::Entity::update_many().set(set);
                update.filter(change_task::Column::TaskKey.eq(*key)).exec(tx.connection()).await?;
            }
            None => new.push(task),
        }
    }
    for some in new.chunks(WRITTEN_AT_ONCE) {
        let rows = some.iter().map(|task| change_task::ActiveModel {
            change_key: Set(change),
            what: Set(task.what.code().to_owned()),
            owner_kind: Set(task.owner.code().to_owned()),
            owner: Set(task.owner.number().to_owned()),
            about: Set(task.about.clone()),
            count: Set(i64::try_from(task.count).unwrap_or(i64::MAX)),
            due: Set(task.due.as_micros()),
            state: Set(task.state.code().to_owned()),
            said: Set(task.said),
            ..Default::default()
        });
        change_task::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// Keeps that something happened to a change.
///
/// # Errors
/// [`StoreError`].
pub async fn happened(tx: &Transaction, change: i64, event: &Happened) -> Result<(), StoreError> {
    let new = change_event::ActiveModel {
        change_key: Set(change),
        at: Set(event.at.as_micros()),
        what: Set(event.what.clone()),
        person: Set(event.person.clone()),
        words: Set(event.words.clone()),
        ..Default::default()
    };
    change_event::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// How often something happened to a change after a moment.
///
/// # Errors
/// [`StoreError`].
pub async fn how_often(db: &impl ConnectionTrait, change: i64, what: &str, after: Moment) -> Result<u64, StoreError> {
    let query = change_event::Entity::find().filter(change_event::Column::ChangeKey.eq(change));
    let query = query.filter(change_event::Column::What.eq(what));
    Ok(query.filter(change_event::Column::At.gt(after.as_micros())).count(db).await?)
}

/// What happened to a change, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn history(db: &impl ConnectionTrait, change: i64, most: u64) -> Result<Vec<Happened>, StoreError> {
    let query = change_event::Entity::find().filter(change_event::Column::ChangeKey.eq(change));
    let rows = query.order_by_desc(change_event::Column::EventKey).limit(most).all(db).await?;
    let told = |row: change_event::Model| Happened {
        at: Moment::from_micros(row.at),
        what: row.what,
        person: row.person,
        words: row.words,
    };
    Ok(rows.into_iter().map(told).collect())
}
