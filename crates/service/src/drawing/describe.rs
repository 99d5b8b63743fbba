//! The picture in words: for who cannot see it, and for who would rather read.

use super::Drawing;
use super::scene::{detail, kind};
use liitos_domain::plan::{PlannedLink, PlannedPoint, Whose};

/// One sentence for each thing, in the picture's order.
#[must_use]
pub fn describe(drawing: &Drawing<'_>) -> Vec<String> {
    let plan = drawing.plan;
    let say = |key: &str, arguments: &[(&str, &str)]| drawing.language.text_with(key, arguments);
    let mut words = Vec::new();
    for tenant in &plan.tenants {
        words.push(say(
            "draw-says-tenant",
            &[("name", &drawing.name(&tenant.oid)), ("host", &drawing.name(&plan.joiner))],
        ));
    }
    for service in &plan.services {
        let points: Vec<&str> = service.access_points.iter().map(|oid| oid.as_str()).collect();
        let units: Vec<String> = service.units.iter().map(|unit| drawing.name(unit)).collect();
        let arguments = [
            ("service", drawing.text(&format!("service-{}", service.code))),
            ("system", service.system.clone().unwrap_or_else(|| "–".to_owned())),
            ("points", points.join(", ")),
            ("units", units.join(", ")),
        ];
        let arguments = arguments.each_ref().map(|(key, value)| (*key, value.as_str()));
        words.push(say(if units.is_empty() { "draw-says-service" } else { "draw-says-renewal" }, &arguments));
    }
    for point in &plan.access_points {
        words.push(of_point(drawing, point));
        words.extend(point.links.iter().map(|link| of_link(drawing, point.oid.as_str(), link)));
    }
    if let Some(shared) = &plan.collection_point {
        let name = drawing.text("draw-collection-point");
        words.push(say("draw-says-collection", &[]));
        words.extend(shared.links.iter().map(|link| of_link(drawing, &name, link)));
    }
    words
}

fn of_point(drawing: &Drawing<'_>, point: &PlannedPoint) -> String {
    let administrator = drawing.name(point.administrator.as_ref().unwrap_or(&point.oid.administrator()));
    let key = match drawing.plan.whose(&point.oid) {
        Whose::Own => "draw-says-own-point",
        Whose::Other => "draw-says-other-point",
        Whose::Intermediary => "draw-says-intermediary-point",
    };
    drawing.language.text_with(key, &[("point", point.oid.as_str()), ("name", &administrator)])
}

fn of_link(drawing: &Drawing<'_>, from: &str, link: &PlannedLink) -> String {
    let (kind, detail) = (kind(drawing, link), detail(drawing, link));
    let addresses: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
    let name = link.dns_name.as_ref().map(ToString::to_string);
    let told: Vec<String> =
        [Some(detail), name, Some(addresses.join(" "))].into_iter().flatten().filter(|t| !t.is_empty()).collect();
    drawing.language.text_with("draw-says-link", &[("from", from), ("kind", &kind), ("detail", &told.join(", "))])
}
