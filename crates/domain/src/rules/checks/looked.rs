//! What a look at the network has shown: names, answers, and the certificates that are served. Without a look these say nothing.

use super::{Case, numbered};
use crate::plan::{PlannedLink, PlannedPoint};
use crate::rules::answers::Answers;

/// Where reception services listen when the plan does not say (guide, history of 24.6.2010).
const PORT: u16 = 443;

/// The links of the joiner's own access points, each with its point.
fn links<'a>(case: &Case<'a>) -> Vec<(String, &'a PlannedPoint, &'a PlannedLink)> {
    let of_point = |(place, point): (String, &'a PlannedPoint)| {
        numbered(&place, &point.links).into_iter().map(move |(place, link)| (place, point, link))
    };
    case.own_points().flat_map(of_point).collect()
}

/// A link's name leads to its addresses.
pub(in crate::rules) fn name(case: &Case<'_>, answers: &mut Answers) {
    let Some(looked) = &case.facts.looked else { return };
    for (place, _, link) in links(case) {
        let Some(name) = &link.dns_name else { continue };
        match looked.names.get(name.as_str()) {
            None => answers.unknown(format!("{place}.dns_name")),
            Some(found) => {
                let kept = !found.is_empty() && link.addresses.iter().all(|address| found.contains(address));
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                answers.judge(format!("{place}.dns_name"), kept, format!("{name} → {}", found.join(" ")));
            }
        }
    }
}

/// Each address answers.
pub(in crate::rules) fn answers_calls(case: &Case<'_>, answers: &mut Answers) {
    let Some(looked) = &case.facts.looked else { return };
    for (place, point, link) in links(case) {
        let port = point.reception_port.unwrap_or(PORT);
        for (n, address) in link.addresses.iter().enumerate() {
            let place = format!("{place}.addresses[{}]", n + 1);
            match looked.ends.get(&(*address, port)) {
                None => answers.unknown(place),
                Some(end) => answers.judge(place, end.answered, format!("{address}:{port} {}", end.problem)),
            }
        }
    }
}

/// Each address that answers serves a certificate that the plan names, or at least one of the access point.
pub(in crate::rules) fn certificate(case: &Case<'_>, answers: &mut Answers) {
    let Some(looked) = &case.facts.looked else { return };
    for (place, point, link) in links(case) {
        let port = point.reception_port.unwrap_or(PORT);
        let named: Vec<_> = point.certificates.iter().filter_map(|file| case.facts.certificates.get(file)).collect();
        for (n, address) in link.addresses.iter().enumerate() {
            let place = format!("{place}.addresses[{}]", n + 1);
            let Some(end) = looked.ends.get(&(*address, port)).filter(|end| end.answered) else { continue };
            match &end.served {
                None => answers.judge(place, false, format!("{address}:{port} {}", end.problem)),
                Some(served) => {
                    let kept = if named.is_empty() {
                        served.serial_numbers == [point.oid.as_str()]
                    } else {
                        named.iter().any(|certificate| certificate.fingerprint == served.fingerprint)
                    };
                    let found = format!("{address}:{port} {} {}", served.serial_numbers.join(" "), served.fingerprint);
                    answers.judge(place, kept, found);
                }
            }
        }
    }
}
