//! Social care's structured part: any JSON in a document's local header is read or refused, and no right that it gives ends before it begins.

#![no_main]

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_documents::read_document_header;

libfuzzer_sys::fuzz_target!(|json: &[u8]| {
    let packed = BASE64_STANDARD.encode(json);
    let document = format!(
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\"><id root=\"1.2.3\"/><code code=\"1\" codeSystem=\"1.2.246.537.6.1264.201701\"/>\
         <effectiveTime value=\"20261101120000\"/><setId root=\"1.2.3\"/><versionNumber value=\"1\"/>\
         <recordTarget><patientRole><id extension=\"010181-900C\" root=\"1.2.246.21\"/></patientRole></recordTarget>\
         <custodian><assignedCustodian><representedCustodianOrganization><id root=\"1.2.4\"/></representedCustodianOrganization>\
         </assignedCustodian></custodian><localSocialHeader xmlns=\"urn:hl7finland\"><json>{packed}</json></localSocialHeader></ClinicalDocument>"
    );
    if let Ok(header) = read_document_header(&document) {
        let social = header.social.expect("it was there");
        for access in social.accesses {
            assert!(access.valid.until.is_none_or(|until| until > access.valid.from));
        }
    }
});
