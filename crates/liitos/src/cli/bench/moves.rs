//! Moving thousands of joiners to another access point: how long it takes to schedule the move, to enter them all as one wave, for decisions to follow, and to take
//! the wave back.

use super::{country, micros, prepared, resident_mb};
use crate::adapters::MovedClock;
use crate::serve::build;
use clap::Args;
use liitos_domain::application::Form;
use liitos_domain::directory::{AccessPoint, Basis, Effect, Organiser, Request, Right, Verdict, decide};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Kind, Standing};
use liitos_domain::service_code::{ConnectionModel, Operation};
use liitos_domain::{Interval, Moment, Oid, Position, Service, StaffRole};
use liitos_service::directory::publication;
use liitos_service::notices::Desk;
use liitos_service::{Actor, App, Organisation, moves};
use liitos_store::directory;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Args)]
pub(crate) struct Moves {
    /// Joiners that are moved, in one wave.
    #[arg(long, default_value_t = 5_000)]
    joiners: u32,
    /// A PostgreSQL database to use; a new SQLite file when absent.
    #[arg(long)]
    database: Option<String>,
}

const LEADER: &str = "1.2.246.537.6.918.18.900077";

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn point(number: u32) -> Result<AccessPointOid, String> {
    AccessPointOid::parse(&format!("{LEADER}.13.{number}")).map_err(text)
}

pub(super) async fn run(folder: PathBuf, asked: &Moves) -> Result<serde_json::Value, String> {
    let register = folder.join("register.xml");
    let mut app = build(&prepared(folder, asked.database.clone())?).await.map_err(text)?;
    let clock = Arc::new(MovedClock::default());
    Arc::get_mut(&mut app).ok_or("somebody else has it")?.clock = Arc::clone(&clock) as _;
    country::open(&app, &register, asked.joiners).await?;
    through(&app, asked.joiners).await?;
    let (leader, office) = actors()?;
    let start = Moment::from_seconds(app.now().as_seconds()).plus_days(40);
    let begun = micros();
    let number = scheduled(&app, (&leader, &office), asked.joiners, start).await?;
    let scheduled = micros() - begun;
    clock.advance(start.plus_seconds(-20).as_micros() - app.now().as_micros());
    let begun = micros();
    if moves::go_on(&app).await.map_err(text)? != 1 {
        return Err("no wave was entered".to_owned());
    }
    let entered = micros() - begun;
    let begun = micros();
    let published = publication::current(&app).await.map_err(text)?;
    let built = micros() - begun;
    let begun = micros();
    let ways = [(point(1)?, start.plus_seconds(-1)), (point(2)?, start)];
    for number in 0..asked.joiners {
        let joiner = country::joiner(number)?;
        for (n, (_, at)) in ways.iter().enumerate() {
            for (m, (way, _)) in ways.iter().enumerate() {
                if permitted(&published.snapshot, way, &joiner, *at) != (n == m) {
                    return Err(format!("{joiner} through {way} at {at}"));
                }
            }
        }
    }
    let decided = micros() - begun;
    clock.advance(60_000_000);
    let begun = micros();
    moves::halt(&app, &office, (Desk::Office, &number), "bench", true).await.map_err(text)?;
    let back = micros() - begun;
    let shown = moves::show(&app, &leader, Desk::Own, &number).await.map_err(text)?;
    if !shown.moved.iter().all(|one| one.standing == Standing::Back) {
        return Err("not everybody went back".to_owned());
    }
    Ok(json!({
        "joiners": asked.joiners, "scheduled_ms": scheduled / 1_000, "entered_ms": entered / 1_000, "snapshot_ms": built / 1_000,
        "decisions": asked.joiners * 4, "decided_ms": decided / 1_000, "taken_back_ms": back / 1_000, "rss_mb": resident_mb(),
    }))
}

/// Everybody uses patient data through the intermediary's first access point, and it has a second one.
async fn through(app: &App, joiners: u32) -> Result<(), String> {
    let valid = Interval::from(app.now());
    let open = |oid: AccessPointOid| AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900001".to_owned(),
        country: "FI".to_owned(),
        links: Vec::new(),
        certificates: Vec::new(),
        valid,
    };
    let mut effect = Effect { access_points_opened: vec![open(point(1)?), open(point(2)?)], ..Effect::default() };
    for number in 0..joiners {
        effect.rights_opened.push(Right {
            joiner: country::joiner(number)?,
            service: Service::Prescription,
            access_point: point(1)?,
            system: "900001".to_owned(),
            unit: None,
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid,
        });
    }
    let tx = app.store.begin().await.map_err(text)?;
    let origin =
        directory::Origin { basis: Basis::Other("bench".into()), author: "bench".into(), approver: "bench".into() };
    directory::record(&tx, &effect, &effect.hash().map_err(text)?, &origin, app.now()).await.map_err(text)?;
    tx.commit().await.map_err(text)
}

fn actors() -> Result<(Actor, Actor), String> {
    let oid = Oid::parse(LEADER).map_err(text)?;
    let far = Some(Moment::from_seconds(i64::from(u32::MAX)));
    let leader = Actor {
        reference: "bench".to_owned(),
        organisations: vec![Organisation { oid: oid.clone(), positions: vec![Position::ManagingDirector] }],
        acting_for: Some(oid),
        mandates_at: far,
        signed_in_at: far,
        ..Actor::default()
    };
    Ok((leader, Actor { reference: "office".to_owned(), staff: vec![StaffRole::Registrar], ..Actor::default() }))
}

/// A move of all of them that is written, looked at, sent and approved.
async fn scheduled(
    app: &App,
    (leader, office): (&Actor, &Actor),
    joiners: u32,
    start: Moment,
) -> Result<String, String> {
    let list: Vec<String> =
        (0..joiners).map(|number| country::joiner(number).map(|oid| oid.to_string())).collect::<Result<_, _>>()?;
    let civil = start.civil();
    let fields = [
        ("title", "bench".to_owned()),
        ("point", point(1)?.to_string()),
        ("to_point", point(2)?.to_string()),
        ("targets", list.join("\n")),
        ("start_day", civil.date().to_string()),
        ("start_time", civil.strftime("%H:%M:%S").to_string()),
    ];
    let form = Form(fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect());
    let number = moves::begin(app, leader, Kind::Point).await.map_err(text)?;
    moves::save(app, leader, &number, (1, form)).await.map_err(text)?;
    let shown = moves::show(app, leader, Desk::Own, &number).await.map_err(text)?;
    let hash = shown.looked.ok_or("it is not looked at")?.hash;
    moves::send(app, leader, &number, &hash).await.map_err(text)?;
    moves::approve(app, office, &number, &hash).await.map_err(text)?;
    Ok(number)
}

fn permitted(snapshot: &liitos_domain::directory::Snapshot, way: &AccessPointOid, joiner: &Oid, at: Moment) -> bool {
    let request = Request {
        access_point: way,
        certificate: None,
        source: None,
        service: Service::Prescription,
        operation: Operation::Write,
        joiner,
        unit: None,
        tenant: None,
        system: None,
        organiser: Organiser::Later,
    };
    decide(snapshot, &request, at).verdict == Verdict::Permitted
}
