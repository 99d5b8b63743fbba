//! Certificate policies along a path (RFC 5280 6.1.2 to 6.1.5), which the path builder does not look at.
//!
//! The tree of the standard is kept as what matters of it: for each policy that is valid so far, under which policies of the
//! trust anchor's domain it stands. A critical policy extension never comes here: the path builder refuses what it must
//! understand and does not.

use std::collections::{BTreeMap, BTreeSet};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

/// anyPolicy (RFC 5280 4.2.1.4).
const ANY: &str = "2.5.29.32.0";

/// Policies valid so far, each with those of the anchor's domain that it stands for.
type Valid = BTreeMap<String, BTreeSet<String>>;

/// What one certificate says of policies.
#[derive(Default)]
struct Said {
    /// `None`: it has no policies.
    policies: Option<BTreeSet<String>>,
    mappings: Vec<(String, String)>,
    require_explicit: Option<u32>,
    inhibit_mapping: Option<u32>,
    inhibit_any: Option<u32>,
    self_issued: bool,
}

/// Whether a path, from the certificate below the anchor to the last one, is valid under one of the wanted policies. None
/// wanted: any will do, unless the path itself demands one.
pub(crate) fn hold<'a>(path: impl IntoIterator<Item = &'a [u8]>, wanted: &[String]) -> bool {
    let path: Option<Vec<Said>> = path.into_iter().map(said).collect();
    path.is_some_and(|path| processed(&path, wanted))
}

fn said(der: &[u8]) -> Option<Said> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let self_issued = certificate.issuer().as_raw() == certificate.subject().as_raw();
    let mut said = Said { self_issued, ..Said::default() };
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => {
                said.policies = Some(policies.iter().map(|policy| policy.policy_id.to_id_string()).collect());
            }
            ParsedExtension::PolicyMappings(mappings) => {
                let pair = |mapping: &x509_parser::extensions::PolicyMapping<'_>| {
                    (mapping.issuer_domain_policy.to_id_string(), mapping.subject_domain_policy.to_id_string())
                };
                said.mappings = mappings.mappings.iter().map(pair).collect();
            }
            ParsedExtension::PolicyConstraints(constraints) => {
                said.require_explicit = constraints.require_explicit_policy;
                said.inhibit_mapping = constraints.inhibit_policy_mapping;
            }
            ParsedExtension::InhibitAnyPolicy(inhibit) => said.inhibit_any = Some(inhibit.skip_certs),
            _ => {}
        }
    }
    Some(said)
}

fn processed(path: &[Said], wanted: &[String]) -> bool {
    // RFC 5280 6.1.2: (d) to (f). Wanting a policy is the initial-explicit-policy indicator.
    let unlimited = u32::MAX;
    let mut explicit = if wanted.is_empty() { unlimited } else { 0 };
    let (mut mapping, mut any) = (unlimited, unlimited);
    let mut valid = Valid::from([(ANY.to_owned(), BTreeSet::from([ANY.to_owned()]))]);
    for (n, certificate) in path.iter().enumerate() {
        let last = n + 1 == path.len();
        valid = narrowed(&valid, certificate, any > 0 || (!last && certificate.self_issued));
        if explicit == 0 && valid.is_empty() {
            return false;
        }
        if last {
            // 6.1.5 (a), (b).
            if explicit != unlimited {
                explicit = explicit.saturating_sub(1);
            }
            if certificate.require_explicit == Some(0) {
                explicit = 0;
            }
            continue;
        }
        // 6.1.4 (a), (b).
        if certificate.mappings.iter().any(|(from, to)| from == ANY || to == ANY) {
            return false;
        }
        valid = mapped(valid, &certificate.mappings, mapping > 0);
        // 6.1.4 (h) to (j).
        if !certificate.self_issued {
            for count in [&mut explicit, &mut mapping, &mut any] {
                *count = if *count == unlimited { unlimited } else { count.saturating_sub(1) };
            }
        }
        explicit = explicit.min(certificate.require_explicit.unwrap_or(unlimited));
        mapping = mapping.min(certificate.inhibit_mapping.unwrap_or(unlimited));
        any = any.min(certificate.inhibit_any.unwrap_or(unlimited));
    }
    // 6.1.5 (g).
    let stands = |roots: &BTreeSet<String>| {
        wanted.is_empty() || roots.iter().any(|root| root == ANY || wanted.iter().any(|wanted| wanted == root))
    };
    explicit > 0 || valid.values().any(stands)
}

/// 6.1.3 (d), (e): the policies of a certificate that are valid under those above it.
fn narrowed(valid: &Valid, certificate: &Said, any_counts: bool) -> Valid {
    let Some(policies) = &certificate.policies else { return Valid::new() };
    let mut next = Valid::new();
    for policy in policies.iter().filter(|policy| *policy != ANY) {
        // Under anyPolicy of those above it a policy stands for itself.
        let itself = || valid.contains_key(ANY).then(|| BTreeSet::from([policy.clone()]));
        if let Some(roots) = valid.get(policy).cloned().or_else(itself) {
            next.insert(policy.clone(), roots);
        }
    }
    if policies.contains(ANY) && any_counts {
        for (policy, roots) in valid {
            next.entry(policy.clone()).or_insert_with(|| roots.clone());
        }
    }
    next
}

/// 6.1.4 (b): what the certificates below call by another name.
fn mapped(mut valid: Valid, mappings: &[(String, String)], permitted: bool) -> Valid {
    let mut renamed = Valid::new();
    for (from, to) in mappings {
        let roots = valid.get(from).cloned();
        let roots = roots.or_else(|| valid.contains_key(ANY).then(|| BTreeSet::from([from.clone()])));
        if let Some(roots) = roots.filter(|_| permitted) {
            renamed.entry(to.clone()).or_default().extend(roots);
        }
    }
    for (from, _) in mappings {
        valid.remove(from);
    }
    for (policy, roots) in renamed {
        valid.entry(policy).or_default().extend(roots);
    }
    valid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(policies: &[&str]) -> Said {
        Said { policies: Some(policies.iter().map(|p| (*p).to_owned()).collect()), ..Said::default() }
    }

    fn holds(path: &[Said], wanted: &[&str]) -> bool {
        let wanted: Vec<String> = wanted.iter().map(|p| (*p).to_owned()).collect();
        processed(path, &wanted)
    }

    #[test]
    fn the_path_must_carry_a_wanted_policy_all_the_way() {
        assert!(holds(&[Said::default()], &[]), "nobody asks");
        assert!(!holds(&[Said::default()], &["1.2.3"]), "none is named");
        assert!(holds(&[with(&["1.2.3"])], &["1.2.3"]) && !holds(&[with(&["1.2.3"])], &["1.2.4"]));
        assert!(holds(&[with(&["1.2.3", "1.2.4"]), with(&["1.2.4"])], &["1.2.4"]));
        assert!(!holds(&[with(&["1.2.3"]), with(&["1.2.4"])], &["1.2.4"]), "the issuer may not grant it");
        assert!(!holds(&[with(&["1.2.3"]), with(&["1.2.4"])], &["1.2.3"]), "the certificate does not have it");
        assert!(!holds(&[Said::default(), with(&["1.2.3"])], &["1.2.3"]), "a gap in the middle");
    }

    #[test]
    fn any_policy_lets_through_until_it_is_inhibited() {
        assert!(holds(&[with(&[ANY]), with(&["1.2.3"])], &["1.2.3"]));
        assert!(!holds(&[with(&[ANY]), with(&["1.2.3"])], &["1.2.4"]));
        assert!(holds(&[with(&["1.2.3"]), with(&[ANY])], &["1.2.3"]));
        let inhibiting = Said { inhibit_any: Some(0), ..with(&["1.2.3"]) };
        assert!(!holds(&[inhibiting, with(&[ANY])], &["1.2.3"]));
        let later = Said { inhibit_any: Some(1), ..with(&[ANY]) };
        assert!(holds(&[later, with(&[ANY]), with(&["1.2.3"])], &["1.2.3"]));
    }

    #[test]
    fn a_path_may_demand_a_policy_itself() {
        let demanding = |after| Said { require_explicit: Some(after), ..with(&["1.2.3"]) };
        assert!(!holds(&[demanding(0), with(&["1.2.4"])], &[]) && holds(&[demanding(0), with(&["1.2.3"])], &[]));
        assert!(holds(&[demanding(2), Said::default()], &[]));
        let counted = |after| Said { require_explicit: Some(after), ..Said::default() };
        assert!(!holds(&[counted(1), Said::default()], &[]), "counted down at the last one too (6.1.5 a)");
        assert!(holds(&[counted(2), Said::default()], &[]));
        let last = Said { require_explicit: Some(0), ..with(&["1.2.4"]) };
        assert!(!holds(&[with(&["1.2.3"]), last], &[]));
    }

    #[test]
    fn policies_may_have_another_name_below() {
        let mapping = || Said { mappings: vec![("1.2.3".into(), "1.9.3".into())], ..with(&["1.2.3"]) };
        assert!(holds(&[mapping(), with(&["1.9.3"])], &["1.2.3"]), "by the anchor's name");
        assert!(
            !holds(&[mapping(), with(&["1.9.3"])], &["1.9.3"]) && !holds(&[mapping(), with(&["1.2.3"])], &["1.2.3"])
        );
        let inhibited = Said { inhibit_mapping: Some(0), ..with(&["1.2.3"]) };
        assert!(!holds(&[inhibited, mapping(), with(&["1.9.3"])], &["1.2.3"]));
        let of_any = Said { mappings: vec![(ANY.into(), "1.9.3".into())], ..with(&[ANY]) };
        assert!(!holds(&[of_any, with(&["1.9.3"])], &[]));
        let both = Said { mappings: vec![("1.2.3".into(), "1.2.5".into())], ..with(&[ANY, "1.2.3", "1.2.5"]) };
        assert!(holds(&[both, with(&["1.2.5"])], &["1.2.3"]), "by either name");
        let under_any = Said { mappings: vec![("1.2.3".into(), "1.9.3".into())], ..with(&[ANY]) };
        assert!(holds(&[under_any, with(&["1.9.3"])], &["1.2.3"]));
    }
}
