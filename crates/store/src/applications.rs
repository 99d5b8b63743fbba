//! Applications and their steps.

use crate::entity::{application, application_step as step_row};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::application::{Application, Form, JoinerKind, State, Step};
use liitos_domain::{Moment, Oid, Service};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

/// An application with what the store keeps beside it.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its key in the store.
    pub key: i64,
    /// The application.
    pub application: Application,
    /// The revision of each saved step, for finding out that somebody else saved in between.
    pub revisions: BTreeMap<Step, i32>,
    /// The language its applicant reads.
    pub language: String,
    /// When it was begun.
    pub created_at: Moment,
    /// When it was sent.
    pub sent_at: Option<Moment>,
    /// Who of the operator's staff handles it: reference and name.
    pub handler: Option<(String, String)>,
}

/// Adds a new draft and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    tx: &Transaction,
    application: &Application,
    language: &str,
    at: Moment,
) -> Result<i64, StoreError> {
    let row = application::ActiveModel {
        number: Set(application.number.clone()),
        joiner: Set(application.joiner.to_string()),
        service: Set(application.service.code().to_owned()),
        first_joining: Set(application.first_joining),
        state: Set(to_json(&application.state)?),
        state_code: Set(application.state.code().to_owned()),
        language: Set(language.to_owned()),
        created_at: Set(at.as_micros()),
        sent_at: Set(None),
        kind: Set(application.kind.code().to_owned()),
        handler: Set(None),
        handler_name: Set(None),
        ..Default::default()
    };
    Ok(application::Entity::insert(row).exec(tx.connection()).await?.last_insert_id)
}

/// How many applications were begun in all: the next number's base.
///
/// # Errors
/// [`StoreError`].
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(application::Entity::find().count(db).await?)
}

/// The application with this number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: &str) -> Result<Option<Stored>, StoreError> {
    let row = application::Entity::find().filter(application::Column::Number.eq(number)).one(db).await?;
    match row {
        None => Ok(None),
        Some(row) => {
            let steps = step_row::Entity::find()
                .filter(step_row::Column::ApplicationKey.eq(row.application_key))
                .all(db)
                .await?;
            Ok(Some(stored(row, steps)?))
        }
    }
}

/// All applications of a joiner, newest first, without their steps.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiner(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Vec<Stored>, StoreError> {
    let query = application::Entity::find().filter(application::Column::Joiner.eq(joiner.as_str()));
    let rows = query.order_by_desc(application::Column::ApplicationKey).all(db).await?;
    rows.into_iter().map(|row| stored(row, Vec::new())).collect()
}

/// Applications in a state, those waiting longest first, without their steps.
///
/// # Errors
/// [`StoreError`].
pub async fn in_state(db: &impl ConnectionTrait, state_code: &str) -> Result<Vec<Stored>, StoreError> {
    let query = application::Entity::find().filter(application::Column::StateCode.eq(state_code));
    let rows = query.order_by_asc(application::Column::SentAt).all(db).await?;
    rows.into_iter().map(|row| stored(row, Vec::new())).collect()
}

/// Saves a step if its revision is still `expected` (0: not saved before); `false` if somebody else was faster.
///
/// # Errors
/// [`StoreError`].
pub async fn save_step(
    tx: &Transaction,
    key: i64,
    step: Step,
    expected: i32,
    form: &Form,
    by: (&str, Moment),
) -> Result<bool, StoreError> {
    let row = step_row::ActiveModel {
        application_key: Set(key),
        step: Set(step.code().to_owned()),
        revision: Set(expected + 1),
        form: Set(to_json(form)?),
        saved_at: Set(by.1.as_micros()),
        saved_by: Set(by.0.to_owned()),
    };
    if expected == 0 {
        return match step_row::Entity::insert(row)
            .exec_without_returning(tx.connection())
            .await
            .map_err(StoreError::from)
        {
            Ok(_) => Ok(true),
            Err(StoreError::Duplicate) => Ok(false),
            Err(error) => Err(error),
        };
    }
    let updated = step_row::Entity::update_many()
        .set(row)
        .filter(step_row::Column::ApplicationKey.eq(key))
        .filter(step_row::Column::Step.eq(step.code()))
        .filter(step_row::Column::Revision.eq(expected))
        .exec(tx.connection())
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Holds an application still for the rest of the transaction if it is in `state`; `false` if it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn hold(tx: &Transaction, key: i64, state: &State) -> Result<bool, StoreError> {
    let held = application::Entity::update_many()
        .col_expr(application::Column::StateCode, state.code().into())
        .filter(application::Column::ApplicationKey.eq(key))
        .filter(application::Column::StateCode.eq(state.code()))
        .exec(tx.connection())
        .await?;
    Ok(held.rows_affected == 1)
}

/// Gives an application to somebody of the operator's staff, or to nobody; `false` if its handler is not `from` any more.
///
/// # Errors
/// [`StoreError`].
pub async fn give(
    tx: &Transaction,
    key: i64,
    from: Option<&str>,
    to: Option<(&str, &str)>,
) -> Result<bool, StoreError> {
    let row = application::ActiveModel {
        handler: Set(to.map(|(reference, _)| reference.to_owned())),
        handler_name: Set(to.map(|(_, name)| name.to_owned())),
        ..Default::default()
    };
    let update = application::Entity::update_many().set(row).filter(application::Column::ApplicationKey.eq(key));
    let update = match from {
        Some(reference) => update.filter(application::Column::Handler.eq(reference)),
        None => update.filter(application::Column::Handler.is_null()),
    };
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// Moves an application to its next state, if it is still in `from`; `false` if it is not.
///
/// # Errors
/// [`StoreError`].
pub async fn set_state(tx: &Transaction, key: i64, from: &State, to: &State) -> Result<bool, StoreError> {
    let sent_at = match to {
        State::Sent { at } => Some(at.as_micros()),
        _ => None,
    };
    let mut row = application::ActiveModel {
        state: Set(to_json(to)?),
        state_code: Set(to.code().to_owned()),
        ..Default::default()
    };
    if sent_at.is_some() {
        row.sent_at = Set(sent_at);
    }
    let updated = application::Entity::update_many()
        .set(row)
        .filter(application::Column::ApplicationKey.eq(key))
        .filter(application::Column::StateCode.eq(from.code()))
        .exec(tx.connection())
        .await?;
    Ok(updated.rows_affected == 1)
}

fn stored(row: application::Model, steps: Vec<step_row::Model>) -> Result<Stored, StoreError> {
    const TABLE: &str = "application";
    let key = row.application_key;
    let (mut forms, mut revisions) = (BTreeMap::new(), BTreeMap::new());
    for saved in steps {
        let step = parsed(Step::parse(&saved.step), "application_step", key, "step")?;
        forms.insert(step, json(&saved.form, "application_step", key, "form")?);
        revisions.insert(step, saved.revision);
    }
    let state: State = json(&row.state, TABLE, key, "state")?;
    Ok(Stored {
        key,
        application: Application {
            number: row.number,
            joiner: parsed(Oid::parse(&row.joiner).ok(), TABLE, key, "joiner")?,
            kind: parsed(JoinerKind::parse(&row.kind), TABLE, key, "kind")?,
            service: parsed(Service::parse(&row.service), TABLE, key, "service")?,
            state,
            first_joining: row.first_joining,
            forms,
            accepted: BTreeSet::new(),
        },
        revisions,
        language: row.language,
        created_at: Moment::from_micros(row.created_at),
        sent_at: row.sent_at.map(Moment::from_micros),
        handler: row.handler.zip(row.handler_name),
    })
}
