//! What a document's body may be: structured, or one text of a known kind. Social care's is always a text that people read: XHTML or PDF/A.

use crate::xml::{Element, HL7, Step, Walker};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::archive::Family;
use liitos_domain::refusal::Finding;
use liitos_domain::{RefusalCode, Sha256Hash};

const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// Elements of a page: those that carry text, tables and pictures. What is not here may do something, or bring something in.
const ELEMENTS: [&str; 76] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "u",
    "ul",
    "var",
];
/// Attributes that refer to nothing and do nothing.
const ATTRIBUTES: [&str; 45] = [
    "abbr",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "charset",
    "class",
    "clear",
    "color",
    "cols",
    "colspan",
    "compact",
    "content",
    "datetime",
    "dir",
    "face",
    "frame",
    "headers",
    "height",
    "hidden",
    "id",
    "lang",
    "name",
    "noshade",
    "nowrap",
    "open",
    "reversed",
    "role",
    "rows",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "start",
    "summary",
    "title",
    "type",
    "valign",
    "value",
];
/// Kinds of pictures that may lie in a page itself.
const PICTURES: [&str; 4] = ["data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"];
/// What a style sheet may call: nothing that brings something in.
const STYLE_FUNCTIONS: [&str; 22] = [
    "",
    "and",
    "not",
    "only",
    "or",
    "rgb",
    "rgba",
    "hsl",
    "hsla",
    "calc",
    "min",
    "max",
    "clamp",
    "var",
    "counter",
    "counters",
    "is",
    "where",
    "nth-child",
    "nth-last-child",
    "nth-of-type",
    "nth-last-of-type",
];
/// What a style sheet may say beside rules.
const STYLE_RULES: [&str; 2] = ["media", "page"];
/// Longest piece of a page that a finding repeats, in letters.
const LONGEST: usize = 40;

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::BodyNotAccepted, place)
}

/// The kinds of text that a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Xhtml,
    Pdf,
}

/// What is seen of a document's body while it is walked through.
#[derive(Debug, Default)]
pub struct Body {
    structured: bool,
    /// The element of a body that is one text.
    whole: bool,
    kind: Option<Kind>,
    packed: String,
    /// What was found first.
    fault: Option<Finding>,
    /// What the document says against the public schemas.
    pub(crate) schema: Vec<Finding>,
    /// Social care's structured part as the header's reader read it.
    pub(crate) json: Option<Sha256Hash>,
}

/// Checks a document's body for a family of documents.
///
/// # Errors
/// A finding that says what is wrong with it.
pub fn check_body(document: &str, family: Family) -> Result<(), Finding> {
    let mut walker = Walker::new(document);
    let mut body = Body::default();
    loop {
        match walker.step()? {
            Step::Open => body.open(&walker),
            Step::Text(text) => body.text(&walker, &text),
            Step::End => return body.judge(family),
            Step::Unfinished => return Err(crate::xml::refuse("document: ends in the middle")),
            Step::Instruction(..) | Step::Close => {}
        }
    }
}

/// Where a body that is one text has it.
const TEXT: [&str; 3] = ["component", "nonXMLBody", "text"];

impl Body {
    pub(crate) fn open(&mut self, walker: &Walker<'_>) {
        if self.fault.is_none() {
            self.fault = self.opened(walker).err();
        }
    }

    pub(crate) fn text(&mut self, walker: &Walker<'_>, text: &str) {
        if walker.at(1, HL7, &TEXT) {
            self.packed.push_str(text);
        }
    }

    fn opened(&mut self, walker: &Walker<'_>) -> Result<(), Finding> {
        let element = walker.element();
        let at = |names: &[&str]| walker.at(1, HL7, names);
        if at(&["component", "structuredBody"]) || at(&["component", "nonXMLBody"]) {
            // Two bodies, or two texts, would be read as either.
            if self.structured || self.whole {
                return Err(broken("component: a second body"));
            }
            (self.structured, self.whole) = (element.name == "structuredBody", element.name == "nonXMLBody");
        } else if at(&TEXT) {
            if self.kind.is_some() {
                return Err(broken("nonXMLBody/text stands twice"));
            }
            let named = element.attribute("mediaType").unwrap_or_default();
            self.kind = Some(match named {
                "application/xhtml+xml" => Kind::Xhtml,
                "application/pdf" => Kind::Pdf,
                _ => return Err(broken("nonXMLBody/text: mediaType")),
            });
            if element.attribute("representation") != Some("B64") {
                return Err(broken("nonXMLBody/text: representation"));
            }
            if element.attribute("compression").is_some() {
                return Err(broken("nonXMLBody/text: compression"));
            }
        } else if walker.inside(1, HL7, &TEXT) {
            return Err(broken("nonXMLBody/text: holds elements"));
        }
        Ok(())
    }

    /// What the document says against the public schemas.
    #[must_use]
    pub fn schema(&self) -> &[Finding] {
        &self.schema
    }

    /// Whether it is what a body of a family of documents may be.
    ///
    /// # Errors
    /// A finding that says what is wrong with it.
    pub fn judge(&self, family: Family) -> Result<(), Finding> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        match (self.kind, family) {
            (Some(kind), _) => check_text(kind, &self.packed),
            (None, _) if self.whole => Err(broken("nonXMLBody: no text")),
            (None, Family::Social) => Err(broken("component: a page or PDF/A is expected")),
            // Without any body the signature has nothing to cover, and says so.
            (None, Family::Patient | Family::Prescription) => Ok(()),
        }
    }
}

fn check_text(kind: Kind, packed: &str) -> Result<(), Finding> {
    let packed: Vec<u8> = packed.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(packed).map_err(|_| broken("nonXMLBody/text: base64"))?;
    match kind {
        Kind::Pdf => check_pdf(&bytes),
        Kind::Xhtml => check_xhtml(std::str::from_utf8(&bytes).map_err(|_| broken("XHTML: not UTF-8"))?),
    }
}

/// A PDF that says it is PDF/A (ISO 19005: `pdfaid:part` in its metadata; where those are packed it is refused) and does not plainly
/// say that it runs something: a quick look, not a reading of the file.
fn check_pdf(bytes: &[u8]) -> Result<(), Finding> {
    let has = |what: &[u8]| memchr::memmem::find(bytes, what).is_some();
    if !bytes.starts_with(b"%PDF-1.") && !bytes.starts_with(b"%PDF-2.") {
        return Err(broken("PDF: not a PDF"));
    }
    if !memchr::memmem::find_iter(bytes, PART).any(|at| says_part(bytes.get(at + PART.len()..).unwrap_or_default())) {
        return Err(broken("PDF: not PDF/A"));
    }
    if has(b"/JavaScript") || has(b"/Launch") || has(b"/Encrypt") {
        return Err(broken("PDF: holds what PDF/A does not"));
    }
    Ok(())
}

/// Where a PDF's metadata say of which part of ISO 19005 it is.
const PART: &[u8] = b"pdfaid:part";

/// Whether what follows names a part that there is, as an element's text or an attribute's value.
fn says_part(rest: &[u8]) -> bool {
    let value = match rest.trim_ascii_start() {
        [b'>', value @ ..] => value,
        [b'=', quoted @ ..] => match quoted.trim_ascii_start() {
            [b'"' | b'\'', value @ ..] => value,
            _ => return false,
        },
        _ => return false,
    };
    matches!(value.trim_ascii_start(), [b'1'..=b'4', next, ..] if !next.is_ascii_digit())
}

/// A page that shows text, tables and pictures, and nothing else: people read it in their own systems.
fn check_xhtml(text: &str) -> Result<(), Finding> {
    let mut walker = Walker::new(text).without_instructions();
    let mut styles = String::new();
    loop {
        match walker.step().map_err(|finding| Finding::new(finding.code, format!("XHTML: {}", finding.place)))? {
            Step::Open => {
                let element = walker.element();
                if walker.path().len() == 1 && (element.name != "html" || element.namespace != XHTML) {
                    return Err(broken("XHTML: html"));
                }
                check_element(element)?;
            }
            Step::Text(text) if walker.path().last().is_some_and(|name| *name == "style") => styles.push_str(&text),
            Step::End => return check_style(&styles).map_err(|()| broken("XHTML: style")),
            Step::Unfinished => return Err(broken("XHTML: ends in the middle")),
            Step::Text(_) | Step::Instruction(..) | Step::Close => {}
        }
    }
}

fn check_element(element: &Element) -> Result<(), Finding> {
    if element.namespace != XHTML {
        return Err(broken("XHTML: an element of another namespace"));
    }
    // XHTML is written in small letters; what is not would be read by some as the same, by others as nothing.
    let name = element.name;
    let short = |text: &str| text.chars().take(LONGEST).collect::<String>();
    if !ELEMENTS.contains(&name) {
        return Err(broken(&format!("XHTML: {}", short(name))));
    }
    for (attribute, value) in element.attributes() {
        if !harmless(name, attribute, value) {
            return Err(broken(&format!("XHTML: {name} {}", short(attribute))));
        }
    }
    Ok(())
}

/// Whether an attribute neither does something nor brings something in.
fn harmless(element: &str, attribute: &str, value: &str) -> bool {
    match (element, attribute) {
        (_, "xmlns") => value == XHTML,
        (_, "xml:lang" | "xml:space") => true,
        ("a", "href") => value.starts_with('#'),
        ("img", "src") => PICTURES.iter().any(|kind| value.starts_with(kind)),
        ("img", "width") | ("table" | "td" | "th" | "col" | "colgroup" | "hr" | "pre", "width") => true,
        ("meta", "charset") => value.eq_ignore_ascii_case("utf-8"),
        ("meta", "http-equiv") => value.eq_ignore_ascii_case("content-type"),
        (_, "style") => check_style(value).is_ok(),
        (_, name) => ATTRIBUTES.contains(&name) || name.starts_with("aria-") || name.starts_with("data-"),
    }
}

/// A style sheet that brings nothing in: it calls and says only what is listed, and hides nothing behind an escape.
fn check_style(text: &str) -> Result<(), ()> {
    if text.contains(['\\', '<']) || text.contains("/*") {
        return Err(());
    }
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    for (at, _) in text.match_indices('(') {
        let before = text.get(..at).unwrap_or_default();
        let name = before.rsplit(|letter: char| !is_word(letter)).next().unwrap_or_default().to_ascii_lowercase();
        if !STYLE_FUNCTIONS.contains(&name.as_str()) {
            return Err(());
        }
    }
    for (at, _) in text.match_indices('@') {
        let after = text.get(at + 1..).unwrap_or_default();
        let name = after.split(|letter: char| !is_word(letter)).next().unwrap_or_default().to_ascii_lowercase();
        if !STYLE_RULES.contains(&name.as_str()) {
            return Err(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paper::{Block, Paper, render};
    use liitos_domain::Moment;
    use proptest::prelude::*;

    fn document(body: &str) -> String {
        format!("<ClinicalDocument xmlns=\"{HL7}\"><component>{body}</component></ClinicalDocument>")
    }

    fn carrying(kind: &str, bytes: &[u8]) -> String {
        let packed = BASE64_STANDARD.encode(bytes);
        document(&format!("<nonXMLBody><text mediaType=\"{kind}\" representation=\"B64\">{packed}</text></nonXMLBody>"))
    }

    fn page(body: &str) -> Result<(), String> {
        let page = format!("<html xmlns=\"{XHTML}\"><head><title>t</title></head><body>{body}</body></html>");
        check_body(&carrying("application/xhtml+xml", page.as_bytes()), Family::Social).map_err(|finding| finding.place)
    }

    #[test]
    fn pages_that_do_nothing_are_taken() {
        assert_eq!(
            page("<h1>Päätös</h1><p>Teksti <a href=\"#b\">b</a></p><img alt=\"\" src=\"data:image/png;base64,AA==\"/>"),
            Ok(())
        );
        let styled = "<style type=\"text/css\">@media print { td { color: rgb(1, 2, 3) } } li:nth-child(2) { margin: calc(1em + 2px) }</style>\
                      <table style=\"width:100%\" border=\"1\"><tr><th scope=\"row\" colspan=\"2\" data-x=\"1\" aria-label=\"a\">a</th></tr></table>";
        assert_eq!(page(styled), Ok(()));
        // A real one, and how other programs write the same.
        let paper = Paper {
            title: "Päätös".into(),
            language: "fi".into(),
            at: Moment::from_seconds(1_790_000_000),
            blocks: vec![Block::Paragraph("Päätös on tehty.".into())],
        };
        let pdf = render(&paper).unwrap();
        assert_eq!(check_body(&carrying("application/pdf", &pdf), Family::Social), Ok(()));
        for part in
            ["<pdfaid:part>1</pdfaid:part>", "pdfaid:part=\"3\"", "pdfaid:part = '4'", "<pdfaid:part> 2 </pdfaid:part>"]
        {
            assert_eq!(check_pdf(format!("%PDF-2.0\n{part}\n%%EOF").as_bytes()), Ok(()), "{part}");
        }
        assert_eq!(check_body(&document("<structuredBody/>"), Family::Patient), Ok(()));
    }

    #[test]
    fn a_patients_paper_is_looked_at_as_social_cares_is() {
        let pdf = b"%PDF-2.0\n<pdfaid:part>1</pdfaid:part>\n%%EOF";
        assert_eq!(check_body(&carrying("application/pdf", pdf), Family::Patient), Ok(()));
        assert!(check_body(&carrying("application/pdf", b"%PDF-1.4\n%%EOF"), Family::Patient).is_err(), "no PDF/A");
        assert!(check_body(&carrying("text/html", b"<p>a</p>"), Family::Patient).is_err(), "of another kind");
        let page = format!("<html xmlns=\"{XHTML}\"><body><script>1</script></body></html>");
        assert!(check_body(&carrying("application/xhtml+xml", page.as_bytes()), Family::Patient).is_err(), "acts");
    }

    #[test]
    fn whatever_acts_or_brings_in_is_refused() {
        for (body, place) in [
            ("<script>1</script>", "XHTML: script"),
            ("<SCRIPT>1</SCRIPT>", "XHTML: SCRIPT"),
            ("<style>@import 'http://x.test/a.css';</style>", "XHTML: style"),
            ("<style>p { background: u\\72l(http://x.test) }</style>", "XHTML: style"),
            ("<style>p { background: image-set('http://x.test' 1x) }</style>", "XHTML: style"),
            ("<style>@im/**/port 'x';</style>", "XHTML: style"),
            ("<style>@font-face { src: x }</style>", "XHTML: style"),
            ("<p style=\"background:u\\72l(http://x)\">a</p>", "XHTML: p style"),
            ("<a href=\"#b\" ping=\"http://x.test\">a</a>", "XHTML: a ping"),
            ("<q cite=\"http://x.test\">a</q>", "XHTML: q cite"),
            ("<img src=\"data:image/svg+xml;base64,AA==\"/>", "XHTML: img src"),
            ("<meta http-equiv=\"refresh\" content=\"0;url=http://x.test\"/>", "XHTML: meta http-equiv"),
            ("<!--><script>1</script>-->", "XHTML: a comment"),
            ("<![CDATA[><script>1</script>]]>", "XHTML: CDATA"),
            ("<meta charset=\"iso-2022-jp\"/>", "XHTML: meta charset"),
            ("<video poster=\"http://x.test\"/>", "XHTML: video"),
            ("<?xml-stylesheet href=\"http://x.test\"?>", "XHTML: a processing instruction"),
            ("<p xml:base=\"http://x.test\">a</p>", "XHTML: p xml:base"),
            ("<p onclick=\"x\">a</p>", "XHTML: p onclick"),
            ("<img src=\"http://x.test/a.png\"/>", "XHTML: img src"),
            ("<a href=\" javascript:1\">a</a>", "XHTML: a href"),
            ("<p style=\"background:URL(http://x)\">a</p>", "XHTML: p style"),
            ("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "XHTML: an element of another namespace"),
            ("<iframe/>", "XHTML: iframe"),
            ("<p>", "XHTML: not well-formed"),
        ] {
            assert_eq!(page(body), Err(place.to_owned()), "{body}");
        }
        let place = |document: &str| check_body(document, Family::Social).unwrap_err().place;
        assert_eq!(place(&document("<structuredBody/>")), "component: a page or PDF/A is expected");
        assert_eq!(place(&document("")), "component: a page or PDF/A is expected");
        assert_eq!(place(&document("<nonXMLBody/>")), "nonXMLBody: no text");
        let text = "<text mediaType=\"application/pdf\" representation=\"B64\"></text>";
        assert_eq!(place(&document(&format!("<nonXMLBody>{text}{text}</nonXMLBody>"))), "nonXMLBody/text stands twice");
        let second = format!("<nonXMLBody>{text}</nonXMLBody><structuredBody/>");
        assert_eq!(place(&document(&second)), "component: a second body");
        let squeezed = text.replace("representation", "compression=\"DF\" representation");
        let squeezed = document(&format!("<nonXMLBody>{squeezed}</nonXMLBody>"));
        assert_eq!(place(&squeezed), "nonXMLBody/text: compression");
        assert!(place(&carrying("application/xhtml+xml", &[b'<'; 9])).starts_with("XHTML"));
        assert_eq!(place(&carrying("text/html", b"x")), "nonXMLBody/text: mediaType");
        assert_eq!(place(&carrying("application/xhtml+xml", b"<div/>")), "XHTML: html");
        let dtd = format!("<!DOCTYPE html [<!ENTITY a \"b\">]><html xmlns=\"{XHTML}\">&a;</html>");
        assert_eq!(place(&carrying("application/xhtml+xml", dtd.as_bytes())), "XHTML: DOCTYPE");
        let elements =
            document("<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\"><b/></text></nonXMLBody>");
        assert_eq!(place(&elements), "nonXMLBody/text: holds elements");
    }

    #[test]
    fn what_is_no_pdf_a_is_refused() {
        let place = |pdf: &[u8]| check_body(&carrying("application/pdf", pdf), Family::Social).unwrap_err().place;
        for none in [
            "",
            " pdfaid:part",
            " <pdfaid:part>9</pdfaid:part>",
            " pdfaid:part='12'",
            " pdfaid:part=2",
            " pdfaid:part=\"\"",
        ] {
            assert_eq!(place(format!("%PDF-1.7{none}").as_bytes()), "PDF: not PDF/A", "{none}");
        }
        assert_eq!(place(b"PK"), "PDF: not a PDF");
        assert_eq!(place(b"%PDF-1.7 pdfaid:part='2' /JavaScript"), "PDF: holds what PDF/A does not");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(<nonXMLBody>|<text |mediaType=|representation=\"B64\"|>|</text>|<p>|a){0,20}|\\PC{0,40}") {
            let _ = check_body(&text, Family::Social);
            let _ = check_xhtml(&text);
            let _ = check_style(&text);
            let _ = check_pdf(text.as_bytes());
        }
    }
}
