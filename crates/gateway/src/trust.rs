//! Whom the door trusts, from the files that the configuration names.

use crate::GatewayError;
use crate::config::{Config, read};
use liitos_pki::{Certificate, Trust, TrustError, certificates_from_pem};

/// Trust at the start: every file must hold.
pub(crate) fn load(config: &Config) -> Result<Trust, GatewayError> {
    let lists = config.revocation_lists.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
    Trust::load(issuers(config)?, &lists).map_err(|error| bad(config, &error))
}

/// Trust while calls go on: what cannot be taken is told, and the list held before stays until its next update.
pub(crate) fn renewed(held: &Trust, config: &Config) -> Result<Trust, GatewayError> {
    let mut lists = Vec::new();
    for path in &config.revocation_lists {
        match read(path) {
            Ok(list) => lists.push(list),
            Err(error) => tracing::error!(error = %error, "a revocation list was not read again"),
        }
    }
    let (trust, faults) = held.renewed(issuers(config)?, &lists).map_err(|error| bad(config, &error))?;
    for fault in faults {
        tracing::error!(error = %fault, "a revocation list was not taken");
    }
    Ok(trust)
}

fn issuers(config: &Config) -> Result<Vec<Certificate>, GatewayError> {
    let path = &config.access_point_issuers;
    certificates_from_pem(&read(path)?)
        .map_err(|error| GatewayError::Certificate { file: path.display().to_string(), problem: error.to_string() })
}

fn bad(config: &Config, error: &TrustError) -> GatewayError {
    let file = config.access_point_issuers.display().to_string();
    GatewayError::Certificate { file, problem: error.to_string() }
}
