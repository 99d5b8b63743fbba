//! An application said as a planned connection, so that the rulebook is asked of it like of any other plan; and where in the
//! application a place of that plan is filled in.

use super::steps::{
    CONNECTION_FIELDS, Connection, ModelStep, OwnPoint, access_point, connections, contact, nth_field, renewal_units,
};
use super::{Application, Form, JoinerKind, State, Step};
use crate::identifier::Oid;
use crate::plan::{
    ContactRole, Plan, PlannedApplication, PlannedBilling, PlannedContact, PlannedLink, PlannedPoint, PlannedService,
    PlannedSignature, PlannedSystem, PlannedTenant, Standing, Whose,
};
use crate::rules::{Check, Outcome, Severity, Verdict};
use crate::service_code::Service;
use crate::time::Moment;

/// The planned connection that an application asks for. What was filled in and can be read is said; what no step asks stays
/// unknown. `now` is the earliest first day.
#[must_use]
pub fn plan(application: &Application, now: Moment) -> Plan {
    let form = application.form(Step::AccessPoints);
    let wished = Moment::parse(form.text("start")).ok();
    let sent = match application.state {
        State::Sent { at } => at,
        _ => now,
    };
    let mut plan = Plan::new(wished.map_or(now, |start| start.max(now)), application.joiner.clone());
    // "As soon as approved" has no day that anything could be late for.
    plan.sent = wished.map(|_| sent);
    with_others(&mut plan, application);
    for (nth, connection) in connections(&form) {
        connect(&mut plan, application, &form, (nth, connection));
    }
    let step = access_point(&form, application.service);
    if let Some(signature) = step.and_then(|step| step.signature) {
        plan.signature = Some(PlannedSignature {
            signer: signature.signer,
            certificate: None,
            ordered: None,
            holder: signature.holder,
            agreement: Some(signature.agreement),
        });
    }
    if plan.services.is_empty() {
        plan.services.push(PlannedService::new(application.service));
    }
    plan.standing = Standing::Applied;
    plan.application = Some(administrative(application));
    plan
}

/// Says with whom one joins.
fn with_others(plan: &mut Plan, application: &Application) {
    let Some(step) = application.model() else { return };
    plan.model = step.model();
    match step {
        ModelStep::Direct => {}
        ModelStep::Joint { tenants, agreement, hosts_system, named_on_messages } => {
            let (agreement, hosts_system) = (Some(agreement), Some(hosts_system));
            let named_on_messages = Some(named_on_messages);
            let tenant = |oid| PlannedTenant { oid, agreement, hosts_system, named_on_messages };
            plan.tenants = tenants.into_iter().map(tenant).collect();
        }
        ModelStep::Parallel { organiser, organiser_offers, only_organisers_register, own_system } => {
            plan.organiser = Some(organiser);
            plan.organiser_offers = Some(organiser_offers);
            plan.only_organisers_register = Some(only_organisers_register);
            plan.own_system = Some(own_system);
            // Whoever applies joins.
            plan.producer_joins = Some(true);
        }
    }
}

/// Says of a connection what runs through it: the service, and after it the reception of renewal requests.
fn connect(plan: &mut Plan, application: &Application, form: &Form, (nth, connection): (usize, Connection)) {
    let code = application.service;
    let said = |field: &str| Some(form.text(&nth_field(field, nth)).to_owned()).filter(|text| !text.is_empty());
    let system = said("system");
    let service = PlannedService {
        access_points: vec![connection.oid().clone()],
        system: system.clone(),
        ..PlannedService::new(code)
    };
    let receives = matches!(code, Service::Prescription | Service::RenewalReception);
    let units = if receives { renewal_units(form, nth) } else { Vec::new() };
    let administrator = administrator(plan, application.kind, &connection);
    let mut point = PlannedPoint { administrator, ..point(connection, system.clone()) };
    if plan.whose(&point.oid) == Whose::Intermediary {
        point.agreement = Some(form.ticked(&nth_field("existing_agreement", nth)));
    }
    if point.new == Some(true) {
        point.production_addresses = Some(form.ticked(&nth_field("production_addresses", nth)));
    }
    plan.access_points.push(point);
    if !units.is_empty() {
        let able = form.ticked(&nth_field("renewal_able", nth)).then_some(true);
        plan.systems.extend(system.map(|number| able_to_receive(number, able)));
    }
    if code != Service::RenewalReception {
        plan.services.push(service.clone());
    }
    if code == Service::RenewalReception || !units.is_empty() {
        plan.services.push(PlannedService { code: Service::RenewalReception, units, ..service });
    }
}

/// Who administers an own new access point: one of the joiner's units, or else the joiner, whatever its OID says. Which pharmacies a
/// pharmacist holds the registers say later: a point is the pharmacy's that its OID names, and a rule asks whether that is theirs.
fn administrator(plan: &Plan, kind: JoinerKind, connection: &Connection) -> Option<Oid> {
    let Connection::Own(OwnPoint { oid, .. }) = connection else { return None };
    Some(if kind == JoinerKind::Pharmacy || plan.whose(oid) == Whose::Own {
        oid.administrator()
    } else {
        plan.joiner.clone()
    })
}

fn point(connection: Connection, system: Option<String>) -> PlannedPoint {
    match connection {
        Connection::Existing(oid) => PlannedPoint::new(oid),
        Connection::Own(OwnPoint { oid, country, links, certificates }) => PlannedPoint {
            country: Some(country),
            certificates: certificates.iter().map(ToString::to_string).collect(),
            system,
            new: Some(true),
            links: links.iter().map(PlannedLink::held).collect(),
            ..PlannedPoint::new(oid)
        },
    }
}

const fn able_to_receive(number: String, renewal_reception: Option<bool>) -> PlannedSystem {
    PlannedSystem { number, register_access_right: None, renewal_reception, fulfils_obligation: None }
}

fn administrative(application: &Application) -> PlannedApplication {
    let said = |form: &Form, field: &str| Some(form.text(field).to_owned()).filter(|text| !text.is_empty());
    let accepted = |step| application.forms.get(&step).map(|form| form.ticked("accept"));
    let form = application.form(Step::Contacts);
    let named = |role: &ContactRole| {
        let contact = contact(&form, *role)?;
        let card = said(&form, "archivist_card").filter(|_| *role == ContactRole::Archivist);
        let (email, phone) = (Some(contact.email), Some(contact.phone));
        Some(PlannedContact { role: *role, services: Vec::new(), email, phone, card })
    };
    let billing = application.forms.get(&Step::Billing).map(|form| PlannedBilling {
        business_id: said(form, "business_id"),
        address: said(form, "address"),
        e_invoice: said(form, "e_invoice"),
        operator: said(form, "operator"),
    });
    PlannedApplication {
        first: Some(application.first_joining),
        applicant: None,
        email: said(&application.form(Step::ClientData), "email"),
        service_description: accepted(Step::ServiceDescription),
        // The undertaking is signed with the general terms (Extranet guide 3.1.7).
        undertaking: accepted(Step::Undertaking),
        general_terms: accepted(Step::Undertaking),
        enrolled: None,
        deployment_planned: None,
        contacts: ContactRole::ALL.iter().filter_map(named).collect(),
        billing,
    }
}

impl Step {
    /// The step where something about a place of the plan is mended.
    #[must_use]
    pub fn of_place(place: &str) -> Self {
        let starts = |start: &str| place.starts_with(start);
        if starts("application.contact") {
            Self::Contacts
        } else if starts("application.billing") {
            Self::Billing
        } else if starts("application.service_description") {
            Self::ServiceDescription
        } else if starts("application.undertaking") || starts("application.general_terms") {
            Self::Undertaking
        } else if starts("application.email") || ["joiner", "activity", "pharmacies"].into_iter().any(starts) {
            Self::ClientData
        } else if starts("application") {
            Self::Summary
        } else if ["model", "tenant", "organiser", "producer_joins", "only_organisers", "own_system"]
            .into_iter()
            .any(starts)
        {
            Self::Model
        } else {
            Self::AccessPoints
        }
    }
}

/// The field of the application where a place of its plan is filled in; `None`: it is not asked, or is a whole step.
#[must_use]
pub fn field_of(application: &Application, place: &str) -> Option<String> {
    let field = field_of_place(place)?;
    if !CONNECTION_FIELDS.contains(&field) {
        return Some(field.to_owned());
    }
    // Which connection it is: points and services of the plan come in the order of the connections that can be read.
    let number = place.split_once('[')?.1.split_once(']')?.0.parse::<usize>().ok()?;
    let form = application.form(Step::AccessPoints);
    let read = connections(&form);
    let nth = if place.starts_with("access_point") {
        read.get(number - 1)?.0
    } else {
        let receives =
            |nth: usize| application.service == Service::Prescription && !renewal_units(&form, nth).is_empty();
        let services = read.iter().flat_map(|(nth, _)| std::iter::repeat_n(*nth, 1 + usize::from(receives(*nth))));
        services.collect::<Vec<_>>().get(number - 1).copied()?
    };
    Some(nth_field(field, nth))
}

fn field_of_place(place: &str) -> Option<&'static str> {
    let ends = |end: &str| place.ends_with(end);
    let (backup, own) = (place.contains(".link[2]"), place.starts_with("access_point"));
    Some(match place {
        "application.email" => "email",
        "application.billing.business_id" => "business_id",
        "application.billing.address" => "address",
        "application.billing.e_invoice" => "e_invoice",
        "application.billing.operator" => "operator",
        "signature" | "signature.signer" => "signer",
        "signature.holder" => "signer_holder",
        "signature.agreement" => "signer_agreement",
        "start" | "sent" => "start",
        "model" => "model",
        "organiser" => "organiser",
        "organiser_offers" => "organiser_offers",
        "producer_joins" | "only_organisers_register" => "only_organisers_register",
        "own_system" => "own_system",
        _ if place.starts_with("tenant") && ends(".agreement") => "tenants_agreement",
        _ if place.starts_with("tenant") && ends(".hosts_system") => "tenants_hosts_system",
        _ if place.starts_with("tenant") && ends(".named_on_messages") => "tenants_named",
        _ if place.starts_with("tenant") => "tenants",
        _ if place.starts_with("service") && place.contains(".units") => "renewal_units",
        _ if ends(".system") => "system",
        _ if place.starts_with("application.contact") && ends(".card") => "archivist_card",
        _ if own && place.contains(".addresses") && backup => "backup_addresses",
        _ if own && place.contains(".addresses") => "own_addresses",
        _ if own && ends(".dns_name") && backup => "backup_dns",
        _ if own && ends(".dns_name") => "own_dns",
        _ if own && ends(".network") && backup => "backup",
        _ if own && ends(".network") => "own_network",
        _ if own && ends(".link") => "backup",
        _ if own && ends(".country") => "own_country",
        _ if own && ends(".new") => "own_oid",
        _ if own && ends(".open") => "existing_oid",
        _ if own && ends(".agreement") => "existing_agreement",
        _ if own && ends(".production_addresses") => "production_addresses",
        _ => return None,
    })
}

/// Whether an outcome is worth telling though some steps cannot be read yet: what an empty or faulty field says by itself is
/// not said twice.
#[must_use]
pub fn tells(outcome: &Outcome<'_>, incomplete: &[Step]) -> bool {
    let unread = |step| incomplete.contains(&step);
    outcome.answers.iter().filter(|answer| answer.verdict != Verdict::Kept).any(|answer| {
        match Step::of_place(&answer.place) {
            Step::Model => !unread(Step::Model),
            Step::AccessPoints => {
                let says_itself = matches!(outcome.rule.check, Check::PointsNamed {} | Check::SignatureNeeded { .. });
                !(says_itself && unread(Step::AccessPoints))
            }
            // What is wrong with the joiner's entry is no fault of a field.
            Step::ClientData => answer.place != "application.email" || !unread(Step::ClientData),
            step => !unread(step),
        }
    })
}

/// Whether an outcome stands in the way of sending and approving.
#[must_use]
pub fn forbids(outcome: &Outcome<'_>) -> bool {
    outcome.rule.severity == Severity::Error && outcome.verdict() == Some(Verdict::Broken)
}

#[cfg(test)]
mod tests;
