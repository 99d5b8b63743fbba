//! The rulebook asked about one certificate alone.

use super::{Check, Outcome, Rulebook};
use crate::identifier::AccessPointOid;
use crate::plan::{CertificateFound, Facts, Mistake, Plan};
use crate::time::Moment;

/// What the certificate is called in the plan that the rules are asked about.
const FILE: &str = "certificate";

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateUse<'p> {
    /// An access point's connections; the one named, or the one that it names itself.
    AccessPoint(Option<&'p AccessPointOid>),
    /// System signatures.
    Signature,
}

impl Rulebook {
    /// What the rules say at a moment of a certificate alone.
    ///
    /// # Errors
    /// When the plan that it makes cannot be read: a fault of this program.
    pub fn certificate(
        &self,
        found: &CertificateFound,
        used: CertificateUse<'_>,
        now: Moment,
    ) -> Result<Vec<Outcome<'_>>, Vec<Mistake>> {
        let named = match used {
            CertificateUse::AccessPoint(named) => named,
            CertificateUse::Signature => None,
        };
        let serial = found.serial_numbers.first().map(String::as_str).unwrap_or_default();
        let point = named.cloned().or_else(|| AccessPointOid::parse(serial).ok());
        // Whose it is decides nothing here: a certificate that names no access point is asked as anybody's.
        let point = point.map_or_else(|| "1.2.246.10.0.10.0.13.1".to_owned(), |point| point.to_string());
        let joiner = point.rsplit_once(".13.").map_or(point.as_str(), |(joiner, _)| joiner);
        let head = format!("start = \"{now}\"\njoiner = \"{joiner}\"\nactivity = \"health-care\"\n");
        let text = match used {
            CertificateUse::Signature => format!("{head}[signature]\nsigner = \"own\"\ncertificate = \"{FILE}\"\n"),
            CertificateUse::AccessPoint(_) => {
                format!("{head}[[access_point]]\noid = \"{point}\"\ncertificates = [\"{FILE}\"]\n")
            }
        };
        let plan = Plan::parse(&text)?;
        let facts = Facts { certificates: [(FILE.to_owned(), found.clone())].into(), ..Facts::default() };
        let outcomes = self.check(&plan, &facts, now).into_iter();
        Ok(outcomes.filter(|outcome| concerns(&outcome.rule.check, named.is_some())).collect())
    }
}

/// The rules of the rulebook that say something of a certificate alone.
const fn concerns(check: &Check, point_is_named: bool) -> bool {
    match check {
        Check::CertificateNamesPoint {} => point_is_named,
        Check::CertificateHasName {}
        | Check::CertificateValid { .. }
        | Check::CertificateLength { .. }
        | Check::CertificateStrength { .. }
        | Check::CertificateFit { .. }
        | Check::CertificateTrusted { .. }
        | Check::CertificateHash { .. } => true,
        _ => false,
    }
}
