//! Rehearses a run: what it would move, counted and sampled, and what its parties should look at first. Nothing is changed.

use super::cells::Cells;
use super::{found, holder, problems};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Cell, Moving, Order, Register, RunProblem, RunState, Succession};
use liitos_domain::{Duty, Oid, Sha256Hash};
use liitos_store::agreements::{self, SigningAgreement};
use liitos_store::controller_runs::{self, Counted};
use serde::Serialize;
use std::collections::BTreeMap;

/// Documents named as samples, and of each kind that needs a look.
const SAMPLES: u64 = 20;

/// What is moved of a register and unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The register.
    pub register: Register,
    /// The unit.
    pub unit: Oid,
    /// Documents, all versions.
    pub documents: u64,
    /// Newest versions that are not finished.
    pub unfinished: u64,
    /// Documents of service events that have not ended.
    pub open_events: u64,
}

/// Documents by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Some of all.
    pub some: Vec<String>,
    /// Newest versions that are not finished: corrections of them name the new controller after the switch.
    pub unfinished: Vec<String>,
    /// Documents of service events that have not ended.
    pub open_events: Vec<String>,
}

/// An agreement by which a supplier signs for the one who gives, and that the one who takes has not: its documents would be refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unsigned {
    /// The supplier.
    pub supplier: Oid,
    /// Its system (Astori number).
    pub system: String,
}

/// What a run would do if it were switched now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DryRun {
    /// Its number.
    pub number: String,
    /// What stands in its way: codes.
    pub problems: Vec<RunProblem>,
    /// What it moves, by register and unit.
    pub moved: Vec<Moved>,
    /// All documents that it moves.
    pub documents: u64,
    /// Prescriptions among them.
    pub prescriptions: u64,
    /// Cells that it moves.
    pub cells: u64,
    /// Suppliers that sign for the one who gives, and not for the one who takes.
    pub agreements: Vec<Unsigned>,
    /// Documents by name.
    pub samples: Sample,
    /// What is approved: the order, and what it moves.
    pub hash: Sha256Hash,
}

/// The cells that are an order's to move as the succession is without it, some at a time.
pub(super) struct ToMove<'a> {
    order: &'a Order,
    succession: &'a Succession,
    cells: Cells,
}

impl<'a> ToMove<'a> {
    /// Those behind a key.
    pub(super) fn of(order: &'a Order, succession: &'a Succession, after: i64) -> Self {
        Self { order, succession, cells: Cells::named(succession.named(&order.from), after) }
    }

    /// The next ones, which may be none; nothing behind the last.
    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Vec<(i64, Cell)>>, ServiceError> {
        let Some(some) = self.cells.next(app).await? else { return Ok(None) };
        let moved = |cell: &Cell| *self.succession.active(cell).0 == self.order.from && self.order.scope.covers(cell);
        Ok(Some(some.into_iter().map(|one| (one.key, one.cell)).filter(|(_, cell)| moved(cell)).collect()))
    }
}

/// Rehearses a run.
///
/// # Errors
/// L-602 without the position; L-609 when there is none with the number; L-605 when it is switched already.
pub async fn dry_run(app: &App, actor: &Actor, number: &str) -> Result<DryRun, ServiceError> {
    actor.must_see(Duty::Keep)?;
    let run = found(app, number).await?;
    if !matches!(run.state, RunState::Ordered | RunState::Approved) {
        return Err(super::state_forbids(run.state));
    }
    let db = app.store.read();
    let succession = controller_runs::succession(db).await?;
    let mut by_unit: BTreeMap<(Register, Oid), Counted> = BTreeMap::new();
    let (mut samples, mut documents, mut prescriptions, mut count) = (Sample::default(), 0, 0, 0);
    let mut cells = ToMove::of(&run.order, &succession, 0);
    while let Some(some) = cells.next(app).await? {
        for (key, cell) in some {
            let counted = controller_runs::counts(db, key).await?;
            documents += counted.documents;
            count += 1;
            if cell.register.family == liitos_domain::archive::Family::Prescription {
                prescriptions += counted.documents;
            }
            let all = by_unit.entry((cell.register, cell.unit)).or_default();
            all.documents += counted.documents;
            all.unfinished += counted.unfinished;
            all.open_events += counted.open_events;
            sample(app, key, counted, &mut samples).await?;
        }
    }
    let moved = by_unit.into_iter().map(|((register, unit), counted)| Moved {
        register,
        unit,
        documents: counted.documents,
        unfinished: counted.unfinished,
        open_events: counted.open_events,
    });
    let moved: Vec<Moved> = moved.collect();
    // Documents come while one thinks: what is approved is the order and where it reaches, not each document.
    let reaches: Vec<(&Register, &Oid)> = moved.iter().map(|part| (&part.register, &part.unit)).collect();
    let hash = Sha256Hash::of(serde_json::json!({ "order": run.order, "reaches": reaches }).to_string().as_bytes());
    let problems = problems(app, &run.order).await?;
    let agreements = unsigned(app, &run.order).await?;
    Ok(DryRun {
        number: run.number,
        problems,
        moved,
        documents,
        prescriptions,
        cells: count,
        agreements,
        samples,
        hash,
    })
}

/// The agreements that do not go with the documents (guide 3.3).
async fn unsigned(app: &App, order: &Order) -> Result<Vec<Unsigned>, ServiceError> {
    let (from, to) = (holder(app, &order.from).await?, holder(app, &order.to).await?);
    let counting = agreements::all(app.store.read()).await?.into_iter().filter(|one| one.ended_at.is_none());
    let of = |one: SigningAgreement| (one.joiner, Unsigned { supplier: one.supplier, system: one.system });
    let (theirs, others): (Vec<_>, Vec<_>) = counting.map(of).partition(|(joiner, _)| *joiner == from);
    let lacks = |what: &Unsigned| from != to && !others.iter().any(|(joiner, has)| *joiner == to && has == what);
    Ok(theirs.into_iter().map(|(_, what)| what).filter(lacks).collect())
}

async fn sample(app: &App, cell: i64, counted: Counted, samples: &mut Sample) -> Result<(), ServiceError> {
    let db = app.store.read();
    let wanted = [
        (Moving::All, counted.documents, &mut samples.some),
        (Moving::Unfinished, counted.unfinished, &mut samples.unfinished),
        (Moving::OpenEvents, counted.open_events, &mut samples.open_events),
    ];
    for (which, there, list) in wanted {
        let room = SAMPLES.saturating_sub(list.len() as u64);
        if there > 0 && room > 0 {
            list.extend(controller_runs::first_of(db, (which, cell), room).await?);
        }
    }
    Ok(())
}
