//! `liitos change plan`: what an organisational change asks of whom, by what an installation's directory, registers and archive hold now.

use super::check::{listed, read};
use super::operate::WithConfig;
use super::rules::language;
use super::{Ended, console, print_json};
use crate::config::Config;
use crate::serve::build;
use clap::{Args, Subcommand};
use liitos_domain::change::{Followed, Obstacle, Receiver, Story, Task};
use liitos_domain::rules::visible;
use liitos_service::changes::{self, Readied, calendar, obstacle, owner, picture, title};
use liitos_texts::Language;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum ChangeCommand {
    /// Say who has to do what by when, and what stands in the way; nothing of it is carried out.
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
    /// Write the tasks into a calendar file, each on its latest day.
    #[arg(long)]
    calendar: Option<PathBuf>,
    /// Draw the tasks into a picture, SVG.
    #[arg(long)]
    picture: Option<PathBuf>,
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
    let told = |mistakes: Vec<_>| listed(&asked.file, &mistakes, asked.language);
    let story = Story::parse(&read(&asked.file, asked.language)?).map_err(told)?;
    let config = Config::load(&asked.with.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let found = changes::plan(&app, &console(), &story).await;
    let found = found.map_err(|error| format!("{} {}", error.code, error.place))?;
    let tasks: Vec<Followed> = found.planned.tasks.iter().map(Followed::from).collect();
    let files = [
        (&asked.calendar, calendar("plan", &tasks, &found.names, asked.language, app.now())),
        (&asked.picture, picture(&story, &tasks, &found.names, asked.language)),
    ];
    for (path, text) in files.iter().filter_map(|(path, text)| Some((path.as_ref()?, text))) {
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if asked.json {
        print_json(&as_json(&found, asked.language))?;
    } else {
        tell(&story, &found, asked.language);
    }
    Ok(if found.planned.obstacles.is_empty() { Ended::Fine } else { Ended::Finding })
}

fn as_json(found: &Readied, language: Language) -> Value {
    let planned = &found.planned;
    let task = |task: &Task| {
        json!({
            "what": task.what, "title": title(&task.into(), language), "owner": { "kind": task.owner.code(), "number": task.owner.number() },
            "about": task.about, "count": task.count, "due": task.due.civil().date().to_string(), "state": task.state, "effect": task.effect,
        })
    };
    let message = |(receiver, tasks): (&Receiver, &Vec<&Task>)| {
        let to = match receiver {
            Receiver::Owner(owner) => json!({ "kind": owner.code(), "number": owner.number() }),
            Receiver::CodeService => json!({ "kind": "code-service" }),
        };
        json!({ "to": to, "about": tasks.iter().map(|task| title(&Followed::from(*task), language)).collect::<Vec<_>>() })
    };
    let obstacle = |one: &Obstacle| json!({ "why": one.why, "text": self::obstacle(one, language) });
    json!({
        "tasks": planned.tasks.iter().map(task).collect::<Vec<_>>(),
        "rights": { "opened": planned.effect.rights_opened, "closed": planned.effect.rights_closed },
        "effect": planned.effect,
        "messages": planned.messages().iter().map(message).collect::<Vec<_>>(),
        "obstacles": planned.obstacles.iter().map(obstacle).collect::<Vec<_>>(),
    })
}

fn tell(story: &Story, found: &Readied, language: Language) {
    let (planned, day) = (&found.planned, language.date(story.day));
    say!("{}", language.text_with("change-heading", &[("day", &day), ("title", &visible(&story.title))]));
    if !planned.obstacles.is_empty() {
        say!("\n{}", language.text("change-obstacles"));
        planned.obstacles.iter().for_each(|one| say!("! {}", obstacle(one, language)));
    }
    say!("\n{}", language.text("change-tasks"));
    for task in &planned.tasks {
        let (due, state) = (language.date(task.due), language.text(&format!("change-state-{}", task.state)));
        let words = [
            ("due", due.as_str()),
            ("owner", &owner(&task.owner, &found.names, language)),
            ("task", &title(&task.into(), language)),
            ("state", &state),
        ];
        say!("- {}", language.text_with("change-task-line", &words));
    }
    let (opened, closed) =
        (planned.effect.rights_opened.len().to_string(), planned.effect.rights_closed.len().to_string());
    say!("\n{}", language.text_with("change-rights", &[("opened", &opened), ("closed", &closed)]));
}
