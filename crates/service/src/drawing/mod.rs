//! A connection as a picture, in the manner of the guide's figures 1 to 9.
//!
//! ```text
//! plan (or what the directory holds) ──Scene──> boxes and lines ──svg──> one picture, with its words
//! ```
//!
//! Left to right: the joiner with its systems and tenants, the access points with who administers them, the collection
//! point, the links, Kanta with the services. Nothing is told by colour alone: public links are dashed, backups thin, what
//! is new has a double frame and says so. The same in words stands in the picture's description.

mod canvas;
mod describe;
mod scene;
mod strip;
#[cfg(test)]
mod tests;
mod timeline;
mod waves;

use canvas::Canvas;
use liitos_domain::Oid;
use liitos_domain::plan::Plan;
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

pub use describe::describe;
pub use strip::strips;
pub use timeline::{Lane, Mark, timeline};
pub use waves::{Shares, waves};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<'d> {
    /// The connection.
    pub plan: &'d Plan,
    /// The same connection at the other time, where a change is drawn: what is missing there is marked here.
    pub other: Option<&'d Plan>,
    /// Names of those whom it names; who has none is shown by OID.
    pub names: &'d BTreeMap<Oid, String>,
    /// The reader's language.
    pub language: Language,
}

/// A connection as SVG.
#[must_use]
pub fn svg(drawing: &Drawing<'_>) -> String {
    let mut canvas = Canvas::default();
    scene::draw(drawing, &mut canvas, 0.0);
    canvas.finish(&title(drawing), &describe(drawing).join(" "))
}

/// A change as SVG: the connection before it, and after it below.
#[must_use]
pub fn before_and_after(before: &Plan, after: &Plan, names: &BTreeMap<Oid, String>, language: Language) -> String {
    let first = Drawing { plan: before, other: Some(after), names, language };
    let second = Drawing { plan: after, other: Some(before), names, language };
    let mut canvas = Canvas::default();
    let mut top = canvas.heading(&language.text("draw-before"), 0.0);
    top = scene::draw(&first, &mut canvas, top);
    top = canvas.heading(&language.text("draw-after"), top + 16.0);
    scene::draw(&second, &mut canvas, top);
    let words = [
        language.text("draw-before"),
        describe(&first).join(" "),
        language.text("draw-after"),
        describe(&second).join(" "),
    ];
    canvas.finish(&title(&second), &words.join(" "))
}

fn title(drawing: &Drawing<'_>) -> String {
    drawing.language.text_with("draw-title", &[("joiner", &drawing.name(&drawing.plan.joiner))])
}

impl Drawing<'_> {
    /// Somebody's name, or the OID.
    fn name(&self, oid: &Oid) -> String {
        self.names.get(oid).cloned().unwrap_or_else(|| oid.to_string())
    }

    fn text(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// Whether a change is drawn and this is not there at the other time.
    fn only_here(&self, there: impl Fn(&Plan) -> bool) -> bool {
        self.other.is_some_and(|other| !there(other))
    }

    /// The systems in use, with the services that each is used for.
    fn systems(&self) -> Vec<String> {
        let of_services = self.plan.services.iter().map(|service| service.system.clone().unwrap_or_default());
        of_services.collect::<BTreeSet<_>>().into_iter().collect()
    }
}
