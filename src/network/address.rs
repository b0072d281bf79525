//! Sets of IP addresses of one family as sorted, disjoint ranges. Routes, network ACLs and security groups are all decided on such sets.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

/// An IP version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Family {
    V4,
    V6,
}

impl Family {
    pub(super) fn of(net: &IpNet) -> Self {
        if net.addr().is_ipv4() { Self::V4 } else { Self::V6 }
    }

    pub(super) fn of_address(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// A set of addresses. Its ranges are sorted, do not touch each other, and hold both ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Set {
    family: Family,
    ranges: Vec<(u128, u128)>,
}

/// IPv4 addresses that no public service has (<https://www.iana.org/assignments/iana-ipv4-special-registry>), multicast and class E included.
const SPECIAL_V4: [([u8; 4], u8); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The IPv6 addresses that are handed out.
const GLOBAL_V6: ([u16; 8], u8) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// IPv6 addresses among them that no public service has (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
const SPECIAL_V6: [([u16; 8], u8); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// First and last address of a range.
pub(super) fn ends(net: &IpNet) -> (u128, u128) {
    (number(net.network()), number(net.broadcast()))
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

impl Set {
    pub(super) const fn empty(family: Family) -> Self {
        Self { family, ranges: Vec::new() }
    }

    /// The set of these ranges, in any order.
    pub(super) fn of_ranges(family: Family, mut ranges: Vec<(u128, u128)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match merged.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self { family, ranges: merged }
    }

    /// The addresses of `nets` that are of this family.
    pub(super) fn of<'n>(family: Family, nets: impl IntoIterator<Item = &'n IpNet>) -> Self {
        Self::of_ranges(family, nets.into_iter().filter(|net| Family::of(net) == family).map(ends).collect())
    }

    pub(super) fn one(address: IpAddr) -> Self {
        let number = number(address);
        Self { family: Family::of_address(address), ranges: vec![(number, number)] }
    }

    pub(super) fn everything(family: Family) -> Self {
        let last = match family {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        };
        Self { family, ranges: vec![(0, last)] }
    }

    /// All addresses that a public service may have.
    pub(super) fn public(family: Family) -> &'static Self {
        static PUBLIC: LazyLock<[Set; 2]> = LazyLock::new(|| [Set::but_special(Family::V4), Set::but_special(Family::V6)]);
        let [v4, v6] = &*PUBLIC;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    fn but_special(family: Family) -> Self {
        let (all, special): (Self, Vec<Option<IpNet>>) = match family {
            Family::V4 => {
                let net = |(address, length): &([u8; 4], u8)| IpNet::new(Ipv4Addr::from(*address).into(), *length).ok();
                (Self::everything(family), SPECIAL_V4.iter().map(net).collect())
            }
            Family::V6 => {
                let net = |(address, length): &([u16; 8], u8)| IpNet::new(Ipv6Addr::from(*address).into(), *length).ok();
                (Self::of(family, net(&GLOBAL_V6).iter()), SPECIAL_V6.iter().map(net).collect())
            }
        };
        all.minus(&Self::of(family, special.iter().flatten()))
    }

    pub(super) const fn family(&self) -> Family {
        self.family
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn ranges(&self) -> &[(u128, u128)] {
        &self.ranges
    }

    /// What is in either; sets of different families have nothing to add to each other.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.family != other.family {
            return self.clone();
        }
        Self::of_ranges(self.family, self.ranges.iter().chain(&other.ranges).copied().collect())
    }

    /// What is in both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        if self.family == other.family {
            let (mut left, mut right) = (self.ranges.iter().peekable(), other.ranges.iter().peekable());
            while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
                let (from, to) = (a.0.max(b.0), a.1.min(b.1));
                if from <= to {
                    common.push((from, to));
                }
                if a.1 < b.1 {
                    left.next();
                } else {
                    right.next();
                }
            }
        }
        Self { family: self.family, ranges: common }
    }

    /// What is in this one and not in `other`.
    pub(super) fn minus(&self, other: &Self) -> Self {
        if self.family != other.family {
            return self.clone();
        }
        let mut left = Vec::new();
        let mut holes = other.ranges.as_slice();
        for &(mut from, to) in &self.ranges {
            while let Some((first, rest)) = holes.split_first() {
                if first.1 >= from {
                    break;
                }
                holes = rest;
            }
            let mut open = true;
            for &(hole_from, hole_to) in holes.iter().take_while(|hole| hole.0 <= to) {
                if hole_from > from {
                    left.push((from, hole_from - 1));
                }
                if hole_to >= to {
                    open = false;
                    break;
                }
                from = hole_to + 1;
            }
            if open {
                left.push((from, to));
            }
        }
        Self { family: self.family, ranges: left }
    }

    /// Whether `other` lies wholly in this set. The empty set lies in every set.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.minus(self).is_empty()
    }

    /// Whether the range lies wholly in this set.
    pub(super) fn covers_range(&self, (from, to): (u128, u128)) -> bool {
        let after = self.ranges.partition_point(|range| range.0 <= from);
        after.checked_sub(1).and_then(|index| self.ranges.get(index)).is_some_and(|range| range.1 >= to)
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        !self.and(other).is_empty()
    }
}

fn text(family: Family, number: u128) -> String {
    match family {
        Family::V4 => Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX)).to_string(),
        Family::V6 => Ipv6Addr::from(number).to_string(),
    }
}

/// One range as one CIDR block where it is one, else as its two ends.
fn range_text(family: Family, (from, to): (u128, u128)) -> String {
    if from == to {
        return text(family, from);
    }
    let block = match family {
        Family::V4 => {
            let end = |number| Ipv4Addr::from(u32::try_from(number).unwrap_or(u32::MAX));
            let mut blocks = Ipv4Subnets::new(end(from), end(to), 0);
            blocks.next().filter(|_| blocks.next().is_none()).map(|block| block.to_string())
        }
        Family::V6 => {
            let mut blocks = Ipv6Subnets::new(Ipv6Addr::from(from), Ipv6Addr::from(to), 0);
            blocks.next().filter(|_| blocks.next().is_none()).map(|block| block.to_string())
        }
    };
    block.unwrap_or_else(|| format!("{}–{}", text(family, from), text(family, to)))
}

/// At most three ranges, so that no message grows with a route table.
impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self == Self::public(self.family) {
            return f.write_str(match self.family {
                Family::V4 => "the public IPv4 addresses",
                Family::V6 => "the public IPv6 addresses",
            });
        }
        let shown: Vec<String> = self.ranges.iter().take(3).map(|range| range_text(self.family, *range)).collect();
        f.write_str(&shown.join(", "))?;
        match self.ranges.len() {
            0 => f.write_str("no address"),
            1..=3 => Ok(()),
            more => write!(f, " and {} more ranges", more - 3),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(nets: &[&str]) -> Set {
        Set::of(Family::V4, &nets.iter().map(|net| net.parse().unwrap()).collect::<Vec<IpNet>>())
    }

    #[test]
    fn a_set_is_shown_as_blocks() {
        assert_eq!(set(&["10.0.0.0/16"]).to_string(), "10.0.0.0/16");
        assert_eq!(set(&["10.0.0.1/32"]).to_string(), "10.0.0.1");
        assert_eq!(set(&["10.0.0.0/16"]).minus(&set(&["10.0.1.0/24"])).to_string(), "10.0.0.0/24, 10.0.2.0–10.0.255.255");
        assert_eq!(set(&[]).to_string(), "no address");
    }

    #[test]
    fn the_public_space_holds_no_private_address_and_survives_what_is_routed_privately() {
        let public = Set::public(Family::V4);
        assert!(!public.overlaps(&set(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"])));
        assert!(public.covers(&set(&["52.94.0.0/16", "3.248.0.0/13"])));
        assert_eq!(public.minus(&set(&["10.0.0.0/8"])), *public);
        let v6 = Set::public(Family::V6);
        assert!(v6.overlaps(&Set::of(Family::V6, ["2600:1f18::/32".parse().unwrap()].iter())));
        assert!(!v6.overlaps(&Set::of(Family::V6, ["fd00::/8".parse().unwrap()].iter())));
    }

    #[test]
    fn the_ends_of_both_families_do_not_overflow() {
        for family in [Family::V4, Family::V6] {
            let all = Set::everything(family);
            assert!(all.minus(&all).is_empty());
            assert_eq!(all.or(Set::public(family)), all);
            assert_eq!(all.minus(Set::public(family)).or(Set::public(family)), all);
        }
    }

    fn small() -> impl Strategy<Value = (Set, Vec<bool>)> {
        proptest::collection::vec((0_u32..64, 24_u8..=32), 0..6).prop_map(|nets| {
            let nets: Vec<IpNet> =
                nets.into_iter().map(|(start, length)| IpNet::new(Ipv4Addr::from(start * 4).into(), length).unwrap()).collect();
            let member = |address: u32| nets.iter().any(|net| net.contains(&IpAddr::from(Ipv4Addr::from(address))));
            let members = (0..256).map(member).collect();
            (Set::of(Family::V4, &nets), members)
        })
    }

    proptest! {
        #[test]
        fn the_algebra_agrees_with_single_addresses((a, in_a) in small(), (b, in_b) in small()) {
            let holds = |set: &Set, address: u32| set.covers_range((u128::from(address), u128::from(address)));
            for address in 0..256_u32 {
                let index = address as usize;
                prop_assert_eq!(holds(&a, address), in_a[index]);
                prop_assert_eq!(holds(&a.and(&b), address), in_a[index] && in_b[index]);
                prop_assert_eq!(holds(&a.or(&b), address), in_a[index] || in_b[index]);
                prop_assert_eq!(holds(&a.minus(&b), address), in_a[index] && !in_b[index]);
            }
            prop_assert_eq!(a.covers(&b), in_a.iter().zip(&in_b).all(|(a, b)| *a || !*b));
            prop_assert_eq!(a.overlaps(&b), in_a.iter().zip(&in_b).any(|(a, b)| *a && *b));
        }
    }
}
