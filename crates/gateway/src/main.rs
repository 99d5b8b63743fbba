//! `liitos-gateway`: the front door alone, for a machine that is exposed.

use liitos_gateway::config::Config;
use liitos_gateway::{Gateway, GatewayError, stopped, wall_clock};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::sync::watch;

const USAGE: &str = "usage: liitos-gateway --config gateway.toml [--check]";

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (path, only_check) = match arguments.as_slice() {
        ["--config", path] => (path, false),
        ["--config", path, "--check"] => (path, true),
        _ => return fail(USAGE),
    };
    let config = match Config::load(Path::new(path)) {
        Ok(config) => config,
        Err(error) => return fail(&error.to_string()),
    };
    if only_check {
        tracing::info!("{path}: every key is known and of the right type");
        return ExitCode::SUCCESS;
    }
    match serve(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string()),
    }
}

/// Each thread has a runtime, a share of the connections and its own connections to the backend: none wakes another.
fn serve(config: Config) -> Result<(), GatewayError> {
    let threads = config.threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let address = config.listen;
    let gateway = match listenfd::ListenFd::from_env().take_tcp_listener(0) {
        // A socket that a manager of services keeps while one gateway follows another.
        Ok(Some(listener)) => Gateway::with_listener(config, listener, wall_clock())?,
        _ => Gateway::bind(config, wall_clock())?,
    };
    let failed = |source| GatewayError::Listen { address, source };
    let (tell, stop) = watch::channel(false);
    let tell = Arc::new(tell);
    let mut others = Vec::new();
    for _ in 1..threads {
        let (worker, stop) = (gateway.worker().map_err(failed)?, stop.clone());
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        others.push(std::thread::spawn(move || runtime.block_on(worker.run_beside(stop))));
    }
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let ended = runtime.block_on(async {
        let told = Arc::clone(&tell);
        tokio::spawn(async move {
            stopped().await;
            let _ = told.send(true);
        });
        gateway.run(stop).await
    });
    // However it ended, the others end with it.
    let _ = tell.send(true);
    for other in others {
        let _ = other.join();
    }
    ended
}

fn fail(problem: &str) -> ExitCode {
    tracing::error!("{problem}");
    ExitCode::from(2)
}
