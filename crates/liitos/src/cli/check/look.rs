//! Looks at the network for a plan: names, addresses, the certificates served, and whose the addresses are.

use super::facts::Note;
use crate::adapters::http::HttpClient;
use http::Request;
use liitos_documents::rdap::holders;
use liitos_domain::identifier::DnsName;
use liitos_domain::plan::{End, Looked, Plan, PlannedLink, PlannedPoint, Served, Whose};
use liitos_pki::Certificate;
use liitos_pki::tls::Observer;
use rustls::pki_types::ServerName;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// How long one name or one end may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where reception services listen when the plan does not say.
const PORT: u16 = 443;

/// The joiner's own access points with their links.
fn own(plan: &Plan) -> impl Iterator<Item = (&PlannedPoint, &PlannedLink)> {
    let points = plan.access_points.iter().filter(|point| plan.whose(&point.oid) == Whose::Own);
    points.flat_map(|point| point.links.iter().map(move |link| (point, link)))
}

/// Asks the name service, calls each own address and looks at the certificate that it serves.
pub(super) async fn probe(plan: &Plan) -> Looked {
    let mut looked = Looked::default();
    for (point, link) in own(plan) {
        if let Some(name) = &link.dns_name {
            let asked = tokio::time::timeout(PATIENCE, lookup_host((name.as_str(), PORT))).await;
            let found = asked.ok().and_then(Result::ok);
            let mut found: Vec<IpAddr> = found.into_iter().flatten().map(|address| address.ip()).collect();
            found.sort_unstable();
            found.dedup();
            looked.names.insert(name.to_string(), found);
        }
        let port = point.reception_port.unwrap_or(PORT);
        for address in &link.addresses {
            looked.ends.insert((*address, port), call(*address, port, link.dns_name.as_ref()).await);
        }
    }
    looked
}

async fn call(address: IpAddr, port: u16, name: Option<&DnsName>) -> End {
    let late = || "no answer in time".to_owned();
    let stream = match tokio::time::timeout(PATIENCE, TcpStream::connect((address, port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return End { problem: error.to_string(), ..End::default() },
        Err(_) => return End { problem: late(), ..End::default() },
    };
    let (served, problem) = match handshake(stream, address, name).await {
        Ok(served) => (Some(served), String::new()),
        Err(problem) => (None, problem),
    };
    End { answered: true, problem, served }
}

/// The certificate shown in a handshake; the server may end it afterwards for want of ours.
async fn handshake(stream: TcpStream, address: IpAddr, name: Option<&DnsName>) -> Result<Served, String> {
    let observer = Arc::new(Observer::default());
    let config = observer.config().map_err(|error| error.to_string())?;
    let name = name.and_then(|name| ServerName::try_from(name.as_str().to_owned()).ok());
    let name = name.unwrap_or_else(|| ServerName::IpAddress(address.into()));
    let shaken = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let ended = tokio::time::timeout(PATIENCE, shaken).await;
    let der = observer.served().ok_or_else(|| match ended {
        Ok(Err(error)) => format!("TLS: {error}"),
        _ => "TLS: no certificate in time".to_owned(),
    })?;
    let certificate = Certificate::parse(&der).map_err(|error| error.to_string())?;
    Ok(Served { fingerprint: certificate.fingerprint, serial_numbers: certificate.subject_serial_numbers })
}

/// Asks a public directory (RDAP, RFC 9082) whose each own address is.
pub(super) async fn ask_holders(
    plan: &Plan,
    directory: &str,
    notes: &mut Vec<Note>,
) -> Result<BTreeMap<IpAddr, Vec<String>>, String> {
    let http = HttpClient::new().map_err(|error| error.to_string())?;
    let mut all = BTreeMap::new();
    for address in own(plan).flat_map(|(_, link)| &link.addresses) {
        let asked = ask(&http, directory, *address).await;
        match asked {
            Ok(names) => drop(all.insert(*address, names)),
            Err(problem) => notes.push(Note::Holder(*address, problem)),
        }
    }
    Ok(all)
}

async fn ask(http: &HttpClient, directory: &str, address: IpAddr) -> Result<Vec<String>, String> {
    let question = format!("{}/ip/{address}", directory.trim_end_matches('/'));
    let request = Request::get(&question).header("accept", "application/rdap+json").body(Vec::new());
    let request = request.map_err(|error| format!("{question}: {error}"))?;
    let answer = http.send(request).await.map_err(|error| format!("{question}: {error}"))?;
    if !answer.status().is_success() {
        return Err(format!("{question}: {}", answer.status()));
    }
    holders(answer.body()).map_err(|error| format!("{question}: {error}"))
}
