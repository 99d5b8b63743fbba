//! What a notification changes in the directory from its day on.

use super::content::Content;
use crate::application::steps::OwnPoint;
use crate::directory::{AccessPoint, Effect, Right, Row, Rows};
use crate::identifier::Oid;
use crate::service_code::Service;
use crate::time::{Interval, Moment};

/// What it changes from a moment on, by the rows as they are known. `own`: whose rights and access points are whoever's that notifies. Nothing for what
/// the directory does not say, and for a termination, which is planned (`change::plan`).
#[must_use]
pub fn effect(content: &Content, own: &[Oid], rows: &Rows, at: Moment) -> Effect {
    let mut wanted = rows.clone().open_at(at);
    let ours = |right: &Right| own.contains(&right.joiner);
    let administered = |point: &AccessPoint| own.contains(&point.administrator);
    match content {
        Content::System { service, point, from, to } => {
            let same = |right: &Right| {
                ours(right) && right.service == *service && right.access_point == *point && right.system == *from
            };
            otherwise(&mut wanted.rights, at, same, |right| Right { system: to.clone(), ..right });
        }
        Content::Swap { from, to, service, .. } => {
            let same = |right: &Right| {
                ours(right) && right.access_point == *from && service.is_none_or(|service| right.service == service)
            };
            otherwise(&mut wanted.rights, at, same, |right| Right { access_point: to.clone(), ..right });
        }
        Content::Use { service, point, system, .. } => {
            // As it is used already, through one more point: a pharmacy's through its own.
            let used = wanted.rights.iter().filter(|right| ours(right) && right.service == *service);
            let used = used.filter(|right| right.unit.is_none() && right.valid.contains(at));
            let mut held: Vec<&Right> = used.collect();
            held.sort_by_key(|right| right.joiner != point.administrator());
            if let Some(held) = held.first() {
                let (access_point, system, valid) = (point.clone(), system.clone(), Interval::from(at));
                let right = Right { access_point, system, valid, grandfathered: false, ..(*held).clone() };
                add(&mut wanted.rights, right);
            }
        }
        Content::EndUse { service, point, system } => {
            let ends = |right: &Right| {
                ours(right) && right.service == *service && right.access_point == *point && right.system == *system
            };
            wanted.rights.retain(|right| !ends(right));
        }
        Content::Reception { units, point, system } => {
            // Where prescriptions are used, renewal requests may be received (guide 4.2.1).
            let uses =
                |right: &&Right| ours(right) && right.service == Service::Prescription && right.valid.contains(at);
            let held = wanted.rights.iter().find(uses).cloned();
            for (unit, held) in units.iter().filter_map(|unit| Some((unit, held.clone()?))) {
                let right = Right {
                    service: Service::RenewalReception,
                    access_point: point.clone(),
                    system: system.clone(),
                    unit: Some(unit.clone()),
                    grandfathered: false,
                    valid: Interval::from(at),
                    ..held
                };
                add(&mut wanted.rights, right);
            }
        }
        Content::EndReception { units } => {
            let ends = |right: &Right| {
                let unit = right.unit.as_ref().is_some_and(|unit| units.contains(unit));
                ours(right) && right.service == Service::RenewalReception && unit
            };
            wanted.rights.retain(|right| !ends(right));
        }
        Content::Leave { service } => {
            // Without prescriptions nothing is received.
            let with = (*service == Service::Prescription).then_some(Service::RenewalReception);
            let ends = |right: &Right| ours(right) && (right.service == *service || Some(right.service) == with);
            wanted.rights.retain(|right| !ends(right));
        }
        Content::Point { point: OwnPoint { oid, country, links, certificates }, system } => {
            let administrator = oid.administrator();
            if own.contains(&administrator) {
                wanted.access_points.push(AccessPoint {
                    oid: oid.clone(),
                    administrator,
                    system: system.clone(),
                    country: country.clone(),
                    links: links.clone(),
                    certificates: certificates.clone(),
                    valid: Interval::from(at),
                });
            }
        }
        Content::Link { point, country, links } => {
            otherwise(
                &mut wanted.access_points,
                at,
                |held| administered(held) && held.oid == *point,
                |held| AccessPoint { country: country.clone(), links: links.clone(), ..held },
            );
        }
        Content::Certificates { point, certificates } => {
            otherwise(
                &mut wanted.access_points,
                at,
                |held| administered(held) && held.oid == *point,
                |held| AccessPoint { certificates: certificates.clone(), ..held },
            );
        }
        Content::RetirePoint { point } => {
            let before = wanted.access_points.len();
            wanted.access_points.retain(|held| !administered(held) || held.oid != *point);
            if wanted.access_points.len() < before {
                for collected in &mut wanted.collection_points {
                    collected.access_points.retain(|held| held != point);
                }
            }
        }
        Content::Controller { .. } | Content::Intermediary { .. } | Content::Termination { .. } => {}
    }
    Effect::between(rows, &wanted, at)
}

/// Makes some rows say something else from a moment on.
fn otherwise<R: Row>(rows: &mut Vec<R>, at: Moment, which: impl Fn(&R) -> bool, then: impl Fn(R) -> R) {
    let (changed, mut others): (Vec<R>, Vec<R>) = rows.drain(..).partition(which);
    for row in changed {
        let from = row.valid().from.max(at);
        let until = row.valid().until;
        add(&mut others, then(row).during(Interval::new(from, until)));
    }
    *rows = others;
}

/// Adds a row; what is there already at the same time stays as long as either.
fn add<R: Row>(rows: &mut Vec<R>, row: R) {
    match rows.iter_mut().find(|held| held.same_key(&row) && held.valid().overlaps(&row.valid())) {
        Some(held) => {
            let (one, other) = (held.valid(), row.valid());
            let until = one.until.zip(other.until).map(|(one, other)| one.max(other));
            *held = held.during(Interval::new(one.from.min(other.from), until));
        }
        None => rows.push(row),
    }
}

/// The change that takes an effect back before its day, if nothing of what it changed has changed since: what it opened never begins, and what it ended goes on
/// as before.
#[must_use]
pub fn undone(effect: &Effect, rows: &Rows, now: Moment) -> Option<Effect> {
    let mut wanted = rows.clone();
    macro_rules! back {
        ($($rows:ident, $opened:ident, $ended:ident;)+) => {
            $(
                for row in &effect.$opened {
                    let n = wanted.$rows.iter().position(|held| held == row && row.valid.from > now)?;
                    wanted.$rows.remove(n);
                }
                for (row, at) in &effect.$ended {
                    let shortened = row.during(Interval::new(row.valid.from, Some(*at)));
                    let held = wanted.$rows.iter_mut().find(|held| **held == shortened && *at > now)?;
                    *held = row.clone();
                }
            )+
        };
    }
    back! {
        joiners, joiners_opened, joiners_ended;
        access_points, access_points_opened, access_points_ended;
        rights, rights_opened, rights_closed;
        tenants, tenants_opened, tenants_ended;
        collection_points, collection_points_opened, collection_points_ended;
        closings, closings_opened, closings_ended;
    }
    Some(Effect::between(rows, &wanted, now)).filter(|back| !back.is_empty())
}
