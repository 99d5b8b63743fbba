//! Applications and their steps.

use crate::entity::{application, application_approval as approval_row, application_step as step_row};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::application::{Application, Form, JoinerKind, State, Step};
use liitos_domain::{Moment, Oid, Service, Sha256Hash};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
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
    /// How much care it was found to need when it was sent.
    pub risk: i32,
}

/// Which applications are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// A part of number, OID, name or Business ID; empty: any.
    pub text: String,
    /// Only in these states; empty: any.
    pub states: Vec<String>,
    /// Only those that this member of the staff handles.
    pub handler: Option<String>,
    /// Those that need most care first, else those that wait longest; where no state is asked for, the newest.
    pub by_risk: bool,
    /// So many of the first are left out.
    pub skip: u64,
    /// At most so many.
    pub limit: u64,
}

/// The first of two approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstApproval {
    /// What was approved.
    pub hash: Sha256Hash,
    /// By whom: the name, for people.
    pub person: String,
    /// The reference of them.
    pub reference: String,
    /// When.
    pub at: Moment,
}

/// Adds a new draft and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn insert(
    tx: &Transaction,
    application: &Application,
    (language, found_by): (&str, &str),
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
        search: Set(Some(searchable(found_by))),
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

/// All applications of some joiners, newest first, without their steps.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiners<'a>(
    db: &impl ConnectionTrait,
    joiners: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Stored>, StoreError> {
    let query = application::Entity::find().filter(application::Column::Joiner.is_in(joiners));
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

/// Keys asked for at once.
const KEYS: usize = 500;

/// Those in some states that name a system, those waiting longest first, with the step where they do.
///
/// # Errors
/// [`StoreError`].
pub async fn naming_system(
    db: &impl ConnectionTrait,
    system: &str,
    states: &[&str],
) -> Result<Vec<Stored>, StoreError> {
    use step_row::Column as C;
    let query = application::Entity::find().filter(application::Column::StateCode.is_in(states.iter().copied()));
    let rows = query.order_by_asc(application::Column::SentAt).all(db).await?;
    let mut steps = BTreeMap::new();
    for some in rows.chunks(KEYS) {
        let query =
            step_row::Entity::find().filter(C::ApplicationKey.is_in(some.iter().map(|row| row.application_key)));
        let query = query.filter(C::Step.eq(Step::AccessPoints.code())).filter(C::Form.contains(system));
        steps.extend(query.all(db).await?.into_iter().map(|step| (step.application_key, step)));
    }
    let with = |row: application::Model| Some((steps.remove(&row.application_key)?, row));
    let read = rows.into_iter().filter_map(with).map(|(step, row)| stored(row, vec![step]));
    let names = |stored: &Result<Stored, StoreError>| {
        stored.as_ref().map_or(true, |stored| stored.application.systems().contains(system))
    };
    read.filter(names).collect()
}

/// Applications that are looked for, without their steps, and how many there are in all. Those that were never sent are their
/// applicants' own.
///
/// # Errors
/// [`StoreError`].
pub async fn search(db: &impl ConnectionTrait, asked: &Search) -> Result<(Vec<Stored>, u64), StoreError> {
    use application::Column as C;
    let mut query = application::Entity::find().filter(C::SentAt.is_not_null());
    if !asked.text.is_empty() {
        query = query.filter(contains(db, &asked.text));
    }
    if !asked.states.is_empty() {
        query = query.filter(C::StateCode.is_in(asked.states.iter().map(String::as_str)));
    }
    if let Some(handler) = &asked.handler {
        query = query.filter(C::Handler.eq(handler.as_str()));
    }
    let count = query.clone().select_only().column(C::ApplicationKey).count(db).await?;
    query = match (asked.by_risk, asked.states.is_empty()) {
        (true, _) => query.order_by_desc(C::Risk).order_by_asc(C::SentAt),
        (false, false) => query.order_by_asc(C::SentAt),
        (false, true) => query.order_by_desc(C::ApplicationKey),
    };
    // In order by their keys alone, which an index holds; then only those are read that are shown.
    let keys = query.order_by_asc(C::ApplicationKey).select_only().column(C::ApplicationKey);
    let page: Vec<i64> = keys.offset(asked.skip).limit(asked.limit).into_tuple().all(db).await?;
    let mut found = BTreeMap::new();
    for some in page.chunks(KEYS) {
        let rows = application::Entity::find().filter(C::ApplicationKey.is_in(some.iter().copied())).all(db).await?;
        found.extend(rows.into_iter().map(|row| (row.application_key, row)));
    }
    let shown = page.iter().filter_map(|key| found.remove(key)).map(|row| stored(row, Vec::new()));
    Ok((shown.collect::<Result<_, _>>()?, count))
}

/// The joiners whose applications are found by a text.
///
/// # Errors
/// [`StoreError`].
pub async fn joiners_named(db: &impl ConnectionTrait, text: &str, limit: u64) -> Result<Vec<String>, StoreError> {
    use application::Column as C;
    // Not the column as it stands: SQLite would go through its index, in order, and read every whole row for the text.
    let joiner = Expr::cust("joiner || ''");
    let query = application::Entity::find().select_only().column_as(joiner, C::Joiner).distinct();
    let query = query.filter(contains(db, text)).limit(limit);
    Ok(query.into_tuple().all(db).await?)
}

/// Longest text that an application is found by, in characters: an index holds it.
const SEARCHED: usize = 400;

fn searchable(found_by: &str) -> String {
    found_by.to_lowercase().chars().take(SEARCHED).collect()
}

/// What an application is found by contains a text, whatever signs it has. No pattern is matched: bytes are compared.
fn contains(db: &impl ConnectionTrait, text: &str) -> Expr {
    let found = match db.get_database_backend() {
        DbBackend::Postgres => "strpos(search, $1) > 0",
        _ => "instr(search, ?) > 0",
    };
    Expr::cust_with_values(found, [text.to_lowercase()])
}

/// The applications that nothing can be found by yet: those of older programs.
///
/// # Errors
/// [`StoreError`].
pub async fn not_found_by(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<(i64, String, Oid)>, StoreError> {
    let query = application::Entity::find().filter(application::Column::Search.is_null()).limit(limit);
    let told = |row: application::Model| {
        let joiner = parsed(Oid::parse(&row.joiner).ok(), "application", row.application_key, "joiner")?;
        Ok((row.application_key, row.number, joiner))
    };
    query.all(db).await?.into_iter().map(told).collect()
}

/// What an application is found by from now on.
///
/// # Errors
/// [`StoreError`].
pub async fn find_by(tx: &Transaction, key: i64, found_by: &str) -> Result<(), StoreError> {
    let row = application::ActiveModel { search: Set(Some(searchable(found_by))), ..Default::default() };
    let update = application::Entity::update_many().set(row).filter(application::Column::ApplicationKey.eq(key));
    update.exec(tx.connection()).await?;
    Ok(())
}

/// How much care an application needs.
///
/// # Errors
/// [`StoreError`].
pub async fn set_risk(tx: &Transaction, key: i64, risk: i32) -> Result<(), StoreError> {
    let row = application::ActiveModel { risk: Set(Some(risk)), ..Default::default() };
    let update = application::Entity::update_many().set(row).filter(application::Column::ApplicationKey.eq(key));
    update.exec(tx.connection()).await?;
    Ok(())
}

/// The first approval that was given last.
///
/// # Errors
/// [`StoreError`].
pub async fn first_approval(db: &impl ConnectionTrait, key: i64) -> Result<Option<FirstApproval>, StoreError> {
    let query = approval_row::Entity::find().filter(approval_row::Column::ApplicationKey.eq(key));
    let row = query.order_by_desc(approval_row::Column::ApprovalKey).one(db).await?;
    row.map(|row| {
        Ok(FirstApproval {
            hash: parsed(Sha256Hash::parse(&row.hash), "application_approval", row.approval_key, "hash")?,
            person: row.person,
            reference: row.reference,
            at: Moment::from_micros(row.at),
        })
    })
    .transpose()
}

/// Keeps the first of two approvals.
///
/// # Errors
/// [`StoreError`].
pub async fn approve_first(tx: &Transaction, key: i64, first: &FirstApproval) -> Result<(), StoreError> {
    let row = approval_row::ActiveModel {
        application_key: Set(key),
        hash: Set(first.hash.to_string()),
        person: Set(first.person.clone()),
        reference: Set(first.reference.clone()),
        at: Set(first.at.as_micros()),
        ..Default::default()
    };
    approval_row::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
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
        risk: row.risk.unwrap_or(0),
    })
}
