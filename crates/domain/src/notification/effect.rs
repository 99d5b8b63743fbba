//! What a notification changes in the directory from its day on.

use super::content::{Collected, Content};
use crate::application::steps::OwnPoint;
use crate::directory::{AccessPoint, CollectionPoint, Effect, Right, Row, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What it changes from a moment on, by the rows as they are known. `own`: whose rights and access points are whoever's that notifies. Nothing for what
/// the directory does not say, and for a termination, which is planned (`change::plan`). `arriving`: units that come to them then, each with whom it comes from.
#[must_use]
pub fn effect(content: &Content, (own, arriving): (&[Oid], &BTreeMap<Oid, Oid>), rows: &Rows, at: Moment) -> Effect {
    let mut wanted = Wanted { own, arriving, at, rows: rows.clone().open_at(at) };
    wanted.rights(content);
    wanted.points(content);
    wanted.collection_points(content);
    wanted.tenants(content);
    Effect::between(rows, &wanted.rows, at)
}

/// What the directory is to say from a moment on.
struct Wanted<'a> {
    own: &'a [Oid],
    arriving: &'a BTreeMap<Oid, Oid>,
    at: Moment,
    rows: Rows,
}

impl Wanted<'_> {
    /// What becomes of rights.
    fn rights(&mut self, content: &Content) {
        let (own, at) = (self.own, self.at);
        let ours = |right: &Right| own.contains(&right.joiner);
        let rights = &mut self.rows.rights;
        match content {
            Content::System { service, point, from, to } => {
                let same = |right: &Right| ours(right) && is(right, *service, point, from);
                otherwise(rights, at, same, |right| Right { system: to.clone(), ..right });
            }
            Content::Swap { from, to, service, .. } => {
                let same = |right: &Right| {
                    ours(right) && right.access_point == *from && service.is_none_or(|service| right.service == service)
                };
                otherwise(rights, at, same, |right| Right { access_point: to.clone(), ..right });
            }
            Content::Use { service, point, system, .. } => {
                // As it is used already, through one more point: a pharmacy's through its own, in each register that it is used in.
                let used = |right: &&Right| ours(right) && right.service == *service && right.unit.is_none();
                let used = rights.iter().filter(used).filter(|right| right.valid.contains(at));
                let its_own = own.contains(&point.administrator());
                let used = used.filter(|right| !its_own || right.joiner == point.administrator());
                let held: Vec<Right> = used.cloned().collect();
                held.into_iter().for_each(|held| add(rights, anew(held, (point, system), at)));
            }
            Content::EndUse { service, point, system } => {
                rights.retain(|right| !ours(right) || !is(right, *service, point, system));
            }
            Content::Reception { units, point, system, .. } => {
                // Where prescriptions are used, renewal requests may be received (guide 4.2.1).
                let uses =
                    |right: &&Right| ours(right) && right.service == Service::Prescription && right.valid.contains(at);
                let own_first = |right: &&Right| (Some(&right.joiner) != own.first(), right.organiser.is_some());
                let held = rights.iter().filter(uses).min_by_key(own_first).cloned();
                // What comes from another receives nowhere else from then on, if it receives here.
                let arriving = self.arriving;
                let given =
                    |unit: &Oid, by: &Oid| held.is_some() && units.contains(unit) && arriving.get(unit) == Some(by);
                rights.retain(|right| {
                    let unit = right.unit.as_ref().filter(|_| right.service == Service::RenewalReception);
                    !unit.is_some_and(|unit| given(unit, &right.joiner))
                });
                for (unit, held) in units.iter().filter_map(|unit| Some((unit, held.clone()?))) {
                    let right = anew(held, (point, system), at);
                    add(rights, Right { service: Service::RenewalReception, unit: Some(unit.clone()), ..right });
                }
            }
            Content::EndReception { units } => rights.retain(|right| {
                let unit = right.unit.as_ref().is_some_and(|unit| units.contains(unit));
                !ours(right) || right.service != Service::RenewalReception || !unit
            }),
            Content::Leave { service } => {
                // Without prescriptions nothing is received.
                let with = (*service == Service::Prescription).then_some(Service::RenewalReception);
                rights.retain(|right| !ours(right) || right.service != *service && Some(right.service) != with);
            }
            _ => {}
        }
    }

    /// What becomes of access points that they administer.
    fn points(&mut self, content: &Content) {
        let (own, at) = (self.own, self.at);
        let named =
            |held: &AccessPoint, point: &AccessPointOid| own.contains(&held.administrator) && held.oid == *point;
        // What is notified for a later day stays what it is.
        let begun = |held: &AccessPoint, point: &AccessPointOid| named(held, point) && held.valid.from <= at;
        let points = &mut self.rows.access_points;
        match content {
            Content::Point { point: OwnPoint { oid, country, links, certificates }, system } => {
                let administrator = oid.administrator();
                if own.contains(&administrator) {
                    points.push(AccessPoint {
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
                let then = |held| AccessPoint { country: country.clone(), links: links.clone(), ..held };
                otherwise(points, at, |held| begun(held, point), then);
            }
            Content::Certificates { point, certificates } => {
                let then = |held| AccessPoint { certificates: certificates.clone(), ..held };
                otherwise(points, at, |held| begun(held, point), then);
            }
            Content::PointSystem { point, system } => {
                let then = |held| AccessPoint { system: system.clone(), ..held };
                otherwise(points, at, |held| begun(held, point), then);
            }
            // Of a joiner it is planned as an organisational change, and comes about by that.
            Content::Termination { .. } => points.retain(|held| !own.contains(&held.administrator)),
            Content::RetirePoint { point } => {
                let before = points.len();
                points.retain(|held| !named(held, point));
                if points.len() < before {
                    let theirs = self.rows.collection_points.iter_mut();
                    for collected in theirs.filter(|row| own.contains(&row.administrator)) {
                        collected.access_points.retain(|held| held != point);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Wanted<'_> {
    /// What becomes of collection points that they administer.
    fn collection_points(&mut self, content: &Content) {
        let (own, at) = (self.own, self.at);
        let named = |held: &CollectionPoint, name: &str| own.contains(&held.administrator) && held.name == name;
        let points = &mut self.rows.collection_points;
        match content {
            Content::CollectionPoint { name, collected } => {
                points.extend(own.first().map(|administrator| collecting(administrator, name, collected, at)));
            }
            Content::Collection { name, collected } => {
                let begun = |held: &CollectionPoint| named(held, name) && held.valid.from <= at;
                otherwise(points, at, begun, |held| collecting(&held.administrator, name, collected, at));
            }
            Content::RetireCollection { name } => points.retain(|held| !named(held, name)),
            Content::Termination { .. } => points.retain(|held| !own.contains(&held.administrator)),
            _ => {}
        }
    }

    /// Who works by their joining.
    fn tenants(&mut self, content: &Content) {
        let (own, at) = (self.own, self.at);
        let rows = &mut self.rows.tenants;
        match content {
            Content::Tenants { tenants } => {
                let Some(host) = own.first() else { return };
                for tenant in tenants {
                    let (host, tenant) = (host.clone(), tenant.oid.clone());
                    add(rows, Tenant { host, tenant, valid: Interval::from(at) });
                }
            }
            Content::EndTenant { tenant } => rows.retain(|row| !own.contains(&row.host) || row.tenant != *tenant),
            _ => {}
        }
    }
}

/// A collection point from a moment on, with what runs through it, and from where.
fn collecting(administrator: &Oid, name: &str, collected: &Collected, at: Moment) -> CollectionPoint {
    CollectionPoint {
        administrator: administrator.clone(),
        name: name.to_owned(),
        country: collected.country.clone(),
        addresses: collected.addresses.clone(),
        access_points: collected.points.clone(),
        proxy_header: collected.proxy_header,
        valid: Interval::from(at),
    }
}

/// Whether a right is to a service through a point with a system.
fn is(right: &Right, service: Service, point: &AccessPointOid, system: &str) -> bool {
    right.service == service && right.access_point == *point && right.system == system
}

/// A right like another, through a point with a system from a moment on, for as long as the other.
fn anew(held: Right, (point, system): (&AccessPointOid, &str), at: Moment) -> Right {
    let (access_point, system) = (point.clone(), system.to_owned());
    let valid = Interval::new(at, held.valid.until);
    Right { access_point, system, valid, grandfathered: false, ..held }
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

/// Rights that go on when their access point, or the joining that they are of, does not: nothing would be permitted by them, and nobody told. Of those that a change
/// opens, or whose access point or joining it ends.
#[must_use]
pub fn stranded(changes: &Effect, after: &Rows) -> Vec<Right> {
    let points: BTreeSet<&AccessPointOid> = changes.access_points_ended.iter().map(|(row, _)| &row.oid).collect();
    let joiners: BTreeSet<&Oid> = changes.joiners_ended.iter().map(|(row, _)| &row.oid).collect();
    let opened: BTreeSet<&Right> = changes.rights_opened.iter().collect();
    let met = |right: &&Right| {
        points.contains(&right.access_point) || joiners.contains(&right.joiner) || opened.contains(right)
    };
    let moments = changes.moments();
    let from = moments.first().copied();
    // By what they are of: a change may open thousands of rights.
    let mut open: HashMap<&Oid, Vec<Interval>> = HashMap::new();
    after.access_points.iter().for_each(|row| open.entry(row.oid.oid()).or_default().push(row.valid));
    let mut joined: HashMap<&Oid, Vec<Interval>> = HashMap::new();
    after.joiners.iter().for_each(|row| joined.entry(&row.oid).or_default().push(row.valid));
    let stands = |right: &Right| {
        let of = Interval::new(from.map_or(right.valid.from, |from| right.valid.from.max(from)), right.valid.until);
        let within = |of_whom: &HashMap<&Oid, Vec<Interval>>, oid: &Oid| {
            covered(of, of_whom.get(oid).cloned().unwrap_or_default())
        };
        within(&open, right.access_point.oid()) && within(&joined, &right.joiner)
    };
    after.rights.iter().filter(met).filter(|right| !stands(right)).cloned().collect()
}

/// Whether somebody's tenants would be left with a host that they can do nothing by, and are not now: `(before, after)`.
#[must_use]
pub fn unhosted(own: &[Oid], (before, after): (&Rows, &Rows)) -> bool {
    let hosted = |rows: &Rows| {
        let joint = |right: &Right| own.contains(&right.joiner) && right.model == ConnectionModel::Joint;
        let goes_on = rows.rights.iter().any(|right| joint(right) && right.valid.until.is_none());
        goes_on || !rows.tenants.iter().any(|row| own.contains(&row.host) && row.valid.until.is_none())
    };
    hosted(before) && !hosted(after)
}

/// Whether an interval lies within some others, one after another.
fn covered(of: Interval, mut by: Vec<Interval>) -> bool {
    by.sort_unstable();
    let mut next = of.from;
    for one in by {
        if of.until.is_some_and(|until| until <= next) {
            return true;
        }
        if one.contains(next) {
            match one.until {
                Some(until) => next = until,
                None => return true,
            }
        }
    }
    of.until.is_some_and(|until| until <= next)
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
                    // Others may have parted it since.
                    let shortened = |held: &&mut _| {
                        Row::says_same(*held, row) && held.valid.until == Some(*at) && *at > now
                    };
                    let held = wanted.$rows.iter_mut().find(shortened)?;
                    held.valid.until = row.valid.until;
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
    // Until then everything is as it was.
    let from = effect.moments().first().copied().unwrap_or(now).max(now);
    Some(Effect::between(rows, &wanted, from)).filter(|back| !back.is_empty())
}
