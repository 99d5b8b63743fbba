//! What a unit's system asks when it fetches what waits for the unit, instead of being called.

use crate::http1::Method;
use liitos_domain::Service;
use liitos_domain::service_code::Operation;

/// Where the next message is, and where is said that it has come.
const PATHS: [&str; 2] = ["/renewal-requests/next", "/renewal-requests/received"];

/// What a method and a target ask for. What is fetched is not the same when it is asked again, so it is posted; and reading, as nothing of anybody's is written.
pub(super) fn asked(method: Method, target: &str) -> Option<(Service, Operation)> {
    let fetches = method == Method::Post && PATHS.contains(&target);
    fetches.then_some((Service::RenewalReception, Operation::Read))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_is_posted_for() {
        let fetches = Some((Service::RenewalReception, Operation::Read));
        assert_eq!(PATHS.map(|path| asked(Method::Post, path)), [fetches; 2]);
        for other in
            ["/renewal-requests", "/renewal-requests/next?x", "/renewal-requests/next/", "/renewal-requests/../fhir"]
        {
            assert_eq!(asked(Method::Post, other), None, "{other}");
        }
        assert_eq!(asked(Method::Get, PATHS[0]), None);
    }
}
