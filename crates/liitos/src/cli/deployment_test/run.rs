//! Runs a test: begins it or goes on with it, makes its cases one after the other, waits until archive and gateway have each, says how it went, and sends the report.

use super::super::Ended;
use super::super::through::Way;
use super::make::{Maker, Wrong};
use super::portal::{Case, Client, Portal, Test};
use crate::adapters::SystemClock;
use crate::made::ARCHIVE;
use crate::peer::Peer;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use liitos_documents::sign::SigningKey;
use liitos_domain::Oid;
use liitos_domain::archive::Family;
use liitos_domain::deployment_test::{Answer, Deed, persons};
use liitos_pki::certificates;
use liitos_service::ports::Clock as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How long a case is waited for: a gateway tells once a second.
const PATIENCE: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    way: Way,
    #[command(flatten)]
    portal: Portal,
    /// The test to go on with; else one is begun.
    #[arg(long, conflicts_with_all = ["service", "stage", "system"])]
    test: Option<String>,
    /// The service of a new test: patient-data, social-client-data or prescription.
    #[arg(long, requires = "system")]
    service: Option<String>,
    /// Its stage: first-use, before, after or readiness.
    #[arg(long, default_value = "first-use")]
    stage: String,
    /// The system's number in Astori.
    #[arg(long)]
    system: Option<String>,
    /// A function that is tested beside what every system does; several times for several.
    #[arg(long = "function")]
    functions: Vec<String>,
    /// A file with test clients of the 900 series, one on a line; those of the cases when absent.
    #[arg(long)]
    persons: Option<PathBuf>,
    /// The organisational change that it is made around.
    #[arg(long)]
    change: Option<String>,
    /// The test before the change.
    #[arg(long)]
    before: Option<String>,
    /// The system signature certificate (PEM).
    #[arg(long)]
    signing_certificate: PathBuf,
    /// Its key (RSA, PKCS#8 PEM).
    #[arg(long)]
    signing_key: PathBuf,
    /// The organisation that the messages name: the joiner, when absent.
    #[arg(long)]
    represented: Option<String>,
    /// The unit that documents are made in; the organisation, when absent.
    #[arg(long)]
    unit: Option<String>,
    /// The controller in whose register documents are stored: the joiner's first, when absent.
    #[arg(long)]
    controller: Option<String>,
    /// The device that messages are addressed to, as the archive's operator gave it.
    #[arg(long, default_value = ARCHIVE, value_parser = Oid::parse)]
    archive: Oid,
    /// Who makes the test; the program, when absent.
    #[arg(long)]
    person: Option<String>,
    /// Send the report when every case is done.
    #[arg(long)]
    send: bool,
    /// A folder for the report's papers; nothing is overwritten.
    #[arg(long, requires = "send")]
    out: Option<PathBuf>,
}

/// Where documents are made and stored.
struct Place {
    family: Family,
    represented: String,
    unit: String,
    controller: String,
    point: String,
}

pub(super) async fn run(asked: &Run) -> Result<Ended, String> {
    let client = asked.portal.client()?;
    let key = signing_key(asked)?;
    let (peer, point) = (asked.way.peer()?, asked.way.point()?);
    let test = match &asked.test {
        Some(number) => client.test(number).await?,
        None => client.begin(&new(asked)?).await?,
    };
    let number = test.summary.number.clone();
    if let Some(folder) = &asked.out {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    match test.summary.state.as_str() {
        "running" => {}
        // Cut off behind the sending.
        "sent" | "accepted" if asked.send => return papers(asked, &client, &test).await,
        state => return Err(format!("{number}: is not being made: {state}")),
    }
    if let Err(line) = persons(&test.persons.join("\n")) {
        return Err(format!("client {line}: not of the 900 series: nobody else is tested with"));
    }
    if !test.points.iter().any(|known| known == point.as_str()) {
        return Err(format!("{point}: not an access point of the test; it tests {}", test.points.join(", ")));
    }
    let place = place(asked, &test, point.to_string())?;
    let mut maker = Maker {
        connection: peer.connect().await.map_err(|error| error.to_string())?,
        family: place.family,
        represented: &place.represented,
        unit: &place.unit,
        controller: &place.controller,
        point: &place.point,
        archive: asked.archive.as_str(),
        key: &key,
        run: SystemClock.now().as_micros() / 1_000,
        serial: 0,
        sent: BTreeMap::new(),
    };
    let undone = all(asked, (&client, &peer, &mut maker), &test).await?;
    if undone {
        return Ok(Ended::Finding);
    }
    if asked.send { report(asked, &client, &number).await } else { Ok(Ended::Fine) }
}

/// Makes all cases, one after the other, and shows how each went; whether any is not done.
async fn all(
    asked: &Run,
    (client, peer, maker): (&Client, &Peer, &mut Maker<'_>),
    test: &Test,
) -> Result<bool, String> {
    let number = &test.summary.number;
    say!("{number}: {} cases", test.cases.len());
    let bar = bar(test.cases.len());
    let (mut failed, mut left) = (0, 0);
    for case in &test.cases {
        bar.set_message(case.title.clone());
        match one(asked, (client, peer, maker), (number, &case.id)).await? {
            Outcome::Passed(what) => bar.suspend(|| say!("✓ {what}")),
            Outcome::Failed(why) => {
                failed += 1;
                bar.suspend(|| say!("✗ {} – {}: {why}", case.id, case.title));
            }
            Outcome::Left => {
                left += 1;
                bar.suspend(|| say!("– {} – {}: done by people, in the portal", case.id, case.title));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if failed + left > 0 {
        say!("{failed} failed, {left} are left to people");
    }
    Ok(failed + left > 0)
}

/// What is asked of the portal to begin.
fn new(asked: &Run) -> Result<serde_json::Value, String> {
    let service = asked.service.as_ref().ok_or("give --test, or --service and --system")?;
    let given = match &asked.persons {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            // Who stands there is told to nobody.
            persons(&text)
                .map_err(|line| format!("{}:{line}: not of the 900 series, or more than may be", file.display()))?
        }
        None => Vec::new(),
    };
    Ok(json!({
        "service": service, "stage": asked.stage, "system": asked.system, "functions": asked.functions, "persons": given,
        "change": asked.change.as_deref().unwrap_or_default(), "before": asked.before.as_deref().unwrap_or_default(),
    }))
}

fn signing_key(asked: &Run) -> Result<SigningKey, String> {
    let file = |path: &PathBuf| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let named = |path: &PathBuf, what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let certificate = certificates(&file(&asked.signing_certificate)?);
    let certificate = certificate.map_err(|error| named(&asked.signing_certificate, &error))?;
    let certificate = certificate.into_iter().next();
    let certificate = certificate.ok_or_else(|| named(&asked.signing_certificate, &"no certificate"))?;
    let key_pem = String::from_utf8(file(&asked.signing_key)?).map_err(|_| named(&asked.signing_key, &"not PEM"))?;
    Ok(SigningKey { certificate_der: certificate.der, key_pem })
}

fn place(asked: &Run, test: &Test, point: String) -> Result<Place, String> {
    let family = Family::of(test.summary.service).ok_or("the service has no documents")?;
    let represented = asked.represented.clone().unwrap_or_else(|| test.joiner.clone());
    let controller = asked.controller.clone().or_else(|| test.controllers.first().cloned());
    let controller = controller.ok_or("the joiner has no register: give --controller")?;
    let unit = asked.unit.clone().unwrap_or_else(|| represented.clone());
    Ok(Place { family, represented, unit, controller, point })
}

fn bar(cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64);
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// How a case ended.
enum Outcome {
    Passed(String),
    Failed(String),
    Left,
}

/// Makes a case, waits for what archive and gateway say of it, and says how it went.
async fn one(
    asked: &Run,
    (client, peer, maker): (&Client, &Peer, &mut Maker<'_>),
    (number, id): (&str, &str),
) -> Result<Outcome, String> {
    let test = client.test(number).await?;
    let case = found(&test, id)?;
    if case.answer == Answer::Passed.code() {
        return Ok(Outcome::Passed(told(case)));
    }
    if !case.runs {
        return Ok(Outcome::Left);
    }
    if case.answer == Answer::Waits.code() {
        return Ok(Outcome::Failed("waits for an earlier case".to_owned()));
    }
    // What is there already, of an earlier test or a run that was cut off, is not made twice.
    let there = case.answer == Answer::Seen.code();
    let made = match case.deed {
        _ if there => Ok(()),
        Deed::Delivered => {
            let unit = asked.unit.as_deref().ok_or("--unit: the one that receives renewal requests")?;
            client.request(number, unit).await.map_err(Wrong::Answer)
        }
        _ => {
            // Anew for each case: the one before may have been waited for longer than a gateway bears silence.
            maker.connection = peer.connect().await.map_err(|error| error.to_string())?;
            maker.make(&test, case).await
        }
    };
    let role = case.people.first().map_or("professional", String::as_str);
    let person = asked.person.as_deref();
    match made {
        Ok(()) => {}
        // Nothing is said of what nobody answered: it is made again with --test.
        Err(Wrong::Way(error)) => return Err(format!("{id}: {error}; go on with --test {number}")),
        Err(Wrong::Answer(why)) => {
            client.say((number, id), (false, role, person), &short(&why)).await?;
            return Ok(Outcome::Failed(why));
        }
    }
    for _ in 0..PATIENCE * 2 {
        let test = client.test(number).await?;
        let case = found(&test, id)?;
        if case.answer == Answer::Seen.code() {
            client.say((number, id), (true, role, person), "").await?;
            return Ok(Outcome::Passed(told(case)));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let test = client.test(number).await?;
    Ok(Outcome::Failed(format!("it was sent, and stands as \"{}\" after {PATIENCE} seconds", found(&test, id)?.answer)))
}

fn found<'t>(test: &'t Test, id: &str) -> Result<&'t Case, String> {
    test.cases.iter().find(|case| case.id == id).ok_or_else(|| format!("{id}: no such case"))
}

/// A case with the ids that the logs have it under.
fn told(case: &Case) -> String {
    let ids = [("message", &case.message), ("decision", &case.decision), ("document", &case.document)];
    let ids = ids.into_iter().filter_map(|(name, id)| Some(format!("{name} {}", id.as_ref()?)));
    format!("{} – {}: {}", case.id, case.title, ids.collect::<Vec<_>>().join(", "))
}

/// As much of a reason as the portal takes.
fn short(why: &str) -> String {
    why.chars().filter(|letter| !letter.is_control()).take(400).collect()
}

/// Sends the report, and fetches its papers.
async fn report(asked: &Run, client: &Client, number: &str) -> Result<Ended, String> {
    client.send(number).await?;
    papers(asked, client, &client.test(number).await?).await
}

/// Fetches the papers of a report that was sent, those that are not there yet.
async fn papers(asked: &Run, client: &Client, test: &Test) -> Result<Ended, String> {
    let number = &test.summary.number;
    say!("✓ the report is sent: {}", test.papers.join(", "));
    for (folder, language) in asked.out.iter().flat_map(|folder| test.papers.iter().map(move |one| (folder, one))) {
        let file = folder.join(format!("{number}-{language}.pdf"));
        let (bytes, seal) = client.paper(number, language).await?;
        let named = |error: std::io::Error| format!("{}: {error}", file.display());
        match std::fs::File::create_new(&file) {
            Ok(mut out) => std::io::Write::write_all(&mut out, &bytes).map_err(named)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                if std::fs::read(&file).map_err(named)? != bytes {
                    return Err(format!("{}: is there already, and is another", file.display()));
                }
            }
            Err(error) => return Err(named(error)),
        }
        say!("✓ {} (seal {seal})", file.display());
    }
    Ok(Ended::Fine)
}
