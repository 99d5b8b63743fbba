//! Starts the portal, the inner door and the outbox from a configuration.

mod connections;
mod unread;

use crate::adapters::{
    HttpOutbound, HttpRegisters, Mandates, OpenIdConnect, SmsGateway, SmtpMailer, StoredObjects, SystemClock,
    SystemRandomness, TokenKey, WebhookPoster,
};
use crate::config::{ArchiveKeyAt, Config, Token, read};
use axum::Router;
use connections::{serve_pages, serve_tls};
use liitos_domain::deployment_test::Cases;
use liitos_pki::seal::SealingKey;
use liitos_pki::tls::{Identity, PinnedClient, server_config};
use liitos_pki::vault::DataKey;
use liitos_service::ports::{ArchiveKey, MandateService, Objects, OutboundDoor, Texter, Ways};
use liitos_service::{
    App, ServiceError, Settings, applications, archive, certificates, changes, contacts, controller_runs,
    deployment_tests, messages, moves, notices, notifications, outbound, registers, sessions,
};
use liitos_store::Store;
use liitos_web::Web;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// Why nothing could be served. The text says file and key.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

impl StartError {
    fn at(place: impl std::fmt::Display) -> impl FnOnce(Box<dyn std::error::Error>) -> Self {
        move |error| Self(format!("{place}: {error}"))
    }
}

/// Pauses of the outbox when nothing is due.
const OUTBOX_PAUSE: Duration = Duration::from_millis(500);
/// How often signature issuers and revocation lists are loaded again.
const RELOAD: Duration = Duration::from_secs(60);

/// Builds the use cases' context with the schema up to date.
///
/// # Errors
/// [`StartError`] with the file or key at fault.
pub async fn build(config: &Config) -> Result<Arc<App>, StartError> {
    let app = connect(config).await?;
    app.store.migrate().await.map_err(|e| StartError::at("database: migration")(full(&e).into()))?;
    applications::complete(&app).await.map_err(|e| StartError::at("database: applications")(full(&e).into()))?;
    contacts::complete(&app).await.map_err(|e| StartError::at("database: contacts")(full(&e).into()))?;
    archive::complete(&app).await.map_err(|e| StartError::at("database: archive")(full(&e).into()))?;
    controller_runs::complete(&app).await.map_err(|e| StartError::at("database: archive cells")(full(&e).into()))?;
    deployment_tests::follow(&app).await.map_err(|e| StartError::at("database: deployment tests")(full(&e).into()))?;
    archive::try_objects(&app).await.map_err(|e| StartError::at("archive.bodies")(full(&e).into()))?;
    Ok(app)
}

/// Builds the use cases' context on the schema as it is.
///
/// # Errors
/// [`StartError`] with the file or key at fault.
pub async fn connect(config: &Config) -> Result<Arc<App>, StartError> {
    let store =
        Store::connect(&config.database.url).await.map_err(|e| StartError::at("database.url")(full(&e).into()))?;
    let settings = Settings {
        signature_trust: config.signatures.trust_files().load().map_err(|e| StartError::at("signatures")(e.into()))?,
        sealing_key: sealing_key(config)?,
        archive_key: archive_key(config)?,
        objects: objects(config)?,
        devices: config.archive.devices.clone(),
        epoch: config.seal.epoch,
        portal_address: config.portal.address.clone(),
        offices: liitos_service::Offices {
            code_service: config.offices.code_service.clone(),
            copy: config.offices.copy.clone(),
        },
        test_cases: test_cases(config)?,
    };
    let mailer = SmtpMailer::new(&config.mail.server, &config.mail.from).map_err(StartError)?;
    let texter = match &config.sms {
        Some(sms) => {
            let gateway = SmsGateway::new(sms, &secret(&sms.key_file)?, &config.portal.address).map_err(StartError)?;
            Some(Arc::new(gateway) as Arc<dyn Texter>)
        }
        None => None,
    };
    let poster = WebhookPoster::new(config.webhooks.within).map_err(StartError)?;
    let ways = Ways { mailer: Arc::new(mailer), texter, poster: Arc::new(poster) };
    Ok(Arc::new(App::new(store, Arc::new(SystemClock), Arc::new(SystemRandomness), ways, settings)))
}

/// The cases of deployment tests: the program's own, or those of the file that is named.
fn test_cases(config: &Config) -> Result<Cases, StartError> {
    let Some(file) = &config.deployment_tests.cases else { return Ok(Cases::standard().clone()) };
    let bytes = read(file).map_err(|e| StartError(e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|e| StartError::at(file.display())(e.into()))?;
    Cases::read(&text).map_err(|e| StartError::at(file.display())(e.into()))
}

/// A secret that stands in a file.
fn secret(file: &Path) -> Result<String, StartError> {
    let bytes = read(file).map_err(|e| StartError(e.to_string()))?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}

/// The key that seals snapshots and signs heads of the directory's log.
///
/// # Errors
/// [`StartError`] with the file at fault.
pub(crate) fn sealing_key(config: &Config) -> Result<SealingKey, StartError> {
    let seed = read(&config.seal.key_file).map_err(|e| StartError(e.to_string()))?;
    SealingKey::from_seed(&seed).map_err(|e| StartError::at(config.seal.key_file.display())(e.into()))
}

/// The key that wraps the keys of registers.
pub(crate) fn archive_key(config: &Config) -> Result<Arc<dyn ArchiveKey>, StartError> {
    match &config.archive.key {
        ArchiveKeyAt::File(file) => {
            let bytes = read(file).map_err(|e| StartError(e.to_string()))?;
            let key = DataKey::try_from(&bytes[..]).map_err(|e| StartError::at(file.display())(e.into()))?;
            Ok(Arc::new(key))
        }
        ArchiveKeyAt::Token(token) => Ok(Arc::new(token_key(token)?)),
    }
}

/// A key in a token, which is asked for when it is needed.
pub(crate) fn token_key(token: &Token) -> Result<TokenKey, StartError> {
    Ok(TokenKey::new(token, secret(&token.pin_file)?))
}

/// Where large bodies lie.
fn objects(config: &Config) -> Result<Option<Arc<dyn Objects>>, StartError> {
    let made = config.archive.bodies.as_ref().map(StoredObjects::new).transpose();
    let made = made.map_err(|error| StartError::at("archive.bodies")(error.into()))?;
    Ok(made.map(|objects| Arc::new(objects) as Arc<dyn Objects>))
}

/// The portal's router for a configuration.
///
/// # Errors
/// [`StartError`].
pub fn portal(config: &Config, app: &Arc<App>) -> Result<Router, StartError> {
    let address = &config.portal.address;
    let identity = OpenIdConnect::new(&config.identity, &secret(&config.identity.client_secret_file)?, address)
        .map_err(StartError)?;
    let mandates = match &config.mandates {
        Some(found) => {
            let (key, password) = (secret(&found.key_file)?, secret(&found.secret_file)?);
            let service = Mandates::new(found, &key, &password, address).map_err(StartError)?;
            Some(Arc::new(service) as Arc<dyn MandateService>)
        }
        None => None,
    };
    Ok(liitos_web::portal(Web {
        app: Arc::clone(app),
        identity: Arc::new(identity),
        mandates,
        secure_cookies: config.portal.secure_cookies,
    }))
}

/// Serves everything of a configuration until the process ends; listeners may be given, else they are opened.
///
/// # Errors
/// [`StartError`].
pub async fn serve(
    config: Config,
    app: Arc<App>,
    listeners: Option<(TcpListener, TcpListener)>,
) -> Result<(), StartError> {
    let pages = portal(&config, &app)?;
    let inner_tls = inner_tls(&config)?;
    let source = register_source(&config)?;
    let outbound = outbound_doors(&config)?;
    let doors = liitos_web::doors::inner(Arc::clone(&app), config.inner.sender_certificates_sha256.clone());
    let (portal_listener, inner_listener) = match listeners {
        Some(given) => given,
        None => (listen(config.portal.listen).await?, listen(config.inner.listen).await?),
    };
    tokio::spawn(serve_tls(inner_listener, inner_tls, doors));
    if let Some(door) = outbound {
        tokio::spawn(bring(Arc::clone(&app), door));
    }
    tokio::spawn(reload_signature_trust(Arc::clone(&app), config.clone()));
    let at = config.registers.as_ref().map_or(0, |registers| registers.at);
    tokio::spawn(nightly(Arc::clone(&app), source, at));
    tokio::spawn(scheduled(Arc::clone(&app)));
    tokio::spawn(switch_runs(Arc::clone(&app)));
    tokio::spawn(carry_runs(Arc::clone(&app)));
    tokio::spawn(seal_uses(Arc::clone(&app)));
    tokio::spawn(go_round(Arc::clone(&app)));
    tokio::spawn(tidy_bodies(Arc::clone(&app)));
    tokio::spawn(go_on(Arc::clone(&app)));
    tokio::spawn(follow_tests(Arc::clone(&app)));
    tokio::spawn(tell(Arc::clone(&app)));
    tokio::spawn(outbox(app));
    serve_pages(portal_listener, pages).await;
    Ok(())
}

/// Issuers and lists are renewed beside us. Of a list that cannot be taken, the one held before stays in use until its next
/// update, after which it refuses.
async fn reload_signature_trust(app: Arc<App>, config: Config) {
    loop {
        tokio::time::sleep(RELOAD).await;
        match config.signatures.trust_files().renew(&app.signature_trust.load()) {
            Ok((trust, faults)) => {
                app.signature_trust.store(Arc::new(trust));
                for fault in faults {
                    tracing::error!(error = %fault, "a revocation list was not taken; the one held before stays");
                }
            }
            Err(error) => tracing::error!(error = %error, "signature issuers were not loaded again"),
        }
    }
}

/// Pauses between fetching registers when the source does not answer.
const SOURCE_PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(25)];
/// How often it is looked whether a night's work is due.
const NIGHT_WATCH: Duration = Duration::from_secs(300);

/// The sources of registers, if any are configured.
///
/// # Errors
/// [`StartError`].
pub(crate) fn register_source(config: &Config) -> Result<Option<HttpRegisters>, StartError> {
    let sources = config.registers.as_ref().map(|registers| registers.sources.clone());
    let built = sources.map(|sources| HttpRegisters::new(sources, SOURCE_PAUSES.to_vec())).transpose();
    built.map_err(|error| StartError(format!("registers: {error}")))
}

/// Each night fetches what changed in the registers, asks the rules again of what is open, and tells of what ends soon. What fails is tried again in a while.
async fn nightly(app: Arc<App>, source: Option<HttpRegisters>, at: i64) {
    let (mut watched, mut compared) = (None, None);
    loop {
        let scheduled = app.now().last_daily(at);
        if let Some(source) = &source {
            match registers::due(&app, source, scheduled).await {
                Ok(due) => {
                    for kind in due {
                        let done = registers::refresh(&app, "nightly", kind, source, false).await;
                        match done {
                            Ok(report) => {
                                tracing::info!(register = %kind, counts = ?report.counts, "register refreshed")
                            }
                            Err(error) => {
                                tracing::error!(register = %kind, code = %error.code, place = %error.place, "register not refreshed");
                            }
                        }
                    }
                }
                Err(error) => tracing::error!(error = %error, "registers that are due could not be found"),
            }
        }
        tell_of_what_waits(&app).await;
        // After the registers, whose marks they are.
        if compared != Some(scheduled) {
            match outbound::tell_of_marks(&app).await {
                Ok(told) => compared = told.map(|_| scheduled).or(compared),
                Err(error) => tracing::error!(error = %error, "marks could not be compared with rights"),
            }
        }
        // After the registers: a change rests on what they say.
        if let Err(error) = changes::check_due(&app, scheduled).await {
            tracing::error!(error = %error, "changes that are followed could not be found");
        }
        if watched != Some(scheduled) {
            match liitos_service::rules::watch(&app).await {
                Ok(_) => watched = Some(scheduled),
                Err(error) => tracing::error!(error = %error, "rules could not be asked again"),
            }
            if let Err(error) = deployment_tests::remind(&app).await {
                tracing::error!(error = %error, "nobody could be told of tests that are to be made");
            }
        }
        tokio::time::sleep(NIGHT_WATCH).await;
    }
}

/// Tells of what ends, waits or was forgotten, each once, and writes what is to be written once something is over.
async fn tell_of_what_waits(app: &App) {
    let all = [
        ("warnings of what ends could not be written", certificates::warn_of_ends(app).await.map(drop)),
        ("nobody could be asked whether contacts are still right", contacts::remind(app).await.map(drop)),
        ("nobody could be told of requests that wait", outbound::escalate(app).await.map(drop)),
        ("nobody could be told of notifications that wait", notifications::tell_undecided(app).await.map(drop)),
        ("a final report could not be written", notifications::report_ended(app).await.map(drop)),
        ("parties that have not answered could not be asked again", changes::remind(app).await.map(drop)),
        ("nobody could be told of moves that wait", moves::remind(app).await.map(drop)),
    ];
    for (what, done) in all {
        if let Err(error) = done {
            tracing::error!(error = %error, "{what}");
        }
    }
}

/// Enters approved changes of the directory at their moments, for ever.
async fn scheduled(app: Arc<App>) {
    loop {
        match liitos_service::directory::proposal::enter_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "approved changes entered"),
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "an approved change could not enter");
            }
        }
        tokio::time::sleep(OUTBOX_PAUSE).await;
    }
}

/// How long lines of the use log wait for their seal.
const SEAL_PAUSE: Duration = Duration::from_secs(60);

/// Seals the use log's lines behind those who wrote them.
async fn seal_uses(app: Arc<App>) {
    loop {
        match archive::seal_uses(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(SEAL_PAUSE).await,
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "the use log was not sealed");
                tokio::time::sleep(SEAL_PAUSE).await;
            }
        }
    }
}

/// How many bodies a round looks at together, and the pause after them: 600 a minute, which leaves the machine to those who store and read.
const BODIES_AT_ONCE: u64 = 50;
const BODIES_PAUSE: Duration = Duration::from_secs(5);

/// Goes round the archive for ever: looks whether every body is whole.
async fn go_round(app: Arc<App>) {
    loop {
        let pause = match archive::go_round(&app, BODIES_AT_ONCE).await {
            Ok(true) => BODIES_PAUSE,
            Ok(false) => SEAL_PAUSE,
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "the archive's bodies could not be looked at");
                SEAL_PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Sweeps objects that belong to nothing, and replaces old keys, each whatever became of the other.
async fn tidy_bodies(app: Arc<App>) {
    loop {
        let told = |what: &str, done: Result<u64, ServiceError>| match done {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, what, "the archive was tidied"),
            Err(error) => tracing::error!(error = %error, cause = ?error.source, what, "the archive was not tidied"),
        };
        told("objects that belonged to nothing", archive::sweep_objects(&app).await);
        told("keys of registers", archive::rotate_keys(&app).await);
        tokio::time::sleep(SEAL_PAUSE).await;
    }
}

/// Switches controller update runs at their moments.
async fn switch_runs(app: Arc<App>) {
    loop {
        match liitos_service::controller_runs::switch_due(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "controller update runs switched"),
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "a controller update run was not switched");
            }
        }
        tokio::time::sleep(OUTBOX_PAUSE).await;
    }
}

/// Carries switched runs through, piece by piece.
async fn carry_runs(app: Arc<App>) {
    use controller_runs::{CHUNK, carry_through};
    loop {
        match carry_through(&app, CHUNK).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => tokio::time::sleep(OUTBOX_PAUSE).await,
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "a controller update run was not carried on");
                tokio::time::sleep(OUTBOX_PAUSE).await;
            }
        }
    }
}

/// The outbound doors, if any are configured.
///
/// # Errors
/// [`StartError`].
pub fn outbound_doors(config: &Config) -> Result<Option<Arc<dyn OutboundDoor>>, StartError> {
    if config.outbound.is_empty() {
        return Ok(None);
    }
    let identity = identity(&config.inner.certificate, &config.inner.key)?;
    Ok(Some(Arc::new(HttpOutbound::new(&config.outbound, &identity)?)))
}

/// Brings messages to units, for ever.
async fn bring(app: Arc<App>, door: Arc<dyn OutboundDoor>) {
    loop {
        if let Err(error) = outbound::deliver_due(&app, &door).await {
            tracing::error!(error = %error, cause = ?error.source, "messages for units could not be brought");
        }
        tokio::time::sleep(OUTBOX_PAUSE).await;
    }
}

/// How often it is looked whether a move goes on.
const MOVE_PAUSE: Duration = Duration::from_secs(2);

/// Moves go on, wave by wave, for ever.
async fn go_on(app: Arc<App>) {
    loop {
        match moves::go_on(&app).await {
            Ok(0) => tokio::time::sleep(MOVE_PAUSE).await,
            Ok(_) => {}
            Err(error) => {
                tracing::error!(error = %error, cause = ?error.source, "moves could not be found");
                tokio::time::sleep(MOVE_PAUSE).await;
            }
        }
    }
}

/// How often it is looked what came out of deployment tests.
const TEST_PAUSE: Duration = Duration::from_secs(1);

/// Keeps deployment tests in sight, for ever.
async fn follow_tests(app: Arc<App>) {
    loop {
        if let Err(error) = deployment_tests::follow(&app).await {
            tracing::error!(error = %error, cause = ?error.source, "deployment tests could not be followed");
        }
        tokio::time::sleep(TEST_PAUSE).await;
    }
}

/// Tells of closings and moves, for ever: no mail waits for that.
async fn tell(app: Arc<App>) {
    loop {
        if let Err(error) = moves::tell_of_moves(&app).await {
            tracing::error!(error = %error, cause = ?error.source, "moves could not be told of");
        }
        if let Err(error) = notices::tell_of_closings(&app).await {
            tracing::error!(error = %error, cause = ?error.source, "closings could not be told of");
        }
        tokio::time::sleep(OUTBOX_PAUSE).await;
    }
}

/// Sends what is due, for ever; now and then forgets old sessions.
async fn outbox(app: Arc<App>) {
    let mut rounds = 0u32;
    loop {
        if let Err(error) = messages::deliver_due(&app).await {
            tracing::error!(error = %error, cause = ?error.source, "the outbox failed");
        }
        rounds = rounds.wrapping_add(1);
        if rounds.is_multiple_of(1200) {
            let _ = sessions::delete_expired(&app).await;
        }
        tokio::time::sleep(OUTBOX_PAUSE).await;
    }
}

pub(crate) fn inner_tls(config: &Config) -> Result<TlsAcceptor, StartError> {
    let identity = identity(&config.inner.certificate, &config.inner.key)?;
    let pinned = [&config.inner.gateway_certificates_sha256, &config.inner.sender_certificates_sha256];
    let verifier = PinnedClient(pinned.into_iter().flatten().copied().collect());
    let tls = server_config(&identity, Arc::new(verifier)).map_err(|e| StartError::at("inner")(e.into()))?;
    Ok(TlsAcceptor::from(Arc::new(tls)))
}

fn identity(chain: &Path, key: &Path) -> Result<Identity, StartError> {
    let read = |path: &Path| read(path).map_err(|e| StartError(e.to_string()));
    let place = format!("{} and {}", chain.display(), key.display());
    Identity::from_pem(&read(chain)?, &read(key)?).map_err(|e| StartError::at(place)(e.into()))
}

async fn listen(address: std::net::SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|e| StartError::at(address)(e.into()))
}

/// An error with its causes on one line.
pub(crate) fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}
