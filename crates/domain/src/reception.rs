//! Which units a patient may send a renewal request to, and where the registers and the directory tell different things of one.

use crate::identifier::Oid;
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

/// What the rights to receive say of a unit at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Nobody has one.
    No,
    /// Somebody has one whose unit it is not: it opens nothing (L-218).
    AnothersRight,
    /// It receives.
    Yes,
}

/// What the rights say at a moment. `rights`: whose each is and when it is valid; `owner`: whose unit it is then.
#[must_use]
pub fn may<'a>(rights: impl IntoIterator<Item = (&'a Oid, Interval)>, owner: Option<&Oid>, at: Moment) -> May {
    let in_force = rights.into_iter().filter(|(_, valid)| valid.contains(at));
    in_force.fold(May::No, |may, (joiner, _)| match may {
        May::Yes => May::Yes,
        _ if owner == Some(joiner) => May::Yes,
        _ => May::AnothersRight,
    })
}

/// What is amiss with a unit. `entry`: the unit's, or the professional's own, with the register that it stands in; `then`: what the rights say when a request that
/// comes now would lapse.
///
/// A unit that neither receives nor says so has nothing amiss, and one that ends soon is right to bear no mark any more. A professional's own entry has neither
/// address nor telephone number, and needs none (assumed).
#[must_use]
pub fn amiss(entry: Option<&(RegisterKind, Entry)>, [now, then]: [May; 2], at: Moment) -> Vec<Amiss> {
    let lapses = at.plus_days(LAPSES_AFTER_DAYS);
    let marked = entry.filter(|(_, entry)| entry.valid.contains(at) && entry.renewal_mark());
    let Some((register, entry)) = marked else {
        let ends = then == May::No
            || entry.is_some_and(|(_, entry)| entry.valid.contains(at) && !entry.valid.contains(lapses));
        return if now != May::No && !ends { vec![Amiss::Unmarked] } else { Vec::new() };
    };
    if now != May::Yes {
        return vec![Amiss::Unconnected];
    }
    let mut found = Vec::new();
    if then != May::Yes || !entry.valid.contains(lapses) {
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

    #[test]
    fn only_whose_unit_it_is_receives_for_it() {
        let [own, other] = ["1.2.246.10.99999036.10.0", "1.2.246.10.99999028.10.0"].map(|oid| Oid::parse(oid).unwrap());
        let valid = Interval::new(NOW, Some(NOW.plus_days(8)));
        let of = |rights: &[&Oid], at| may(rights.iter().map(|joiner| (*joiner, valid)), Some(&own), at);
        assert_eq!(of(&[], NOW), May::No);
        assert_eq!(of(&[&other], NOW), May::AnothersRight);
        assert_eq!(of(&[&other, &own, &other], NOW), May::Yes);
        assert_eq!(of(&[&own], NOW.plus_days(8)), May::No);
        assert_eq!(may([(&own, valid)], None, NOW), May::AnothersRight);
    }

    #[test]
    fn mark_right_and_entry_tell_the_same() {
        use Amiss::{EndsMarked, NoAddress, NoPhone, Unconnected, Unmarked};
        use May::{AnothersRight, No, Yes};
        let mark = "Uusimispyyntöjen vastaanotto";
        type Case = (Option<(RegisterKind, Entry)>, [May; 2], &'static [Amiss]);
        let cases: [Case; 15] = [
            (Some(entry("", None)), [Yes, Yes], &[]),
            (Some(entry(mark, None)), [Yes, Yes], &[Unmarked]),
            (None, [Yes, Yes], &[Unmarked]),
            // Its entry is gone: it is nobody's unit any more, and somebody has the right still.
            (None, [AnothersRight, AnothersRight], &[Unmarked]),
            (Some(entry("", Some(NOW))), [Yes, Yes], &[Unmarked]),
            (Some(entry("", None)), [No, No], &[Unconnected]),
            (Some(entry("", None)), [No, Yes], &[Unconnected]),
            (Some(entry("", None)), [AnothersRight, AnothersRight], &[Unconnected]),
            (Some(entry(mark, None)), [No, No], &[]),
            (None, [No, No], &[]),
            // A request that comes now lapses then.
            (Some(entry("", None)), [Yes, No], &[EndsMarked]),
            (Some(entry("", None)), [Yes, AnothersRight], &[EndsMarked]),
            (Some(entry("", Some(NOW.plus_days(8)))), [Yes, Yes], &[EndsMarked]),
            (Some(entry(mark, Some(NOW.plus_days(8)))), [Yes, Yes], &[]),
            (Some(entry(mark, None)), [Yes, No], &[]),
        ];
        for (at, (entry, rights, told)) in cases.iter().enumerate() {
            assert_eq!(amiss(entry.as_ref(), *rights, NOW), *told, "case {at}");
        }
        for (without, told) in [("postoffice", NoAddress), ("officetelephone", NoPhone)] {
            let (_, entry) = entry(without, None);
            assert_eq!(amiss(Some(&(RegisterKind::Professionals, entry.clone())), [Yes, Yes], NOW), [], "{without}");
            assert_eq!(amiss(Some(&(RegisterKind::Sote, entry)), [Yes, Yes], NOW), [told], "{without}");
        }
    }
}
