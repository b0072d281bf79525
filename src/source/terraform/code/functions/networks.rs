//! Functions of address ranges (<https://developer.hashicorp.com/terraform/language/functions/cidrsubnet>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::collections::fails;
use crate::source::terraform::code::made::Made;

/// What a function of this name gives; `None` where it is none of these, or where that is not known.
pub(super) fn call(name: &str, arguments: &[Made]) -> Option<Made> {
    match (name, arguments) {
        ("cidrhost", [range, number]) => Range::of(range)?.host(number.as_number()?),
        ("cidrnetmask", [range]) => match Range::of(range)?.net {
            IpNet::V4(net) => Some(Made::literal(&net.netmask().to_string())),
            IpNet::V6(_) => Some(fails("no mask for IPv6")),
        },
        ("cidrsubnet", [range, bits, number]) => Range::of(range)?.part(bits.as_number()?, number.as_number()?),
        ("cidrsubnets", [range, bits @ ..]) => {
            let bits: Vec<i64> = bits.iter().map(Made::as_number).collect::<Option<_>>()?;
            Range::of(range)?.parts(&bits)
        }
        _ => None,
    }
}

/// A range of addresses as numbers.
struct Range {
    net: IpNet,
    /// The first address.
    first: u128,
    /// So many bits an address has.
    width: u8,
}

impl Range {
    /// What this text says. Terraform takes addresses that embed one of IPv4 for that one, which is left open.
    fn of(text: &Made) -> Option<Self> {
        let net: IpNet = text.certain()?.parse().ok()?;
        let (first, width) = match net.network() {
            IpAddr::V4(first) => (u128::from(first.to_bits()), 32),
            IpAddr::V6(first) if is_of_both(first) => return None,
            IpAddr::V6(first) => (first.to_bits(), 128),
        };
        Some(Self { net, first, width })
    }

    /// An address of it, counted from its end below zero.
    fn host(&self, number: i64) -> Option<Made> {
        let size = 1_u128.checked_shl(u32::from(self.width - self.net.prefix_len()));
        let distance = u128::from(number.unsigned_abs());
        let offset = match size {
            // All addresses of IPv6.
            None => (number >= 0).then_some(distance)?,
            Some(size) if number >= 0 && distance < size => distance,
            Some(size) if number < 0 && distance <= size => size - distance,
            Some(_) => return Some(fails("an address outside of the range")),
        };
        self.address(self.first + offset).map(|address| Made::literal(&address.to_string()))
    }

    /// One of the parts of equal size into which it falls with more `bits` in its prefix.
    fn part(&self, bits: i64, number: i64) -> Option<Made> {
        let (bits, number) = (u8::try_from(bits).ok()?, u128::try_from(number).ok()?);
        let Some(length) = self.net.prefix_len().checked_add(bits).filter(|length| *length <= self.width) else {
            return Some(fails("a prefix that is too long"));
        };
        if bits < 64 && number >= 1 << bits {
            return Some(fails("a part outside of the range"));
        }
        let offset = number.checked_shl(u32::from(self.width - length)).unwrap_or(0);
        self.written(self.first + offset, length)
    }

    /// Parts that follow each other, each with so many bits more in its prefix.
    fn parts(&self, bits: &[i64]) -> Option<Made> {
        let last = self.first + Self::rest(self.width - self.net.prefix_len());
        let (mut next, mut parts) = (Some(self.first), Vec::new());
        for &bits in bits {
            let length =
                u8::try_from(bits).ok().filter(|bits| (1..=32).contains(bits)).and_then(|bits| self.net.prefix_len().checked_add(bits));
            let Some(length) = length.filter(|length| *length <= self.width) else { return Some(fails("a prefix that is too long")) };
            let rest = Self::rest(self.width - length);
            // It begins where a part of its size does.
            let begins = next.and_then(|next| next.checked_add(rest)).map(|end| end & !rest).filter(|begins| *begins <= last);
            let Some(begins) = begins else { return Some(fails("no room for another part")) };
            parts.push(self.written(begins, length)?);
            next = begins.checked_add(rest).and_then(|end| end.checked_add(1));
        }
        Some(Made::List(parts))
    }

    /// As many ones.
    fn rest(bits: u8) -> u128 {
        1_u128.checked_shl(u32::from(bits)).map_or(u128::MAX, |size| size - 1)
    }

    fn written(&self, first: u128, length: u8) -> Option<Made> {
        self.address(first).map(|address| Made::literal(&format!("{address}/{length}")))
    }

    fn address(&self, address: u128) -> Option<IpAddr> {
        match self.net {
            IpNet::V4(_) => u32::try_from(address).ok().map(|address| Ipv4Addr::from_bits(address).into()),
            IpNet::V6(_) => Some(Ipv6Addr::from_bits(address)).filter(|address| !is_of_both(*address)).map(IpAddr::from),
        }
    }
}

/// Whether an address of IPv6 embeds one of IPv4.
fn is_of_both(address: Ipv6Addr) -> bool {
    address.to_ipv4_mapped().is_some()
}
