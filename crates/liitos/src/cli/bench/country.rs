//! Made-up joiners in the number that a country has.

use super::write_register;
use liitos_domain::directory::{AccessPoint, Basis, Effect, Joiner, Link, LinkRole, Network, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::{Extent, RegisterKind};
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Oid, Service};
use liitos_service::App;
use liitos_service::registers::{File, import};
use liitos_store::directory;
use std::path::Path;

/// The OID of a made-up joiner.
pub(super) fn joiner(number: u32) -> Result<Oid, String> {
    Oid::parse(&format!("1.2.246.10.{}.10.0", 10_000_000 + number)).map_err(|error| error.to_string())
}

/// Opens made-up joiners, each with an access point and a right, all in a register that is written at `path`; every tenth
/// point abroad.
pub(super) async fn open(app: &App, path: &Path, points: u32) -> Result<(), String> {
    write_register(path, 0..points * 10, "").map_err(|error| error.to_string())?;
    let file = File { extent: Extent::Delta, ..File::at(path.to_owned()) };
    let imported = import(app, "bench", RegisterKind::Sote, file, &mut |_, _| ()).await;
    let _ = std::fs::remove_file(path);
    imported.map_err(|error| error.to_string())?;
    let valid = Interval::from(app.now());
    let tx = app.store.begin().await.map_err(|error| error.to_string())?;
    let origin =
        directory::Origin { basis: Basis::Other("bench".into()), author: "bench".into(), approver: "bench".into() };
    for number in 0..points {
        let effect = joined(number, valid)?;
        let hash = effect.hash().map_err(|error| error.to_string())?;
        directory::record(&tx, &effect, &hash, &origin, app.now()).await.map_err(|error| error.to_string())?;
    }
    tx.commit().await.map_err(|error| error.to_string())?;
    Ok(())
}

/// What a joiner's first joining does.
fn joined(number: u32, valid: Interval) -> Result<Effect, String> {
    let joiner = joiner(number)?;
    let oid = AccessPointOid::parse(&format!("{joiner}.13.1")).map_err(|error| error.to_string())?;
    let link = Link {
        halls: Vec::new(),
        network: Network::Private,
        role: LinkRole::Primary,
        dns_name: format!("kanta{number}.bench.test"),
        addresses: vec![[198, 51, 100, 1].into()],
    };
    let system = "900001".to_owned();
    let point = AccessPoint {
        administrator: joiner.clone(),
        oid: oid.clone(),
        system: system.clone(),
        country: if number.is_multiple_of(10) { "US" } else { "FI" }.to_owned(),
        links: vec![link],
        certificates: Vec::new(),
        valid,
    };
    let right = Right {
        joiner: joiner.clone(),
        service: Service::PatientData,
        access_point: oid,
        system,
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    };
    Ok(Effect {
        joiners_opened: vec![Joiner { oid: joiner, rate: RateClass::Ordinary, valid }],
        access_points_opened: vec![point],
        rights_opened: vec![right],
        ..Effect::default()
    })
}
