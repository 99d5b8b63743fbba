//! A planned change in words, as a calendar and as a picture.

use super::Readied;
use crate::calendar::{self, Day};
use crate::drawing::{Lane, Mark, timeline};
use liitos_domain::change::{Obstacle, State, Story, Task};
use liitos_domain::rules::visible;
use liitos_domain::{Moment, Oid, Service};
use liitos_texts::Language;
use std::collections::BTreeMap;

/// What is to be done.
#[must_use]
pub fn title(task: &Task, language: Language) -> String {
    let count = task.count.to_string();
    let about = match Service::parse(&task.about) {
        Some(service) => language.text(&format!("service-{service}")),
        None => visible(&task.about),
    };
    language.text_with(&format!("change-task-{}", task.what), &[("about", &about), ("count", &count)])
}

/// Who does it: what it is to the change, its name where the registers have one, and its number.
#[must_use]
pub fn owner(task: &Task, found: &Readied, language: Language) -> String {
    let part = language.text(&format!("change-owner-{}", task.owner.code()));
    let number = task.owner.number();
    let name = Oid::parse(number).ok().and_then(|oid| found.names.get(&oid)).map(|name| visible(name));
    let words = [part, name.unwrap_or_default(), number.to_owned()];
    words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What stands in the way.
#[must_use]
pub fn obstacle(obstacle: &Obstacle, language: Language) -> String {
    language.text_with(&format!("change-obstacle-{}", obstacle.why), &[("of", &visible(&obstacle.of))])
}

/// The tasks as a calendar file, each on its latest day.
#[must_use]
pub fn calendar(found: &Readied, language: Language, now: Moment) -> String {
    let day = |task: &Task| Day {
        uid: format!("{}-{}-{}", task.what, task.owner.number(), task.about.replace([' ', '→'], "")),
        at: task.due,
        summary: format!("{} ({})", title(task, language), owner(task, found, language)),
    };
    calendar::calendar(&found.planned.tasks.iter().map(day).collect::<Vec<_>>(), now)
}

/// The tasks as a picture: a lane for each owner, a mark for each task on its latest day.
#[must_use]
pub fn picture(story: &Story, found: &Readied, language: Language) -> String {
    let mut lanes: BTreeMap<String, Vec<Mark>> = BTreeMap::new();
    for task in &found.planned.tasks {
        let state = language.text(&format!("change-state-{}", task.state));
        let mark = Mark {
            at: task.due,
            // How it stands is never what does not fit.
            words: format!("{} · {state} · {}", language.date(task.due), title(task, language)),
            late: task.state == State::Late,
        };
        lanes.entry(owner(task, found, language)).or_default().push(mark);
    }
    let mut lanes: Vec<Lane> = lanes.into_iter().map(|(name, marks)| Lane { name, marks }).collect();
    // Whoever has to begin first stands first.
    lanes.sort_by_key(|lane| lane.marks.iter().map(|mark| mark.at).min());
    let day = language.date(story.day);
    let heading = language.text_with("change-heading", &[("day", &day), ("title", &visible(&story.title))]);
    timeline(&heading, &lanes, story.day)
}
