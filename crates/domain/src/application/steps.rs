//! The steps of an application (Extranet guide 3.1) and how a filled-in form is read into meaning.
//!
//! A joiner may have several connections – a point for each pharmacy, its own point and an intermediary's –, so the fields of a
//! connection come once for each: the first's have plain names, those of the second end in `_2`.

pub use super::reader::words;
use super::reader::{Reader, parse_oids};
use crate::Sha256Hash;
use crate::directory::Link;
use crate::identifier::oid::MAX_OID_BYTES;
use crate::identifier::{AccessPointOid, ArchivistCardNumber, Oid, PhoneNumber};
use crate::plan::{ContactRole, Signer};
use crate::position::Act;
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::Moment;
use crate::typed::is_unseen;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

codes! {
    /// A step, in the order of the guide.
    Step {
        /// What to have ready.
        Guidance = "guidance",
        /// By which connection model, and with whom.
        Model = "model",
        /// Access points and systems.
        AccessPoints = "access-points",
        /// The joiner's own data.
        ClientData = "client-data",
        /// Contacts and roles.
        Contacts = "contacts",
        /// Billing.
        Billing = "billing",
        /// The service description.
        ServiceDescription = "service-description",
        /// The undertaking, on the first joining.
        Undertaking = "undertaking",
        /// Summary and sending.
        Summary = "summary",
    }
}

impl Step {
    /// What one must be let do for the organisation to fill the step in.
    #[must_use]
    pub const fn act(self) -> Act {
        match self {
            Self::AccessPoints => Act::Technical,
            Self::Undertaking => Act::Bind,
            _ => Act::Prepare,
        }
    }
}

impl ContactRole {
    /// Whether a service's application asks for the role (Extranet guide 3.1.4).
    #[must_use]
    pub const fn needed_for(self, service: Service) -> bool {
        match self {
            Self::Archivist => service.needs_archivist(),
            Self::Imaging => matches!(service, Service::ImagingData),
            Self::Billing => service.needs_billing_contact(),
            _ => true,
        }
    }

    /// Whether it is held for one service, and not for the joiner as a whole.
    #[must_use]
    pub const fn of_service(self) -> bool {
        matches!(self, Self::Archivist | Self::Imaging | Self::Billing)
    }
}

/// Longest text taken in one field, in characters.
pub const MAX_FIELD_CHARS: usize = 500;
/// Most addresses one access point may name.
pub const MAX_ADDRESSES: usize = 16;
/// Most units that receive renewal requests through one access point.
pub const MAX_UNITS: usize = 500;
/// Most connections of one application.
pub const MAX_CONNECTIONS: usize = 20;
/// Most tenants named in one application.
pub const MAX_TENANTS: usize = 200;
/// Most access points behind a collection point that one notification names.
pub const MAX_POINTS: usize = 200;
/// Most certificates one access point may name: one in use and those that follow it.
pub const MAX_CERTIFICATES: usize = 4;

/// What a person typed, by field name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Form(pub BTreeMap<String, String>);

impl Form {
    /// A field's text without surrounding space; empty when absent.
    #[must_use]
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).map_or("", |text| text.trim())
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn ticked(&self, field: &str) -> bool {
        self.text(field) == "yes"
    }

    /// Without what nobody sees.
    #[must_use]
    pub fn seen(mut self) -> Self {
        self.0.values_mut().for_each(|text| text.retain(|c| !is_unseen(c)));
        self
    }

    /// Keeps only the fields that a step knows, so that nothing else is ever stored, and of each no more than a letter over
    /// what is taken.
    #[must_use]
    pub fn only_of(mut self, step: Step) -> Self {
        self.0.retain(|name, _| fields(step).any(|field| field == *name));
        // As it is printed on the card, in groups.
        if let Some(card) = self.0.get_mut("archivist_card") {
            card.retain(|c| !c.is_whitespace());
        }
        for (name, text) in &mut self.0 {
            text.retain(|c| !is_unseen(c));
            if let Some((end, _)) = text.char_indices().nth(max_chars(name) + 1) {
                text.truncate(end);
            }
        }
        self
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// What is wrong with it.
    pub problem: FieldProblem,
}

codes! {
    /// What can be wrong with a field; the Fluent key is `field-` and the code.
    FieldProblem {
        /// Nothing was given.
        Missing = "missing",
        /// Over [`MAX_FIELD_CHARS`], or with control characters.
        TooLong = "too-long",
        /// Not an access point's OID.
        AccessPointOid = "access-point-oid",
        /// Not a DNS name.
        DnsName = "dns-name",
        /// Not IP addresses.
        Addresses = "addresses",
        /// Not SHA-256 fingerprints.
        Fingerprints = "fingerprints",
        /// Not a certificate that can be read, or none of the access point's.
        Certificates = "certificates",
        /// A private key, which was not kept.
        PrivateKey = "private-key",
        /// Not a country's code.
        Country = "country",
        /// Not OIDs of units.
        Units = "units",
        /// Not an OID.
        Oid = "oid",
        /// Not OIDs of organisations.
        Organisations = "organisations",
        /// Not an e-mail address.
        Email = "email",
        /// Not a telephone number.
        Phone = "phone",
        /// A telephone number that takes no text messages.
        PhoneTexts = "phone-texts",
        /// Not a card number.
        CardNumber = "card-number",
        /// Not a Business ID.
        BusinessId = "business-id",
        /// Not an e-invoice address.
        EInvoice = "e-invoice",
        /// Not a date.
        Date = "date",
        /// A day that has been.
        DatePast = "date-past",
        /// A day or time that has not been yet.
        DateAhead = "date-ahead",
        /// The box must be ticked to go on.
        MustAccept = "must-accept",
        /// Not one of the choices.
        Choice = "choice",
        /// Named in an earlier connection already.
        Twice = "twice",
        /// A role would be left with nobody.
        RoleEmpty = "role-empty",
        /// Not a whole number of those that are taken.
        Number = "number",
        /// Not test identities of the 900 series.
        TestIdentities = "test-identities",
    }
}

/// How the joiner's system reaches Kanta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// A point already in the directory.
    Existing(AccessPointOid),
    /// The joiner's own new point.
    Own(OwnPoint),
}

/// An access point that the joiner brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPoint {
    /// Its OID.
    pub oid: AccessPointOid,
    /// Where it stands, ISO 3166-1 alpha-2.
    pub country: String,
    /// Its links, the primary first.
    pub links: Vec<Link>,
    /// The only server certificates it will call with; empty: any of a trusted issuer that carries the OID.
    pub certificates: Vec<Sha256Hash>,
}

impl Connection {
    /// The access point's OID.
    #[must_use]
    pub const fn oid(&self) -> &AccessPointOid {
        match self {
            Self::Existing(oid) | Self::Own(OwnPoint { oid, .. }) => oid,
        }
    }
}

/// A connection with what runs through it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// Which one it is, counted from 1 in the form.
    pub nth: usize,
    /// Which access point.
    pub connection: Connection,
    /// Which system (Astori number).
    pub system: String,
    /// The units that receive renewal requests through it, or the professional itself; none: they are not received.
    pub renewal_units: Vec<Oid>,
}

/// The step of access points and systems read into meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPointStep {
    /// The connections, at least one.
    pub connections: Vec<Connected>,
    /// Whose certificate signs, where the service's documents are signed.
    pub signature: Option<SignatureStep>,
    /// The wished first day; `None` is as soon as approved.
    pub start: Option<Moment>,
}

/// By which model one joins, and with whom (guide 4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelStep {
    /// In one's own name.
    Direct,
    /// With tenants.
    Joint {
        /// Who.
        tenants: Vec<Oid>,
        /// Whether host and each tenant have agreed on responsibilities.
        agreement: bool,
        /// Whether they work in the host's premises and with its system.
        hosts_system: bool,
        /// Whether every message and document names them.
        named_on_messages: bool,
    },
    /// Through a public organiser.
    Parallel {
        /// Which.
        organiser: Oid,
        /// Whether it offers its system.
        organiser_offers: bool,
        /// Whether one records into its register only.
        only_organisers_register: bool,
        /// Whether one has a certified system of one's own.
        own_system: bool,
    },
}

impl ModelStep {
    /// Which model it is.
    #[must_use]
    pub const fn model(&self) -> ConnectionModel {
        match self {
            Self::Direct => ConnectionModel::Direct,
            Self::Joint { .. } => ConnectionModel::Joint,
            Self::Parallel { .. } => ConnectionModel::Parallel,
        }
    }
}

/// Whose system signature certificate signs (guide 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureStep {
    /// The joiner's own or its whole-service supplier's; a host signs for its tenants with its own.
    pub signer: Signer,
    /// The supplier.
    pub holder: Option<Oid>,
    /// Whether its use is agreed on with the supplier.
    pub agreement: bool,
}

/// Who is named for a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Person or function.
    pub name: String,
    /// Where messages go.
    pub email: String,
    /// Telephone; for faults one that takes SMS.
    pub phone: String,
}

/// The fields that each connection has.
pub const CONNECTION_FIELDS: [&str; 17] = [
    "connection",
    "existing_oid",
    "existing_other",
    "existing_agreement",
    "own_oid",
    "own_country",
    "own_network",
    "own_dns",
    "own_addresses",
    "own_certificates",
    "backup",
    "backup_dns",
    "backup_addresses",
    "production_addresses",
    "system",
    "renewal_units",
    "renewal_able",
];

/// The field of the nth connection, counted from 1.
#[must_use]
pub fn nth_field(field: &str, nth: usize) -> String {
    if nth <= 1 { field.to_owned() } else { format!("{field}_{nth}") }
}

/// A field of a connection without its number, and the number.
#[must_use]
pub fn plain_field(field: &str) -> (&str, usize) {
    let numbered = field.rsplit_once('_').and_then(|(plain, nth)| Some((plain, nth.parse::<usize>().ok()?)));
    numbered.filter(|(plain, nth)| *nth > 1 && CONNECTION_FIELDS.contains(plain)).unwrap_or((field, 1))
}

/// The field names of a step.
pub fn fields(step: Step) -> impl Iterator<Item = String> {
    let plain: &[&str] = match step {
        Step::Guidance => &["start"],
        Step::Model => &[
            "model",
            "tenants",
            "tenants_agreement",
            "tenants_hosts_system",
            "tenants_named",
            "organiser",
            "organiser_offers",
            "only_organisers_register",
            "own_system",
        ],
        Step::AccessPoints => &["start", "signer", "signer_holder", "signer_agreement"],
        Step::ClientData => &["email"],
        Step::Contacts => &["archivist_card"],
        Step::Billing => &["business_id", "address", "e_invoice", "operator", "reference"],
        Step::ServiceDescription | Step::Undertaking => &["accept", "version"],
        Step::Summary => &[],
    };
    let connections = if step == Step::AccessPoints { MAX_CONNECTIONS } else { 0 };
    let of_connections = (1..=connections).flat_map(|nth| CONNECTION_FIELDS.map(|field| nth_field(field, nth)));
    let roles: &[ContactRole] = if step == Step::Contacts { ContactRole::ALL } else { &[] };
    let of_roles = roles.iter().flat_map(|role| ["name", "email", "phone"].map(|part| role_field(*role, part)));
    plain.iter().map(|name| (*name).to_owned()).chain(of_connections).chain(of_roles)
}

/// Whether what was filled in counts: what belongs to a way or a model that was not chosen is kept, but is no part of the application.
#[must_use]
pub fn counts(form: &Form, step: Step, name: &str) -> bool {
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    match step {
        Step::AccessPoints => {
            let (_, nth) = plain_field(name);
            let way = form.text(&nth_field("connection", nth));
            let of_other_way =
                if way == "own" { starts(&["existing_"]) } else { starts(&["own_", "backup", "production_"]) };
            let of_supplier = ["signer_holder", "signer_agreement"].contains(&plain_field(name).0);
            !of_other_way && (!of_supplier || form.text("signer") == "whole-service-supplier")
        }
        Step::Model => match form.text("model") {
            "joint" => !starts(&["organiser", "only_", "own_system"]),
            "parallel" => !starts(&["tenants"]),
            _ => name == "model",
        },
        _ => true,
    }
}

/// The numbers of the connections that a form describes: those whose way is chosen; the first when none is.
#[must_use]
pub fn connections_in(form: &Form) -> Vec<usize> {
    let chosen = |nth: &usize| !form.text(&nth_field("connection", *nth)).is_empty();
    let chosen: Vec<usize> = (1..=MAX_CONNECTIONS).filter(chosen).collect();
    if chosen.is_empty() { vec![1] } else { chosen }
}

/// The form without its nth connection; the others keep their numbers.
#[must_use]
pub fn without_connection(mut form: Form, nth: usize) -> Form {
    for field in CONNECTION_FIELDS {
        form.0.remove(&nth_field(field, nth));
    }
    form
}

/// The units that a connection says receive renewal requests; none while they cannot be read.
#[must_use]
pub fn renewal_units(form: &Form, nth: usize) -> Vec<Oid> {
    parse_oids(form.text(&nth_field("renewal_units", nth)), MAX_UNITS).unwrap_or_default()
}

/// Whether a telephone for faults gets no text messages. Asked when it is typed: one that was taken once stays.
#[must_use]
pub fn gets_no_texts(phone: &str) -> bool {
    PhoneNumber::parse(phone).is_ok_and(|phone| !phone.takes_texts())
}

/// The form with the first person that it names in every role that names nobody yet: one person may hold several roles.
#[must_use]
pub fn same_person(mut form: Form, service: Service) -> Form {
    const PARTS: [&str; 3] = ["name", "email", "phone"];
    let roles = || ContactRole::ALL.iter().copied().filter(|role| role.needed_for(service));
    let said = |form: &Form, role| PARTS.map(|part| form.text(&role_field(role, part)).to_owned());
    let first = roles().map(|role| said(&form, role)).find(|person| !person[0].is_empty());
    let Some(first) = first else { return form };
    for role in roles().filter(|role| said(&form, *role).iter().all(String::is_empty)).collect::<Vec<_>>() {
        for (part, text) in PARTS.iter().zip(&first) {
            form.0.insert(role_field(role, part), text.clone());
        }
    }
    form
}

/// The field name of a part of a role: `technical_email`.
#[must_use]
pub fn role_field(role: ContactRole, part: &str) -> String {
    format!("{}_{part}", role.code())
}

/// What is wrong with a step's form; empty when it can be used.
#[must_use]
pub fn errors(step: Step, service: Service, form: &Form) -> Vec<FieldError> {
    let mut reader = Reader::of_connection(form, 1);
    match step {
        Step::Guidance | Step::Summary => {}
        Step::Model => drop(reader.model()),
        Step::AccessPoints => drop(reader.access_point(service)),
        Step::ClientData => drop(reader.email("email")),
        Step::Contacts => {
            for role in ContactRole::ALL.iter().filter(|role| role.needed_for(service)) {
                reader.contact(*role);
            }
            if service.needs_archivist() {
                reader.parsed("archivist_card", FieldProblem::CardNumber, ArchivistCardNumber::parse);
            }
        }
        Step::Billing => reader.billing(),
        Step::ServiceDescription | Step::Undertaking => {
            if !form.ticked("accept") {
                reader.wrong("accept", FieldProblem::MustAccept);
            }
        }
    }
    reader.errors
}

/// Step 2 in meaning; `None` while it has errors.
#[must_use]
pub fn access_point(form: &Form, service: Service) -> Option<AccessPointStep> {
    let mut reader = Reader::of_connection(form, 1);
    reader.access_point(service).filter(|_| reader.errors.is_empty())
}

/// The connections of the step that can be read, though the rest of it has errors: each with its number.
#[must_use]
pub fn connections(form: &Form) -> Vec<(usize, Connection)> {
    let read = |nth| {
        let mut reader = Reader::of_connection(form, nth);
        Some((nth, reader.connection().filter(|_| reader.errors.is_empty())?))
    };
    connections_in(form).into_iter().filter_map(read).collect()
}

/// The step of the model in meaning; `None` while it has errors. Nothing said is the direct one.
#[must_use]
pub fn model(form: &Form) -> Option<ModelStep> {
    let mut reader = Reader::of_connection(form, 1);
    reader.model().filter(|_| reader.errors.is_empty())
}

/// Longest text taken in a field, in characters.
#[must_use]
pub fn max_chars(field: &str) -> usize {
    match plain_field(field).0 {
        "renewal_units" | "units" => MAX_UNITS * MAX_OID_BYTES,
        "tenants" => MAX_TENANTS * MAX_OID_BYTES,
        "points" => MAX_POINTS * MAX_OID_BYTES,
        "unit_numbers" => 2 * MAX_UNITS * MAX_OID_BYTES,
        _ => MAX_FIELD_CHARS,
    }
}

/// A person or function as a form of its own says it; for faults with a telephone that takes text messages.
///
/// # Errors
/// What is wrong with which field.
pub fn person(form: &Form, fault: bool) -> Result<Contact, Vec<FieldError>> {
    let mut reader = Reader::of_connection(form, 1);
    let read = reader.person("", fault);
    read.filter(|_| reader.errors.is_empty()).ok_or(reader.errors)
}

/// The holder of a role; `None` while the step has errors there.
#[must_use]
pub fn contact(form: &Form, role: ContactRole) -> Option<Contact> {
    let mut reader = Reader::of_connection(form, 1);
    let contact = reader.contact(role);
    contact.filter(|_| reader.errors.is_empty())
}

#[cfg(test)]
mod tests;
