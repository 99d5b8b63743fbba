//! Which of those who are moved together fit on the directory as it is.

use super::effect::together;
use crate::directory::{Collecting, Effect, Rows};
use crate::identifier::{AccessPointOid, Oid};
use crate::notification::stranded;
use crate::time::Moment;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Which of some effects stand on the directory together: they fit, leave no right without its access point or joining, and give no access point the address of a collection point
/// that it is not behind. `at`: when they are entered.
#[must_use]
pub fn standing(rows: &Rows, effects: &[Effect], at: Moment) -> Vec<bool> {
    // Most often all of them do.
    let mut stands = vec![true; effects.len()];
    let mut all = together(effects.iter());
    let after = rows.after(&all).or_else(|_| {
        stands = fitting(rows, effects);
        all = together(effects.iter().zip(&stands).filter(|(_, stands)| **stands).map(|(effect, _)| effect));
        rows.after(&all)
    });
    let Ok(after) = after else { return vec![false; effects.len()] };
    let without: BTreeSet<Oid> = stranded(&all, &after).into_iter().map(|right| right.joiner).collect();
    let collecting = Collecting::of(&rows.collection_points, at);
    for (stands, effect) in stands.iter_mut().zip(effects) {
        *stands &= effect.rights_opened.iter().all(|right| !without.contains(&right.joiner));
        *stands &= taken(effect, &collecting).is_empty();
    }
    stands
}

/// The addresses that access points get by an effect and that are those of a collection point which they are not behind; what one has already is no matter of the effect.
pub(super) fn taken<'e>(effect: &'e Effect, collecting: &Collecting<'_>) -> BTreeSet<(IpAddr, &'e AccessPointOid)> {
    let before = |oid: &AccessPointOid, address: IpAddr| {
        let mut held = effect.access_points_ended.iter().filter(|(row, _)| row.oid == *oid);
        held.any(|(row, _)| row.links.iter().any(|link| link.addresses.contains(&address)))
    };
    let opened = effect.access_points_opened.iter();
    let got = opened.flat_map(|row| collecting.taken(&row.oid, &row.links).map(move |address| (address, &row.oid)));
    got.filter(|(address, oid)| !before(oid, *address)).collect()
}

/// Which of some effects fit on the directory together: those that would contradict it, or one before them, are left out.
#[must_use]
pub fn fitting(rows: &Rows, effects: &[Effect]) -> Vec<bool> {
    let mut fits = vec![false; effects.len()];
    fit(rows, effects, 0..effects.len(), &mut fits);
    fits
}

/// Tries a part whole, and its halves where that does not fit: one that does not is found in few tries.
fn fit(rows: &Rows, effects: &[Effect], part: std::ops::Range<usize>, fits: &mut [bool]) {
    if part.is_empty() {
        return;
    }
    let with = |nth: &usize| part.contains(nth) || fits.get(*nth) == Some(&true);
    let tried = together((0..effects.len()).filter(with).filter_map(|nth| effects.get(nth)));
    if rows.after(&tried).is_ok() {
        fits.iter_mut().take(part.end).skip(part.start).for_each(|fits| *fits = true);
    } else if part.len() > 1 {
        let middle = part.start.midpoint(part.end);
        fit(rows, effects, part.start..middle, fits);
        fit(rows, effects, middle..part.end, fits);
    }
}
