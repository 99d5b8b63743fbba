//! The access decision: a pure function of a snapshot, a request and a moment.
//!
//! Deny is the default. Every answer carries the facts it looked at, in order, up to the one that refused.

use super::{Right, Snapshot};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::refusal::RefusalCode;
use crate::service_code::{ConnectionModel, Operation, Service};
use crate::time::{Interval, Moment};
use serde::Serialize;
use std::net::IpAddr;

/// What the decision knows of the caller's certificate.
#[derive(Clone, Debug)]
pub struct CertificateFacts {
    /// SHA-256 of the certificate.
    pub fingerprint: Sha256Hash,
    /// Its validity.
    pub valid: Interval,
    /// Whether its issuer has revoked it, as far as is known now.
    pub revoked: bool,
}

/// A call to be decided on.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// From the certificate's Subject serialNumber.
    pub access_point: &'a AccessPointOid,
    /// The certificate, where one was shown.
    pub certificate: Option<&'a CertificateFacts>,
    /// Where the call comes from, where that is known and checked.
    pub source: Option<IpAddr>,
    /// The service behind.
    pub service: Service,
    /// Read or write.
    pub operation: Operation,
    /// The organisation the message names: the joiner or one of its units.
    pub joiner: &'a Oid,
    /// The unit, where the right is a unit's.
    pub unit: Option<&'a Oid>,
    /// The tenant the message names.
    pub tenant: Option<&'a Oid>,
    /// The system, where the caller proves it; otherwise the access point's own binding counts.
    pub system: Option<&'a str>,
    /// The organiser, in a parallel joining.
    pub organiser: Option<&'a Oid>,
}

/// Permitted or refused, with the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "verdict", content = "code")]
pub enum Verdict {
    /// The call may pass.
    Permitted,
    /// It may not.
    Refused(RefusalCode),
}

/// How a fact that was looked at came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactState {
    /// Holds.
    Holds,
    /// Does not hold: this refused.
    Fails,
}

/// One fact that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What: `certificate`, `access-point`, `source`, `joiner`, `unit`, `tenant`, `right`.
    pub what: &'static str,
    /// How it came out.
    pub state: FactState,
    /// Since or until when, where a time decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

/// The answer with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Permitted or refused.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was looked at.
    pub facts: Vec<Fact>,
    /// The joiner found for the named organisation.
    pub joiner: Option<Oid>,
    /// The system of the right that permits.
    pub system: Option<String>,
    /// The directory version decided on.
    pub directory_version: (u64, u64),
}

impl Decision {
    /// Whether the call may pass.
    #[must_use]
    pub fn permitted(&self) -> bool {
        self.verdict == Verdict::Permitted
    }

    /// The refusal's code.
    #[must_use]
    pub fn code(&self) -> Option<RefusalCode> {
        match self.verdict {
            Verdict::Permitted => None,
            Verdict::Refused(code) => Some(code),
        }
    }
}

/// Decides whether a call may pass at `now`.
#[must_use]
pub fn decide(snapshot: &Snapshot, request: &Request<'_>, now: Moment) -> Decision {
    let mut looked = Looked { facts: Vec::with_capacity(6), joiner: None, system: None };
    let verdict = match looked.at(snapshot, request, now) {
        Ok(()) => Verdict::Permitted,
        Err(code) => Verdict::Refused(code),
    };
    Decision {
        verdict,
        facts: looked.facts,
        joiner: looked.joiner,
        system: looked.system,
        directory_version: snapshot.version(),
    }
}

struct Looked {
    facts: Vec<Fact>,
    joiner: Option<Oid>,
    system: Option<String>,
}

impl Looked {
    fn at(&mut self, snapshot: &Snapshot, request: &Request<'_>, now: Moment) -> Result<(), RefusalCode> {
        if snapshot.expired(now) {
            return self.fail("snapshot", Some(snapshot.content().expires_at), RefusalCode::DirectoryUnavailable);
        }
        self.certificate(request, now)?;
        self.access_point(snapshot, request, now)?;
        let joiner = self.joiner(snapshot, request, now)?;
        self.tenant(snapshot, request, &joiner, now)?;
        let found = pick(snapshot, request, &joiner, now);
        self.joiner = Some(joiner);
        match found {
            Ok(right) => {
                self.system = Some(right.system.clone());
                self.holds("right");
                Ok(())
            }
            Err((code, at)) => self.fail("right", at, code),
        }
    }

    fn certificate(&mut self, request: &Request<'_>, now: Moment) -> Result<(), RefusalCode> {
        let Some(certificate) = request.certificate else {
            return Ok(());
        };
        if certificate.revoked {
            return self.fail("certificate", None, RefusalCode::CertificateRevoked);
        }
        if !certificate.valid.contains(now) {
            return self.fail("certificate", certificate.valid.until, RefusalCode::CertificateNotValidNow);
        }
        self.holds("certificate");
        Ok(())
    }

    fn access_point(&mut self, snapshot: &Snapshot, request: &Request<'_>, now: Moment) -> Result<(), RefusalCode> {
        let Some(point) = snapshot.access_point(request.access_point) else {
            return self.fail("access-point", None, RefusalCode::AccessPointUnknown);
        };
        if !point.valid.contains(now) {
            return self.fail("access-point", point.valid.until, RefusalCode::AccessPointNotOpen);
        }
        let shown = request.certificate.map(|c| c.fingerprint);
        if shown.is_some_and(|f| !point.certificates.is_empty() && !point.certificates.contains(&f)) {
            return self.fail("certificate", None, RefusalCode::AccessPointUnknown);
        }
        self.holds("access-point");
        if let Some(source) = request.source {
            let mut known = point.links.iter().flat_map(|link| &link.addresses).peekable();
            if known.peek().is_some() {
                if !known.any(|address| *address == source) {
                    return self.fail("source", None, RefusalCode::SourceAddressForeign);
                }
                self.holds("source");
            }
        }
        Ok(())
    }

    fn joiner(&mut self, snapshot: &Snapshot, request: &Request<'_>, now: Moment) -> Result<Oid, RefusalCode> {
        // The organisation named is the joiner itself, or one of its units.
        let unit = if snapshot.joiner(request.joiner).is_some() { None } else { snapshot.unit(request.joiner) };
        let found = snapshot.joiner(unit.map_or(request.joiner, |unit| &unit.joiner));
        let Some(joiner) = found else {
            return self.fail("joiner", None, RefusalCode::JoinerUnknown);
        };
        if let Some(unit) = unit.filter(|unit| !unit.valid.contains(now)) {
            return self.fail("unit", unit.valid.until, RefusalCode::JoinerNotInForce);
        }
        if !joiner.valid.contains(now) {
            return self.fail("joiner", joiner.valid.until, RefusalCode::JoinerNotInForce);
        }
        self.holds("joiner");
        Ok(joiner.oid.clone())
    }

    fn tenant(
        &mut self,
        snapshot: &Snapshot,
        request: &Request<'_>,
        host: &Oid,
        now: Moment,
    ) -> Result<(), RefusalCode> {
        let Some(tenant) = request.tenant else {
            return Ok(());
        };
        if tenant == host {
            return Ok(());
        }
        if !snapshot.tenancies(host, tenant).any(|tenancy| tenancy.valid.contains(now)) {
            return self.fail("tenant", None, RefusalCode::TenantForeign);
        }
        self.holds("tenant");
        Ok(())
    }

    fn holds(&mut self, what: &'static str) {
        self.facts.push(Fact { what, state: FactState::Holds, at: None });
    }

    fn fail<T>(&mut self, what: &'static str, at: Option<Moment>, code: RefusalCode) -> Result<T, RefusalCode> {
        self.facts.push(Fact { what, state: FactState::Fails, at });
        Err(code)
    }
}

/// Finds the right that permits, or the reason nearest to permitting.
fn pick<'s>(
    snapshot: &'s Snapshot,
    request: &Request<'_>,
    joiner: &Oid,
    now: Moment,
) -> Result<&'s Right, (RefusalCode, Option<Moment>)> {
    let mut nearest = (RefusalCode::NoRight, None);
    for right in snapshot.rights_of(joiner, request.access_point).filter(|r| r.service == request.service) {
        match fits(right, request, now) {
            Ok(()) => return Ok(right),
            Err(reason) => nearest = reason,
        }
    }
    Err(nearest)
}

fn fits(right: &Right, request: &Request<'_>, now: Moment) -> Result<(), (RefusalCode, Option<Moment>)> {
    if right.valid.ended(now) {
        return Err((RefusalCode::RightEnded, right.valid.until));
    }
    if !right.valid.contains(now) {
        return Err((RefusalCode::RightNotBegun, Some(right.valid.from)));
    }
    if request.system.is_some_and(|system| system != right.system) {
        return Err((RefusalCode::SystemForeign, None));
    }
    if right.unit.is_some() && right.unit.as_ref() != request.unit {
        return Err((RefusalCode::UnitForeign, None));
    }
    let named = request.organiser;
    let organiser_fits = match right.model {
        ConnectionModel::Parallel => named.is_some() && named == right.organiser.as_ref(),
        ConnectionModel::Direct | ConnectionModel::Joint => named.is_none(),
    };
    if organiser_fits { Ok(()) } else { Err((RefusalCode::OrganiserForeign, None)) }
}

#[cfg(test)]
mod tests;
