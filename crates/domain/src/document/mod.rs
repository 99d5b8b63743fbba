//! What a message and the document inside it say, and whether that holds together.
//!
//! The system signature covers the document's body and its timestamp only (`domain.md` section 11), so every
//! fact of the header is checked here against the wrapper, the directory and the registers.

mod cross_check;
mod outsourcing;
mod signature;
mod will;

#[cfg(test)]
pub(crate) use cross_check::tests;
pub use cross_check::{Access, Way, check_way, cross_check};
pub use outsourcing::{Given, OutsourcedRegister, Outsourcing};
pub use signature::{Policy, SignatureFacts, judge_received, judge_signature, judge_structured, signs_token};
pub use will::{Denial, DeniedProvider, Will};

use crate::archive::{Family, Keeping};
use crate::identifier::{Oid, birth_year};
use crate::service_code::Operation;
use crate::time::Interval;
use std::fmt;

/// An HL7 code with its code system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code.
    pub code: String,
    /// The code system's OID as written.
    pub system: String,
}

/// A patient's or client's identifier; never shown, and written only into what is encrypted.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct PersonRef {
    /// The identity code or temporary identifier as written.
    pub extension: String,
    /// The OID it is numbered under.
    pub root: String,
}

impl PersonRef {
    /// What personal identity codes are numbered under.
    pub const IDENTITY_CODES: &str = "1.2.246.21";

    /// Somebody by their identity code.
    #[must_use]
    pub fn by_code(code: &str) -> Self {
        Self { extension: code.to_owned(), root: Self::IDENTITY_CODES.to_owned() }
    }

    /// The year of birth that an identity code says. Documents are archived under codes that fail their check, too: its form alone is asked.
    #[must_use]
    pub fn birth_year(&self) -> Option<i16> {
        (self.root == Self::IDENTITY_CODES).then(|| birth_year(&self.extension))?
    }

    /// Whether it is one that an organisation gave for the time being, below its node 22, until the person's identity code is known (that node 22 is
    /// for these is seen in a public message).
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        let mut arcs = self.root.rsplit('.');
        arcs.next().is_some() && arcs.next() == Some("22") && arcs.count() >= 4
    }
}

impl fmt::Debug for PersonRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonRef(******)")
    }
}

/// What stands before the document in an HL7 V3 message: all the gateway decides on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The message's id.
    pub message_id: Oid,
    /// The interaction, for example `RCMR_IN100002FI01`.
    pub interaction: String,
    /// The sending device; below the access point's OID.
    pub sender: Oid,
    /// The receiving device, as written.
    pub receiver: Option<String>,
    /// The service request (`controlActProcess/reasonCode`).
    pub service_request: Code,
    /// What client data is used for, where social care says it (1.2.246.537.6.1289).
    pub purpose: Option<String>,
    /// The represented organisation: the joiner or its unit.
    pub represented: Oid,
}

/// The header facts that the wrapper repeats from the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The document's id.
    pub id: Oid,
    /// The id its versions share.
    pub set_id: Oid,
    /// Version number, from 1.
    pub version: u32,
    /// The register the document belongs to (`code`).
    pub register: Code,
    /// The controller (`custodian`).
    pub custodian: Oid,
    /// Whose document it is.
    pub person: PersonRef,
    /// When it was made, as written.
    pub effective_time: String,
    /// The customer of outsourced services, if named.
    pub outsourcing_customer: Option<String>,
    /// The software's maker, product and version.
    pub software: Option<String>,
    /// The active controller, which only the archive may set.
    pub active_custodian: Option<String>,
    /// The document that it replaces or is added to.
    pub follows: Option<Follows>,
    /// Its type (`documentType`).
    pub kind: Option<String>,
    /// What task it was made in (`functionCode`).
    pub task: Option<String>,
    /// The service event, or matter, that it belongs to.
    pub event: Option<Oid>,
    /// The unit that it was made in.
    pub unit: Option<Oid>,
    /// The customer of occupational health care in whose register it is kept apart (`patientRegistrySpecifier`).
    pub customer: Option<String>,
    /// How long it is to be kept.
    pub keeping: Keeping,
    /// The host in whose system a tenant made it (`eprServiceProvider`).
    pub host: Option<String>,
    /// Why it takes another's place, where the wrapper says so (1.2.246.537.5.40178.2008).
    pub reason: Option<String>,
    /// Whether it is not finished by its own word (`recordStatus`).
    pub unfinished: bool,
    /// Whether it is the document of a service event that has not ended.
    pub event_open: bool,
    /// What social care's own header says; of other documents nothing.
    pub social: Option<Social>,
    /// What it lets a producer do, where it is an outsourcing authorisation: its body says that.
    pub outsourcing: Option<Outsourcing>,
    /// What a patient wants, where it is a document that says so: its body says that.
    pub will: Option<Will>,
}

impl Header {
    /// Whether it lets somebody into its client's or patient's documents.
    #[must_use]
    pub fn lets_in(&self) -> bool {
        self.outsourcing.is_some() || self.social.as_ref().is_some_and(|social| !social.accesses.is_empty())
    }

    /// Whether it holds what is under a security ban; nothing where it does not say.
    #[must_use]
    pub fn says_banned(&self) -> Option<bool> {
        self.social.as_ref().and_then(|social| social.banned)
    }

    /// The matter of social care that it belongs to.
    #[must_use]
    pub fn matter(&self) -> Option<&Oid> {
        self.social.as_ref().and_then(|social| social.matter.as_ref())
    }

    /// Whether who may read what, or what becomes of others' documents, changes with it.
    #[must_use]
    pub fn changes_access(&self) -> bool {
        self.lets_in() || self.will.is_some() || self.social.as_ref().is_some_and(Social::decides)
    }
}

/// What the structured part of a social care document says (JSON in its local header). The names that are read are assumed: the public material
/// shows that it is there, not its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Social {
    /// The document that it is the structured part of (`asiakirjatunnus`): what is signed belongs to that one alone.
    pub document: Option<Oid>,
    /// Its client (`asiakas`).
    pub client: Option<PersonRef>,
    /// Its controller (`rekisterinpitaja`).
    pub controller: Option<Oid>,
    /// The matter that it belongs to (`asiatunnus`).
    pub matter: Option<Oid>,
    /// The service task (`palvelutehtava`).
    pub task: Option<String>,
    /// The producers' units that are let into the client's documents (`rekisterinkayttooikeudet`).
    pub accesses: Vec<RegisterAccess>,
    /// Whether it holds what is under a security ban (`turvakielto`), where it says so.
    pub banned: Option<bool>,
    /// What it says of its matter, where it is the matter's own document (`asia`).
    pub about: Option<Matter>,
    /// What its client wants, where it says so (`luovutuslupa`, `luovutuskielto`).
    pub will: Option<Will>,
}

impl Social {
    /// Whether something is decided by what it says: then it names its document, its client and its controller, which nobody signs elsewhere.
    #[must_use]
    pub fn decides(&self) -> bool {
        !self.accesses.is_empty() || self.about.is_some() || self.will.is_some() || self.banned.is_some()
    }
}

impl Social {
    /// What it names of another document than its own, or should name and does not: signed for one, it would say the same for another.
    pub fn named_amiss(&self, document: &Header) -> impl Iterator<Item = &'static str> {
        let named = [
            (self.document.as_ref().map(|named| *named == document.id), "localSocialHeader/json/asiakirjatunnus"),
            (self.client.as_ref().map(|named| *named == document.person), "localSocialHeader/json/asiakas"),
            (
                self.controller.as_ref().map(|named| *named == document.custodian),
                "localSocialHeader/json/rekisterinpitaja",
            ),
        ];
        let optional = !self.decides();
        named.into_iter().filter(move |(is, _)| !is.unwrap_or(optional)).map(|(_, place)| place)
    }
}

/// A matter, as its own document says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matter {
    /// From when until when it is open (`alkaa`, `paattyy`).
    pub open: Interval,
    /// The clients besides the document's own, in a joint matter (`asiakkaat`): a family's, for one.
    pub clients: Vec<PersonRef>,
}

/// A register access right as the organiser writes it into the client relationship document: a producer's unit, and from when until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterAccess {
    /// The producer's unit.
    pub unit: Oid,
    /// From when until when.
    pub valid: Interval,
}

/// The reason of a replacement that declares the set void instead of correcting it (1.2.246.537.5.40178.2008; that 1 is a correction is seen in
/// real messages, that 2 is an invalidation is assumed).
pub const INVALIDATES: &str = "2";
/// The code system of those reasons.
pub const REASONS: &str = "1.2.246.537.5.40178.2008";
/// The interaction by which FHIR brings documents (IHE MHD, ITI-65); which service is meant says where it is brought to.
pub const PROVIDED: &str = "ITI-65";

/// How a document says that it follows another (`relatedDocument`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follows {
    /// `RPLC` replaces it; otherwise `APND`: it is added to it.
    pub replaces: bool,
    /// The other's id.
    pub id: Oid,
    /// The other's set.
    pub set_id: Option<Oid>,
    /// The other's version.
    pub version: Option<u32>,
}

/// One interaction that the archive takes, or answers, with the service it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interaction {
    /// Its name, which is also the message's root element.
    pub name: &'static str,
    /// Code system and codes of the service requests that may come with it.
    pub service_requests: (&'static str, &'static [&'static str]),
    /// Whose documents it is about, and so the service behind.
    pub family: Family,
    /// Read or write.
    pub operation: Operation,
    /// Whether what it brings takes another document's place; where the interaction does not say, the document does.
    pub replaces: Option<bool>,
}

impl Interaction {
    /// Whether what it brings takes another document's place.
    #[must_use]
    pub fn replaces_by(&self, header: &Header) -> bool {
        self.replaces.unwrap_or_else(|| header.follows.as_ref().is_some_and(|follows| follows.replaces))
    }
}

/// The one table of interactions, service requests and operations.
pub const INTERACTIONS: &[Interaction] = &[
    Interaction {
        name: "RCMR_IN100002FI01",
        service_requests: ("1.2.246.537.5.40157.2008", &["PP1"]),
        family: Family::Patient,
        operation: Operation::Write,
        replaces: Some(false),
    },
    Interaction {
        name: "RCMR_IN100016FI01",
        service_requests: ("1.2.246.537.5.40157.2008", &["PP1"]),
        family: Family::Patient,
        operation: Operation::Write,
        replaces: Some(true),
    },
    // That every service request which comes with it brings a document is assumed; what each is for is not public.
    Interaction {
        name: "RCMR_IN200002FI01",
        service_requests: ("1.2.246.537.6.1503.201601", &SOCIAL_REQUESTS),
        family: Family::Social,
        operation: Operation::Write,
        replaces: None,
    },
    asks("RCMR_IN000029UV01", Family::Patient),
    asks("RCMR_IN000031UV01", Family::Patient),
    asks("QUQI_IN000003UV01", Family::Patient),
    asks("RCMR_IN000029UV01", Family::Social),
    asks("RCMR_IN000031UV01", Family::Social),
    asks("QUQI_IN000003UV01", Family::Social),
];

/// A query. Which of the service requests go with queries is not public: any of the family's is taken, which says whose documents are asked for.
const fn asks(name: &'static str, family: Family) -> Interaction {
    let service_requests: (&str, &[&str]) = match family {
        Family::Social => ("1.2.246.537.6.1503.201601", &SOCIAL_REQUESTS),
        Family::Patient | Family::Prescription => ("1.2.246.537.5.40157.2008", &PATIENT_REQUESTS),
    };
    Interaction { name, service_requests, family, operation: Operation::Read, replaces: None }
}

/// What FHIR brings to a service's documents.
#[must_use]
pub const fn providing(family: Family) -> Interaction {
    let service_requests: (&str, &[&str]) = ("", &[]);
    Interaction { name: PROVIDED, service_requests, family, operation: Operation::Write, replaces: None }
}

/// The service requests of social care.
const SOCIAL_REQUESTS: [&str; 17] = [
    "SP1", "SP2", "SP3", "SP4", "SP5", "SP6", "SP7", "SP8", "SP9", "SP10", "SP11", "SP12", "SP13", "SP14", "SP15",
    "SP16", "SP17",
];

/// The service requests of patients' documents; of those beyond the first, which stores, only that there are some is assumed.
const PATIENT_REQUESTS: [&str; 9] = ["PP1", "PP2", "PP3", "PP4", "PP5", "PP6", "PP7", "PP8", "PP9"];

/// The interaction of an envelope.
///
/// # Errors
/// The refusal when the interaction or its service request is not in the table.
pub fn interaction_of(envelope: &Envelope) -> Result<&'static Interaction, crate::refusal::Finding> {
    use crate::refusal::{Finding, RefusalCode};
    let mut known = INTERACTIONS.iter().filter(|one| one.name == envelope.interaction).peekable();
    if known.peek().is_none() {
        return Err(Finding::new(RefusalCode::InteractionUnknown, "interactionId"));
    }
    let request = &envelope.service_request;
    let fits = |one: &&Interaction| {
        let (system, codes) = one.service_requests;
        request.system == system && codes.contains(&request.code.as_str())
    };
    known.find(fits).ok_or_else(|| Finding::new(RefusalCode::ServiceRequestUnknown, "controlActProcess/reasonCode"))
}
