//! `liitos directory decide`.

use super::draw::{self, Draw};
use super::{Ended, print_json};
use crate::adapters::SystemClock;
use crate::config::Config;
use crate::serve::build;
use clap::{Args, Subcommand};
use liitos_domain::directory::{CertificateFacts, Request};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, Service, StaffRole};
use liitos_pki::parse_certificate;
use liitos_service::Actor;
use liitos_service::directory::calls::look_up;
use liitos_service::directory::decide_at;
use liitos_service::ports::Clock as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Decide as the gateway would, at any time, as known at any time.
    Decide(Box<Decide>),
    /// Look up a call by its decision id, or by its certificate's SHA-256: what was refused and what was looked at.
    Call {
        /// The installation's configuration.
        #[arg(long)]
        config: PathBuf,
        /// The decision id, or the fingerprint.
        key: String,
    },
    /// Draw a connection as SVG: a plan, or what the directory holds of a joiner, or the change between the two.
    Draw(Draw),
}

#[derive(Args)]
pub(crate) struct Decide {
    /// The installation's configuration.
    #[arg(long)]
    config: PathBuf,
    /// The access point.
    #[arg(long)]
    access_point: AccessPointOid,
    /// The joiner, or one of its units.
    #[arg(long)]
    joiner: Oid,
    /// The service.
    #[arg(long, value_parser = |text: &str| Service::parse(text).ok_or("expected a service code such as patient-data"))]
    service: Service,
    /// read or write.
    #[arg(long, default_value = "write", value_parser = |text: &str| Operation::parse(text).ok_or("expected read or write"))]
    operation: Operation,
    /// The unit, where the right is a unit's.
    #[arg(long)]
    unit: Option<Oid>,
    /// The system (Astori number).
    #[arg(long)]
    system: Option<String>,
    /// The tenant the message names.
    #[arg(long)]
    tenant: Option<Oid>,
    /// The organiser, in a parallel joining.
    #[arg(long)]
    organiser: Option<Oid>,
    /// The caller's certificate, PEM or DER.
    #[arg(long)]
    certificate: Option<PathBuf>,
    /// The address the call comes from.
    #[arg(long)]
    source: Option<IpAddr>,
    /// The time asked about: a date or RFC 3339 time.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// The time whose knowledge is used.
    #[arg(long, value_parser = Moment::parse)]
    known_at: Option<Moment>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: DirectoryCommand) -> Ended {
    let asked = match command {
        DirectoryCommand::Decide(asked) => asked,
        DirectoryCommand::Draw(asked) => return draw::run(&asked).await,
        DirectoryCommand::Call { config, key } => {
            return match call(&config, &key).await {
                Ok(true) => Ended::Fine,
                Ok(false) => Ended::Finding,
                Err(problem) => Ended::BadInput(problem),
            };
        }
    };
    match decide(&asked).await {
        Ok(true) => Ended::Fine,
        Ok(false) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

/// Whether a call is known. Whoever reads the installation's configuration may see every call.
async fn call(config: &Path, key: &str) -> Result<bool, String> {
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let operator =
        Actor { reference: "command line".to_owned(), staff: vec![StaffRole::CaseHandler], ..Actor::default() };
    let looked = look_up(&app, &operator, key).await.map_err(|error| error.to_string())?;
    print_json(&looked)?;
    Ok(!looked.is_empty())
}

async fn decide(asked: &Decide) -> Result<bool, String> {
    let config = Config::load(&asked.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let certificate = asked.certificate.as_deref().map(certificate_facts).transpose()?;
    let request = Request {
        access_point: &asked.access_point,
        certificate: certificate.as_ref(),
        source: asked.source,
        service: asked.service,
        operation: asked.operation,
        joiner: &asked.joiner,
        unit: asked.unit.as_ref(),
        tenant: asked.tenant.as_ref(),
        system: asked.system.as_deref(),
        organiser: asked.organiser.as_ref().into(),
    };
    let now = SystemClock.now();
    let explained = decide_at(&app, &request, asked.at.unwrap_or(now), asked.known_at.unwrap_or(now))
        .await
        .map_err(|e| e.to_string())?;
    if asked.json {
        print_json(&explained)?;
    } else {
        let language = liitos_texts::Language::En;
        match explained.decision.code() {
            None => say!("permitted (directory version {})", explained.decision.directory_version.1),
            Some(code) => say!(
                "refused {code}: {}\n  mend: {} ({})",
                language.refusal(code),
                language.refusal_how(code),
                language.text(code.mender().key())
            ),
        }
        for fact in &explained.decision.facts {
            let when = fact.at.map_or_else(String::new, |at| format!(" {at}"));
            say!("  {:?} {}{when}", fact.state, fact.what);
        }
    }
    Ok(explained.decision.permitted())
}

fn certificate_facts(path: &std::path::Path) -> Result<CertificateFacts, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let certificate = parse_certificate(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(CertificateFacts { fingerprint: certificate.fingerprint, valid: certificate.valid, revoked: false })
}
