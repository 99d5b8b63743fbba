//! Variations of the real message: other ids, another signature, another sender, a changed body, another controller.

use super::Unmade;
use liitos_documents::message::{read_message, with_document};
use liitos_documents::sign::{SigningKey, sign};
use liitos_domain::Moment;
use liitos_pki::authority::Issued;

/// A real HL7 V3 archive message (2017, test environment; `samples/hus-rcmr/SOURCE.txt`).
pub const MESSAGE: &str = include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.xml");
/// The archive's device, to which it is addressed.
pub const ARCHIVE: &str = "1.2.246.556.18007.2";
const MESSAGE_ID: &str = "1.2.246.537.10.15675350.10.0.13.2.1.1506082558936.1901";
const DOCUMENT_ID: &str = "1.2.246.537.10.15675350.10.1.11220.19098";
const SENDER: &str = "<device><id root=\"1.2.246.537.10.15675350.10.0.13.2.1\"/></device></sender>";
/// Whose document it is.
const PERSON: &str = "<id extension=\"010100A998F\" root=\"1.2.246.537.10.15675350.22.2003\"/>";
const EVENT: &str = "1.2.246.537.10.15675350.16.2017.1676";
const UNIT: &str = "1.2.246.537.10.15675350.10.710";
/// For whom its service was made.
const CUSTOMER: &str = "<outsourcingServiceCustomer root=\"1.2.246.537.10.15675350.10.0\"/>";
const CONTROLLER: &str = "1.2.246.537.10.15675350.19.0";

/// A message made from the real one, document and wrapper apart.
pub struct Variation {
    wrapper: String,
    document: String,
    /// The id of the document in it.
    pub document_id: String,
    message_id: String,
}

/// New ids for document and message.
fn ids(run: u64, serial: u64) -> (String, String) {
    let of = |base: &str| format!("{base}.{run}.{serial}");
    (of("1.2.246.537.10.15675350.10.1"), of("1.2.246.537.10.15675350.10.0.13.2.1"))
}

impl Variation {
    /// The real message with new ids for message and document. The body's own ID attribute, which is signed, stays.
    ///
    /// # Errors
    /// When the sample is not what it was.
    pub fn with_new_ids(run: u64, serial: u64) -> Result<Self, Unmade> {
        let document = read_message(MESSAGE.as_bytes()).map_err(|finding| Unmade(finding.to_string()))?.document;
        let (document_id, message_id) = ids(run, serial);
        let quoted = (format!("root=\"{DOCUMENT_ID}\""), format!("root=\"{document_id}\""));
        let content_id = (format!("Content-ID: &lt;{DOCUMENT_ID}&gt;"), format!("Content-ID: &lt;{document_id}&gt;"));
        let wrapper = MESSAGE
            .replace(MESSAGE_ID, &message_id)
            .replace(&quoted.0, &quoted.1)
            .replace(&content_id.0, &content_id.1);
        Ok(Self { wrapper, document: document.replace(&quoted.0, &quoted.1), document_id, message_id })
    }

    /// With ids of its own: the document's, the message's.
    #[must_use]
    pub fn numbered(mut self, document_id: &str, message_id: &str) -> Self {
        let root = |id: &str| format!("root=\"{id}\"");
        self.wrapper = self.wrapper.replace(&self.document_id, document_id);
        self.document = self.document.replace(&root(&self.document_id), &root(document_id));
        document_id.clone_into(&mut self.document_id);
        self.sent_as(message_id)
    }

    /// With other new ids and the signature that it had.
    #[must_use]
    pub fn renumbered(self, run: u64, serial: u64) -> Self {
        let (document_id, message_id) = ids(run, serial);
        self.numbered(&document_id, &message_id)
    }

    /// As the next version of a set, in another document's place: the id of that one, the set, and the version that this one is.
    #[must_use]
    pub fn replacing(mut self, older: &str, set_id: &str, version: u32) -> Self {
        let related = format!(
            "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{older}\"/><setId root=\"{set_id}\"/>\
             <versionNumber value=\"{}\"/></parentDocument></relatedDocument><componentOf>",
            version.saturating_sub(1)
        );
        let own_set = format!("<setId root=\"{}\"/>", self.document_id);
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text
                .replace(&own_set, &format!("<setId root=\"{set_id}\"/>"))
                .replace("<versionNumber value=\"1\"/>", &format!("<versionNumber value=\"{version}\"/>"))
                .replacen("<componentOf>", &related, 1);
        }
        self.wrapper = self.wrapper.replace("RCMR_IN100002FI01", "RCMR_IN100016FI01");
        self
    }

    /// As an addition to another document, in a set of its own: the id of that one, its set, its version.
    #[must_use]
    pub fn adding_to(mut self, parent: &str, set_id: &str, version: u32) -> Self {
        let related = format!(
            "<relatedDocument typeCode=\"APND\"><parentDocument><id root=\"{parent}\"/><setId root=\"{set_id}\"/>\
             <versionNumber value=\"{version}\"/></parentDocument></relatedDocument><componentOf>"
        );
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replacen("<componentOf>", &related, 1);
        }
        self
    }

    /// Naming an active controller, which is the archive's own to say.
    #[must_use]
    pub fn naming_active(mut self, controller: &str) -> Self {
        let next = "<encompassingEncounterMasterCode";
        let active = format!("<activeCustodian root=\"{controller}\"/>{next}");
        self.document = self.document.replacen(next, &active, 1);
        self
    }

    /// Made at another time: `yyyymmddhhmmss`.
    #[must_use]
    pub fn made_at(mut self, time: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text
                .replace("<effectiveTime value=\"20170922151552\"/>", &format!("<effectiveTime value=\"{time}\"/>"));
        }
        self
    }

    /// With a body that is longer by so many bytes: text that is signed with it.
    #[must_use]
    pub fn longer_by(mut self, bytes: usize) -> Self {
        if bytes > 0 {
            let more = format!("<text>{}</text><subject>", "Potilas voi hyvin. ".repeat(bytes.div_ceil(19)));
            self.document = self.document.replacen("<subject>", &more, 1);
        }
        self
    }

    /// About another person, by an identity code.
    #[must_use]
    pub fn of_person(mut self, code: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace(PERSON, &format!("<id extension=\"{code}\" root=\"1.2.246.21\"/>"));
        }
        self
    }

    /// About somebody born on another day (`yyyymmdd`).
    #[must_use]
    pub fn born_on(mut self, day: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace("<birthTime value=\"20000101\"/>", &format!("<birthTime value=\"{day}\"/>"));
        }
        self
    }

    /// Kept until a day of its own (`yyyymmdd`).
    #[must_use]
    pub fn kept_until(mut self, day: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace("<functionCode ", &format!("<retentionPeriod value=\"{day}\"/><functionCode "));
        }
        self
    }

    /// In another register of patients' documents.
    #[must_use]
    pub fn in_register(mut self, code: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace(
                "<code code=\"2\" codeSystem=\"1.2.246.537.5.40150.2009\"",
                &format!("<code code=\"{code}\" codeSystem=\"1.2.246.537.5.40150.2009\""),
            );
        }
        self
    }

    /// In the register of a customer of occupational health care.
    #[must_use]
    pub fn for_customer(mut self, business_id: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            let customer = format!("<patientRegistrySpecifier extension=\"{business_id}\" root=\"1.2.246.10\"/>");
            // Where the schema has it: before the controller's kind, which wrapper and document spell each their own way.
            let next = ["<custodianTypecode", "<custodianTypeCode"].into_iter().find(|next| text.contains(next));
            let next = next.unwrap_or("</localHeader>");
            *text = text.replacen(next, &format!("{customer}{next}"), 1);
        }
        self
    }

    /// Made in another unit.
    #[must_use]
    pub fn made_in(mut self, unit: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace(UNIT, unit);
        }
        self
    }

    /// Of a service that nobody bought, as far as it says.
    #[must_use]
    pub fn unbought(mut self) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace(CUSTOMER, "");
        }
        self
    }

    /// Not finished by its own word.
    #[must_use]
    pub fn unfinished(mut self) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replacen("<recordStatus code=\"3\"", "<recordStatus code=\"2\"", 1);
        }
        self
    }

    /// Of another service event.
    #[must_use]
    pub fn in_event(mut self, event: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            *text = text.replace(EVENT, event);
        }
        self
    }

    /// Made by a tenant in a host's system, as its stamp says.
    #[must_use]
    pub fn made_for_tenant_of(mut self, host: &str) -> Self {
        for text in [&mut self.wrapper, &mut self.document] {
            // Where the schema has it: before the municipality, in what has one.
            let before = ["<patientHomeMunicipality", "</localHeader>"].into_iter().find(|next| text.contains(next));
            let next = before.unwrap_or("</localHeader>");
            *text = text.replacen(next, &format!("<eprServiceProvider root=\"{host}\"/>{next}"), 1);
        }
        self
    }

    /// As an invalidation instead of a correction: with the reason that says so.
    #[must_use]
    pub fn invalidating(mut self) -> Self {
        let reason =
            "<reasonCode code=\"2\" codeSystem=\"1.2.246.537.5.40178.2008\"/><languageCode code=\"fi\"/><setId";
        self.wrapper = self.wrapper.replacen("<languageCode code=\"fi\"/><setId", reason, 1);
        self
    }

    /// From another organisation: made there, represented in the message, and sent by a device of it.
    #[must_use]
    pub fn from_organisation(self, organisation: &str) -> Self {
        self.sent_by(organisation).made_in(organisation)
    }

    /// Sent by another organisation: represented in the message, and sent by a device of it. Where it was made stays.
    #[must_use]
    pub fn sent_by(self, organisation: &str) -> Self {
        self.represented_by(organisation).from_device(&format!("{organisation}.13.2.1"))
    }

    /// Representing another organisation.
    #[must_use]
    pub fn represented_by(mut self, organisation: &str) -> Self {
        self.wrapper = self.wrapper.replacen(
            "<assignedPerson><representedOrganization><id root=\"1.2.246.537.10.15675350.10.0\"/>",
            &format!("<assignedPerson><representedOrganization><id root=\"{organisation}\"/>"),
            1,
        );
        self
    }

    /// Signed anew, with a body that is this document's own: it carries the document's id.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn signed_by(self, signer: &Issued, at: Moment) -> Result<Self, Unmade> {
        let key = SigningKey { certificate_der: signer.certificate_der.clone(), key_pem: signer.key_pem.clone() };
        self.signed_with(&key, at)
    }

    /// The same with a key.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn signed_with(mut self, key: &SigningKey, at: Moment) -> Result<Self, Unmade> {
        let body_id = |document: &str| format!("\"OID{document}.0\"");
        let own = self.document.replace(&body_id(DOCUMENT_ID), &body_id(&self.document_id));
        self.document = sign(&own, key, at).map_err(|error| Unmade(error.to_string()))?;
        Ok(self)
    }

    /// With the document as somebody else signed it.
    #[must_use]
    pub fn signed_elsewhere(mut self, document: String) -> Self {
        self.document = document;
        self
    }

    /// With another sending device, which numbers the message.
    #[must_use]
    pub fn from_device(mut self, device: &str) -> Self {
        let mut arcs: Vec<&str> = self.message_id.rsplitn(3, '.').take(2).collect();
        arcs.push(device);
        arcs.reverse();
        let message_id = arcs.join(".");
        self.wrapper = self.wrapper.replace(SENDER, &format!("<device><id root=\"{device}\"/></device></sender>"));
        self.sent_as(&message_id)
    }

    /// With another id of the message.
    #[must_use]
    pub fn sent_as(mut self, message_id: &str) -> Self {
        let root = |id: &str| format!("root=\"{id}\"");
        self.wrapper = self.wrapper.replacen(&root(&self.message_id), &root(message_id), 1);
        message_id.clone_into(&mut self.message_id);
        self
    }

    /// Addressed to another device.
    #[must_use]
    pub fn addressed_to(mut self, device: &str) -> Self {
        self.wrapper = self.wrapper.replacen(ARCHIVE, device, 1);
        self
    }

    /// With one letter of the signed body changed: the patient's family name in the body's subject.
    #[must_use]
    pub fn with_changed_body(mut self) -> Self {
        self.document =
            self.document.replace("<family>TESTI</family></name></subject>", "<family>TESTJ</family></name></subject>");
        self
    }

    /// With another controller in the document's header, and in the wrapper where it repeats.
    #[must_use]
    pub fn with_controller(mut self, controller: &str) -> Self {
        let (from, to) = (format!("root=\"{CONTROLLER}\""), format!("root=\"{controller}\""));
        self.document = self.document.replace(&from, &to);
        self.wrapper = self.wrapper.replace(&from, &to);
        self
    }

    /// The document as it will be stored.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The whole message.
    ///
    /// # Errors
    /// When the sample's MIME part is not what it was.
    pub fn message(&self) -> Result<String, Unmade> {
        with_document(&self.wrapper, &self.document)
            .ok_or_else(|| Unmade("the sample message has no MIME part".to_owned()))
    }
}

/// The id of the document in the real message.
#[must_use]
pub const fn real_document_id() -> &'static str {
    DOCUMENT_ID
}
