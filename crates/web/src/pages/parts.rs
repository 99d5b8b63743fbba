//! Parts that several pages of an application show: its tasks, and what was filled in.

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use liitos_domain::Oid;
use liitos_domain::application::plan::forbids;
use liitos_domain::application::steps::{
    CONNECTION_FIELDS, connections, connections_in, counts, fields, plain_field, role_field, words,
};
use liitos_domain::application::{Application, JoinerKind, Step};
use liitos_domain::plan::ContactRole;
use liitos_service::applications::Checked;
use liitos_service::names::Names;
use liitos_service::sign_in;
use std::collections::BTreeMap;

/// A step as a task.
pub(crate) struct Task {
    pub(crate) code: &'static str,
    pub(crate) name: String,
    pub(crate) state: String,
    pub(crate) look: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) current: bool,
}

pub(crate) fn tasks(page: &Page, application: &Application, checked: &Checked, current: Option<Step>) -> Vec<Task> {
    let steps: Vec<Step> = application.steps().collect();
    let all_ready = checked.sound();
    let task = |step: &Step| {
        let wrong = checked.broken(Some(*step)).into_iter().any(forbids);
        let saved = application.forms.contains_key(step);
        let (key, look, sign) = match step {
            Step::Summary if !application.state.editable() => ("task-ready", "ready", "✓"),
            Step::Summary if all_ready => ("task-can-start", "open", "○"),
            Step::Summary => ("task-cannot-start", "open", "–"),
            _ if checked.incomplete.contains(step) && !saved => ("task-not-started", "open", "○"),
            _ if checked.incomplete.contains(step) || wrong => ("task-attention", "attention", "!"),
            _ => ("task-ready", "ready", "✓"),
        };
        Task {
            code: step.code(),
            name: page.t(&format!("step-{step}")),
            state: page.t(key),
            look,
            sign,
            current: current == Some(*step),
        }
    };
    steps.iter().map(task).collect()
}

/// What was filled in at a step, for reading.
pub(crate) struct Part {
    pub(crate) code: &'static str,
    pub(crate) name: String,
    pub(crate) rows: Vec<(String, String)>,
    pub(crate) incomplete: bool,
}

/// What the connections of an application are called, where there are several: a pharmacist's after the pharmacy whose point it is.
pub(crate) async fn connection_names(
    web: &Web,
    page: &Page,
    application: &Application,
) -> Result<BTreeMap<usize, String>, Failure> {
    let form = application.form(Step::AccessPoints);
    let numbered = |nth: usize| page.language.text_with("connection-nth", &[("n", &nth.to_string())]);
    let mut named: BTreeMap<usize, String> =
        connections_in(&form).into_iter().map(|nth| (nth, numbered(nth))).collect();
    if application.kind == JoinerKind::Pharmacy {
        let owners: BTreeMap<usize, Oid> =
            connections(&form).into_iter().map(|(nth, connection)| (nth, connection.oid().administrator())).collect();
        let names = sign_in::names(&web.app, &owners.values().cloned().collect()).await?;
        let names = owners.into_iter().filter_map(|(nth, owner)| Some((nth, names.get(&owner)?.clone())));
        named.extend(names);
    }
    Ok(if named.len() > 1 { named } else { BTreeMap::new() })
}

/// What was filled in, step by step; numbers and OIDs with the names that are known for them, and connections with theirs.
pub(crate) fn filled_in(
    page: &Page,
    application: &Application,
    checked: &Checked,
    names: (&Names, &BTreeMap<usize, String>),
) -> Vec<Part> {
    let shown = application.steps().filter(|step| !matches!(step, Step::Guidance | Step::Summary));
    let part = |step: Step| Part {
        code: step.code(),
        name: page.t(&format!("step-{step}")),
        rows: rows(page, application, step, names),
        incomplete: checked.incomplete.contains(&step) || checked.broken(Some(step)).into_iter().any(forbids),
    };
    shown.map(part).collect()
}

fn rows(
    page: &Page,
    application: &Application,
    step: Step,
    (names, connections): (&Names, &BTreeMap<usize, String>),
) -> Vec<(String, String)> {
    let form = application.form(step);
    if step == Step::Contacts {
        let roles = ContactRole::ALL.iter().filter(|role| role.needed_for(application.service));
        let mut rows: Vec<(String, String)> = roles
            .map(|role| {
                let parts: Vec<&str> = ["name", "email", "phone"]
                    .iter()
                    .filter_map(|part| form.0.get(&role_field(*role, part)).map(String::as_str))
                    .filter(|text| !text.is_empty())
                    .collect();
                let said = if parts.is_empty() { "–".to_owned() } else { parts.join(", ") };
                (page.t(&format!("role-{role}")), said)
            })
            .collect();
        if application.service.needs_archivist() {
            rows.push((page.t("field-label-archivist-card"), form.text("archivist_card").to_owned()));
        }
        return rows;
    }
    if step == Step::Model && form.text("model").is_empty() {
        // Nothing said is the direct one.
        return vec![(page.label("model"), page.t("model-direct"))];
    }
    let value = |name: &str| said(page, name, form.text(name), names);
    let filled = fields(step).filter(|name| counts(&form, step, name) && !form.text(name).is_empty());
    let label = |name: &str| {
        let (plain, nth) = plain_field(name);
        match connections.get(&nth).filter(|_| CONNECTION_FIELDS.contains(&plain)) {
            Some(connection) => format!("{connection}: {}", page.label(plain)),
            None => page.label(name),
        }
    };
    filled.filter(|name| name != "version").map(|name| (label(&name), value(&name))).collect()
}

/// What was typed or chosen in a field, in words.
pub(crate) fn said(page: &Page, name: &str, text: &str, names: &Names) -> String {
    let field = plain_field(name).0;
    match text {
        "yes" => page.t("yes"),
        signer @ ("own" | "whole-service-supplier") if field == "signer" => page.t(&format!("signer-{signer}")),
        model if field == "model" && !model.is_empty() => page.t(&format!("model-{model}")),
        choice @ ("own" | "existing") if field == "connection" => page.t(&format!("connection-{choice}")),
        network @ ("none" | "private" | "public") => page.t(&format!("network-{network}")),
        text if NAMED.contains(&field) => named(text, names),
        day if field == "start" => page.language.days_in(day),
        text => text.to_owned(),
    }
}

/// Fields that hold numbers or OIDs.
const NAMED: [&str; 8] =
    ["system", "existing_oid", "existing_other", "own_oid", "tenants", "organiser", "signer_holder", "renewal_units"];

/// Numbers and OIDs, each with its name.
fn named(text: &str, names: &Names) -> String {
    words(text).map(|word| names.beside(word)).collect::<Vec<_>>().join(", ")
}
