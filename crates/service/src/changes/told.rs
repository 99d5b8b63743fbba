//! A change in words, as a calendar and as a picture.

use super::{Happened, Names};
use crate::calendar::{self, Day};
use crate::drawing::{Lane, Mark, timeline};
use liitos_domain::change::{Followed, Obstacle, Owner, State, Story, What};
use liitos_domain::rules::visible;
use liitos_domain::{Moment, Oid, Service};
use liitos_texts::Language;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is to be done.
#[must_use]
pub fn title(task: &Followed, language: Language) -> String {
    words(task.what, &task.about, task.count, language)
}

fn words(what: What, about: &str, count: u64, language: Language) -> String {
    let count = count.to_string();
    let about = match Service::parse(about) {
        Some(service) => language.text(&format!("service-{service}")),
        None => visible(about),
    };
    language.text_with(&format!("change-task-{what}"), &[("about", &about), ("count", &count)])
}

/// Who does it: what it is to the change, its name where the registers have one, and its number.
#[must_use]
pub fn owner(owner: &Owner, names: &Names, language: Language) -> String {
    let part = language.text(&format!("change-owner-{}", owner.code()));
    let number = owner.number();
    let name = Oid::parse(number).ok().and_then(|oid| names.get(&oid)).map(|name| visible(name));
    let words = [part, name.unwrap_or_default(), number.to_owned()];
    words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What stands in the way.
#[must_use]
pub fn obstacle(obstacle: &Obstacle, language: Language) -> String {
    language.text_with(&format!("change-obstacle-{}", obstacle.why), &[("of", &visible(&obstacle.of))])
}

/// What is kept of a task in a history.
#[derive(Deserialize)]
struct OfTask {
    what: What,
    about: String,
    count: u64,
    said: Option<String>,
}

/// What an event is about, each on a line: of a task which, and what was said; else what was said.
#[must_use]
pub fn task_line(event: &Happened, language: Language) -> Vec<String> {
    let Some(said) = &event.words else { return Vec::new() };
    let task = event.what.starts_with("task-").then(|| serde_json::from_str::<OfTask>(said).ok()).flatten();
    match task {
        Some(task) => [words(task.what, &task.about, task.count, language)].into_iter().chain(task.said).collect(),
        None => vec![visible(said)],
    }
}

/// The tasks as a calendar file, each on its latest day. `change`: its number, by which a later file replaces this one and no other change's.
#[must_use]
pub fn calendar(change: &str, tasks: &[Followed], names: &Names, language: Language, now: Moment) -> String {
    let day = |task: &Followed| Day {
        uid: format!("{change}-{}-{}-{}", task.what, task.owner.number(), task.about.replace([' ', '→'], "")),
        at: task.due,
        summary: format!("{} ({})", title(task, language), owner(&task.owner, names, language)),
    };
    let undone = tasks.iter().filter(|task| !task.is_done());
    calendar::calendar(&undone.map(day).collect::<Vec<_>>(), now)
}

/// The tasks as a picture: a lane for each owner, a mark for each task on its latest day.
#[must_use]
pub fn picture(story: &Story, tasks: &[Followed], names: &Names, language: Language) -> String {
    let mut lanes: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
    for task in tasks {
        let state = language.text(&format!("change-state-{}", task.state));
        let mark = Mark {
            at: task.due,
            // How it stands is never what does not fit.
            words: format!("{} · {state} · {}", language.date(task.due), title(task, language)),
            late: task.state == State::Late,
        };
        lanes.entry(owner(&task.owner, names, language)).or_default().push(mark);
    }
    let mut lanes: Vec<Lane> = lanes.into_iter().map(|(name, marks)| Lane { name, marks }).collect();
    // Whoever has to begin first stands first.
    lanes.sort_by_key(|lane| lane.marks.iter().map(|mark| mark.at).min());
    let day = language.date(story.day);
    let heading = language.text_with("change-heading", &[("day", &day), ("title", &visible(&story.title))]);
    timeline(&heading, &lanes, story.day)
}
