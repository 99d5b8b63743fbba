//! Reads what was filled in.

use super::kind::Kind;
use crate::Sha256Hash;
use crate::application::reader::{Reader, parse_addresses, parse_fingerprints, parse_oids, parts};
use crate::application::steps::{Connection, MAX_POINTS, MAX_TENANTS, MAX_UNITS, OwnPoint};
use crate::application::{FieldError, FieldProblem, Form};
use crate::change::UnitBecomes;
use crate::directory::{Link, MAX_NAME};
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::{Grounds, PlannedTenant};
use crate::service_code::Service;
use crate::time::Moment;
use crate::typed;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What a notification says, in meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A service is used through a point with another system.
    System {
        /// Which service.
        service: Service,
        /// Through which point.
        point: AccessPointOid,
        /// With which system until then.
        from: String,
        /// And then.
        to: String,
    },
    /// What runs through one point runs through another.
    Swap {
        /// Through which until then.
        from: AccessPointOid,
        /// And then.
        to: AccessPointOid,
        /// Of one service only; `None`: of all.
        service: Option<Service>,
        /// Whether its use is agreed on with whoever administers it.
        agreed: bool,
    },
    /// A service is used through one more point.
    Use {
        /// Which.
        service: Service,
        /// Through which.
        point: AccessPointOid,
        /// With which system.
        system: String,
        /// Whether its use is agreed on with whoever administers it.
        agreed: bool,
    },
    /// A service is not used through a point with a system any more.
    EndUse {
        /// Which.
        service: Service,
        /// Through which.
        point: AccessPointOid,
        /// With which system.
        system: String,
    },
    /// Units begin to receive renewal requests.
    Reception {
        /// Which.
        units: Vec<Oid>,
        /// Through which point.
        point: AccessPointOid,
        /// With which system.
        system: String,
        /// Whether its use is agreed on with whoever administers it.
        agreed: bool,
    },
    /// Units receive none any more.
    EndReception {
        /// Which.
        units: Vec<Oid>,
    },
    /// A service is left.
    Leave {
        /// Which; what is received by it ends with it.
        service: Service,
    },
    /// A new access point.
    Point {
        /// What it is.
        point: OwnPoint,
        /// The system that implements it.
        system: String,
    },
    /// Its links are otherwise.
    Link {
        /// Which.
        point: AccessPointOid,
        /// Where it stands then.
        country: String,
        /// Its links then.
        links: Vec<Link>,
    },
    /// It calls with other certificates.
    Certificates {
        /// Which.
        point: AccessPointOid,
        /// With which; none: with any of a trusted issuer that carries its OID.
        certificates: Vec<Sha256Hash>,
    },
    /// It is implemented with another system.
    PointSystem {
        /// Which.
        point: AccessPointOid,
        /// With which system then.
        system: String,
    },
    /// It ends.
    RetirePoint {
        /// Which.
        point: AccessPointOid,
    },
    /// A new collection point.
    CollectionPoint {
        /// Its name.
        name: String,
        /// What runs through it, and from where.
        collected: Collected,
    },
    /// A collection point is otherwise.
    Collection {
        /// Its name.
        name: String,
        /// What runs through it then, and from where.
        collected: Collected,
    },
    /// It ends.
    RetireCollection {
        /// Its name.
        name: String,
    },
    /// Tenants begin to work by the joining.
    Tenants {
        /// Who, and what is settled with each.
        tenants: Vec<PlannedTenant>,
    },
    /// A tenant works by it no more.
    EndTenant {
        /// Who.
        tenant: Oid,
    },
    /// Documents get another controller.
    Controller {
        /// Whose they are until then.
        from: Oid,
        /// And then.
        to: Oid,
        /// Of these units only; none: all of them.
        units: Vec<Oid>,
    },
    /// The organisation goes on as another joiner.
    BusinessId {
        /// As which.
        to: Oid,
        /// Its units that get another number.
        units: Vec<UnitBecomes>,
    },
    /// What an intermediary says of itself.
    Intermediary {
        /// Of which day its information security plan is (THL 3/2024).
        security_plan: Moment,
        /// What it offers, in its own words.
        offers: String,
    },
    /// The joining ends.
    Termination {
        /// Why; `None`: only the contract with a supplier ends, and that ends no joining.
        grounds: Option<Grounds>,
        /// In words.
        why: String,
        /// Whose the documents are then.
        custodian: Option<Oid>,
    },
}

impl Content {
    /// The system that begins to be used by it.
    #[must_use]
    pub fn system(&self) -> Option<&str> {
        match self {
            Self::System { to: system, .. }
            | Self::Use { system, .. }
            | Self::Reception { system, .. }
            | Self::Point { system, .. }
            | Self::PointSystem { system, .. } => Some(system),
            _ => None,
        }
    }
}

/// What runs through a collection point, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Where it stands, ISO 3166-1 alpha-2.
    pub country: String,
    /// The fixed addresses that its connections come from.
    pub addresses: Vec<IpAddr>,
    /// Whether they begin with a PROXY header that says where they really come from.
    pub proxy_header: bool,
    /// The access points whose connections run through it.
    pub points: Vec<AccessPointOid>,
    /// Whether that is agreed on with whoever administers them.
    pub agreed: bool,
}

/// The choice of who ends only a supplier's contract.
const SUPPLIER: &str = "supplier";

/// Reads a form: what it says, and the day from whose beginning in Helsinki it is so.
///
/// # Errors
/// What is wrong with which field.
pub fn read(kind: Kind, form: &Form) -> Result<(Content, Moment), Vec<FieldError>> {
    let mut reader = Reader::of_connection(form, 1);
    let content = content(kind, form, &mut reader);
    let day = reader.parsed("day", FieldProblem::Date, Moment::parse);
    for field in ["expedited", "words"] {
        reader.optional(field);
    }
    match (content, day) {
        (Some(content), Some(day)) if reader.errors.is_empty() => Ok((content, day.midnight())),
        _ => Err(reader.errors),
    }
}

fn content(kind: Kind, form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let agreed = form.ticked("agreed");
    Some(match kind {
        Kind::System => {
            let (right, to) = (right(reader), reader.required("system"));
            let (service, point, from) = right?;
            Content::System { service, point, from, to: to? }
        }
        Kind::Swap => swap(form, reader)?,
        Kind::Use => {
            let (service, point, system) = (service(reader), to_point(form, reader), reader.required("system"));
            Content::Use { service: service?, point: point?, system: system?, agreed }
        }
        Kind::EndUse => {
            let (service, point, system) = right(reader)?;
            Content::EndUse { service, point, system }
        }
        Kind::Reception => {
            let (units, point, system) = (units(reader), to_point(form, reader), reader.required("system"));
            Content::Reception { units: units?, point: point?, system: system?, agreed }
        }
        Kind::EndReception => Content::EndReception { units: units(reader)? },
        Kind::Leave => Content::Leave { service: service(reader)? },
        Kind::Point => {
            let (point, system) = (reader.own_point(), reader.required("system"));
            let Connection::Own(point) = point? else { return None };
            Content::Point { point, system: system? }
        }
        Kind::Link => {
            let (point, reached) = (reader.point("point"), reader.reached());
            let (country, links) = reached?;
            Content::Link { point: point?, country, links }
        }
        Kind::Certificates => {
            let (point, certificates) = (reader.point("point"), certificates(form, reader));
            Content::Certificates { point: point?, certificates: certificates? }
        }
        Kind::PointSystem => {
            let (point, system) = (reader.point("point"), reader.required("system"));
            Content::PointSystem { point: point?, system: system? }
        }
        Kind::RetirePoint => Content::RetirePoint { point: reader.point("point")? },
        Kind::CollectionPoint => collection_point(form, reader)?,
        Kind::Collection => {
            let (name, collected) = (reader.required("collection"), collected(form, reader));
            Content::Collection { name: name?, collected: collected? }
        }
        Kind::RetireCollection => Content::RetireCollection { name: reader.required("collection")? },
        Kind::Tenants => Content::Tenants { tenants: tenants(form, reader)? },
        Kind::EndTenant => Content::EndTenant { tenant: reader.parsed("tenant", FieldProblem::Oid, Oid::parse)? },
        Kind::Controller => controller(form, reader)?,
        Kind::BusinessId => business_id(form, reader)?,
        Kind::Intermediary => {
            let security_plan = reader.parsed("security_plan", FieldProblem::Date, Moment::parse);
            let offers = reader.optional("offers");
            Content::Intermediary { security_plan: security_plan?, offers: offers? }
        }
        Kind::Termination => termination(form, reader)?,
    })
}

fn swap(form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let (from, to) = (reader.point("point"), to_point(form, reader));
    let service = match form.text("service") {
        "" => Some(None),
        _ => service(reader).map(Some),
    };
    Some(Content::Swap { from: from?, to: to?, service: service?, agreed: form.ticked("agreed") })
}

fn collection_point(form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let name = reader.parsed("name", FieldProblem::TooLong, |text| typed::line(text, MAX_NAME).ok_or(()));
    let collected = collected(form, reader);
    Some(Content::CollectionPoint { name: name?, collected: collected? })
}

fn controller(form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let from = reader.parsed("from_controller", FieldProblem::Oid, Oid::parse);
    let to = reader.parsed("to_controller", FieldProblem::Oid, Oid::parse);
    let units = if form.text("units").is_empty() { Some(Vec::new()) } else { units(reader) };
    Some(Content::Controller { from: from?, to: to?, units: units? })
}

fn business_id(form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let to = reader.parsed("to_joiner", FieldProblem::Oid, Oid::parse);
    let units = match form.text("unit_numbers") {
        "" => Some(Vec::new()),
        _ => reader.parsed("unit_numbers", FieldProblem::Units, unit_numbers),
    };
    Some(Content::BusinessId { to: to?, units: units? })
}

fn termination(form: &Form, reader: &mut Reader<'_>) -> Option<Content> {
    let grounds = reader.parsed("grounds", FieldProblem::Choice, |text| match text {
        SUPPLIER => Ok(None),
        text => Grounds::parse(text).map(Some).ok_or(()),
    });
    // Other grounds are named.
    let why = match grounds {
        Some(Some(Grounds::Other)) => reader.required("why"),
        _ => reader.optional("why"),
    };
    let custodian = match form.text("custodian") {
        "" => Some(None),
        _ => reader.parsed("custodian", FieldProblem::Oid, Oid::parse).map(Some),
    };
    Some(Content::Termination { grounds: grounds?, why: why?, custodian: custodian? })
}

fn collected(form: &Form, reader: &mut Reader<'_>) -> Option<Collected> {
    let country = reader.country();
    let addresses = reader.parsed("own_addresses", FieldProblem::Addresses, parse_addresses);
    let points = reader.parsed("points", FieldProblem::AccessPointOid, |text| {
        let all = parts(text, MAX_POINTS)?.into_iter().map(AccessPointOid::parse).collect::<Result<BTreeSet<_>, _>>();
        all.map(|all| all.into_iter().collect::<Vec<_>>()).map_err(|_| ())
    });
    let (proxy_header, agreed) = (form.ticked("proxy_header"), form.ticked("agreed"));
    Some(Collected { country: country?, addresses: addresses?, proxy_header, points: points?, agreed })
}

fn tenants(form: &Form, reader: &mut Reader<'_>) -> Option<Vec<PlannedTenant>> {
    let all = reader.parsed("tenants", FieldProblem::Organisations, |text| parse_oids(text, MAX_TENANTS))?;
    let settled = |name: &str| Some(form.ticked(name));
    let tenant = |oid| PlannedTenant {
        oid,
        agreement: settled("tenants_agreement"),
        hosts_system: settled("tenants_hosts_system"),
        named_on_messages: settled("tenants_named"),
    };
    Some(all.into_iter().map(tenant).collect())
}

/// Units that get another number: each with it on a line.
fn unit_numbers(text: &str) -> Result<Vec<UnitBecomes>, ()> {
    let unit = |line: &str| {
        let (now, then) = line.trim().split_once(char::is_whitespace).ok_or(())?;
        let read = |text: &str| Oid::parse(text.trim()).map_err(|_| ());
        Ok(UnitBecomes { oid: read(now)?, becomes: read(then)? })
    };
    let all: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).map(unit).collect::<Result<_, ()>>()?;
    if all.len() > MAX_UNITS { Err(()) } else { Ok(all) }
}

/// Certificates; none named: any of a trusted issuer.
fn certificates(form: &Form, reader: &mut Reader<'_>) -> Option<Vec<Sha256Hash>> {
    match form.text("own_certificates") {
        "" => Some(Vec::new()),
        _ => reader.parsed("own_certificates", FieldProblem::Fingerprints, parse_fingerprints),
    }
}

fn service(reader: &mut Reader<'_>) -> Option<Service> {
    reader.parsed("service", FieldProblem::Choice, |text| Service::parse(text).ok_or(()))
}

/// The access point that is picked, or typed where none of those is meant.
fn to_point(form: &Form, reader: &mut Reader<'_>) -> Option<AccessPointOid> {
    reader.point(if form.text("to_point_other").is_empty() { "to_point" } else { "to_point_other" })
}

fn units(reader: &mut Reader<'_>) -> Option<Vec<Oid>> {
    reader.parsed("units", FieldProblem::Units, |text| parse_oids(text, MAX_UNITS))
}

/// A right: service, access point and system, with spaces between.
fn right(reader: &mut Reader<'_>) -> Option<(Service, AccessPointOid, String)> {
    reader.parsed("right", FieldProblem::Choice, |text| {
        let mut parts = text.splitn(3, ' ');
        let service = parts.next().and_then(Service::parse).ok_or(())?;
        let point = parts.next().and_then(|part| AccessPointOid::parse(part).ok()).ok_or(())?;
        Ok::<_, ()>((service, point, parts.next().ok_or(())?.to_owned()))
    })
}

impl Content {
    /// The access points that it names.
    #[must_use]
    pub fn points(&self) -> Vec<&AccessPointOid> {
        match self {
            Self::Swap { from, to, .. } => vec![from, to],
            Self::System { point, .. }
            | Self::Use { point, .. }
            | Self::EndUse { point, .. }
            | Self::Reception { point, .. }
            | Self::Link { point, .. }
            | Self::Certificates { point, .. }
            | Self::PointSystem { point, .. }
            | Self::RetirePoint { point } => vec![point],
            Self::Point { point, .. } => vec![&point.oid],
            Self::CollectionPoint { collected, .. } | Self::Collection { collected, .. } => {
                collected.points.iter().collect()
            }
            Self::EndReception { .. }
            | Self::Leave { .. }
            | Self::RetireCollection { .. }
            | Self::Tenants { .. }
            | Self::EndTenant { .. }
            | Self::Controller { .. }
            | Self::BusinessId { .. }
            | Self::Intermediary { .. }
            | Self::Termination { .. } => Vec::new(),
        }
    }

    /// The units that it names.
    #[must_use]
    pub fn units(&self) -> Vec<&Oid> {
        match self {
            Self::Reception { units, .. } | Self::EndReception { units } | Self::Controller { units, .. } => {
                units.iter().collect()
            }
            Self::BusinessId { units, .. } => units.iter().map(|unit| &unit.oid).collect(),
            _ => Vec::new(),
        }
    }
}
