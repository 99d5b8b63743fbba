//! The addresses of links (guide 5.2).

use super::{Case, InRegister};
use crate::plan::PlannedPoint;
use crate::rules::answers::Answers;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressKind {
    /// In public address space.
    Public,
    /// Reserved for examples (RFC 5737, RFC 3849).
    Example,
    /// Private, shared behind a carrier's NAT (RFC 6598), loopback, link-local, multicast or otherwise special.
    Special,
}

impl AddressKind {
    /// The kind of an address.
    #[must_use]
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::of_v4(v4),
            IpAddr::V6(v6) => Self::of_v6(v6),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [a, b, c, _] = address.octets();
        let shared = a == 100 && (64..128).contains(&b);
        let benchmark = a == 198 && (b == 18 || b == 19);
        let protocol = a == 192 && b == 0 && c == 0;
        let private = address.is_private() || address.is_loopback() || address.is_link_local();
        if address.is_documentation() {
            Self::Example
        } else if shared || benchmark || protocol || private || a == 0 || a >= 224 {
            Self::Special
        } else {
            Self::Public
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments() {
            [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Self::Example,
            // 2001::/23 is for protocols, 2002::/16 is 6to4.
            [0x2001, 0..=0x1ff, ..] | [0x2002, ..] => Self::Special,
            [first, ..] if first & 0xe000 == 0x2000 => Self::Public,
            _ => Self::Special,
        }
    }
}

/// Addresses are fixed.
pub(in crate::rules) fn fixed(case: &Case<'_>, answers: &mut Answers) {
    for (place, link) in case.links() {
        answers.fact(format!("{place}.fixed"), link.fixed);
    }
}

/// Addresses are in public address space.
pub(in crate::rules) fn public(case: &Case<'_>, answers: &mut Answers) {
    each(case, answers, |kind| kind != AddressKind::Special);
}

/// Addresses are not those reserved for examples.
pub(in crate::rules) fn real(case: &Case<'_>, answers: &mut Answers) {
    each(case, answers, |kind| kind != AddressKind::Example);
}

/// An address is the administrator's in a public directory.
pub(in crate::rules) fn attributable(case: &Case<'_>, answers: &mut Answers) {
    for (place, point) in case.own_points() {
        for (place, address) in addresses(&place, point) {
            let administrator = match case.register(&point.oid.administrator()) {
                InRegister::Entry(_, entry) => Some(words(&entry.name)),
                InRegister::Absent | InRegister::NotAsked => None,
            };
            match (case.facts.holders.get(&address), administrator) {
                (Some(holders), Some(name)) => {
                    // A directory may tell more than the register: a department, a country.
                    let kept = !name.is_empty() && holders.iter().any(|holder| name.is_subset(&words(holder)));
                    answers.judge(place, kept, format!("{address} {}", holders.join(", ")));
                }
                _ => answers.unknown(place),
            }
        }
    }
}

/// A name's words without the forms of companies, which one directory writes and another leaves out.
pub(super) fn words(name: &str) -> BTreeSet<String> {
    const FORMS: [&str; 8] = ["oy", "oyj", "ab", "abp", "ky", "ry", "ltd", "tmi"];
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).filter(|word| !FORMS.contains(&word.as_str())).collect()
}

fn each(case: &Case<'_>, answers: &mut Answers, kept: impl Fn(AddressKind) -> bool) {
    for (place, link) in case.links() {
        if link.addresses.is_empty() {
            answers.unknown(format!("{place}.addresses"));
        }
        for (n, address) in link.addresses.iter().enumerate() {
            answers.judge(format!("{place}.addresses[{}]", n + 1), kept(AddressKind::of(*address)), address);
        }
    }
}

fn addresses(place: &str, point: &PlannedPoint) -> Vec<(String, IpAddr)> {
    let links = super::numbered(place, &point.links);
    let of_link = |(place, link): (String, &crate::plan::PlannedLink)| {
        let numbered = link.addresses.iter().enumerate();
        numbered.map(|(n, address)| (format!("{place}.addresses[{}]", n + 1), *address)).collect::<Vec<_>>()
    };
    links.into_iter().flat_map(of_link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_addresses() {
        use AddressKind as K;
        for (kind, texts) in [
            (K::Public, &["193.166.3.2", "100.128.0.1", "198.20.0.1", "2001:708::1", "2a00::1"][..]),
            (K::Example, &["192.0.2.1", "198.51.100.7", "203.0.113.5", "2001:db8::1", "3fff:fff::1"]),
            (K::Special, &["10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "169.254.1.1"]),
            (K::Special, &["0.0.0.0", "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.0.8", "::1"]),
            (K::Special, &["fe80::1", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "2002:a00:1::1", "2001::1"]),
        ] {
            for text in texts {
                assert_eq!(AddressKind::of(text.parse().unwrap()), kind, "{text}");
            }
        }
    }
}
