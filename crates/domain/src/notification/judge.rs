//! What stands in a notification's way, and what is worth knowing, as it will be on its day.

mod points;

use super::content::Content;
use super::effect::{effect, stranded};
use super::kind::Kind;
use crate::directory::{Effect, Right, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::outbound::LAPSES_AFTER_DAYS;
use crate::plan::PlannedTenant;
use crate::refusal::Mender;
use crate::register::{Entry, RegisterKind};
use crate::rules::{Check, Rulebook, Severity};
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

codes! {
    /// What stands in the way, or is worth knowing.
    What {
        /// Its day has been, or is today: nothing is notified backwards.
        Past = "past",
        /// It comes later than the rules want it, and says why.
        Expedited = "expedited",
        /// It comes later than the rules want it, and does not say why.
        ShortNotice = "short-notice",
        /// Nothing would be otherwise than it is.
        Nothing = "nothing",
        /// The access point is not open then.
        PointUnknown = "point-unknown",
        /// The access point is somebody else's to notify.
        PointOfAnother = "point-of-another",
        /// A collection point of this name is open already.
        NameTaken = "name-taken",
        /// No collection point of the organisation's of this name is open then.
        CollectionUnknown = "collection-unknown",
        /// The address of a collection point is another access point's.
        AddressTaken = "address-taken",
        /// The address is one that no connection comes from outside.
        AddressPrivate = "address-private",
        /// It stands outside Finland: Kanta approves that for itself.
        Abroad = "abroad",
        /// Several pharmacies go on under numbers of their own.
        Branches = "branches",
        /// An access point's connections run through the collection point that ends, or does not take them any more.
        Collected = "collected",
        /// No service is used in the joint model: a tenant would come in with nothing.
        NotJoint = "not-joint",
        /// It works by the joining already.
        TenantAlready = "tenant-already",
        /// It is the host itself.
        HostItself = "host-itself",
        /// It does not work by the joining then.
        NoTenant = "no-tenant",
        /// It works by the joining, and would no more.
        TenantEnds = "tenant-ends",
        /// The number is the organisation's own already.
        SameNumber = "same-number",
        /// An access point with this OID is open already.
        PointTaken = "point-taken",
        /// Its use is not agreed on with whoever administers it.
        NotAgreed = "not-agreed",
        /// Somebody uses the access point then.
        PointInUse = "point-in-use",
        /// It is not one of the organisation's units.
        UnitOfAnother = "unit-of-another",
        /// Its entry does not bear the mark of receiving renewal requests.
        Unmarked = "unmarked",
        /// Its entry has no complete address, or no telephone number: nobody could choose it.
        Unaddressed = "unaddressed",
        /// Renewal requests are received where prescriptions are used, and they are not.
        NoPrescription = "no-prescription",
        /// Its entry bears the mark still, and has to lose it before it ends.
        Marked = "marked",
        /// Renewal requests wait for it that nobody has answered, and would not be any more.
        RequestsUnanswered = "requests-unanswered",
        /// Renewal requests wait for it.
        RequestsWait = "requests-wait",
        /// The service is received through something that ends: units stop receiving.
        ReceptionEnds = "reception-ends",
        /// The controller is not one of the organisation's.
        ControllerOfAnother = "controller-of-another",
        /// Whoever gets the documents stands in no register then.
        ControllerUnknown = "controller-unknown",
        /// An independent professional's documents stay.
        ProfessionalStays = "professional-stays",
        /// The documents would be their own controller's.
        SameController = "same-controller",
        /// No days of controller update runs are planned on that day.
        NoRunDay = "no-run-day",
        /// Only the contract with a supplier ends: that ends no joining.
        SupplierOnly = "supplier-only",
        /// It is the last service: leaving it is ending the joining.
        LastService = "last-service",
        /// So many documents get another controller.
        DocumentsMove = "documents-move",
        /// Documents stay in a register that would be left.
        DocumentsStay = "documents-stay",
        /// The information security plan is of a day to come.
        PlanAhead = "plan-ahead",
        /// It is no intermediary.
        NoIntermediary = "no-intermediary",
        /// A right would go on when its access point, or the joining, does not.
        Stranded = "stranded",
        /// Whose the documents are then is not ordered for the day yet.
        RunNotOrdered = "run-not-ordered",
        /// It is ordered, and not approved by a second person yet: the ending waits for that.
        RunNotApproved = "run-not-approved",
        /// The unit comes from another, which has agreed to that, and receives there no more.
        Arrives = "arrives",
        /// No certificate is named: any that a trusted issuer has given its OID would do.
        AnyCertificate = "any-certificate",
        /// A line of the list that cannot be read.
        Unread = "unread",
        /// It is named more than once.
        Twice = "twice",
        /// Tenants work by the joining, and would lose the service with it.
        Tenants = "tenants",
        /// The directory would contradict itself.
        Contradiction = "contradiction",
    }
}

impl What {
    /// Who can mend it.
    #[must_use]
    pub const fn mender(self) -> Mender {
        match self {
            Self::PointUnknown | Self::PointOfAnother => Mender::AccessPointAdministrator,
            Self::NoRunDay | Self::Abroad | Self::RunNotApproved => Mender::Operator,
            _ => Mender::Joiner,
        }
    }

    /// Where it stands: a document as the rulebook names them, and a chapter.
    #[must_use]
    pub const fn source(self) -> (&'static str, &'static str) {
        match self {
            Self::Expedited | Self::ShortNotice | Self::Unaddressed | Self::SupplierOnly => ("published", ""),
            Self::Unmarked | Self::NoPrescription => ("guide", "4.2.1"),
            Self::NotAgreed | Self::PlanAhead | Self::NoIntermediary => ("guide", "2.4"),
            Self::NotJoint | Self::HostItself | Self::TenantAlready | Self::NoTenant | Self::TenantEnds => {
                ("guide", "4.1.1")
            }
            Self::NameTaken | Self::CollectionUnknown | Self::Collected | Self::AddressTaken => ("guide", "5.6"),
            Self::Abroad | Self::AddressPrivate => ("guide", "3.1.1"),
            _ => ("change situations", ""),
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How much it weighs; an error is in the way.
    pub severity: Severity,
    /// What.
    pub what: What,
    /// Of whom, or of what.
    pub of: String,
}

/// What is known of a unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Whose it is then, by the registers.
    pub joiner: Option<Oid>,
    /// Its entry, with the register that it stands in.
    pub entry: Option<(RegisterKind, Entry)>,
    /// How many renewal requests wait for it.
    pub waiting: u64,
}

/// What is so.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whose rights and access points are whoever's that notifies: its own, a pharmacist's branches' too.
    pub own: Vec<Oid>,
    /// The directory, as far as the notification meets it.
    pub rows: Rows,
    /// The units that the notification or what it changes names.
    pub units: BTreeMap<Oid, Unit>,
    /// Units that come to it on the day by a change that all have agreed to, each with whom it comes from.
    pub arriving: BTreeMap<Oid, Oid>,
    /// The organisation's controllers.
    pub controllers: Vec<Oid>,
    /// How many documents each of them has.
    pub documents: BTreeMap<Oid, u64>,
    /// How many of them are of each unit, by controller and unit.
    pub units_of_documents: BTreeMap<(Oid, Oid), u64>,
    /// Whether whoever gets documents is valid in a register on the day.
    pub controller_valid: bool,
    /// The addresses of a collection point that stand on an access point's link, with that.
    pub linked: Vec<(IpAddr, AccessPointOid)>,
    /// Whether controller update runs are carried out on the day.
    pub run_day: bool,
    /// Whether the organisation stands in the register of intermediaries.
    pub intermediary: bool,
    /// Whether it is an independent professional.
    pub professional: bool,
}

/// Judges a notification by what is so: everything that was found, the gravest first. `sent`: when it was, or would be; whoever decides later takes
/// nothing from its notice. `expedited`: whether it says why it comes so late.
#[must_use]
pub fn judge(
    (kind, content): (Kind, &Content),
    (day, sent, now): (Moment, Moment, Moment),
    expedited: bool,
    facts: &Facts,
) -> Vec<Finding> {
    let mut found = Found { facts, at: day, found: Vec::new() };
    // What an intermediary says of itself is so already.
    if kind != Kind::Intermediary {
        found.in_time((sent, now), expedited);
    }
    found.content(content);
    if kind.changes_directory() && (kind != Kind::Termination || facts.intermediary) {
        let changes = effect(content, (&facts.own, &facts.arriving), &facts.rows, day);
        found.changes(content, &changes);
        found.silenced(&changes, now);
    }
    let mut found = found.found;
    found.sort();
    found.dedup();
    found
}

struct Found<'f> {
    facts: &'f Facts,
    at: Moment,
    found: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, severity: Severity, what: What, of: impl ToString) {
        self.found.push(Finding { severity, what, of: of.to_string() });
    }

    fn error(&mut self, what: What, of: impl ToString) {
        self.add(Severity::Error, what, of);
    }

    /// Never backwards; so many days ahead as the rules of the day want, or with a reason.
    fn in_time(&mut self, (sent, now): (Moment, Moment), expedited: bool) {
        if self.at < now.next_midnight() {
            self.error(What::Past, self.at.civil().date());
            return;
        }
        let days = Rulebook::standard().most_days(self.at, |check| match check {
            Check::NotifiedAhead { days } => Some(*days),
            _ => None,
        });
        if self.at < sent.midnight().plus_days(days) {
            match expedited {
                true => self.add(Severity::Advice, What::Expedited, days),
                false => self.error(What::ShortNotice, days),
            }
        }
    }

    fn content(&mut self, content: &Content) {
        match content {
            Content::Swap { to, agreed, .. } | Content::Use { point: to, agreed, .. } => self.usable(to, *agreed),
            Content::Reception { units, point, agreed, .. } => {
                self.usable(point, *agreed);
                self.receiving(units);
            }
            Content::Point { point, .. } => {
                self.new_point(&point.oid);
                self.apart(&point.oid, &point.links);
            }
            Content::Link { point, links, .. } => {
                self.administered(point);
                self.apart(point, links);
            }
            Content::Certificates { point, certificates } => {
                self.administered(point);
                if certificates.is_empty() {
                    self.add(Severity::Warning, What::AnyCertificate, point);
                }
            }
            Content::RetirePoint { point } => self.retired(point),
            Content::PointSystem { point, .. } => self.administered(point),
            Content::CollectionPoint { name, collected } => self.new_collection(name, collected),
            Content::Collection { name, collected } => {
                self.no_more_collected(name, &collected.points);
                self.collected(collected);
            }
            Content::RetireCollection { name } => self.no_more_collected(name, &[]),
            Content::Tenants { tenants } => self.tenants(tenants),
            Content::EndTenant { tenant } => match self.works(tenant) {
                true => self.add(Severity::Advice, What::TenantEnds, tenant),
                false => self.error(What::NoTenant, tenant),
            },
            Content::BusinessId { to, units } => {
                if self.facts.own.contains(to) {
                    self.error(What::SameNumber, to);
                }
                if self.facts.own.len() > 1 {
                    self.error(What::Branches, "");
                }
                self.owned(&units.iter().map(|unit| unit.oid.clone()).collect::<Vec<_>>());
            }
            Content::Controller { from, to, units } => self.controller(from, to, units),
            Content::Intermediary { security_plan, .. } => {
                if !self.facts.intermediary {
                    self.error(What::NoIntermediary, "");
                }
                if *security_plan > self.at {
                    self.error(What::PlanAhead, security_plan.civil().date());
                }
            }
            Content::Termination { grounds: None, .. } => self.error(What::SupplierOnly, ""),
            Content::Termination { .. } if self.facts.intermediary => self.leaves(),
            Content::System { .. }
            | Content::EndUse { .. }
            | Content::EndReception { .. }
            | Content::Leave { .. }
            | Content::Termination { .. } => {}
        }
    }

    /// Whether somebody works by the joining as a tenant then.
    fn works(&self, tenant: &Oid) -> bool {
        let row = |row: &Tenant| self.facts.own.contains(&row.host) && row.tenant == *tenant;
        self.facts.rows.tenants.iter().any(|held| row(held) && held.valid.contains(self.at))
    }

    /// Who is to work by the joining does not yet, and some service is used in the joint model.
    fn tenants(&mut self, tenants: &[PlannedTenant]) {
        let joint = |right: &Right| {
            let own = self.facts.own.contains(&right.joiner) && right.model == ConnectionModel::Joint;
            own && right.valid.contains(self.at)
        };
        if !self.facts.rows.rights.iter().any(joint) {
            self.error(What::NotJoint, "");
        }
        let own = tenants.iter().map(|tenant| &tenant.oid).filter(|oid| self.facts.own.contains(oid));
        own.collect::<Vec<_>>().into_iter().for_each(|tenant| self.error(What::HostItself, tenant));
        let already: Vec<&Oid> = tenants.iter().map(|tenant| &tenant.oid).filter(|oid| self.works(oid)).collect();
        already.into_iter().for_each(|tenant| self.error(What::TenantAlready, tenant));
    }

    fn owned(&mut self, units: &[Oid]) {
        for unit in units {
            let own = |joiner: &Oid| self.facts.own.contains(joiner);
            if !self.facts.units.get(unit).and_then(|known| known.joiner.as_ref()).is_some_and(own) {
                self.error(What::UnitOfAnother, unit);
            }
        }
    }

    fn receiving(&mut self, units: &[Oid]) {
        let arrives = |unit: &&Oid| self.facts.arriving.contains_key(*unit);
        let others: Vec<Oid> = units.iter().filter(|unit| !arrives(unit)).cloned().collect();
        self.owned(&others);
        for (unit, from) in self.facts.arriving.iter().filter(|(unit, _)| units.contains(unit)) {
            self.add(Severity::Advice, What::Arrives, format!("{unit} – {from}"));
        }
        let uses = |right: &Right| {
            let own = self.facts.own.contains(&right.joiner);
            own && right.service == Service::Prescription && right.valid.contains(self.at)
        };
        if !self.facts.rows.rights.iter().any(uses) {
            self.error(What::NoPrescription, "");
        }
        for unit in units {
            let Some((register, entry)) = self.facts.units.get(unit).and_then(|known| known.entry.as_ref()) else {
                continue;
            };
            if !entry.renewal_mark() {
                self.add(Severity::Warning, What::Unmarked, unit);
            }
            // A professional's own entry has neither, and needs none (assumed).
            let complete = entry.complete_address() && entry.telephone().is_some();
            if *register != RegisterKind::Professionals && !complete {
                self.error(What::Unaddressed, unit);
            }
        }
    }

    fn controller(&mut self, from: &Oid, to: &Oid, units: &[Oid]) {
        if !self.facts.controllers.contains(from) {
            self.error(What::ControllerOfAnother, from);
        }
        if from == to {
            self.error(What::SameController, from);
        }
        if self.facts.professional {
            self.error(What::ProfessionalStays, from);
        }
        if !self.facts.controller_valid {
            self.error(What::ControllerUnknown, to);
        }
        if !self.facts.run_day {
            self.error(What::NoRunDay, self.at.civil().date());
        }
        if self.facts.documents.get(from).copied().unwrap_or_default() == 0 {
            self.error(What::Nothing, from);
        }
        // Of a unit that ends the documents are there still.
        let of = |unit: &Oid| self.facts.units_of_documents.get(&(from.clone(), unit.clone())).copied();
        let count = match units.is_empty() {
            true => self.facts.documents.get(from).copied().unwrap_or_default(),
            false => units.iter().filter_map(of).sum(),
        };
        if count > 0 {
            self.add(Severity::Advice, What::DocumentsMove, count);
        }
        let of_any = |unit: &Oid| self.facts.units_of_documents.keys().any(|(_, there)| there == unit);
        let there = |unit: &&Oid| !of_any(unit);
        let others: Vec<Oid> = units.iter().filter(there).cloned().collect();
        self.owned(&others);
    }

    /// Whoever does without a service keeps another, its documents stay whose they are, and no tenant works by it.
    fn left(&mut self, service: Service, after: &Rows) {
        let stays = |right: &Right| {
            // Until nobody knows when: what is to end already is none to go on with.
            let own = self.facts.own.contains(&right.joiner) && right.valid.until.is_none();
            own && right.service != Service::RenewalReception
        };
        if !after.rights.iter().any(stays) {
            self.error(What::LastService, service);
        }
        let works = |row: &&Tenant| self.facts.own.contains(&row.host) && row.valid.holds_after(self.at);
        let tenants: Vec<Oid> = self.facts.rows.tenants.iter().filter(works).map(|row| row.tenant.clone()).collect();
        tenants.into_iter().for_each(|tenant| self.error(What::Tenants, tenant));
        let documents: Vec<(String, u64)> = self
            .facts
            .documents
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(oid, n)| (oid.to_string(), *n))
            .collect();
        if service.needs_archivist() {
            for (controller, count) in documents {
                self.add(Severity::Advice, What::DocumentsStay, format!("{controller} ({count})"));
            }
        }
    }

    /// Something changes, and the directory does not contradict itself then.
    fn changes(&mut self, content: &Content, changes: &Effect) {
        if changes.is_empty() {
            self.error(What::Nothing, content.points().first().map(ToString::to_string).unwrap_or_default());
        }
        let after = match self.facts.rows.after(changes) {
            Ok(after) => after,
            Err(contradiction) => return self.error(What::Contradiction, contradiction),
        };
        for right in stranded(changes, &after) {
            self.error(What::Stranded, format!("{} – {}", right.service, right.access_point));
        }
        let uses = |rows: &Rows| -> BTreeSet<Service> {
            let own = |right: &&Right| self.facts.own.contains(&right.joiner) && right.valid.holds_after(self.at);
            rows.rights.iter().filter(own).map(|right| right.service).collect()
        };
        let (before, then) = (uses(&self.facts.rows), uses(&after));
        let lost = before.difference(&then).filter(|service| **service != Service::RenewalReception);
        lost.for_each(|service| self.left(*service, &after));
    }

    /// Units that stop receiving: what waits for them, and the marks that they bear.
    fn silenced(&mut self, changes: &Effect, now: Moment) {
        let Ok(after) = self.facts.rows.after(changes) else { return };
        let silenced = changes.silences(&self.facts.rows, &after, Moment::from_micros(i64::MAX));
        let days = Rulebook::standard().mark_off_days(self.at);
        for unit in silenced {
            self.add(Severity::Advice, What::ReceptionEnds, &unit);
            let Some(known) = self.facts.units.get(&unit) else { continue };
            if known.entry.as_ref().is_some_and(|(_, entry)| entry.renewal_mark()) {
                let off = self.at.plus_days(-days).civil().date();
                self.add(Severity::Warning, What::Marked, format!("{unit}, {off}"));
            }
            match known.waiting {
                0 => {}
                // A request lives so long: it would be in a unit that is closed.
                waiting if self.at <= now.plus_days(LAPSES_AFTER_DAYS) => {
                    self.error(What::RequestsUnanswered, format!("{unit} ({waiting})"));
                }
                waiting => self.add(Severity::Advice, What::RequestsWait, format!("{unit} ({waiting})")),
            }
        }
    }
}
