//! Sample parties that are there before anybody applies: an intermediary's opened access point.

use crate::serve::StartError;
use liitos_domain::directory::{AccessPoint, Link, LinkRole, Network};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Interval, StaffRole};
use liitos_service::directory::open_access_point;
use liitos_service::{Actor, App};

/// The intermediary's access point.
pub(crate) const INTERMEDIARY_POINT: &str = "1.2.246.537.6.918.18.900077.13.4";

/// The sandbox's own hand: what is there before anybody applies has been notified before.
fn sandbox() -> Actor {
    let (reference, name) = ("sandbox".to_owned(), "Sandbox".to_owned());
    Actor { reference, name, staff: vec![StaffRole::Registrar], ..Actor::default() }
}

pub(super) async fn open(app: &App) -> Result<(), StartError> {
    let oid = AccessPointOid::parse(INTERMEDIARY_POINT).map_err(|e| StartError(e.to_string()))?;
    let point = AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900003".to_owned(),
        country: "FI".to_owned(),
        links: vec![Link {
            halls: Vec::new(),
            network: Network::Private,
            role: LinkRole::Primary,
            dns_name: "kanta.valittaja.test".to_owned(),
            addresses: vec![[203, 0, 113, 77].into()],
        }],
        certificates: Vec::new(),
        valid: Interval::from(app.now()),
    };
    match open_access_point(app, &sandbox(), point).await {
        Ok(_) => Ok(()),
        // A folder that is used again has it already.
        Err(error) if error.code == liitos_domain::RefusalCode::EffectChanged => Ok(()),
        Err(error) => Err(StartError(error.to_string())),
    }
}
