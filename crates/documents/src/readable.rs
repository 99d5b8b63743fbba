//! A CDA document as a person reads it: its titles and the narrative of its sections, as plain text. What a program alone reads is left out.

use crate::xml::{HL7, Step, Walker};

/// Most text that is shown, in bytes; the rest is in the document itself.
const MOST: usize = 512 * 1024;
/// What an element counts for: an empty section or line takes memory, too.
const OF_AN_ELEMENT: usize = 64;
/// Deepest heading.
const DEEPEST: usize = 6;

/// A document for reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readable {
    /// What it is called.
    pub title: String,
    /// Its sections, in their order.
    pub sections: Vec<Section>,
    /// The media type of what it carries instead of sections.
    pub carries: Option<String>,
    /// Whether there was more than is shown.
    pub cut: bool,
}

/// A section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// How deep it lies, from 1.
    pub level: usize,
    /// What it is called; may be empty.
    pub title: String,
    /// Its text, a paragraph each.
    pub paragraphs: Vec<String>,
}

/// Elements that begin a line of their own.
const LINES: [&str; 9] = ["paragraph", "br", "item", "tr", "list", "table", "caption", "th", "td"];

/// Reads a document's narrative; as much as can be read.
#[must_use]
pub fn readable(document: &str) -> Readable {
    let mut walker = Walker::new(document);
    let mut reading = Reading::default();
    while reading.size < MOST {
        match walker.step() {
            Ok(Step::Open) => reading.open(&walker),
            Ok(Step::Text(text)) => reading.text(&walker, &text),
            Ok(Step::Instruction(..) | Step::Close) => {}
            Ok(Step::End | Step::Unfinished) | Err(_) => return reading.finish(false),
        }
    }
    reading.finish(true)
}

#[derive(Default)]
struct Reading {
    found: Readable,
    size: usize,
}

impl Reading {
    fn open(&mut self, walker: &Walker<'_>) {
        let path = walker.path();
        if walker.at(1, HL7, &["component", "nonXMLBody", "text"]) {
            self.found.carries = Some(walker.element().attribute("mediaType").unwrap_or_default().to_owned());
        }
        let Some(name) = path.last().copied() else { return };
        if !walker.inside(1, HL7, &["component", "structuredBody"]) {
            return;
        }
        let depth = path.iter().filter(|one| **one == "section").count();
        if name == "section" {
            self.size += OF_AN_ELEMENT;
            self.found.sections.push(Section { level: depth.min(DEEPEST), ..Section::default() });
        } else if in_narrative(path)
            && LINES.contains(&name)
            && let Some(section) = self.found.sections.last_mut()
        {
            self.size += OF_AN_ELEMENT;
            section.paragraphs.push(String::new());
        }
    }

    fn text(&mut self, walker: &Walker<'_>, text: &str) {
        let path = walker.path();
        if walker.at(1, HL7, &["title"]) {
            self.size += text.len();
            self.found.title.push_str(text);
            return;
        }
        let Some(section) = self.found.sections.last_mut() else { return };
        let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).copied();
        if path.last().is_some_and(|name| *name == "title") && parent == Some("section") {
            self.size += text.len();
            section.title.push_str(text);
        } else if in_narrative(path) {
            self.size += text.len();
            if section.paragraphs.is_empty() {
                section.paragraphs.push(String::new());
            }
            if let Some(last) = section.paragraphs.last_mut() {
                last.push_str(text);
            }
        }
    }

    fn finish(mut self, cut: bool) -> Readable {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.found.title = plain(&self.found.title);
        for section in &mut self.found.sections {
            section.title = plain(&section.title);
            section.paragraphs =
                section.paragraphs.iter().map(|text| plain(text)).filter(|text| !text.is_empty()).collect();
        }
        self.found.sections.retain(|section| !section.title.is_empty() || !section.paragraphs.is_empty());
        self.found.cut = cut;
        self.found
    }
}

/// Whether an element lies in a section's narrative, not in an entry that programs read.
fn in_narrative(path: &[&str]) -> bool {
    let section = path.iter().rposition(|name| *name == "section");
    section.and_then(|at| path.get(at + 1)).is_some_and(|name| *name == "text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn real_documents_read() {
        // A service event's own document has nothing to read but its name.
        let event = readable(REAL);
        assert_eq!((event.title.as_str(), event.sections.len(), event.cut), ("palvelutapahtuma-asiakirja", 0, false));
        let denial = readable(include_str!("../../../samples/hus-rcmr/KIE_Kielto_20170127.xml"));
        assert!(denial.sections.iter().any(|section| !section.paragraphs.is_empty()), "{denial:?}");
    }

    #[test]
    fn lines_and_sections_stand_apart_and_entries_are_left_out() {
        let body = "<component><structuredBody><component><section><title>Syy</title><text><paragraph>Yksi\n kaksi</paragraph>\
                    <list><item>a</item><item>b</item></list></text><entry><text>koodi</text></entry>\
                    <component><section><title>Sisällä</title><text>c</text></section></component></section></component></structuredBody></component>";
        let read =
            readable(&format!("<ClinicalDocument xmlns=\"{HL7}\"><title>Teksti</title>{body}</ClinicalDocument>"));
        assert_eq!(read.title, "Teksti");
        let told: Vec<_> =
            read.sections.iter().map(|one| (one.level, one.title.as_str(), one.paragraphs.join("|"))).collect();
        assert_eq!(told, [(1, "Syy", "Yksi kaksi|a|b".to_owned()), (2, "Sisällä", "c".to_owned())]);
        // What is kept is bounded, empty lines too, and what programs read does not count.
        let long = |inner: &str| {
            let text = format!(
                "<component><structuredBody><component><section>{inner}</section></component></structuredBody></component>"
            );
            readable(&format!("<ClinicalDocument xmlns=\"{HL7}\">{text}</ClinicalDocument>")).cut
        };
        assert!(long(&format!("<text>{}</text>", "<br/>".repeat(MOST / OF_AN_ELEMENT + 1))));
        assert!(long(&format!("<title>{}</title>", "a".repeat(MOST))));
        assert!(!long(&format!("<entry>{}</entry>", "<value/>".repeat(MOST / OF_AN_ELEMENT + 1))));
        let carried = format!(
            "<ClinicalDocument xmlns=\"{HL7}\"><component><nonXMLBody><text mediaType=\"application/pdf\">JVBE</text></nonXMLBody></component></ClinicalDocument>"
        );
        assert_eq!(readable(&carried).carries.as_deref(), Some("application/pdf"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(<section>|<text>|</text>|<title>|a|</section>|<br/>){0,40}|\\PC{0,60}") {
            let _ = readable(&text);
            let _ = readable(&format!("<ClinicalDocument xmlns=\"{HL7}\"><component><structuredBody>{text}"));
        }
    }
}
