//! Reads what was filled in.

use super::kind::Kind;
use crate::Sha256Hash;
use crate::application::reader::{Reader, parse_fingerprints, parse_oids};
use crate::application::steps::{Connection, MAX_UNITS, OwnPoint};
use crate::application::{FieldError, FieldProblem, Form};
use crate::directory::Link;
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::Grounds;
use crate::service_code::Service;
use crate::time::Moment;

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
    /// It ends.
    RetirePoint {
        /// Which.
        point: AccessPointOid,
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
        Kind::Swap => {
            let (from, to) = (reader.point("point"), to_point(form, reader));
            let service = match form.text("service") {
                "" => Some(None),
                _ => service(reader).map(Some),
            };
            Content::Swap { from: from?, to: to?, service: service?, agreed }
        }
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
        Kind::RetirePoint => Content::RetirePoint { point: reader.point("point")? },
        Kind::Controller => {
            let from = reader.parsed("from_controller", FieldProblem::Oid, Oid::parse);
            let to = reader.parsed("to_controller", FieldProblem::Oid, Oid::parse);
            let units = if form.text("units").is_empty() { Some(Vec::new()) } else { units(reader) };
            Content::Controller { from: from?, to: to?, units: units? }
        }
        Kind::Intermediary => {
            let security_plan = reader.parsed("security_plan", FieldProblem::Date, Moment::parse);
            let offers = reader.optional("offers");
            Content::Intermediary { security_plan: security_plan?, offers: offers? }
        }
        Kind::Termination => termination(form, reader)?,
    })
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
            | Self::RetirePoint { point } => vec![point],
            Self::Point { point, .. } => vec![&point.oid],
            Self::EndReception { .. }
            | Self::Leave { .. }
            | Self::Controller { .. }
            | Self::Intermediary { .. }
            | Self::Termination { .. } => Vec::new(),
        }
    }

    /// The units that it names.
    #[must_use]
    pub fn units(&self) -> &[Oid] {
        match self {
            Self::Reception { units, .. } | Self::EndReception { units } | Self::Controller { units, .. } => units,
            _ => &[],
        }
    }
}
