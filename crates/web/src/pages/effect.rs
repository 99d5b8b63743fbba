//! An effect on the directory as people read it.

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use liitos_domain::directory::{Closing, Effect, EffectError, Right};
use liitos_domain::{Interval, Moment, Oid};
use liitos_service::directory::{self, Pictured};
use liitos_service::drawing::{Drawing, before_and_after, svg};
use liitos_service::names::{self, Names, Numbers};
use liitos_texts::Language;
use std::collections::BTreeMap;

/// A change of the directory in words.
pub(crate) async fn words(web: &Web, page: &Page, effect: &Effect) -> Result<Vec<String>, Failure> {
    let names = names::names(&web.app, &Numbers::of_effect(effect)).await?;
    Ok(lines(page, effect, &names))
}

/// The effect in words: a line for each row that opens or ends, numbers with the names that are known for them.
pub(crate) fn lines(page: &Page, effect: &Effect, names: &Names) -> Vec<String> {
    let t = |key: &str, arguments: &[(&str, &str)]| page.language.text_with(key, arguments);
    let during = |valid: &Interval| during(page, valid);
    let joiners = effect.joiners_opened.iter().map(|j| {
        let rate =
            if j.rate.is_ordinary() { String::new() } else { format!(" ({})", page.t(&format!("rate-{}", j.rate))) };
        t(
            "effect-joiner",
            &[("joiner", &format!("{}{rate}", names.beside(j.oid.as_str()))), ("from", &during(&j.valid))],
        )
    });
    let points = effect.access_points_opened.iter().flat_map(|point| {
        let links: Vec<String> = point.links.iter().map(|link| page.link(link)).collect();
        let (whose, system) = (names.beside(point.administrator.as_str()), names.beside(&point.system));
        let reached = format!("{whose}; {system}; {}; {}", point.country, links.join("; "));
        let from = during(&point.valid);
        let opened = t("effect-access-point", &[("point", point.oid.as_str()), ("reached", &reached), ("from", &from)]);
        let only = point.certificates.iter().map(|fingerprint| {
            t("effect-certificate", &[("point", point.oid.as_str()), ("fingerprint", &fingerprint.to_string())])
        });
        std::iter::once(opened).chain(only).collect::<Vec<_>>()
    });
    let rights = effect.rights_opened.iter().map(|right| right_opened(page, right, names));
    let tenants = effect.tenants_opened.iter().map(|tenant| {
        let from = during(&tenant.valid);
        let (who, host) = (names.beside(tenant.tenant.as_str()), names.beside(tenant.host.as_str()));
        t("effect-tenant", &[("tenant", &who), ("host", &host), ("from", &from)])
    });
    let collecting = effect.collection_points_opened.iter().map(|point| {
        let behind: Vec<&str> = point.access_points.iter().map(|oid| oid.as_str()).collect();
        let addresses: Vec<String> = point.addresses.iter().map(ToString::to_string).collect();
        let header = if point.proxy_header { "; PROXY" } else { "" };
        let addresses = addresses.join(", ");
        let whose = names.beside(point.administrator.as_str());
        let what = format!("{} ({whose}, {}): {addresses}{header}", point.name, point.country);
        let from = during(&point.valid);
        t("effect-collection-point", &[("what", &what), ("points", &behind.join(", ")), ("from", &from)])
    });
    let closings = effect.closings_opened.iter().map(|closing| {
        t("effect-closing", &[("what", &closed(page, closing)), ("during", &page.validity(&closing.valid))])
    });
    let opened = joiners.chain(points).chain(rights).chain(tenants).chain(collecting).chain(closings);
    ended(page, effect, names).into_iter().chain(opened).collect()
}

/// What an effect does, drawn for each whose rights it opens: before and after; once it is done, as it became.
pub(crate) async fn pictures(
    web: &Web,
    page: &Page,
    effect: Option<&Effect>,
    done: bool,
) -> Result<Vec<String>, Failure> {
    let rights = effect.iter().flat_map(|effect| &effect.rights_opened);
    let mut whose: BTreeMap<&Oid, Moment> = BTreeMap::new();
    for right in rights {
        let begins = whose.entry(&right.joiner).or_insert(right.valid.from);
        *begins = right.valid.from.max(*begins);
    }
    let drawn = |pictured: Pictured| {
        svg(&Drawing { plan: &pictured.plan, other: None, names: &pictured.names, language: page.language })
    };
    let mut pictures = Vec::new();
    for (joiner, begins) in whose {
        if done {
            pictures.extend(directory::connection_at(&web.app, joiner, begins).await?.map(drawn));
        } else if let Some(effect) = effect
            && let Some((before, after)) = directory::change_picture(&web.app, joiner, effect).await?
        {
            pictures.push(match before {
                Some(before) => before_and_after(&before, &after.plan, &after.names, page.language),
                None => drawn(after),
            });
        }
    }
    Ok(pictures)
}

/// A line for each row that ends.
fn ended(page: &Page, effect: &Effect, names: &Names) -> Vec<String> {
    let who = |oid: &Oid| names.beside(oid.as_str());
    let called = |key: &str, whose: String| page.language.text_with(key, &[("whose", &whose)]);
    let joiners = effect.joiners_ended.iter();
    let joiners = joiners.map(|(joiner, at)| (called("effect-ends-joining", who(&joiner.oid)), at));
    let points = effect.access_points_ended.iter();
    let points = points.map(|(point, at)| (called("effect-ends-point", names.beside(point.oid.as_str())), at));
    let rights = effect.rights_closed.iter().map(|(right, at)| {
        let point = names.beside(right.access_point.as_str());
        (format!("{}: {} – {point}", who(&right.joiner), page.service(right.service)), at)
    });
    let tenants =
        effect.tenants_ended.iter().map(|(row, at)| (format!("{} – {}", who(&row.tenant), who(&row.host)), at));
    let collecting = effect.collection_points_ended.iter();
    let collecting = collecting.map(|(point, at)| (format!("{} ({})", point.name, who(&point.administrator)), at));
    let closings = effect.closings_ended.iter().map(|(closing, at)| (closed(page, closing), at));
    let all = joiners.chain(points).chain(rights).chain(tenants).chain(collecting).chain(closings);
    let line = |(what, at): (String, &Moment)| {
        page.language.text_with("effect-ends", &[("what", &what), ("at", &page.since(*at))])
    };
    all.map(line).collect()
}

/// From when, and until when where that is known.
fn during(page: &Page, valid: &Interval) -> String {
    match valid.until {
        None => page.since(valid.from),
        Some(until) => format!("{} – {}", page.since(valid.from), page.since(until)),
    }
}

/// A right with all that it names.
fn right_opened(page: &Page, right: &Right, names: &Names) -> String {
    let named = [right.unit.as_ref(), right.organiser.as_ref()].into_iter().flatten();
    let named = named.map(|oid| names.beside(oid.as_str()));
    let permanent = right.grandfathered.then(|| page.t("effect-permanent"));
    let named: Vec<String> = named.chain(permanent).collect();
    let named = if named.is_empty() { String::new() } else { format!(" ({})", named.join("; ")) };
    let service = format!("{}: {}{named}", names.beside(right.joiner.as_str()), page.service(right.service));
    let from = during(page, &right.valid);
    let arguments = [
        ("service", service.as_str()),
        ("point", &names.beside(right.access_point.as_str())),
        ("system", &names.beside(&right.system)),
        ("from", &from),
    ];
    page.language.text_with("effect-right", &arguments)
}

/// What a closing shuts, in words.
pub(crate) fn closed(page: &Page, closing: &Closing) -> String {
    let named = [
        closing.joiner.as_ref().map(ToString::to_string),
        closing.service.map(|service| page.service(service)),
        closing.access_point.as_ref().map(ToString::to_string),
        closing.system.clone(),
    ];
    let named: Vec<String> = named.into_iter().flatten().collect();
    let what = if named.is_empty() { page.t("closing-everything") } else { named.join(" – ") };
    let reason = if closing.reason.is_empty() { String::new() } else { format!(" ({})", closing.reason) };
    format!("{what}: {}{reason}", page.t(&format!("stage-{}", closing.stage)))
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
        EffectError::ReceivesElsewhere { unit, access_point } => {
            t("effect-receives-elsewhere", &[("unit", unit.as_str()), ("point", access_point.as_str())])
        }
        EffectError::GrantedAnew(joiner) => t("effect-granted-anew", &[("joiner", joiner.as_str())]),
        EffectError::UnknownSystem(system) => t("effect-unknown-system", &[("system", system)]),
        EffectError::SameClosing => t("effect-same-closing", &[]),
        EffectError::NoSuchClosing => t("effect-no-such-closing", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::Service;
    use liitos_domain::directory::{Basis, Order};
    use liitos_domain::identifier::AccessPointOid;
    use liitos_domain::register::RegisterKind;

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
            EffectError::ReceivesElsewhere { unit: joiner.clone(), access_point: access_point.clone() },
            EffectError::UnknownAccessPoint(access_point),
            EffectError::UnknownJoiner(joiner.clone()),
            EffectError::AlreadyOpen(joiner.clone()),
            EffectError::NothingToClose(joiner.clone()),
            EffectError::GrantedAnew(joiner),
            EffectError::UnknownSystem("900009".into()),
            EffectError::SameClosing,
            EffectError::NoSuchClosing,
        ];
        let mut grounds = vec![Basis::Application("2026-1".into())];
        grounds.extend(RegisterKind::ALL.iter().map(|kind| Basis::RegisterImport(*kind)));
        grounds.extend(Order::ALL.iter().map(|order| Basis::Order(*order)));
        for language in Language::ALL {
            let problems = problems.iter().map(|problem| contradiction(language, problem));
            for text in problems.chain(grounds.iter().map(|ground| language.basis(ground))) {
                assert!(!text.contains('⟦'), "{text}");
            }
        }
        assert_eq!(Language::Fi.basis(&grounds[0]), "hakemus 2026-1");
    }
}
