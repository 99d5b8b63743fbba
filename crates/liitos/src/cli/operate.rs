//! `liitos serve`, `migrate`, `doctor`, `config check`.

use super::Ended;
use crate::config::{Config, read};
use crate::serve::{self, build, connect, full, inner_tls, portal};
use clap::{Args, Subcommand};
use liitos_service::App;
use liitos_store::archive::Round;
use liitos_store::{Store, archive, audit, directory, schema_status};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct WithConfig {
    /// The configuration file.
    #[arg(long)]
    pub(crate) config: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check every key and every file it names.
    Check(WithConfig),
}

async fn serve_all(config: Config) -> Result<(), String> {
    let app = build(&config).await.map_err(|error| error.to_string())?;
    tracing::info!(portal = %config.portal.listen, inner = %config.inner.listen, "serving");
    serve::serve(config, app, None).await.map_err(|error| error.to_string())
}

pub(crate) async fn serve(with: &WithConfig) -> Ended {
    match Config::load(&with.config) {
        Ok(config) => serve_all(config).await.map_or_else(Ended::BadInput, |()| Ended::Fine),
        Err(error) => Ended::BadInput(error.to_string()),
    }
}

pub(crate) async fn migrate(with: &WithConfig) -> Ended {
    let carried_out = async {
        let config = Config::load(&with.config).map_err(|error| error.to_string())?;
        let store = Store::connect(&config.database.url).await.map_err(|error| full(&error))?;
        store.migrate().await.map_err(|error| full(&error))?;
        let (applied, known) = schema_status(&store).await.map_err(|error| full(&error))?;
        say!("schema: {applied} of {known} migrations applied");
        Ok::<_, String>(())
    };
    carried_out.await.map_or_else(Ended::BadInput, |()| Ended::Fine)
}

pub(crate) fn config(command: &ConfigCommand) -> Ended {
    let ConfigCommand::Check(with) = command;
    let checked =
        Config::load(&with.config).and_then(|config| config.files().try_for_each(|file| read(file).map(drop)));
    match checked {
        Ok(()) => {
            say!("{}: every key is known and of the right type, every file is there", with.config.display());
            Ended::Fine
        }
        Err(error) => Ended::BadInput(error.to_string()),
    }
}

pub(crate) async fn doctor(with: &WithConfig) -> Ended {
    let config = match Config::load(&with.config) {
        Ok(config) => config,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    say!("✓ configuration");
    let app = match connect(&config).await {
        Ok(app) => app,
        Err(error) => return finding(&error.to_string()),
    };
    say!("✓ database, sealing key, signature issuers and lists, mail address");
    if let Err(error) = portal(&config, &app).map(drop).and_then(|()| inner_tls(&config).map(drop)) {
        return finding(&error.to_string());
    }
    say!("✓ identification service's address and secret, inner door's certificate");
    match schema_status(&app.store).await {
        Ok((applied, known)) if applied == known => say!("✓ schema: {applied} migrations"),
        Ok((applied, known)) => {
            return finding(&format!("schema: {applied} of {known} migrations; run liitos migrate"));
        }
        Err(error) => return finding(&full(&error)),
    }
    match audit::first_break(app.store.read()).await {
        Ok(None) => say!("✓ audit trail is whole"),
        Ok(Some(sequence)) => {
            return finding(&format!("audit trail: event {sequence} does not fit the chain"));
        }
        Err(error) => return finding(&full(&error)),
    }
    match directory::version(app.store.read()).await {
        Ok(version) => say!("✓ directory version {version}"),
        Err(error) => return finding(&full(&error)),
    }
    match liitos_service::archive::try_key(&app).await {
        Ok(()) => say!("✓ archive's key"),
        Err(error) => return finding(&format!("archive's key: {}", full(&error))),
    }
    match bodies(&app).await {
        Ok(told) => say!("✓ {told}"),
        Err(problem) => return finding(&problem),
    }
    Ended::Fine
}

/// How the archive's bodies were when they were looked at last.
async fn bodies(app: &App) -> Result<String, String> {
    let damaged = archive::count_damaged(app.store.read()).await.map_err(|error| full(&error))?;
    if damaged > 0 {
        return Err(format!("archive: {damaged} bodies cannot be given out; liitos archive round says which"));
    }
    let round = archive::newest_round(app.store.read()).await.map_err(|error| full(&error))?;
    Ok(match round {
        Some(Round { finished_at: Some(at), looked, .. }) => format!("archive: every body was whole, {looked} by {at}"),
        Some(Round { began_at, looked, .. }) => {
            format!("archive: no body is damaged of {looked} looked at since {began_at}")
        }
        None => "archive: no body was looked at yet".to_owned(),
    })
}

fn finding(problem: &str) -> Ended {
    say!("✗ {problem}");
    Ended::Finding
}
