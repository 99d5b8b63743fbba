//! Server certificates of own access points, and the system signature (guide 3.2, 3.3, 6, 7).

use super::addresses::words;
use super::services::through_others;
use super::{Case, InRegister, numbered};
use crate::directory::LinkRole;
use crate::plan::{CertificateFound, PlannedPoint, Signer, Standing};
use crate::register::RegisterKind;
use crate::rules::answers::{Answers, day};
use crate::rules::check::Of;
use crate::service_code::{ConnectionModel, Service};
use crate::time::Moment;

/// The Subject's serialNumber is the access point's OID.
pub(in crate::rules) fn names_point(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, certificate) in servers(case, answers) {
        let named = certificate.serial_numbers.join(" ");
        answers.judge(place, certificate.serial_numbers == [point.oid.as_str()], named);
    }
}

/// The primary link's DNS name is the common name and stands among the alternative names.
pub(in crate::rules) fn primary_name(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, certificates) in named(case, answers) {
        for (_, link) in numbered("", &point.links).into_iter().filter(|(_, link)| link.role == LinkRole::Primary) {
            let Some(name) = &link.dns_name else {
                answers.unknown(&place);
                continue;
            };
            let kept = certificates.iter().any(|certificate| {
                certificate.common_names.len() == 1
                    && certificate.common_names.iter().all(|common| name.is(common))
                    && certificate.dns_names.iter().any(|dns| name.is(dns))
            });
            let found: Vec<String> =
                certificates.iter().map(|certificate| certificate.common_names.join(" ")).collect();
            judge_of(answers, &place, (kept, all_known(case, point, &certificates)), found.join(", "));
        }
    }
}

/// The other links' DNS names stand among the alternative names.
pub(in crate::rules) fn other_names(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, certificates) in named(case, answers) {
        for link in point.links.iter().filter(|link| link.role == LinkRole::Backup) {
            if let Some(name) = &link.dns_name {
                let kept = certificates.iter().flat_map(|certificate| &certificate.dns_names).any(|dns| name.is(dns));
                judge_of(answers, &place, (kept, all_known(case, point, &certificates)), name);
            }
        }
    }
}

/// Whether nothing more could bear a link's name than what is known: where somebody plans each certificate has to, of what is open another one may.
fn all_known(case: &Case<'_>, point: &PlannedPoint, known: &[&CertificateFound]) -> bool {
    case.plan.standing == Standing::Planned || known.len() == point.certificates.len()
}

fn judge_of(answers: &mut Answers, place: &str, (kept, all_known): (bool, bool), found: impl std::fmt::Display) {
    match kept || all_known {
        true => answers.judge(place, kept, found),
        false => answers.unknown(place),
    }
}

/// The certificates that have to bear a link's name: each where somebody plans; of what is open one of them, so that a name and the certificate with it can follow each other.
fn named<'a>(case: &Case<'a>, answers: &mut Answers) -> Vec<(String, &'a PlannedPoint, Vec<&'a CertificateFound>)> {
    let mut all: Vec<(String, &PlannedPoint, Vec<&CertificateFound>)> = Vec::new();
    for (place, point, certificate) in servers(case, answers) {
        let same =
            all.last_mut().filter(|(_, last, _)| case.plan.standing != Standing::Planned && last.oid == point.oid);
        match same {
            Some((_, _, certificates)) => certificates.push(certificate),
            None => all.push((place, point, vec![certificate])),
        }
    }
    all
}

/// It has a DNS name that is one, not only addresses, and no wildcard.
pub(in crate::rules) fn has_name(case: &Case<'_>, answers: &mut Answers) {
    for (place, _, certificate) in servers(case, answers) {
        let names = &certificate.dns_names;
        let kept = !names.is_empty() && names.iter().all(|name| !name.contains('*') && !name.contains('\0'));
        answers.judge(place, kept, names.join(" "));
    }
}

/// The Subject's organisation is the access point's administrator, by its name in the register.
pub(in crate::rules) fn organisation(case: &Case<'_>, answers: &mut Answers) {
    for (place, point, certificate) in servers(case, answers) {
        match case.register(&point.oid.administrator()) {
            // Who is in no register is told by its own rule.
            InRegister::Absent => {}
            InRegister::Entry(_, entry) if !certificate.organisations.is_empty() => {
                let name = words(&entry.name);
                let kept = !name.is_empty()
                    && certificate.organisations.iter().any(|organisation| name.is_subset(&words(organisation)));
                answers.judge(place, kept, format!("{} (≠ {})", certificate.organisations.join(", "), entry.name));
            }
            InRegister::Entry(..) | InRegister::NotAsked => answers.unknown(place),
        }
    }
}

/// A certificate that is not there yet is ordered so many days before the first day.
pub(in crate::rules) fn ordered_ahead(case: &Case<'_>, (of, days): (Of, i64), answers: &mut Answers) {
    let latest = case.plan.start.plus_days(-days);
    let mut judge = |place: String, ordered: Option<Moment>| match ordered {
        None => answers.unknown(place),
        Some(ordered) => answers.judge(place, ordered <= latest, format!("{} (≤ {})", day(ordered), day(latest))),
    };
    match of {
        Of::Server => {
            for (place, point) in case.own_points().filter(|(_, point)| point.certificates.is_empty()) {
                judge(format!("{place}.certificate_ordered"), point.certificate_ordered);
            }
        }
        Of::Signature => {
            if let Some(signature) = case.plan.signature.as_ref().filter(|signature| signature.certificate.is_none()) {
                judge("signature.ordered".to_owned(), signature.ordered);
            }
        }
    }
}

/// It is valid on the first day.
pub(in crate::rules) fn valid(case: &Case<'_>, of: Of, answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        let valid = &certificate.valid;
        let found = format!("{} – {}", day(valid.from), until(certificate));
        answers.judge(place, valid.contains(case.plan.start), found);
    }
}

/// It is valid for at most so many days.
pub(in crate::rules) fn length(case: &Case<'_>, (of, days): (Of, i64), answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        let from = certificate.valid.from;
        let kept = certificate.valid.until.is_some_and(|until| until <= from.plus_seconds(days * 86_400));
        answers.judge(place, kept, format!("{} – {} (≤ {days})", day(from), until(certificate)));
    }
}

/// It is signed with one of these algorithms.
pub(in crate::rules) fn hash(case: &Case<'_>, of: Of, algorithms: &[String], answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        let found = &certificate.signature_algorithm;
        answers.judge(place, algorithms.contains(found), found);
    }
}

/// Its key is of today's strength.
pub(in crate::rules) fn strength(case: &Case<'_>, of: Of, (rsa, ec): (usize, usize), answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        let (kept, found) = match (certificate.rsa_bits, certificate.ec_bits) {
            (Some(bits), _) => (bits >= rsa, format!("RSA {bits} (≥ {rsa})")),
            (None, Some(bits)) => (bits >= ec, format!("EC {bits} (≥ {ec})")),
            (None, None) => (false, "other".to_owned()),
        };
        answers.judge(place, kept, found);
    }
}

/// Its usages permit what it is for.
pub(in crate::rules) fn fit(case: &Case<'_>, of: Of, answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        answers.judge(place, certificate.fit, certificate.fit);
    }
}

/// It chains to a trusted issuer and is not revoked.
pub(in crate::rules) fn trusted(case: &Case<'_>, of: Of, answers: &mut Answers) {
    for (place, certificate) in certificates(case, of, answers) {
        match &certificate.trusted {
            None => answers.unknown(place),
            Some(Ok(())) => answers.judge(place, true, ""),
            Some(Err(why)) => answers.judge(place, false, why),
        }
    }
}

/// Traffic to another's access point is encrypted, both parties identified by server certificates.
pub(in crate::rules) fn mutual_identification(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in through_others(case) {
        answers.fact(format!("{place}.mutual_identification"), service.mutual_identification);
    }
}

/// Who stores documents has a system signature certificate.
pub(in crate::rules) fn signature_needed(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    if case.plan.services.iter().any(|service| services.contains(&service.code)) {
        match &case.plan.signature {
            // The directory does not hold whose certificate signs.
            None if case.plan.standing == Standing::Joined => answers.unknown("signature"),
            None => answers.judge("signature", false, ""),
            Some(signature) => answers.judge("signature", true, signature.signer),
        }
    }
}

/// The signer is one of the three: the joiner, a whole-service supplier that is an intermediary, or the host.
pub(in crate::rules) fn lawful_signer(case: &Case<'_>, answers: &mut Answers) {
    let Some(signature) = &case.plan.signature else {
        return;
    };
    let holder = match signature.signer {
        // In a joint connection the joiner is the host.
        Signer::Own => Some(&case.plan.joiner),
        Signer::Host if case.plan.model == ConnectionModel::Joint => Some(&case.plan.joiner),
        Signer::Host => {
            answers.judge("signature.signer", false, signature.signer);
            return;
        }
        Signer::WholeServiceSupplier => signature.holder.as_ref(),
    };
    let Some(holder) = holder else {
        answers.unknown("signature.holder");
        return;
    };
    if signature.signer == Signer::WholeServiceSupplier {
        match case.register(holder) {
            InRegister::NotAsked => answers.unknown("signature.holder"),
            InRegister::Entry(RegisterKind::Intermediaries, entry) => {
                answers.judge("signature.holder", entry.valid.contains(case.plan.start), holder);
            }
            _ => answers.judge("signature.holder", false, holder),
        }
    }
    for (place, certificate) in certificates(case, Of::Signature, answers) {
        answers.judge(place, certificate.serial_numbers == [holder.as_str()], certificate.serial_numbers.join(" "));
    }
}

/// Every file that the plan names holds a certificate.
pub(in crate::rules) fn readable(case: &Case<'_>, answers: &mut Answers) {
    let servers = case.own_points().flat_map(|(place, point)| {
        let files = point.certificates.iter().enumerate();
        files.map(move |(n, file)| (format!("{place}.certificates[{}]", n + 1), file))
    });
    let signing = case.plan.signature.iter().filter_map(|signature| signature.certificate.as_ref());
    for (place, file) in servers.chain(signing.map(|file| ("signature.certificate".to_owned(), file))) {
        match case.facts.unreadable.get(file) {
            Some(problem) => answers.judge(place, false, format!("{file}: {problem}")),
            None if case.facts.certificates.contains_key(file) => answers.judge(place, true, file),
            None => answers.unknown(place),
        }
    }
}

/// The use of another's certificate is agreed on.
pub(in crate::rules) fn signer_agreement(case: &Case<'_>, answers: &mut Answers) {
    if let Some(signature) = case.plan.signature.as_ref().filter(|signature| signature.signer != Signer::Own) {
        answers.fact("signature.agreement", signature.agreement);
    }
}

/// The server certificates of own access points that were read; what was not read or named is not checked.
fn servers<'a>(case: &Case<'a>, answers: &mut Answers) -> Vec<(String, &'a PlannedPoint, &'a CertificateFound)> {
    let mut found = Vec::new();
    for (place, point) in case.own_points() {
        if point.certificates.is_empty() {
            answers.unknown(format!("{place}.certificates"));
        }
        for (n, file) in point.certificates.iter().enumerate() {
            let place = format!("{place}.certificates[{}]", n + 1);
            match case.facts.certificates.get(file) {
                Some(certificate) => found.push((place, point, certificate)),
                // What cannot be read is said by its own rule.
                None if case.facts.unreadable.contains_key(file) => {}
                None => answers.unknown(place),
            }
        }
    }
    found
}

fn certificates<'a>(case: &Case<'a>, of: Of, answers: &mut Answers) -> Vec<(String, &'a CertificateFound)> {
    if of == Of::Server {
        return servers(case, answers).into_iter().map(|(place, _, certificate)| (place, certificate)).collect();
    }
    let Some(signature) = &case.plan.signature else {
        return Vec::new();
    };
    let place = "signature.certificate";
    let file = signature.certificate.as_ref();
    match file.and_then(|file| case.facts.certificates.get(file)) {
        Some(certificate) => vec![(place.to_owned(), certificate)],
        None if file.is_some_and(|file| case.facts.unreadable.contains_key(file)) => Vec::new(),
        None => {
            answers.unknown(place);
            Vec::new()
        }
    }
}

fn until(certificate: &CertificateFound) -> String {
    certificate.valid.until.map_or(String::new(), |until| day(until.plus_seconds(-1)))
}
