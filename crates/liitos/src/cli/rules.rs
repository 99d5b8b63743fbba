//! `liitos rules list` and `show`: the rulebook at a time.

use super::{Ended, print_json};
use crate::adapters::SystemClock;
use crate::config::Config;
use crate::serve::connect;
use clap::{Args, Subcommand};
use liitos_domain::Moment;
use liitos_domain::rules::{Rule, Rulebook};
use liitos_service::ports::Clock as _;
use liitos_service::rules::{self, described, in_force, sources};
use liitos_texts::Language;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum RulesCommand {
    /// The rules in force at a time.
    List {
        /// The time; now when absent.
        #[arg(long, value_parser = Moment::parse)]
        at: Option<Moment>,
        /// How to show them.
        #[command(flatten)]
        shown: Shown,
    },
    /// Whom a rule hits among all that is open: a planned one before it takes effect, too.
    Hit {
        /// Its id.
        id: String,
        /// The installation's configuration.
        #[arg(long)]
        config: PathBuf,
        /// The time asked about; now, or the rule's first day if that is later, when absent.
        #[arg(long, value_parser = Moment::parse)]
        at: Option<Moment>,
        /// A file of planned rules, of the same form as those in `rules/`.
        #[arg(long)]
        planned: Option<PathBuf>,
        /// How to show them.
        #[command(flatten)]
        shown: Shown,
    },
    /// One rule with everything about it, in force or not.
    Show {
        /// Its id.
        id: String,
        /// How to show it.
        #[command(flatten)]
        shown: Shown,
    },
}

/// How an answer is shown.
#[derive(Args)]
pub(crate) struct Shown {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

pub(crate) fn language(text: &str) -> Result<Language, &'static str> {
    Language::parse(text).ok_or("expected fi, sv or en")
}

pub(crate) async fn run(command: &RulesCommand) -> Ended {
    match command {
        RulesCommand::List { at, shown } => list(at.unwrap_or_else(|| SystemClock.now()), shown),
        RulesCommand::Hit { id, config, at, planned, shown } => {
            match hit((id, planned.as_deref()), config, *at, shown).await {
                Ok(ended) => ended,
                Err(problem) => Ended::BadInput(problem),
            }
        }
        RulesCommand::Show { id, shown } => match Rulebook::standard().find(id) {
            Some(rule) => show(rule, shown),
            None => Ended::BadInput(format!("there is no rule {id}; liitos rules list shows them")),
        },
    }
}

/// Who is hit, each with where and what; finding somebody is a finding.
async fn hit(
    (id, planned): (&str, Option<&Path>),
    config: &Path,
    at: Option<Moment>,
    shown: &Shown,
) -> Result<Ended, String> {
    let own = planned.map(|path| {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Rulebook::load(&[(&path.display().to_string(), &text)]).map_err(|error| error.to_string())
    });
    let own = own.transpose()?;
    let book = own.as_ref().unwrap_or(Rulebook::standard());
    let rule = book.find(id).ok_or_else(|| format!("there is no rule {id}; liitos rules list shows them"))?;
    let at = at.unwrap_or_else(|| SystemClock.now().max(rule.valid().from));
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let app = connect(&config).await.map_err(|error| error.to_string())?;
    let hits = rules::hit(&app, rule, at).await.map_err(|error| error.to_string())?;
    if shown.json {
        print_json(&hits)?;
    } else {
        say!("{}", shown.language.text_with("rules-hit-heading", &[("rule", id), ("day", &shown.language.date(at))]));
        for hit in &hits.hit {
            say!("✗ {}", hit.joiner);
            for answer in &hit.answers {
                say!("    {} = {}", answer.place, answer.found);
            }
        }
        let counts = [hits.hit.len(), hits.kept, hits.not_checked, hits.not_concerned].map(|count| count.to_string());
        let [hit, kept, unknown, others] = counts.each_ref().map(String::as_str);
        let arguments = [("hit", hit), ("kept", kept), ("unknown", unknown), ("others", others)];
        say!("{}", shown.language.text_with("rules-hit-counts", &arguments));
    }
    Ok(if hits.hit.is_empty() { Ended::Fine } else { Ended::Finding })
}

fn list(at: Moment, shown: &Shown) -> Ended {
    let rules = Rulebook::standard().at(at);
    if shown.json {
        let rows: Vec<Value> = rules.map(|rule| described(rule, shown.language)).collect();
        return print_json(&rows).map_or_else(Ended::BadInput, |()| Ended::Fine);
    }
    for rule in rules {
        let severity = shown.language.text(&format!("severity-{}", rule.severity));
        say!("{:<28} {severity:<8} {}", rule.id, shown.language.rule(rule, None));
    }
    Ended::Fine
}

fn show(rule: &Rule, shown: &Shown) -> Ended {
    if shown.json {
        return print_json(&described(rule, shown.language)).map_or_else(Ended::BadInput, |()| Ended::Fine);
    }
    let language = shown.language;
    let severity = language.text(&format!("severity-{}", rule.severity));
    say!("{} · {severity} · {}\n", rule.id, in_force(language, rule));
    say!("{}", language.rule(rule, None));
    say!("{} ({})", language.rule(rule, Some("long")), sources(language, rule));
    say!("{}: {}", language.text("check-mender"), language.text(rule.mender.key()));
    say!("{}", language.rule(rule, Some("how")));
    if let Some(key) = language.rule_in_plan(rule) {
        say!("{key}");
    }
    if let Some(values) = values(rule) {
        say!("{values}");
    }
    if rule.assumed {
        say!("({})", language.text("rules-assumed"));
    }
    Ended::Fine
}

/// The values of a rule's check, where it has some.
fn values(rule: &Rule) -> Option<String> {
    let Value::Object(mut check) = serde_json::to_value(&rule.check).ok()? else {
        return None;
    };
    check.remove("name");
    (!check.is_empty()).then(|| Value::Object(check).to_string())
}
