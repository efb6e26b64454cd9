//! Addresses and ranges of the `IpAddress` operator: IPv4 and IPv6, in CIDR form or alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses of one family, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Range {
    pub(crate) v6: bool,
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Range {
    /// Reads `203.0.113.0/24`, `2001:db8::/32` or a single address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.trim().split_once('/') {
            Some((a, p)) => (a, Some(p.parse::<u32>().ok()?)),
            None => (text.trim(), None),
        };
        let (v6, bits, width) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(a) => (false, u128::from(a.to_bits()), 32),
            IpAddr::V6(a) => (true, a.to_bits(), 128),
        };
        let free = width - prefix.unwrap_or(width).min(width);
        if prefix.is_some_and(|p| p > width) {
            return None;
        }
        let mask = 1u128.checked_shl(free).map_or(u128::MAX, |m| m.wrapping_sub(1));
        Some(Self {
            v6,
            first: bits & !mask,
            last: bits | mask,
        })
    }

    /// True iff every address of `other` is in this range.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.v6 == other.v6 && self.first <= other.first && other.last <= self.last
    }
}

/// Writes one address.
pub(crate) fn write(v6: bool, bits: u128) -> Option<String> {
    if v6 {
        Some(Ipv6Addr::from_bits(bits).to_string())
    } else {
        u32::try_from(bits).ok().map(|b| Ipv4Addr::from_bits(b).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_their_addresses() {
        let range = Range::parse("10.0.0.0/8").expect("legal");
        assert!(range.covers(Range::parse("10.255.0.1").expect("legal")));
        assert!(!range.covers(Range::parse("11.0.0.0").expect("legal")));
        assert!(!range.covers(Range::parse("::a00:1").expect("legal")));
        assert!(Range::parse("0.0.0.0/0").expect("legal").covers(range));
        assert!(
            Range::parse("::/0")
                .expect("legal")
                .covers(Range::parse("2001:db8::/32").expect("legal"))
        );
        assert_eq!(Range::parse("10.0.0.0/33"), None);
        assert_eq!(Range::parse("10.0.0"), None);
    }
}
