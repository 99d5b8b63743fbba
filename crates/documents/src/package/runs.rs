//! The runs of a package: by which of them each document came to the controller, and whether all came of which a run's report tells.

use super::{Record, SwitchedRun};
use liitos_domain::archive::{Cell, Completeness, Counting, Ids, Move, Succession};
use liitos_domain::{Moment, Oid};
use liitos_pki::seal::SealVerifier;

/// Most runs that a package tells of.
const MOST_RUNS: usize = 10_000;

/// A run, and what of it is found in the package.
struct Told {
    /// Its place among the runs, from 1 on.
    place: u64,
    switched_at: Moment,
    /// The documents that it brought, by its report; none while it is not carried through.
    brought: Option<Ids>,
    /// Those of them that are here.
    here: Counting,
}

/// The runs that were read, and the documents that they explain.
#[derive(Default)]
pub(super) struct Runs {
    succession: Succession,
    told: Vec<Told>,
    /// The cell that was asked for last, whose it is, and by which run.
    last: Option<(Cell, Oid, Option<usize>)>,
}

impl Runs {
    /// The next one, at a place.
    pub(super) fn take(&mut self, place: u64, run: SwitchedRun, verifier: &SealVerifier) -> Result<(), &'static str> {
        if self.told.len() >= MOST_RUNS {
            return Err("is one run more than a package has");
        }
        if self.told.last().is_some_and(|before| run.switched_at < before.switched_at) {
            return Err("was switched before the run that it follows");
        }
        let report = run.report.as_ref().map(|sealed| match verifier.signed_report(sealed) {
            true => sealed.says::<Completeness>().map_err(|_| "its report is none of a run"),
            false => Err("the holder of this key has not signed its report"),
        });
        let report = report.transpose()?;
        let same = |report: &Completeness| {
            let at = (report.switched_at, report.reversed_at);
            report.number == run.number && report.order == run.order && at == (Some(run.switched_at), None)
        };
        if !report.as_ref().is_none_or(same) {
            return Err("its report tells of another run");
        }
        let brought = report.filter(|report| report.complete).map(|report| report.after);
        let (at, order) = (self.told.len(), run.order);
        let key = i64::try_from(at).unwrap_or(i64::MAX);
        self.succession.push(Move { run: key, from: order.from, to: order.to, scope: order.scope, reversed: false });
        self.told.push(Told { place, switched_at: run.switched_at, brought, here: Counting::default() });
        self.last = None;
        Ok(())
    }

    /// Whose a document is by the runs; counted to the one that brought it, where it was there then.
    pub(super) fn place(&mut self, record: &Record, cell: &Cell) -> &Oid {
        let known = self.last.take().filter(|(known, ..)| known == cell);
        let placed = known.unwrap_or_else(|| {
            let (active, run) = self.succession.active(cell);
            (cell.clone(), active.clone(), run.and_then(|run| usize::try_from(run).ok()))
        });
        let (_, active, run) = self.last.insert(placed);
        if let Some(told) = run.and_then(|run| self.told.get_mut(run))
            && record.stored_at <= told.switched_at
        {
            told.here.add(record.id.as_str());
        }
        active
    }

    /// The runs that brought documents to a controller and whose documents are all its still, each by its place, with whether all that its report tells of are
    /// here.
    pub(super) fn recounted(&self, controller: &Oid) -> Vec<(u64, bool)> {
        let moves = self.succession.moves();
        let stayed = |at: usize, brought: &Move| {
            let mut later = moves.iter().skip(at + 1);
            !later.any(|one| one.from == brought.to && one.scope.overlaps(&brought.scope))
        };
        let of = moves.iter().zip(&self.told).enumerate();
        let of = of.filter(|(at, (one, _))| one.to == *controller && stayed(*at, one));
        of.filter_map(|(_, (_, told))| Some((told.place, *told.brought.as_ref()? == told.here.ids()))).collect()
    }
}
