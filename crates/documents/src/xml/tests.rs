//! The walk beside `roxmltree`, by which signatures are found: what both take, both read alike.

use super::*;
use proptest::prelude::*;
use roxmltree::{Document, ParsingOptions};

fn walk(text: &str) -> Result<(String, bool), Finding> {
    let mut walker = Walker::new(text);
    let mut seen = String::new();
    loop {
        match walker.step()? {
            Step::Open => {
                let element = walker.element();
                let attributes = element.attributes().filter(|(name, _)| !name.starts_with("xmlns"));
                let attributes = attributes.map(|(name, value)| (name.rsplit(':').next().unwrap(), value));
                seen += &opened(element.namespace, element.name, attributes);
            }
            Step::Text(text) => seen += &text,
            Step::Instruction(..) => {}
            Step::Close => seen += "/",
            Step::Unfinished => return Ok((seen, false)),
            Step::End => return Ok((seen.trim().to_owned(), true)),
        }
    }
}

fn opened<'a>(namespace: &str, name: &str, attributes: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let attributes: String = attributes.map(|(name, value)| format!(" {name}={value:?}")).collect();
    format!("<{{{namespace}}}{name}{attributes}>")
}

/// What the other reader sees; `None` where it takes nothing.
fn other(text: &str) -> Option<String> {
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(text, options).ok()?;
    let (mut seen, mut open) = (String::new(), 0);
    for node in tree.descendants() {
        let depth = node.ancestors().filter(roxmltree::Node::is_element).count() - usize::from(node.is_element());
        if node.is_element() || node.is_text() {
            seen += &"/".repeat(open - depth);
            open = depth;
        }
        if node.is_element() {
            let attributes = node.attributes().map(|one| (one.name(), one.value()));
            seen += &opened(node.tag_name().namespace().unwrap_or_default(), node.tag_name().name(), attributes);
            open += 1;
        } else if node.is_text() {
            seen += node.text().unwrap_or_default();
        }
    }
    Some(seen + &"/".repeat(open))
}

#[test]
fn accepts_plain_and_stops_at_the_end() {
    assert_eq!(walk("<a x='1'><b/>t&lt;&#65;</a>").unwrap(), ("<{}a x=\"1\"><{}b>/t<A/".into(), true));
    assert_eq!(walk("<a><b/>").unwrap(), ("<{}a><{}b>/".into(), false));
    assert_eq!(walk("\u{feff}<?xml version='1.0'?>\r\n<a>\r\n</a >\n").unwrap(), ("<{}a>\n/".into(), true));
    assert_eq!(walk("<p:a xmlns:p='u' p:x='&#x41;\n&amp;'/>").unwrap(), ("<{u}a x=\"A &\">/".into(), true));
    assert_eq!(walk("<a xmlns='u'><b xmlns=''/><c/></a>").unwrap(), ("<{u}a><{}b>/<{u}c>//".into(), true));
    // Wherever the input ends, it is unfinished, not wrong.
    let whole = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone='no'?><!-- c --><a xmlns:x=\"u\" x:y = 'z&amp;'><?p q?><![CDATA[<]]>&#x41;ä<x:b\n/></a>";
    for (end, _) in whole.char_indices() {
        assert!(!walk(whole.get(..end).unwrap()).unwrap().1, "{end}");
    }
    assert_eq!(walk(whole).unwrap(), ("<{}a y=\"z&\"><Aä<{u}b>//".into(), true));
}

#[test]
fn refuses_what_could_be_turned_against_us() {
    let code = |text: &str| walk(text).unwrap_err();
    for (text, place) in [
        ("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        ("<!doctype a><a/>", "not well-formed"),
        ("<a>&x;</a>", "entity"),
        ("<a>&x</a>", "entity"),
        ("<a>&#0;</a>", "character reference"),
        ("<a>&#xD800;</a>", "character reference"),
        ("<a>&#+65;</a>", "entity"),
        ("&lt;<a/>", "entity"),
        ("<a b='&x;'/>", "attribute value"),
        ("<a b='&'/>", "attribute value"),
        ("<a b='<c>'/>", "< in an attribute"),
        ("<a b='1' b='2'/>", "attribute"),
        ("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", "attribute"),
        ("<a b=1/>", "attribute"),
        ("<a b/>", "attribute"),
        ("<a b='1'c='2'/>", "not well-formed"),
        ("<a></b>", "not well-formed"),
        ("<a></a b='1'>", "not well-formed"),
        ("</a>", "not well-formed"),
        ("< a/>", "not well-formed"),
        ("<1a/>", "not well-formed"),
        ("<a:/>", "not well-formed"),
        ("<a:b:c/>", "not well-formed"),
        ("<a/><b/>", "second root element"),
        ("x<a/>", "text outside the root element"),
        ("<a/>x", "text outside the root element"),
        ("<![CDATA[x]]><a/>", "text outside the root element"),
        ("<a>]]></a>", "a character that may not stand there"),
        ("<a>\u{1}</a>", "a character that may not stand there"),
        ("<a>\u{ffff}</a>", "a character that may not stand there"),
        ("<a b='\u{1}'/>", "attribute value"),
        ("<a><!-- a -- b --></a>", "a comment that is not well-formed"),
        ("<a><?xml version='1.0'?></a>", "not well-formed"),
        ("<a><?XML?></a>", "not well-formed"),
        ("<?xml version='1.1'?><a/>", "a version of XML other than 1.0"),
        ("<?xml encoding='UTF-8'?><a/>", "not well-formed"),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", "encoding other than UTF-8"),
        ("<p:a/>", "a prefix that nothing declares"),
        ("<a p:b='1'/>", "a prefix that nothing declares"),
        ("<a><b xmlns:p='u'/><p:c/></a>", "a prefix that nothing declares"),
        ("<a xmlns:p=''/>", "a namespace that may not be declared so"),
        ("<a xmlns:xml='u'/>", "a namespace that may not be declared so"),
        ("<a xml:xmlns='u'/>", "a namespace that may not be declared so"),
        ("<a xmlns:p='u' p:xmlns='v'/>", "a namespace that may not be declared so"),
        ("<a xmlns='http://www.w3.org/2000/xmlns/'/>", "a namespace that may not be declared so"),
        ("<a xmlns='u&#33;'/>", "a namespace that is not plain text"),
    ] {
        assert_eq!(code(text).place, place, "{text}");
    }
    assert_eq!(code(&"<a>".repeat(10_000)).code, RefusalCode::XmlTooDeep);
    let declarations: String = (0..40).map(|n| format!(" xmlns:n{n}='u'")).collect();
    let bomb = format!("<a{declarations}><b{declarations}/></a>");
    assert_eq!(code(&bomb).place, "namespace declarations over the limit");
    assert!(walk(&format!("<a><b{declarations}/><c{declarations}/></a>")).is_ok(), "what is closed is not in force");
    let crowd: String = (0..65).map(|n| format!(" a{n}='1'")).collect();
    assert_eq!(code(&format!("<a{crowd}/>")).place, "attributes over the limit");
    assert!(utf8_so_far(&[0xff, 0xfe, 0x41]).is_err());
    assert_eq!(utf8_so_far("aä".as_bytes().split_last().unwrap().1).unwrap(), "a");
}

#[test]
fn real_documents_are_read_as_the_other_reader_reads_them() {
    for text in [
        include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.xml"),
        include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml"),
        include_str!("../../../../samples/hus-rcmr/KIE_Kielto_20170127.xml"),
        include_str!("../../../../samples/kela-cda/Esim_OSVA_Omakannasta.xml"),
        include_str!("../../../../samples/kela-cda/Esim_laakemaarays_Klexane.xml"),
        include_str!("../../../../samples/kela-cda/Esim_laakemaarays_laaja.xml"),
    ] {
        let (seen, complete) = walk(text).unwrap();
        assert!(complete);
        assert_eq!(Some(seen), other(text));
    }
}

/// Pieces of documents, in any order. A carriage return alone before a reference the other reader keeps, against 2.11.
const PIECES: &str = "(<a>|</a>|<p:b |</p:b>|<a xmlns:p='u'>|<a xmlns='v'|<p:b xmlns:p=\"w\">|/>|>| xml:xmlns='v'| p:xmlns='v'| c='1'| p:c=\"2\"| d='&#65;\t&lt;'|x|]]>|\\]|&amp;|&#10;|&#x9;|&q;|\
                      <!-- y -->|<!--|-->|--|<!\\[CDATA\\[|z<|<\\?p q\\?>|<\\?xml version='1.0'\\?>|\r\n|\t| |ä|\u{ffff}|\u{1}){0,14}";

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_taken_is_read_alike(inner in PIECES, wrapped in any::<bool>()) {
        let text = if wrapped { format!("<a xmlns:p='u'>{inner}</a>") } else { inner };
        match walk(&text) {
            Ok((seen, true)) => prop_assert_eq!(Some(seen), other(&text)),
            // What is not complete, the other does not take; what is refused, it may.
            Ok((_, false)) => prop_assert_eq!(None, other(&text)),
            Err(_) => {}
        }
    }

    #[test]
    fn no_input_makes_it_panic(text in "[<>&;'\"a-c/!\\[\\]?= \\-]{0,60}|\\PC{0,80}") {
        let _ = walk(&text);
    }
}

/// Whether the walk does not take a document.
pub(super) fn refused(text: &str) -> bool {
    walk(text).is_err()
}
