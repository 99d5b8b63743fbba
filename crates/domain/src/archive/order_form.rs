//! An order as a person writes it into a form.

use super::{Apart, Month, Order, Register, RunKind, RunProblem, Scope};
use crate::Moment;
use crate::application::Form;
use crate::identifier::{BusinessId, Oid};
use crate::service_code::codes;

/// Below which public documents name a customer by its Business ID.
const COMPANIES: &str = "1.2.246.10";

/// The fields of an order, as they are asked.
pub const FIELDS: [&str; 15] = [
    "from_controller",
    "to_controller",
    "run_kind",
    "registers",
    "units",
    "customer",
    "months_from",
    "months_until",
    "day",
    "time",
    "priority",
    "hours_before",
    "hours_after",
    "apart",
    "basis",
];

/// Most units or registers that an order names.
const MAX_NAMED: usize = 500;
/// Longest text of one field, in bytes.
const MAX_BYTES: usize = 20_000;

codes! {
    /// What is wrong with a field of an order.
    OrderWrong {
        /// Nothing was given.
        Missing = "missing",
        /// Not OIDs.
        Oid = "oid",
        /// Not registers like `patient:2`.
        Registers = "registers",
        /// Not a month.
        Month = "month",
        /// Not a day, or not a time of it.
        Day = "day",
        /// Not a whole number.
        Number = "number",
        /// Not one of the choices.
        Choice = "choice",
        /// Longer than anybody writes.
        TooLong = "too-long",
    }
}

impl RunProblem {
    /// The field where it is mended.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Same | Self::ToNotValid | Self::NotTheCustodian => "to_controller",
            Self::FromUnknown
            | Self::Professional
            | Self::Overlaps
            | Self::Chained
            | Self::TakenOn
            | Self::FromEnded
            | Self::GoesOn => "from_controller",
            Self::Past | Self::NotARunDay => "day",
            Self::Window => "hours_before",
            Self::Months => "months_until",
            Self::Basis | Self::NotAgreed => "basis",
        }
    }
}

struct Reading<'f> {
    form: &'f Form,
    wrong: Vec<(&'static str, OrderWrong)>,
}

impl Reading<'_> {
    fn text(&mut self, field: &'static str) -> Option<String> {
        let text = self.form.text(field).trim().to_owned();
        if text.len() > MAX_BYTES {
            self.wrong.push((field, OrderWrong::TooLong));
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    fn read<T>(&mut self, field: &'static str, problem: OrderWrong, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field)?;
        let read = parse(&text);
        if read.is_none() {
            self.wrong.push((field, problem));
        }
        read
    }

    fn required<T>(
        &mut self,
        field: &'static str,
        problem: OrderWrong,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.form.text(field).trim().is_empty() {
            self.wrong.push((field, OrderWrong::Missing));
            return None;
        }
        self.read(field, problem, parse)
    }

    fn all<T>(&mut self, field: &'static str, problem: OrderWrong, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let many = |text: &str| {
            let words = text.split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty());
            let read: Vec<T> = words.take(MAX_NAMED + 1).map(&parse).collect::<Option<_>>()?;
            (read.len() <= MAX_NAMED).then_some(read)
        };
        self.read(field, problem, many).unwrap_or_default()
    }
}

/// A customer as documents name it: by the register of companies, where a Business ID alone is said.
fn customer(said: String) -> String {
    match BusinessId::parse(&said) {
        Ok(id) => format!("{COMPANIES} {id}"),
        Err(_) => said,
    }
}

/// The order that a form says.
///
/// # Errors
/// Each field that is wrong, with what is.
pub fn read_order(form: &Form) -> Result<Order, Vec<(&'static str, OrderWrong)>> {
    let mut reading = Reading { form, wrong: Vec::new() };
    let oid = |text: &str| Oid::parse(text).ok();
    let hours = |text: &str| text.parse::<i64>().ok()?.checked_mul(3600);
    let from = reading.required("from_controller", OrderWrong::Oid, oid);
    let to = reading.required("to_controller", OrderWrong::Oid, oid);
    let kind = reading.required("run_kind", OrderWrong::Choice, RunKind::parse);
    let scope = Scope {
        registers: reading.all("registers", OrderWrong::Registers, Register::parse),
        units: reading.all("units", OrderWrong::Oid, oid),
        customer: reading.text("customer").map(customer),
        from: reading.read("months_from", OrderWrong::Month, Month::parse),
        until: reading.read("months_until", OrderWrong::Month, Month::parse),
    };
    let time = reading.text("time").unwrap_or_else(|| "00:00".to_owned());
    let at = |day: &str| {
        let day = Moment::parse(day).ok().filter(|_| day.len() == 10).map(|at| at.civil().date())?;
        // Seconds may be said, as a field for a time sends them.
        let parts: Vec<u8> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let (hour, minute, second) = match parts[..] {
            [hour, minute] => (hour, minute, 0),
            [hour, minute, second] => (hour, minute, second),
            _ => return None,
        };
        let in_range = hour < 24 && minute < 60 && second < 60;
        in_range.then(|| Moment::parse_civil(&format!("{day}T{hour:02}:{minute:02}:{second:02}")))?
    };
    let run_at = reading.required("day", OrderWrong::Day, at);
    let priority = reading.read("priority", OrderWrong::Number, |text| text.parse().ok()).unwrap_or(0);
    let before = reading.read("hours_before", OrderWrong::Number, hours).unwrap_or(0);
    let after = reading.read("hours_after", OrderWrong::Number, hours).unwrap_or(0);
    let apart = reading.required("apart", OrderWrong::Choice, Apart::parse);
    let basis = reading.required("basis", OrderWrong::Missing, |text| Some(text.to_owned()));
    let wrong = reading.wrong;
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let whole = || {
        let (from, to, kind, run_at) = (from?, to?, kind?, run_at?);
        Some(Order { from, to, scope, kind, run_at, priority, before, after, apart: apart?, basis: basis? })
    };
    whole().ok_or(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Form {
        let whole = [
            ("from_controller", "1.2.246.10.1.19.0"),
            ("to_controller", " 1.2.246.10.2.19.0 "),
            ("run_kind", "successor"),
            ("day", "2027-01-01"),
            ("apart", "accept"),
            ("basis", "merger"),
        ];
        Form(whole.iter().chain(pairs).map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    #[test]
    fn a_short_form_orders_everything_at_midnight() {
        let order = read_order(&form(&[])).unwrap();
        assert_eq!((order.run_at, order.before), (Moment::parse("2026-12-31T22:00:00Z").unwrap(), 0));
        assert_eq!(order.scope, Scope::default());
        let order = read_order(&form(&[
            ("time", "01:30"),
            ("registers", "patient:2, patient:4"),
            ("units", "1.2.246.10.1.10.7\r\n1.2.246.10.1.10.8"),
            ("months_from", "2020-01"),
            ("hours_after", "12"),
            ("customer", "1234567-1"),
        ]))
        .unwrap();
        assert_eq!((order.run_at, order.after), (Moment::parse("2026-12-31T23:30:00Z").unwrap(), 12 * 3600));
        assert_eq!(order.scope.customer.as_deref(), Some("1.2.246.10 1234567-1"), "as a document names it");
        let whole = read_order(&form(&[("customer", "1.2.246.10 1234567-1")])).unwrap();
        assert_eq!(whole.scope.customer, order.scope.customer);
        assert_eq!((order.scope.registers.len(), order.scope.units.len()), (2, 2));
        assert_eq!(order.scope.from, Month::parse("2020-01"));
        let second = read_order(&form(&[("time", "01:30:05")])).unwrap().run_at;
        assert_eq!(second, order.run_at.plus_seconds(5));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = |pairs: &[(&str, &str)]| read_order(&form(pairs)).unwrap_err();
        assert_eq!(wrong(&[("from_controller", "")]), [("from_controller", OrderWrong::Missing)]);
        assert_eq!(wrong(&[("to_controller", "x")]), [("to_controller", OrderWrong::Oid)]);
        assert_eq!(wrong(&[("registers", "2")]), [("registers", OrderWrong::Registers)]);
        assert_eq!(wrong(&[("months_until", "2020-13")]), [("months_until", OrderWrong::Month)]);
        for time in ["25:00", "1", "1:2:3:4", "01:60", "01:00:60", "a:b"] {
            assert_eq!(wrong(&[("time", time)]), [("day", OrderWrong::Day)], "{time}");
        }
        assert_eq!(wrong(&[("hours_before", "99999999999999999")]), [("hours_before", OrderWrong::Number)]);
        assert_eq!(wrong(&[("units", &"1.2 ".repeat(501))]), [("units", OrderWrong::Oid)]);
        assert_eq!(wrong(&[("apart", "x"), ("basis", " ")]).len(), 2);
        assert_eq!(wrong(&[("customer", &"x".repeat(30_000))]), [("customer", OrderWrong::TooLong)]);
    }
}
