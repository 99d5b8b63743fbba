//! `liitos change plan`: what an organisational change asks of whom, by what an installation's directory, registers and archive hold now.

use super::check::listed;
use super::operate::WithConfig;
use super::rules::language;
use super::{Ended, console, print_json};
use crate::config::{Config, read};
use crate::serve::build;
use clap::{Args, Subcommand};
use liitos_domain::Oid;
use liitos_domain::change::{Obstacle, Receiver, Story, Task};
use liitos_domain::rules::visible;
use liitos_service::changes::{self, Readied};
use liitos_texts::Language;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum ChangeCommand {
    /// Say who has to do what by when, and what stands in the way; nothing is changed.
    Plan(Plan),
}

#[derive(Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    with: WithConfig,
    /// What happens, TOML (`docs/changes.md`).
    file: PathBuf,
    /// One JSON document.
    #[arg(long)]
    json: bool,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

pub(crate) async fn run(command: ChangeCommand) -> Ended {
    let ChangeCommand::Plan(asked) = command;
    plan(&asked).await.unwrap_or_else(Ended::BadInput)
}

/// Exit 1 when something stands in the way.
async fn plan(asked: &Plan) -> Result<Ended, String> {
    let bytes = read(&asked.file).map_err(|error| error.to_string())?;
    let told = |mistakes: Vec<_>| listed(&asked.file, &mistakes, asked.language);
    let story = Story::parse(&String::from_utf8_lossy(&bytes)).map_err(told)?;
    let config = Config::load(&asked.with.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let found = changes::plan(&app, &console(), &story).await;
    let found = found.map_err(|error| format!("{} {}", error.code, error.place))?;
    if asked.json {
        print_json(&as_json(&found, asked.language))?;
    } else {
        tell(&story, &found, asked.language);
    }
    Ok(if found.planned.obstacles.is_empty() { Ended::Fine } else { Ended::Finding })
}

fn title(task: &Task, language: Language) -> String {
    let count = task.count.to_string();
    language.text_with(&format!("change-task-{}", task.what), &[("about", &task.about), ("count", &count)])
}

/// Who does it: what it is to the change, its name where the registers have one, and its number.
fn owner(task: &Task, found: &Readied, language: Language) -> String {
    let part = language.text(&format!("change-owner-{}", task.owner.code()));
    let number = task.owner.number();
    let name = Oid::parse(number).ok().and_then(|oid| found.names.get(&oid)).map(|name| visible(name));
    [part, name.unwrap_or_default(), number.to_owned()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn obstacles(found: &Readied, language: Language) -> impl Iterator<Item = (&'static str, String)> {
    let told = move |one: &Obstacle| {
        let text = language.text_with(&format!("change-obstacle-{}", one.why), &[("of", &one.of)]);
        (one.why.code(), text)
    };
    found.planned.obstacles.iter().map(told)
}

fn as_json(found: &Readied, language: Language) -> Value {
    let planned = &found.planned;
    let task = |task: &Task| {
        json!({
            "what": task.what, "title": title(task, language), "owner": { "kind": task.owner.code(), "number": task.owner.number() },
            "about": task.about, "count": task.count, "due": task.due.to_string(), "state": task.state, "effect": task.effect,
        })
    };
    let message = |(receiver, tasks): (&Receiver, &Vec<&Task>)| {
        let to = match receiver {
            Receiver::Owner(owner) => json!({ "kind": owner.code(), "number": owner.number() }),
            Receiver::CodeService => json!({ "kind": "code-service" }),
        };
        json!({ "to": to, "about": tasks.iter().map(|task| title(task, language)).collect::<Vec<_>>() })
    };
    let obstacle = |(why, text): (&str, String)| json!({ "why": why, "text": text });
    json!({
        "tasks": planned.tasks.iter().map(task).collect::<Vec<_>>(),
        "rights": { "opened": planned.effect.rights_opened, "closed": planned.effect.rights_closed },
        "effect": planned.effect,
        "messages": planned.messages().iter().map(message).collect::<Vec<_>>(),
        "obstacles": obstacles(found, language).map(obstacle).collect::<Vec<_>>(),
    })
}

fn tell(story: &Story, found: &Readied, language: Language) {
    let (planned, day) = (&found.planned, language.date(story.day));
    say!("{}", language.text_with("change-heading", &[("day", &day), ("title", &visible(&story.title))]));
    if !planned.obstacles.is_empty() {
        say!("\n{}", language.text("change-obstacles"));
        obstacles(found, language).for_each(|(_, text)| say!("! {text}"));
    }
    say!("\n{}", language.text("change-tasks"));
    for task in &planned.tasks {
        let (due, state) = (language.date(task.due), language.text(&format!("change-state-{}", task.state)));
        let words = [
            ("due", due.as_str()),
            ("owner", &owner(task, found, language)),
            ("task", &title(task, language)),
            ("state", &state),
        ];
        say!("- {}", language.text_with("change-task-line", &words));
    }
    let (opened, closed) =
        (planned.effect.rights_opened.len().to_string(), planned.effect.rights_closed.len().to_string());
    say!("\n{}", language.text_with("change-rights", &[("opened", &opened), ("closed", &closed)]));
}
