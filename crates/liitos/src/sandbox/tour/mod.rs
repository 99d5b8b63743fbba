//! The main job once, without a person, through the real HTTP and TLS doors. Each step says what was proved and holds only
//! for the stated reason: a refusal is compared with its exact code.

mod archive;
mod archivist;
mod deployment;
mod doors;
mod fault;
mod merger;
mod midnight;
mod notification;
mod portal;

use super::{Browser, Sandbox};
use crate::made::Unmade;
use crate::peer::{Answer, Connection, Peer, PeerError};
use crate::sandbox::browser::BrowserError;
use crate::serve::StartError;
use liitos_domain::archive::Completeness;
use liitos_pki::authority::{Issued, Profile};
use liitos_pki::seal::{SealVerifier, SealedReport};
use std::fmt;
use std::time::Duration;

/// HUS's own new access point.
pub const ACCESS_POINT: &str = "1.2.246.537.10.15675350.10.0.13.2";

/// A step that held.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number.
    pub number: u8,
    /// What was done.
    pub what: &'static str,
    /// Who decided.
    pub by: &'static str,
    /// What was proved.
    pub proved: String,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>2}  {:<44} {:<20} {}", self.number, self.what, self.by, self.proved)
    }
}

/// A step that did not hold.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl From<BrowserError> for Broken {
    fn from(error: BrowserError) -> Self {
        Self(error.to_string())
    }
}

impl From<Unmade> for Broken {
    fn from(error: Unmade) -> Self {
        Self(error.to_string())
    }
}

impl From<StartError> for Broken {
    fn from(error: StartError) -> Self {
        Self(error.to_string())
    }
}

impl From<PeerError> for Broken {
    fn from(error: PeerError) -> Self {
        Self(error.to_string())
    }
}

/// What the steps share.
pub(crate) struct Walk<'s> {
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) joiner: Browser,
    pub(crate) operator: Browser,
    /// HUS's access point's certificate.
    pub(crate) certificate: Issued,
    /// The application's number.
    pub(crate) application: String,
    /// Makes ids of this walk unlike those of any other.
    pub(crate) run: u64,
    /// How long the gateway may take to follow a change of the directory.
    pub(crate) patience: Duration,
}

/// How soon the gateway follows a change of the directory, as people are promised it.
pub const WITHIN: Duration = Duration::from_secs(1);

/// Walks through all steps; `tell` hears of each that held. `patience` is how long the gateway may take to follow a change:
/// [`WITHIN`] where a person watches.
///
/// # Errors
/// The first step that did not hold, with its number.
pub async fn walk(sandbox: &Sandbox, patience: Duration, tell: &mut (dyn FnMut(&Step) + Send)) -> Result<(), Broken> {
    let mut walk = Walk::begin(sandbox, patience)?;
    macro_rules! step {
        ($number:literal, $what:literal, $by:literal, $future:expr) => {{
            let proved =
                $future.await.map_err(|error: Broken| Broken(format!("step {} ({}): {error}", $number, $what)))?;
            tell(&Step { number: $number, what: $what, by: $by, proved });
        }};
    }
    step!(1, "import the sample registers", "import", portal::registers(&walk));
    step!(2, "HUS applies for patient-data", "portal", portal::apply(&mut walk));
    step!(3, "the operator approves the effect", "portal, directory", portal::approve(&mut walk));
    step!(4, "the real message of 2017, signer registered", "gateway, archive", archive::real_message(&mut walk));
    step!(5, "the same bytes again", "archive", archive::again(&walk));
    step!(6, "the same document under strict", "signature policy", archive::strict(&mut walk));
    step!(7, "a copy signed by the demo's authority", "gateway, archive", archive::signed_anew(&walk));
    step!(8, "HUS's archivist finds and reads it", "portal, archive", archivist::reads(&mut walk));
    step!(9, "through an access point without the right", "gateway", doors::no_right(&walk));
    step!(10, "one letter of the body changed", "signature", archive::changed_body(&walk));
    step!(11, "another controller in document and wrapper", "archive", archive::foreign_controller(&walk));
    step!(12, "two registers merge, from order to report", "portal, archive", merger::rehearsed(&mut walk));
    step!(13, "a fault is told to whom it hits", "portal", fault::told(&mut walk));
    step!(14, "HUS makes its deployment test", "portal, both logs", deployment::tested(&mut walk));
    step!(15, "after the right was closed, open connection", "gateway", doors::closed_right(&mut walk));
    step!(16, "revoked; without serialNumber; stranger's", "TLS; identity; TLS", doors::bad_certificates(&walk));
    step!(17, "a link notified, in force by itself", "portal, directory", notification::by_itself(&mut walk));
    step!(18, "two organisations merge at midnight", "directory, archive", midnight::merged(&walk));
    Ok(())
}

impl<'s> Walk<'s> {
    fn begin(sandbox: &'s Sandbox, patience: Duration) -> Result<Self, Broken> {
        let now = sandbox.app.now();
        let certificate = sandbox.pki.authority.issue(&Profile::server(ACCESS_POINT, "kanta.hus.test"), now);
        Ok(Self {
            joiner: Browser::new(&sandbox.portal_address())?,
            operator: Browser::new(&sandbox.portal_address())?,
            sandbox,
            certificate: certificate.map_err(|error| Broken(error.to_string()))?,
            application: String::new(),
            run: u64::try_from(now.as_micros()).unwrap_or(0),
            patience,
        })
    }

    pub(crate) fn peer(&self, certificate: &Issued) -> Result<Peer, Broken> {
        let issuers = [self.sandbox.pki.authority.certificate().der.clone()];
        Ok(Peer::new(certificate, &issuers, self.sandbox.addresses.gateway)?)
    }

    /// What the operator signs is verified by this.
    pub(crate) fn verifier(&self) -> SealVerifier {
        SealVerifier::from_public(&self.sandbox.app.publication.public_key())
    }

    /// What a report of a run says, its signature verified as a stranger does.
    pub(crate) fn verified(&self, report: &str) -> Result<Completeness, Broken> {
        let broken = |error: serde_json::Error| Broken(error.to_string());
        let sealed: SealedReport = serde_json::from_str(report).map_err(broken)?;
        holds(self.verifier().signed_report(&sealed), || "the report's signature does not hold".to_owned())?;
        sealed.says().map_err(broken)
    }

    /// A new connection as HUS's access point.
    pub(crate) async fn connect(&self) -> Result<Connection, Broken> {
        Ok(self.peer(&self.certificate)?.connect().await?)
    }
}

/// Holds when an answer refuses with exactly these codes.
pub(crate) fn refused_with(answer: &Answer, codes: &[&str]) -> Result<String, Broken> {
    let found = answer.codes();
    if found.iter().map(String::as_str).eq(codes.iter().copied()) {
        Ok(format!("refused: {} (decision {})", codes.join(" "), answer.decision))
    } else {
        Err(Broken(format!("expected a refusal with {codes:?}, got {} {found:?}", answer.status)))
    }
}

/// Holds when a message was accepted.
pub(crate) fn accepted(answer: &Answer) -> Result<(), Broken> {
    let acknowledgement = answer.acknowledgement();
    if answer.status.is_success() && acknowledgement.kind == "AA" && acknowledgement.codes.is_empty() {
        Ok(())
    } else {
        Err(Broken(format!("expected AA, got {} {} {:?}", answer.status, acknowledgement.kind, answer.codes())))
    }
}

pub(crate) fn holds(condition: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if condition { Ok(()) } else { Err(Broken(otherwise())) }
}

/// Steps 2 and 3 alone: HUS has its right, and the gateway knows. Gives the certificate that was notified.
///
/// # Errors
/// The step that did not hold.
pub async fn open_right(sandbox: &Sandbox, patience: Duration) -> Result<Issued, Broken> {
    let mut walk = Walk::begin(sandbox, patience)?;
    portal::apply(&mut walk).await?;
    portal::approve(&mut walk).await?;
    Ok(walk.certificate)
}
