//! Moves, who is moved in each, and who agreed.

use crate::entity::{gateway_call, move_consent, move_target, moves as row};
use crate::error::{json, parsed, to_json};
use crate::{Lock, StoreError, Transaction};
use liitos_domain::application::Form;
use liitos_domain::moves::{Consent, Counted, Course, Halt, Kind, LeftOut, New, Seat, Standing, Wave};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, Iterable as _, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait as _, Select,
};
use std::collections::{BTreeMap, BTreeSet};

/// A move that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its key.
    pub key: i64,
    /// Its number: `S2026-1`.
    pub number: String,
    /// Who moves.
    pub leader: Oid,
    /// What is moved.
    pub kind: Kind,
    /// As it was filled in.
    pub form: Form,
    /// Where it stands.
    pub course: Course,
    /// When it was begun.
    pub created_at: Moment,
    /// When it was sent last.
    pub sent_at: Option<Moment>,
    /// Who at the operator approved it.
    pub approver: Option<String>,
    /// How many of its waves have been entered.
    pub entered: usize,
    /// Why it goes no further.
    pub halt: Option<Halt>,
    /// What has become of it, signed, once it is over.
    pub report: Option<String>,
    /// Raised whenever it changes.
    pub revision: i32,
}

/// One that is moved, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Its place in the order.
    pub place: usize,
    /// The joiner, or the access point.
    pub subject: Oid,
    /// Whose that is.
    pub party: Oid,
    /// What it gets.
    pub new: New,
    /// In which wave, at which second.
    pub seat: Seat,
    /// What the approval is bound to.
    pub shape: Sha256Hash,
    /// How it stands.
    pub standing: Standing,
    /// Why it is left out.
    pub reason: Option<LeftOut>,
    /// The directory's version that moved it.
    pub version: Option<u64>,
    /// The one that moved it back.
    pub back: Option<u64>,
    /// Calls since its second, as they were counted when its wave was left.
    pub counted: Counted,
}

const TABLE: &str = "moves";
/// Rows that are written in one statement.
const CHUNK: usize = 500;

/// The next number of a year.
///
/// # Errors
/// [`StoreError`].
pub async fn next_number(tx: &Transaction, at: Moment) -> Result<String, StoreError> {
    tx.lock(Lock::Changes).await?;
    let year = format!("S{}-", at.civil().year());
    let before = row::Entity::find().filter(row::Column::Number.starts_with(&year)).count(tx.connection()).await?;
    Ok(format!("{year}{}", before + 1))
}

/// Keeps a new move; its key is given, of the one that is handed in it counts for nothing.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub async fn add(tx: &Transaction, one: &Move) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        number: Set(one.number.clone()),
        leader: Set(one.leader.to_string()),
        kind: Set(one.kind.code().to_owned()),
        created_at: Set(one.created_at.as_micros()),
        ..stands(one)?
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// What of a move is another as it goes on.
fn stands(one: &Move) -> Result<row::ActiveModel, StoreError> {
    Ok(row::ActiveModel {
        title: Set(one.form.text("title").to_owned()),
        form: Set(to_json(&one.form)?),
        state: Set(one.course.code().to_owned()),
        sent_at: Set(one.sent_at.map(Moment::as_micros)),
        approver: Set(one.approver.clone()),
        entered: Set(small(one.entered)),
        halt: Set(one.halt.map(|halt| halt.code().to_owned())),
        report: Set(one.report.clone()),
        revision: Set(one.revision),
        ..Default::default()
    })
}

fn small(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Keeps how a move stands and what it says, if nobody has changed it since it was read; whether nobody had.
///
/// # Errors
/// [`StoreError`].
pub async fn keep(tx: &Transaction, one: &Move) -> Result<bool, StoreError> {
    let next = Move { revision: one.revision + 1, ..one.clone() };
    let update = row::Entity::update_many().set(stands(&next)?).filter(row::Column::MoveKey.eq(one.key));
    let update = update.filter(row::Column::Revision.eq(one.revision));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// A move by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Move>, StoreError> {
    row::Entity::find().filter(row::Column::Number.eq(number)).one(db).await?.map(read).transpose()
}

/// Moves for a list: of what was filled in only the title, and without reports.
fn in_list() -> Select<row::Entity> {
    use row::Column as C;
    let columns = C::iter().filter(|column| !matches!(column, C::Form | C::Report));
    let query = row::Entity::find().select_only().columns(columns);
    query.expr_as(Expr::val("{}"), "form").expr_as(Expr::val(Option::<String>::None), "report")
}

async fn listed(query: Select<row::Entity>, db: &impl ConnectionTrait, most: u64) -> Result<Vec<Move>, StoreError> {
    let rows = query.order_by_desc(row::Column::MoveKey).limit(most).all(db).await?;
    let one = |row: row::Model| {
        let form = Form([("title".to_owned(), row.title.clone())].into());
        Ok(Move { form, ..read(row)? })
    };
    rows.into_iter().map(one).collect()
}

/// A leader's moves, the newest first; of what was filled in only the title.
///
/// # Errors
/// [`StoreError`].
pub async fn of_leader(db: &impl ConnectionTrait, leader: &Oid, most: u64) -> Result<Vec<Move>, StoreError> {
    listed(in_list().filter(row::Column::Leader.eq(leader.as_str())), db, most).await
}

/// Moves that were sent and in which something of a party's is moved by another, the newest first; of what was filled in only the title.
///
/// # Errors
/// [`StoreError`].
pub async fn of_party(db: &impl ConnectionTrait, party: &Oid, most: u64) -> Result<Vec<Move>, StoreError> {
    let its = move_target::Entity::find().filter(move_target::Column::Party.eq(party.as_str()));
    let its = its.select_only().column(move_target::Column::MoveKey).into_query();
    let query = in_list().filter(row::Column::MoveKey.in_subquery(its));
    let query = query.filter(row::Column::Leader.ne(party.as_str()));
    listed(query.filter(row::Column::State.ne(Course::Draft.code())), db, most).await
}

/// Moves that the operator has been sent, the newest first; of what was filled in only the title.
///
/// # Errors
/// [`StoreError`].
pub async fn sent(db: &impl ConnectionTrait, most: u64) -> Result<Vec<Move>, StoreError> {
    listed(in_list().filter(row::Column::SentAt.is_not_null()), db, most).await
}

/// Moves that wait for the operator, or go on by themselves, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn waiting(db: &impl ConnectionTrait) -> Result<Vec<Move>, StoreError> {
    let states = [Course::Sent, Course::Approved].map(Course::code);
    let query = row::Entity::find().filter(row::Column::State.is_in(states)).order_by_asc(row::Column::MoveKey);
    query.all(db).await?.into_iter().map(read).collect()
}

/// The numbers of the moves that go on by themselves, or that are halted and may have a wave that fails, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn going(db: &impl ConnectionTrait) -> Result<Vec<String>, StoreError> {
    let halted = row::Column::State.eq(Course::Halted.code()).and(row::Column::Entered.gt(0));
    let query = row::Entity::find().filter(row::Column::State.eq(Course::Approved.code()).or(halted));
    let query = query.order_by_asc(row::Column::MoveKey).select_only().column(row::Column::Number);
    Ok(query.into_tuple().all(db).await?)
}

/// How many of a leader's moves are still being written.
///
/// # Errors
/// [`StoreError`].
pub async fn drafts(db: &impl ConnectionTrait, leader: &Oid) -> Result<u64, StoreError> {
    let query = row::Entity::find().filter(row::Column::Leader.eq(leader.as_str()));
    Ok(query.filter(row::Column::State.eq(Course::Draft.code())).count(db).await?)
}

fn read(row: row::Model) -> Result<Move, StoreError> {
    let key = row.move_key;
    let halt = row.halt.map(|halt| parsed(Halt::parse(&halt), TABLE, key, "halt")).transpose()?;
    Ok(Move {
        key,
        leader: parsed(Oid::parse(&row.leader).ok(), TABLE, key, "leader")?,
        kind: parsed(Kind::parse(&row.kind), TABLE, key, "kind")?,
        form: json(&row.form, TABLE, key, "form")?,
        course: parsed(Course::parse(&row.state), TABLE, key, "state")?,
        created_at: Moment::from_micros(row.created_at),
        sent_at: row.sent_at.map(Moment::from_micros),
        approver: row.approver,
        entered: usize::try_from(row.entered).unwrap_or(0),
        halt,
        report: row.report,
        revision: row.revision,
        number: row.number,
    })
}

/// Keeps who is moved, instead of whoever was.
///
/// # Errors
/// [`StoreError`].
pub async fn put_moved(tx: &Transaction, key: i64, all: &[Moved]) -> Result<(), StoreError> {
    let db = tx.connection();
    move_target::Entity::delete_many().filter(move_target::Column::MoveKey.eq(key)).exec(db).await?;
    let model = |one: &Moved| {
        Ok(move_target::ActiveModel {
            move_key: Set(key),
            place: Set(small(one.place)),
            subject: Set(one.subject.to_string()),
            party: Set(one.party.to_string()),
            new: Set(to_json(&one.new)?),
            wave: Set(small(one.seat.wave)),
            switch_at: Set(one.seat.at.as_micros()),
            shape: Set(one.shape.to_string()),
            standing: Set(one.standing.code().to_owned()),
            reason: Set(one.reason.map(|reason| reason.code().to_owned())),
            version: Set(one.version.and_then(|version| i64::try_from(version).ok())),
            back_version: Set(one.back.and_then(|version| i64::try_from(version).ok())),
            passed: Set(i64::try_from(one.counted.passed).unwrap_or(i64::MAX)),
            failed: Set(i64::try_from(one.counted.failed).unwrap_or(i64::MAX)),
        })
    };
    let models = all.iter().map(model).collect::<Result<Vec<_>, StoreError>>()?;
    for chunk in models.chunks(CHUNK) {
        move_target::Entity::insert_many(chunk.iter().cloned()).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What becomes of some who are moved.
#[derive(Clone, Copy, Debug)]
pub enum Becomes {
    /// They are in the directory, by this version.
    Entered(u64),
    /// They are left out.
    LeftOut(LeftOut),
    /// They are as they were before, by this version.
    Back(u64),
}

/// Keeps what has become of some who are moved, by their places.
///
/// # Errors
/// [`StoreError`].
pub async fn becomes(tx: &Transaction, key: i64, places: &[usize], what: Becomes) -> Result<(), StoreError> {
    let version = |version: u64| Set(Some(i64::try_from(version).unwrap_or(i64::MAX)));
    let standing = |standing: Standing| Set(standing.code().to_owned());
    let new = match what {
        Becomes::Entered(at) => move_target::ActiveModel {
            standing: standing(Standing::Entered),
            version: version(at),
            ..Default::default()
        },
        Becomes::LeftOut(reason) => move_target::ActiveModel {
            standing: standing(Standing::LeftOut),
            reason: Set(Some(reason.code().to_owned())),
            ..Default::default()
        },
        Becomes::Back(at) => move_target::ActiveModel {
            standing: standing(Standing::Back),
            back_version: version(at),
            ..Default::default()
        },
    };
    for chunk in places.chunks(CHUNK) {
        let update = move_target::Entity::update_many().set(new.clone());
        let update = update.filter(move_target::Column::MoveKey.eq(key));
        let update = update.filter(move_target::Column::Place.is_in(chunk.iter().map(|place| small(*place))));
        update.exec(tx.connection()).await?;
    }
    Ok(())
}

/// Keeps when some who wait go instead: by place, in which wave, at which second.
///
/// # Errors
/// [`StoreError`].
pub async fn reseat(tx: &Transaction, key: i64, seats: &[(usize, Seat)]) -> Result<(), StoreError> {
    use move_target::Column as C;
    for (place, seat) in seats {
        let update = move_target::Entity::update_many().col_expr(C::Wave, Expr::value(small(seat.wave)));
        let update = update.col_expr(C::SwitchAt, Expr::value(seat.at.as_micros()));
        let update = update.filter(C::MoveKey.eq(key)).filter(C::Place.eq(small(*place)));
        update.filter(C::Standing.eq(Standing::Planned.code())).exec(tx.connection()).await?;
    }
    Ok(())
}

/// Keeps the calls of some, by place.
///
/// # Errors
/// [`StoreError`].
pub async fn count(tx: &Transaction, key: i64, counted: &BTreeMap<usize, Counted>) -> Result<(), StoreError> {
    use move_target::Column as C;
    for (place, counted) in counted {
        let number = |number: u64| Expr::value(i64::try_from(number).unwrap_or(i64::MAX));
        let update = move_target::Entity::update_many().col_expr(C::Passed, number(counted.passed));
        let update = update.col_expr(C::Failed, number(counted.failed));
        update.filter(C::MoveKey.eq(key)).filter(C::Place.eq(small(*place))).exec(tx.connection()).await?;
    }
    Ok(())
}

/// Who is moved, in order.
///
/// # Errors
/// [`StoreError`].
pub async fn moved(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Moved>, StoreError> {
    let query = move_target::Entity::find().filter(move_target::Column::MoveKey.eq(key));
    let rows = query.order_by_asc(move_target::Column::Place).all(db).await?;
    rows.into_iter().map(|row| read_moved(row, key)).collect()
}

/// When the waves of a move go, in their order.
///
/// # Errors
/// [`StoreError`].
pub async fn waves(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Wave>, StoreError> {
    use move_target::Column as C;
    let query = move_target::Entity::find().filter(C::MoveKey.eq(key)).select_only().column(C::Wave);
    let query = query.column_as(C::SwitchAt.min(), "begins").column_as(C::SwitchAt.max(), "last");
    let rows: Vec<(i32, i64, i64)> = query.group_by(C::Wave).order_by_asc(C::Wave).into_tuple().all(db).await?;
    let wave = |(_, begins, last)| Wave { begins: Moment::from_micros(begins), last: Moment::from_micros(last) };
    Ok(rows.into_iter().map(wave).collect())
}

/// Whether something of a party's waits for its wave.
///
/// # Errors
/// [`StoreError`].
pub async fn planned(db: &impl ConnectionTrait, key: i64, party: &Oid) -> Result<bool, StoreError> {
    use move_target::Column as C;
    let query = move_target::Entity::find().filter(C::MoveKey.eq(key)).filter(C::Party.eq(party.as_str()));
    Ok(query.filter(C::Standing.eq(Standing::Planned.code())).count(db).await? > 0)
}

fn read_moved(row: move_target::Model, key: i64) -> Result<Moved, StoreError> {
    const TABLE: &str = "move_target";
    let reason = row.reason.map(|reason| parsed(LeftOut::parse(&reason), TABLE, key, "reason")).transpose()?;
    let version = |version: Option<i64>| version.and_then(|version| u64::try_from(version).ok());
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    let size = |number: i32| usize::try_from(number).unwrap_or(0);
    Ok(Moved {
        place: size(row.place),
        subject: parsed(Oid::parse(&row.subject).ok(), TABLE, key, "subject")?,
        party: parsed(Oid::parse(&row.party).ok(), TABLE, key, "party")?,
        new: json(&row.new, TABLE, key, "new")?,
        seat: Seat { wave: size(row.wave), at: Moment::from_micros(row.switch_at) },
        shape: parsed(Sha256Hash::parse(&row.shape), TABLE, key, "shape")?,
        standing: parsed(Standing::parse(&row.standing), TABLE, key, "standing")?,
        reason,
        version: version(row.version),
        back: version(row.back_version),
        counted: Counted { passed: number(row.passed), failed: number(row.failed) },
    })
}

/// Calls of one who was moved, of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// Whose: its place.
    pub place: usize,
    /// Through which access point.
    pub access_point: Option<String>,
    /// To which service.
    pub service: Option<String>,
    /// With which system, as far as that is known.
    pub system: Option<String>,
    /// Whether they failed.
    pub failed: bool,
    /// Whether they came when the way of before was closed.
    pub late: bool,
    /// How many.
    pub count: u64,
    /// When the last was.
    pub last: Moment,
}

/// The calls, as gateways told of them, of those who are in the directory by a move, of one wave or of all, each since its second, up to a moment. `points`: access points are
/// moved, and not joiners; `overlap`: so many seconds after its second the way of before is closed.
///
/// # Errors
/// [`StoreError`].
pub async fn calls(
    db: &impl ConnectionTrait,
    (key, wave): (i64, Option<usize>),
    (points, overlap): (bool, i64),
    until: Moment,
) -> Result<Vec<Calls>, StoreError> {
    use gateway_call::{Column as C, Entity as Call};
    use move_target::{Column as T, Entity as Target};
    let subject = if points { C::AccessPoint } else { C::Joiner };
    let (at, switch) = (Expr::col((Call, C::At)), Expr::col((Target, T::SwitchAt)));
    let meets = Expr::col((Call, subject)).equals((Target, T::Subject)).and(at.clone().gte(switch.clone()));
    let late = at.clone().gte(switch.add(overlap.saturating_mul(1_000_000)));
    let by = [(Call, C::AccessPoint), (Call, C::Service), (Call, C::System), (Call, C::Failed)];
    let mut select = Query::select();
    select.expr_as(Expr::col((Target, T::Place)), "place").columns(by).expr_as(late, "late");
    select
        .expr_as(Expr::col((Call, C::StandsFor)).sum().cast_as("bigint"), "calls")
        .expr_as(at.clone().max(), "last_at");
    select.from(Target).inner_join(Call, meets).and_where(Expr::col((Target, T::MoveKey)).eq(key));
    select.and_where(Expr::col((Target, T::Standing)).eq(Standing::Entered.code()));
    select.and_where(Expr::col((Call, C::Failed)).is_not_null()).and_where(at.lte(until.as_micros()));
    if let Some(wave) = wave {
        select.and_where(Expr::col((Target, T::Wave)).eq(small(wave)));
    }
    select.group_by_col((Target, T::Place)).group_by_columns(by).add_group_by([Expr::col("late")]);
    let rows = db.query_all_raw(db.get_database_backend().build(&select)).await?;
    let read = |row: sea_orm::QueryResult| {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Calls {
            place: usize::try_from(row.try_get::<i32>("", "place")?).unwrap_or(0),
            access_point: row.try_get("", "access_point")?,
            service: row.try_get("", "service")?,
            system: row.try_get("", "system")?,
            failed: row.try_get("", "failed")?,
            late: row.try_get("", "late")?,
            count: number(row.try_get("", "calls")?),
            last: Moment::from_micros(row.try_get("", "last_at")?),
        })
    };
    rows.into_iter().map(read).collect()
}

/// Keeps how some agree, or do not, whatever they said before.
///
/// # Errors
/// [`StoreError`].
pub async fn agree(
    tx: &Transaction,
    key: i64,
    parties: &[(Oid, Consent)],
    (reference, at): (&str, Moment),
) -> Result<(), StoreError> {
    use move_consent::Column as C;
    let model = |(party, how): &(Oid, Consent)| move_consent::ActiveModel {
        move_key: Set(key),
        party: Set(party.to_string()),
        how: Set(how.code().to_owned()),
        at: Set(at.as_micros()),
        reference: Set(reference.to_owned()),
    };
    for chunk in parties.chunks(CHUNK) {
        let again =
            OnConflict::columns([C::MoveKey, C::Party]).update_columns([C::How, C::At, C::Reference]).to_owned();
        let insertion = move_consent::Entity::insert_many(chunk.iter().map(model)).on_conflict(again);
        insertion.exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// Forgets what was answered, because something else is asked; keys that were given stay.
///
/// # Errors
/// [`StoreError`].
pub async fn ask_anew(tx: &Transaction, key: i64) -> Result<(), StoreError> {
    use move_consent::Column as C;
    let forgotten = move_consent::Entity::delete_many().filter(C::MoveKey.eq(key));
    forgotten.filter(C::How.ne(Consent::Key.code())).exec(tx.connection()).await?;
    Ok(())
}

/// How everybody agrees who was asked, or need not be.
///
/// # Errors
/// [`StoreError`].
pub async fn consents(db: &impl ConnectionTrait, key: i64) -> Result<BTreeMap<Oid, Consent>, StoreError> {
    const TABLE: &str = "move_consent";
    let rows = move_consent::Entity::find().filter(move_consent::Column::MoveKey.eq(key)).all(db).await?;
    let read = |row: move_consent::Model| {
        let party = parsed(Oid::parse(&row.party).ok(), TABLE, key, "party")?;
        Ok((party, parsed(Consent::parse(&row.how), TABLE, key, "how")?))
    };
    rows.into_iter().map(read).collect()
}

/// In which of some moves a party has been asked and has not answered.
///
/// # Errors
/// [`StoreError`].
pub async fn unanswered(db: &impl ConnectionTrait, party: &Oid) -> Result<BTreeSet<i64>, StoreError> {
    use move_consent::Column as C;
    let query = move_consent::Entity::find().filter(C::Party.eq(party.as_str()));
    let rows = query.filter(C::How.eq(Consent::Asked.code())).all(db).await?;
    Ok(rows.into_iter().map(|row| row.move_key).collect())
}
