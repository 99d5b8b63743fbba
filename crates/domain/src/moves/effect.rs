//! What a move changes in the directory for each who is moved, and the way back.

use super::content::{New, NewLink, Target, What};
use crate::Sha256Hash;
use crate::directory::{AccessPoint, Effect, Link, LinkRole, Network, Right, Row, Rows};
use crate::identifier::Oid;
use crate::service_code::Service;
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, HashMap};

/// The directory's rows, found by whose they are.
pub struct Parted<'r> {
    rights: HashMap<&'r Oid, Vec<&'r Right>>,
    points: HashMap<&'r Oid, Vec<&'r AccessPoint>>,
    administered: HashMap<&'r Oid, Vec<&'r AccessPoint>>,
}

impl<'r> Parted<'r> {
    /// Parts some rows.
    #[must_use]
    pub fn of(rows: &'r Rows) -> Self {
        let mut parted = Self { rights: HashMap::new(), points: HashMap::new(), administered: HashMap::new() };
        for right in &rows.rights {
            parted.rights.entry(&right.joiner).or_default().push(right);
        }
        for point in &rows.access_points {
            parted.points.entry(point.oid.oid()).or_default().push(point);
            parted.administered.entry(&point.administrator).or_default().push(point);
        }
        parted
    }

    fn rights(&self, joiner: &Oid) -> impl Iterator<Item = &'r Right> {
        self.rights.get(joiner).into_iter().flatten().copied()
    }

    /// The rows that an effect on one who is moved may touch.
    fn around(&self, effect: &Effect) -> Rows {
        let rights = effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|(right, _)| right));
        let points =
            effect.access_points_opened.iter().chain(effect.access_points_ended.iter().map(|(point, _)| point));
        let joiners: std::collections::BTreeSet<&Oid> = rights.map(|right| &right.joiner).collect();
        let points: std::collections::BTreeSet<&Oid> = points.map(|point| point.oid.oid()).collect();
        let points = points.into_iter().filter_map(|point| self.points.get(point)).flatten();
        Rows {
            rights: joiners.into_iter().flat_map(|joiner| self.rights(joiner)).cloned().collect(),
            access_points: points.map(|point| (*point).clone()).collect(),
            ..Rows::default()
        }
    }
}

/// What is otherwise for one who is moved at a second; nothing where the directory does not have what is moved. For `overlap` seconds the way of before stays open
/// beside the new one: not for what a unit receives, which is brought to one place, nor for a permanent link, of which there is one.
#[must_use]
pub fn moved(what: &What, target: &Target, (at, overlap): (Moment, i64), parted: &Parted<'_>) -> Effect {
    let mut effect = Effect::default();
    let until = at.plus_seconds(overlap);
    match what {
        What::Point { from, to, service, system } => {
            let which = |right: &Right| right.access_point == *from && service.is_none_or(|one| right.service == one);
            let then = |right: &Right| Right {
                access_point: to.clone(),
                system: system.clone().unwrap_or_else(|| right.system.clone()),
                ..right.clone()
            };
            rights(&mut effect, (parted, &target.subject), (at, until), which, then);
        }
        What::System { from, to, service } => {
            let which = |right: &Right| right.system == *from && service.is_none_or(|one| right.service == one);
            let then = |right: &Right| Right { system: to.clone(), ..right.clone() };
            rights(&mut effect, (parted, &target.subject), (at, until), which, then);
            let own = parted.administered.get(&target.subject).into_iter().flatten();
            for point in own.filter(|point| point.system == *from && service.is_none()) {
                points(&mut effect, point, (at, at), |_| AccessPoint { system: to.clone(), ..(*point).clone() });
            }
        }
        What::Address | What::Certificates => {
            for point in parted.points.get(&target.subject).into_iter().flatten() {
                points(&mut effect, point, (at, until), |beside| renewed(point, &target.new, beside));
            }
        }
    }
    effect
}

/// An access point as it is then; `beside`: with what it has now, too.
fn renewed(point: &AccessPoint, new: &New, beside: bool) -> AccessPoint {
    match new {
        New::Same => point.clone(),
        New::Address(..) | New::Links(_) => {
            let links = new.links().into_iter();
            let links = links.fold(point.links.clone(), |held, (role, then)| linked(&held, (role, then), beside));
            AccessPoint { links, ..point.clone() }
        }
        // Without a list any will do: so will the old ones.
        New::Certificates(new) => {
            let both = beside && !new.is_empty() && !point.certificates.is_empty();
            let any = beside && point.certificates.is_empty();
            let old = point.certificates.iter().filter(|held| both && !new.contains(held));
            let all = new.iter().filter(|_| !any).chain(old).copied().collect();
            AccessPoint { certificates: all, ..point.clone() }
        }
    }
}

/// Links with that of a role as it is then; `beside`: with the addresses that it has now, too, over another network as a link of its own.
fn linked(links: &[Link], (role, then): (LinkRole, Option<NewLink>), beside: bool) -> Vec<Link> {
    let Some(new) = then else {
        return links.iter().filter(|link| beside || link.role != role).cloned().collect();
    };
    let mut all = Vec::with_capacity(links.len() + 1);
    for link in links {
        if link.role != role {
            all.push(link.clone());
            continue;
        }
        let network = new.network.unwrap_or(link.network);
        let parts = network != link.network;
        let mut addresses = new.addresses.clone();
        addresses.extend(link.addresses.iter().filter(|held| beside && !parts && !new.addresses.contains(held)));
        all.push(Link { network, dns_name: new.name.clone(), addresses, ..link.clone() });
        if beside && parts {
            all.push(link.clone());
        }
    }
    if !links.iter().any(|link| link.role == role) {
        let primary = links.iter().find(|link| link.role == LinkRole::Primary);
        let network = new.network.or_else(|| primary.map(|link| link.network)).unwrap_or(Network::Private);
        all.push(Link { network, role, dns_name: new.name, addresses: new.addresses, halls: Vec::new() });
    }
    all
}

/// Some rights of a joiner are otherwise from a moment on.
fn rights(
    effect: &mut Effect,
    (parted, joiner): (&Parted<'_>, &Oid),
    (at, until): (Moment, Moment),
    which: impl Fn(&Right) -> bool,
    then: impl Fn(&Right) -> Right,
) {
    let stands =
        |right: &&Right| right.valid.holds_after(at) && right.valid.until.is_none_or(|until| right.valid.from < until);
    for right in parted.rights(joiner).filter(|right| which(right)).filter(stands) {
        let next = then(right);
        if next == *right {
            continue;
        }
        let alone = right.service == Service::RenewalReception || right.grandfathered;
        let ends = if alone { at } else { until }.max(right.valid.from);
        if right.valid.until.is_none_or(|until| ends < until) {
            effect.rights_closed.push((right.clone(), ends));
        }
        let wanted = Interval::new(right.valid.from.max(at), right.valid.until);
        let held = parted.rights(joiner).filter(|held| held.same_key(&next)).map(|held| held.valid);
        effect.rights_opened.extend(uncovered(wanted, held.collect()).into_iter().map(|valid| next.during(valid)));
    }
}

/// An access point is otherwise from a moment on; beside what it is until another.
fn points(effect: &mut Effect, point: &AccessPoint, (at, until): (Moment, Moment), then: impl Fn(bool) -> AccessPoint) {
    let valid = point.valid;
    if !valid.holds_after(at) || valid.until.is_some_and(|until| until <= valid.from) || then(false) == *point {
        return;
    }
    let from = valid.from.max(at);
    effect.access_points_ended.push((point.clone(), from));
    let parts = until.max(from).min(valid.until.unwrap_or(until.max(from)));
    let (beside, alone) = (then(true), then(false));
    if from < parts && beside != alone {
        effect.access_points_opened.push(beside.during(Interval::new(from, Some(parts))));
        if valid.until.is_none_or(|until| parts < until) {
            effect.access_points_opened.push(alone.during(Interval::new(parts, valid.until)));
        }
    } else {
        effect.access_points_opened.push(alone.during(Interval::new(from, valid.until)));
    }
}

/// What of an interval lies in none of some others.
fn uncovered(wanted: Interval, mut by: Vec<Interval>) -> Vec<Interval> {
    by.retain(|one| one.until.is_none_or(|until| one.from < until));
    by.sort_unstable();
    let (mut left, mut from) = (Vec::new(), wanted.from);
    for one in by {
        let begins = one.from;
        if one.until.is_some_and(|until| until <= from) || wanted.until.is_some_and(|until| until <= begins) {
            continue;
        }
        if from < begins {
            left.push(Interval::new(from, Some(begins)));
        }
        match one.until {
            Some(until) => from = from.max(until),
            None => return left,
        }
    }
    if wanted.until.is_none_or(|until| from < until) {
        left.push(Interval::new(from, wanted.until));
    }
    left
}

/// What an effect is apart from when it is: what it ends, and what that becomes. An approval is bound to it, so that the same can be done at another time.
///
/// # Errors
/// Never for values built by this crate; the error is that of the JSON writer.
pub fn shape(effect: &Effect) -> Result<Sha256Hash, serde_json::Error> {
    let always = Interval::from(Moment::from_seconds(0));
    let mut rights: Vec<Right> = effect.rights_opened.iter().map(|right| right.during(always)).collect();
    let mut points: Vec<AccessPoint> = effect.access_points_opened.iter().map(|point| point.during(always)).collect();
    rights.sort();
    rights.dedup();
    points.sort();
    points.dedup();
    let ended: Vec<&Right> = effect.rights_closed.iter().map(|(right, _)| right).collect();
    let before: Vec<&AccessPoint> = effect.access_points_ended.iter().map(|(point, _)| point).collect();
    Sha256Hash::of_canonical(&(ended, before, rights, points))
}

/// The change by which one who was moved is from now on as it was before; nothing where something of it has changed since.
#[must_use]
pub fn back(effect: &Effect, parted: &Parted<'_>, now: Moment) -> Option<Effect> {
    let held = parted.around(effect);
    let mut wanted = held.clone();
    macro_rules! back {
        ($($rows:ident, $opened:ident, $ended:ident;)+) => {
            $(
                for row in &effect.$opened {
                    let nth = wanted.$rows.iter().position(|held| held == row)?;
                    if row.valid.from > now {
                        wanted.$rows.remove(nth);
                    } else if let Some(held) = wanted.$rows.get_mut(nth).filter(|held| held.valid.holds_after(now)) {
                        held.valid.until = Some(now);
                    }
                }
                for (row, at) in &effect.$ended {
                    let shortened = row.during(Interval::new(row.valid.from, Some(*at)));
                    let nth = wanted.$rows.iter().position(|held| *held == shortened)?;
                    if *at > now {
                        let held = wanted.$rows.get_mut(nth)?;
                        held.valid.until = row.valid.until;
                    } else if row.valid.until.is_none_or(|until| now < until) {
                        wanted.$rows.push(row.during(Interval::new(now.max(row.valid.from), row.valid.until)));
                    }
                }
            )+
        };
    }
    back! {
        rights, rights_opened, rights_closed;
        access_points, access_points_opened, access_points_ended;
    }
    Some(Effect::between(&held, &wanted, now))
}

/// Effects on several as one.
#[must_use]
pub fn together<'e>(effects: impl Iterator<Item = &'e Effect>) -> Effect {
    let mut all = Effect::default();
    for effect in effects {
        all.rights_opened.extend(effect.rights_opened.iter().cloned());
        all.rights_closed.extend(effect.rights_closed.iter().cloned());
        all.access_points_opened.extend(effect.access_points_opened.iter().cloned());
        all.access_points_ended.extend(effect.access_points_ended.iter().cloned());
    }
    all
}

impl Effect {
    /// The same for each whom it moves: rights by joiner; access points by themselves where they are among the subjects, else by who administers them.
    #[must_use]
    pub fn parted(&self, points: bool) -> BTreeMap<Oid, Self> {
        let mut parted: BTreeMap<Oid, Self> = BTreeMap::new();
        let whose = |point: &AccessPoint| if points { point.oid.oid().clone() } else { point.administrator.clone() };
        for right in &self.rights_opened {
            parted.entry(right.joiner.clone()).or_default().rights_opened.push(right.clone());
        }
        for (right, at) in &self.rights_closed {
            parted.entry(right.joiner.clone()).or_default().rights_closed.push((right.clone(), *at));
        }
        for point in &self.access_points_opened {
            parted.entry(whose(point)).or_default().access_points_opened.push(point.clone());
        }
        for (point, at) in &self.access_points_ended {
            parted.entry(whose(point)).or_default().access_points_ended.push((point.clone(), *at));
        }
        parted
    }
}
