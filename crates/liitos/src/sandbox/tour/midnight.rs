//! Step 18: two organisations merge at midnight, from the plan to the report, with time running fast: in an installation of its own, whose clock is moved on.

use super::{Broken, Walk, holds};
use crate::adapters::MovedClock;
use crate::config::Config;
use crate::made::Variation;
use crate::sandbox::files::HUS;
use crate::sandbox::samples;
use crate::serve;
use liitos_domain::application::Form;
use liitos_domain::archive::{Apart, Completeness, Order, RunKind, RunState, Scope};
use liitos_domain::change::{Course, Followed, State, Story, What};
use liitos_domain::directory::{
    AccessPoint, Basis, Effect, Joiner, Link, LinkRole, Network, Organiser, Request, Right, Verdict, decide,
};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notification::Kind;
use liitos_domain::service_code::{ConnectionModel, Operation, RateClass};
use liitos_domain::{Interval, Moment, Oid, Position, Service, StaffRole};
use liitos_pki::authority::Profile;
use liitos_service::archive::{Door, StoredHow, fetch_document, store_document};
use liitos_service::controller_runs as runs;
use liitos_service::directory::publication;
use liitos_service::notices::Desk;
use liitos_service::{Actor, App, Organisation, ServiceError, changes, notifications};
use liitos_store::directory;
use std::sync::Arc;

/// Who passes into whom, with their controllers.
const INTO: &str = "1.2.246.10.99999984.10.0";
const FROM_CONTROLLER: &str = "1.2.246.537.10.15675350.19.0";
const TO_CONTROLLER: &str = "1.2.246.10.99999984.19.0";
/// So many documents the one has.
const DOCUMENTS: u64 = 12;
/// It is planned so many days ahead; between two looks so many seconds go by.
const AHEAD_DAYS: i64 = 60;
const BETWEEN_SECONDS: i64 = 61;
/// No more rounds of tasks than so many.
const MOST_ROUNDS: usize = 20;

fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(error.to_string())
}

fn refused(error: ServiceError) -> Broken {
    Broken(format!("{} {}", error.code, error.place))
}

fn oid(text: &str) -> Result<Oid, Broken> {
    Oid::parse(text).map_err(broken)
}

/// The installation with its clock, and the people.
struct Night {
    app: Arc<App>,
    config: Config,
    clock: Arc<MovedClock>,
    from: Actor,
    into: Actor,
    office: Actor,
    second: Actor,
    day: Moment,
}

/// 18: planned, agreed on, each task done by whoever it is of, switched at the second, reported.
pub(super) async fn merged(walk: &Walk<'_>) -> Result<String, Broken> {
    let night = Night::falls(walk).await?;
    let documents = night.documents(walk).await?;
    let one = documents.first().ok_or_else(|| broken("nothing was stored"))?;
    let number = night.planned().await?;
    let tasks = night.carried_out(&number).await?;
    night.until(night.day.plus_seconds(-1));
    let before = night.whose(one).await?;
    night.until(night.day);
    let switched = runs::switch_due(&night.app).await.map_err(refused)?;
    let after = night.whose(one).await?;
    holds(switched == 1 && before == [true, false] && after == [false, true], || {
        format!("a second before {before:?}, then {after:?}: who goes, who goes on")
    })?;
    // The run is not carried through yet; whose the documents are now corrects them already.
    night.corrected(walk, one).await?;
    while runs::carry_through(&night.app, runs::CHUNK).await.map_err(refused)? {}
    let report = night.report(walk).await?;
    holds(report.complete && report.before.documents == DOCUMENTS, || format!("the report says {report:?}"))?;
    let last = night.carried_out(&number).await?;
    let change = changes::show(&night.app, &night.office, Desk::Office, &number).await.map_err(refused)?.change;
    holds(change.course == Course::Over, || format!("{number} is {}", change.course))?;
    Ok(format!(
        "{number}: {} tasks done in {AHEAD_DAYS} days; at {} the one, a second later the other; {DOCUMENTS} documents, one corrected by its new controller, report signed",
        tasks + last,
        night.day.plus_seconds(-1).civil()
    ))
}

impl Night {
    /// An installation in which both use patient data, each through its own access point.
    async fn falls(walk: &Walk<'_>) -> Result<Self, Broken> {
        let folder = &walk.sandbox.folder;
        let mut config = Config::load(&folder.join("liitos.toml")).map_err(broken)?;
        let file = folder.join(format!("midnight-{}.db", walk.run));
        config.database.url = format!("sqlite:{}", file.display());
        config.archive.bodies = None;
        // The installation beside it goes on with its own.
        config.signatures.revocation_lists = vec![folder.join(format!("midnight-{}.crl", walk.run))];
        list_written(walk, &config, walk.sandbox.app.now())?;
        let mut app = serve::build(&config).await?;
        let clock = Arc::new(MovedClock::default());
        Arc::get_mut(&mut app).ok_or_else(|| broken("the clock cannot be moved"))?.clock = Arc::clone(&clock) as _;
        samples::import_all(&app).await?;
        let day = app.now().plus_days(AHEAD_DAYS).midnight();
        let clerk = |reference: &str| Actor {
            reference: reference.to_owned(),
            name: "Tour".to_owned(),
            staff: vec![StaffRole::Registrar],
            ..Actor::default()
        };
        let (office, second) = (clerk("tour"), clerk("tour's second"));
        let night = Self { from: member(HUS)?, into: member(INTO)?, office, second, app, config, clock, day };
        let both = [night.open(HUS, 2)?, night.open(INTO, 2)?];
        let mut effect = Effect::default();
        for (joiner, point, right) in both {
            effect.joiners_opened.push(joiner);
            effect.access_points_opened.push(point);
            effect.rights_opened.push(right);
        }
        let tx = night.app.store.begin().await.map_err(broken)?;
        let origin =
            directory::Origin { basis: Basis::Other("tour".into()), author: "tour".into(), approver: "tour".into() };
        let hash = effect.hash().map_err(broken)?;
        directory::record(&tx, &effect, &hash, &origin, night.app.now()).await.map_err(broken)?;
        tx.commit().await.map_err(broken)?;
        Ok(night)
    }

    /// A joiner that has joined, its access point and its right.
    fn open(&self, who: &str, number: u32) -> Result<(Joiner, AccessPoint, Right), Broken> {
        let (joiner, valid) = (oid(who)?, Interval::from(self.app.now()));
        let access_point = AccessPointOid::parse(&format!("{who}.13.{number}")).map_err(broken)?;
        let link = Link {
            halls: Vec::new(),
            network: Network::Private,
            role: LinkRole::Primary,
            dns_name: "kanta.esimerkki.test".to_owned(),
            addresses: vec![[203, 0, 113, 7].into()],
        };
        let point = AccessPoint {
            administrator: joiner.clone(),
            oid: access_point.clone(),
            system: "900001".to_owned(),
            country: "FI".to_owned(),
            links: vec![link],
            certificates: Vec::new(),
            valid,
        };
        let right = Right {
            joiner: joiner.clone(),
            service: Service::PatientData,
            access_point,
            system: "900001".to_owned(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid,
        };
        Ok((Joiner { oid: joiner, rate: RateClass::Ordinary, valid }, point, right))
    }

    /// The clock comes to a moment.
    fn until(&self, at: Moment) {
        self.clock.advance(at.as_micros() - self.app.now().as_micros());
    }

    /// Documents of the one that goes; their ids.
    async fn documents(&self, walk: &Walk<'_>) -> Result<Vec<Oid>, Broken> {
        let mut ids = Vec::new();
        for n in 0..DOCUMENTS {
            let variation = Variation::with_new_ids(walk.run, 1700 + n)?;
            let variation = variation.signed_by(&walk.sandbox.pki.signer, self.app.now())?;
            let message = variation.message()?;
            let stored = store_document(&self.app, &door(HUS, HUS)?, message.as_bytes()).await.map_err(refused)?;
            holds(matches!(stored.how, StoredHow::New), || format!("document {n} was not stored"))?;
            ids.push(oid(&variation.document_id)?);
        }
        Ok(ids)
    }

    /// The one plans, the other plans along.
    async fn planned(&self) -> Result<String, Broken> {
        let day = self.day.civil().date();
        let story = format!(
            "day = \"{day}\"\ntitle = \"Kaksi yhdistyy\"\n[[merger]]\njoiners = [\"{HUS}\"]\ninto = \"{INTO}\"\n"
        );
        let story = Story::parse(&story).map_err(|mistakes| broken(format!("{mistakes:?}")))?;
        let kept = changes::keep(&self.app, &self.from, Desk::Own, story).await.map_err(refused)?;
        let number = kept.map_err(|obstacles| broken(format!("{obstacles:?}")))?;
        changes::agree(&self.app, &self.into, &number).await.map_err(refused)?;
        Ok(number)
    }

    /// What is to be done is done, task by task, each by whoever it is of; how many were.
    async fn carried_out(&self, number: &str) -> Result<usize, Broken> {
        for done in 0..MOST_ROUNDS {
            self.clock.advance(BETWEEN_SECONDS * 1_000_000);
            let shown = changes::show(&self.app, &self.office, Desk::Office, number).await.map_err(refused)?;
            if shown.change.course == Course::Over {
                return Ok(done);
            }
            holds(shown.change.obstacles.is_empty(), || format!("in the way: {:?}", shown.change.obstacles))?;
            // What is tested after the day waits for it.
            let due = |task: &&(i64, Followed)| match task.1.state {
                State::Done | State::Waits => false,
                State::Open | State::Late => self.app.now() >= self.day || task.1.what != What::TestAfter,
            };
            let Some((key, task)) = shown.tasks.iter().find(due) else {
                changes::check(&self.app, &self.office, Desk::Office, number).await.map_err(refused)?;
                return Ok(done);
            };
            let notified = shown.tasks.iter().find(|(_, task)| task.what == What::NotifyPoint);
            let notified = notified.map_or("", |(_, task)| task.about.as_str());
            self.task((number, *key), task, notified).await?;
            self.clock.advance(BETWEEN_SECONDS * 1_000_000);
            changes::check(&self.app, &self.office, Desk::Office, number).await.map_err(refused)?;
        }
        Err(broken(format!("{number} has tasks without end")))
    }

    /// Does what is to be done; `notified`: the access point that whoever goes on gets.
    async fn task(&self, (number, key): (&str, i64), task: &Followed, notified: &str) -> Result<(), Broken> {
        let day = self.day.civil().date().to_string();
        let (about, day) = (task.about.as_str(), ("day", day.as_str()));
        match task.what {
            What::NotifyPoint => {
                let fields = [
                    ("own_oid", about),
                    ("own_country", "FI"),
                    ("own_network", "private"),
                    ("own_dns", "yhdessa.esimerkki.test"),
                    ("own_addresses", "203.0.113.8"),
                    ("system", "900001"),
                    day,
                ];
                self.notified(&self.into, Kind::Point, &fields).await
            }
            // Whoever has joined goes on with what it has: through one more access point.
            What::Apply => {
                let fields = [("service", about), ("to_point_other", notified), ("system", "900001"), day];
                self.notified(&self.into, Kind::Use, &fields).await
            }
            What::Terminate => {
                let fields = [("grounds", "reorganisation"), ("custodian", TO_CONTROLLER), day];
                self.notified(&self.from, Kind::Termination, &fields).await
            }
            What::SetRunDay => runs::add_day(&self.app, &self.office, self.day).await.map_err(refused),
            What::OrderRun => self.ordered(number).await,
            What::OrderLink
            | What::OrderServerCertificate
            | What::TestBefore
            | What::TestAfter
            | What::ChangeLocalSystem
            | What::ChangeOlderData => {
                let by = if task.owner.number() == HUS { &self.from } else { &self.into };
                let said = (key, true, "tehty");
                changes::say(&self.app, by, Desk::Own, number, said).await.map_err(refused)
            }
            what => Err(broken(format!("nobody here knows how to do: {what} {about}"))),
        }
    }

    /// Notified by an organisation, approved by the operator.
    async fn notified(&self, by: &Actor, kind: Kind, fields: &[(&str, &str)]) -> Result<(), Broken> {
        let form = Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect());
        let app = &self.app;
        let number = notifications::begin(app, by, kind).await.map_err(refused)?;
        notifications::save(app, by, &number, (1, form)).await.map_err(refused)?;
        let looked = notifications::show(app, by, Desk::Own, &number).await.map_err(refused)?.looked;
        let hash = looked.map(|looked| looked.hash).ok_or_else(|| broken("it is not looked at"))?;
        notifications::send(app, by, &number, &hash).await.map_err(refused)?;
        let waits = notifications::show(app, &self.office, Desk::Office, &number).await.map_err(refused)?.looked;
        let hash = waits.map(|looked| looked.hash).ok_or_else(|| broken("it does not wait"))?;
        notifications::approve(app, &self.office, &number, &hash).await.map_err(refused)
    }

    /// The documents' run, ordered for midnight by what both agreed on, and approved by two.
    async fn ordered(&self, change: &str) -> Result<(), Broken> {
        let (app, day) = (&self.app, self.day);
        let order = Order {
            from: oid(FROM_CONTROLLER)?,
            to: oid(TO_CONTROLLER)?,
            scope: Scope::default(),
            kind: RunKind::Successor,
            run_at: day,
            priority: 0,
            before: 0,
            after: 0,
            apart: Apart::Accept,
            basis: change.to_owned(),
        };
        let number = runs::order(app, &self.office, order).await.map_err(refused)?;
        for person in [&self.office, &self.second] {
            let looked = runs::dry_run(app, person, &number).await.map_err(refused)?.hash;
            runs::approve(app, person, &number, &looked).await.map_err(refused)?;
        }
        Ok(())
    }

    /// Whether each of the two may call by the way it has then, and reads a document.
    async fn whose(&self, document: &Oid) -> Result<[bool; 2], Broken> {
        let published = publication::current(&self.app).await.map_err(refused)?;
        let mut may = [false; 2];
        for (who, may) in [HUS, INTO].into_iter().zip(&mut may) {
            let (way, joiner) = (door(who, HUS)?.access_point, oid(who)?);
            let request = Request {
                access_point: &way,
                certificate: None,
                source: None,
                service: Service::PatientData,
                operation: Operation::Read,
                joiner: &joiner,
                unit: None,
                tenant: None,
                system: None,
                organiser: Organiser::Nobody,
            };
            let permitted = decide(&published.snapshot, &request, self.app.now()).verdict == Verdict::Permitted;
            let read = fetch_document(&self.app, &door(who, who)?, Service::PatientData, document).await.is_ok();
            *may = permitted && read;
        }
        Ok(may)
    }

    /// A document of the one that went is corrected by whoever goes on, in its own name.
    async fn corrected(&self, walk: &Walk<'_>, older: &Oid) -> Result<(), Broken> {
        let (authority, now) = (&walk.sandbox.pki.authority, self.app.now());
        // Of an issuer whose list is sixty days old nothing is known: the next one is there, as it is in an installation that runs.
        list_written(walk, &self.config, now)?;
        let renewed = self.config.signatures.trust_files().renew(&self.app.signature_trust.load());
        self.app.signature_trust.store(Arc::new(renewed.map_err(broken)?.0));
        let signer = authority.issue(&Profile::signature(INTO, "Testijärjestelmä"), now).map_err(broken)?;
        let correction = Variation::with_new_ids(walk.run, 1700 + DOCUMENTS)?;
        let correction = correction.replacing(older.as_str(), older.as_str(), 2).with_controller(TO_CONTROLLER);
        let correction = correction.sent_by(INTO).signed_by(&signer, now)?;
        let message = correction.message()?;
        let stored = store_document(&self.app, &door(INTO, INTO)?, message.as_bytes()).await.map_err(refused)?;
        holds(matches!(stored.how, StoredHow::New), || format!("the correction was not taken: {:?}", stored.how))?;
        let told = self.whose(&oid(&correction.document_id)?).await?;
        holds(told == [false, true], || format!("the correction is read by {told:?}: who went, who goes on"))
    }

    /// The run's report, its signature verified.
    async fn report(&self, walk: &Walk<'_>) -> Result<Completeness, Broken> {
        let all = runs::list(&self.app, &self.office).await.map_err(refused)?;
        let run = all.into_iter().find(|run| run.state == RunState::Done).ok_or_else(|| broken("no run is done"))?;
        let report = run.report.ok_or_else(|| broken("no report came"))?;
        walk.verified(&report)
    }
}

/// Writes the list of those whom the issuer revoked, nobody, as of a moment.
fn list_written(walk: &Walk<'_>, config: &Config, now: Moment) -> Result<(), Broken> {
    let list = walk.sandbox.pki.authority.revocation_list(&[], now).map_err(broken)?;
    config.signatures.revocation_lists.iter().try_for_each(|file| std::fs::write(file, &list)).map_err(broken)
}

fn member(of: &str) -> Result<Actor, Broken> {
    let (organisation, far) = (oid(of)?, Moment::from_seconds(i64::from(u32::MAX)));
    Ok(Actor {
        reference: format!("tour {of}"),
        name: "Tour".to_owned(),
        organisations: vec![Organisation { oid: organisation.clone(), positions: vec![Position::ManagingDirector] }],
        acting_for: Some(organisation),
        mandates_at: Some(far),
        signed_in_at: Some(far),
        ..Actor::default()
    })
}

/// An organisation at its own access point.
fn door(of: &str, represented: &str) -> Result<Door, Broken> {
    Ok(Door {
        access_point: AccessPointOid::parse(&format!("{of}.13.2")).map_err(broken)?,
        represented: oid(represented)?,
        tenant: None,
        decision_id: "TOUR-0017".to_owned(),
        client_cert: None,
        purpose: None,
    })
}
