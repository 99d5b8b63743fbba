//! The access decision: a pure function of a snapshot, a request and a moment.
//!
//! Deny is the default. Every answer carries the facts it looked at, in order, up to the one that refused.

mod asked;

pub use asked::Asked;

use super::packed::{PackedJoiner, PackedRight, bit};
use super::texts::NONE;
use super::{Snapshot, Stage};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::refusal::RefusalCode;
use crate::service_code::{Operation, RateClass, Service};
use crate::time::{Interval, Moment};
use asked::fits;
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
    /// The organiser into whose register is stored, or out of which is read, in a parallel joining.
    pub organiser: Organiser<'a>,
}

/// What a call says of the organiser in whose register a producer works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Organiser<'a> {
    /// It is about the joiner's own register.
    #[default]
    Nobody,
    /// About this one's.
    Named(&'a Oid),
    /// It is not known yet: only the document says so, and who reads that decides again.
    Later,
}

impl<'a> From<Option<&'a Oid>> for Organiser<'a> {
    fn from(organiser: Option<&'a Oid>) -> Self {
        organiser.map_or(Self::Nobody, Self::Named)
    }
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
    /// What: `certificate`, `access-point`, `source`, `joiner`, `unit`, `tenant`, `right`, `system`, `renewal-mark`, `closing`.
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
    /// When that right begins: a gateway whose snapshot is old may not trust one that began since.
    #[serde(skip)]
    pub right_from: Option<Moment>,
    /// Whether a closing lets it pass only little by little ([`Stage::Throttled`]).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throttled: bool,
    /// How much the joiner may call.
    #[serde(skip_serializing_if = "RateClass::is_ordinary")]
    pub rate: RateClass,
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
    let asked = snapshot.settled(&snapshot.asked(request), now);
    let facts = Vec::with_capacity(MOST_FACTS);
    let looked = Told { facts, joiner: NONE, rate: RateClass::Ordinary, throttled: false };
    let mut walk = Walk { snapshot, asked: &asked, now, looked };
    let outcome = walk.on(request.certificate, request.source);
    let Told { facts, joiner, rate, throttled } = walk.looked;
    let texts = &snapshot.rows.texts;
    Decision {
        verdict: match outcome {
            Ok(_) => Verdict::Permitted,
            Err(code) => Verdict::Refused(code),
        },
        facts,
        joiner: (joiner != NONE).then(|| Oid::parse(texts.text(joiner)).ok()).flatten(),
        system: outcome.ok().map(|right| texts.text(right.system).to_owned()),
        right_from: outcome.ok().map(|right| right.valid.from()),
        throttled: throttled && outcome.is_ok(),
        rate,
        directory_version: snapshot.version(),
    }
}

/// Facts that a decision looks at, at most.
const MOST_FACTS: usize = 10;

/// What is kept of the way to an answer.
trait Looked {
    fn fact(&mut self, what: &'static str, state: FactState, at: Option<Moment>);
    /// The joiner was found.
    fn joiner(&mut self, joiner: &PackedJoiner);
    /// A closing lets little pass.
    fn throttled(&mut self);
}

/// Nothing is kept.
impl Looked for () {
    fn fact(&mut self, _: &'static str, _: FactState, _: Option<Moment>) {}
    fn joiner(&mut self, _: &PackedJoiner) {}
    fn throttled(&mut self) {}
}

/// Everything is kept.
struct Told {
    facts: Vec<Fact>,
    joiner: u32,
    rate: RateClass,
    throttled: bool,
}

impl Looked for Told {
    fn fact(&mut self, what: &'static str, state: FactState, at: Option<Moment>) {
        self.facts.push(Fact { what, state, at });
    }

    fn joiner(&mut self, joiner: &PackedJoiner) {
        (self.joiner, self.rate) = (joiner.text, joiner.rate);
    }

    fn throttled(&mut self) {
        self.throttled = true;
    }
}

/// The way from a call to its answer: fact by fact, up to the first that refuses.
struct Walk<'s, L> {
    snapshot: &'s Snapshot,
    asked: &'s Asked,
    now: Moment,
    looked: L,
}

impl<'s, L: Looked> Walk<'s, L> {
    fn on(
        &mut self,
        certificate: Option<&CertificateFacts>,
        source: Option<IpAddr>,
    ) -> Result<&'s PackedRight, RefusalCode> {
        let snapshot = self.snapshot;
        if snapshot.expired(self.now) {
            return self.fails("snapshot", Some(snapshot.expires_at()), RefusalCode::DirectoryUnavailable);
        }
        self.certificate(certificate)?;
        self.access_point(certificate, source)?;
        let joiner = self.joiner()?.text;
        self.tenant(joiner)?;
        let right = match self.pick() {
            Ok(right) => right,
            Err((code, at)) => return self.fails("right", at, code),
        };
        self.holds("right");
        self.system(right)?;
        self.renewal_mark(right)?;
        self.closings(joiner, right)?;
        Ok(right)
    }

    fn certificate(&mut self, certificate: Option<&CertificateFacts>) -> Result<(), RefusalCode> {
        let Some(certificate) = certificate else {
            return Ok(());
        };
        if certificate.revoked {
            return self.fails("certificate", None, RefusalCode::CertificateRevoked);
        }
        if !certificate.valid.contains(self.now) {
            return self.fails("certificate", certificate.valid.until, RefusalCode::CertificateNotValidNow);
        }
        self.holds("certificate");
        Ok(())
    }

    fn access_point(
        &mut self,
        certificate: Option<&CertificateFacts>,
        source: Option<IpAddr>,
    ) -> Result<(), RefusalCode> {
        let Some(point) = self.snapshot.rows.point_at(self.asked.point, self.now) else {
            return self.fails("access-point", None, RefusalCode::AccessPointUnknown);
        };
        if !point.valid.contains(self.now) {
            return self.fails("access-point", point.valid.until, RefusalCode::AccessPointNotOpen);
        }
        let shown = certificate.map(|c| c.fingerprint);
        if shown.is_some_and(|f| !point.certificates.is_empty() && !point.certificates.contains(&f)) {
            return self.fails("certificate", None, RefusalCode::AccessPointUnknown);
        }
        self.holds("access-point");
        if let Some(source) = source {
            let mut known = point.links.iter().flat_map(|link| &link.addresses).peekable();
            if known.peek().is_some() {
                if !known.any(|address| *address == source)
                    && !self.snapshot.rows.collected(self.asked.point, source, self.now)
                {
                    return self.fails("source", None, RefusalCode::SourceAddressForeign);
                }
                self.holds("source");
            }
        }
        Ok(())
    }

    /// The organisation named is the joiner itself, or one of its units.
    fn joiner(&mut self) -> Result<&'s PackedJoiner, RefusalCode> {
        let (rows, asked) = (&self.snapshot.rows, self.asked);
        let Some(joiner) = rows.joiner_at(asked.joiner, self.now) else {
            // A tenant acts under its host's joining: the host is represented, and the tenant named beside it.
            let tenant = rows.is_tenant(asked.named);
            let code = if tenant { RefusalCode::TenantUnnamed } else { RefusalCode::JoinerUnknown };
            return self.fails(if tenant { "tenant" } else { "joiner" }, None, code);
        };
        let unit = rows.units.get(asked.unit_named as usize);
        if let Some(unit) = unit.filter(|unit| !unit.valid.contains(self.now)) {
            return self.fails("unit", unit.valid.until(), RefusalCode::JoinerNotInForce);
        }
        if !joiner.valid.contains(self.now) {
            return self.fails("joiner", joiner.valid.until(), RefusalCode::JoinerNotInForce);
        }
        self.looked.joiner(joiner);
        self.holds("joiner");
        Ok(joiner)
    }

    fn tenant(&mut self, host: u32) -> Result<(), RefusalCode> {
        let tenant = self.asked.tenant;
        if tenant == NONE || tenant == host {
            return Ok(());
        }
        if !self.snapshot.rows.tenancies(tenant, host).any(|span| span.contains(self.now)) {
            return self.fails("tenant", None, RefusalCode::TenantForeign);
        }
        self.holds("tenant");
        Ok(())
    }

    /// Finds the right that permits, or the reason nearest to permitting.
    fn pick(&self) -> Result<&'s PackedRight, (RefusalCode, Option<Moment>)> {
        let mut nearest = (RefusalCode::NoRight, None);
        for right in self.snapshot.rows.rights_in(self.asked.joiner, self.asked.rights) {
            match fits(self.asked, right, self.now) {
                Ok(()) => return Ok(right),
                Err(None) => {}
                Err(Some(reason)) => nearest = reason,
            }
        }
        Err(nearest)
    }

    /// The right's system is valid in Astori and made for the service (guide 3.1.1).
    fn system(&mut self, right: &PackedRight) -> Result<(), RefusalCode> {
        let Some(system) = self.snapshot.rows.system(right.system) else {
            return Ok(());
        };
        let Some(system) = system else {
            return self.fails("system", None, RefusalCode::SystemNotValid);
        };
        if !system.valid.contains(self.now) {
            return self.fails("system", system.valid.until(), RefusalCode::SystemNotValid);
        }
        if system.services & bit(right.service) == 0 {
            return self.fails("system", None, RefusalCode::SystemNotForService);
        }
        self.holds("system");
        Ok(())
    }

    /// Renewal requests go to who carries the mark (guide 4.2.1).
    fn renewal_mark(&mut self, right: &PackedRight) -> Result<(), RefusalCode> {
        if right.service != Service::RenewalReception {
            return Ok(());
        }
        match self.snapshot.rows.marked(right.unit, self.now) {
            None => Ok(()),
            Some(false) => self.fails("renewal-mark", None, RefusalCode::RenewalMarkMissing),
            Some(true) => {
                self.holds("renewal-mark");
                Ok(())
            }
        }
    }

    /// A closing wins over every right.
    fn closings(&mut self, joiner: u32, right: &PackedRight) -> Result<(), RefusalCode> {
        let rows = &self.snapshot.rows;
        let meets = |named: u32, is: u32| named == NONE || named == is;
        for closing in &rows.closings {
            let meant = meets(closing.joiner, joiner)
                && meets(closing.system, right.system)
                && meets(closing.point, right.point)
                && closing.service.is_none_or(|service| service == right.service);
            if !meant || !closing.valid.contains(self.now) {
                continue;
            }
            if closing.stage.shuts(self.asked.operation) {
                return self.fails("closing", closing.valid.until(), RefusalCode::ClosedForNow);
            }
            if closing.stage == Stage::Throttled {
                self.looked.throttled();
            }
        }
        Ok(())
    }

    fn holds(&mut self, what: &'static str) {
        self.looked.fact(what, FactState::Holds, None);
    }

    fn fails<T>(&mut self, what: &'static str, at: Option<Moment>, code: RefusalCode) -> Result<T, RefusalCode> {
        self.looked.fact(what, FactState::Fails, at);
        Err(code)
    }
}

#[cfg(test)]
mod tests;
