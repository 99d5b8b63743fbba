//! The rules for a structured body: how its components, sections and entries stand in one another, and what a section's text is made of
//! (`POCD_MT000040_Fi.xsd`, `NarrativeBlock.xsd`). What an entry says in codes nobody asks here.

use super::{Child, Sequence};
use crate::xml::{HL7, Walker};

/// Stands in for whichever statement an entry has; no element is called so.
const STATEMENT: &str = "clinical statement";
const STATEMENTS: [&str; 9] = [
    "act",
    "encounter",
    "observation",
    "observationMedia",
    "organizer",
    "procedure",
    "regionOfInterest",
    "substanceAdministration",
    "supply",
];
/// Stands in for whichever body a document has; no element is called so.
const BODY: &str = "document body";

const REALM: Child = ("realmCode", false, true);
const TYPE: Child = ("typeId", false, false);
const TEMPLATE: Child = ("templateId", false, true);
const CONFIDENTIALITY: Child = ("confidentialityCode", false, false);
const LANGUAGE: Child = ("languageCode", false, false);

const OUTER: [Child; 4] = [REALM, TYPE, TEMPLATE, (BODY, true, false)];
const STRUCTURED: [Child; 6] = [REALM, TYPE, TEMPLATE, CONFIDENTIALITY, LANGUAGE, ("component", true, true)];
const WHOLE: [Child; 6] = [REALM, TYPE, TEMPLATE, ("text", true, false), CONFIDENTIALITY, LANGUAGE];
const COMPONENT: [Child; 4] = [REALM, TYPE, TEMPLATE, ("section", true, false)];
const ENTRY: [Child; 4] = [REALM, TYPE, TEMPLATE, (STATEMENT, true, false)];
const SECTION: [Child; 14] = [
    REALM,
    TYPE,
    TEMPLATE,
    ("id", false, false),
    ("code", false, false),
    ("title", false, false),
    ("text", false, false),
    CONFIDENTIALITY,
    LANGUAGE,
    ("subject", false, false),
    ("author", false, true),
    ("informant", false, true),
    ("entry", false, true),
    ("component", false, true),
];
/// What a section's text is made of, at any depth.
const NARRATIVE: [&str; 21] = [
    "br",
    "caption",
    "col",
    "colgroup",
    "content",
    "footnote",
    "footnoteRef",
    "item",
    "linkHtml",
    "list",
    "paragraph",
    "renderMultiMedia",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

/// An element whose children are known.
#[derive(Debug)]
struct Place {
    name: &'static str,
    depth: usize,
    children: &'static [Child],
    sequence: Sequence,
}

/// What a document's body says against the schemas.
#[derive(Debug, Default)]
pub(super) struct Structure {
    /// The innermost last.
    open: Vec<Place>,
    /// How deep the section's text is that the walk is in.
    text: Option<usize>,
}

impl Structure {
    /// An element from the body's own component on; what is wrong with it, and with those that it shows to have closed.
    pub(super) fn open(&mut self, walker: &Walker<'_>, find: &mut impl FnMut(String)) {
        let (depth, element) = (walker.path().len(), walker.element());
        self.close(depth, find);
        if self.text.is_some() {
            if element.namespace != HL7 || !NARRATIVE.contains(&element.name) {
                find(format!("{} in a section's text", element.name));
            }
            return;
        }
        if depth == 2 {
            self.enter("component", depth, &OUTER);
            return;
        }
        let Some(parent) = self.open.last_mut().filter(|parent| parent.depth + 1 == depth) else { return };
        if element.namespace != HL7 {
            find(format!("{} in {} is not known here", element.name, parent.name));
            return;
        }
        let statement = STATEMENTS.contains(&element.name);
        let body = matches!(element.name, "structuredBody" | "nonXMLBody");
        let own = if statement && parent.name == "entry" {
            STATEMENT
        } else if body && depth == 3 {
            BODY
        } else {
            element.name
        };
        if let Err(fault) = parent.sequence.open(parent.children, own) {
            find(format!("{}: {fault}", parent.name));
            return;
        }
        match (parent.name, element.name) {
            (_, "structuredBody") => self.enter("structuredBody", depth, &STRUCTURED),
            (_, "nonXMLBody") => self.enter("nonXMLBody", depth, &WHOLE),
            (_, "component") => self.enter("component", depth, &COMPONENT),
            (_, "section") => self.enter("section", depth, &SECTION),
            (_, "entry") => self.enter("entry", depth, &ENTRY),
            ("section", "text") => self.text = Some(depth),
            _ => {}
        }
    }

    fn enter(&mut self, name: &'static str, depth: usize, children: &'static [Child]) {
        self.open.push(Place { name, depth, children, sequence: Sequence::default() });
    }

    /// What stands no higher than a depth has closed: what it lacks.
    pub(super) fn close(&mut self, depth: usize, find: &mut impl FnMut(String)) {
        self.text = self.text.filter(|text| *text < depth);
        while let Some(place) = self.open.pop_if(|place| place.depth >= depth) {
            if let Some(missing) = place.sequence.lacks(place.children) {
                find(format!("{}: no {missing}", place.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::header::read_document;
    use liitos_domain::RefusalCode;

    const REAL: &str = include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    /// What is told of the public document with another body.
    fn told(body: &str) -> Vec<String> {
        let (before, _) = REAL.split_once("<component>").unwrap();
        let (_, read) = read_document(&format!("{before}{body}</ClinicalDocument>")).unwrap();
        assert!(
            read.schema().iter().all(|finding| finding.code == RefusalCode::BodyNotAccepted),
            "{:?}",
            read.schema()
        );
        read.schema().iter().map(|finding| finding.place.replace("schema: ", "")).collect()
    }

    /// A body of one section.
    fn section(inner: &str) -> Vec<String> {
        told(&format!(
            "<component><structuredBody><component><section>{inner}</section></component></structuredBody></component>"
        ))
    }

    #[test]
    fn sections_stand_in_sections_and_entries_behind_their_text() {
        let text = "<text><paragraph styleCode=\"x\">a <content>b</content><br/></paragraph><table><tbody><tr><td>1</td></tr></tbody></table></text>";
        let inner = "<component><section><title>x</title></section></component>";
        let entry = "<entry><templateId root=\"1.2\"/><observation><code code=\"1\"/><text>any</text><made-up/></observation></entry>";
        assert_eq!(section(&format!("<code code=\"1\"/><title>x</title>{text}{entry}{entry}{inner}{inner}")), [""; 0]);
        assert_eq!(section(""), [""; 0]);
        assert_eq!(section(&format!("{entry}{text}")), ["section: text after entry"]);
        assert_eq!(section("<title>a</title><title>b</title>"), ["section: title stands twice"]);
        assert_eq!(section("<observation/>"), ["section: observation is not known here"]);
        assert_eq!(section("<x:code xmlns:x=\"urn:x\"/>"), ["code in section is not known here"]);
        assert_eq!(section("<entry/>"), ["entry: no clinical statement"]);
        assert_eq!(section("<entry><act/><supply/></entry>"), ["entry: clinical statement stands twice"]);
        assert_eq!(
            section("<entry><section/></entry>"),
            ["entry: section is not known here", "entry: no clinical statement"]
        );
        assert_eq!(section("<entry><statement/></entry>")[0], "entry: statement is not known here");
        assert_eq!(section("<component/>"), ["component: no section"]);
        assert_eq!(section("<component><section/><section/></component>"), ["component: section stands twice"]);
    }

    #[test]
    fn a_sections_text_is_narrative() {
        assert_eq!(
            section("<text><script>x</script></text><code/>"),
            ["script in a section's text", "section: code after text"]
        );
        assert_eq!(section("<text><x:br xmlns:x=\"urn:x\"/></text>"), ["br in a section's text"]);
        assert_eq!(section("<text><text/></text>"), ["text in a section's text"]);
        // Behind it the rules are the section's again.
        assert_eq!(section("<text>x</text><paragraph/>"), ["section: paragraph is not known here"]);
    }

    #[test]
    fn a_body_has_a_component_or_a_text() {
        assert_eq!(told("<component><structuredBody/></component>"), ["structuredBody: no component"]);
        assert_eq!(told("<component><nonXMLBody/></component>"), ["nonXMLBody: no text"]);
        assert_eq!(told("<component/>"), ["component: no document body"]);
        assert_eq!(
            told("<component><section/></component>"),
            ["component: section is not known here", "component: no document body"]
        );
        assert_eq!(told("<component><madeUpBody/></component>")[0], "component: madeUpBody is not known here");
        assert_eq!(
            told(
                "<component><templateId root=\"1.2\"/><structuredBody><component><section/></component></structuredBody></component>"
            ),
            [""; 0]
        );
        let text = "<text mediaType=\"application/pdf\" representation=\"B64\"/>";
        assert_eq!(
            told(&format!("<component><nonXMLBody><languageCode code=\"fi\"/>{text}</nonXMLBody></component>")),
            ["nonXMLBody: no text", "nonXMLBody: text after languageCode"]
        );
    }
}
