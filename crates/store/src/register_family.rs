//! Who stands above and below some organisations in a register, found without reading all of it.

use crate::StoreError;
use crate::entity::register_entry as entry;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Interval, Moment};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

/// Keys asked for at once.
const KEYS: usize = 500;

/// Deepest hierarchy followed each way: real ones have a handful of levels, dirty data may have cycles.
const LEVELS: usize = 32;

/// Entries by their ids: the parent, and when each is valid.
type Entries = BTreeMap<String, (String, Interval)>;

/// The current entries that stand below another and above or below one of `ids`, or are one of them: id, parent, validity.
///
/// # Errors
/// [`StoreError`].
pub async fn family<'a>(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    ids: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<(String, String, Interval)>, StoreError> {
    use entry::Column as C;
    let ids: BTreeSet<String> = ids.into_iter().map(str::to_owned).collect();
    let mut above = Entries::new();
    let mut next = ids.clone();
    for _ in 0..LEVELS {
        let found = entries(db, kind, C::Id, &next).await?;
        next = found.values().map(|(parent, _)| parent.clone()).collect();
        above.extend(found);
        next.retain(|parent| !above.contains_key(parent));
        if next.is_empty() {
            break;
        }
    }
    let mut below = Entries::new();
    let mut next = ids;
    for _ in 0..LEVELS {
        let mut found = entries(db, kind, C::Parent, &next).await?;
        found.retain(|id, _| !below.contains_key(id));
        next = found.keys().cloned().collect();
        below.extend(found);
        if next.is_empty() {
            break;
        }
    }
    above.extend(below);
    Ok(above.into_iter().map(|(id, (parent, valid))| (id, parent, valid)).collect())
}

async fn entries(
    db: &impl ConnectionTrait,
    kind: RegisterKind,
    column: entry::Column,
    texts: &BTreeSet<String>,
) -> Result<Entries, StoreError> {
    use entry::Column as C;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let current = Condition::all().add(C::Register.eq(kind.code())).add(C::KnownUntil.is_null());
    let mut found = Entries::new();
    for texts in texts.chunks(KEYS) {
        let query = entry::Entity::find()
            .filter(current.clone())
            .filter(column.is_in(texts.iter().copied()))
            .filter(C::Parent.is_not_null())
            .select_only()
            .columns([C::Id, C::Parent, C::ValidFrom, C::ValidUntil]);
        let rows: Vec<(String, String, i64, Option<i64>)> = query.into_tuple().all(db).await?;
        found.extend(rows.into_iter().map(|(id, parent, from, until)| {
            let valid = Interval::new(Moment::from_micros(from), until.map(Moment::from_micros));
            (id, (parent, valid))
        }));
    }
    Ok(found)
}
