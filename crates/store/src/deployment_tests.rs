//! Deployment tests, what came out of them, and what was said of their cases.

use crate::archive::Line;
use crate::entity::{
    archive_document, archive_use, deployment_seen, deployment_test as row, deployment_word, gateway_call,
};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::deployment_test::{Content, Course, People, Seen, Stage, Tested, Told, Word};
use liitos_domain::directory::SeenCall;
use liitos_domain::{Moment, Oid, Service};
use sea_orm::sea_query::{ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};

/// A test that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentTest {
    /// Its key; of a new one 0.
    pub key: i64,
    /// Its number: `K2026-1`.
    pub number: String,
    /// Who tests.
    pub joiner: Oid,
    /// What it is made of.
    pub content: Content,
    /// How it stands.
    pub course: Course,
    /// When it was begun.
    pub begun_at: Moment,
    /// When its report was sent last.
    pub sent_at: Option<Moment>,
    /// Who sent it.
    pub sender: Option<String>,
    /// When its documents were asked to be removed.
    pub removal_asked_at: Option<Moment>,
    /// When they were.
    pub removed_at: Option<Moment>,
    /// Up to which line of the use log it was looked at.
    pub looked: i64,
    /// Raised whenever it changes.
    pub revision: i32,
}

const TABLE: &str = "deployment_test";
/// Keys asked for in one statement.
const AT_ONCE: usize = 500;

/// The next number of a year.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Changes).await?;
    let year = format!("K{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps a new test; its key is given.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn add(tx: &Transaction, one: &DeploymentTest) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        number: Set(one.number.clone()),
        joiner: Set(one.joiner.to_string()),
        service: Set(one.content.service.code().to_owned()),
        stage: Set(one.content.stage.code().to_owned()),
        system: Set(one.content.system.clone()),
        change_number: Set(one.content.change.clone()),
        content: Set(to_json(&one.content)?),
        begun_at: Set(one.begun_at.as_micros()),
        looked: Set(one.looked),
        ..stands(one)
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// What of a test is another as it goes on.
fn stands(one: &DeploymentTest) -> row::ActiveModel {
    row::ActiveModel {
        state: Set(one.course.code().to_owned()),
        sent_at: Set(one.sent_at.map(Moment::as_micros)),
        sender: Set(one.sender.clone()),
        removal_asked_at: Set(one.removal_asked_at.map(Moment::as_micros)),
        removed_at: Set(one.removed_at.map(Moment::as_micros)),
        revision: Set(one.revision),
        ..Default::default()
    }
}

/// Keeps how a test stands, if nobody has changed it since it was read; whether nobody had.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, one: &DeploymentTest) -> Result<bool, StoreError> {
    let next = DeploymentTest { revision: one.revision + 1, ..one.clone() };
    let update = row::Entity::update_many().set(stands(&next)).filter(row::Column::TestKey.eq(one.key));
    let update = update.filter(row::Column::Revision.eq(one.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A test by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<DeploymentTest>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// A joiner's tests, or of all joiners those that the operator has been sent, or whose test data is to be removed; the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    db: &impl ConnectionTrait,
    joiner: Option<&Oid>,
    most: u64,
) -> Result<Vec<DeploymentTest>, StoreError> {
    let query = match joiner {
        Some(joiner) => row::Entity::find().filter(row::Column::Joiner.eq(joiner.as_str())),
        None => {
            let asks = row::Column::RemovalAskedAt.is_not_null();
            row::Entity::find().filter(row::Column::SentAt.is_not_null().or(asks))
        }
    };
    let rows = query.order_by_desc(row::Column::TestKey).limit(most).all(db).await?;
    rows.into_iter().map(read).collect()
}

/// Whose tests the operator was sent a report of, without the functions that they show.
///
/// # Errors
/// [`StoreError`].
pub async fn reported(db: &impl ConnectionTrait) -> Result<Vec<(Oid, Tested)>, StoreError> {
    use row::Column as C;
    type Row = (i64, String, String, String, String, String, i64);
    let states = [Course::Sent, Course::Accepted].map(Course::code);
    let query = row::Entity::find().filter(C::State.is_in(states)).order_by_asc(C::TestKey).select_only();
    let query = query.columns([C::TestKey, C::Joiner, C::Service, C::Stage, C::System, C::State, C::BegunAt]);
    let rows: Vec<Row> = query.into_tuple().all(db).await?;
    let read = |(key, joiner, service, stage, system, state, begun_at): Row| {
        let tested = Tested {
            service: parsed(Service::parse(&service), TABLE, key, "service")?,
            stage: parsed(Stage::parse(&stage), TABLE, key, "stage")?,
            course: parsed(Course::parse(&state), TABLE, key, "state")?,
            system,
            functions: BTreeSet::new(),
            begun_at: Moment::from_micros(begun_at),
        };
        Ok((parsed(Oid::parse(&joiner).ok(), TABLE, key, "joiner")?, tested))
    };
    rows.into_iter().map(read).collect()
}

/// Tests whose report waits for the operator since a moment or longer.
///
/// # Errors
/// [`StoreError`].
pub async fn sent_before(db: &impl ConnectionTrait, until: Moment) -> Result<Vec<DeploymentTest>, StoreError> {
    let query = row::Entity::find().filter(row::Column::State.eq(Course::Sent.code()));
    let query = query.filter(row::Column::SentAt.lte(until.as_micros()));
    query.order_by_asc(row::Column::TestKey).all(db).await?.into_iter().map(read).collect()
}

/// The tests that are being made.
///
/// # Errors
/// [`StoreError`].
pub async fn running(db: &impl ConnectionTrait) -> Result<Vec<DeploymentTest>, StoreError> {
    let query = row::Entity::find().filter(row::Column::State.eq(Course::Running.code()));
    query.order_by_asc(row::Column::TestKey).all(db).await?.into_iter().map(read).collect()
}

/// The tests that are made around an organisational change and that the operator has accepted.
///
/// # Errors
/// [`StoreError`].
pub async fn accepted_around(db: &impl ConnectionTrait, change: &str) -> Result<Vec<DeploymentTest>, StoreError> {
    let query = row::Entity::find().filter(row::Column::ChangeNumber.eq(change));
    let query = query.filter(row::Column::State.eq(Course::Accepted.code())).order_by_asc(row::Column::TestKey);
    query.all(db).await?.into_iter().map(read).collect()
}

fn read(row: row::Model) -> Result<DeploymentTest, StoreError> {
    let key = row.test_key;
    Ok(DeploymentTest {
        key,
        joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, key, "joiner")?,
        content: json(&row.content, TABLE, key, "content")?,
        course: parsed(Course::parse(&row.state), TABLE, key, "state")?,
        begun_at: Moment::from_micros(row.begun_at),
        sent_at: row.sent_at.map(Moment::from_micros),
        removal_asked_at: row.removal_asked_at.map(Moment::from_micros),
        removed_at: row.removed_at.map(Moment::from_micros),
        number: row.number,
        sender: row.sender,
        looked: row.looked,
        revision: row.revision,
    })
}

/// Keeps what somebody says of a case.
///
/// # Errors
/// [`StoreError`].
pub async fn say(tx: &Transaction, test: i64, (case, word, reference): (&str, &Word, &str)) -> Result<(), StoreError> {
    let new = deployment_word::ActiveModel {
        test_key: Set(test),
        case_id: Set(case.to_owned()),
        fine: Set(word.fine),
        role: Set(word.role.code().to_owned()),
        person: Set(word.person.clone()),
        reference: Set(reference.to_owned()),
        remark: Set(word.remark.clone()),
        at: Set(word.at.as_micros()),
        seen: Set(word.seen.as_ref().map(to_json).transpose()?),
        ..Default::default()
    };
    deployment_word::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What was said last of each case of a test.
///
/// # Errors
/// [`StoreError`].
pub async fn words(db: &impl ConnectionTrait, test: i64) -> Result<BTreeMap<String, Word>, StoreError> {
    const TABLE: &str = "deployment_word";
    let query = deployment_word::Entity::find().filter(deployment_word::Column::TestKey.eq(test));
    let rows = query.order_by_asc(deployment_word::Column::WordKey).all(db).await?;
    let one = |row: deployment_word::Model| {
        let word = Word {
            fine: row.fine,
            role: parsed(People::parse(&row.role), TABLE, row.word_key, "role")?,
            seen: row.seen.as_deref().map(|seen| json(seen, TABLE, row.word_key, "seen")).transpose()?,
            at: Moment::from_micros(row.at),
            person: row.person,
            remark: row.remark,
        };
        Ok((row.case_id, word))
    };
    rows.into_iter().map(one).collect()
}

/// Something that came out of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The use log's line.
    pub line: i64,
    /// What a gateway has told of it.
    pub told: Told,
    /// What it is.
    pub seen: Seen,
}

/// The number of the use log's newest line; none: nought.
///
/// # Errors
/// [`StoreError`].
pub async fn newest_line(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let query = archive_use::Entity::find().select_only().column_as(archive_use::Column::UseKey.max(), "newest");
    let newest: Option<Option<i64>> = query.into_tuple().one(db).await?;
    Ok(newest.flatten().unwrap_or(0))
}

/// What the use log says after a line of some persons' documents, done by a joiner; the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn lines_after(
    db: &impl ConnectionTrait,
    (persons, joiner): (&[String], &Oid),
    after: i64,
    most: u64,
) -> Result<Vec<Line>, StoreError> {
    use archive_use::Column as C;
    let query = archive_use::Entity::find().filter(C::Person.is_in(persons.iter().map(String::as_str)));
    let query =
        query.filter(C::UseKey.gt(after)).filter(C::Joiner.eq(joiner.as_str())).order_by_asc(C::UseKey).limit(most);
    query.all(db).await?.into_iter().map(crate::archive::read_line).collect()
}

/// Keeps what came out, as far as it is not kept, and up to which line was looked.
///
/// # Errors
/// [`StoreError`].
pub async fn see(tx: &Transaction, test: i64, new: &[Kept], looked: i64) -> Result<(), StoreError> {
    let row = |kept: &Kept| {
        Ok(deployment_seen::ActiveModel {
            test_key: Set(test),
            use_key: Set(kept.line),
            decision: Set(kept.seen.decision.clone()),
            told: Set(kept.told.code().to_owned()),
            set_id: Set(kept.seen.set.as_ref().filter(|_| kept.seen.is_test_data()).map(ToString::to_string)),
            body: Set(to_json(&kept.seen)?),
        })
    };
    for some in new.chunks(AT_ONCE) {
        let rows = some.iter().map(row).collect::<Result<Vec<_>, StoreError>>()?;
        let columns = [deployment_seen::Column::TestKey, deployment_seen::Column::UseKey];
        let kept = OnConflict::columns(columns).do_nothing().to_owned();
        let insert = deployment_seen::Entity::insert_many(rows).on_conflict(kept);
        insert.exec_without_returning(tx.connection()).await?;
    }
    let set = row::ActiveModel { looked: Set(looked), ..Default::default() };
    let update = row::Entity::update_many().set(set).filter(row::Column::TestKey.eq(test));
    update.filter(row::Column::Looked.lt(looked)).exec(tx.connection()).await?;
    Ok(())
}

/// Keeps what a gateway has told of something that came out.
///
/// # Errors
/// [`StoreError`].
pub async fn hear(tx: &Transaction, test: i64, kept: &Kept) -> Result<(), StoreError> {
    let set_id = kept.seen.set.as_ref().filter(|_| kept.seen.is_test_data() && kept.told != Told::Otherwise);
    let set = deployment_seen::ActiveModel {
        told: Set(kept.told.code().to_owned()),
        set_id: Set(set_id.map(ToString::to_string)),
        body: Set(to_json(&kept.seen)?),
        ..Default::default()
    };
    let update = deployment_seen::Entity::update_many().set(set);
    let update = update.filter(deployment_seen::Column::TestKey.eq(test));
    update.filter(deployment_seen::Column::UseKey.eq(kept.line)).exec(tx.connection()).await?;
    Ok(())
}

/// The lines after one that are known of a test.
///
/// # Errors
/// [`StoreError`].
pub async fn known_after(db: &impl ConnectionTrait, test: i64, after: i64) -> Result<BTreeSet<i64>, StoreError> {
    use deployment_seen::Column as C;
    let query = deployment_seen::Entity::find().select_only().column(C::UseKey);
    let lines: Vec<i64> = query.filter(C::TestKey.eq(test)).filter(C::UseKey.gt(after)).into_tuple().all(db).await?;
    Ok(lines.into_iter().collect())
}

/// All that came out of a test, the oldest first; or only that of which no gateway has told yet.
///
/// # Errors
/// [`StoreError`].
pub async fn seen(db: &impl ConnectionTrait, test: i64, not_yet: bool) -> Result<Vec<Kept>, StoreError> {
    const TABLE: &str = "deployment_seen";
    use deployment_seen::Column as C;
    let query = deployment_seen::Entity::find().filter(C::TestKey.eq(test));
    let query = if not_yet { query.filter(C::Told.eq(Told::NotYet.code())) } else { query };
    let rows = query.order_by_asc(C::UseKey).all(db).await?;
    let one = |row: deployment_seen::Model| {
        Ok(Kept {
            line: row.use_key,
            told: parsed(Told::parse(&row.told), TABLE, row.use_key, "told")?,
            seen: json(&row.body, TABLE, row.use_key, "body")?,
        })
    };
    rows.into_iter().map(one).collect()
}

/// Which of some sets are test data.
///
/// # Errors
/// [`StoreError`].
pub async fn marked(db: &impl ConnectionTrait, sets: &[&Oid]) -> Result<BTreeSet<String>, StoreError> {
    let mut marked = BTreeSet::new();
    for some in sets.chunks(AT_ONCE) {
        let query = deployment_seen::Entity::find().select_only().column(deployment_seen::Column::SetId).distinct();
        let query = query.filter(deployment_seen::Column::SetId.is_in(some.iter().map(|set| set.as_str())));
        let found: Vec<Option<String>> = query.into_tuple().all(db).await?;
        marked.extend(found.into_iter().flatten());
    }
    Ok(marked)
}

/// The message that brought a document.
///
/// # Errors
/// [`StoreError`].
pub async fn brought_by(db: &impl ConnectionTrait, document: &Oid) -> Result<Option<String>, StoreError> {
    let query = archive_document::Entity::find_by_id(document.to_string()).select_only();
    Ok(query.column(archive_document::Column::MessageId).into_tuple().one(db).await?)
}

/// What gateways told of calls with decision ids.
///
/// # Errors
/// [`StoreError`].
pub async fn calls(db: &impl ConnectionTrait, decisions: &[&str]) -> Result<BTreeMap<String, SeenCall>, StoreError> {
    let mut calls = BTreeMap::new();
    for some in decisions.chunks(AT_ONCE) {
        let query = gateway_call::Entity::find().filter(gateway_call::Column::Decision.is_in(some.iter().copied()));
        for row in query.all(db).await? {
            let call: SeenCall = json(&row.body, "gateway_call", row.row_key, "body")?;
            calls.extend(call.decision.clone().map(|decision| (decision, call)));
        }
    }
    Ok(calls)
}
