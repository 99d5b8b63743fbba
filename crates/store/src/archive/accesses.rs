//! What lets somebody into another's documents: register access rights, as the newest client relationship documents give them, and outsourcing
//! authorisations.

use super::cells::cell_of;
use crate::controller_runs::{Run, followed, switched};
use crate::entity::{archive_access as row, archive_document, archive_outsourcing};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::archive::{Family, LetIn, Standing, Succession, Terms, custodian};
use liitos_domain::document::{Outsourcing, RegisterAccess};
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeMap;

/// Keeps the rights that a document gives.
///
/// # Errors
/// [`StoreError`].
pub async fn add_accesses(
    tx: &Transaction,
    document: &Oid,
    person: &str,
    all: &[RegisterAccess],
) -> Result<(), StoreError> {
    let new = |(place, access): (i32, &RegisterAccess)| row::ActiveModel {
        document_id: Set(document.to_string()),
        place: Set(place),
        person: Set(person.to_owned()),
        unit: Set(access.unit.to_string()),
        from_at: Set(access.valid.from.as_micros()),
        until_at: Set(access.valid.until.map(Moment::as_micros)),
    };
    let rows: Vec<row::ActiveModel> = (0..).zip(all).map(new).collect();
    if !rows.is_empty() {
        row::Entity::insert_many(rows).exec_without_returning(tx.connection()).await?;
    }
    Ok(())
}

/// Keeps what an outsourcing authorisation lets its producer do.
///
/// # Errors
/// [`StoreError`].
pub async fn add_outsourcing(
    tx: &Transaction,
    document: &Oid,
    person: &str,
    terms: &Outsourcing,
) -> Result<(), StoreError> {
    let new = archive_outsourcing::ActiveModel {
        document_id: Set(document.to_string()),
        person: Set(person.to_owned()),
        producer: Set(terms.producer.to_string()),
        from_at: Set(terms.valid.from.as_micros()),
        until_at: Set(terms.valid.until.map(Moment::as_micros)),
        terms: Set(to_json(terms)?),
    };
    archive_outsourcing::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Whether a document lets anybody in.
///
/// # Errors
/// [`StoreError`].
pub async fn lets_in(db: &impl ConnectionTrait, document: &Oid) -> Result<bool, StoreError> {
    let query = row::Entity::find().filter(row::Column::DocumentId.eq(document.as_str()));
    if query.select_only().column(row::Column::Place).into_tuple::<i32>().one(db).await?.is_some() {
        return Ok(true);
    }
    Ok(archive_outsourcing::Entity::find_by_id(document.to_string()).one(db).await?.is_some())
}

/// Who lets whom in.
#[derive(Clone, Copy, Debug)]
pub struct Comer<'a> {
    /// The unit that comes.
    pub unit: &'a Oid,
    /// The organisation for which it comes: an authorisation names the one or the other.
    pub organisation: &'a Oid,
}

/// What a document gives.
enum Given {
    Register,
    Outsourced(Box<Outsourcing>),
}

/// What somebody was let into of a person's documents of a family, at a moment: by whose finished, newest documents say so.
///
/// # Errors
/// [`StoreError`].
pub async fn let_in(
    db: &impl ConnectionTrait,
    (person, family): (&str, Family),
    comer: Comer<'_>,
    succession: &Succession,
    at: Moment,
) -> Result<Vec<LetIn>, StoreError> {
    let given: Vec<(String, Given)> = match family {
        Family::Social => by_register(db, person, comer.unit, at).await?,
        Family::Patient => outsourced(db, person, comer, at).await?,
        // Prescriptions are the Prescription Centre's affair.
        Family::Prescription => Vec::new(),
    };
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let query = archive_document::Entity::find()
        .filter(archive_document::Column::DocumentId.is_in(given.iter().map(|(document, _)| document.as_str())))
        .filter(archive_document::Column::Standing.eq(Standing::Newest.code()))
        .filter(archive_document::Column::Unfinished.eq(false));
    let query = query.select_only().column(archive_document::Column::DocumentId).column(archive_document::Column::Cell);
    let query = query.column(archive_document::Column::Controller).column(archive_document::Column::StoredAt);
    let rows = query.into_tuple::<(String, i64, String, i64)>().all(db).await?;
    let rows: BTreeMap<_, _> = rows.into_iter().map(|(id, cell, by, at)| (id, (cell, by, at))).collect();
    let runs = switched(db).await?;
    let mut all = Vec::new();
    for (document, terms) in given {
        let Some((cell, named, stored_at)) = rows.get(&document) else { continue };
        // What has come to whoever lets in since it said so is not meant.
        let before = |run: &&Run| run.switched_at.is_some_and(|at| at.as_micros() <= *stored_at);
        let then = followed(&runs.iter().filter(before).cloned().collect::<Vec<_>>());
        let cell = cell_of(db, *cell).await?;
        let by = succession.active(&cell).0;
        let named = parsed(Oid::parse(named).ok(), "archive_document", &document, "controller")?;
        // Whoever keeps what was left behind lets nobody in by what others decided.
        let kept = custodian(family, at) == Some(by) && named != *by;
        if cell.register.family == family && !kept {
            let terms = match terms {
                Given::Register => Terms::Register { cells: then.named(&named), banned: false },
                Given::Outsourced(terms) => {
                    let cells = terms.search.iter().flat_map(|search| then.named(&search.controller)).collect();
                    Terms::Outsourced { terms, cells }
                }
            };
            all.push(LetIn { by: by.clone(), terms });
        }
    }
    Ok(all)
}

async fn by_register(
    db: &impl ConnectionTrait,
    person: &str,
    unit: &Oid,
    at: Moment,
) -> Result<Vec<(String, Given)>, StoreError> {
    use row::Column as C;
    let documents = row::Entity::find()
        .filter(C::Person.eq(person))
        .filter(C::Unit.eq(unit.as_str()))
        .filter(C::FromAt.lte(at.as_micros()))
        .filter(Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(at.as_micros())));
    let documents: Vec<String> = documents.select_only().column(C::DocumentId).distinct().into_tuple().all(db).await?;
    Ok(documents.into_iter().map(|document| (document, Given::Register)).collect())
}

async fn outsourced(
    db: &impl ConnectionTrait,
    person: &str,
    Comer { unit, organisation }: Comer<'_>,
    at: Moment,
) -> Result<Vec<(String, Given)>, StoreError> {
    use archive_outsourcing::Column as C;
    let query = archive_outsourcing::Entity::find()
        .filter(C::Person.eq(person))
        .filter(C::Producer.is_in([unit.as_str(), organisation.as_str()]))
        .filter(C::FromAt.lte(at.as_micros()))
        .filter(Condition::any().add(C::UntilAt.is_null()).add(C::UntilAt.gt(at.as_micros())));
    let read = |row: archive_outsourcing::Model| {
        let terms: Box<Outsourcing> = json(&row.terms, "archive_outsourcing", &row.document_id, "terms")?;
        Ok((row.document_id, Given::Outsourced(terms)))
    };
    query.all(db).await?.into_iter().map(read).collect()
}
