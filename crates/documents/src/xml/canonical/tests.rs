//! The canonical forms beside the recommendations' own examples, and beside another library's.

use super::*;
use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::{NodeSet, uppsala};
use proptest::prelude::*;
use roxmltree::Document;

/// What the element of a number is written as, counted in the document's order.
fn written(text: &str, number: usize, how: &Canonical<'_>) -> Result<String, Finding> {
    let tree = Document::parse(text).unwrap();
    let element = tree.descendants().filter(Node::is_element).nth(number).unwrap();
    let mut bytes = Vec::new();
    Part::of(element).write(how, |piece| bytes.extend_from_slice(piece))?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// The same by another library.
fn others(text: &str, number: usize, how: &Canonical<'_>) -> String {
    let tree = uppsala::parse(text).unwrap();
    let elements = tree.descendants(tree.root()).into_iter().filter(|id| tree.element(*id).is_some());
    let part = NodeSet::tree_without_comments(elements.collect::<Vec<_>>()[number], &tree);
    let (mode, prefixes) = match how {
        Canonical::Inclusive => (C14nMode::Inclusive, Vec::new()),
        Canonical::Exclusive(prefixes) => (C14nMode::Exclusive, prefixes.clone()),
    };
    let prefixes: Vec<_> = prefixes.into_iter().map(|one| if one.is_empty() { "#default" } else { one }).collect();
    String::from_utf8(canonicalize_doc(&tree, mode, Some(&part), &prefixes).unwrap()).unwrap()
}

const EXCLUSIVE: Canonical<'static> = Canonical::Exclusive(Vec::new());

/// Canonical XML 1.0, 3.3, without what a DTD says.
#[test]
fn start_and_end_tags() {
    let text = r#"<doc>
   <e1   />
   <e2   ></e2>
   <e3   name = "elem3"   id="elem3"   />
   <e5 a:attr="out" b:attr="sorted" attr2="all" attr="I'm"
      xmlns:b="http://www.ietf.org"
      xmlns:a="http://www.w3.org"
      xmlns="http://example.org"/>
   <e6 xmlns="" xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="" xmlns:a="http://www.w3.org">
            <e9 xmlns="" xmlns:a="http://www.ietf.org"/>
         </e8>
      </e7>
   </e6>
</doc>"#;
    let canonical = r#"<doc>
   <e1></e1>
   <e2></e2>
   <e3 id="elem3" name="elem3"></e3>
   <e5 xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org" attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e5>
   <e6 xmlns:a="http://www.w3.org">
      <e7 xmlns="http://www.ietf.org">
         <e8 xmlns="">
            <e9 xmlns:a="http://www.ietf.org"></e9>
         </e8>
      </e7>
   </e6>
</doc>"#;
    assert_eq!(written(text, 0, &Canonical::Inclusive).unwrap(), canonical);
}

/// Canonical XML 1.0, 3.1, 3.2 and 3.4, without what a DTD says.
#[test]
fn characters_comments_and_instructions() {
    let text = "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"doc.xsl\" ?>\n<doc>\r\n   <text>First line&#x0d;&#10;Second line</text>\r\
                <value>&#x32;</value><!-- gone --><compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\
                <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\
                <norm attr='\t&apos;\r\n &#x20;&#13;&#xa;&#9; \n &apos; '/><?pi-without-data     ?><?pi with data ?></doc><!-- gone -->";
    let canonical = "<doc>\n   <text>First line&#xD;\nSecond line</text>\n<value>2</value>\
                     <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\
                     <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\
                     <norm attr=\" '   &#xD;&#xA;&#x9;   ' \"></norm><?pi-without-data?><?pi with data ?></doc>";
    for how in [Canonical::Inclusive, EXCLUSIVE] {
        assert_eq!(written(text, 0, &how).unwrap(), canonical);
    }
}

/// Exclusive XML Canonicalization 1.0, 2.2: what is around counts in one form, and does not in the other.
#[test]
fn what_is_around() {
    let text = "<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\" xml:space=\"preserve\" xml:lang=\"fi\">\
                <n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2></n0:local>";
    let inner = |how: &Canonical<'_>| written(text, 1, how).unwrap();
    let (exclusive, with_list) = (inner(&EXCLUSIVE), inner(&Canonical::Exclusive(vec!["n0", "n3", "n9", "xml", ""])));
    assert_eq!(
        exclusive,
        "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"
    );
    assert_eq!(
        with_list,
        "<n1:elem2 xmlns:n0=\"foo:bar\" xmlns:n1=\"http://example.net\" xmlns:n3=\"ftp://example.org\" xml:lang=\"en\"><n3:stuff></n3:stuff></n1:elem2>"
    );
    assert_eq!(
        inner(&Canonical::Inclusive),
        with_list.replace("xml:lang=\"en\"", "xml:lang=\"en\" xml:space=\"preserve\""),
        "XML's own attributes are inherited"
    );
}

#[test]
fn real_documents_are_written_as_another_library_writes_them() {
    for text in [
        include_str!("../../../../../samples/hus-rcmr/RCMR_IN100002FI01.xml"),
        include_str!("../../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml"),
        include_str!("../../../../../samples/kela-cda/Esim_OSVA_Omakannasta.xml"),
        include_str!("../../../../../samples/kela-cda/Esim_laakemaarays_Klexane.xml"),
        include_str!("../../../../../samples/kela-cda/Esim_laakemaarays_laaja.xml"),
    ] {
        let count = Document::parse(text).unwrap().descendants().filter(Node::is_element).count();
        for number in [0, 1, count / 3, count / 2, count - 1] {
            for how in [Canonical::Inclusive, EXCLUSIVE, Canonical::Exclusive(vec!["", "xsi"])] {
                assert_eq!(written(text, number, &how).unwrap(), others(text, number, &how), "{number} {how:?}");
            }
        }
    }
}

/// Elements within elements, with namespaces declared anew, undone, and used in each way. White space in values stands as references: as it is, the
/// other library keeps it, against XML 1.0, 3.3.3.
fn element() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "p:a", "q:b"]);
    let declarations = prop::sample::subsequence(vec!["xmlns='u'", "xmlns:p='u'", "xmlns:q='u\"w'"], 0..=3);
    let others = prop::sample::subsequence(vec!["xmlns='v'", "xmlns:p='w'", "xmlns:q='x'"], 0..=3);
    let undone = prop::sample::select(vec!["", "", "", "xmlns=''"]);
    let declarations = (declarations, others, undone, any::<bool>()).prop_map(|(some, others, undone, first)| {
        let some = if first { some } else { others };
        let some = some.iter().filter(|one| undone.is_empty() || !one.starts_with("xmlns=")).copied();
        some.chain([undone]).collect::<Vec<_>>().join(" ")
    });
    let attributes = vec![
        "d='1'",
        "c=\"&lt;>&amp;&quot;'\"",
        "p:c='&#13;&#10;&#9;'",
        "q:c=' e '",
        "q:d=''",
        "xml:lang='fi'",
        "xml:space='default'",
        "p:xml='ä'",
        "xml:xmlns='v'",
        "p:xmlns='u'",
    ];
    let attributes = prop::sample::subsequence(attributes, 0..=5);
    let tag = (name, declarations, attributes.prop_shuffle());
    let text = prop::sample::select(vec![
        "x",
        " ",
        "\t\n",
        "&lt;&gt;&amp;&quot;&apos;",
        "]]&gt;",
        ">\"'",
        "<!-- y -->",
        "<![CDATA[<&>]]>",
        "<?t?>",
        "<?t  u v ?>",
        "ä\u{1f600}",
        "&#13;",
    ]);
    let leaf = text.prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 5, move |inner| {
        (tag.clone(), prop::collection::vec(inner, 0..5)).prop_map(|((name, declarations, attributes), inner)| {
            let (attributes, inner) = (attributes.join(" "), inner.concat());
            format!("<{name} {declarations} {attributes}>{inner}</{name}>")
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn any_part_is_written_as_another_library_writes_it(inner in element(), around in any::<bool>(), number in 0_usize..8) {
        let around = if around { " xmlns='v' xml:lang='sv' xml:space='preserve'" } else { "" };
        let text = format!("<a xmlns:p='u' xmlns:q='w'{around}>{inner}</a>");
        // What is not taken is not written: it was walked through whole before.
        if super::super::tests::refused(&text) {
            return Ok(());
        }
        let tree = Document::parse(&text).unwrap();
        let count = tree.descendants().filter(Node::is_element).count();
        let number = number % count;
        for how in [Canonical::Inclusive, EXCLUSIVE, Canonical::Exclusive(vec!["p"]), Canonical::Exclusive(vec!["q", "", "z"])] {
            let ours = written(&text, number, &how).unwrap();
            prop_assert_eq!(ours, others(&text, number, &how), "{:?} {} of {}", how, number, text);
        }
    }
}
