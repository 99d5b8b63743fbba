//! What stands in a move's way, and what is worth knowing, by what is so.

use super::content::{Moving, New, Target, What};
use super::effect::{Parted, moved, together};
use super::fits::taken;
use super::schedule::Seat;
use super::{Kind, LEAD_SECONDS};
use crate::directory::{Collecting, Effect, EffectError, Rows};
use crate::identifier::Oid;
use crate::notification::{Finding, What as Found, stranded};
use crate::rules::{Check, Rulebook, Severity};
use crate::time::Moment;
use std::collections::BTreeSet;

/// Most of a kind that are told one by one.
const MOST_TOLD: usize = 20;
/// A move is there so many seconds before its first wave is entered at least, for somebody to approve it.
const LEAST_AHEAD: i64 = 60;

/// A move as it will be.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Who goes in which wave at which second.
    pub seats: Vec<Seat>,
    /// What is otherwise for each, in the same order.
    pub effects: Vec<Effect>,
    /// All of it.
    pub effect: Effect,
    /// The directory then, or why it cannot be.
    pub after: Result<Rows, EffectError>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
}

/// Whether one has to agree to being moved: not where it moves itself, and not where whoever administers both access points only moves it between them.
#[must_use]
pub fn consent_needed(what: &What, target: &Target, leader: &Oid) -> bool {
    let between_own = match what {
        What::Point { from, to, system: None, .. } => from.administrator() == *leader && to.administrator() == *leader,
        _ => false,
    };
    !between_own && target.party(what.kind()) != *leader
}

/// Judges a move by what is so. `sent`: when it was, or would be.
#[must_use]
pub fn judge(moving: &Moving, leader: &Oid, (sent, now): (Moment, Moment), rows: &Rows) -> Judged {
    let parted = Parted::of(rows);
    let seats = moving.schedule.seats(moving.targets.len());
    let each = moving.targets.iter().zip(&seats);
    let effects: Vec<Effect> =
        each.map(|(target, seat)| moved(&moving.what, target, (seat.at, moving.overlap), &parted)).collect();
    let effect = together(effects.iter());
    let after = rows.after(&effect);
    let mut found = Findings::default();
    found.in_time(moving, (sent, now));
    found.list(moving, &effects);
    found.points(moving, leader, rows);
    found.apart(&effect, rows, now);
    match &after {
        Err(contradiction) => found.add(Severity::Error, Found::Contradiction, [contradiction.to_string()].into_iter()),
        Ok(after) => {
            let stranded = stranded(&effect, after);
            let told =
                stranded.iter().map(|right| format!("{} – {} – {}", right.joiner, right.service, right.access_point));
            found.add(Severity::Error, Found::Stranded, told);
        }
    }
    let mut findings = found.0;
    findings.sort();
    findings.dedup();
    Judged { seats, effects, effect, after, findings }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, what: Found, of: impl Iterator<Item = String>) {
        self.0.extend(of.take(MOST_TOLD).map(|of| Finding { severity, what, of }));
    }

    /// Never backwards, not before anybody could approve it; so many days ahead as the rules want, or with a reason.
    fn in_time(&mut self, moving: &Moving, (sent, now): (Moment, Moment)) {
        let start = moving.schedule.start;
        if start < now.plus_seconds(LEAD_SECONDS + LEAST_AHEAD) {
            return self.add(Severity::Error, Found::Past, [start.civil().to_string()].into_iter());
        }
        let days = Rulebook::standard().most_days(start, |check| match check {
            Check::NotifiedAhead { days } => Some(*days),
            _ => None,
        });
        if start < sent.midnight().plus_days(days) {
            let (severity, what) = match moving.expedited {
                true => (Severity::Advice, Found::Expedited),
                false => (Severity::Error, Found::ShortNotice),
            };
            self.add(severity, what, [days.to_string()].into_iter());
        }
    }

    /// Each line can be read, names one who is not named before, and moves something.
    fn list(&mut self, moving: &Moving, effects: &[Effect]) {
        let unread = moving.unread.iter().map(|(number, line)| format!("{number}: {line}"));
        self.add(Severity::Error, Found::Unread, unread);
        let mut seen = BTreeSet::new();
        let twice = moving.targets.iter().filter(|target| !seen.insert(&target.subject));
        self.add(Severity::Error, Found::Twice, twice.map(|target| target.subject.to_string()));
        let nothing = moving.targets.iter().zip(effects).filter(|(_, effect)| effect.is_empty());
        self.add(Severity::Error, Found::Nothing, nothing.map(|(target, _)| target.subject.to_string()));
        let any = moving.targets.iter().filter(|target| target.new == New::Certificates(Vec::new()));
        self.add(Severity::Warning, Found::AnyCertificate, any.map(|target| target.subject.to_string()));
    }

    /// No access point gets an address of a collection point that it is not behind.
    fn apart(&mut self, effect: &Effect, rows: &Rows, now: Moment) {
        let collecting = Collecting::of(&rows.collection_points, now);
        let taken = taken(effect, &collecting);
        self.add(Severity::Error, Found::AddressTaken, taken.iter().map(|(address, oid)| format!("{address} – {oid}")));
    }

    /// What is moved to an access point is moved to one's own, which is open then.
    fn points(&mut self, moving: &Moving, leader: &Oid, rows: &Rows) {
        let What::Point { from, to, .. } = &moving.what else { return };
        if from == to {
            self.add(Severity::Error, Found::Nothing, [to.to_string()].into_iter());
        }
        let start = moving.schedule.start;
        match rows.access_points.iter().find(|point| point.oid == *to && point.valid.contains(start)) {
            None => self.add(Severity::Error, Found::PointUnknown, [to.to_string()].into_iter()),
            Some(point) if point.administrator != *leader => {
                self.add(Severity::Error, Found::PointOfAnother, [to.to_string()].into_iter());
            }
            Some(_) => {}
        }
    }
}

impl Moving {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.what.kind()
    }
}
