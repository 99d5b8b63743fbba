//! What a document follows and whose it will be, by what the archive has of it: for `domain::archive`, which judges.

use liitos_domain::archive::{Apart, Cell, Family, Known, Order, judge_version};
use liitos_domain::document::{Header, INVALIDATES};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_store::archive::{Around, Kept};
use liitos_store::controller_runs::Run;

/// A document that is to be stored.
pub(super) struct Coming<'a> {
    /// Its header.
    pub(super) header: &'a Header,
    /// Whose documents it is among.
    pub(super) family: Family,
    /// For whom its message came.
    pub(super) represented: &'a Oid,
    /// Whether its message says that it replaces; and why.
    pub(super) replaces: bool,
    pub(super) reason: Option<&'a str>,
    /// The digest of its person.
    pub(super) person: &'a str,
    /// The controllers whose documents the caller may know of.
    pub(super) controllers: &'a [Oid],
}

/// Where a document goes.
pub(super) struct Placed {
    /// What it is counted to.
    pub(super) cell: Cell,
    /// When it was made.
    pub(super) made_at: Moment,
    /// Whose it is.
    pub(super) active: Oid,
    /// The document whose place it takes.
    pub(super) supersedes: Option<Oid>,
    /// Why it declares its set void, where it does.
    pub(super) invalidates: Option<&'static str>,
}

/// Where a document goes, or why it goes nowhere.
pub(super) fn place(coming: &Coming<'_>, around: &Around, now: Moment) -> Result<Placed, Vec<Finding>> {
    let Coming { header, family, represented, .. } = *coming;
    // What is no business of the caller's is not there.
    let run_of = |cell: &Cell| around.apart.iter().find(|run| fits(&run.order, header, cell, now));
    let visible = |kept: &&Kept| {
        let (active, _) = around.succession.active(&kept.cell);
        let own = coming.controllers.contains(active) || coming.controllers.contains(&kept.cell.controller);
        own || run_of(&kept.cell).is_some_and(|run| coming.controllers.contains(&run.order.to))
    };
    let newest = around.newest.as_ref().filter(visible);
    // What corrects what a run had moved, or will, goes back with it.
    let through = newest.and_then(|kept| {
        let (active, last) = around.succession.active(&kept.cell);
        let early = (*active != header.custodian).then(|| run_of(&kept.cell).map(|run| run.key)).flatten();
        early.or(last).or(kept.cell.through)
    });
    let (cell, made_at) = Cell::of(header, family, represented, through).map_err(|finding| vec![finding])?;
    // A set moves together: its later versions are counted where the first is.
    let cell = match newest.filter(|kept| coming.replaces && kept.cell.register == cell.register) {
        Some(kept) => Cell { controller: cell.controller, through: cell.through, ..kept.cell.clone() },
        None => cell,
    };
    let known = |kept: &Kept| Known {
        id: kept.id.clone(),
        set_id: kept.set_id.clone(),
        version: kept.version,
        standing: kept.standing,
        active: around.succession.active(&kept.cell).0.clone(),
        same_person: kept.person == coming.person,
        same_register: kept.cell.register == cell.register,
    };
    let added_to = around.added_to.as_ref().filter(visible).map(known);
    let mut findings = judge_version(header, coming.replaces, newest.map(known).as_ref(), added_to.as_ref());
    // Around a switch systems may be apart from the archive: what they name then is taken by the order, or may come later.
    let about = newest.map_or(&cell, |kept| &kept.cell);
    let (active, _) = around.succession.active(&cell);
    let foreign = |finding: &Finding| finding.code == RefusalCode::ControllerForeign && finding.place == "custodian";
    if *active != header.custodian || findings.iter().any(foreign) {
        findings.retain(|finding| !foreign(finding));
        findings.extend(apart(run_of(about), now));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let supersedes = newest.filter(|_| coming.replaces).map(|kept| kept.id.clone());
    let invalidates = supersedes.as_ref().and(coming.reason).filter(|reason| *reason == INVALIDATES);
    Ok(Placed { active: active.clone(), cell, made_at, supersedes, invalidates: invalidates.map(|_| INVALIDATES) })
}

/// Whether systems may be apart from the archive now about a cell, and a document names one of both.
fn fits(order: &Order, header: &Header, cell: &Cell, now: Moment) -> bool {
    let names = [&order.from, &order.to].contains(&&header.custodian);
    names && order.scope.covers(cell) && order.apart_at(now)
}

/// Why a document that names another controller than the active one is not taken; nothing where an order takes it.
fn apart(run: Option<&Run>, now: Moment) -> Option<Finding> {
    let Some(Run { order, .. }) = run else {
        return Some(Finding::new(RefusalCode::ControllerForeign, "custodian"));
    };
    match order.apart {
        Apart::Accept => None,
        Apart::TryAgain => {
            let after = if now < order.run_at { order.run_at } else { order.run_at.plus_seconds(order.after) };
            Some(Finding::new(RefusalCode::ControllerChanging, format!("custodian: after {after}")))
        }
    }
}
