//! Answers that were given to a request with an idempotency key, so that the same request is carried out once.

use crate::entity::given_answer as row;
use crate::{Store, StoreError};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, UpdateMany};

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub media_type: String,
    /// The body.
    pub body: String,
    /// Where what was made is found, if something was.
    pub location: Option<String>,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be carried out now, and said again every [`RENEWED_SECONDS`] that it is.
    New(Lease),
    /// The same is being carried out.
    Running,
    /// The same was answered.
    Answered(Answer),
    /// Another request had the key.
    Other,
}

/// The word that a request is being carried out, of the moment that it was said last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(Moment);

/// So long after it was said last that a request is being carried out, it may be tried again: its program has died.
const RUNNING_SECONDS: i64 = 120;
/// So often it is to be said.
pub const RENEWED_SECONDS: u64 = 30;
/// So long answers are kept.
pub const KEPT_SECONDS: i64 = 86_400;

/// Begins a request under a key of its sender, unless it was begun before.
///
/// # Errors
/// [`StoreError`].
pub async fn begin(
    store: &Store,
    (owner, key): (&str, &str),
    request: &Sha256Hash,
    now: Moment,
) -> Result<Known, StoreError> {
    let db = store.write();
    // What is old, or was begun by a program that died, is forgotten.
    row::Entity::delete_many().filter(row::Column::At.lt(now.plus_seconds(-KEPT_SECONDS).as_micros())).exec(db).await?;
    row::Entity::delete_many()
        .filter(row::Column::Status.is_null())
        .filter(row::Column::At.lt(now.plus_seconds(-RUNNING_SECONDS).as_micros()))
        .exec(db)
        .await?;
    let new = row::ActiveModel {
        owner: Set(owner.to_owned()),
        idempotency_key: Set(key.to_owned()),
        request_hash: Set(request.to_string()),
        at: Set(now.as_micros()),
        ..Default::default()
    };
    match row::Entity::insert(new).exec_without_returning(db).await.map_err(StoreError::from) {
        Ok(_) => return Ok(Known::New(Lease(now))),
        Err(StoreError::Duplicate) => {}
        Err(error) => return Err(error),
    }
    let Some(found) = row::Entity::find_by_id((owner.to_owned(), key.to_owned())).one(db).await? else {
        return Ok(Known::Running);
    };
    let location = found.location;
    Ok(match (found.request_hash == request.to_string(), found.status, found.media_type, found.body) {
        (false, ..) => Known::Other,
        (true, Some(status), Some(media_type), Some(body)) => {
            Known::Answered(Answer { status: u16::try_from(status).unwrap_or(500), media_type, body, location })
        }
        _ => Known::Running,
    })
}

/// Says again that a request is being carried out.
///
/// # Errors
/// [`StoreError`].
pub async fn renew(store: &Store, key: (&str, &str), lease: &mut Lease, now: Moment) -> Result<(), StoreError> {
    let said = row::ActiveModel { at: Set(now.as_micros()), ..Default::default() };
    if running(key, *lease).set(said).exec(store.write()).await?.rows_affected == 1 {
        *lease = Lease(now);
    }
    Ok(())
}

/// Keeps the answer to a request that was carried out under a lease; an answer that may be another next time is forgotten instead.
/// Who lost the lease changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn end(store: &Store, key: (&str, &str), lease: Lease, answer: Option<&Answer>) -> Result<(), StoreError> {
    if let Some(answer) = answer {
        let kept = row::ActiveModel {
            status: Set(Some(i32::from(answer.status))),
            media_type: Set(Some(answer.media_type.clone())),
            body: Set(Some(answer.body.clone())),
            location: Set(answer.location.clone()),
            ..Default::default()
        };
        running(key, lease).set(kept).exec(store.write()).await?;
    } else {
        let delete = row::Entity::delete_many().filter(row::Column::Owner.eq(key.0));
        let delete = delete.filter(row::Column::IdempotencyKey.eq(key.1)).filter(row::Column::Status.is_null());
        delete.filter(row::Column::At.eq(lease.0.as_micros())).exec(store.write()).await?;
    }
    Ok(())
}

/// The request that is carried out under a lease.
fn running((owner, key): (&str, &str), lease: Lease) -> UpdateMany<row::Entity> {
    let update = row::Entity::update_many().filter(row::Column::Owner.eq(owner));
    let update = update.filter(row::Column::IdempotencyKey.eq(key)).filter(row::Column::Status.is_null());
    update.filter(row::Column::At.eq(lease.0.as_micros()))
}
