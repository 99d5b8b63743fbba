//! An effect on the directory as people read it.

use crate::page::Page;
use liitos_domain::directory::{Basis, Effect, EffectError, Order};
use liitos_texts::Language;

/// The effect in words: one line for each row that appears in the directory.
pub(crate) fn lines(page: &Page, effect: &Effect) -> Vec<String> {
    let t = |key: &str, arguments: &[(&str, &str)]| page.language.text_with(key, arguments);
    let joiners = effect
        .joiners_opened
        .iter()
        .map(|j| t("effect-joiner", &[("joiner", j.oid.as_str()), ("from", &page.since(j.valid.from))]));
    let points = effect.access_points_opened.iter().flat_map(|point| {
        let links: Vec<String> = point.links.iter().map(|link| page.link(link)).collect();
        let reached = format!("{}; {}", point.country, links.join("; "));
        let from = page.since(point.valid.from);
        let opened = t("effect-access-point", &[("point", point.oid.as_str()), ("reached", &reached), ("from", &from)]);
        let only = point.certificates.iter().map(|fingerprint| {
            t("effect-certificate", &[("point", point.oid.as_str()), ("fingerprint", &fingerprint.to_string())])
        });
        std::iter::once(opened).chain(only).collect::<Vec<_>>()
    });
    let rights = effect.rights_opened.iter().map(|right| {
        let arguments = [
            ("service", page.service(right.service)),
            ("point", right.access_point.to_string()),
            ("system", right.system.clone()),
            ("from", page.since(right.valid.from)),
        ];
        let borrowed: Vec<(&str, &str)> = arguments.iter().map(|(name, value)| (*name, value.as_str())).collect();
        t("effect-right", &borrowed)
    });
    joiners.chain(points).chain(rights).collect()
}

/// Why an effect cannot be applied to the directory as it is.
pub(crate) fn contradiction(language: Language, error: &EffectError) -> String {
    let t = |key: &str, arguments: &[(&str, &str)]| language.text_with(key, arguments);
    match error {
        EffectError::Overlap { joiner, service, access_point } => {
            let service = language.text(&format!("service-{service}"));
            let arguments = [("joiner", joiner.as_str()), ("service", &service), ("point", access_point.as_str())];
            t("effect-overlap", &arguments)
        }
        EffectError::UnknownAccessPoint(point) => t("effect-unknown-access-point", &[("point", point.as_str())]),
        EffectError::UnknownJoiner(joiner) => t("effect-unknown-joiner", &[("joiner", joiner.as_str())]),
        EffectError::AlreadyOpen(oid) => t("effect-already-open", &[("oid", oid.as_str())]),
        EffectError::NothingToClose(joiner) => t("effect-nothing-to-close", &[("joiner", joiner.as_str())]),
    }
}

/// What a change rests on.
pub(crate) fn basis(language: Language, basis: &Basis) -> String {
    match basis {
        Basis::Application(number) => language.text_with("basis-application", &[("number", number)]),
        Basis::RegisterImport(kind) => {
            let register = language.text(&format!("register-{kind}"));
            language.text_with("basis-register-import", &[("register", &register)])
        }
        Basis::Order(Order::AccessPointNotified) => language.text("basis-access-point-notified"),
        Basis::Order(Order::Closing) => language.text("basis-closing"),
        Basis::Other(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::identifier::AccessPointOid;
    use liitos_domain::register::RegisterKind;
    use liitos_domain::{Oid, Service};

    #[test]
    fn everything_has_its_words() {
        let joiner = Oid::parse("1.2.246.10.99999036.10.0").unwrap();
        let access_point = AccessPointOid::parse("1.2.246.10.99999036.10.0.13.1").unwrap();
        let problems = [
            EffectError::Overlap {
                joiner: joiner.clone(),
                service: Service::PatientData,
                access_point: access_point.clone(),
            },
            EffectError::UnknownAccessPoint(access_point),
            EffectError::UnknownJoiner(joiner.clone()),
            EffectError::AlreadyOpen(joiner.clone()),
            EffectError::NothingToClose(joiner),
        ];
        let mut grounds = vec![Basis::Application("2026-1".into())];
        grounds.extend(RegisterKind::ALL.iter().map(|kind| Basis::RegisterImport(*kind)));
        grounds.extend(Order::ALL.iter().map(|order| Basis::Order(*order)));
        for language in Language::ALL {
            let problems = problems.iter().map(|problem| contradiction(language, problem));
            for text in problems.chain(grounds.iter().map(|ground| basis(language, ground))) {
                assert!(!text.contains('⟦'), "{text}");
            }
        }
        assert_eq!(basis(Language::Fi, &grounds[0]), "hakemus 2026-1");
    }
}
