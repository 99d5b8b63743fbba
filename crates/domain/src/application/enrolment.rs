//! Enrolment for deployment: what an organisation says before it applies, on social care's path (study, enrol, prepare, apply).

use super::reader::Reader;
use super::steps::{Contact, FieldError, FieldProblem, Form};
use crate::time::Moment;

/// The fields that it asks for.
pub const FIELDS: [&str; 5] = ["start", "system", "name", "email", "phone"];

/// What an organisation enrols with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The day on which it wishes to begin.
    pub start: Moment,
    /// The system that it will use (Astori number), where it is chosen already.
    pub system: Option<String>,
    /// Who answers questions meanwhile.
    pub contact: Contact,
}

impl Enrolment {
    /// Reads a form; on `today` at the earliest one begins.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn read(form: &Form, today: Moment) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of_connection(form, 1);
        let start = reader.parsed("start", FieldProblem::Date, Moment::parse);
        if start.is_some_and(|start| start < today) {
            reader.wrong("start", FieldProblem::DatePast);
        }
        let system = match form.text("system") {
            "" => Some(None),
            _ => reader.parsed("system", FieldProblem::Choice, |text| Ok::<_, ()>(Some(text.to_owned()))),
        };
        let contact = reader.person("", false);
        match (start, system, contact) {
            (Some(start), Some(system), Some(contact)) if reader.errors.is_empty() => {
                Ok(Self { start, system, contact })
            }
            _ => Err(reader.errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_asked() {
        let form = |pairs: &[(&str, &str)]| {
            Form(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
        };
        let today = Moment::parse("2026-11-27").unwrap();
        let person = [("name", "Kaisa Koivu"), ("email", "kaisa@koivu.test"), ("phone", "+358 40 123 4567")];
        let with = |start| form(&[&[("start", start)], &person[..]].concat());
        let read = Enrolment::read(&with("2027-02-01"), today).unwrap();
        assert_eq!((read.start, read.system), (Moment::parse("2027-02-01").unwrap(), None));
        for start in ["", "2026-11-26", "soon"] {
            let errors = Enrolment::read(&with(start), today).unwrap_err();
            assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["start"], "{start}");
        }
        assert_eq!(Enrolment::read(&Form::default(), today).unwrap_err().len(), 4);
    }
}
