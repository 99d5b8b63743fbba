//! A move as its page shows it.

use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page};
use crate::pages::effect::{contradiction, lines};
use crate::pages::notifications::found;
use liitos_domain::Moment;
use liitos_domain::directory::Effect;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Consent, Counted, Moving, Standing, What};
use liitos_service::drawing::{Shares, waves};
use liitos_service::moves::{Looked, Moved, Shown};
use liitos_service::names::{self, Names, Numbers};
use std::collections::BTreeMap;

/// Most who are shown one by one, and most rows of the directory.
const MOST_SHOWN: usize = 200;
const MOST_LINES: usize = 40;
/// Most waves that are drawn.
const MOST_WAVES: usize = 60;

/// A move as it will be.
pub(super) struct Ahead {
    pub(super) findings: Vec<FindingView>,
    pub(super) contradiction: Option<String>,
    pub(super) sound: bool,
    pub(super) hash: String,
    /// How many rows of the directory begin and end by it, and the first of them.
    pub(super) counts: String,
    pub(super) lines: Vec<String>,
    /// How those agree who are moved: what, and how many.
    pub(super) consents: Vec<(String, usize)>,
}

pub(super) async fn ahead(web: &Web, page: &Page, looked: &Looked) -> Result<Option<Ahead>, Failure> {
    let Some((_, judged)) = &looked.said else { return Ok(None) };
    let language = page.language;
    let rules = looked.outcomes.iter().map(|outcome| FindingView::of(language, outcome, |_| None));
    let effect = &judged.effect;
    let begins = effect.rights_opened.len() + effect.access_points_opened.len();
    let ends = effect.rights_closed.len() + effect.access_points_ended.len();
    let counts = [("begins", begins.to_string()), ("ends", ends.to_string())];
    let first = first(effect);
    let names = names::names(&web.app, &Numbers::of_effect(&first)).await?;
    let mut consents: BTreeMap<&str, usize> = BTreeMap::new();
    looked.consents.values().for_each(|how| *consents.entry(how.code()).or_default() += 1);
    let told = |(how, count): (&str, usize)| (page.t(&format!("move-consent-{how}")), count);
    Ok(Some(Ahead {
        sound: looked.sound(),
        hash: looked.hash.to_string(),
        findings: judged.findings.iter().map(|one| found(page, one)).chain(rules).collect(),
        contradiction: judged.after.as_ref().err().map(|problem| contradiction(language, problem)),
        counts: language.text_with("move-counts", &counts.each_ref().map(|(name, count)| (*name, count.as_str()))),
        lines: lines(page, &first, &names),
        consents: consents.into_iter().map(told).collect(),
    }))
}

/// The first rows of an effect.
fn first(effect: &Effect) -> Effect {
    Effect {
        rights_opened: effect.rights_opened.iter().take(MOST_LINES).cloned().collect(),
        rights_closed: effect.rights_closed.iter().take(MOST_LINES).cloned().collect(),
        access_points_opened: effect.access_points_opened.iter().take(MOST_LINES).cloned().collect(),
        access_points_ended: effect.access_points_ended.iter().take(MOST_LINES).cloned().collect(),
        ..Effect::default()
    }
}

/// What a move says, name by name.
pub(super) async fn facts(
    web: &Web,
    page: &Page,
    shown: &Shown,
    moving: &Moving,
) -> Result<Vec<(String, String)>, Failure> {
    let one = &shown.one;
    let mut numbers = Numbers { organisations: [one.leader.clone()].into(), ..Numbers::default() };
    match &moving.what {
        What::Point { from, to, system, .. } => {
            numbers.points.extend([from.clone(), to.clone()]);
            numbers.systems.extend(system.as_deref());
        }
        What::System { from, to, .. } => numbers.systems.extend([from.as_str(), to.as_str()]),
        What::Address | What::Certificates => {}
    }
    let names = names::names(&web.app, &numbers).await?;
    let minutes = |seconds: i64| page.language.text_with("move-minutes", &[("count", &(seconds / 60).to_string())]);
    let mut facts = vec![("leader", names.beside(one.leader.as_str()))];
    let service = |service: &Option<liitos_domain::Service>| match service {
        Some(service) => page.service(*service),
        None => page.t("move-all-services"),
    };
    match &moving.what {
        What::Point { from, to, service: of, system } => {
            facts.push(("from", names.beside(from.as_str())));
            facts.push(("to", names.beside(to.as_str())));
            facts.push(("service", service(of)));
            facts.extend(system.as_deref().map(|system| ("system", names.beside(system))));
        }
        What::System { from, to, service: of } => {
            facts.push(("from", names.beside(from)));
            facts.push(("to", names.beside(to)));
            facts.push(("service", service(of)));
        }
        What::Address | What::Certificates => {}
    }
    // As it is by now: it may have been halted.
    let start = shown.moved.iter().map(|one| one.seat.at).min().unwrap_or(moving.schedule.start);
    facts.push(("start", page.language.to_the_second(start)));
    facts.push(("pause", minutes(moving.schedule.pause)));
    facts.push(("overlap", minutes(moving.overlap)));
    let limit = [("percent", moving.limit.percent.to_string()), ("least", moving.limit.least.to_string())];
    let limit = limit.each_ref().map(|(name, text)| (*name, text.as_str()));
    facts.push(("limit", page.language.text_with("move-limit", &limit)));
    for name in ["expedited", "words"] {
        let said = one.form.text(name);
        if !said.is_empty() {
            facts.push((name, said.to_owned()));
        }
    }
    Ok(facts.into_iter().map(|(name, said)| (page.t(&format!("move-fact-{name}")), said)).collect())
}

/// How far a move has come.
pub(super) struct Progress {
    /// How many have switched or stay as they are, of how many; in words.
    pub(super) done: (usize, usize, String),
    pub(super) svg: String,
    /// Calls since: how many passed and failed, in words.
    pub(super) calls: Option<String>,
    pub(super) rows: Vec<Row>,
    /// How many more there are than rows.
    pub(super) more: Option<String>,
}

/// One who is moved.
pub(super) struct Row {
    pub(super) who: String,
    pub(super) at: String,
    pub(super) wave: usize,
    pub(super) consent: String,
    pub(super) state: String,
    pub(super) look: &'static str,
    /// Its calls since, and through the way of before.
    pub(super) calls: String,
}

pub(super) async fn progress(web: &Web, page: &Page, shown: &Shown) -> Result<Option<Progress>, Failure> {
    if shown.moved.is_empty() {
        return Ok(None);
    }
    let now = web.app.now();
    let settled = |one: &&Moved| match one.standing {
        Standing::Entered => one.seat.at <= now,
        Standing::LeftOut | Standing::Back => true,
        Standing::Planned => false,
    };
    let (done, all) = (shown.moved.iter().filter(settled).count(), shown.moved.len());
    let words = [("done", done.to_string()), ("all", all.to_string())];
    let words = page.language.text_with("move-done", &words.each_ref().map(|(name, text)| (*name, text.as_str())));
    // Whoever needs somebody to look comes first.
    let mut order: Vec<&Moved> = shown.moved.iter().collect();
    order.sort_by_key(|one| (grave(shown, one), one.place));
    order.truncate(MOST_SHOWN);
    let mut numbers = Numbers::default();
    for one in &order {
        numbers.organisations.insert(one.party.clone());
        numbers.points.extend(AccessPointOid::parse(one.subject.as_str()).ok());
    }
    let names = names::names(&web.app, &numbers).await?;
    let more = all - order.len();
    let all_seen = shown.seen.all;
    let any = all_seen.passed + all_seen.failed > 0;
    Ok(Some(Progress {
        done: (done, all, words),
        svg: waves(&by_wave(page, shown, now), page.language),
        calls: any.then(|| counted(page, all_seen)),
        rows: order.iter().map(|one| row(page, shown, one, &names, now)).collect(),
        more: (more > 0).then(|| page.language.text_with("move-more", &[("count", &more.to_string())])),
    }))
}

fn counted(page: &Page, counted: Counted) -> String {
    let words = [("passed", counted.passed.to_string()), ("failed", counted.failed.to_string())];
    page.language.text_with("move-calls", &words.each_ref().map(|(name, text)| (*name, text.as_str())))
}

/// Whoever went back or was left out, then whoever has declined or not answered.
fn grave(shown: &Shown, one: &Moved) -> u8 {
    let consent = shown.consents.get(&one.party);
    match (one.standing, consent) {
        (Standing::Back | Standing::LeftOut, _) => 0,
        (Standing::Planned, Some(Consent::Declined | Consent::Asked)) => 1,
        (Standing::Planned | Standing::Entered, _) => 2,
    }
}

fn by_wave(page: &Page, shown: &Shown, now: Moment) -> Vec<(String, Shares)> {
    let mut waves: BTreeMap<usize, (Moment, Shares)> = BTreeMap::new();
    for one in &shown.moved {
        let (begins, shares) = waves.entry(one.seat.wave).or_insert((one.seat.at, Shares::default()));
        *begins = one.seat.at.min(*begins);
        let nth = match one.standing {
            Standing::Entered if one.seat.at <= now => 0,
            Standing::Entered | Standing::Planned => 1,
            Standing::LeftOut => 2,
            Standing::Back => 3,
        };
        if let Some(share) = shares.get_mut(nth) {
            *share += 1;
        }
    }
    let named = |(wave, (begins, shares)): (usize, (Moment, Shares))| {
        let words = [("number", (wave + 1).to_string()), ("at", page.language.to_the_second(begins))];
        let words = words.each_ref().map(|(name, text)| (*name, text.as_str()));
        (page.language.text_with("move-wave", &words), shares)
    };
    let more = waves.len().saturating_sub(MOST_WAVES);
    let mut all: Vec<_> = waves.into_iter().map(named).take(MOST_WAVES).collect();
    if more > 0 {
        all.push((page.language.text_with("move-more", &[("count", &more.to_string())]), Shares::default()));
    }
    all
}

fn row(page: &Page, shown: &Shown, one: &Moved, names: &Names, now: Moment) -> Row {
    let consent = shown.consents.get(&one.party);
    let switched = one.standing == Standing::Entered && one.seat.at <= now;
    let (state, look) = match (one.standing, one.reason) {
        (Standing::Entered, _) if switched => (page.t("move-switched"), "ready"),
        (Standing::Entered, _) => (page.t("move-standing-entered"), "ready"),
        (Standing::Planned, _) => (page.t("move-standing-planned"), "open"),
        (Standing::Back, _) => (page.t("move-standing-back"), "attention"),
        (Standing::LeftOut, Some(reason)) => (page.t(&format!("move-left-out-{reason}")), "attention"),
        (Standing::LeftOut, None) => (page.t("move-standing-left-out"), "attention"),
    };
    let seen = shown.seen.each.get(&one.place).copied().unwrap_or(one.counted);
    let mut calls = Vec::new();
    if seen.passed + seen.failed > 0 {
        calls.push(counted(page, seen));
    }
    if let Some((count, last)) = shown.seen.old_way.get(&one.place) {
        let words = [("count", count.to_string()), ("at", page.language.to_the_second(*last))];
        calls.push(
            page.language.text_with("move-old-way", &words.each_ref().map(|(name, text)| (*name, text.as_str()))),
        );
    }
    Row {
        who: names.beside(one.subject.as_str()),
        at: page.language.to_the_second(one.seat.at),
        wave: one.seat.wave + 1,
        consent: consent.map(|how| page.t(&format!("move-consent-{how}"))).unwrap_or_default(),
        state,
        look,
        calls: calls.join(" · "),
    }
}
