//! Many applications at once: what was brought in one sheet, row by row.

use crate::entity::{application, campaign as row, campaign_row as line_row};
use crate::error::parsed;
use crate::{StoreError, Transaction};
use liitos_domain::{Moment, Oid};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its key; of a new one 0.
    pub key: i64,
    /// Whose it is.
    pub organisation: Oid,
    /// What it is called.
    pub name: String,
    /// When it was begun.
    pub created_at: Moment,
}

/// What became of a row of the sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line in the sheet.
    pub line: u32,
    /// The customer, as the sheet says.
    pub customer: String,
    /// The service, as the sheet says.
    pub service: String,
    /// The application, if one was begun or filled in.
    pub number: Option<String>,
    /// What is wrong with the row, if something is: codes of fields, or a refusal's.
    pub problem: Option<String>,
    /// Whose application it is.
    pub joiner: Option<Oid>,
    /// Where the application stands now.
    pub state: Option<String>,
}

/// Keeps a campaign and gives its key.
///
/// # Errors
/// [`StoreError`].
pub async fn add(tx: &Transaction, campaign: &Campaign, by: &str) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        organisation: Set(campaign.organisation.to_string()),
        name: Set(campaign.name.clone()),
        created_by: Set(by.to_owned()),
        created_at: Set(campaign.created_at.as_micros()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// Keeps what became of a row.
///
/// # Errors
/// [`StoreError`].
pub async fn add_line(tx: &Transaction, campaign: i64, line: &Line) -> Result<(), StoreError> {
    let new = line_row::ActiveModel {
        campaign_key: Set(campaign),
        line: Set(i32::try_from(line.line).unwrap_or(i32::MAX)),
        customer: Set(line.customer.clone()),
        service: Set(line.service.clone()),
        number: Set(line.number.clone()),
        problem: Set(line.problem.clone()),
        ..Default::default()
    };
    line_row::Entity::insert(new).exec_without_returning(tx.connection()).await?;
    Ok(())
}

/// The campaigns of an organisation, the newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn of_organisation(db: &impl ConnectionTrait, organisation: &Oid) -> Result<Vec<Campaign>, StoreError> {
    let query = row::Entity::find().filter(row::Column::Organisation.eq(organisation.as_str()));
    let rows = query.order_by_desc(row::Column::CampaignKey).all(db).await?;
    rows.into_iter().map(campaign).collect()
}

/// The campaign with a key.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, key: i64) -> Result<Option<Campaign>, StoreError> {
    row::Entity::find_by_id(key).one(db).await?.map(campaign).transpose()
}

/// The rows of a campaign, in their order, each with where its application stands now.
///
/// # Errors
/// [`StoreError`].
pub async fn lines(db: &impl ConnectionTrait, campaign: i64) -> Result<Vec<Line>, StoreError> {
    let query = line_row::Entity::find().filter(line_row::Column::CampaignKey.eq(campaign));
    let rows = query.order_by_asc(line_row::Column::Line).order_by_asc(line_row::Column::RowKey).all(db).await?;
    let numbers: Vec<&str> = rows.iter().filter_map(|row| row.number.as_deref()).collect();
    let mut states: HashMap<String, (String, Option<Oid>)> = HashMap::new();
    for some in numbers.chunks(500) {
        let found = application::Entity::find().filter(application::Column::Number.is_in(some.iter().copied()));
        let found = found.all(db).await?.into_iter();
        states.extend(found.map(|row| (row.number, (row.state_code, Oid::parse(&row.joiner).ok()))));
    }
    let told = |row: line_row::Model| Line {
        line: u32::try_from(row.line).unwrap_or(0),
        customer: row.customer,
        service: row.service,
        joiner: row.number.as_ref().and_then(|number| states.get(number)?.1.clone()),
        state: row.number.as_ref().map(|number| states.get(number).map(|known| known.0.clone())).unwrap_or_default(),
        number: row.number,
        problem: row.problem,
    };
    Ok(rows.into_iter().map(told).collect())
}

/// Whether some sheet brought an application so far that only signatures were missing.
///
/// # Errors
/// [`StoreError`].
pub async fn was_ready(db: &impl ConnectionTrait, number: &str) -> Result<bool, StoreError> {
    let query = line_row::Entity::find().filter(line_row::Column::Number.eq(number));
    Ok(query.filter(line_row::Column::Problem.is_null()).one(db).await?.is_some())
}

fn campaign(row: row::Model) -> Result<Campaign, StoreError> {
    Ok(Campaign {
        key: row.campaign_key,
        organisation: parsed(Oid::parse(&row.organisation).ok(), "campaign", row.campaign_key, "organisation")?,
        name: row.name,
        created_at: Moment::from_micros(row.created_at),
    })
}
