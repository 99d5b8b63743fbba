//! Header facts of a CDA R2 document, and the same facts where the message's wrapper repeats them.

use crate::body::Body;
use crate::outsourcing::{self, read_outsourcing};
use crate::schema::Schema;
use crate::signature::MAX_NODES;
use crate::social::{read_social, unpack};
use crate::wills::read_will;
use crate::xml::{Element, HL7, HL7_FINLAND, LOCAL_HEADERS, SOCIAL_HEADER, Step, Walker, fill};
use liitos_domain::archive::{Keeping, is_of_wills};
use liitos_domain::document::{Code, Follows, Header, PersonRef};
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use roxmltree::{Document, ParsingOptions};

/// Reads the header of a CDA R2 document. The body is passed over, and nothing may stand after it.
///
/// # Errors
/// A finding with the field.
pub fn read_document_header(text: &str) -> Result<Header, Finding> {
    read_document(text).map(|(header, _)| header)
}

/// Reads a document in one walk through it: its header, and what is seen of its body.
///
/// # Errors
/// A finding with the header's field, or where it is no acceptable XML; what is wrong with the body is the body's to say.
pub(crate) fn read_document(text: &str) -> Result<(Header, Body), Finding> {
    let mut body = Body::default();
    let mut walker = Walker::new(text);
    let mut collector = Collector::new(0, Shape::Document);
    let (mut schema, mut body_seen) = (Schema::default(), false);
    loop {
        match walker.step().map_err(|finding| within(finding, "document"))? {
            Step::Open => {
                let element = walker.element();
                body.open(&walker);
                let depth = walker.path().len();
                if depth == 1 && (element.name != "ClinicalDocument" || element.namespace != HL7) {
                    return Err(broken("ClinicalDocument"));
                }
                if !body_seen || depth == 2 {
                    schema.open(&walker);
                }
                if walker.inside(1, HL7, &["component"]) {
                    if depth == 2 && body_seen {
                        return Err(broken("component stands twice"));
                    }
                    body_seen = true;
                    schema.open_in_body(&walker);
                } else if body_seen {
                    return Err(broken("an element after the body"));
                } else {
                    collector.open(&walker)?;
                }
            }
            Step::Text(text) => {
                body.text(&walker, &text);
                collector.text(&walker, &text);
            }
            Step::Instruction(..) | Step::Close => {}
            Step::Unfinished => {
                return Err(within(crate::xml::refuse("ends in the middle"), "document"));
            }
            // A document without a body is refused by the signature's rules, not here.
            Step::End => {
                let part = collector.structured()?;
                body.json = part.as_deref().map(Sha256Hash::of);
                let mut header = collector.finish(part.as_deref())?;
                read_forms(text, &mut header)?;
                body.schema = schema.findings();
                return Ok((header, body));
            }
        }
    }
}

/// What the body says of who may read what, where the document's register is one of such documents.
fn read_forms(text: &str, header: &mut Header) -> Result<(), Finding> {
    // A client's will is said in social care's structured part.
    let (authorisation, will) = (outsourcing::may_be(header), is_of_wills(header) && header.social.is_none());
    if !(authorisation || will) {
        return Ok(());
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let tree =
        Document::parse_with_options(text, options).map_err(|_| Finding::new(RefusalCode::BodyNotAccepted, "body"))?;
    if authorisation {
        header.outsourcing = read_outsourcing(&tree, header)?;
    }
    if will {
        header.will = read_will(&tree, header)?;
    }
    Ok(())
}

fn within(finding: Finding, place: &str) -> Finding {
    Finding::new(finding.code, format!("{place}: {}", finding.place))
}

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::DocumentHeaderBroken, place)
}

/// The status of what is finished (1.2.246.537.5.40154.2008).
const READY: &str = "3";
/// The type of a service event's own document (1.2.246.537.5.5001.2011).
const EVENT: &str = "4";

/// Which of the two places the header is read from; they name a few elements differently.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Shape {
    Wrapper,
    #[default]
    Document,
}

impl Shape {
    const fn custodian(self) -> &'static str {
        match self {
            Self::Wrapper => "representedOrganization",
            Self::Document => "representedCustodianOrganization",
        }
    }

    const fn patient(self) -> &'static str {
        match self {
            Self::Wrapper => "patient",
            Self::Document => "patientRole",
        }
    }

    /// Where it says when its patient was born.
    const fn born(self) -> [&'static str; 2] {
        match self {
            Self::Wrapper => ["patient", "patientPerson"],
            Self::Document => ["patientRole", "patient"],
        }
    }

    const fn event(self) -> &'static str {
        match self {
            Self::Wrapper => "encounterEvent",
            Self::Document => "encompassingEncounter",
        }
    }

    const fn performer(self) -> [&'static str; 2] {
        match self {
            Self::Wrapper => ["encounterPerformer", "assignedPerson"],
            Self::Document => ["encounterParticipant", "assignedEntity"],
        }
    }
}

/// Whether an element of HL7's namespace may hold a fact.
fn may_be_fact(name: &str) -> bool {
    matches!(
        name,
        "id" | "code"
            | "effectiveTime"
            | "setId"
            | "versionNumber"
            | "high"
            | "relatedDocument"
            | "reasonCode"
            | "birthTime"
    )
}

/// Collects header facts while a walker passes them.
#[derive(Default)]
pub(crate) struct Collector {
    skip: usize,
    shape: Shape,
    id: Option<String>,
    set_id: Option<String>,
    version: Option<String>,
    register: Option<Code>,
    custodian: Option<String>,
    person: Option<PersonRef>,
    born: Option<String>,
    kept_until: Option<i16>,
    effective_time: Option<String>,
    outsourcing_customer: Option<String>,
    software: Option<String>,
    active_custodian: Option<String>,
    kind: Option<String>,
    task: Option<String>,
    customer: Option<String>,
    host: Option<String>,
    retention: Option<String>,
    local: Option<()>,
    /// Social care's structured part, base64.
    json: Option<String>,
    status: Option<String>,
    reason: Option<String>,
    event: Option<String>,
    event_ended: bool,
    performer: Option<String>,
    author_unit: Option<String>,
    relation: Option<String>,
    parent_id: Option<String>,
    parent_set: Option<String>,
    parent_version: Option<String>,
}

impl Collector {
    /// Starts; the header's parent element is at depth `skip` + 1.
    pub(crate) fn new(skip: usize, shape: Shape) -> Self {
        Self { skip, shape, ..Self::default() }
    }

    pub(crate) fn open(&mut self, walker: &Walker<'_>) -> Result<(), Finding> {
        let element = walker.element();
        if element.namespace == HL7_FINLAND {
            return self.open_local(walker);
        }
        // Most elements hold no fact of the header.
        if !may_be_fact(element.name) {
            return Ok(());
        }
        let Some(path) = walker.below(self.skip + 1, HL7) else { return Ok(()) };
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        match path {
            ["id"] => {
                plain_id(element, "id")?;
                once(&mut self.id, text("root"), "id")
            }
            ["setId"] => {
                plain_id(element, "setId")?;
                once(&mut self.set_id, text("root"), "setId")
            }
            ["versionNumber"] => once(&mut self.version, text("value"), "versionNumber"),
            ["code"] => once(&mut self.register, Code { code: text("code"), system: text("codeSystem") }, "code"),
            ["effectiveTime"] => once(&mut self.effective_time, text("value"), "effectiveTime"),
            ["reasonCode"] if self.shape == Shape::Wrapper => once(&mut self.reason, text("code"), "reasonCode"),
            ["custodian", "assignedCustodian", organisation, "id"] if *organisation == self.shape.custodian() => {
                plain_id(element, "custodian")?;
                once(&mut self.custodian, text("root"), "custodian")
            }
            ["recordTarget", patient, "id"] if *patient == self.shape.patient() => {
                once(&mut self.person, PersonRef { extension: text("extension"), root: text("root") }, "recordTarget")
            }
            ["recordTarget", patient, who, "birthTime"] if [*patient, *who] == self.shape.born() => {
                once(&mut self.born, text("value"), "recordTarget//birthTime")
            }
            ["author", "assignedAuthor", "representedOrganization", "id"] => {
                self.author_unit.get_or_insert_with(|| text("root"));
                Ok(())
            }
            ["relatedDocument", rest @ ..] => self.open_related(rest, element),
            ["componentOf", event, rest @ ..] if *event == self.shape.event() => self.open_event(rest, element),
            _ => Ok(()),
        }
    }

    /// What the document follows.
    fn open_related(&mut self, path: &[&str], element: &Element<'_>) -> Result<(), Finding> {
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        match path {
            [] => once(&mut self.relation, text("typeCode"), "relatedDocument"),
            ["parentDocument", "id"] => {
                plain_id(element, "relatedDocument")?;
                once(&mut self.parent_id, text("root"), "relatedDocument//id")
            }
            ["parentDocument", "setId"] => {
                plain_id(element, "relatedDocument")?;
                once(&mut self.parent_set, text("root"), "relatedDocument//setId")
            }
            ["parentDocument", "versionNumber"] => {
                once(&mut self.parent_version, text("value"), "relatedDocument//versionNumber")
            }
            _ => Ok(()),
        }
    }

    /// Where and when it was made.
    fn open_event(&mut self, path: &[&str], element: &Element<'_>) -> Result<(), Finding> {
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        let [participant, assigned] = self.shape.performer();
        match path {
            ["id"] => return once(&mut self.event, text("root"), "componentOf"),
            ["effectiveTime", "high"] => self.event_ended = !text("value").is_empty(),
            // There may be several performers; the first stands for the unit.
            [first, second, "representedOrganization", "id"] if *first == participant && *second == assigned => {
                self.performer.get_or_insert_with(|| text("root"));
            }
            _ => {}
        }
        Ok(())
    }

    fn open_local(&mut self, walker: &Walker<'_>) -> Result<(), Finding> {
        let element = walker.element();
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        // Social care has a local header of its own, with the same fields and more.
        let (header, name) = match walker.below(self.skip + 1, HL7_FINLAND) {
            Some([header]) => (*header, ""),
            Some([header, name]) => (*header, *name),
            _ => return Ok(()),
        };
        if !LOCAL_HEADERS.contains(&header) {
            return Ok(());
        }
        match name {
            "" => once(&mut self.local, (), "localHeader"),
            "outsourcingServiceCustomer" => {
                once(&mut self.outsourcing_customer, text("root"), "localHeader/outsourcingServiceCustomer")
            }
            "softwareSupport" => {
                let software = [text("moderator"), text("product"), text("version")].join(" ");
                once(&mut self.software, software, "localHeader/softwareSupport")
            }
            "documentType" => once(&mut self.kind, text("code"), "localHeader/documentType"),
            "functionCode" => once(&mut self.task, text("code"), "localHeader/functionCode"),
            "recordStatus" => once(&mut self.status, text("code"), "localHeader/recordStatus"),
            "retentionPeriodClass" => once(&mut self.retention, text("code"), "localHeader/retentionPeriodClass"),
            "retentionPeriod" | "extendedRetentionPeriod" => {
                self.kept_until = self.kept_until.max(year(&text("value")));
                Ok(())
            }
            "eprServiceProvider" => once(&mut self.host, text("root"), "localHeader/eprServiceProvider"),
            "json" => once(&mut self.json, String::new(), "localSocialHeader/json"),
            "patientRegistrySpecifier" => {
                let customer = [text("root"), text("extension")].join(" ").trim().to_owned();
                once(&mut self.customer, customer, "localHeader/patientRegistrySpecifier")
            }
            // All that begins so is the archive's own (activeCustodian, activeCustodianName, activePatientRegistry, …).
            active if active.starts_with("active") => {
                let said = self.active_custodian.get_or_insert_default();
                if active == "activeCustodian" {
                    *said = text("root");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Text counts in two places only: an active custodian given as text instead of an attribute, and social care's structured part.
    pub(crate) fn text(&mut self, walker: &Walker<'_>, text: &str) {
        if self.active_custodian.is_none() && self.json.is_none() {
            return;
        }
        let Some([header, name]) = walker.below(self.skip + 1, HL7_FINLAND) else { return };
        match (&mut self.active_custodian, &mut self.json) {
            (Some(active), _) if LOCAL_HEADERS.contains(header) && *name == "activeCustodian" => {
                active.push_str(text.trim());
            }
            (_, Some(json)) if *header == SOCIAL_HEADER && *name == "json" => json.push_str(text),
            _ => {}
        }
    }

    fn follows(&self) -> Result<Option<Follows>, Finding> {
        let Some(relation) = &self.relation else { return Ok(None) };
        let wrong = || broken("relatedDocument");
        let oid = |text: &String| Oid::parse(text).map_err(|_| wrong());
        Ok(Some(Follows {
            replaces: match relation.as_str() {
                "RPLC" => true,
                "APND" => false,
                _ => return Err(wrong()),
            },
            id: oid(self.parent_id.as_ref().ok_or_else(wrong)?)?,
            set_id: self.parent_set.as_ref().map(oid).transpose()?,
            version: self.parent_version.as_ref().map(|text| text.parse().map_err(|_| wrong())).transpose()?,
        }))
    }

    /// Social care's structured part, as far as it was met.
    pub(crate) fn structured(&self) -> Result<Option<Vec<u8>>, Finding> {
        self.json.as_deref().map(unpack).transpose()
    }

    /// The header, with its structured part.
    pub(crate) fn finish(self, structured: Option<&[u8]>) -> Result<Header, Finding> {
        let follows = self.follows()?;
        // Many ids are left out with a nullFlavor: no event, no unit.
        let some_oid = |value: Option<String>| value.and_then(|text| Oid::parse(&text).ok());
        let some = |value: Option<String>, place: &str| short(value.filter(|text| !text.is_empty()), place);
        let oid = |value: Option<String>, place: &str| {
            value.and_then(|text| Oid::parse(&text).ok()).ok_or_else(|| broken(place))
        };
        let social = structured.map(read_social).transpose()?;
        let person = self.person.filter(is_person).ok_or_else(|| broken("recordTarget"))?;
        let keeping = Keeping {
            class: some(self.retention, "localHeader/retentionPeriodClass")?,
            // Where it says two, the later one, by which it is kept longer.
            born: person.birth_year().max(self.born.as_deref().and_then(year)),
            until: self.kept_until,
        };
        let version = self.version.and_then(|text| text.parse().ok()).filter(|n| *n > 0);
        Ok(Header {
            id: oid(self.id, "id")?,
            set_id: oid(self.set_id, "setId")?,
            version: version.ok_or_else(|| broken("versionNumber"))?,
            register: self.register.filter(is_code).ok_or_else(|| broken("code"))?,
            custodian: oid(self.custodian, "custodian")?,
            person,
            effective_time: self.effective_time.filter(|t| !t.is_empty()).ok_or_else(|| broken("effectiveTime"))?,
            outsourcing_customer: self.outsourcing_customer,
            software: self.software,
            active_custodian: self.active_custodian,
            follows,
            unfinished: self.status.is_some_and(|status| status != READY),
            event_open: self.kind.as_deref() == Some(EVENT) && !self.event_ended,
            reason: some(self.reason, "reasonCode")?,
            kind: some(self.kind, "localHeader/documentType")?,
            task: some(self.task, "localHeader/functionCode")?,
            event: some_oid(self.event),
            unit: some_oid(self.performer.or(self.author_unit)),
            customer: some(self.customer, "localHeader/patientRegistrySpecifier")?,
            host: some(self.host, "localHeader/eprServiceProvider")?,
            keeping,
            will: social.as_ref().and_then(|social| social.will.clone()),
            social,
            outsourcing: None,
        })
    }
}

/// The year that a point in time begins with. None: it does not, or nobody of today was born by then.
fn year(time: &str) -> Option<i16> {
    let digits = time.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok().filter(|year| *year >= 1800)
}

/// Longest code or identifier, in bytes: what documents are found and counted by.
const MAX_CODE: usize = 200;

pub(crate) fn short(text: Option<String>, place: &str) -> Result<Option<String>, Finding> {
    match text {
        Some(text) if text.len() > MAX_CODE => Err(broken(place)),
        text => Ok(text),
    }
}

fn is_code(code: &Code) -> bool {
    !code.code.is_empty() && code.code.len() <= MAX_CODE
}

/// Whether an identifier says what it is numbered under: two ways to write it would be two persons.
pub(crate) fn is_person(person: &PersonRef) -> bool {
    !person.extension.trim().is_empty() && Oid::parse(&person.root).is_ok()
}

/// Ids of documents and controllers are one OID; an extension would make two readers see two ids.
fn plain_id(element: &Element<'_>, place: &str) -> Result<(), Finding> {
    if element.attribute("extension").is_some() { Err(broken(place)) } else { Ok(()) }
}

fn once<T>(slot: &mut Option<T>, value: T, place: &str) -> Result<(), Finding> {
    fill(slot, value, RefusalCode::DocumentHeaderBroken, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn the_real_document() {
        let header = read_document_header(REAL).unwrap();
        assert!(!format!("{header:?}").contains("010100"), "identity codes never reach a log");
        assert_eq!(header.id.as_str(), "1.2.246.537.10.15675350.10.1.11220.19098");
        assert_eq!((header.id == header.set_id, header.version), (true, 1));
        assert_eq!(header.custodian.as_str(), "1.2.246.537.10.15675350.19.0");
        assert_eq!(header.register.code, "2");
        assert_eq!(header.software.as_deref(), Some("CGI Uranus U8.4"));
        assert_eq!(header.outsourcing_customer.as_deref(), Some("1.2.246.537.10.15675350.10.0"));
        assert_eq!(header.active_custodian, None);
        assert_eq!((header.kind.as_deref(), header.task.as_deref()), (Some("4"), Some("06.00")));
        assert_eq!(header.event.unwrap().as_str(), "1.2.246.537.10.15675350.16.2017.1676");
        assert_eq!(header.unit.unwrap().as_str(), "1.2.246.537.10.15675350.10.710");
        assert_eq!((header.follows, header.customer), (None, None));
        let kept = Keeping { class: Some("2".into()), born: Some(2000), until: None };
        assert_eq!(header.keeping, kept, "whom it is about has no identity code yet");
        assert!(!header.unfinished && !header.event_open);
        let open = REAL.replacen("<high value=\"20170922150000\"/>", "", 1);
        assert!(read_document_header(&open).unwrap().event_open);
    }

    #[test]
    fn how_long_it_is_kept_is_read_for_the_longer() {
        let kept = |from: &str, to: &str| {
            assert!(REAL.contains(from), "{from}");
            read_document_header(&REAL.replace(from, to)).unwrap().keeping
        };
        let birth = "<birthTime value=\"20000101\"/>";
        for none in
            ["", "<birthTime nullFlavor=\"UNK\"/>", "<birthTime value=\"+1901\"/>", "<birthTime value=\"00000000\"/>"]
        {
            assert_eq!(kept(birth, none).born, None, "{none}");
        }
        let person = "extension=\"010100A998F\" root=\"1.2.246.537.10.15675350.22.2003\"";
        assert_eq!(kept(person, "extension=\"010181-900C\" root=\"1.2.246.21\"").born, Some(2000));
        assert_eq!(kept(person, "extension=\"010114A900U\" root=\"1.2.246.21\"").born, Some(2014));
        let function = "<functionCode ";
        let own = kept(function, &format!("<retentionPeriod value=\"20501231\"/>{function}"));
        assert_eq!(own.until, Some(2050));
        let class = "</localHeader>";
        let extended = "<extendedRetentionPeriod value=\"2060\"/>";
        assert_eq!(kept(class, &format!("{extended}{class}")).until, Some(2060));
    }

    #[test]
    fn faults_name_their_place() {
        let place = |text: &str| read_document_header(text).unwrap_err().place;
        assert_eq!(
            place(&REAL.replace("<versionNumber value=\"1\"/>", "<versionNumber value=\"0\"/>")),
            "versionNumber"
        );
        assert_eq!(place(&REAL.replace("<versionNumber", "<setId root=\"1.2\"/><versionNumber")), "setId stands twice");
        assert_eq!(place(&REAL.replace("19.0\"/><name>HYKS", "19.0\" extension=\"1\"/><name>HYKS")), "custodian");
        assert_eq!(place("<x/>"), "ClinicalDocument");
        assert_eq!(place(REAL.split_at(800).0), "document: ends in the middle");
        // What another reader would see and this one would not.
        let second = "<recordTarget><patientRole><id root=\"1\" extension=\"2\"/></patientRole></recordTarget>";
        assert_eq!(
            place(&REAL.replace("</ClinicalDocument>", &format!("{second}</ClinicalDocument>"))),
            "an element after the body"
        );
        let component = "<component><nonXMLBody/></component>";
        assert_eq!(
            place(&REAL.replace("</ClinicalDocument>", &format!("{component}</ClinicalDocument>"))),
            "component stands twice"
        );
        let hidden =
            REAL.replace("<versionNumber", "<v:setId xmlns:v=\"urn:hl7-org:v&#51;\" root=\"1.2\"/><versionNumber");
        assert_eq!(place(&hidden), "document: a namespace that is not plain text");
        let undeclared = REAL.replace("<versionNumber", "<v:setId root=\"1.2\"/><versionNumber");
        assert_eq!(place(&undeclared), "document: a prefix that nothing declares");
        let foreign = REAL
            .replace("<custodian>", "<x:custodian xmlns:x=\"urn:other\">")
            .replace("</custodian>", "</x:custodian>");
        assert_ne!(foreign, REAL);
        assert_eq!(place(&foreign), "custodian", "HL7 ids inside a foreign element are nobody's");
        let related = |inner: &str| REAL.replace("<componentOf>", &format!("{inner}<componentOf>"));
        let parent = "<parentDocument><id root=\"1.2.3\"/><versionNumber value=\"1\"/></parentDocument>";
        let replaces = related(&format!("<relatedDocument typeCode=\"RPLC\">{parent}</relatedDocument>"));
        let follows = read_document_header(&replaces).unwrap().follows.unwrap();
        assert_eq!((follows.replaces, follows.id.as_str(), follows.version), (true, "1.2.3", Some(1)));
        let transforms = related(&format!("<relatedDocument typeCode=\"XFRM\">{parent}</relatedDocument>"));
        assert_eq!(place(&transforms), "relatedDocument");
        assert_eq!(place(&related("<relatedDocument typeCode=\"RPLC\"/>")), "relatedDocument");
        assert_eq!(
            place(&replaces.replace("<componentOf>", "<relatedDocument/><componentOf>")),
            "relatedDocument stands twice"
        );
        // What documents are counted and found by has a longest length.
        let long = format!("patientRegistrySpecifier root=\"1.2\" extension=\"{}\"", "1".repeat(200));
        let customer = REAL.replace("<recordStatus", &format!("<{long}/><recordStatus"));
        assert_eq!(place(&customer), "localHeader/patientRegistrySpecifier");
        let two = REAL.replace("<localHeader ", "<localSocialHeader xmlns=\"urn:hl7finland\"/><localHeader ");
        assert_eq!(place(&two), "localHeader stands twice");
        let registry = REAL.replace("<recordStatus", "<activePatientRegistry code=\"4\"/><recordStatus");
        assert_eq!(read_document_header(&registry).unwrap().active_custodian.as_deref(), Some(""));
        let active = REAL.replace("<recordStatus", "<activeCustodian>1.2.246</activeCustodian><recordStatus");
        assert_eq!(read_document_header(&active).unwrap().active_custodian.as_deref(), Some("1.2.246"));
    }
}
