//! The active controller in a document's local header: filled in by the archive when it gives a document back, taken out by the sender
//! before the next version (`domain.md` sections 10 and 11). The system signature covers neither.

use crate::xml::{HL7_FINLAND, local_header};
use liitos_domain::Oid;

/// What may stand before it in the local header, by the schema's order.
const BEFORE: [&str; 22] = [
    "description",
    "tableOfContents",
    "registratedTime",
    "declaredTime",
    "typeCode",
    "fileFormat",
    "softwareSupport",
    "documentType",
    "currentLocation",
    "retentionPeriod",
    "functionCode",
    "recordStatus",
    "auditTrail",
    "serviceChainLink",
    "episodeLink",
    "product",
    "signatureCollection",
    "sender",
    "password",
    "patientRegistrySpecifier",
    "patientRegistrySpecifierName",
    "custodianTypeCode",
];
/// The last of them.
const LAST: &str = "encompassingEncounterCode";

/// The document with its active controller named; `None` when it has no local header.
#[must_use]
pub fn filled(document: &str, controller: &Oid, name: &str) -> Option<String> {
    let without = stripped(document)?;
    let at = {
        let tree = roxmltree::Document::parse(&without).ok()?;
        let header = local_header(&tree)?;
        let stands = |name: &str| BEFORE.contains(&name) || name == LAST;
        let before = header
            .children()
            .filter(|node| node.is_element() && node.tag_name().namespace() == Some(HL7_FINLAND))
            .take_while(|node| stands(node.tag_name().name()));
        let end = before.last().map(|node| node.range().end);
        // With nothing before it, it stands where the header's start tag ends.
        end.or_else(|| Some(header.first_child()?.range().start))?
    };
    let name = name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let said = format!(
        "<activeCustodian xmlns=\"{HL7_FINLAND}\" root=\"{controller}\"/>\
         <activeCustodianName xmlns=\"{HL7_FINLAND}\">{name}</activeCustodianName>"
    );
    Some(format!("{}{said}{}", without.get(..at)?, without.get(at..)?))
}

/// The document without what the archive says of its active controller; `None` when it cannot be read.
#[must_use]
pub fn stripped(document: &str) -> Option<String> {
    let tree = roxmltree::Document::parse(document).ok()?;
    let header = local_header(&tree)?;
    let said = header.children().filter(|node| {
        node.is_element()
            && node.tag_name().namespace() == Some(HL7_FINLAND)
            && matches!(node.tag_name().name(), "activeCustodian" | "activeCustodianName")
    });
    let mut rest = document.to_owned();
    let ranges: Vec<_> = said.map(|node| node.range()).collect();
    for range in ranges.into_iter().rev() {
        rest.replace_range(range, "");
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_document_header;
    use crate::signature::verify;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    fn new() -> Oid {
        Oid::parse("1.2.246.10.99999984.19.0").unwrap()
    }

    #[test]
    fn it_stands_in_its_schema_place_and_the_signature_holds() {
        let given = filled(REAL, &new(), "Uusi <hva> & co").unwrap();
        assert_eq!(read_document_header(&given).unwrap().active_custodian.as_deref(), Some(new().as_str()));
        let place =
            "Avohoitokäyntitieto\"/><activeCustodian xmlns=\"urn:hl7finland\" root=\"1.2.246.10.99999984.19.0\"/>";
        assert!(given.contains(place), "{given}");
        assert!(given.contains("Uusi &lt;hva&gt; &amp; co</activeCustodianName><encompassingEncounterMasterCode"));
        assert!(verify(&given).unwrap().intact);
        assert_eq!(stripped(&given).as_deref(), Some(REAL), "byte for byte");
        assert_eq!(filled(&given, &new(), "Uusi <hva> & co").as_deref(), Some(given.as_str()), "never twice");
    }

    #[test]
    fn prefixes_and_short_headers_do_not_matter() {
        let short = "<d:ClinicalDocument xmlns:d=\"urn:hl7-org:v3\" xmlns:f=\"urn:hl7finland\"><f:localHeader><f:sensitiveDocument code=\"1\"/></f:localHeader></d:ClinicalDocument>";
        let given = filled(short, &new(), "x").unwrap();
        assert!(given.contains("<f:localHeader><activeCustodian"), "{given}");
        assert_eq!(stripped(&given).as_deref(), Some(short));
        assert_eq!((filled("<a/>", &new(), "x"), stripped("<")), (None, None));
    }
}
