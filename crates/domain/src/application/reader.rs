//! Reads a step's form field by field: values out, every fault noted with its field.

use super::steps::{
    AccessPointStep, Connected, Connection, Contact, FieldError, FieldProblem, Form, MAX_ADDRESSES, MAX_CERTIFICATES,
    MAX_CONNECTIONS, MAX_TENANTS, MAX_UNITS, ModelStep, OwnPoint, SignatureStep, connections_in, max_chars, nth_field,
    role_field,
};
use crate::Sha256Hash;
use crate::directory::{Link, LinkRole, Network};
use crate::identifier::{AccessPointOid, BusinessId, DnsName, EInvoiceAddress, Oid, PhoneNumber};
use crate::plan::{ContactRole, Signer};
use crate::service_code::Service;
use crate::time::Moment;
use std::collections::BTreeSet;
use std::net::IpAddr;

pub(crate) struct Reader<'f> {
    form: &'f Form,
    pub(crate) errors: Vec<FieldError>,
    /// Which connection's fields are read.
    nth: usize,
}

impl<'f> Reader<'f> {
    /// Reads a form; of connections the nth.
    pub(crate) const fn of_connection(form: &'f Form, nth: usize) -> Self {
        Self { form, errors: Vec::new(), nth }
    }
}

/// Fields of a connection that nobody proposes.
const ALONE: [&str; 7] =
    ["existing_oid", "existing_other", "own_dns", "own_addresses", "backup_dns", "backup_addresses", "system"];

impl Reader<'_> {
    /// A field of the connection that is read.
    fn of(&self, field: &str) -> String {
        nth_field(field, self.nth)
    }

    fn said(&self, field: &str) -> &str {
        self.form.text(&self.of(field))
    }

    pub(super) fn wrong(&mut self, field: &str, problem: FieldProblem) {
        self.errors.push(FieldError { field: field.to_owned(), problem });
    }

    pub(crate) fn required(&mut self, field: &str) -> Option<String> {
        let text = self.form.text(field).to_owned();
        if text.is_empty() {
            self.wrong(field, FieldProblem::Missing);
            return None;
        }
        if text.chars().count() > max_chars(field) || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            self.wrong(field, FieldProblem::TooLong);
            return None;
        }
        Some(text)
    }

    /// What may be left empty.
    pub(crate) fn optional(&mut self, field: &str) -> Option<String> {
        if self.form.text(field).is_empty() { Some(String::new()) } else { self.required(field) }
    }

    pub(crate) fn parsed<T, E>(
        &mut self,
        field: &str,
        problem: FieldProblem,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.required(field)?;
        let value = parse(&text).ok();
        if value.is_none() {
            self.wrong(field, problem);
        }
        value
    }

    pub(super) fn email(&mut self, field: &str) -> Option<String> {
        self.parsed(field, FieldProblem::Email, |text| is_email(text).then(|| text.to_owned()).ok_or(()))
    }

    fn phone(&mut self, field: &str) -> Option<String> {
        self.parsed(field, FieldProblem::Phone, |text| {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            let only = text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c));
            (only && (5..=15).contains(&digits)).then(|| text.to_owned()).ok_or(())
        })
    }

    pub(super) fn contact(&mut self, role: ContactRole) -> Option<Contact> {
        self.person(&role_field(role, ""), role == ContactRole::Fault)
    }

    /// A person or function whose fields begin in the same way; faults are told by text message, too.
    pub(super) fn person(&mut self, begins: &str, fault: bool) -> Option<Contact> {
        let of = |part: &str| format!("{begins}{part}");
        let name = self.required(&of("name"));
        let email = self.email(&of("email"));
        let phone = match fault {
            true => {
                self.parsed(&of("phone"), FieldProblem::Phone, |text| PhoneNumber::parse(text).map(|_| text.to_owned()))
            }
            false => self.phone(&of("phone")),
        };
        Some(Contact { name: name?, email: email?, phone: phone? })
    }

    pub(super) fn billing(&mut self) {
        self.parsed("business_id", FieldProblem::BusinessId, BusinessId::parse);
        self.required("address");
        if !self.form.text("e_invoice").is_empty() {
            self.parsed("e_invoice", FieldProblem::EInvoice, EInvoiceAddress::parse);
            self.required("operator");
        }
    }

    pub(super) fn connection(&mut self) -> Option<Connection> {
        match self.said("connection") {
            "existing" => self.point(&self.of(self.existing())).map(Connection::Existing),
            "own" => self.own_point(),
            _ => {
                self.wrong(&self.of("connection"), FieldProblem::Choice);
                None
            }
        }
    }

    /// Where an open point is named: typed, or else picked.
    fn existing(&self) -> &'static str {
        if self.said("existing_other").is_empty() { "existing_oid" } else { "existing_other" }
    }

    pub(super) fn access_point(&mut self, service: Service) -> Option<AccessPointStep> {
        let mut connections = Vec::new();
        let mut named = BTreeSet::new();
        for nth in connections_in(self.form) {
            self.nth = nth;
            let connected = self.connected(service);
            if let Some(connected) = connected {
                let own = matches!(connected.connection, Connection::Own(_));
                let field = if own { "own_oid" } else { self.existing() };
                if !named.insert(connected.connection.oid().clone()) {
                    self.wrong(&self.of(field), FieldProblem::Twice);
                }
                connections.push(connected);
            }
        }
        // What is filled in of another without the choice joins nobody: that is not left to be found out later.
        let begun = |nth: &usize| ALONE.iter().any(|field| !self.form.text(&nth_field(field, *nth)).is_empty());
        let chosen = connections_in(self.form);
        let begun: Vec<usize> = (2..=MAX_CONNECTIONS).filter(begun).filter(|nth| !chosen.contains(nth)).collect();
        for nth in begun {
            self.wrong(&nth_field("connection", nth), FieldProblem::Choice);
        }
        self.nth = 1;
        let start = match self.form.text("start") {
            "" => None,
            text => {
                let moment = Moment::parse(text).ok();
                if moment.is_none() {
                    self.wrong("start", FieldProblem::Date);
                }
                moment
            }
        };
        let signature = if service.needs_signature() { self.signature().map(Some) } else { Some(None) };
        Some(AccessPointStep { connections, signature: signature?, start })
    }

    /// The connection that is read, with what runs through it.
    fn connected(&mut self, service: Service) -> Option<Connected> {
        let connection = self.connection();
        let system = self.required(&self.of("system"));
        let receives = matches!(service, Service::Prescription | Service::RenewalReception);
        let field = self.of("renewal_units");
        let renewal_units = match self.said("renewal_units") {
            _ if !receives => Some(Vec::new()),
            // Whoever applies for reception names who receives.
            "" if service == Service::Prescription => Some(Vec::new()),
            _ => self.parsed(&field, FieldProblem::Units, |text| parse_oids(text, MAX_UNITS)),
        };
        Some(Connected { nth: self.nth, connection: connection?, system: system?, renewal_units: renewal_units? })
    }

    /// By which model one joins; nothing said is the direct one.
    pub(super) fn model(&mut self) -> Option<ModelStep> {
        let ticked = |field: &str| self.form.ticked(field);
        match self.form.text("model") {
            "" | "direct" => Some(ModelStep::Direct),
            "joint" => {
                let (agreement, hosts_system, named_on_messages) =
                    (ticked("tenants_agreement"), ticked("tenants_hosts_system"), ticked("tenants_named"));
                let tenants =
                    self.parsed("tenants", FieldProblem::Organisations, |text| parse_oids(text, MAX_TENANTS))?;
                Some(ModelStep::Joint { tenants, agreement, hosts_system, named_on_messages })
            }
            "parallel" => {
                let (organiser_offers, only_organisers_register, own_system) =
                    (ticked("organiser_offers"), ticked("only_organisers_register"), ticked("own_system"));
                let organiser = self.parsed("organiser", FieldProblem::Organisations, Oid::parse)?;
                Some(ModelStep::Parallel { organiser, organiser_offers, only_organisers_register, own_system })
            }
            _ => {
                self.wrong("model", FieldProblem::Choice);
                None
            }
        }
    }

    fn signature(&mut self) -> Option<SignatureStep> {
        let agreement = self.form.ticked("signer_agreement");
        match Signer::parse(self.form.text("signer")) {
            Some(signer @ Signer::Own) => Some(SignatureStep { signer, holder: None, agreement: false }),
            Some(signer @ Signer::WholeServiceSupplier) => {
                let holder = self.parsed("signer_holder", FieldProblem::Oid, Oid::parse)?;
                Some(SignatureStep { signer, holder: Some(holder), agreement })
            }
            // A host signs for its tenants, who do not apply.
            Some(Signer::Host) | None => {
                self.wrong("signer", FieldProblem::Choice);
                None
            }
        }
    }

    pub(crate) fn point(&mut self, field: &str) -> Option<AccessPointOid> {
        self.parsed(field, FieldProblem::AccessPointOid, AccessPointOid::parse)
    }

    pub(crate) fn own_point(&mut self) -> Option<Connection> {
        let oid = self.point(&self.of("own_oid"));
        let reached = self.reached();
        let certificates = match self.said("own_certificates") {
            "" => Some(Vec::new()),
            _ => self.parsed(&self.of("own_certificates"), FieldProblem::Fingerprints, parse_fingerprints),
        };
        let (country, links) = reached?;
        Some(Connection::Own(OwnPoint { oid: oid?, country, links, certificates: certificates? }))
    }

    /// Where a point stands, and by which links it is reached.
    pub(crate) fn reached(&mut self) -> Option<(String, Vec<Link>)> {
        let country = self.country();
        let network = self.parsed(&self.of("own_network"), FieldProblem::Choice, |text| Network::parse(text).ok_or(()));
        let primary = self.link(network, LinkRole::Primary, "own");
        let backup = match self.said("backup") {
            "" | "none" => Some(None),
            _ => {
                let network =
                    self.parsed(&self.of("backup"), FieldProblem::Choice, |text| Network::parse(text).ok_or(()));
                self.link(network, LinkRole::Backup, "backup").map(Some)
            }
        };
        Some((country?, std::iter::once(primary?).chain(backup?).collect()))
    }

    /// Where a point stands.
    pub(crate) fn country(&mut self) -> Option<String> {
        self.parsed(&self.of("own_country"), FieldProblem::Country, |text| {
            let code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
            code.then(|| text.to_owned()).ok_or(())
        })
    }

    /// A link with its name and addresses.
    fn link(&mut self, network: Option<Network>, role: LinkRole, fields: &str) -> Option<Link> {
        let dns = self.parsed(&self.of(&format!("{fields}_dns")), FieldProblem::DnsName, |text| {
            DnsName::parse(text).map(|name| name.to_string())
        });
        let addresses = self.parsed(&self.of(&format!("{fields}_addresses")), FieldProblem::Addresses, parse_addresses);
        Some(Link { network: network?, role, dns_name: dns?, addresses: addresses?, halls: Vec::new() })
    }
}

/// The parts of a list that a person typed, however they are separated.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let separates = |c: char| c.is_whitespace() || c == ',' || c == ';';
    text.split(separates).filter(|part| !part.is_empty())
}

/// The same, of which there is at least one and no more than so many.
pub(crate) fn parts(text: &str, most: usize) -> Result<Vec<&str>, ()> {
    let parts: Vec<&str> = words(text).collect();
    if parts.is_empty() || parts.len() > most { Err(()) } else { Ok(parts) }
}

/// OIDs that a person typed or chose, each once, however they are separated; as they are read everywhere.
pub(crate) fn parse_oids(text: &str, most: usize) -> Result<Vec<Oid>, ()> {
    let oids = parts(text, most)?;
    let oids: BTreeSet<Oid> = oids.iter().map(|part| Oid::parse(part).map_err(|_| ())).collect::<Result<_, _>>()?;
    Ok(oids.into_iter().collect())
}

pub(crate) fn parse_addresses(text: &str) -> Result<Vec<IpAddr>, ()> {
    parts(text, MAX_ADDRESSES)?.iter().map(|part| part.parse().map_err(|_| ())).collect()
}

/// SHA-256 fingerprints as certificate viewers show them, with or without colons.
pub(crate) fn parse_fingerprints(text: &str) -> Result<Vec<Sha256Hash>, ()> {
    parts(text, MAX_CERTIFICATES)?.iter().map(|part| Sha256Hash::parse(&part.replace(':', "")).ok_or(())).collect()
}

/// Whether a text looks like an e-mail address: enough to catch slips; the mailbox itself proves it.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '<' && c != '>' && c != ',';
    !local.is_empty()
        && local.chars().all(plain)
        && local.len() <= 64
        && domain.contains('.')
        && DnsName::parse(domain).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails() {
        for good in ["kirjaamo@esimerkki.test", "a.b+c@x.y.fi"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.fi", "a b@c.fi", "a@c.fi, d@e.fi", "a@-b.fi", "a@b.1"] {
            assert!(!is_email(bad), "{bad}");
        }
    }
}
