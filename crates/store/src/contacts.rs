//! What is kept of a joiner: contacts with their roles, the address for notices, billing data, which addresses were proved by a
//! message, and everything that was changed.

use crate::entity::{address_check, contact, contact_change, contact_role, joiner_account, joiner_billing};
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::application::Form;
use liitos_domain::contacts::{Channel, Contacts, Event, Holding, Kept, Person};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Moment, Oid, Service, Sha256Hash};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is kept of a joiner besides its contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where notices go.
    pub email: String,
    /// The language they are written in.
    pub language: String,
    /// When somebody said last that everything is right.
    pub confirmed_at: Moment,
}

/// Something that was changed, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Moment,
    /// By whom: the name, for people.
    pub person: String,
    /// What was done.
    pub what: Event,
    /// To which contact, or to billing of which service.
    pub whom: String,
    /// Fields, each before and after.
    pub fields: Vec<(String, String, String)>,
}

/// Whether an address was proved by a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressCheck {
    /// Mailbox or telephone.
    pub channel: Channel,
    /// The address.
    pub address: String,
    /// When it was last asked by a message.
    pub asked_at: Option<Moment>,
    /// When somebody there answered.
    pub confirmed_at: Option<Moment>,
    /// When a message to it last came back.
    pub failed_at: Option<Moment>,
}

/// A joiner's contacts, in the order in which they came.
///
/// # Errors
/// [`StoreError`].
pub async fn of_joiner(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Contacts, StoreError> {
    whole(db, contact::Column::Joiner.eq(joiner.as_str())).await
}

/// The contact with a key, unless it has ended.
///
/// # Errors
/// [`StoreError`].
pub async fn of_key(db: &impl ConnectionTrait, key: i64) -> Result<Option<Kept>, StoreError> {
    Ok(whole(db, contact::Column::ContactKey.eq(key)).await?.0.pop())
}

/// The contacts of a filter with their roles.
async fn whole(db: &impl ConnectionTrait, which: sea_orm::sea_query::SimpleExpr) -> Result<Contacts, StoreError> {
    let query = contact::Entity::find().filter(which);
    let rows =
        query.filter(contact::Column::EndedAt.is_null()).order_by_asc(contact::Column::ContactKey).all(db).await?;
    let keys: Vec<i64> = rows.iter().map(|row| row.contact_key).collect();
    let roles = contact_role::Entity::find().filter(contact_role::Column::ContactKey.is_in(keys));
    let mut holds: BTreeMap<i64, BTreeSet<Holding>> = BTreeMap::new();
    for row in roles.filter(contact_role::Column::EndedAt.is_null()).all(db).await? {
        let text = row.service.as_ref().map_or_else(|| row.role.clone(), |service| format!("{}:{service}", row.role));
        let holding = parsed(Holding::parse(&text), "contact_role", row.role_key, "role")?;
        holds.entry(row.contact_key).or_default().insert(holding);
    }
    let kept = |row: contact::Model| Kept {
        key: row.contact_key,
        revision: row.revision,
        holds: holds.remove(&row.contact_key).unwrap_or_default(),
        person: Person { name: row.name, email: row.email, phone: row.phone, card: row.card },
    };
    Ok(Contacts(rows.into_iter().map(kept).collect()))
}

/// Adds a contact and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, joiner: &Oid, person: &Person, at: Moment) -> Result<i64, StoreError> {
    let row = contact::ActiveModel {
        joiner: Set(joiner.to_string()),
        revision: Set(1),
        since: Set(at.as_micros()),
        ..of_person(person)
    };
    Ok(contact::Entity::insert(row).exec(tx.connection()).await?.last_insert_id)
}

/// Changes a contact if its revision is still `revision`; whether it was.
///
/// # Errors
/// [`StoreError`].
pub async fn change(tx: &Transaction, key: i64, revision: i32, person: &Person) -> Result<bool, StoreError> {
    let row = contact::ActiveModel { revision: Set(revision + 1), ..of_person(person) };
    update(tx, key, revision, row).await
}

/// Ends a contact and its roles if its revision is still `revision`; whether it was.
///
/// # Errors
/// [`StoreError`].
pub async fn end(tx: &Transaction, key: i64, revision: i32, at: Moment) -> Result<bool, StoreError> {
    let row = contact::ActiveModel { ended_at: Set(Some(at.as_micros())), ..Default::default() };
    if !update(tx, key, revision, row).await? {
        return Ok(false);
    }
    contact_role::Entity::update_many()
        .col_expr(contact_role::Column::EndedAt, at.as_micros().into())
        .filter(contact_role::Column::ContactKey.eq(key))
        .filter(contact_role::Column::EndedAt.is_null())
        .exec(tx.connection())
        .await?;
    Ok(true)
}

async fn update(tx: &Transaction, key: i64, revision: i32, row: contact::ActiveModel) -> Result<bool, StoreError> {
    let update = contact::Entity::update_many()
        .set(row)
        .filter(contact::Column::ContactKey.eq(key))
        .filter(contact::Column::Revision.eq(revision))
        .filter(contact::Column::EndedAt.is_null());
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}

fn of_person(person: &Person) -> contact::ActiveModel {
    contact::ActiveModel {
        name: Set(person.name.clone()),
        email: Set(person.email.clone()),
        phone: Set(person.phone.clone()),
        card: Set(person.card.clone()),
        ..Default::default()
    }
}

/// Names a contact for a role.
///
/// # Errors
/// [`StoreError`].
pub async fn give(tx: &Transaction, key: i64, holding: Holding, at: Moment) -> Result<(), StoreError> {
    let row = contact_role::ActiveModel {
        contact_key: Set(key),
        role: Set(holding.role.code().to_owned()),
        service: Set(holding.service.map(|service| service.code().to_owned())),
        since: Set(at.as_micros()),
        ..Default::default()
    };
    contact_role::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Relieves a contact of a role.
///
/// # Errors
/// [`StoreError`].
pub async fn take(tx: &Transaction, key: i64, holding: Holding, at: Moment) -> Result<(), StoreError> {
    let update = contact_role::Entity::update_many()
        .col_expr(contact_role::Column::EndedAt, at.as_micros().into())
        .filter(contact_role::Column::ContactKey.eq(key))
        .filter(contact_role::Column::Role.eq(holding.role.code()))
        .filter(contact_role::Column::EndedAt.is_null());
    let update = match holding.service {
        Some(service) => update.filter(contact_role::Column::Service.eq(service.code())),
        None => update.filter(contact_role::Column::Service.is_null()),
    };
    update.exec(tx.connection()).await?;
    Ok(())
}

/// Everybody's contacts in a role, each with whose it is.
///
/// # Errors
/// [`StoreError`].
pub async fn in_role(db: &impl ConnectionTrait, role: ContactRole) -> Result<Vec<(Oid, Person)>, StoreError> {
    let holding = contact_role::Entity::find().filter(contact_role::Column::Role.eq(role.code()));
    let holding = holding.filter(contact_role::Column::EndedAt.is_null());
    let holding = holding.select_only().column(contact_role::Column::ContactKey).into_query();
    let query = contact::Entity::find().filter(contact::Column::ContactKey.in_subquery(holding));
    let query = query.filter(contact::Column::EndedAt.is_null()).order_by_asc(contact::Column::ContactKey);
    let read = |row: contact::Model| {
        let joiner = parsed(Oid::parse(&row.joiner).ok(), "contact", row.contact_key, "joiner")?;
        Ok((joiner, Person { name: row.name, email: row.email, phone: row.phone, card: row.card }))
    };
    query.all(db).await?.into_iter().map(read).collect()
}

/// What is kept of every joiner besides its contacts.
///
/// # Errors
/// [`StoreError`].
pub async fn accounts(db: &impl ConnectionTrait) -> Result<BTreeMap<Oid, Account>, StoreError> {
    let read = |row: joiner_account::Model| {
        Ok((parsed(Oid::parse(&row.joiner).ok(), "joiner_account", 0, "joiner")?, to_account(row)))
    };
    joiner_account::Entity::find().all(db).await?.into_iter().map(read).collect()
}

/// What is kept of a joiner besides its contacts; `None` before it has joined.
///
/// # Errors
/// [`StoreError`].
pub async fn account(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Option<Account>, StoreError> {
    let row = joiner_account::Entity::find_by_id(joiner.as_str()).one(db).await?;
    Ok(row.map(to_account))
}

fn to_account(row: joiner_account::Model) -> Account {
    Account { email: row.email, language: row.language, confirmed_at: Moment::from_micros(row.confirmed_at) }
}

/// Keeps the address for notices, and that everything is right as of now.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_account(tx: &Transaction, joiner: &Oid, account: &Account) -> Result<(), StoreError> {
    use joiner_account::Column as C;
    let row = joiner_account::ActiveModel {
        joiner: Set(joiner.to_string()),
        email: Set(account.email.clone()),
        language: Set(account.language.clone()),
        confirmed_at: Set(account.confirmed_at.as_micros()),
        reminded_at: Set(None),
    };
    let again =
        OnConflict::column(C::Joiner).update_columns([C::Email, C::Language, C::ConfirmedAt, C::RemindedAt]).to_owned();
    joiner_account::Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Joiners that have said nothing since `confirmed_before` and were not reminded since `reminded_before`.
///
/// # Errors
/// [`StoreError`].
pub async fn unconfirmed(
    db: &impl ConnectionTrait,
    confirmed_before: Moment,
    reminded_before: Moment,
    limit: u64,
) -> Result<Vec<(Oid, Account)>, StoreError> {
    use joiner_account::Column as C;
    let reminded = Condition::any().add(C::RemindedAt.is_null()).add(C::RemindedAt.lt(reminded_before.as_micros()));
    let query = joiner_account::Entity::find().filter(C::ConfirmedAt.lt(confirmed_before.as_micros())).filter(reminded);
    let rows = query.order_by_asc(C::ConfirmedAt).limit(limit).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let oid = parsed(Oid::parse(&row.joiner).ok(), "joiner_account", &row.joiner, "joiner")?;
            Ok((oid, to_account(row)))
        })
        .collect()
}

/// A joiner was reminded.
///
/// # Errors
/// [`StoreError`].
pub async fn reminded(tx: &Transaction, joiner: &Oid, at: Moment) -> Result<(), StoreError> {
    joiner_account::Entity::update_many()
        .col_expr(joiner_account::Column::RemindedAt, at.as_micros().into())
        .filter(joiner_account::Column::Joiner.eq(joiner.as_str()))
        .exec(tx.connection())
        .await?;
    Ok(())
}

/// A joiner's billing data, by service.
///
/// # Errors
/// [`StoreError`].
pub async fn billing(db: &impl ConnectionTrait, joiner: &Oid) -> Result<BTreeMap<Service, Form>, StoreError> {
    const TABLE: &str = "joiner_billing";
    let rows =
        joiner_billing::Entity::find().filter(joiner_billing::Column::Joiner.eq(joiner.as_str())).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let service = parsed(Service::parse(&row.service), TABLE, &row.joiner, "service")?;
            Ok((service, json(&row.form, TABLE, &row.joiner, "form")?))
        })
        .collect()
}

/// Keeps the billing data of a service.
///
/// # Errors
/// [`StoreError`].
pub async fn keep_billing(
    tx: &Transaction,
    joiner: &Oid,
    service: Service,
    form: &Form,
    at: Moment,
) -> Result<(), StoreError> {
    use joiner_billing::Column as C;
    let row = joiner_billing::ActiveModel {
        joiner: Set(joiner.to_string()),
        service: Set(service.code().to_owned()),
        form: Set(to_json(form)?),
        since: Set(at.as_micros()),
    };
    let again = OnConflict::columns([C::Joiner, C::Service]).update_columns([C::Form, C::Since]).to_owned();
    joiner_billing::Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// Takes down that something was changed.
///
/// # Errors
/// [`StoreError`].
pub async fn changed(tx: &Transaction, joiner: &Oid, change: &Change, reference: &str) -> Result<(), StoreError> {
    let row = contact_change::ActiveModel {
        joiner: Set(joiner.to_string()),
        at: Set(change.at.as_micros()),
        person: Set(change.person.clone()),
        reference: Set(reference.to_owned()),
        what: Set(change.what.code().to_owned()),
        whom: Set(change.whom.clone()),
        changed: Set(to_json(&change.fields)?),
        ..Default::default()
    };
    contact_change::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// What was changed, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn changes(db: &impl ConnectionTrait, joiner: &Oid, limit: u64) -> Result<Vec<Change>, StoreError> {
    const TABLE: &str = "contact_change";
    let query = contact_change::Entity::find().filter(contact_change::Column::Joiner.eq(joiner.as_str()));
    let rows = query.order_by_desc(contact_change::Column::ChangeKey).limit(limit).all(db).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Change {
                at: Moment::from_micros(row.at),
                what: parsed(Event::parse(&row.what), TABLE, row.change_key, "what")?,
                fields: json(&row.changed, TABLE, row.change_key, "changed")?,
                person: row.person,
                whom: row.whom,
            })
        })
        .collect()
}

/// Which of a joiner's addresses were asked or proved.
///
/// # Errors
/// [`StoreError`].
pub async fn address_checks(db: &impl ConnectionTrait, joiner: &Oid) -> Result<Vec<AddressCheck>, StoreError> {
    let query = address_check::Entity::find().filter(address_check::Column::Joiner.eq(joiner.as_str()));
    query.all(db).await?.into_iter().map(to_check).collect()
}

fn to_check(row: address_check::Model) -> Result<AddressCheck, StoreError> {
    Ok(AddressCheck {
        channel: parsed(Channel::parse(&row.channel), "address_check", row.check_key, "channel")?,
        address: row.address,
        asked_at: row.asked_at.map(Moment::from_micros),
        confirmed_at: row.confirmed_at.map(Moment::from_micros),
        failed_at: row.failed_at.map(Moment::from_micros),
    })
}

/// An address is asked by a message with a code; an earlier code is worth nothing any more.
///
/// # Errors
/// [`StoreError`].
pub async fn address_asked(
    tx: &Transaction,
    joiner: &Oid,
    (channel, address): (Channel, &str),
    code: &Sha256Hash,
    (at, open_until): (Moment, Moment),
) -> Result<(), StoreError> {
    use address_check::Column as C;
    let row = address_check::ActiveModel {
        code_hash: Set(Some(code.to_string())),
        asked_at: Set(Some(at.as_micros())),
        open_until: Set(Some(open_until.as_micros())),
        ..of_address(joiner, channel, address)
    };
    let again = OnConflict::columns([C::Joiner, C::Channel, C::Address])
        .update_columns([C::CodeHash, C::AskedAt, C::OpenUntil])
        .to_owned();
    address_check::Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// A message to an address came back.
///
/// # Errors
/// [`StoreError`].
pub async fn address_failed(
    tx: &Transaction,
    joiner: &Oid,
    (channel, address): (Channel, &str),
    at: Moment,
) -> Result<(), StoreError> {
    use address_check::Column as C;
    let row =
        address_check::ActiveModel { failed_at: Set(Some(at.as_micros())), ..of_address(joiner, channel, address) };
    let again = OnConflict::columns([C::Joiner, C::Channel, C::Address])
        .update_columns([C::FailedAt])
        .value(C::ConfirmedAt, Option::<i64>::None)
        .to_owned();
    address_check::Entity::insert(row).on_conflict(again).exec_without_returning(tx.connection()).await?;
    Ok(())
}

fn of_address(joiner: &Oid, channel: Channel, address: &str) -> address_check::ActiveModel {
    address_check::ActiveModel {
        joiner: Set(joiner.to_string()),
        channel: Set(channel.code().to_owned()),
        address: Set(address.to_owned()),
        ..Default::default()
    }
}

/// The joiner and address that an open code belongs to.
///
/// # Errors
/// [`StoreError`].
pub async fn address_of_code(
    db: &impl ConnectionTrait,
    code: &Sha256Hash,
    now: Moment,
) -> Result<Option<(i64, Oid, AddressCheck)>, StoreError> {
    let query = address_check::Entity::find().filter(address_check::Column::CodeHash.eq(code.to_string()));
    let Some(row) = query.filter(address_check::Column::OpenUntil.gt(now.as_micros())).one(db).await? else {
        return Ok(None);
    };
    let joiner = parsed(Oid::parse(&row.joiner).ok(), "address_check", row.check_key, "joiner")?;
    Ok(Some((row.check_key, joiner, to_check(row)?)))
}

/// Somebody answered at an address; whether the code was still open.
///
/// # Errors
/// [`StoreError`].
pub async fn address_confirmed(tx: &Transaction, key: i64, code: &Sha256Hash, at: Moment) -> Result<bool, StoreError> {
    let row = address_check::ActiveModel {
        code_hash: Set(None),
        confirmed_at: Set(Some(at.as_micros())),
        failed_at: Set(None),
        ..Default::default()
    };
    let update = address_check::Entity::update_many().set(row).filter(address_check::Column::CheckKey.eq(key));
    let update = update.filter(address_check::Column::CodeHash.eq(code.to_string()));
    Ok(update.exec(tx.connection()).await?.rows_affected == 1)
}
