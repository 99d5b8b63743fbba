//! Answers that were given to a request with an idempotency key, so that the same request is carried out once.

use crate::entity::given_answer as row;
use crate::{Store, StoreError};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// What the body is.
    pub media_type: String,
    /// The body.
    pub body: String,
}

/// What is known of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be carried out now.
    New,
    /// The same is being carried out.
    Running,
    /// The same was answered.
    Answered(Answer),
    /// Another request had the key.
    Other,
}

/// After so long a request that was begun and not answered may be tried again.
const RUNNING_SECONDS: i64 = 120;
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
        Ok(_) => return Ok(Known::New),
        Err(StoreError::Duplicate) => {}
        Err(error) => return Err(error),
    }
    let Some(found) = row::Entity::find_by_id((owner.to_owned(), key.to_owned())).one(db).await? else {
        return Ok(Known::Running);
    };
    Ok(match (found.request_hash == request.to_string(), found.status, found.media_type, found.body) {
        (false, ..) => Known::Other,
        (true, Some(status), Some(media_type), Some(body)) => {
            Known::Answered(Answer { status: u16::try_from(status).unwrap_or(500), media_type, body })
        }
        _ => Known::Running,
    })
}

/// Keeps the answer to a request that was begun; an answer that may be another next time is forgotten instead.
///
/// # Errors
/// [`StoreError`].
pub async fn end(store: &Store, (owner, key): (&str, &str), answer: Option<&Answer>) -> Result<(), StoreError> {
    let id = (owner.to_owned(), key.to_owned());
    match answer {
        Some(answer) => {
            let row = row::ActiveModel {
                status: Set(Some(i32::from(answer.status))),
                media_type: Set(Some(answer.media_type.clone())),
                body: Set(Some(answer.body.clone())),
                ..Default::default()
            };
            let update = row::Entity::update_many().set(row).filter(row::Column::Owner.eq(id.0));
            update.filter(row::Column::IdempotencyKey.eq(id.1)).exec(store.write()).await?;
        }
        None => {
            row::Entity::delete_by_id(id).exec(store.write()).await?;
        }
    }
    Ok(())
}
