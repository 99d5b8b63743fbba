//! A whole Kanta in a box: throw-away authority, test identification service, mail sink, sample parties, and a walk
//! through the main job. Never part of a production installation's trust.

mod browser;
mod files;
mod identity_provider;
mod mail_sink;
mod mandate_service;
mod parties;
pub mod persons;
pub mod samples;
mod sms_sink;
pub mod tour;

pub use crate::peer::{Answer, Connection, Peer, PeerError};
pub use browser::{Browser, BrowserError, Fetched};
pub use files::Pki;
pub use mail_sink::{MailSink, Received};
pub use mandate_service::Withdrawn;
pub use sms_sink::{SmsSink, Texted};

use crate::config::Config;
use crate::serve::{self, StartError};
use liitos_gateway::{Gateway, SnapshotHolder, wall_clock};
use liitos_service::App;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long the gateway may take to its first snapshot.
const STARTING: Duration = Duration::from_secs(30);

/// Where a running sandbox is reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// The portal.
    pub portal: SocketAddr,
    /// Test identification service and mail sink.
    pub helpers: SocketAddr,
    /// The gateway for access points.
    pub gateway: SocketAddr,
}

/// A running sandbox.
pub struct Sandbox {
    /// Its folder.
    pub folder: PathBuf,
    /// Where it is reached.
    pub addresses: Addresses,
    /// Its throw-away certificates.
    pub pki: Arc<Pki>,
    /// The use cases, for looking and for what has no page yet.
    pub app: Arc<App>,
    /// The mails that arrived.
    pub mails: MailSink,
    /// The text messages that arrived.
    pub texts: SmsSink,
    /// Mandates that are withdrawn.
    pub mandates: Withdrawn,
    /// What each register's import did.
    pub imports: Vec<samples::Imported>,
    reload: Reload,
    snapshots: Arc<SnapshotHolder>,
}

/// What a sandbox is built with.
pub struct Options {
    /// Its folder; made if it is not there.
    pub folder: PathBuf,
    /// Where the portal listens; the others take the ports after it, or free ones when that is 0.
    pub listen: SocketAddr,
    /// The database; a file in the folder when absent.
    pub database: Option<String>,
}

impl Sandbox {
    /// Starts everything in this process, through the same configuration files as a real installation.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { folder, listen, database } = options;
        std::fs::create_dir_all(&folder).map_err(|e| StartError(format!("{}: {e}", folder.display())))?;
        let [portal, helpers, gateway, inner, smtp] = open_listeners(listen).await?;
        let addresses = Addresses { portal: local(&portal)?, helpers: local(&helpers)?, gateway: local(&gateway)? };
        let pki = Arc::new(Pki::create(&folder, wall_clock()()).map_err(StartError)?);
        let ports = files::Ports { addresses: &addresses, inner: local(&inner)?, smtp: local(&smtp)? };
        let database = database.unwrap_or_else(|| format!("sqlite:{}", folder.join("liitos.db").display()));
        files::write_configuration(&folder, &ports, &database, &pki).map_err(|e| StartError(e.to_string()))?;
        let mails = MailSink::default();
        tokio::spawn(mail_sink::serve(smtp, mails.clone()));
        let provider = identity_provider::router(
            &format!("http://{}", addresses.helpers),
            &format!("http://{}", addresses.portal),
        )?;
        let mandates = Withdrawn::default();
        let mandate_pages = mandate_service::router(&format!("http://{}", addresses.portal), mandates.clone());
        let texts = SmsSink::default();
        let helper_pages = provider.merge(mandate_pages).merge(mail_sink::page(mails.clone()));
        let helper_pages = helper_pages.merge(sms_sink::router(texts.clone()));
        tokio::spawn(async move { axum::serve(helpers, helper_pages).await });
        let config = Config::load(&folder.join("liitos.toml")).map_err(|e| StartError(e.to_string()))?;
        let app = serve::build(&config).await?;
        let imports = samples::import_all(&app).await?;
        parties::open(&app).await?;
        tokio::spawn(serve::serve(config, Arc::clone(&app), Some((portal, inner))));
        let (reload, snapshots) = start_gateway(&folder, gateway)?;
        let sandbox = Self { folder, addresses, pki, app, mails, texts, mandates, imports, reload, snapshots };
        sandbox.gateway_has(0, STARTING).await?;
        Ok(sandbox)
    }

    /// Waits until the gateway decides on this version of the directory or a newer one.
    ///
    /// # Errors
    /// When it does not within `patience`.
    pub async fn gateway_has(&self, version: u64, patience: Duration) -> Result<(), StartError> {
        let arrived = async {
            while self.snapshots.current().is_none_or(|held| held.version().1 < version) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let late = || StartError(format!("the gateway did not get version {version} within {} s", patience.as_secs()));
        tokio::time::timeout(patience, arrived).await.map_err(|_| late())
    }

    /// Lets the gateway load issuers and revocation lists again.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn reload_gateway(&self) -> Result<(), liitos_gateway::GatewayError> {
        (self.reload)()
    }

    /// The portal's address for a browser.
    #[must_use]
    pub fn portal_address(&self) -> String {
        format!("http://{}", self.addresses.portal)
    }
}

type Reload = Box<dyn Fn() -> Result<(), liitos_gateway::GatewayError> + Send + Sync>;

/// The gateway, on a socket that has been listened on since its port was found free: nobody else takes it meanwhile.
fn start_gateway(folder: &Path, listener: TcpListener) -> Result<(Reload, Arc<SnapshotHolder>), StartError> {
    let config =
        liitos_gateway::config::Config::load(&folder.join("gateway.toml")).map_err(|e| StartError(e.to_string()))?;
    let listener = listener.into_std().map_err(|e| StartError(format!("gateway: {e}")))?;
    let gateway = Gateway::with_listener(config, listener, wall_clock());
    let gateway = gateway.map_err(|e| StartError(format!("gateway: {e}")))?;
    let started = (Box::new(gateway.reloader()) as Reload, gateway.snapshots());
    tokio::spawn(gateway.for_ever());
    Ok(started)
}

/// Portal, helpers, gateway, inner door, mail: the port asked for and those after it, or free ones.
async fn open_listeners(first: SocketAddr) -> Result<[TcpListener; 5], StartError> {
    let open = |offset: u16| async move {
        let port = if first.port() == 0 { 0 } else { first.port().saturating_add(offset) };
        let address = SocketAddr::new(first.ip(), port);
        TcpListener::bind(address)
            .await
            .map_err(|e| StartError(format!("{address}: {e}; choose another with --listen")))
    };
    Ok([open(0).await?, open(1).await?, open(2).await?, open(3).await?, open(4).await?])
}

fn local(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|e| StartError(e.to_string()))
}
