//! System signatures of CDA documents (XMLDSig in the local header), verified.
//!
//! Nothing is looked up by an id: the references must name the document's one body at its schema place and this signature's own timestamp, and it is
//! those elements that are written and hashed. Ids are unique, algorithms and transforms are from a list, and the key is that of the
//! certificate we chose ourselves.
//!
//! What the signature does not cover (the whole header) is checked by `domain::document::cross_check`.

#[cfg(test)]
mod beside_xmlsec1;
mod plan;
mod structured;
mod together;

use crate::message::Message;
use crate::xml::{Step, Walker};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Sha256Hash};
use liitos_pki::Certificate;
use plan::{Signatures, body_of, form};
use roxmltree::{Document, Node, ParsingOptions};
pub use structured::StructuredSignature;
pub(crate) use together::{MOST, reference};

/// XML Signature's namespace.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Exclusive canonicalisation 1.0.
pub(crate) const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// Most XML nodes in a document whose signature is verified.
pub(crate) const MAX_NODES: u32 = 300_000;

/// What verification found. Whether that is good enough is `domain::document::judge_signature`.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Every digest and the signature value are right.
    pub intact: bool,
    /// No algorithm is weaker than SHA-256.
    pub strong_algorithms: bool,
    /// The signer's certificate from the signature, not yet trusted.
    pub certificate: Certificate,
    /// When it was signed, by the signer's clock.
    pub signed_at: Moment,
    /// The signature method.
    pub method: String,
    /// SHA-256 of the signature value: which signature this is.
    pub value: Sha256Hash,
    /// How many documents it was made over; this one is among them.
    pub documents: usize,
    /// The signatures beside it.
    pub beside: Vec<Beside>,
    /// The signature over social care's structured part, where it has one.
    pub structured: Option<StructuredSignature>,
}

/// A signature beside the system's: a professional's, for the most part.
#[derive(Debug, Clone)]
pub enum Beside {
    /// It is by whom its certificate names, and covers the document's body. Whether its issuer is trusted is not asked.
    Holds(Box<Certificate>, Moment),
    /// It covers another body, or was changed.
    Broken,
    /// It is built otherwise than system signatures are, and says nothing here.
    NotUnderstood,
}

/// The one body that a system signature covers, at its schema place.
pub(crate) fn body<'t>(tree: &'t Document<'_>) -> Option<Node<'t, 't>> {
    body_of(tree).ok()
}

/// Verifies the system signature of a document, and what stands beside it.
///
/// # Errors
/// When there is none, or it is built in a way that is not accepted.
pub fn verify(document: &str) -> Result<Verified, Finding> {
    walk_whole(document)?;
    verify_read(document)
}

/// The same of a message's document, which was walked through when it was read.
///
/// # Errors
/// As [`verify`].
pub fn verify_message(message: &Message) -> Result<Verified, Finding> {
    let verified = verify_read(&message.document)?;
    // Two readers read the structured part: one what it says, the other what was signed.
    let signed = verified.structured.as_ref().map(|signature| signature.json);
    if signed.is_some() && signed != message.body.json {
        return Err(form("localSocialHeader/json: read in two ways"));
    }
    Ok(verified)
}

fn verify_read(document: &str) -> Result<Verified, Finding> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(document, options).map_err(|_| form("document cannot be read"))?;
    let Signatures { system: plan, beside, structured } = Signatures::read(&tree)?;
    let beside = beside.into_iter().map(|plan| match plan {
        None => Beside::NotUnderstood,
        Some(plan) if plan.holds() => Beside::Holds(Box::new(plan.certificate), plan.signed_at),
        Some(_) => Beside::Broken,
    });
    Ok(Verified {
        beside: beside.collect(),
        structured,
        intact: plan.holds(),
        documents: plan.listed.as_ref().map_or(1, |listed| listed.documents),
        strong_algorithms: plan.strong,
        certificate: plan.certificate,
        signed_at: plan.signed_at,
        method: plan.method.to_owned(),
        value: plan.value,
    })
}

/// Depth and entities of the body too, which the header's reader does not visit.
fn walk_whole(document: &str) -> Result<(), Finding> {
    let mut walker = Walker::new(document);
    loop {
        match walker.step()? {
            Step::End => return Ok(()),
            Step::Unfinished => return Err(crate::xml::refuse("document: ends in the middle")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign::{SigningKey, sign, sign_together};
    use crate::xml::HL7;
    use liitos_domain::RefusalCode;
    use liitos_pki::authority::{Authority, Profile};

    const REAL: &str = include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn the_real_signature_holds_and_covers_the_body_only() {
        let verified = verify(REAL).unwrap();
        assert!(verified.intact && verified.strong_algorithms);
        assert_eq!(verified.signed_at, Moment::parse("2017-09-22T12:15:52Z").unwrap());
        assert_eq!(verified.certificate.subject_serial_number(), Ok("1.2.246.537.10.15675350.10.0"));
        assert_eq!(
            verified.certificate.der,
            include_bytes!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.signer.der")
        );
        let other_controller = REAL.replace("15675350.19.0", "15675350.19.9");
        assert!(verify(&other_controller).unwrap().intact, "the header is not covered");
        let other_body = REAL.replace("TESTI</family></name></subject>", "TESTJ</family></name></subject>");
        assert_ne!(other_body, REAL);
        assert!(!verify(&other_body).unwrap().intact);
        let other_time = REAL.replace("2017-09-22T12:15:52Z", "2017-09-22T12:15:53Z");
        assert!(!verify(&other_time).unwrap().intact);
    }

    #[test]
    fn a_signature_of_our_own_holds() {
        let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        let ca = Authority::create("test", now).unwrap();
        let issued = ca.issue(&Profile::signature("1.2.246.537.10.15675350.10.0", "Testijärjestelmä"), now).unwrap();
        let key = SigningKey { certificate_der: issued.certificate_der.clone(), key_pem: issued.key_pem.clone() };
        let signed = sign(REAL, &key, now).unwrap();
        let verified = verify(&signed).unwrap();
        assert!(verified.intact && verified.strong_algorithms);
        assert_eq!(verified.signed_at, now);
        assert_eq!(verified.certificate.der, issued.certificate_der);
    }

    /// Another's certificate in the place of the signer's: the signature is nobody's.
    #[test]
    fn a_certificate_that_was_swapped_signed_nothing() {
        let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        let ca = Authority::create("test", now).unwrap();
        let other = ca.issue(&Profile::signature("1.2.246.10.1.10.0", "Toinen"), now).unwrap();
        let packed = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &other.certificate_der);
        let (before, rest) = REAL.split_once("<X509Certificate>").unwrap();
        let (_, after) = rest.split_once("</X509Certificate>").unwrap();
        let swapped = format!("{before}<X509Certificate>{packed}</X509Certificate>{after}");
        let verified = verify(&swapped).unwrap();
        assert_eq!(verified.certificate.der, other.certificate_der);
        assert!(!verified.intact);
    }

    #[test]
    fn wrapping_and_reference_tricks_are_refused() {
        let fault = |text: &str| verify(text).unwrap_err();
        let body_id = "OID1.2.246.537.10.15675350.10.1.11220.19098.0";
        let copy = REAL
            .split_at(REAL.find("<structuredBody").unwrap())
            .1
            .strip_suffix("</component></ClinicalDocument>")
            .unwrap();
        // The signed body moved aside under its id, another body in its place.
        let moved =
            REAL.replace("<recordStatus", &format!("<hidden xmlns=\"{HL7}\">{copy}</hidden><recordStatus")).replacen(
                &format!("</localHeader><component><structuredBody ID=\"{body_id}\">"),
                "</localHeader><component><structuredBody ID=\"other\">",
                1,
            );
        assert_eq!(fault(&moved).place, "references: exactly the timestamp and the body, or the list of bodies");
        let doubled = REAL.replace("<recordStatus", &format!("<hidden xmlns=\"{HL7}\">{copy}</hidden><recordStatus"));
        assert_eq!(fault(&doubled).place, "an id stands twice");
        let two_bodies = REAL.replace(
            "</component></ClinicalDocument>",
            "</component><component><structuredBody/></component></ClinicalDocument>",
        );
        assert_eq!(fault(&two_bodies).place, "exactly one component");
        let xslt = REAL.replacen(
            "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
            "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"",
            1,
        );
        assert_eq!(fault(&xslt).place, "Transform");
        let hmac = REAL.replace("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256");
        assert_eq!(fault(&hmac).place, "SignatureMethod");
        let outside = REAL.replace(&format!("URI=\"#{body_id}\""), "URI=\"http://x.test/\"");
        assert_eq!(fault(&outside).code, RefusalCode::SignatureForm);
        // The whole document, and nothing at all.
        for uri in ["URI=\"\"", "URI=\"#\"", ""] {
            let emptied = REAL.replacen(&format!("URI=\"#{body_id}\""), uri, 1);
            assert_eq!(fault(&emptied).place, "references: exactly the timestamp and the body, or the list of bodies");
        }
        let foreign = REAL.replacen("<Reference URI=", "<Reference xmlns:x=\"u\" x:URI=\"#other\" URI=", 1);
        assert_eq!(fault(&foreign).place, "attribute in a namespace");
        let split = REAL.replace("2017-09-22T12:15:52Z", "2017-09-22<!-- -->T12:15:52Z");
        assert_eq!(fault(&split).place, "signatureTimestamp holds more than text");
        let object = REAL.replacen("</SignatureValue>", "</SignatureValue><Object/>", 1);
        assert_eq!(fault(&object).place, "Signature");
        let saml = REAL.replacen("<recordStatus", "<recordStatus AssertionID=\"x\"", 1);
        assert_eq!(fault(&saml).place, "AssertionID");
        // Ids that a reader may take for an expression, or see other white space in.
        for id in ["xpointer(id('h'))", "a b", "a&#10;b", "ä", "1a", ""] {
            assert_eq!(fault(&REAL.replace(body_id, id)).place, "structuredBody without a plain ID", "{id}");
        }
        // What one reader takes for a declaration, and another does not: the signed body would be another namespace's.
        for hidden in ["xml:xmlns=\"urn:hl7-org:v3\" xmlns=\"urn:junk\"", "xmlns:p=\"urn:p\" p:xmlns=\"urn:junk\""] {
            let moved = REAL.replacen("<component>", &format!("<component {hidden}>"), 1);
            assert_eq!(fault(&moved).place, "a namespace that may not be declared so");
        }
        let none = REAL.replace("<Signature ", "<Unsigned ").replace("</Signature>", "</Unsigned>");
        assert_eq!(fault(&none).code, RefusalCode::SignatureMissing);
        let deep = REAL.replace("<structuredBody", &format!("{}<structuredBody", "<x>".repeat(5000)));
        assert_eq!(fault(&deep).code, RefusalCode::XmlTooDeep);
    }

    #[test]
    fn what_is_split_by_a_comment_is_refused() {
        // What a reader that stops at a comment reads, and one that passes over it, is not the same.
        for (element, place) in [
            ("DigestValue", "DigestValue holds more than text"),
            ("SignatureValue", "SignatureValue holds more than text"),
            ("X509Certificate", "X509Certificate holds more than text"),
        ] {
            let (start, end) = (format!("<{element}>"), format!("</{element}>"));
            assert!(REAL.contains(&start), "{element}");
            for split in [
                REAL.replacen(&end, &format!("<!-- -->{end}"), 1),
                REAL.replacen(&start, &format!("{start}<?p q?>"), 1),
            ] {
                assert_eq!(verify(&split).unwrap_err().place, place);
            }
        }
    }

    /// A professional's signature beside the system's: each is verified alone, and of two systems' nobody could say which counts.
    #[test]
    fn signatures_beside_the_systems_are_recognised() {
        let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        let ca = Authority::create("test", now).unwrap();
        let by = |serial: &str| {
            let issued = ca.issue(&Profile::signature(serial, "Testi"), now).unwrap();
            let key = SigningKey { certificate_der: issued.certificate_der.clone(), key_pem: issued.key_pem.clone() };
            sign(REAL, &key, now).unwrap()
        };
        let element = |text: &str| {
            let (_, rest) = text.split_once("<signatureCollection xmlns=\"urn:hl7finland\">").unwrap();
            rest.split_once("</signatureCollection>").unwrap().0.to_owned()
        };
        let (system, professional) = (by("1.2.246.537.10.15675350.10.0"), element(&by("1.2.246.537.26.1")));
        let professional = professional
            .replace("ID=\"sig.", "ID=\"sig2.")
            .replace("signatureDescription code=\"3\"", "signatureDescription code=\"1\"");
        let with = |more: &str| system.replace("</signatureCollection>", &format!("{more}</signatureCollection>"));
        // Its timestamp has the id that the system's has; a professional's program makes its own.
        assert_eq!(verify(&with(&professional)).unwrap_err().place, "an id stands twice");
        let built_otherwise = professional.replace("sigt.", "sigt2.");
        let verified = verify(&with(&built_otherwise)).unwrap();
        assert!(verified.intact && matches!(verified.beside[..], [Beside::Broken]), "its reference was changed");
        // As the first in the collection, and right: the real one of 2017 beside ours, whichever stands first.
        let real = element(&REAL.replace("<signatureCollection>", "<signatureCollection xmlns=\"urn:hl7finland\">"));
        let real = real.replace("signatureDescription code=\"3\"", "signatureDescription code=\"1\"");
        for both in [
            with(&real),
            system.replace(
                "<signatureCollection xmlns=\"urn:hl7finland\">",
                &format!("<signatureCollection xmlns=\"urn:hl7finland\">{real}"),
            ),
        ] {
            let verified = verify(&both).unwrap();
            assert_eq!(verified.certificate.subject_serial_number(), Ok("1.2.246.537.10.15675350.10.0"));
            assert_eq!(verified.signed_at, now);
            let [Beside::Holds(_, at)] = &verified.beside[..] else { unreachable!("{:?}", verified.beside) };
            assert_eq!(*at, Moment::parse("2017-09-22T12:15:52Z").unwrap());
            let changed = both.replace("TESTI</family></name></subject>", "TESTJ</family></name></subject>");
            let verified = verify(&changed).unwrap();
            assert!(!verified.intact && matches!(verified.beside[..], [Beside::Broken]));
        }
        let other = real.replace("<SignedInfo>", "<Object/><SignedInfo>");
        assert!(matches!(verify(&with(&other)).unwrap().beside[..], [Beside::NotUnderstood]));
        let two = real.replace("signatureDescription code=\"1\"", "signatureDescription code=\"3\"");
        assert_eq!(verify(&with(&two)).unwrap_err().place, "exactly one system signature");
        let in_one = system.replace(
            "</Signature></signature>",
            "</Signature><Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/></signature>",
        );
        assert_eq!(verify(&in_one).unwrap_err().place, "more than one Signature");
    }

    /// One signature over several documents: each holds by itself, and none holds for a document that is not among them.
    #[test]
    fn a_signature_over_several_documents() {
        let now = Moment::parse("2026-11-22T12:00:00Z").unwrap();
        let ca = Authority::create("test", now).unwrap();
        let issued = ca.issue(&Profile::signature("1.2.246.537.10.15675350.10.0", "Testi"), now).unwrap();
        let key = SigningKey { certificate_der: issued.certificate_der, key_pem: issued.key_pem };
        let second =
            REAL.replace("1.2.246.537.10.15675350.10.1.11220.19098", "1.2.246.537.10.15675350.10.1.11220.19099");
        let third = second.replace("19099", "19100").replace("TESTI</family>", "TESTJ</family>");
        let signed = sign_together(&[REAL, &second, &third], &key, now).unwrap();
        let verified: Vec<_> = signed.iter().map(|text| verify(text).unwrap()).collect();
        assert!(verified.iter().all(|one| one.intact && one.strong_algorithms && one.documents == 3));
        assert_ne!(verified[0].value, verified[1].value, "each is its document's own");
        let told = |text: &str| verify(text).map(|verified| verified.intact).map_err(|finding| finding.place);
        // Another body, another list, another id.
        assert_eq!(told(&signed[1].replace("TESTI</family>", "TESTX</family>")), Ok(false));
        let hash = |text: &str| text.split_once("hash=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
        assert_eq!(told(&signed[0].replace(&hash(&signed[0]), &hash(REAL_HASHED))), Ok(false));
        let foreign =
            signed[0].replace("<id root=\"1.2.246.537.10.15675350.10.1.11220.19098\"/>", "<id root=\"1.2.3\"/>");
        assert_eq!(told(&foreign), Err("multipleDocumentSignature: this document".to_owned()));
        // The list says nothing where the signature covers the body, and the body nothing where it covers the list.
        let (_, list) = signed[0].split_once("<multipleDocumentSignature").unwrap();
        let (list, _) = list.split_once("</multipleDocumentSignature>").unwrap();
        let list = format!("<multipleDocumentSignature{list}</multipleDocumentSignature>");
        let alone = sign(REAL, &key, now).unwrap().replacen(
            "</signatureTimestamp>",
            &format!("</signatureTimestamp>{list}"),
            1,
        );
        let references = "references: exactly the timestamp and the body, or the list of bodies".to_owned();
        assert_eq!(told(&alone), Err(references.clone()));
        assert_eq!(told(&signed[0].replacen(&list, "", 1)), Err(references));
        let twice = signed[0].replacen(&list, &format!("{list}{}", list.replacen("ID=\"", "ID=\"x", 1)), 1);
        assert_eq!(told(&twice), Err("multipleDocumentSignature stands twice".to_owned()));
        let reference =
            format!("<Ref OID=\"1.2.246.537.10.15675350.10.1.11220.19098\" hash=\"{}\"/>", hash(&signed[0]));
        let doubled = signed[0].replacen(&reference, &format!("{reference}{reference}"), 1);
        assert_eq!(told(&doubled), Err("multipleDocumentSignature: each document once".to_owned()));
        assert!(sign_together(&[REAL], &key, now).is_err());
    }

    /// Any hash of the right length.
    const REAL_HASHED: &str = "hash=\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"";

    /// A list's hash is that of the reference to the body: the real signature's own digest is the same.
    #[test]
    fn the_hash_in_a_list_is_the_references_digest() {
        let (_, hash) = together::reference(REAL).unwrap();
        assert!(REAL.contains(&format!("<DigestValue>{hash}</DigestValue>")), "{hash}");
        let moved = REAL.replacen("<structuredBody ", "<structuredBody  xmlns:hidden='urn:x' ", 1);
        assert_eq!(together::reference(&moved).unwrap().1, hash, "what is not used is not signed");
        let prefixed = REAL.replacen("<ClinicalDocument ", "<ClinicalDocument xmlns:other=\"urn:o&amp;x\" ", 1);
        assert_eq!(together::reference(&prefixed).unwrap().1, hash);
    }

    /// Canonicalisation looks up every listed prefix at every element, before the signature value is looked at.
    #[test]
    fn long_lists_of_prefixes_are_refused() {
        let listing = |prefixes: &str| {
            let list = format!("<InclusiveNamespaces xmlns=\"{EXCLUSIVE_C14N}\" PrefixList=\"{prefixes}\"/>");
            let bare = format!("<Transform Algorithm=\"{EXCLUSIVE_C14N}\"/>");
            let open = format!("<Transform Algorithm=\"{EXCLUSIVE_C14N}\">");
            let text = REAL.replace(&bare, &format!("{open}{list}</Transform>"));
            assert_ne!(text, REAL);
            verify(&text).map(|verified| verified.intact).map_err(|finding| finding.place)
        };
        assert_eq!(listing("xs"), Ok(false), "a short list is read, though the real signature has none");
        assert_eq!(listing(&"p ".repeat(33)), Err("InclusiveNamespaces".to_owned()));
        assert_eq!(listing(&"p".repeat(513)), Err("InclusiveNamespaces".to_owned()));
    }

    #[test]
    fn the_published_negative_sample_does_not_hold() {
        let text = include_str!("../../../../samples/hus-rcmr/KIE_Kielto_20170127.xml");
        assert!(!verify(text).is_ok_and(|verified| verified.intact));
    }
}
