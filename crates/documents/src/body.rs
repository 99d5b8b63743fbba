//! What a document's body may be: structured, or one text of a known kind. Social care's is always a text that people read: XHTML or PDF/A.

use crate::xml::{HL7, Step, Walker};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::RefusalCode;
use liitos_domain::archive::Family;
use liitos_domain::refusal::Finding;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
/// Elements that make a page do something, or bring something in.
const ACTIVE: [&str; 14] = [
    "script", "iframe", "frame", "object", "embed", "applet", "form", "input", "button", "link", "meta", "base",
    "audio", "video",
];
/// Attributes that refer to something.
const REFERRING: [&str; 6] = ["href", "src", "action", "formaction", "background", "data"];

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::BodyNotAccepted, place)
}

/// The kinds of text that a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Xhtml,
    Pdf,
}

/// Checks a document's body for a family of documents.
///
/// # Errors
/// A finding that says what is wrong with it.
pub fn check_body(document: &str, family: Family) -> Result<(), Finding> {
    let mut walker = Walker::new(document);
    let (mut structured, mut kind, mut packed) = (false, None, String::new());
    loop {
        match walker.step()? {
            Step::Open(element) if walker.at(1, HL7, &["component", "nonXMLBody", "text"]) => {
                let named = element.attribute("mediaType").unwrap_or_default();
                kind = Some(match named {
                    "application/xhtml+xml" => Kind::Xhtml,
                    "application/pdf" => Kind::Pdf,
                    _ => return Err(broken("nonXMLBody/text: mediaType")),
                });
                if element.attribute("representation") != Some("B64") {
                    return Err(broken("nonXMLBody/text: representation"));
                }
            }
            Step::Open(_) if walker.at(1, HL7, &["component", "structuredBody"]) => structured = true,
            Step::Open(_) if walker.inside(1, HL7, &["component", "nonXMLBody", "text"]) => {
                return Err(broken("nonXMLBody/text: holds elements"));
            }
            Step::Text(text) if walker.at(1, HL7, &["component", "nonXMLBody", "text"]) => packed.push_str(&text),
            Step::End => break,
            Step::Unfinished => return Err(crate::xml::refuse("document: ends in the middle")),
            Step::Open(_) | Step::Text(_) | Step::Close => {}
        }
    }
    match kind {
        Some(kind) => check_text(kind, &packed),
        None if structured && family != Family::Social => Ok(()),
        // Without any body the signature has nothing to cover, and says so.
        None if !structured => Ok(()),
        None => Err(broken("structuredBody")),
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

/// A PDF that says it is PDF/A (ISO 19005: `pdfaid:part` in its metadata, which are never packed) and does not plainly
/// say that it runs something: a quick look, not a reading of the file.
fn check_pdf(bytes: &[u8]) -> Result<(), Finding> {
    let has = |what: &[u8]| memchr::memmem::find(bytes, what).is_some();
    if !bytes.starts_with(b"%PDF-1.") && !bytes.starts_with(b"%PDF-2.") {
        return Err(broken("PDF: not a PDF"));
    }
    if !has(b"pdfaid:part") {
        return Err(broken("PDF: not PDF/A"));
    }
    if has(b"/JavaScript") || has(b"/Launch") || has(b"/Encrypt") {
        return Err(broken("PDF: holds what PDF/A does not"));
    }
    Ok(())
}

/// A page without the elements and attributes that are known to act or to bring something in: people read it in their own systems. Style sheets and
/// processing instructions are not looked into yet (`docs/known-gaps.md`).
fn check_xhtml(text: &str) -> Result<(), Finding> {
    let mut walker = Walker::new(text);
    loop {
        match walker.step().map_err(|finding| Finding::new(finding.code, format!("XHTML: {}", finding.place)))? {
            Step::Open(element) => {
                if walker.path().len() == 1 && (element.name != "html" || element.namespace != XHTML) {
                    return Err(broken("XHTML: html"));
                }
                if element.namespace != XHTML {
                    return Err(broken("XHTML: an element of another namespace"));
                }
                let plain = element.name.to_ascii_lowercase();
                if ACTIVE.contains(&plain.as_str()) {
                    return Err(broken(&format!("XHTML: {plain}")));
                }
                for (name, value) in element.attributes() {
                    let name = name.to_ascii_lowercase();
                    let value = value.trim().to_ascii_lowercase();
                    let inside = value.starts_with('#') || value.starts_with("data:image/");
                    if name.starts_with("on")
                        || (REFERRING.contains(&name.as_str()) && !inside)
                        || (name == "style" && value.contains("url("))
                        || name == "srcset"
                    {
                        return Err(broken(&format!("XHTML: {plain} {name}")));
                    }
                }
            }
            Step::End => return Ok(()),
            Step::Unfinished => return Err(broken("XHTML: ends in the middle")),
            Step::Text(_) | Step::Close => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let pdf = b"%PDF-1.7\n<pdfaid:part>3</pdfaid:part>\n%%EOF";
        assert_eq!(check_body(&carrying("application/pdf", pdf), Family::Social), Ok(()));
        assert_eq!(check_body(&document("<structuredBody/>"), Family::Patient), Ok(()));
    }

    #[test]
    fn whatever_acts_or_brings_in_is_refused() {
        for (body, place) in [
            ("<script>1</script>", "XHTML: script"),
            ("<SCRIPT>1</SCRIPT>", "XHTML: script"),
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
        assert_eq!(place(&document("<structuredBody/>")), "structuredBody");
        assert_eq!(place(&carrying("text/html", b"x")), "nonXMLBody/text: mediaType");
        assert_eq!(place(&carrying("application/xhtml+xml", b"<div/>")), "XHTML: html");
        assert_eq!(place(&carrying("application/pdf", b"%PDF-1.7")), "PDF: not PDF/A");
        assert_eq!(place(&carrying("application/pdf", b"PK")), "PDF: not a PDF");
        assert_eq!(
            place(&carrying("application/pdf", b"%PDF-1.7 pdfaid:part /JavaScript")),
            "PDF: holds what PDF/A does not"
        );
        let dtd = format!("<!DOCTYPE html [<!ENTITY a \"b\">]><html xmlns=\"{XHTML}\">&a;</html>");
        assert_eq!(place(&carrying("application/xhtml+xml", dtd.as_bytes())), "XHTML: DOCTYPE");
        let elements =
            document("<nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\"><b/></text></nonXMLBody>");
        assert_eq!(place(&elements), "nonXMLBody/text: holds elements");
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(<nonXMLBody>|<text |mediaType=|representation=\"B64\"|>|</text>|<p>|a){0,20}|\\PC{0,40}") {
            let _ = check_body(&text, Family::Social);
            let _ = check_xhtml(&text);
            let _ = check_pdf(text.as_bytes());
        }
    }
}
