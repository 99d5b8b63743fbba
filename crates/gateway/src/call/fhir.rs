//! What is asked over FHIR, by method and target alone: which service's documents, and whether they are read or written.

use crate::http1::Method;
use liitos_domain::Service;
use liitos_domain::archive::Family;
use liitos_domain::service_code::Operation;

/// The service of a path, and what stands below its base; of patients' documents where it is none of the others'.
pub(crate) fn below(path: &str) -> Option<(Service, &str)> {
    Family::ALL.iter().find_map(|family| {
        let rest = path.strip_prefix(family.base())?;
        (rest.is_empty() || rest.starts_with('/')).then_some((family.service(), rest))
    })
}

/// What a method and a target ask for, and nothing that a backend could read as another path.
pub(super) fn asked(method: Method, target: &str) -> Option<(Service, Operation)> {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let (service, rest) = below(path)?;
    let operation = match (method, rest, query) {
        (Method::Get, "/DocumentReference", query) if query.is_none_or(is_plain) => Operation::Read,
        (Method::Post, "/DocumentReference/_search" | "/DocumentReference/$summary", None) => Operation::Read,
        (Method::Get, document, None) if is_document(document) => Operation::Read,
        (Method::Post, "" | "/Bundle/$validate", None) => Operation::Write,
        _ => return None,
    };
    Some((service, operation))
}

/// Whether a path is one document's.
fn is_document(rest: &str) -> bool {
    let id = ["/Binary/", "/DocumentReference/"].iter().find_map(|kind| rest.strip_prefix(kind)).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    !id.is_empty() && id.bytes().all(plain) && !id.bytes().all(|byte| byte == b'.')
}

/// Whether a query is letters and signs that no reader takes for its end.
fn is_plain(query: &str) -> bool {
    query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_one_thing() {
        let (read, write) = (Operation::Read, Operation::Write);
        for (method, target, service, operation) in [
            (Method::Get, "/fhir/Binary/1.2.3", Service::PatientData, read),
            (Method::Get, "/fhir/Binary/a-b", Service::PatientData, read),
            (Method::Get, "/fhir/DocumentReference/1.2.3", Service::PatientData, read),
            (Method::Get, "/social-client-data/fhir/Binary/1.2", Service::SocialClientData, read),
            (Method::Get, "/fhir/DocumentReference?status=current&type=a|b", Service::PatientData, read),
            (Method::Get, "/fhir/DocumentReference", Service::PatientData, read),
            (Method::Post, "/prescription/fhir/DocumentReference/_search", Service::Prescription, read),
            (Method::Post, "/social-client-data/fhir/DocumentReference/$summary", Service::SocialClientData, read),
            (Method::Post, "/fhir", Service::PatientData, write),
            (Method::Post, "/fhir/Bundle/$validate", Service::PatientData, write),
            (Method::Post, "/social-client-data/fhir", Service::SocialClientData, write),
        ] {
            assert_eq!(asked(method, target), Some((service, operation)), "{target}");
        }
        for target in [
            "/fhir/Binary/",
            "/fhir/Binary",
            "/fhir/Binary/..",
            "/fhir/Binary/../x",
            "/fhir/Binary/%2e%2e",
            "/fhir/Binary/a/b",
            "/fhir/Binary/a?x",
            "/fhir/Binary/a#x",
            "/fhir/Binary/a\\b",
            "/fhir/Binary//a",
            "/fhir/Binary/\u{e4}",
            "//fhir/Binary/a",
            "/fhir/DocumentReference/",
            "/fhir/DocumentReference/..",
            "/fhir/DocumentReference/1.2?x",
            "/fhir/DocumentReference/$summary",
            "/fhir/DocumentReference#x",
            "/fhir/DocumentReference?a#b",
            "/fhir/DocumentReference/_search",
            "/fhir/Patient",
            "/fhirs/Binary/1",
            "/imaging-data/fhir/Binary/1",
            "/fhir",
        ] {
            assert_eq!(asked(Method::Get, target), None, "{target}");
        }
        for target in ["/fhir/DocumentReference", "/fhir/DocumentReference/_search?x", "/fhir?x", "/fhir/Binary/1"] {
            assert_eq!(asked(Method::Post, target), None, "{target}");
        }
    }
}
