//! `liitos-gateway`: the front door alone, for a machine that is exposed.

use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, wall_clock};
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: liitos-gateway --config gateway.toml";

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, path] = arguments.as_slice() else {
        return fail(USAGE);
    };
    if flag != "--config" {
        return fail(USAGE);
    }
    let config = match Config::load(&PathBuf::from(path)) {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    match Gateway::bind(config, wall_clock()).await {
        Ok(gateway) => {
            gateway.run().await;
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(problem: &str) -> ExitCode {
    tracing::error!("{problem}");
    ExitCode::from(2)
}
