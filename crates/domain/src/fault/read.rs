//! Reads what the operator filled in.

use super::{Audience, Fault, Kind, MAX_HEADLINE, MAX_WORDS, MOST_NAMED, Stage, Statement, Words};
use crate::application::{FieldError, FieldProblem, Form};
use crate::county::County;
use crate::identifier::AccessPointOid;
use crate::service_code::Service;
use crate::time::Moment;
use crate::typed::{self, NoMoment};
use std::collections::BTreeSet;

/// Furthest into the past that a fault may be said to have begun, and into the future that a break may, in days.
const FURTHEST_DAYS: i64 = 366;

/// Longest number of a system, in characters.
const MAX_SYSTEM: usize = 100;

struct Reader<'f> {
    form: &'f Form,
    now: Moment,
    errors: Vec<FieldError>,
}

impl Reader<'_> {
    fn wrong(&mut self, field: &str, problem: FieldProblem) {
        self.errors.push(FieldError { field: field.to_owned(), problem });
    }

    /// The same in each language; `needed`: at least in Finnish.
    fn words(&mut self, name: &str, most: usize, needed: bool) -> Words {
        let mut one = |language: &str| {
            let field = format!("{name}_{language}");
            let text = self.form.text(&field);
            if text.is_empty() {
                return String::new();
            }
            let said = if most == MAX_HEADLINE { typed::line(text, most) } else { typed::words(text, most) };
            said.unwrap_or_else(|| {
                self.wrong(&field, FieldProblem::TooLong);
                String::new()
            })
        };
        let words = Words { fi: one("fi"), sv: one("sv"), en: one("en") };
        let others = !words.sv.is_empty() || !words.en.is_empty();
        if (needed || others) && self.form.text(&format!("{name}_fi")).is_empty() {
            self.wrong(&format!("{name}_fi"), FieldProblem::Missing);
        }
        words
    }

    /// A day and a time in Helsinki, each in a field of its own; nothing where both are empty.
    fn moment(&mut self, name: &str) -> Option<Moment> {
        let (day, time) = (format!("{name}_day"), format!("{name}_time"));
        match typed::moment(self.form.text(&day), self.form.text(&time)) {
            Ok(at) => at,
            Err(NoMoment::Missing { day: of_day }) => {
                self.wrong(if of_day { &day } else { &time }, FieldProblem::Missing);
                None
            }
            Err(NoMoment::Wrong { day: of_day }) => {
                self.wrong(if of_day { &day } else { &time }, FieldProblem::Date);
                None
            }
        }
    }

    /// Names with spaces or lines between them.
    fn several<T: Ord>(
        &mut self,
        field: &str,
        problem: FieldProblem,
        parse: impl Fn(&str) -> Option<T>,
    ) -> BTreeSet<T> {
        let all = self.form.text(field).split(|c: char| c.is_whitespace() || c == ',').filter(|name| !name.is_empty());
        let read: Option<BTreeSet<T>> = all.take(MOST_NAMED + 1).map(parse).collect();
        match read {
            Some(read) if read.len() <= MOST_NAMED => read,
            _ => {
                self.wrong(field, problem);
                BTreeSet::new()
            }
        }
    }

    fn done<T>(self, read: T) -> Result<T, Vec<FieldError>> {
        if self.errors.is_empty() { Ok(read) } else { Err(self.errors) }
    }
}

/// Reads what is said of a fault or break as it is told first: what it is, and the first statement.
///
/// # Errors
/// What is wrong with which field.
pub fn read(form: &Form, now: Moment) -> Result<(Fault, Statement), Vec<FieldError>> {
    let mut reader = Reader { form, now, errors: Vec::new() };
    let kind = Kind::parse(form.text("fault_kind")).unwrap_or_else(|| {
        reader.wrong("fault_kind", FieldProblem::Choice);
        Kind::Fault
    });
    let headline = reader.words("headline", MAX_HEADLINE, true);
    let audience = Audience {
        services: reader.several("services", FieldProblem::Choice, Service::parse),
        access_points: reader
            .several("access_points", FieldProblem::AccessPointOid, |text| AccessPointOid::parse(text).ok()),
        systems: reader.several("systems", FieldProblem::Choice, |text| {
            (text.len() <= MAX_SYSTEM && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
        }),
        places: reader.several("places", FieldProblem::Choice, |text| {
            (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.to_owned())
        }),
        counties: reader.several("counties", FieldProblem::Choice, |text| Some(County::parse(text)?.code.clone())),
    };
    let given = reader.moment("begins");
    // As it would be filled in: without seconds.
    let begins = given.unwrap_or_else(|| Moment::from_seconds(now.as_seconds().div_euclid(60) * 60));
    let expected = reader.expected(begins);
    let (earliest, latest) = (now.plus_days(-FURTHEST_DAYS), now.plus_days(FURTHEST_DAYS));
    match kind {
        // A fault that is to come is none.
        Kind::Fault if begins > now => reader.wrong("begins_day", FieldProblem::DateAhead),
        Kind::Break if given.is_none() && !reader.is_wrong("begins") => {
            reader.wrong("begins_day", FieldProblem::Missing);
        }
        Kind::Break if given.is_some_and(|begins| begins <= now) => reader.wrong("begins_day", FieldProblem::DatePast),
        Kind::Break if expected.is_none() && !reader.is_wrong("expected") => {
            reader.wrong("expected_day", FieldProblem::Missing);
        }
        Kind::System if audience.systems.is_empty() && !reader.is_wrong("systems") => {
            reader.wrong("systems", FieldProblem::Missing);
        }
        _ if begins < earliest || begins > latest => reader.wrong("begins_day", FieldProblem::Date),
        _ => {}
    }
    let words = reader.words("words", MAX_WORDS, false);
    let fault = Fault { kind, headline, audience, public: form.ticked("public"), begins, expected, ended: None };
    reader.done((fault, Statement { at: now, stage: Stage::Started, words, expected }))
}

/// Reads what more is said of a fault that is not over, and when it was, if it is.
///
/// # Errors
/// What is wrong with which field.
pub fn read_statement(form: &Form, fault: &Fault, now: Moment) -> Result<(Statement, Option<Moment>), Vec<FieldError>> {
    let mut reader = Reader { form, now, errors: Vec::new() };
    let stage = match form.text("stage") {
        "updated" => Stage::Updated,
        // What has not begun is called off, and what has is over: whoever pressed the one does not mean the other.
        "called-off" if now < fault.begins => Stage::CalledOff,
        "ended" if now >= fault.begins => Stage::Ended,
        _ => {
            reader.wrong("stage", FieldProblem::Choice);
            Stage::Updated
        }
    };
    let words = reader.words("words", MAX_WORDS, stage == Stage::Updated);
    let (mut expected, mut ended) = (None, None);
    match stage {
        Stage::Ended => {
            let over = reader.moment("ended").unwrap_or(now);
            if over < fault.begins || over > now {
                reader.wrong("ended_day", if over > now { FieldProblem::DateAhead } else { FieldProblem::Date });
            }
            ended = Some(over);
        }
        Stage::CalledOff => ended = Some(now),
        Stage::Started | Stage::Updated => {
            expected = reader.expected(fault.begins);
            if fault.kind == Kind::Break && expected.is_none() && !reader.is_wrong("expected") {
                reader.wrong("expected_day", FieldProblem::Missing);
            }
        }
    }
    reader.done((Statement { at: now, stage, words, expected }, ended))
}

impl Reader<'_> {
    /// Until when it is expected to last: later than now and than it begins.
    fn expected(&mut self, begins: Moment) -> Option<Moment> {
        let expected = self.moment("expected")?;
        if expected <= self.now || expected <= begins {
            self.wrong("expected_day", FieldProblem::DatePast);
        } else if expected > begins.plus_days(FURTHEST_DAYS) {
            self.wrong("expected_day", FieldProblem::Date);
        }
        Some(expected)
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field.starts_with(name))
    }
}
