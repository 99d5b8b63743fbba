//! What a document follows and whose it will be, by what the archive has of it: for `domain::archive`, which judges.

use super::accept::Received;
use super::caller::Caller;
use liitos_domain::archive::{
    Apart, Cell, Family, Followed, Follower, Known, LetIn, Maker, Reached, Succession, judge_matter, judge_version,
};
use liitos_domain::document::{Header, INVALIDATES, Will};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_store::archive::{Around, Kept, KeptMatter};
use liitos_store::controller_runs::Run;

/// A document that is to be stored.
#[derive(Clone, Copy)]
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
    /// Whose joining it comes under.
    pub(super) joiner: &'a Oid,
    /// The caller's own controllers.
    pub(super) own: &'a [Oid],
    /// What the caller was let into of this person's documents.
    pub(super) let_in: &'a [LetIn],
    /// The tenant for which it calls.
    pub(super) tenant: Option<&'a Oid>,
}

impl<'a> Coming<'a> {
    /// What a caller brings, about a person, with whoever let it in.
    pub(super) fn of(received: &'a Received, caller: &'a Caller, (person, let_in): (&'a str, &'a [LetIn])) -> Self {
        let Received { message, interaction, .. } = received;
        Self {
            header: &message.header,
            family: interaction.family,
            represented: &message.envelope.represented,
            replaces: interaction.replaces_by(&message.header),
            reason: message.wrapper.reason.as_deref(),
            person,
            joiner: &caller.joiner,
            own: &caller.controllers,
            let_in,
            tenant: caller.tenant(),
        }
    }

    /// How it reaches what it follows.
    fn follower(&self) -> Follower<'a> {
        let Self { own, let_in, person, family, joiner, tenant, .. } = *self;
        Follower { own, let_in, person, family, maker: Maker { joiner, tenant } }
    }

    /// Whether the caller may store into a controller's register.
    pub(super) fn may_store(&self, controller: &Oid) -> bool {
        if self.own.contains(controller) {
            return true;
        }
        let Ok((cell, _)) = Cell::of(self.header, self.family, self.represented) else { return false };
        let stores = |one: &LetIn| one.by == *controller && one.stores(&cell.register, cell.customer.as_deref());
        self.let_in.iter().any(stores)
    }
}

/// Where a document goes.
pub(super) struct Placed {
    /// What it is counted to.
    pub(super) cell: Cell,
    /// The unit that it was made in, where it is another than that.
    pub(super) made_in: Option<Oid>,
    /// When it was made.
    pub(super) made_at: Moment,
    /// Whose it is.
    pub(super) active: Oid,
    /// The document whose place it takes.
    pub(super) supersedes: Option<Oid>,
    /// Why it declares its set void, where it does.
    pub(super) invalidates: Option<&'static str>,
    /// Whether it holds what is under a security ban: by its own word, and as what it follows does where it says nothing of that.
    pub(super) banned: bool,
}

/// Where a document goes, or why it goes nowhere. What is not for the caller to know of is as if it were not there.
pub(super) fn place<'a>(coming: &Coming<'_>, around: &'a Around, now: Moment) -> Result<Placed, Vec<Finding>> {
    let Coming { header, family, represented, .. } = *coming;
    let (own, made_at) = Cell::of(header, family, represented).map_err(|finding| vec![finding])?;
    let active = |cell: &Cell| around.succession.active(cell).0.clone();
    // The run, if there is one, by which the documents of a cell are changing controllers just now, to or from the one that is named.
    let changing = |cell: &Cell| around.apart.iter().find(|run| changes(run, around, header, cell, now));
    let follower = coming.follower();
    let followed = |kept: &'a Kept, lets_in: bool| Followed {
        cell: &kept.cell,
        controller: &kept.controller,
        active: around.succession.active(&kept.cell).0,
        person: &kept.person,
        maker: Maker { joiner: &kept.joiner, tenant: kept.tenant.as_ref() },
        lets_in,
        changing: changing(&kept.cell).map(|run| (&run.order.from, &run.order.to)),
    };
    let reach = |kept: &&'a Kept| follower.reaches(&followed(kept, false));
    let here = [&around.newest, &around.added_to].into_iter().flatten();
    // Whoever gave it away is told so.
    if here.clone().any(|kept| reach(&kept) == Reached::GivenAway) {
        return Err(vec![Finding::new(RefusalCode::ControllerForeign, "custodian")]);
    }
    let newest = around.newest.as_ref().filter(|kept| reach(kept) != Reached::Not);
    let added_to = around.added_to.as_ref().filter(|kept| reach(kept) != Reached::Not);
    if let Some(newest) = newest {
        follower.may_correct(&followed(newest, around.lets_in)).map_err(|finding| vec![finding])?;
    }
    let follows = newest.or(added_to);
    let known = |kept: &Kept| Known {
        id: kept.id.clone(),
        set_id: kept.set_id.clone(),
        version: kept.version,
        standing: kept.standing,
        active: active(&kept.cell),
        same_person: kept.person == coming.person,
        temporary: kept.temporary,
        same_register: kept.cell.register == own.register,
        same_customer: own.is_of_customer(&kept.cell),
    };
    let (known_newest, known_other) = (newest.map(known), added_to.map(known));
    let mut findings = judge_version(header, coming.replaces, known_newest.as_ref(), known_other.as_ref());
    // What a patient wants is lost by nothing else that takes its place.
    let lost = |older: &Will| !header.will.as_ref().is_some_and(|will| will.follows(older));
    let replaced = newest.is_some() && coming.replaces && coming.reason != Some(INVALIDATES);
    if replaced && around.will.as_ref().is_some_and(lost) {
        findings.push(Finding::new(RefusalCode::FollowsWrongly, "body: a will is followed by one of its kind"));
    }
    // A set moves together, with what is added to it: all of it is counted where its first document is.
    let cell = follows.map_or_else(|| own.clone(), |kept| kept.cell.clone());
    let made_in = (own.unit != cell.unit).then_some(own.unit);
    let corrected = newest.filter(|_| coming.replaces);
    findings.extend(closed(coming, around, (&active(&cell), corrected), made_at));
    // Around a switch systems may be apart from the archive: what they name then is taken by the order, or may come later.
    let foreign = |finding: &Finding| finding.code == RefusalCode::ControllerForeign && finding.place == "custodian";
    if active(&cell) != header.custodian || findings.iter().any(foreign) {
        findings.retain(|finding| !foreign(finding));
        findings.extend(apart(changing(&cell), now));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let supersedes = newest.filter(|_| coming.replaces).map(|kept| kept.id.clone());
    let invalidates = supersedes.as_ref().and(coming.reason).filter(|reason| *reason == INVALIDATES);
    let banned = header.says_banned().unwrap_or_else(|| follows.is_some_and(|kept| kept.banned));
    let invalidates = invalidates.map(|_| INVALIDATES);
    Ok(Placed { active: active(&cell), cell, made_in, made_at, supersedes, invalidates, banned })
}

/// What is wrong with a document by its matter; whoever may not store there is told nothing of it. `of`: whose it will be, and what it corrects.
fn closed(coming: &Coming<'_>, around: &Around, of: (&Oid, Option<&Kept>), made_at: Moment) -> Option<Finding> {
    let (header, (active, corrected)) = (coming.header, of);
    let own =
        |one: &&KeptMatter| Some(&one.matter) == header.matter() && around.succession.active(&one.cell).0 == active;
    let closed: Vec<_> = around.matters.iter().filter(own).map(|one| one.open.until).collect();
    let corrects = corrected.is_some_and(|older| older.event.as_deref() == header.matter().map(Oid::as_str));
    coming.may_store(&header.custodian).then(|| judge_matter(header, corrects, made_at, &closed)).flatten()
}

/// Whether a run is just about to move a cell's documents, or has just moved them, between controllers of which a document names one.
fn changes(run: &Run, around: &Around, header: &Header, cell: &Cell, now: Moment) -> bool {
    let Run { order, .. } = run;
    [&order.from, &order.to].contains(&&header.custodian) && is_changing(run, &around.succession, cell, now)
}

/// Whether a run is just about to move a cell's documents, or has just moved them.
pub(super) fn is_changing(run: &Run, succession: &Succession, cell: &Cell, now: Moment) -> bool {
    let Run { order, switched_at, .. } = run;
    let (active, last) = succession.active(cell);
    let moves = match switched_at {
        None => *active == order.from && order.scope.covers(cell),
        Some(_) => last == Some(run.key),
    };
    moves && order.apart_at(*switched_at, now)
}

/// Why a document that names another controller than the active one is not taken; nothing where an order takes it.
fn apart(run: Option<&Run>, now: Moment) -> Option<Finding> {
    let Some(Run { order, switched_at, .. }) = run else {
        return Some(Finding::new(RefusalCode::ControllerForeign, "custodian"));
    };
    match order.apart {
        Apart::Accept => None,
        Apart::TryAgain => {
            let after = order.apart_until(*switched_at).unwrap_or(order.run_at).max(now);
            Some(Finding::new(RefusalCode::ControllerChanging, format!("custodian: after {after}")))
        }
    }
}
