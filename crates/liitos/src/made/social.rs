//! Social care documents made for trying out, in the frame that public material shows: a ClinicalDocument whose local header holds JSON, and whose
//! body is a page that people read. All invented; the client is of the 900 series.

use super::Unmade;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_documents::sign::{SigningKey, sign};
use liitos_domain::Moment;
use liitos_pki::authority::Issued;

/// The client, when nobody says another.
pub const CLIENT: &str = "010181-900C";
const MADE_AT: &str = "20261101120000";

/// A document, and the message that brings it.
#[derive(Clone, Debug)]
pub struct SocialDocument {
    /// Its id.
    pub id: String,
    /// The id its versions share.
    pub set_id: String,
    /// Its version.
    pub version: u32,
    /// The document whose place it takes.
    pub older: Option<String>,
    /// The controller that it names.
    pub controller: String,
    /// The unit it was made in.
    pub unit: String,
    /// Whose document it is.
    pub client: String,
    /// The register that it is for.
    pub register: &'static str,
    /// Its structured part, JSON; `"SELF"` in it is the document's own id, with its client and its controller.
    pub json: String,
    /// What its body is, and its bytes.
    pub body: (&'static str, Vec<u8>),
    /// When it was made: `yyyymmddhhmmss`.
    pub made_at: String,
    /// The message's id.
    pub message_id: String,
    /// The organisation that the message names.
    pub represented: String,
    /// The device that sends it.
    pub device: String,
    /// The device that it is addressed to.
    pub archive: String,
    /// The host in whose system a tenant made it.
    pub host: Option<String>,
    /// Whether it declares its set void instead of correcting it.
    pub void: bool,
    /// It with its signature, once it has one.
    pub signed: Option<String>,
}

impl SocialDocument {
    /// A first version, by an organisation through its own access point.
    #[must_use]
    pub fn new(organisation: &str, controller: &str, (run, serial): (u64, u64)) -> Self {
        let id = format!("{organisation}.11.{run}.{serial}");
        let page = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>Asiakaskertomus</title></head>\
                    <body><h1>Asiakaskertomus</h1><p>Testiasiakkaan kuukausi.</p></body></html>";
        Self {
            set_id: id.clone(),
            id,
            version: 1,
            older: None,
            controller: controller.to_owned(),
            unit: organisation.to_owned(),
            client: CLIENT.to_owned(),
            register: "1",
            json: r#"{"asiatunnus":"1.2.246.10.99999984.95.1","palvelutehtava":"14"}"#.to_owned(),
            body: ("application/xhtml+xml", page.as_bytes().to_vec()),
            made_at: MADE_AT.to_owned(),
            message_id: format!("{organisation}.13.2.1.{run}.{serial}"),
            represented: organisation.to_owned(),
            device: format!("{organisation}.13.2.1"),
            archive: super::ARCHIVE.to_owned(),
            host: None,
            void: false,
            signed: None,
        }
    }

    /// As the next version of another's set.
    #[must_use]
    pub fn replacing(mut self, older: &Self) -> Self {
        (self.set_id, self.older) = (older.set_id.clone(), Some(older.id.clone()));
        self.version = older.version + 1;
        self
    }

    /// The fields of the header that wrapper and document share.
    fn shared(&self, wrapper: bool) -> String {
        let Self { set_id, version, controller, unit, client, made_at, .. } = self;
        let related = self.older.as_ref().map(|older| {
            format!(
                "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{older}\"/><setId root=\"{set_id}\"/>\
                 <versionNumber value=\"{}\"/></parentDocument></relatedDocument>",
                version.saturating_sub(1)
            )
        });
        let reason = "<reasonCode code=\"2\" codeSystem=\"1.2.246.537.5.40178.2008\"/>";
        let reason = if wrapper && self.void { reason } else { "" };
        let (patient, custodian) = if wrapper {
            ("patient", "representedOrganization")
        } else {
            ("patientRole", "representedCustodianOrganization")
        };
        format!(
            "<effectiveTime value=\"{made_at}\"/>\
             <confidentialityCode code=\"5\" codeSystem=\"1.2.246.777.5.99902.2006\"/>{reason}<setId root=\"{set_id}\"/><versionNumber value=\"{version}\"/>\
             <recordTarget><{patient}><id extension=\"{client}\" root=\"1.2.246.21\"/></{patient}></recordTarget>\
             <author><assignedAuthor><id nullFlavor=\"NI\"/><representedOrganization><id root=\"{unit}\"/></representedOrganization></assignedAuthor></author>\
             <custodian><assignedCustodian><{custodian}><id root=\"{controller}\"/></{custodian}></assignedCustodian></custodian>{}",
            related.unwrap_or_default()
        )
    }

    /// The structured part.
    #[must_use]
    pub fn structured(&self) -> String {
        let Self { id, client, controller, .. } = self;
        let named = format!(
            "\"{id}\",\"asiakas\":{{\"tunnus\":\"{client}\",\"juuri\":\"1.2.246.21\"}},\"rekisterinpitaja\":\"{controller}\""
        );
        self.json.replace("\"SELF\"", &named)
    }

    fn local(&self, json: &str) -> String {
        let host = self.host.as_ref().map(|host| format!("<eprServiceProvider root=\"{host}\"/>")).unwrap_or_default();
        format!(
            "<localSocialHeader xmlns=\"urn:hl7finland\"><softwareSupport moderator=\"Liitos\" product=\"Koivu\" version=\"4.2\"/>\
             <documentType code=\"1\" codeSystem=\"1.2.246.537.6.999.2026\"/>\
             <recordStatus code=\"3\" codeSystem=\"1.2.246.537.5.40154.2008\"/>{host}{json}</localSocialHeader>"
        )
    }

    /// The document, not signed yet.
    #[must_use]
    pub fn document(&self) -> String {
        if let Some(signed) = &self.signed {
            return signed.clone();
        }
        let (media_type, bytes) = &self.body;
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\"><realmCode code=\"FI\"/>\
             <typeId extension=\"POCD_HD000040\" root=\"2.16.840.1.113883.1.3\"/><id root=\"{id}\"/><code code=\"{register}\" codeSystem=\"1.2.246.537.6.1264.201701\"/><title>Asiakaskertomus</title>{shared}{local}\
             <component><nonXMLBody ID=\"OID{id}.0\"><text mediaType=\"{media_type}\" representation=\"B64\">{body}</text></nonXMLBody></component>\
             </ClinicalDocument>",
            id = self.id,
            register = self.register,
            shared = self.shared(false),
            local = self.local(&format!("<json>{}</json>", BASE64_STANDARD.encode(self.structured()))),
            body = BASE64_STANDARD.encode(bytes),
        )
    }

    /// Signed by a system.
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
        self.signed = Some(sign(&self.document(), key, at).map_err(|error| Unmade(error.to_string()))?);
        Ok(self)
    }

    /// The message that brings it.
    #[must_use]
    pub fn message(&self) -> String {
        let packed = BASE64_STANDARD.encode(self.document());
        let lines: Vec<&str> = packed.as_bytes().chunks(76).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        format!(
            "<RCMR_IN200002FI01 ITSVersion=\"XML_1.0\" xmlns=\"urn:hl7-org:v3\"><id root=\"{message}\"/>\
             <creationTime value=\"{made_at}\"/><interactionId extension=\"RCMR_IN200002FI01\" root=\"2.16.840.1.113883.1.6\"/>\
             <receiver typeCode=\"RCV\"><device><id root=\"{archive}\"/></device></receiver>\
             <sender typeCode=\"SND\"><device><id root=\"{device}\"/></device></sender>\
             <controlActProcess moodCode=\"RQO\"><reasonCode code=\"1\" codeSystem=\"1.2.246.537.6.1289.201901\"/>\
             <reasonCode code=\"SP1\" codeSystem=\"1.2.246.537.6.1503.201601\"/>\
             <authorOrPerformer typeCode=\"PRF\"><assignedPerson><representedOrganization><id root=\"{represented}\"/></representedOrganization></assignedPerson></authorOrPerformer>\
             <subject typeCode=\"SUBJ\"><clinicalDocument><id root=\"{id}\"/><code code=\"{register}\" codeSystem=\"1.2.246.537.6.1264.201701\"/>\
             <text mediaType=\"multipart/related\">MIME-Version: 1.0\nContent-Type: multipart/related;\nboundary=\"b\"\n\n--b\nContent-Type: text/xml; charset=UTF-8\n\
             Content-Transfer-Encoding: BASE64\n\n{body}\n\n--b--\n</text><statusCode code=\"completed\"/>{shared}{local}</clinicalDocument></subject>\
             </controlActProcess></RCMR_IN200002FI01>",
            message = self.message_id,
            made_at = self.made_at,
            device = self.device,
            archive = self.archive,
            represented = self.represented,
            id = self.id,
            register = self.register,
            body = lines.join("\n"),
            shared = self.shared(true),
            local = self.local(""),
        )
    }
}
