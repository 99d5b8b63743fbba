//! What a change does to decisions is asked of the rows that it reaches: the answer is that of all rows.

use crate::on_both;
use liitos_domain::directory::reference::made_up::Seeded;
use liitos_domain::directory::{
    AccessPoint, Basis, Closing, CollectionPoint, Effect, Joiner, Link, LinkRole, Network, Order, Proof, Right, Row,
    Rows, Stage, Tenant,
};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::{Entry, RegisterKind};
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Moment, Oid, Service};
use liitos_service::directory::proof::{proved, proved_on_all};
use liitos_store::{Lock, directory, registers};
use liitos_testkit::{Database, TestApp};
use std::collections::BTreeMap;

/// Numbers of one run, and the moment around which everything turns.
struct Made {
    seeded: Seeded,
    now: Moment,
}

fn organisation(number: u64) -> Oid {
    Oid::parse(&format!("1.2.246.10.9{number:03}.10.0")).unwrap()
}

fn point(number: u64) -> AccessPointOid {
    AccessPointOid::parse(&format!("{}.13.{}", organisation(number / 2), number % 2 + 1)).unwrap()
}

const ORGANISATIONS: u64 = 40;
const POINTS: u64 = 16;

impl Made {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.seeded.below(limit as u64)).unwrap()
    }

    fn pick<R: Clone>(&mut self, rows: &[R]) -> Option<R> {
        rows.get(self.below(rows.len().max(1))).cloned()
    }

    fn moment(&mut self) -> Moment {
        self.now.plus_seconds(i64::try_from(self.seeded.below(100)).unwrap() - 20)
    }

    fn span(&mut self) -> Interval {
        let from = self.moment();
        let until = from.plus_seconds(i64::try_from(self.seeded.below(80)).unwrap() + 1);
        Interval::new(from, (self.below(2) == 0).then_some(until))
    }

    fn organisation(&mut self) -> Oid {
        organisation(self.seeded.below(ORGANISATIONS))
    }

    fn point(&mut self) -> AccessPointOid {
        point(self.seeded.below(POINTS))
    }

    /// Entries with parents: mostly trees of a few, some across, a few in a circle.
    fn entries(&mut self) -> Vec<Entry> {
        let valid = Interval::from(self.now.plus_days(-1));
        let mut entry = |number: u64| {
            let within = number / 5 * 5 + self.seeded.below(5);
            let parent = match self.below(8) {
                0 | 1 => None,
                2 => Some(self.organisation()),
                _ => Some(organisation(within)),
            };
            let marked = self.below(2) == 0;
            let fields: BTreeMap<_, _> =
                marked.then(|| ("Uusimispyyntöjen vastaanotto".into(), "T".into())).into_iter().collect();
            Entry {
                id: organisation(number).to_string(),
                name: format!("Yksikkö {number}"),
                valid: if self.below(4) == 0 { self.span() } else { valid },
                parent: parent.map(|oid| oid.to_string()),
                business_id: None,
                fields,
            }
        };
        (0..ORGANISATIONS).map(&mut entry).collect()
    }

    fn right(&mut self, rows: &Rows) -> Right {
        let service = [Service::PatientData, Service::Prescription, Service::RenewalReception][self.below(3)];
        let unit = (service == Service::RenewalReception).then(|| self.organisation());
        let parallel = self.below(6) == 0;
        let (joiner, access_point) = (self.pick(&rows.joiners), self.pick(&rows.access_points));
        Right {
            joiner: joiner.map_or_else(|| self.organisation(), |row| row.oid),
            service,
            access_point: access_point.map_or_else(|| self.point(), |row| row.oid),
            system: ["900001", "900002"][self.below(2)].into(),
            unit,
            organiser: parallel.then(|| self.organisation()),
            model: if parallel { ConnectionModel::Parallel } else { ConnectionModel::Direct },
            grandfathered: false,
            valid: self.span(),
        }
    }

    fn access_point(&mut self) -> AccessPoint {
        let oid = self.point();
        AccessPoint {
            administrator: oid.administrator(),
            oid,
            system: "900001".into(),
            country: "FI".into(),
            links: vec![Link {
                network: Network::Private,
                role: LinkRole::Primary,
                dns_name: "a.test".into(),
                addresses: vec![[203, 0, 113, u8::try_from(self.below(4)).unwrap()].into()],
                halls: Vec::new(),
            }],
            certificates: Vec::new(),
            valid: self.span(),
        }
    }

    fn opened(&mut self, rows: &Rows) -> Effect {
        let mut effect = Effect::default();
        match self.below(5) {
            0 => {
                let (oid, valid) = (self.organisation(), self.span());
                effect.joiners_opened.push(Joiner { oid, rate: RateClass::Ordinary, valid });
            }
            1 => {
                let (host, tenant, valid) = (self.pick(&rows.joiners), self.organisation(), self.span());
                effect.tenants_opened.extend(host.map(|host| Tenant { host: host.oid, tenant, valid }));
            }
            2 => effect.access_points_opened.push(self.access_point()),
            3 if self.below(3) == 0 => {
                let address = [203, 0, 113, 100 + u8::try_from(self.below(100)).unwrap()].into();
                effect.collection_points_opened.extend(self.pick(&rows.access_points).map(|of| CollectionPoint {
                    administrator: of.administrator.clone(),
                    name: "hall".into(),
                    country: "FI".into(),
                    proxy_header: false,
                    addresses: vec![address],
                    access_points: vec![of.oid],
                    valid: self.span(),
                }));
            }
            _ => effect.rights_opened.extend((0..1 + self.below(2)).map(|_| self.right(rows))),
        }
        effect
    }

    fn ended(&mut self, rows: &Rows) -> Effect {
        fn end<R: Row>(made: &mut Made, rows: &[R]) -> Vec<(R, Moment)> {
            let at = made.moment();
            made.pick(rows).map(|row| (row.clone(), at.max(row.valid().from))).into_iter().collect()
        }
        match self.below(6) {
            0 => Effect { joiners_ended: end(self, &rows.joiners), ..Effect::default() },
            1 => Effect { access_points_ended: end(self, &rows.access_points), ..Effect::default() },
            2 => Effect { tenants_ended: end(self, &rows.tenants), ..Effect::default() },
            3 => Effect { collection_points_ended: end(self, &rows.collection_points), ..Effect::default() },
            4 => Effect { closings_opened: self.closing(rows).into_iter().collect(), ..Effect::default() },
            _ => Effect { rights_closed: end(self, &rows.rights), ..Effect::default() },
        }
    }

    fn closing(&mut self, rows: &Rows) -> Option<Closing> {
        let right = self.pick(&rows.rights)?;
        let valid = self.span();
        Some(Closing { joiner: Some(right.joiner), ..Closing::everything(Stage::ReadOnly, valid) })
    }
}

/// What is told, but for how many calls were asked: of everything, more are.
fn told(proof: Proof) -> Proof {
    Proof { asked: 0, ..proof }
}

on_both!(the_rows_that_are_reached_answer_as_all_do, random);

async fn random(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let mut made = Made { seeded: Seeded::new(20_261_127), now: app.now() };
    let tx = app.store.begin().await.unwrap();
    let entries = made.entries();
    registers::open(&tx, RegisterKind::Sote, &entries.iter().collect::<Vec<_>>(), app.now()).await.unwrap();
    tx.commit().await.unwrap();
    let (mut applied, mut contradicted, mut turned) = (0, 0, 0);
    for _ in 0..150 {
        let rows = directory::rows(app.store.read(), u64::MAX).await.unwrap();
        let effect = if made.below(3) == 0 { made.ended(&rows) } else { made.opened(&rows) };
        let few = proved(app, &effect, made.now).await.unwrap().map(told);
        let all = proved_on_all(app, &effect, made.now).await.unwrap().map(told);
        assert_eq!(few, all, "{effect:?}");
        assert_eq!(few.is_ok(), rows.after(&effect).is_ok());
        let Ok(proof) = few else {
            contradicted += 1;
            continue;
        };
        turned += usize::from(!proof.turned.is_empty());
        let tx = app.store.begin().await.unwrap();
        tx.lock(Lock::Directory).await.unwrap();
        let origin = directory::Origin { basis: Basis::Order(Order::ByHand), author: "a".into(), approver: "b".into() };
        directory::record(&tx, &effect, &effect.hash().unwrap(), &origin, app.now()).await.unwrap();
        tx.commit().await.unwrap();
        applied += 1;
    }
    // The run went through all of it.
    assert!(applied > 70 && contradicted > 10 && turned > 20, "{applied} {contradicted} {turned}");
}
