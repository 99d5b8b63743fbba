//! Documents with what they are found by. Bodies are sealed before they come here.

use super::cells::read as read_cell;
use super::rests::{self, Rests};
use crate::entity::{archive_body, archive_cell, archive_document as row, archive_invalidation, document, message};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Cell, Keeping, Standing};
use liitos_domain::{Moment, Oid, Sha256Hash};
use sea_orm::sea_query::{Expr, SimpleExpr, UnionType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QueryResult, QuerySelect, QueryTrait as _,
};
use std::collections::BTreeSet;

const TABLE: &str = "archive_document";

/// A document's body as it is kept.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// It, encrypted; empty where it lies in the object store.
    pub body: Vec<u8>,
    /// Where it lies there: SHA-256 of it as it is encrypted.
    pub address: Option<Sha256Hash>,
    /// The number of the register's key that wraps its own.
    pub key: i64,
    /// Its own key, wrapped.
    pub wrapped: Vec<u8>,
}

/// A document to keep.
#[derive(Clone, Debug)]
pub struct NewDocument<'a> {
    /// Its id.
    pub id: &'a Oid,
    /// The id its versions share.
    pub set_id: &'a Oid,
    /// Its version.
    pub version: u32,
    /// The cell that its set is counted to.
    pub cell: i64,
    /// The unit that it was made in, where it is another than its cell's.
    pub made_in: Option<&'a Oid>,
    /// The controller that it names.
    pub controller: &'a Oid,
    /// Whose it is when it is stored.
    pub active: &'a Oid,
    /// Whose document it is: a keyed digest.
    pub person: &'a str,
    /// Whether its person is named by a temporary identifier.
    pub temporary: bool,
    /// Whether it holds what is under a security ban.
    pub banned: bool,
    /// Its type.
    pub kind: Option<&'a str>,
    /// The task it was made in.
    pub task: Option<&'a str>,
    /// How long it is to be kept.
    pub keeping: &'a Keeping,
    /// The service event or matter.
    pub event: Option<&'a Oid>,
    /// The document that it is added to.
    pub added_to: Option<&'a Oid>,
    /// Whether it is not finished by its own word.
    pub unfinished: bool,
    /// Whether it is the document of a service event that has not ended.
    pub event_open: bool,
    /// When it was made, by its own word.
    pub made_at: Moment,
    /// When it is stored.
    pub stored_at: Moment,
    /// Whose joining it came under.
    pub joiner: &'a Oid,
    /// The tenant that it came from.
    pub tenant: Option<&'a Oid>,
    /// The access point it came through.
    pub access_point: &'a str,
    /// The message that brought it.
    pub message_id: &'a Oid,
    /// The signature policy it passed under.
    pub policy: &'a str,
    /// The signer's certificate.
    pub signer: Sha256Hash,
    /// SHA-256 of the signature value; of documents of before it may not be known.
    pub signature: Option<Sha256Hash>,
    /// When it was signed.
    pub signed_at: Moment,
    /// What its body is.
    pub media_type: &'a str,
    /// SHA-256 of its body.
    pub hash: Sha256Hash,
    /// Its body's length in bytes.
    pub size: u64,
    /// Its body.
    pub sealed: &'a Sealed,
}

/// A document that is kept, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub id: Oid,
    /// The id its versions share.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// What its set is counted to, and so whose it is.
    pub cell: Cell,
    /// The unit that it was made in.
    pub unit: Oid,
    /// The controller that it names.
    pub controller: Oid,
    /// How it stands.
    pub standing: Standing,
    /// Whether it is not finished by its own word.
    pub unfinished: bool,
    /// Whose document it is: a keyed digest.
    pub person: String,
    /// Whether that is named by a temporary identifier.
    pub temporary: bool,
    /// Whether it holds what is under a security ban.
    pub banned: bool,
    /// Whose joining it came under.
    pub joiner: Oid,
    /// The tenant that it came from.
    pub tenant: Option<Oid>,
    /// The service event or matter.
    pub event: Option<String>,
    /// When it was made, by its own word.
    pub made_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// SHA-256 of its body.
    pub hash: Sha256Hash,
}

/// A year of birth as it is kept: 0 says that it was looked for in vain.
pub(super) fn born_as_kept(keeping: &Keeping) -> i32 {
    keeping.born.map_or(0, i32::from)
}

/// Documents' rows, without their bodies.
pub(super) fn rows(new: &[NewDocument<'_>]) -> Vec<row::ActiveModel> {
    let row = |new: &NewDocument<'_>| row::ActiveModel {
        document_id: Set(new.id.to_string()),
        set_id: Set(new.set_id.to_string()),
        version: Set(i32::try_from(new.version).unwrap_or(i32::MAX)),
        cell: Set(new.cell),
        controller: Set(new.controller.to_string()),
        active_controller: Set(new.active.to_string()),
        standing: Set(Standing::Newest.code().to_owned()),
        person: Set(new.person.to_owned()),
        temporary: Set(new.temporary),
        banned: Set(new.banned),
        kind: Set(new.kind.map(str::to_owned)),
        task: Set(new.task.map(str::to_owned)),
        retention: Set(new.keeping.class.clone()),
        born: Set(Some(born_as_kept(new.keeping))),
        kept_until: Set(new.keeping.until.map(i32::from)),
        made_in: Set(new.made_in.map(ToString::to_string)),
        event: Set(new.event.map(ToString::to_string)),
        added_to: Set(new.added_to.map(ToString::to_string)),
        unfinished: Set(new.unfinished),
        event_open: Set(new.event_open),
        made_at: Set(new.made_at.as_micros()),
        stored_at: Set(new.stored_at.as_micros()),
        joiner: Set(new.joiner.to_string()),
        tenant: Set(new.tenant.map(ToString::to_string)),
        access_point: Set(new.access_point.to_owned()),
        message_id: Set(new.message_id.to_string()),
        policy: Set(new.policy.to_owned()),
        signer_fingerprint: Set(new.signer.to_string()),
        signed_at: Set(new.signed_at.as_micros()),
        signature_hash: Set(new.signature.map(|hash| hash.to_string())),
        media_type: Set(new.media_type.to_owned()),
        hash: Set(new.hash.to_string()),
        size: Set(i64::try_from(new.size).unwrap_or(i64::MAX)),
    };
    new.iter().map(row).collect()
}

/// The rows of their bodies.
pub(super) fn rows_of_bodies(new: &[NewDocument<'_>]) -> Vec<archive_body::ActiveModel> {
    let body = |new: &NewDocument<'_>| archive_body::ActiveModel {
        document_id: Set(new.id.to_string()),
        key_key: Set(new.sealed.key),
        wrapped: Set(new.sealed.wrapped.clone()),
        body: Set(new.sealed.body.clone()),
        address: Set(new.sealed.address.map(|address| address.to_string())),
    };
    new.iter().map(body).collect()
}

/// Keeps documents; some hundred at most.
///
/// # Errors
/// [`StoreError::Duplicate`] when an id, a version in its set, or a signature is there already.
pub async fn insert(tx: &Transaction, new: &[NewDocument<'_>]) -> Result<(), StoreError> {
    row::Entity::insert_many(rows(new)).exec_without_returning(tx.connection()).await?;
    archive_body::Entity::insert_many(rows_of_bodies(new)).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A newer version takes a document's place; whether it was still the newest.
///
/// # Errors
/// [`StoreError`].
pub async fn supersede(tx: &Transaction, id: &Oid) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::Standing, Standing::Replaced.code().into())
        .filter(row::Column::DocumentId.eq(id.as_str()))
        .filter(row::Column::Standing.eq(Standing::Newest.code()));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Writes one column of each document between two ids, the second not among them: the plain thing that carrying a run through is measured beside, and
/// nothing else's affair, since no run reads that column. How many.
///
/// # Errors
/// [`StoreError`].
pub async fn rewrite(tx: &Transaction, (from, before): (&Oid, &Oid), controller: &Oid) -> Result<u64, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::ActiveController, controller.to_string().into())
        .filter(row::Column::DocumentId.gte(from.as_str()))
        .filter(row::Column::DocumentId.lt(before.as_str()));
    Ok(update.exec(tx.connection()).await?.rows_affected)
}

/// Declares a set void; whether its newest stood until now.
///
/// # Errors
/// [`StoreError`].
pub async fn invalidate(
    tx: &Transaction,
    set_id: &Oid,
    (reason, by_whom): (&str, &str),
    at: Moment,
) -> Result<bool, StoreError> {
    let update = row::Entity::update_many()
        .col_expr(row::Column::Standing, Standing::Invalidated.code().into())
        .filter(row::Column::SetId.eq(set_id.as_str()))
        .filter(row::Column::Standing.eq(Standing::Newest.code()));
    if update.exec(tx.connection()).await?.rows_affected != 1 {
        return Ok(false);
    }
    let why = archive_invalidation::ActiveModel {
        set_id: Set(set_id.to_string()),
        reason: Set(reason.to_owned()),
        at: Set(at.as_micros()),
        by_whom: Set(by_whom.to_owned()),
    };
    archive_invalidation::Entity::insert(why).exec_without_returning(tx.connection()).await?;
    Ok(true)
}

/// Why a set was declared void, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Void {
    /// Why: a code, or words.
    pub reason: String,
    /// By whom: an access point, or a person's reference.
    pub by_whom: String,
    /// When.
    pub at: Moment,
}

/// Why a set is void, if it is.
///
/// # Errors
/// [`StoreError`].
pub async fn void(db: &impl ConnectionTrait, set_id: &Oid) -> Result<Option<Void>, StoreError> {
    let row = archive_invalidation::Entity::find_by_id(set_id.to_string()).one(db).await?;
    Ok(row.map(|row| Void { reason: row.reason, by_whom: row.by_whom, at: Moment::from_micros(row.at) }))
}

/// What [`Kept`] is read from: columns of the row and of its cell.
#[derive(FromQueryResult)]
struct Columns {
    document_id: String,
    set_id: String,
    version: i32,
    standing: String,
    unfinished: bool,
    person: String,
    temporary: bool,
    banned: bool,
    event: Option<String>,
    made_at: i64,
    stored_at: i64,
    hash: String,
    controller: String,
    joiner: String,
    tenant: Option<String>,
    made_in: Option<String>,
    cell_key: i64,
    cell_controller: String,
    register: String,
    unit: String,
    customer: String,
    month: i32,
}

/// Of documents what [`Columns`] holds.
fn with_cell(query: sea_orm::Select<row::Entity>) -> sea_orm::Select<row::Entity> {
    use row::Column as C;
    let own = [
        C::DocumentId,
        C::SetId,
        C::Version,
        C::Standing,
        C::Unfinished,
        C::Person,
        C::Temporary,
        C::Banned,
        C::Event,
        C::MadeAt,
        C::StoredAt,
        C::Hash,
        C::Controller,
        C::Joiner,
        C::Tenant,
        C::MadeIn,
    ];
    let of_cell = archive_cell::Entity::belongs_to(row::Entity).from(archive_cell::Column::CellKey).to(C::Cell);
    let query = query.join_rev(JoinType::InnerJoin, of_cell.into()).select_only().columns(own);
    query
        .column(archive_cell::Column::CellKey)
        .column_as(archive_cell::Column::Controller, "cell_controller")
        .column(archive_cell::Column::Register)
        .column(archive_cell::Column::Unit)
        .column(archive_cell::Column::Customer)
        .column(archive_cell::Column::Month)
}

async fn kept(db: &impl ConnectionTrait, query: sea_orm::Select<row::Entity>) -> Result<Option<Kept>, StoreError> {
    with_cell(query).into_model::<Columns>().one(db).await?.map(read).transpose()
}

fn read(found: Columns) -> Result<Kept, StoreError> {
    let id = found.document_id;
    let oid = |text: &str, column| parsed(Oid::parse(text).ok(), TABLE, &id, column);
    let cell = archive_cell::Model {
        cell_key: found.cell_key,
        controller: found.cell_controller,
        register: found.register,
        unit: found.unit,
        customer: found.customer,
        month: found.month,
        active: None,
    };
    let cell = read_cell(cell)?;
    Ok(Kept {
        unit: found.made_in.map_or_else(|| Ok(cell.unit.clone()), |unit| oid(&unit, "made_in"))?,
        cell,
        controller: oid(&found.controller, "controller")?,
        joiner: oid(&found.joiner, "joiner")?,
        tenant: found.tenant.as_deref().map(|tenant| oid(tenant, "tenant")).transpose()?,
        set_id: oid(&found.set_id, "set_id")?,
        version: parsed(u32::try_from(found.version).ok(), TABLE, &id, "version")?,
        standing: parsed(Standing::parse(&found.standing), TABLE, &id, "standing")?,
        unfinished: found.unfinished,
        person: found.person,
        temporary: found.temporary,
        banned: found.banned,
        event: found.event,
        made_at: Moment::from_micros(found.made_at),
        stored_at: Moment::from_micros(found.stored_at),
        hash: parsed(Sha256Hash::parse(&found.hash), TABLE, &id, "hash")?,
        id: oid(&id, "document_id")?,
    })
}

/// A document, without its body.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, id: &Oid) -> Result<Option<Kept>, StoreError> {
    kept(db, row::Entity::find_by_id(id.to_string())).await
}

/// A document with its body, and what documents rest on now, in one question.
///
/// # Errors
/// [`StoreError`].
pub async fn find_whole(db: &impl ConnectionTrait, id: &Oid) -> Result<(Option<(Kept, Sealed)>, Rests), StoreError> {
    use archive_body::Column as B;
    let its_body = archive_body::Entity::belongs_to(row::Entity).from(B::DocumentId).to(row::Column::DocumentId);
    let query = with_cell(row::Entity::find_by_id(id.to_string())).join_rev(JoinType::InnerJoin, its_body.into());
    let query = query.columns([B::KeyKey, B::Wrapped, B::Body, B::Address]);
    let query = rests::COUNTED.iter().fold(query, |query, (name, how)| query.column_as(Expr::cust(*how), *name));
    let Some(found) = db.query_one(&query.into_query()).await? else { return Ok((None, rests::rests(db).await?)) };
    let address = found.try_get::<Option<String>>("", "address")?;
    let address = address.map(|text| parsed(Sha256Hash::parse(&text), "archive_body", id, "address")).transpose()?;
    let sealed = Sealed {
        body: found.try_get("", "body")?,
        address,
        key: found.try_get("", "key_key")?,
        wrapped: found.try_get("", "wrapped")?,
    };
    let kept = read(Columns::from_query_result(&found, "")?)?;
    Ok((Some((kept, sealed)), rests::read(&found)?))
}

/// The newest of a set, or the one that was declared void with it.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &impl ConnectionTrait, set_id: &Oid) -> Result<Option<Kept>, StoreError> {
    let query = row::Entity::find().filter(row::Column::SetId.eq(set_id.as_str()));
    kept(db, query.filter(row::Column::Standing.ne(Standing::Replaced.code()))).await
}

/// Keeps that a set holds what is under a security ban: in each of its versions, the older ones too, and in what was added to them.
///
/// # Errors
/// [`StoreError`].
pub async fn ban_set(tx: &Transaction, set_id: &Oid) -> Result<(), StoreError> {
    use row::Column as C;
    let versions = row::Entity::find().select_only().column(C::DocumentId).filter(C::SetId.eq(set_id.as_str()));
    let added = row::Entity::find().select_only().column(C::SetId);
    let added = added.filter(C::AddedTo.is_not_null()).filter(C::AddedTo.in_subquery(versions.into_query()));
    let update = row::Entity::update_many()
        .col_expr(C::Banned, true.into())
        .filter(Condition::any().add(C::SetId.eq(set_id.as_str())).add(C::SetId.in_subquery(added.into_query())))
        .filter(C::Banned.eq(false));
    update.exec(tx.connection()).await?;
    Ok(())
}

/// Holds the newest of the sets of documents that others follow, in their order, so that nobody replaces them or declares them void until the transaction
/// ends.
///
/// # Errors
/// [`StoreError`].
pub async fn hold_followed(tx: &Transaction, ids: &BTreeSet<&Oid>) -> Result<(), StoreError> {
    use row::Column as C;
    let sets = row::Entity::find().filter(C::DocumentId.is_in(ids.iter().map(|id| id.as_str())));
    let held = row::Entity::find()
        .filter(C::SetId.in_subquery(sets.select_only().column(C::SetId).into_query()))
        .filter(C::Standing.ne(Standing::Replaced.code()))
        .order_by_asc(C::DocumentId)
        .lock_exclusive();
    held.select_only().column(C::DocumentId).into_tuple::<String>().all(tx.connection()).await?;
    Ok(())
}

/// Whether a document id is taken, here or by what an older program keeps.
///
/// # Errors
/// [`StoreError`].
pub async fn is_stored(db: &impl ConnectionTrait, id: &Oid) -> Result<bool, StoreError> {
    let here = row::Entity::find_by_id(id.to_string()).select_only().column(row::Column::DocumentId).into_query();
    let before = document::Entity::find_by_id(id.to_string()).select_only().column(document::Column::DocumentId);
    let mut either = here;
    either.union(UnionType::All, before.into_query());
    Ok(db.query_one(&either).await?.is_some())
}

/// Whether a document with this signature is kept.
///
/// # Errors
/// [`StoreError`].
pub async fn is_signed(db: &impl ConnectionTrait, signature: Sha256Hash) -> Result<bool, StoreError> {
    let query = row::Entity::find().filter(row::Column::SignatureHash.eq(signature.to_string()));
    Ok(query.select_only().column(row::Column::DocumentId).into_tuple::<String>().one(db).await?.is_some())
}

/// What a document that comes brings of its own: nothing else may have it.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Its message's id.
    pub message: &'a Oid,
    /// Its own id, and its set's: it is the first of it.
    pub document: &'a Oid,
    /// SHA-256 of its signature value.
    pub signature: Sha256Hash,
}

/// What of some documents' own is there already: ids, and signatures' hashes, as texts.
///
/// # Errors
/// [`StoreError`].
pub async fn taken(db: &impl ConnectionTrait, all: &[Own<'_>]) -> Result<BTreeSet<String>, StoreError> {
    use row::Column as C;
    let ids = || all.iter().map(|own| own.document.as_str());
    let with = |column: C, condition: Condition| row::Entity::find().select_only().column(column).filter(condition);
    let only = |condition: SimpleExpr| Condition::all().add(condition);
    let signatures = all.iter().map(|own| own.signature.to_string());
    let messages = message::Entity::find().select_only().column(message::Column::MessageId);
    let messages = messages.filter(message::Column::MessageId.is_in(all.iter().map(|own| own.message.as_str())));
    let mut query = with(C::DocumentId, only(C::DocumentId.is_in(ids()))).into_query();
    query.union(UnionType::All, with(C::SetId, only(C::SetId.is_in(ids())).add(C::Version.eq(1))).into_query());
    query.union(UnionType::All, with(C::SignatureHash, only(C::SignatureHash.is_in(signatures))).into_query());
    query.union(UnionType::All, messages.into_query());
    let rows = db.query_all(&query).await?;
    let text = |row: &QueryResult| Ok(row.try_get_by_index::<String>(0)?);
    rows.iter().map(text).collect()
}

/// How many documents are kept.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(row::Entity::find().count(db).await?)
}
