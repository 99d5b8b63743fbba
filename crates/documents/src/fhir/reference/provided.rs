//! Documents as IHE MHD brings them (Provide Document Bundle, ITI-65): a transaction of DocumentReferences, the Binary that each refers to, and
//! Provenances that say who sends them. What a reference says is held against its document's own header.

use super::{TASKS, TYPES, bare};
use crate::header::read_document;
use crate::json::{Json, read_json};
use crate::message::Message;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::archive::Family;
use liitos_domain::document::{Code, Envelope, Follows, Header, PROVIDED, PersonRef, REASONS};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode};
use std::collections::BTreeSet;

/// Most values in a bundle; one that brings a document has about a hundred.
const MAX_VALUES: usize = 5_000;
/// Most documents of one bundle: they are stored in one transaction.
const MAX_DOCUMENTS: usize = 20;
/// The confidentiality codes' system; all documents are handled as normal (N).
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
/// Media types of a CDA document.
const CDA: [&str; 2] = ["application/xml", "text/xml"];

fn broken(place: impl Into<String>) -> Finding {
    Finding::new(RefusalCode::BundleNotUnderstood, place)
}

/// A part of the bundle, and where it stands.
struct Part<'j> {
    json: &'j Json,
    at: String,
}

impl<'j> Part<'j> {
    fn member(&self, name: &str) -> Option<Self> {
        self.json.get(name).map(|json| Self { json, at: format!("{}.{name}", self.at) })
    }

    fn need(&self, name: &str) -> Result<Self, Finding> {
        self.member(name).ok_or_else(|| broken(format!("{}.{name}", self.at)))
    }

    fn items(&self) -> Result<impl Iterator<Item = Self> + use<'_, 'j>, Finding> {
        let Json::List(items) = self.json else { return Err(broken(&*self.at)) };
        Ok(items.iter().enumerate().map(|(n, json)| Self { json, at: format!("{}[{n}]", self.at) }))
    }

    /// The one item of a list that may be left out: of several, two readers would take two.
    fn only(&self, name: &str) -> Result<Option<Self>, Finding> {
        let Some(list) = self.member(name) else { return Ok(None) };
        let mut items = list.items()?;
        match (items.next(), items.next()) {
            (Some(item), None) => Ok(Some(item)),
            // FHIR writes no empty lists; one says nothing.
            (None, _) => Ok(None),
            _ => Err(broken(&*list.at)),
        }
    }

    fn need_only(&self, name: &str) -> Result<Self, Finding> {
        self.only(name)?.ok_or_else(|| broken(format!("{}.{name}", self.at)))
    }

    fn text(&self) -> Result<&'j str, Finding> {
        self.json.text().filter(|text| !text.is_empty()).ok_or_else(|| broken(&*self.at))
    }

    /// The text of a member that may be left out.
    fn said(&self, name: &str) -> Result<Option<&'j str>, Finding> {
        self.member(name).map(|member| member.text()).transpose()
    }

    /// The OID that an Identifier is.
    fn oid(&self) -> Result<Oid, Finding> {
        let value = self.need("value")?;
        Oid::parse(bare(value.text()?)).map_err(|_| broken(value.at))
    }

    /// The OID that a Reference by identifier means.
    fn meant(&self) -> Result<Oid, Finding> {
        self.need("identifier")?.oid()
    }

    /// The one code of a CodeableConcept, of one system.
    fn code(&self) -> Result<Code, Finding> {
        let coding = self.need_only("coding")?;
        let (code, system) = (coding.need("code")?.text()?, coding.need("system")?.text()?);
        Ok(Code { code: code.to_owned(), system: bare(system).to_owned() })
    }

    fn code_of(&self, system: &str) -> Result<String, Finding> {
        let code = self.code()?;
        if code.system == bare(system) { Ok(code.code) } else { Err(broken(format!("{}.coding.system", self.at))) }
    }
}

/// A bundle that brings documents.
#[derive(Debug)]
pub struct ProvidedBundle {
    /// What it brings, each like any message; all of one id.
    pub messages: Vec<Message>,
    /// The kinds of its resources, in their order, with the place of the document that each is about: the answer has as many parts.
    pub kinds: Vec<(String, Option<usize>)>,
}

/// A resource, by the address that others in the bundle refer to it by.
type Named<'j> = (&'j str, Part<'j>);

/// The resources of a bundle.
#[derive(Default)]
struct Resources<'j> {
    /// Each entry's kind and address.
    entries: Vec<(&'j str, &'j str)>,
    references: Vec<Named<'j>>,
    binaries: Vec<Named<'j>>,
    provenances: Vec<Named<'j>>,
}

/// Reads a bundle that brings documents of a family.
///
/// # Errors
/// A finding with the part of the bundle, or of a document's header.
pub fn read_provided(bytes: &[u8], family: Family) -> Result<ProvidedBundle, Finding> {
    let json = read_json(bytes, MAX_VALUES).map_err(|place| broken(format!("JSON: {place}")))?;
    let bundle = Part { json: &json, at: "Bundle".to_owned() };
    if bundle.need("resourceType")?.text()? != "Bundle" {
        return Err(broken("resourceType"));
    }
    if bundle.need("type")?.text()? != "transaction" {
        return Err(broken("Bundle.type"));
    }
    understood(&bundle)?;
    as_all_are(&bundle)?;
    let message_id = bundle.need("identifier")?.oid()?;
    let resources = resources(&bundle)?;
    let missing = |name: &str| broken(format!("Bundle.entry: {name}"));
    let count = resources.references.len();
    match (count, resources.binaries.len(), resources.provenances.is_empty()) {
        (_, 0, _) => return Err(missing("Binary")),
        (0, ..) => return Err(missing("DocumentReference")),
        (.., true) => return Err(missing("Provenance")),
        (references, binaries, _) if references != binaries || references > MAX_DOCUMENTS => {
            return Err(missing("as many Binaries as DocumentReferences"));
        }
        _ => {}
    }
    let one = |named| document(&resources, named, (&message_id, family));
    let messages = resources.references.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    resources.all_meant()?;
    apart(&messages)?;
    let kinds = resources.entries.iter().map(|(kind, url)| ((*kind).to_owned(), resources.place(url)));
    Ok(ProvidedBundle { kinds: kinds.collect(), messages })
}

/// A document of the bundle, as its reference says it.
fn document(
    resources: &Resources<'_>,
    (url, reference): &Named<'_>,
    (message_id, family): (&Oid, Family),
) -> Result<Message, Finding> {
    let attachment = reference.need_only("content")?.need("attachment")?;
    let meant = attachment.need("url")?;
    let (_, binary) = resources.binary(meant.text()?).ok_or_else(|| broken(&*meant.at))?;
    let document = document_in(binary)?;
    let (header, body) = read_document(&document)?;
    let mut wrapper = referred(reference, &header, family)?;
    attached(&attachment, &document, &mut wrapper)?;
    let provenance = resources.provenance(url)?;
    if let Some(reason) = provenance.only("reason")? {
        wrapper.reason = Some(reason.code_of(REASONS)?);
    }
    let agent = provenance.need_only("agent")?;
    let envelope = Envelope {
        message_id: message_id.clone(),
        interaction: PROVIDED.to_owned(),
        sender: agent.need("who")?.meant()?,
        receiver: None,
        service_request: Code { code: String::new(), system: String::new() },
        purpose: None,
        represented: agent.need("onBehalfOf")?.meant()?,
    };
    Ok(Message { envelope, wrapper, header, body, document, soap: false })
}

/// Documents of one bundle are stored as if none of the others were there: none follows another, and none is of another's set.
fn apart(messages: &[Message]) -> Result<(), Finding> {
    for (place, message) in messages.iter().enumerate() {
        let Header { id, set_id, follows, .. } = &message.header;
        let mut others = messages.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, one)| &one.header);
        let follows = follows.as_ref().map(|follows| &follows.id);
        if others.any(|other| other.id == *id || other.set_id == *set_id || Some(&other.id) == follows) {
            return Err(broken(format!("Bundle: document {}: follows another of the same bundle", place + 1)));
        }
    }
    Ok(())
}

impl<'j> Resources<'j> {
    fn binary(&self, url: &str) -> Option<&Named<'j>> {
        self.binaries.iter().find(|(known, _)| *known == url)
    }

    /// The one that says who sends what stands at an address.
    fn provenance(&self, url: &str) -> Result<&Part<'j>, Finding> {
        let mut found = None;
        for (_, provenance) in &self.provenances {
            for target in provenance.need("target")?.items()? {
                let target = target.need("reference")?;
                if !self.references.iter().any(|(known, _)| Some(*known) == target.json.text()) {
                    return Err(broken(target.at));
                }
                if target.text()? == url && found.replace(provenance).is_some() {
                    return Err(broken(target.at));
                }
            }
        }
        found.ok_or_else(|| broken("Bundle.entry: a Provenance for each DocumentReference"))
    }

    /// Each Binary is some reference's, and one's alone; each Provenance says something of a document.
    fn all_meant(&self) -> Result<(), Finding> {
        let mut meant = BTreeSet::new();
        for (_, reference) in &self.references {
            let url = reference.need_only("content")?.need("attachment")?.need("url")?;
            if !meant.insert(url.text()?) {
                return Err(broken(url.at));
            }
        }
        for (_, provenance) in &self.provenances {
            let target = provenance.need("target")?;
            if target.items()?.next().is_none() {
                return Err(broken(target.at));
            }
        }
        Ok(())
    }

    /// Which of the documents a resource is about.
    fn place(&self, url: &str) -> Option<usize> {
        let of = |(_, reference): &Named<'_>| {
            let attachment = || {
                reference.json.get("content").and_then(|content| match content {
                    Json::List(all) => all.first()?.get("attachment")?.get("url")?.text(),
                    _ => None,
                })
            };
            attachment() == Some(url)
        };
        self.references.iter().position(|named| named.0 == url || of(named))
    }
}

/// Nothing in it, however deep, changes the meaning of the rest: none of that is known here.
fn understood(part: &Part<'_>) -> Result<(), Finding> {
    match part.json {
        Json::List(_) => part.items()?.try_for_each(|item| understood(&item)),
        Json::Object(members) => members.iter().try_for_each(|(name, json)| {
            let at = format!("{}.{name}", part.at);
            if ["modifierExtension", "implicitRules"].contains(&name.as_str()) {
                Err(broken(at))
            } else {
                understood(&Part { json, at })
            }
        }),
        _ => Ok(()),
    }
}

/// What is marked as to be handled otherwise than all documents are cannot be: it is not passed over.
fn as_all_are(resource: &Part<'_>) -> Result<(), Finding> {
    // Who may see a Binary is said there; what is contained is a resource of its own.
    for other in ["securityContext", "contained"] {
        if let Some(other) = resource.member(other) {
            return Err(broken(other.at));
        }
    }
    let meta = resource.member("meta").and_then(|meta| meta.member("security"));
    let labels = resource.member("securityLabel");
    for list in [meta, labels].into_iter().flatten() {
        for label in list.items()? {
            let codings =
                label.member("coding").map_or_else(|| Ok(vec![]), |codings| codings.items().map(Vec::from_iter))?;
            let coding = codings.first().unwrap_or(&label);
            let is = |name, text| coding.json.get(name).and_then(Json::text) == Some(text);
            if codings.len() > 1 || !is("code", "N") || !is("system", CONFIDENTIALITY) {
                return Err(broken(&*label.at));
            }
        }
    }
    Ok(())
}

fn resources<'j>(bundle: &Part<'j>) -> Result<Resources<'j>, Finding> {
    let mut found = Resources::default();
    for entry in bundle.need("entry")?.items()? {
        let resource = entry.need("resource")?;
        let kind = resource.need("resourceType")?.text()?;
        let request = entry.need("request")?;
        // Conditions of a request are not asked here, and so not passed over.
        if let Json::Object(members) = request.json
            && let Some(other) = members.keys().find(|name| !["method", "url"].contains(&name.as_str()))
        {
            return Err(broken(format!("{}.{other}", request.at)));
        }
        if request.need("method")?.text()? != "POST" || request.need("url")?.text()? != kind {
            return Err(broken(request.at));
        }
        as_all_are(&resource)?;
        let url = entry.need("fullUrl")?.text()?;
        // Of two resources at one address a reference would mean either.
        if found.entries.iter().any(|(_, known)| *known == url) {
            return Err(broken(format!("{}.fullUrl", entry.at)));
        }
        found.entries.push((kind, url));
        let some = match kind {
            "DocumentReference" => &mut found.references,
            "Binary" => &mut found.binaries,
            "Provenance" => &mut found.provenances,
            // Submission sets and folders group what is sent; none is kept.
            "List" => continue,
            _ => return Err(broken(format!("{}.resource: not taken here", entry.at))),
        };
        some.push((url, resource));
    }
    Ok(found)
}

fn document_in(binary: &Part<'_>) -> Result<String, Finding> {
    let kind = binary.need("contentType")?;
    if !CDA.contains(&kind.text()?.split(';').next().unwrap_or_default().trim()) {
        return Err(broken(kind.at));
    }
    let data = binary.need("data")?;
    let bytes = BASE64_STANDARD.decode(data.text()?).map_err(|_| broken(&*data.at))?;
    String::from_utf8(bytes).map_err(|_| broken(format!("{}: not UTF-8", data.at)))
}

/// What the reference says, as a header: what it leaves out is what the document says.
fn referred(reference: &Part<'_>, header: &Header, family: Family) -> Result<Header, Finding> {
    let status = reference.need("status")?;
    if status.text()? != "current" {
        return Err(broken(status.at));
    }
    let mut wrapper = Header { reason: None, ..header.clone() };
    wrapper.id = reference.need("masterIdentifier")?.oid()?;
    if let Some(set) = reference.only("identifier")? {
        wrapper.set_id = set.oid()?;
    }
    let subject = reference.need("subject")?.need("identifier")?;
    let root = subject.need("system")?;
    wrapper.person =
        PersonRef { extension: subject.need("value")?.text()?.to_owned(), root: bare(root.text()?).to_owned() };
    wrapper.custodian = reference.need("custodian")?.meant()?;
    if let Some(category) = reference.only("category")? {
        wrapper.register = match family.registers() {
            Some(system) => Code { code: category.code_of(system)?, system: system.to_owned() },
            None => return Err(broken(category.at)),
        };
    }
    if let Some(kind) = reference.member("type") {
        // Of which system social care's types are is not public.
        wrapper.kind = Some(match family {
            Family::Patient => kind.code_of(TYPES)?,
            Family::Social | Family::Prescription => kind.code()?.code,
        });
    }
    if let Some(status) = reference.member("docStatus") {
        wrapper.unfinished = match status.text()? {
            "final" => false,
            "preliminary" => true,
            _ => return Err(broken(status.at)),
        };
    }
    if let Some(author) = reference.only("author")? {
        wrapper.unit = Some(author.meant()?);
    }
    if let Some(context) = reference.member("context") {
        if let Some(encounter) = context.only("encounter")? {
            wrapper.event = Some(encounter.meant()?);
        }
        if let Some(setting) = context.member("practiceSetting") {
            wrapper.task = Some(setting.code_of(TASKS)?);
        }
    }
    // Left out, it follows nothing: a replacement says so in both places.
    wrapper.follows = reference.only("relatesTo")?.map(|related| follows(&related, header)).transpose()?;
    Ok(wrapper)
}

fn follows(related: &Part<'_>, header: &Header) -> Result<Follows, Finding> {
    let how = related.need("code")?;
    let replaces = match how.text()? {
        "replaces" => true,
        "appends" => false,
        _ => return Err(broken(how.at)),
    };
    let id = related.need("target")?.meant()?;
    let said = header.follows.as_ref();
    let (set_id, version) = (said.and_then(|said| said.set_id.clone()), said.and_then(|said| said.version));
    Ok(Follows { replaces, id, set_id, version })
}

/// The attachment is the document of the bundle, of the length, the hash (SHA-1, as FHIR R4 has it) and the time that it says.
fn attached(attachment: &Part<'_>, document: &str, wrapper: &mut Header) -> Result<(), Finding> {
    // A second copy beside the Binary would be one too many.
    if let Some(data) = attachment.member("data") {
        return Err(broken(data.at));
    }
    if let Some(hash) = attachment.member("hash")
        && hash.text()? != BASE64_STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, document.as_bytes()))
    {
        return Err(broken(hash.at));
    }
    if let Some(size) = attachment.member("size")
        && *size.json != Json::Whole(document.len() as u64)
    {
        return Err(broken(size.at));
    }
    if let Some(creation) = attachment.said("creation")? {
        let made_at = Moment::parse_civil(&wrapper.effective_time);
        if Moment::parse(creation).ok().is_none_or(|said| Some(said) != made_at) {
            creation.clone_into(&mut wrapper.effective_time);
        }
    }
    Ok(())
}
