//! The public schemas' rules that matter (`CDA_Fi.xsd`, `hl7fi_extensions_cdar2header.xsd`): which elements stand in a document and its body, in what
//! order, how often, and how the header's identifiers and times are written. Other readers build on them; the first findings are told, all at once.
//!
//! Below the header's own children nothing is asked but identifiers: what is read there, the readers ask. A local header's elements that the
//! schema of 2017 does not know are let be: newer ones have more.

mod structure;

use crate::xml::{Element, HL7, HL7_FINLAND, LOCAL_HEADERS, Walker};
use liitos_domain::RefusalCode;
use liitos_domain::refusal::Finding;
use structure::Structure;

/// Most findings about one document.
const MOST: usize = 10;

/// A child in a sequence: its name, whether it must be there, and whether it may repeat.
type Child = (&'static str, bool, bool);

/// Stands in for whichever local header a document has.
const LOCAL: &str = "localHeader";

const DOCUMENT: [Child; 28] = [
    ("realmCode", false, true),
    ("typeId", true, false),
    ("templateId", false, true),
    ("id", true, false),
    ("code", true, false),
    ("title", false, false),
    ("effectiveTime", true, false),
    ("confidentialityCode", true, false),
    ("languageCode", false, false),
    ("setId", false, false),
    ("versionNumber", false, false),
    ("copyTime", false, false),
    ("recordTarget", true, true),
    ("author", true, true),
    ("dataEnterer", false, false),
    ("informant", false, true),
    ("custodian", true, false),
    ("informationRecipient", false, true),
    ("legalAuthenticator", false, false),
    ("authenticator", false, true),
    ("participant", false, true),
    ("inFulfillmentOf", false, true),
    ("documentationOf", false, true),
    ("relatedDocument", false, true),
    ("authorization", false, true),
    ("componentOf", false, false),
    (LOCAL, false, false),
    ("component", true, false),
];

const LOCAL_HEADER: [Child; 40] = [
    ("description", false, false),
    ("tableOfContents", false, false),
    ("registratedTime", false, false),
    ("declaredTime", false, false),
    ("typeCode", false, false),
    ("fileFormat", false, false),
    ("softwareSupport", false, false),
    ("documentType", false, false),
    ("currentLocation", false, false),
    ("retentionPeriod", false, false),
    ("functionCode", false, false),
    ("recordStatus", false, false),
    ("auditTrail", false, true),
    ("serviceChainLink", false, true),
    ("episodeLink", false, true),
    ("product", false, true),
    ("signatureCollection", false, false),
    ("sender", false, false),
    ("password", false, false),
    ("patientRegistrySpecifier", false, false),
    ("patientRegistrySpecifierName", false, false),
    // Spelt both ways in real messages.
    ("custodianTypeCode", false, false),
    ("custodianTypecode", false, false),
    ("encompassingEncounterCode", false, false),
    ("activeCustodian", false, false),
    ("activeCustodianName", false, false),
    ("encompassingEncounterMasterCode", false, false),
    ("secondaryEncompassingEncounterId", false, false),
    ("outsourcingServiceCustomer", false, false),
    ("outsourcingServiceCustomerName", false, false),
    ("retentionPeriodClass", false, false),
    ("extendedRetentionPeriod", false, false),
    ("sensitiveDocument", false, false),
    ("eprServiceProvider", false, false),
    ("eprServiceProviderName", false, false),
    ("releaseDateForPatientViewing", false, false),
    ("patientHomeMunicipality", false, false),
    ("json", false, false),
    ("jws", false, false),
    ("extension", false, true),
];

/// How far a sequence has come.
#[derive(Debug, Default)]
struct Sequence {
    /// The place of the child that stood last, counted from 1.
    last: usize,
}

impl Sequence {
    /// The place of a child, counted from 1; most stand right behind the last.
    fn place(&self, children: &[Child], name: &str) -> Option<usize> {
        let is_it = |(_, (known, ..)): &(usize, &Child)| *known == name;
        let from = self.last.saturating_sub(1);
        let mut all = children.iter().enumerate();
        let behind = all.by_ref().skip(from).find(is_it);
        behind.or_else(|| children.iter().enumerate().take(from).find(is_it)).map(|(place, _)| place + 1)
    }

    /// The next child. What is left out before it, must it be there, and what stands in the wrong place.
    fn open(&mut self, children: &[Child], name: &str) -> Result<(), String> {
        let Some(place) = self.place(children, name) else { return Err(format!("{name} is not known here")) };
        let named = |place: usize| children.get(place - 1).map_or("", |(known, ..)| *known);
        let repeats = children.get(place - 1).is_some_and(|(_, _, repeats)| *repeats);
        if place == self.last && !repeats {
            return Err(format!("{name} stands twice"));
        }
        if place < self.last {
            return Err(format!("{name} after {}", named(self.last)));
        }
        let left_out = children.get(self.last..place - 1).unwrap_or_default();
        let missing = left_out.iter().find(|(_, needed, _)| *needed).map(|(known, ..)| format!("no {known}"));
        self.last = place;
        missing.map_or(Ok(()), Err)
    }

    /// What must be there and does not follow any more.
    fn lacks(&self, children: &[Child]) -> Option<&'static str> {
        let left_out = children.get(self.last..).unwrap_or_default();
        left_out.iter().find(|(_, needed, _)| *needed).map(|(known, ..)| *known)
    }
}

/// What a document says against the schemas.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    document: Sequence,
    local: Sequence,
    structure: Structure,
    findings: Vec<Finding>,
}

impl Schema {
    /// An element of the body, or the body's own component.
    pub(crate) fn open_in_body(&mut self, walker: &Walker<'_>) {
        let Self { structure, findings, .. } = self;
        structure.open(walker, &mut |fault| find(findings, RefusalCode::BodyNotAccepted, &fault));
    }

    /// An element of the header, or the body's own component.
    pub(crate) fn open(&mut self, walker: &Walker<'_>) {
        let (path, element) = (walker.path(), walker.element());
        let name = element.name;
        let fault = match path.len() {
            2 => self.child(element).err(),
            3 if element.namespace == HL7_FINLAND && path.get(1).is_some_and(|parent| *parent == LOCAL) => {
                let known = self.local.place(&LOCAL_HEADER, name).is_some();
                known.then(|| self.local.open(&LOCAL_HEADER, name).err()).flatten()
            }
            _ => None,
        };
        if let Some(fault) = fault {
            find(&mut self.findings, RefusalCode::DocumentHeaderBroken, &fault);
        }
        if element.namespace == HL7 && element.attribute("root").is_some_and(|root| !is_uid(root)) {
            let fault = format!("{name}/@root is no identifier");
            find(&mut self.findings, RefusalCode::DocumentHeaderBroken, &fault);
        }
    }

    fn child(&mut self, element: &Element<'_>) -> Result<(), String> {
        let name = element.name;
        let own = if element.namespace == HL7 {
            name
        } else if element.namespace == HL7_FINLAND && LOCAL_HEADERS.contains(&name) {
            LOCAL
        } else {
            return Err(format!("{name} is not known here"));
        };
        self.document.open(&DOCUMENT, own)?;
        if name == "effectiveTime" && element.attribute("value").is_some_and(|value| !is_time(value)) {
            return Err("effectiveTime/@value is no time".to_owned());
        }
        Ok(())
    }

    /// All that was found, at the document's end.
    pub(crate) fn findings(self) -> Vec<Finding> {
        let Self { mut structure, mut findings, .. } = self;
        structure.close(0, &mut |fault| find(&mut findings, RefusalCode::BodyNotAccepted, &fault));
        findings
    }
}

/// Tells a fault once, while there are few.
fn find(findings: &mut Vec<Finding>, code: RefusalCode, fault: &str) {
    if findings.len() < MOST {
        let finding = Finding::new(code, format!("schema: {fault}"));
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
}

/// An OID, a UUID, or a name that HL7 reserves (`datatypes-base.xsd`).
fn is_uid(text: &str) -> bool {
    let is_uuid = || {
        let lengths = text.split('-').map(str::len);
        lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
    };
    let is_reserved = || {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric())
    };
    is_oid(text.as_bytes()) || is_uuid() || is_reserved()
}

/// Arcs of digits without leading zeros, the first of them 0, 1 or 2. In one look at each byte: every header has dozens.
fn is_oid(text: &[u8]) -> bool {
    let root = matches!(text, [b'0'..=b'2'] | [b'0'..=b'2', b'.', ..]);
    // What stood before in the same arc: nothing, a single zero, or any other digits.
    let (mut begins, mut zero) = (true, false);
    root && text.iter().all(|byte| {
        let fits = match byte {
            b'.' => !begins,
            b'0'..=b'9' => !zero,
            _ => false,
        };
        (begins, zero) = (*byte == b'.', begins && *byte == b'0');
        fits
    }) && !begins
}

/// Up to eight digits, or up to fourteen with fractions and a zone.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..).unwrap_or_default();
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let fraction = rest.bytes().take_while(u8::is_ascii_digit).count();
            (Some(fraction), rest.get(fraction..).unwrap_or_default())
        }
        None => (None, rest),
    };
    let zoned = zone.is_empty()
        || zone.strip_prefix(['+', '-']).is_some_and(|zone| {
            (1..=4).contains(&zone.len()) && zone.bytes().all(|byte| byte.is_ascii_digit()) && digits > 8
        });
    match fraction {
        None => (1..=14).contains(&digits) && zoned,
        Some(fraction) => digits == 14 && fraction > 0 && zoned,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::read_document;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    fn told(text: &str) -> Vec<String> {
        let (_, body) = read_document(text).unwrap();
        body.schema().iter().map(|finding| finding.place.replace("schema: ", "")).collect()
    }

    #[test]
    fn public_samples_keep_the_schemas() {
        for (name, text) in [
            ("hus", REAL),
            ("denial", include_str!("../../../samples/hus-rcmr/KIE_Kielto_20170127.xml")),
            ("authorisation", include_str!("../../../samples/kela-cda/Esim_OSVA_Omakannasta.xml")),
            ("prescription", include_str!("../../../samples/kela-cda/Esim_laakemaarays_Klexane.xml")),
            ("a full prescription", include_str!("../../../samples/kela-cda/Esim_laakemaarays_laaja.xml")),
        ] {
            assert_eq!(told(text), [""; 0], "{name}");
        }
    }

    #[test]
    fn order_number_and_names_are_told_together() {
        let changed = |from: &str, to: &str| {
            assert!(REAL.contains(from), "{from}");
            told(&REAL.replacen(from, to, 1))
        };
        let title = "<title>palvelutapahtuma-asiakirja</title>";
        assert_eq!(changed("<versionNumber", &format!("{title}<versionNumber")), ["title after setId"]);
        assert_eq!(changed(title, &format!("{title}{title}")), ["title stands twice"]);
        assert_eq!(changed(title, "<made-up/>"), ["made-up is not known here"]);
        let code = "<confidentialityCode code=\"5\"";
        assert_eq!(
            changed(code, "<copyTime code=\"5\""),
            [
                "no confidentialityCode",
                "languageCode after copyTime",
                "setId after copyTime",
                "versionNumber after copyTime"
            ]
        );
        let status = "<recordStatus ";
        assert_eq!(
            changed(status, &format!("<description>x</description>{status}")),
            ["description after functionCode"]
        );
        assert_eq!(changed(status, &format!("<somethingNewer/>{status}")), [""; 0], "newer headers have more");
        assert_eq!(
            changed("<templateId root=\"1.2.246.777.11.2015.29\"", "<templateId root=\"1.02\""),
            ["templateId/@root is no identifier"]
        );
        assert_eq!(
            changed("<effectiveTime value=\"20170922151552\"", "<effectiveTime value=\"20170922151552Z\""),
            ["effectiveTime/@value is no time"]
        );
        let other = REAL.replacen(title, "<x:title xmlns:x=\"urn:x\"/>", 1);
        assert_eq!(told(&other), ["title is not known here"]);
    }

    #[test]
    fn identifiers_and_times_as_the_schemas_write_them() {
        for (text, is) in [
            ("1.2.246.21", true),
            ("2.16.840.1.113883.1.3", true),
            ("1.2.246.021", false),
            ("3.1", false),
            ("1.2..3", false),
            ("", false),
            ("123e4567-e89b-12d3-a456-426614174000", true),
            ("HL7-reserved", true),
            ("1.2.246.21 ", false),
        ] {
            assert_eq!(is_uid(text), is, "{text}");
        }
        for (text, is) in [
            ("2017", true),
            ("20170922", true),
            ("201709221515", true),
            ("20170922151552+0300", true),
            ("20170922151552.936", true),
            ("20170922151552.936+02", true),
            ("20170922+0300", false),
            ("201709221515.9", false),
            ("2017-09-22", false),
            ("201709221515529", false),
            ("", false),
        ] {
            assert_eq!(is_time(text), is, "{text}");
        }
    }
}
