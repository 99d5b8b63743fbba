//! The connection that an effect opens, drawn: system → access point → Kanta's services.

use crate::page::Page;
use liitos_domain::directory::Effect;
use std::fmt::Write as _;

/// An SVG of the rights that open; empty when none do. Every text in it is escaped.
pub(crate) fn draw(page: &Page, effect: &Effect) -> String {
    let Some(right) = effect.rights_opened.last() else {
        return String::new();
    };
    let services: Vec<String> = effect.rights_opened.iter().map(|r| page.service(r.service)).collect();
    let boxes = [
        (10, page.t("right-system"), vec![right.system.clone()]),
        (260, page.t("right-access-point"), wrapped(right.access_point.as_str())),
        (510, "Kanta".to_owned(), services),
    ];
    let title = format!(
        "{} → {} → {}",
        right.system,
        right.access_point,
        boxes.last().map_or(String::new(), |b| b.2.join(", "))
    );
    let mut svg = format!(
        "<svg class=\"connection\" viewBox=\"0 0 720 130\" role=\"img\" aria-label=\"{}\" font-size=\"14\">",
        escape(&title)
    );
    for (x, heading, lines) in &boxes {
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"10\" width=\"200\" height=\"110\" rx=\"4\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"34\" font-weight=\"700\" fill=\"currentColor\">{}</text>",
            x + 12,
            escape(heading)
        );
        for (row, line) in lines.iter().take(4).enumerate() {
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" fill=\"currentColor\">{}</text>",
                x + 12,
                56 + row * 20,
                escape(line)
            );
        }
    }
    for x in [210, 460] {
        let _ = write!(
            svg,
            "<path d=\"M{x} 65h42m-10 -6l10 6l-10 6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\"/>"
        );
    }
    svg.push_str("</svg>");
    svg
}

/// A long OID on two lines.
fn wrapped(oid: &str) -> Vec<String> {
    let arcs: Vec<&str> = oid.split('.').collect();
    let (first, second) = arcs.split_at(arcs.len().div_ceil(2));
    vec![format!("{}.", first.join(".")), second.join(".")]
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
