//! `liitos-gateway`: a front door alone, for a machine that is exposed; or an access point's inside, where the configuration
//! names an `access_point`.

use liitos_gateway::config::Config;
use liitos_gateway::inside::Inside;
use liitos_gateway::inside::config::InsideConfig;
use liitos_gateway::{Gateway, GatewayError, stopped, wall_clock};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::runtime::Builder;
use tokio::sync::watch;

const USAGE: &str = "usage: liitos-gateway --config gateway.toml [--check]";

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info,h2=error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (path, only_check) = match arguments.as_slice() {
        ["--config", path] => (path, false),
        ["--config", path, "--check"] => (path, true),
        _ => return fail(USAGE),
    };
    let path = Path::new(path);
    let served = if std::fs::read_to_string(path).is_ok_and(|text| InsideConfig::is_meant(&text)) {
        InsideConfig::load(path).map_err(|error| error.to_string()).and_then(|config| {
            if only_check { Ok(()) } else { serve_inside(config).map_err(|error| error.to_string()) }
        })
    } else {
        Config::load(path)
            .map_err(|error| error.to_string())
            .and_then(|config| if only_check { Ok(()) } else { serve(config).map_err(|error| error.to_string()) })
    };
    match served {
        Ok(()) if only_check => {
            tracing::info!("{}: every key is known and of the right type", path.display());
            ExitCode::SUCCESS
        }
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

/// An access point's inside, on as many threads as there are processors.
fn serve_inside(config: InsideConfig) -> Result<(), GatewayError> {
    let address = config.listen;
    let failed = |source| GatewayError::Listen { address, source };
    let inside = Inside::bind(config, wall_clock())?;
    let runtime = Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let (tell, stop) = watch::channel(false);
    runtime.block_on(async {
        tokio::spawn(async move {
            stopped().await;
            let _ = tell.send(true);
        });
        inside.run(stop).await
    })
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
