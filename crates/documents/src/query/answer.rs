//! Writes the answer to a query: each document's header facts as message wrappers repeat them, and the document itself where it was asked for.

use super::STATUSES;
use crate::acknowledgement::{AckType, CODE_SYSTEM, civil_time, escape, in_soap};
use crate::fhir::DocumentFacts;
use crate::mime;
use crate::xml::{HL7, HL7_FINLAND};
use liitos_domain::{Moment, Oid};
use std::fmt::Write as _;

/// A document in an answer.
#[derive(Debug)]
pub struct Answered {
    /// What is known of it.
    pub facts: DocumentFacts,
    /// It, where it was asked for.
    pub content: Option<Vec<u8>>,
}

/// An answer to write.
#[derive(Debug)]
pub struct QueryAnswer<'a> {
    /// The answer's interaction.
    pub interaction: &'static str,
    /// The answer's own id.
    pub id: &'a str,
    /// When it was made.
    pub at: Moment,
    /// The query's message.
    pub target: &'a Oid,
    /// The device that is answered.
    pub receiver: &'a Oid,
    /// The query's own id.
    pub query: Option<&'a str>,
    /// What asks for the next page, where there is one.
    pub next: Option<&'a str>,
    /// What was found.
    pub documents: &'a [Answered],
    /// Whether to wrap it in a SOAP envelope.
    pub soap: bool,
}

impl QueryAnswer<'_> {
    /// The XML form.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let name = self.interaction;
        let mut xml = format!(
            "<{name} xmlns=\"{HL7}\" ITSVersion=\"XML_1.0\"><id extension=\"{}\" root=\"{CODE_SYSTEM}\"/><creationTime value=\"{}\"/>\
             <interactionId extension=\"{name}\" root=\"2.16.840.1.113883.1.6\"/><processingCode code=\"P\"/>\
             <processingModeCode code=\"T\"/><acceptAckCode code=\"NE\"/>\
             <receiver typeCode=\"RCV\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\"><id root=\"{}\"/></device></receiver>\
             <acknowledgement typeCode=\"{}\"><targetMessage><id root=\"{}\"/></targetMessage></acknowledgement>\
             <controlActProcess moodCode=\"EVN\">",
            escape(self.id),
            civil_time(self.at),
            self.receiver,
            AckType::Accepted.code(),
            self.target
        );
        for document in self.documents {
            subject(&mut xml, document);
        }
        xml.push_str("<queryAck>");
        // The next page is asked for by the id that the answer gives the query.
        if let Some(id) = self.next.or(self.query) {
            let _ = write!(xml, "<queryId extension=\"{}\" root=\"{CODE_SYSTEM}\"/>", escape(id));
        }
        let found = if self.documents.is_empty() { "NF" } else { "OK" };
        let rest = if self.next.is_some() { "nullFlavor=\"UNK\"" } else { "value=\"0\"" };
        let _ = write!(
            xml,
            "<queryResponseCode code=\"{found}\"/><resultCurrentQuantity value=\"{}\"/><resultRemainingQuantity {rest}/>\
             </queryAck></controlActProcess></{name}>",
            self.documents.len()
        );
        if self.soap { in_soap(&xml) } else { xml }
    }
}

fn subject(xml: &mut String, Answered { facts, content }: &Answered) {
    let register = &facts.cell.register;
    let _ = write!(xml, "<subject typeCode=\"SUBJ\"><clinicalDocument><id root=\"{}\"/>", facts.id);
    if let Some(system) = register.family.registers() {
        let _ = write!(xml, "<code code=\"{}\" codeSystem=\"{system}\"/>", escape(&register.code));
    }
    if let Some(content) = content {
        let text = mime::of_document(&facts.id, content);
        let _ = write!(xml, "<text mediaType=\"multipart/related\">{}</text>", escape(&text));
    }
    let status = STATUSES.iter().find(|(_, standing)| *standing == facts.standing).map_or("", |(code, _)| code);
    let _ = write!(
        xml,
        "<statusCode code=\"{status}\"/><effectiveTime value=\"{}\"/><setId root=\"{}\"/><versionNumber value=\"{}\"/>",
        civil_time(facts.made_at),
        facts.set_id,
        facts.version
    );
    if let Some(person) = &facts.person {
        let _ = write!(
            xml,
            "<recordTarget><patient><id extension=\"{}\" root=\"{}\"/></patient></recordTarget>",
            escape(&person.extension),
            escape(&person.root)
        );
    }
    let _ = write!(
        xml,
        "<custodian><assignedCustodian><representedOrganization><id root=\"{}\"/></representedOrganization></assignedCustodian>\
         </custodian>",
        facts.controller
    );
    if let Some(replaced) = &facts.replaces {
        related(xml, "RPLC", replaced.as_str());
    }
    if let Some(added_to) = &facts.added_to {
        related(xml, "APND", added_to);
    }
    encounter(xml, facts);
    local(xml, facts);
    xml.push_str("</clinicalDocument></subject>");
}

/// The service event, and the unit.
fn encounter(xml: &mut String, facts: &DocumentFacts) {
    xml.push_str("<componentOf><encounterEvent>");
    if let Some(event) = &facts.event {
        let _ = write!(xml, "<id root=\"{}\"/>", escape(event));
    }
    let _ = write!(
        xml,
        "<encounterPerformer typeCode=\"PRF\"><assignedPerson><representedOrganization><id root=\"{}\"/></representedOrganization>\
         </assignedPerson></encounterPerformer></encounterEvent></componentOf>",
        facts.unit
    );
}

/// The local header.
fn local(xml: &mut String, facts: &DocumentFacts) {
    let _ = write!(xml, "<localHeader xmlns=\"{HL7_FINLAND}\">");
    for (element, code) in [("documentType", &facts.kind), ("functionCode", &facts.task)] {
        if let Some(code) = code {
            let _ = write!(xml, "<{element} code=\"{}\"/>", escape(code));
        }
    }
    let _ = write!(xml, "<recordStatus code=\"{}\"/>", if facts.unfinished { "2" } else { "3" });
    if let Some(customer) = &facts.cell.customer {
        let (root, extension) = customer.split_once(' ').unwrap_or((customer, ""));
        let extension =
            if extension.is_empty() { String::new() } else { format!(" extension=\"{}\"", escape(extension)) };
        let _ = write!(xml, "<patientRegistrySpecifier root=\"{}\"{extension}/>", escape(root));
    }
    // Whose it is now is the archive's to say, where that is another than the document names.
    if facts.active != facts.controller {
        let _ = write!(xml, "<activeCustodian root=\"{}\"/>", facts.active);
    }
    xml.push_str("</localHeader>");
}

fn related(xml: &mut String, kind: &str, id: &str) {
    let _ = write!(
        xml,
        "<relatedDocument typeCode=\"{kind}\"><parentDocument><id root=\"{}\"/></parentDocument></relatedDocument>",
        escape(id)
    );
}
