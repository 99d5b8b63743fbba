//! What a change does is what the plain decision over everything says it does.

use super::*;
use crate::directory::Request;
use crate::directory::reference;
use crate::directory::reference::made_up::{Seeded, small};
use crate::directory::{Rows, Stage};
use proptest::prelude::*;

/// A directory in which nothing overlaps, from a made-up one.
fn rows(content: &SnapshotContent) -> Rows {
    let mut rows = Rows::default();
    let mut add = |effect: Effect| {
        if let Ok(next) = rows.after(&effect) {
            rows = next;
        }
    };
    for row in content.joiners.iter().cloned() {
        add(Effect { joiners_opened: vec![row], ..Effect::default() });
    }
    for row in content.access_points.iter().cloned() {
        add(Effect { access_points_opened: vec![row], ..Effect::default() });
    }
    for row in content.rights.iter().cloned() {
        add(Effect { rights_opened: vec![row], ..Effect::default() });
    }
    for row in content.tenants.iter().cloned() {
        add(Effect { tenants_opened: vec![row], ..Effect::default() });
    }
    rows
}

fn with(content: &SnapshotContent, rows: &Rows) -> SnapshotContent {
    let rows = rows.clone();
    SnapshotContent {
        expires_at: Moment::from_micros(i64::MAX),
        joiners: rows.joiners,
        access_points: rows.access_points,
        rights: rows.rights,
        tenants: rows.tenants,
        closings: rows.closings,
        ..content.clone()
    }
}

/// One change of one row, picked by number.
fn change(rows: &Rows, kind: u64, number: usize, at: Moment) -> Option<Effect> {
    fn pick<R: Clone>(rows: &[R], number: usize) -> Option<R> {
        rows.get(number % rows.len().max(1)).cloned()
    }
    Some(match kind % 5 {
        0 => Effect { joiners_ended: vec![(pick(&rows.joiners, number)?, at)], ..Effect::default() },
        1 => Effect { access_points_ended: vec![(pick(&rows.access_points, number)?, at)], ..Effect::default() },
        2 => Effect { rights_closed: vec![(pick(&rows.rights, number)?, at)], ..Effect::default() },
        3 => Effect { tenants_ended: vec![(pick(&rows.tenants, number)?, at)], ..Effect::default() },
        _ => {
            let right = pick(&rows.rights, number)?;
            let closing = Closing {
                joiner: number.is_multiple_of(2).then_some(right.joiner),
                service: number.is_multiple_of(3).then_some(right.service),
                system: number.is_multiple_of(5).then_some(right.system),
                access_point: number.is_multiple_of(7).then_some(right.access_point),
                stage: if number.is_multiple_of(4) { Stage::ReadOnly } else { Stage::Closed },
                reason: String::new(),
                valid: Interval::new(at, Some(at.plus_seconds(20))),
            };
            Effect { closings_opened: vec![closing], ..Effect::default() }
        }
    })
}

/// Whose an organisation is at a moment, told plainly.
fn whose<'c>(content: &'c SnapshotContent, named: &Oid, at: Moment) -> Option<&'c Oid> {
    let in_force = |oid: &Oid| content.joiners.iter().find(|row| row.oid == *oid && row.valid.contains(at));
    let units = content.units.iter().filter(|unit| unit.oid == *named && unit.valid.contains(at));
    let row = in_force(named).or_else(|| units.into_iter().find_map(|unit| in_force(&unit.joiner)));
    row.map(|row| &row.oid)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    /// Whoever's answer turns at any second, by the plain decision over everything, is found; and nobody else.
    #[test]
    fn whoever_is_touched_is_found(seed in any::<u64>(), kind in 0u64..5, number in 0usize..1000, second in 0i64..110) {
        let mut seeded = Seeded::new(seed);
        let content = small(&mut seeded);
        let held = rows(&content);
        let at = Moment::from_seconds(second);
        let Some(effect) = change(&held, kind, number, at) else { return Ok(()) };
        let Ok(then) = held.after(&effect) else { return Ok(()) };
        let (before, after) = (with(&content, &held), with(&content, &then));
        let proof = prove(&before, &after, &effect, Moment::from_seconds(0)).unwrap();
        let mut touched: BTreeSet<Oid> = BTreeSet::new();
        for right in before.rights.iter().chain(&after.rights) {
            let units = before.units.iter().filter(|unit| unit.joiner == right.joiner).map(|unit| &unit.oid);
            let tenants = before.tenants.iter().map(|row| Some(&row.tenant)).chain([None]);
            let named = units.chain([&right.joiner]).flat_map(|named| tenants.clone().map(move |tenant| (named, tenant)));
            let systems = [Some(right.system.as_str()), None];
            let ways = Operation::ALL.iter().flat_map(|operation| systems.map(|system| (*operation, system)));
            for ((named, tenant), (operation, system)) in named.flat_map(|call| ways.clone().map(move |way| (call, way))) {
                let request = Request {
                    access_point: &right.access_point, certificate: None, source: None, service: right.service,
                    operation, joiner: named, unit: right.unit.as_ref(), tenant,
                    system, organiser: right.organiser.as_ref().into(),
                };
                let differs = |second| {
                    let at = Moment::from_seconds(second);
                    let its_own = |content: &SnapshotContent| whose(content, named, at) == Some(&right.joiner);
                    (*named == right.joiner || its_own(&before) || its_own(&after))
                        && reference::decide(&before, &request, at) != reference::decide(&after, &request, at)
                };
                if (0..140).any(differs) {
                    touched.insert(right.joiner.clone());
                }
            }
        }
        prop_assert_eq!(proof.joiners.keys().cloned().collect::<BTreeSet<_>>(), touched);
    }
}
