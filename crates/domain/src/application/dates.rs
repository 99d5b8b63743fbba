//! The days that a wished first day asks for, by the rules of the day.

use super::steps::{connections_in, nth_field};
use super::{Application, Step};
use crate::plan::Signer;
use crate::rules::{Check, Of, Rulebook};
use crate::service_code::codes;
use crate::time::Moment;

codes! {
    /// Something that has a latest day.
    Deadline {
        /// The server certificate is ordered.
        CertificateOrder = "certificate-order",
        /// The system signature certificate is ordered.
        SignatureOrder = "signature-order",
        /// The link is ready and the application sent (guide 5.1).
        Sending = "sending",
        /// The application is sent; the link is another's.
        SendingAlone = "sending-alone",
        /// The service is used.
        Start = "start",
    }
}

/// The latest days for an application's wished first day, the earliest first: when to order the certificates that it needs, when to have
/// the link ready and the application sent. How long a link takes to come nobody's rule says; it is ready when the application is sent.
/// None without a wished day.
#[must_use]
pub fn deadlines(application: &Application) -> Vec<(Deadline, Moment)> {
    let Some(start) = application.start() else { return Vec::new() };
    let form = application.form(Step::AccessPoints);
    // Whoever comes through another's access point orders no server certificate.
    let own_point = connections_in(&form).iter().any(|nth| form.text(&nth_field("connection", *nth)) != "existing");
    let signs = application.service.needs_signature() && form.text("signer") != Signer::WholeServiceSupplier.code();
    let rules = Rulebook::standard().rules().iter().filter(|rule| rule.valid().contains(start));
    let (mut server, mut signature, mut sending) = (None, None, None);
    for rule in rules {
        match rule.check {
            Check::CertificateOrdered { of: Of::Server, days } if own_point => server = server.max(Some(days)),
            Check::CertificateOrdered { of: Of::Signature, days } if signs => signature = signature.max(Some(days)),
            Check::SentAhead { days } => sending = sending.max(Some(days)),
            _ => {}
        }
    }
    let days = [
        (Deadline::CertificateOrder, server),
        (Deadline::SignatureOrder, signature),
        (if own_point { Deadline::Sending } else { Deadline::SendingAlone }, sending),
        (Deadline::Start, Some(0)),
    ];
    let mut all: Vec<_> = days.into_iter().filter_map(|(what, days)| Some((what, start.plus_days(-days?)))).collect();
    all.sort_by_key(|(_, at)| *at);
    all
}

#[cfg(test)]
mod tests {
    use super::super::{Form, JoinerKind, State};
    use super::*;
    use crate::Oid;
    use crate::service_code::Service;

    #[test]
    fn a_week_for_what_is_ordered_and_two_for_the_application() {
        let days = |pairs: &[(&str, &str)]| {
            let form = Form(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect());
            let application = Application {
                number: "1".into(),
                joiner: Oid::parse("1.2.246.10.1.10.0").unwrap(),
                kind: JoinerKind::Private,
                service: Service::PatientData,
                state: State::Draft,
                first_joining: true,
                forms: [(Step::AccessPoints, form)].into(),
                accepted: Default::default(),
            };
            let all = deadlines(&application);
            all.into_iter().map(|(what, at)| format!("{what} {}", at.civil().date())).collect::<Vec<_>>()
        };
        let start = ("start", "2027-03-01");
        assert_eq!(
            days(&[start, ("connection", "own"), ("signer", "whole-service-supplier")]),
            ["sending 2027-02-15", "certificate-order 2027-02-22", "start 2027-03-01"]
        );
        assert_eq!(
            days(&[start, ("connection", "existing"), ("signer", "own")]),
            ["sending-alone 2027-02-15", "signature-order 2027-02-22", "start 2027-03-01"]
        );
        assert!(days(&[("connection", "own")]).is_empty());
    }
}
