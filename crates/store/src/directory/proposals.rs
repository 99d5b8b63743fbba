//! Changes that wait: for the approval of somebody else than their author, or for their moment.

use crate::entity::directory_proposal as row;
use crate::error::{json, parsed, to_json};
use crate::{StoreError, Transaction};
use liitos_domain::directory::{Effect, ProposalState};
use liitos_domain::{Moment, Sha256Hash};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

const TABLE: &str = "directory_proposal";

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The change.
    pub effect: Effect,
    /// What it rests on, as stored with a change.
    pub basis: String,
    /// The version that it leads back to, where it is a return.
    #[serde(default)]
    pub version: Option<u64>,
    /// In the author's words.
    pub reason: String,
}

/// A proposal as it is stored.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its number.
    pub number: i64,
    /// What is proposed.
    pub proposed: Proposed,
    /// The hash of the effect.
    pub hash: Sha256Hash,
    /// The version that it was made for.
    pub base_version: u64,
    /// Who proposes.
    pub author: String,
    /// When.
    pub created_at: Moment,
    /// When it is to enter; `None`: at once.
    pub run_at: Option<Moment>,
    /// Where it stands.
    pub state: ProposalState,
    /// Who decided.
    pub decided_by: Option<String>,
    /// What was approved, while it waits for its moment.
    pub approved: Option<Sha256Hash>,
    /// The directory version that it became.
    pub version: Option<u64>,
}

/// How a proposal goes on.
#[derive(Clone, Debug)]
pub struct Decided<'d> {
    /// To where.
    pub state: ProposalState,
    /// By whom.
    pub by: &'d str,
    /// When.
    pub at: Moment,
    /// What was approved, if it waits for its moment.
    pub approved: Option<&'d Sha256Hash>,
    /// The directory version that it became.
    pub version: Option<u64>,
}

/// Keeps a new proposal and gives its number.
///
/// # Errors
/// [`StoreError`].
pub async fn add(
    tx: &Transaction,
    proposed: &Proposed,
    (hash, base_version): (&Sha256Hash, u64),
    author: &str,
    (created_at, run_at): (Moment, Option<Moment>),
) -> Result<i64, StoreError> {
    let new = row::ActiveModel {
        body: Set(to_json(proposed)?),
        effect_hash: Set(hash.to_string()),
        base_version: Set(super::signed(base_version)),
        author: Set(author.to_owned()),
        created_at: Set(created_at.as_micros()),
        run_at: Set(run_at.map(Moment::as_micros)),
        state: Set(ProposalState::Waiting.code().to_owned()),
        ..Default::default()
    };
    Ok(row::Entity::insert(new).exec(tx.connection()).await?.last_insert_id)
}

/// One by its number.
///
/// # Errors
/// [`StoreError`].
pub async fn find(db: &impl ConnectionTrait, number: i64) -> Result<Option<Proposal>, StoreError> {
    row::Entity::find_by_id(number).one(db).await?.map(read).transpose()
}

/// The newest ones, newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn newest(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Proposal>, StoreError> {
    let rows = row::Entity::find().order_by_desc(row::Column::ProposalKey).limit(limit).all(db).await?;
    rows.into_iter().map(read).collect()
}

/// Those approved whose moment has come, in the order of their moments.
///
/// # Errors
/// [`StoreError`].
pub async fn due(db: &impl ConnectionTrait, now: Moment) -> Result<Vec<i64>, StoreError> {
    let query = row::Entity::find().filter(row::Column::State.eq(ProposalState::Approved.code()));
    let query = query.filter(row::Column::RunAt.lte(now.as_micros())).order_by_asc(row::Column::RunAt);
    let rows = query.order_by_asc(row::Column::ProposalKey).all(db).await?;
    Ok(rows.into_iter().map(|row| row.proposal_key).collect())
}

/// Those approved that wait for their moment, the next first.
///
/// # Errors
/// [`StoreError`].
pub async fn coming(db: &impl ConnectionTrait) -> Result<Vec<Proposal>, StoreError> {
    let query = row::Entity::find().filter(row::Column::State.eq(ProposalState::Approved.code()));
    let rows = query.order_by_asc(row::Column::RunAt).all(db).await?;
    rows.into_iter().map(read).collect()
}

/// A proposal goes on from the state that was read; tells whether it still stood there.
///
/// # Errors
/// [`StoreError`].
pub async fn decide(tx: &Transaction, proposal: &Proposal, decided: &Decided<'_>) -> Result<bool, StoreError> {
    let changed = row::Entity::update_many()
        .col_expr(row::Column::State, decided.state.code().into())
        .col_expr(row::Column::DecidedBy, decided.by.into())
        .col_expr(row::Column::DecidedAt, decided.at.as_micros().into())
        .col_expr(row::Column::ApprovedHash, decided.approved.map(ToString::to_string).into())
        .col_expr(row::Column::Version, decided.version.map(super::signed).into())
        .filter(row::Column::ProposalKey.eq(proposal.number))
        .filter(row::Column::State.eq(proposal.state.code()))
        .exec(tx.connection())
        .await?;
    Ok(changed.rows_affected == 1)
}

fn read(stored: row::Model) -> Result<Proposal, StoreError> {
    let key = stored.proposal_key;
    let number = |value: i64| u64::try_from(value).unwrap_or(0);
    Ok(Proposal {
        number: key,
        proposed: json(&stored.body, TABLE, key, "body")?,
        hash: parsed(Sha256Hash::parse(&stored.effect_hash), TABLE, key, "effect_hash")?,
        base_version: number(stored.base_version),
        author: stored.author,
        created_at: Moment::from_micros(stored.created_at),
        run_at: stored.run_at.map(Moment::from_micros),
        state: parsed(ProposalState::parse(&stored.state), TABLE, key, "state")?,
        decided_by: stored.decided_by,
        approved: stored.approved_hash.as_deref().and_then(Sha256Hash::parse),
        version: stored.version.map(number),
    })
}
