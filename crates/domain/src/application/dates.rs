//! The days that a wished first day asks for, by the rules of the day.

use crate::rules::{Check, Of, Rulebook};
use crate::service_code::codes;
use crate::time::Moment;

codes! {
    /// Something that has a latest day.
    Deadline {
        /// The server certificate is ordered.
        CertificateOrder = "certificate-order",
        /// The link is ready and the application sent (guide 5.1).
        Sending = "sending",
        /// The service is used.
        Start = "start",
    }
}

/// The latest days for a first day of use, the earliest first: when to order the server certificate, when to have the link ready and the
/// application sent. How long a link takes to come nobody's rule says; it is ready when the application is sent.
#[must_use]
pub fn deadlines(start: Moment) -> Vec<(Deadline, Moment)> {
    let rules = Rulebook::standard().rules().iter().filter(|rule| rule.valid().contains(start));
    let (mut certificate, mut sending) = (None, None);
    for rule in rules {
        match rule.check {
            Check::CertificateOrdered { of: Of::Server, days } => certificate = certificate.max(Some(days)),
            Check::SentAhead { days } => sending = sending.max(Some(days)),
            _ => {}
        }
    }
    let before = |days: Option<i64>| start.plus_days(-days.unwrap_or(0));
    let mut all = vec![
        (Deadline::CertificateOrder, before(certificate)),
        (Deadline::Sending, before(sending)),
        (Deadline::Start, start),
    ];
    all.sort_by_key(|(_, at)| *at);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_for_the_certificate_and_two_for_the_application() {
        let start = Moment::parse("2027-03-01").unwrap();
        let days: Vec<_> =
            deadlines(start).into_iter().map(|(what, at)| (what.code(), at.civil().date().to_string())).collect();
        let expected = [("sending", "2027-02-15"), ("certificate-order", "2027-02-22"), ("start", "2027-03-01")];
        assert_eq!(days, expected.map(|(what, day)| (what, day.to_owned())));
    }
}
