//! What a joiner's system does with the archive through an access point, by its certificate: store, get, search and declare void.

use super::{Ended, print_json};
use crate::peer::{Answer, Asker, Connection, FhirAsked, Peer};
use clap::Args;
use liitos_documents::fhir::read_provided;
use liitos_documents::message::read_message;
use liitos_domain::archive::{Family, Purpose};
use liitos_domain::document::INVALIDATES;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Oid, Service};
use liitos_pki::certificates;
use liitos_pki::tls::Identity;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Pages that a search follows at most.
const MOST_PAGES: usize = 1_000;

/// The way to the front door, through an access point.
#[derive(Args)]
pub(crate) struct Way {
    /// The gateway, `host:port`.
    #[arg(long)]
    gateway: String,
    /// The name that the gateway's certificate is for; its host when absent.
    #[arg(long)]
    gateway_name: Option<String>,
    /// Issuers of the gateway's certificate (PEM).
    #[arg(long, required = true)]
    issuer: Vec<PathBuf>,
    /// The access point's certificate with its chain (PEM).
    #[arg(long)]
    certificate: PathBuf,
    /// Its key (PKCS#8 PEM).
    #[arg(long)]
    key: PathBuf,
}

/// The way to the archive, and as whom.
#[derive(Args)]
pub(crate) struct Through {
    #[command(flatten)]
    way: Way,
    /// The joiner, or its unit; the host, where it is for a tenant.
    #[arg(long, value_parser = |text: &str| Oid::parse(text).map_err(|error| error.to_string()))]
    joiner: Oid,
    /// The tenant.
    #[arg(long, value_parser = |text: &str| Oid::parse(text).map_err(|error| error.to_string()))]
    tenant: Option<Oid>,
    /// Whose documents.
    #[arg(long, default_value = "patient-data", value_parser = family)]
    service: Family,
    /// A service event of the joiner's own, in which it treats the patient: other providers' documents are asked for, too.
    #[arg(long, value_parser = |text: &str| Oid::parse(text).map_err(|error| error.to_string()))]
    treating: Option<Oid>,
    /// It is an emergency.
    #[arg(long, requires = "treating")]
    emergency: bool,
}

fn family(text: &str) -> Result<Family, String> {
    let service = Service::parse(text);
    let known = Family::ALL.iter().find(|family| Some(family.service()) == service);
    known.copied().ok_or_else(|| "expected patient-data, social-client-data or prescription".to_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

impl Way {
    /// The access point that the certificate names.
    pub(super) fn point(&self) -> Result<AccessPointOid, String> {
        let own = certificates(&read(&self.certificate)?).map_err(|error| error.to_string())?;
        let named = own.first().and_then(|own| AccessPointOid::parse(own.subject_serial_number().ok()?).ok());
        named.ok_or_else(|| format!("{}: names no access point", self.certificate.display()))
    }

    /// A peer with the access point's certificate.
    pub(super) fn peer(&self) -> Result<Peer, String> {
        let identity = Identity::from_pem(&read(&self.certificate)?, &read(&self.key)?);
        let identity = identity.map_err(|error| format!("{}: {error}", self.certificate.display()))?;
        let mut issuers = Vec::new();
        for file in &self.issuer {
            let all = certificates(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
            issuers.extend(all.into_iter().map(|certificate| certificate.der));
        }
        let host = self.gateway.rsplit_once(':').map(|(host, _)| host.trim_matches(['[', ']']));
        let host = host.ok_or_else(|| "--gateway: expected host:port".to_owned())?;
        let name = self.gateway_name.as_deref().unwrap_or(host);
        Peer::at(&identity, &issuers, (&self.gateway, name)).map_err(|error| error.to_string())
    }
}

impl Through {
    async fn connect(&self) -> Result<Connection, String> {
        self.way.peer()?.connect().await.map_err(|error| error.to_string())
    }

    fn asker(&self) -> Asker<'_> {
        let purpose = self.treating.clone().map(if self.emergency { Purpose::Emergency } else { Purpose::Treatment });
        let (family, joiner, tenant) = (self.service, self.joiner.as_str(), self.tenant.as_ref().map(Oid::as_str));
        Asker { family, joiner, tenant, purpose }
    }

    async fn ask(&self, connection: &mut Connection, asked: FhirAsked) -> Result<Answer, String> {
        connection.fhir(asked, &self.asker()).await.map_err(|error| error.to_string())
    }
}

/// A message or bundle to send.
#[derive(Args)]
pub(crate) struct Send {
    #[command(flatten)]
    through: Through,
    /// An HL7 V3 message, bare or in SOAP, or a FHIR bundle in JSON.
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct Store {
    #[command(flatten)]
    send: Send,
    /// Store nothing; tell all that would be wrong. Bundles only.
    #[arg(long)]
    validate: bool,
}

#[derive(Args)]
pub(crate) struct Get {
    #[command(flatten)]
    through: Through,
    /// The document's id.
    #[arg(value_parser = |text: &str| Oid::parse(text).map_err(|error| error.to_string()))]
    document: Oid,
    /// Where to write it; nothing is overwritten. To standard output when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Search {
    #[command(flatten)]
    through: Through,
    /// Whose: a file that holds `root|identifier`, or `-` for standard input. An identity code is no argument: everybody on the machine sees those.
    #[arg(long)]
    client: Option<PathBuf>,
    /// What there is at a glance, instead of each document.
    #[arg(long)]
    summary: bool,
    /// A parameter of the search, `name=value`; see the archive's search in `docs/access-point.md`.
    #[arg(long = "by", value_parser = parameter)]
    by: Vec<(String, String)>,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "expected name=value".to_owned())
}

/// The answer as JSON, and whether it says that all is well.
fn told(answer: &Answer) -> Result<Ended, String> {
    let acknowledgement = answer.acknowledgement();
    let body = match serde_json::from_slice::<Value>(&answer.body) {
        Ok(body) => body,
        Err(_) => json!({ "acknowledgement": acknowledgement.kind, "texts": acknowledgement.texts }),
    };
    let codes = answer.codes();
    let fine = answer.status.is_success() && codes.is_empty();
    print_json(&json!({
        "status": answer.status.as_u16(), "decision": answer.decision, "codes": codes, "answer": body,
    }))?;
    Ok(if fine { Ended::Fine } else { Ended::Finding })
}

fn is_bundle(bytes: &[u8]) -> bool {
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

impl Send {
    async fn send(&self, bytes: Vec<u8>, validate: bool) -> Result<Ended, String> {
        let text = String::from_utf8(bytes).map_err(|_| format!("{}: not UTF-8", self.file.display()))?;
        let mut connection = self.through.connect().await?;
        let answer = match (is_bundle(text.as_bytes()), validate) {
            (true, false) => self.through.ask(&mut connection, FhirAsked::Provide(text)).await?,
            (true, true) => self.through.ask(&mut connection, FhirAsked::Validate(text)).await?,
            (false, false) => connection.send(&text).await.map_err(|error| error.to_string())?,
            (false, true) => return Err("--validate: only FHIR bundles are validated without being stored".to_owned()),
        };
        told(&answer)
    }
}

pub(crate) async fn store(asked: &Store) -> Result<Ended, String> {
    asked.send.send(read(&asked.send.file)?, asked.validate).await
}

/// Sends what declares a set void, and nothing that says something else.
pub(crate) async fn invalidate(asked: &Send) -> Result<Ended, String> {
    let bytes = read(&asked.file)?;
    let messages = if is_bundle(&bytes) {
        read_provided(&bytes, asked.through.service).map(|bundle| bundle.messages)
    } else {
        read_message(&bytes).map(|message| vec![message])
    };
    let messages = messages.map_err(|finding| format!("{}: {finding}", asked.file.display()))?;
    if messages.iter().any(|message| message.wrapper.reason.as_deref() != Some(INVALIDATES)) {
        return Err(format!("{}: declares nothing void: its reason is not {INVALIDATES}", asked.file.display()));
    }
    asked.send(bytes, false).await
}

pub(crate) async fn get(asked: &Get) -> Result<Ended, String> {
    let mut connection = asked.through.connect().await?;
    let answer = asked.through.ask(&mut connection, FhirAsked::Fetch(asked.document.to_string())).await?;
    if !answer.status.is_success() {
        return told(&answer);
    }
    match &asked.out {
        Some(file) => {
            let named = |error: std::io::Error| format!("{}: {error}", file.display());
            let mut out = std::fs::File::create_new(file).map_err(named)?;
            out.write_all(&answer.body).map_err(named)?;
        }
        None => std::io::stdout().write_all(&answer.body).map_err(|error| error.to_string())?,
    }
    Ok(Ended::Fine)
}

/// Whose documents are looked for, as a search's parameter.
fn client(file: &Path) -> Result<(String, String), String> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|held| text = held)
    };
    read.map_err(|error| format!("--client {}: {error}", file.display()))?;
    let (root, identifier) = text.trim().split_once('|').ok_or("--client: expected root|identifier")?;
    Ok(("patient.identifier".to_owned(), format!("urn:oid:{root}|{identifier}")))
}

/// Looks for documents, page by page, and prints what is known of each, a line of JSON each.
pub(crate) async fn search(asked: &Search) -> Result<Ended, String> {
    let mut parameters: Vec<(String, String)> = asked.client.as_deref().map(client).transpose()?.into_iter().collect();
    parameters.extend(asked.by.iter().cloned());
    let mut connection = asked.through.connect().await?;
    if asked.summary {
        return told(&asked.through.ask(&mut connection, FhirAsked::Summary(parameters)).await?);
    }
    for _ in 0..MOST_PAGES {
        let answer = asked.through.ask(&mut connection, FhirAsked::Search(parameters)).await?;
        if !answer.status.is_success() {
            return told(&answer);
        }
        let bundle: Value = serde_json::from_slice(&answer.body).map_err(|error| format!("the answer: {error}"))?;
        for entry in bundle.get("entry").and_then(Value::as_array).into_iter().flatten() {
            let resource = entry.get("resource").unwrap_or(&Value::Null);
            writeln!(std::io::stdout(), "{resource}").map_err(|error| error.to_string())?;
        }
        let links = bundle.get("link").and_then(Value::as_array).into_iter().flatten();
        let next = links.filter(|link| link.get("relation").and_then(Value::as_str) == Some("next"));
        let next = next.filter_map(|link| link.get("url")?.as_str()?.split_once("_page=")).next();
        match next {
            Some((_, page)) => parameters = vec![("_page".to_owned(), page.to_owned())],
            None => return Ok(Ended::Fine),
        }
    }
    Err(format!("more than {MOST_PAGES} pages: search for less"))
}
