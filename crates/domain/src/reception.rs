//! Which units a patient may send a renewal request to, and where the registers and the directory tell different things of one.

use crate::outbound::LAPSES_AFTER_DAYS;
use crate::register::{Entry, RegisterKind};
use crate::service_code::codes;
use crate::time::{Interval, Moment};

codes! {
    /// What is amiss with a unit that receives renewal requests, or says that it does.
    Amiss {
        /// It has a right to receive, and its entry in the registers bears no mark.
        Unmarked = "unmarked",
        /// Its entry bears the mark, and it has no right to receive.
        Unconnected = "unconnected",
        /// It ends before a request to it would lapse, and its entry bears the mark still (domain.md section 10).
        EndsMarked = "ends-marked",
        /// Its entry has no complete address.
        NoAddress = "no-address",
        /// Its entry has no telephone number.
        NoPhone = "no-phone",
    }
}

/// What is amiss with a unit. `entry`: the unit's, or the professional's own, with the register that it stands in; `rights`: when it may receive, by each right of whoever's it is.
///
/// A unit that neither receives nor says so has nothing amiss, and one that ends soon is right to bear no mark any more. A professional's own entry has neither
/// address nor telephone number, and needs none (assumed).
#[must_use]
pub fn amiss(entry: Option<&(RegisterKind, Entry)>, rights: &[Interval], now: Moment) -> Vec<Amiss> {
    let then = now.plus_days(LAPSES_AFTER_DAYS);
    let marked = entry.filter(|(_, entry)| entry.valid.contains(now) && entry.renewal_mark());
    let receives = rights.iter().any(|right| right.contains(now));
    let lasts = rights.iter().any(|right| right.contains(then));
    let Some((register, entry)) = marked else {
        let ends = !lasts || entry.is_some_and(|(_, entry)| entry.valid.contains(now) && !entry.valid.contains(then));
        return if receives && !ends { vec![Amiss::Unmarked] } else { Vec::new() };
    };
    if !receives {
        return vec![Amiss::Unconnected];
    }
    let mut found = Vec::new();
    if !lasts || !entry.valid.contains(then) {
        found.push(Amiss::EndsMarked);
    }
    let unit = *register != RegisterKind::Professionals;
    if unit && !entry.complete_address() {
        found.push(Amiss::NoAddress);
    }
    if unit && entry.telephone().is_none() {
        found.push(Amiss::NoPhone);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const NOW: Moment = Moment::from_micros(1_800_000_000_000_000);

    fn entry(without: &str, until: Option<Moment>) -> (RegisterKind, Entry) {
        let fields = [
            ("Uusimispyyntöjen vastaanotto", "T"),
            ("officestreetaddress", "Esimerkkikatu 1"),
            ("postnumber", "00100"),
            ("postoffice", "Helsinki"),
            ("officetelephone", "0401234567"),
        ];
        let kept = fields.iter().filter(|(name, _)| *name != without);
        let fields: BTreeMap<_, _> = kept.map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let valid = Interval::new(NOW.plus_days(-100), until);
        let (id, name) = ("1.2.246.10.99999036.10.1".to_owned(), "Lepola".to_owned());
        (RegisterKind::Sote, Entry { id, name, valid, parent: None, business_id: None, fields })
    }

    fn right(from: i64, until: Option<i64>) -> Interval {
        Interval::new(NOW.plus_days(from), until.map(|days| NOW.plus_days(days)))
    }

    #[test]
    fn mark_right_and_entry_tell_the_same() {
        use Amiss::{EndsMarked, NoAddress, NoPhone, Unconnected, Unmarked};
        let mark = "Uusimispyyntöjen vastaanotto";
        let for_ever = [right(-10, None)];
        let cases: [(Option<(RegisterKind, Entry)>, &[Interval], &[Amiss]); 14] = [
            (Some(entry("", None)), &for_ever, &[]),
            (Some(entry(mark, None)), &for_ever, &[Unmarked]),
            (None, &for_ever, &[Unmarked]),
            (Some(entry("", Some(NOW))), &for_ever, &[Unmarked]),
            (Some(entry("", None)), &[], &[Unconnected]),
            (Some(entry("", None)), &[right(3, None)], &[Unconnected]),
            (Some(entry(mark, None)), &[], &[]),
            (None, &[], &[]),
            // Eight days: a request that comes now lapses then.
            (Some(entry("", None)), &[right(-10, Some(8))], &[EndsMarked]),
            (Some(entry("", None)), &[right(-10, Some(9))], &[]),
            (Some(entry("", None)), &[right(-10, Some(3)), right(3, None)], &[]),
            (Some(entry("", Some(NOW.plus_days(8)))), &for_ever, &[EndsMarked]),
            (Some(entry(mark, Some(NOW.plus_days(8)))), &for_ever, &[]),
            (Some(entry(mark, None)), &[right(-10, Some(8))], &[]),
        ];
        for (at, (entry, rights, told)) in cases.iter().enumerate() {
            assert_eq!(amiss(entry.as_ref(), rights, NOW), *told, "case {at}");
        }
        for (without, told) in [("postoffice", NoAddress), ("officetelephone", NoPhone)] {
            let (_, entry) = entry(without, None);
            assert_eq!(amiss(Some(&(RegisterKind::Professionals, entry.clone())), &for_ever, NOW), [], "{without}");
            assert_eq!(amiss(Some(&(RegisterKind::Sote, entry)), &for_ever, NOW), [told], "{without}");
        }
    }
}
