//! What happened to an application: its states in order, who changed what, notes and attachments.

use crate::entity::{
    application, application_attachment as attachment, application_change as change, application_event as event,
    application_note as note,
};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::application::{JoinerKind, State, Step};
use liitos_domain::{Moment, Position, Service, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Something that happened to an application.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: Moment,
    /// The code of the state it came into.
    pub state: String,
    /// By whom.
    pub person: String,
    /// What was said with it.
    pub words: Option<String>,
    /// By which right whoever sent it may bind the applicant, where that is known.
    pub positions: Vec<Position>,
}

/// Fields that somebody changed at a step.
#[derive(Clone, Debug)]
pub struct Change {
    /// At which step.
    pub step: Step,
    /// When first.
    pub at: Moment,
    /// By whom.
    pub person: String,
    /// Each field with what it said before and after.
    pub fields: Vec<(String, String, String)>,
}

/// A note of the operator's staff.
#[derive(Clone, Debug)]
pub struct Note {
    /// When.
    pub at: Moment,
    /// By whom.
    pub person: String,
    /// What.
    pub words: String,
}

/// A file attached to an application.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its key.
    pub key: i64,
    /// When it was attached.
    pub at: Moment,
    /// By whom.
    pub person: String,
    /// Its name, as its owner's machine had it.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// SHA-256 of it.
    pub hash: String,
    /// Its bytes; empty in lists.
    pub body: Vec<u8>,
}

/// So long after its first letter a change of one person at one step is told as one, in seconds.
const TOGETHER: i64 = 900;
/// Changes shown.
const SHOWN: u64 = 200;

/// Keeps that an application came into a state.
///
/// # Errors
/// [`StoreError`].
pub async fn happened(
    tx: &Transaction,
    key: i64,
    state: &State,
    (person, positions): (&str, &[Position]),
    words: Option<&str>,
    at: Moment,
) -> Result<(), StoreError> {
    let positions: Vec<&str> = positions.iter().map(|position| position.code()).collect();
    let row = event::ActiveModel {
        application_key: Set(key),
        at: Set(at.as_micros()),
        state: Set(state.code().to_owned()),
        person: Set(person.to_owned()),
        words: Set(words.map(str::to_owned)),
        positions: Set(Some(positions.join(" ")).filter(|text| !text.is_empty())),
        ..Default::default()
    };
    event::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What happened to an application, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn events(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Event>, StoreError> {
    let query = event::Entity::find().filter(event::Column::ApplicationKey.eq(key));
    let rows = query.order_by_asc(event::Column::EventKey).all(db).await?;
    let told = |row: event::Model| Event {
        at: Moment::from_micros(row.at),
        state: row.state,
        person: row.person,
        words: row.words,
        positions: row.positions.unwrap_or_default().split(' ').filter_map(Position::parse).collect(),
    };
    Ok(rows.into_iter().map(told).collect())
}

/// When which kind of joiner was approved for which service, in no order.
///
/// # Errors
/// [`StoreError`].
pub async fn approved(db: &impl ConnectionTrait) -> Result<Vec<(Moment, JoinerKind, Service)>, StoreError> {
    const TABLE: &str = "application";
    let events: Vec<(i64, i64)> = event::Entity::find()
        .select_only()
        .columns([event::Column::ApplicationKey, event::Column::At])
        .filter(event::Column::State.eq("approved"))
        .into_tuple()
        .all(db)
        .await?;
    let at: HashMap<i64, i64> = events.into_iter().collect();
    let rows: Vec<(i64, String, String)> = application::Entity::find()
        .select_only()
        .columns([application::Column::ApplicationKey, application::Column::Kind, application::Column::Service])
        .filter(application::Column::StateCode.eq("approved"))
        .into_tuple()
        .all(db)
        .await?;
    let told = |(key, kind, service): (i64, String, String)| {
        let at = at.get(&key).copied()?;
        let kind = parsed(JoinerKind::parse(&kind), TABLE, key, "kind");
        let service = parsed(Service::parse(&service), TABLE, key, "service");
        Some(kind.and_then(|kind| Ok((Moment::from_micros(at), kind, service?))))
    };
    rows.into_iter().filter_map(told).collect()
}

/// How long applications that were decided since a moment had waited from their last sending, in seconds, in no order.
///
/// # Errors
/// [`StoreError`].
pub async fn waits(db: &impl ConnectionTrait, since: Moment) -> Result<Vec<i64>, StoreError> {
    let decided = event::Entity::find()
        .filter(event::Column::State.is_in(["approved", "rejected"]))
        .filter(event::Column::At.gte(since.as_micros()))
        .select_only()
        .columns([event::Column::ApplicationKey, event::Column::At])
        .into_tuple::<(i64, i64)>()
        .all(db)
        .await?;
    let keys: Vec<i64> = decided.iter().map(|(key, _)| *key).collect();
    let decided: HashMap<i64, i64> = decided.into_iter().collect();
    let mut waits = Vec::new();
    for chunk in keys.chunks(1_000) {
        let sent = application::Entity::find()
            .filter(application::Column::ApplicationKey.is_in(chunk.iter().copied()))
            .select_only()
            .columns([application::Column::ApplicationKey, application::Column::SentAt])
            .into_tuple::<(i64, Option<i64>)>()
            .all(db)
            .await?;
        for (key, sent) in sent {
            waits.extend(decided.get(&key).zip(sent).map(|(at, sent)| (at - sent) / 1_000_000));
        }
    }
    Ok(waits)
}

/// Keeps who changed which fields of a step. What the same person changes there soon after is told together with it; whether this is
/// the first.
///
/// # Errors
/// [`StoreError`].
pub async fn changed(
    tx: &Transaction,
    key: i64,
    step: Step,
    (reference, person): (&str, &str),
    fields: &[(String, String, String)],
    at: Moment,
) -> Result<bool, StoreError> {
    let last = change::Entity::find().filter(change::Column::ApplicationKey.eq(key));
    let last = last.order_by_desc(change::Column::ChangeKey).one(tx.connection()).await?;
    // What was sent, asked about or decided in between stands between them.
    let event = event::Entity::find().filter(event::Column::ApplicationKey.eq(key));
    let event = event.order_by_desc(event::Column::EventKey).one(tx.connection()).await?;
    let since = event.map_or(i64::MIN, |event| event.at).max(at.plus_seconds(-TOGETHER).as_micros());
    let together = last.filter(|last| last.step == step.code() && last.reference == reference && last.at >= since);
    if let Some(last) = together {
        let mut known: Vec<(String, String, String)> =
            json(&last.changed, "application_change", last.change_key, "changed")?;
        for (field, before, after) in fields {
            match known.iter_mut().find(|(known, _, _)| known == field) {
                Some(known) => known.2.clone_from(after),
                None => known.push((field.clone(), before.clone(), after.clone())),
            }
        }
        // What was typed and taken back again has changed nothing.
        known.retain(|(_, before, after)| before != after);
        change::Entity::update_many()
            .col_expr(change::Column::Changed, to_json(&known)?.into())
            .filter(change::Column::ChangeKey.eq(last.change_key))
            .exec(tx.connection())
            .await?;
        return Ok(false);
    }
    let row = change::ActiveModel {
        application_key: Set(key),
        step: Set(step.code().to_owned()),
        at: Set(at.as_micros()),
        person: Set(person.to_owned()),
        reference: Set(reference.to_owned()),
        changed: Set(to_json(&fields)?),
        ..Default::default()
    };
    change::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(true)
}

/// Who changed what, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn changes(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Change>, StoreError> {
    let query = change::Entity::find().filter(change::Column::ApplicationKey.eq(key));
    let rows = query.order_by_desc(change::Column::ChangeKey).limit(SHOWN).all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Change {
                step: crate::error::parsed(Step::parse(&row.step), "application_change", row.change_key, "step")?,
                at: Moment::from_micros(row.at),
                person: row.person,
                fields: json(&row.changed, "application_change", row.change_key, "changed")?,
            })
        })
        .collect()
}

/// Keeps a note.
///
/// # Errors
/// [`StoreError`].
pub async fn note(tx: &Transaction, key: i64, person: &str, words: &str, at: Moment) -> Result<(), StoreError> {
    let row = note::ActiveModel {
        application_key: Set(key),
        at: Set(at.as_micros()),
        person: Set(person.to_owned()),
        words: Set(words.to_owned()),
        ..Default::default()
    };
    note::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The notes on an application, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub async fn notes(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Note>, StoreError> {
    let query = note::Entity::find().filter(note::Column::ApplicationKey.eq(key)).order_by_asc(note::Column::NoteKey);
    let told = |row: note::Model| Note { at: Moment::from_micros(row.at), person: row.person, words: row.words };
    Ok(query.all(db).await?.into_iter().map(told).collect())
}

/// Attaches a file; gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn attach(tx: &Transaction, key: i64, file: &Attachment) -> Result<i64, StoreError> {
    let row = attachment::ActiveModel {
        application_key: Set(key),
        at: Set(file.at.as_micros()),
        person: Set(file.person.clone()),
        name: Set(file.name.clone()),
        media_type: Set(file.media_type.clone()),
        hash: Set(Sha256Hash::of(&file.body).to_string()),
        body: Set(file.body.clone()),
        removed_at: Set(None),
        ..Default::default()
    };
    Ok(attachment::Entity::insert(row).exec(tx.connection()).await?.last_insert_id)
}

/// Takes an attached file away: that it was there is kept, its bytes are not. `false` when there is none.
///
/// # Errors
/// [`StoreError`].
pub async fn detach(tx: &Transaction, key: i64, file: i64, at: Moment) -> Result<bool, StoreError> {
    let update = attachment::Entity::update_many()
        .col_expr(attachment::Column::RemovedAt, at.as_micros().into())
        .col_expr(attachment::Column::Body, Vec::<u8>::new().into())
        .filter(attachment::Column::AttachmentKey.eq(file))
        .filter(attachment::Column::ApplicationKey.eq(key))
        .filter(attachment::Column::RemovedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

/// An application's files, without their bytes.
///
/// # Errors
/// [`StoreError`].
pub async fn attachments(db: &impl ConnectionTrait, key: i64) -> Result<Vec<Attachment>, StoreError> {
    type Row = (i64, i64, String, String, String, String);
    use attachment::Column as C;
    let rows: Vec<Row> = attachment::Entity::find()
        .filter(C::ApplicationKey.eq(key))
        .filter(C::RemovedAt.is_null())
        .order_by_asc(C::AttachmentKey)
        .select_only()
        .columns([C::AttachmentKey, C::At, C::Person, C::Name, C::MediaType, C::Hash])
        .into_tuple()
        .all(db)
        .await?;
    let told = |(key, at, person, name, media_type, hash): Row| Attachment {
        key,
        at: Moment::from_micros(at),
        person,
        name,
        media_type,
        hash,
        body: Vec::new(),
    };
    Ok(rows.into_iter().map(told).collect())
}

/// One of an application's files.
///
/// # Errors
/// [`StoreError`].
pub async fn attachment(db: &impl ConnectionTrait, key: i64, file: i64) -> Result<Option<Attachment>, StoreError> {
    let query = attachment::Entity::find_by_id(file)
        .filter(attachment::Column::ApplicationKey.eq(key))
        .filter(attachment::Column::RemovedAt.is_null());
    let told = |row: attachment::Model| Attachment {
        key: row.attachment_key,
        at: Moment::from_micros(row.at),
        person: row.person,
        name: row.name,
        media_type: row.media_type,
        hash: row.hash,
        body: row.body,
    };
    Ok(query.one(db).await?.map(told))
}
