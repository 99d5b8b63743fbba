//! `liitos directory draw`.

use super::Ended;
use super::check::read_plan;
use super::rules::language;
use crate::adapters::SystemClock;
use crate::config::Config;
use crate::serve::connect;
use clap::Args;
use liitos_domain::{Moment, Oid};
use liitos_service::directory::{connection_at, names};
use liitos_service::drawing::{Drawing, before_and_after, svg};
use liitos_service::ports::Clock as _;
use liitos_texts::Language;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Draw {
    /// A plan to draw; beside an installation it is what its joiner changes to.
    #[arg(long, required_unless_present = "config")]
    plan: Option<PathBuf>,
    /// The installation's configuration.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Whose connection the directory is asked for; the plan's joiner when absent.
    #[arg(long, requires = "config")]
    joiner: Option<Oid>,
    /// The time the directory is asked about; now when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
    /// Where the picture goes; to the terminal when absent.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(draw: &Draw) -> Ended {
    let drawn = match picture(draw).await {
        Ok(drawn) => drawn,
        Err(problem) => return Ended::BadInput(problem),
    };
    match &draw.out {
        None => say!("{}", drawn.trim_end()),
        Some(path) => {
            // Never over something else: the plan itself stands in the same folder.
            let new = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
            if let Err(error) = new.and_then(|mut file| file.write_all(drawn.as_bytes())) {
                return Ended::BadInput(format!("{}: {error}", path.display()));
            }
            say!("{}", path.display());
        }
    }
    Ended::Fine
}

async fn picture(draw: &Draw) -> Result<String, String> {
    let language = draw.language;
    let plan = draw.plan.as_ref().map(|path| read_plan(path, language)).transpose()?;
    let Some(config) = &draw.config else {
        let plan = plan.ok_or("nothing to draw: give --plan or --config")?;
        return Ok(svg(&Drawing { plan: &plan, other: None, names: &BTreeMap::new(), language }));
    };
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let app = connect(&config).await.map_err(|error| error.to_string())?;
    let joiner = draw.joiner.clone().or_else(|| plan.as_ref().map(|plan| plan.joiner.clone()));
    let joiner = joiner.ok_or("whose connection? give --joiner or --plan")?;
    let at = draw.at.unwrap_or_else(|| SystemClock.now());
    let held = connection_at(&app, &joiner, at).await.map_err(|error| error.to_string())?;
    match (held, plan) {
        (Some(held), Some(plan)) => {
            let names = names(&app, &[&held.plan, &plan]).await.map_err(|error| error.to_string())?;
            Ok(before_and_after(&held.plan, &plan, &names, language))
        }
        (Some(held), None) => Ok(svg(&Drawing { plan: &held.plan, other: None, names: &held.names, language })),
        (None, Some(plan)) => {
            let names = names(&app, &[&plan]).await.map_err(|error| error.to_string())?;
            Ok(svg(&Drawing { plan: &plan, other: None, names: &names, language }))
        }
        (None, None) => Err(format!("the directory holds nothing of {joiner} then")),
    }
}
