//! Which addresses a subscriber's URL may lead to: public ones, and private networks that a setting allows.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Networks of IPv4 that are nobody's on the public internet: this network, private use, shared by carriers, loopback,
/// link-local with the clouds' metadata, protocol assignments, documentation, 6to4 relays, benchmarks, multicast, and
/// what is reserved with the broadcast address.
const NOT_PUBLIC_V4: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// All that is public in IPv6 is in here: so `::`, `::1`, link-local, unique local, multicast, discard-only, the
/// translations of IPv4 (64:ff9b::/96, 64:ff9b:1::/48) and segment routing (5f00::/16) are not.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is in it and not public all the same: protocol assignments with Teredo, documentation, and 6to4, behind which
/// any address of IPv4 may be.
const NOT_PUBLIC_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// How far requests to subscribers' addresses may reach.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Networks that may be reached although they are not public: `ALLOWED_PRIVATE_CIDRS`.
    pub allowed: Vec<IpNet>,
    /// Whether `http` may go anywhere; without it, to allowed private networks alone.
    pub has_plain_http: bool,
    /// Hosts and ports of our own (database, listener): never reached, unless their address is allowed.
    pub own: Vec<(String, u16)>,
}

impl Reach {
    /// Whether a request of this scheme may go to this address.
    pub(super) fn covers(&self, address: IpAddr, scheme: Scheme) -> bool {
        let address = address.to_canonical();
        let is_open = scheme == Scheme::Https || self.has_plain_http;
        self.allows(address) || (is_open && is_public(address))
    }

    /// Whether a setting names the address.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|net| net.contains(&address))
    }
}

/// With encryption or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

/// Whether anybody on the internet may have this address. One of IPv4 that is written in IPv6 is judged as what it is.
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !NOT_PUBLIC_V4
            .iter()
            .any(|(net, bits)| is_in(address.to_bits().into(), net.to_bits().into(), 32 - bits)),
        IpAddr::V6(address) => {
            let is_within =
                |(net, bits): &(Ipv6Addr, u8)| is_in(address.to_bits(), net.to_bits(), 128 - bits);
            is_within(&GLOBAL_V6) && !NOT_PUBLIC_V6.iter().any(is_within)
        }
    }
}

/// Whether two addresses are alike but for their last bits.
fn is_in(address: u128, net: u128, last_bits: u8) -> bool {
    address >> last_bits == net >> last_bits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_first_and_last_address_of_every_refused_range_is_refused_and_its_neighbours_are_not() {
        // First and last of the range, and what stands beside it where that is public.
        let ranges = [
            ("0.0.0.0", "0.255.255.255", &["1.0.0.0"][..]),
            ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
            (
                "100.64.0.0",
                "100.127.255.255",
                &["100.63.255.255", "100.128.0.0"],
            ),
            (
                "127.0.0.0",
                "127.255.255.255",
                &["126.255.255.255", "128.0.0.0"],
            ),
            (
                "169.254.0.0",
                "169.254.255.255",
                &["169.253.255.255", "169.255.0.0"],
            ),
            (
                "172.16.0.0",
                "172.31.255.255",
                &["172.15.255.255", "172.32.0.0"],
            ),
            (
                "192.0.0.0",
                "192.0.0.255",
                &["191.255.255.255", "192.0.1.0"],
            ),
            ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
            (
                "192.88.99.0",
                "192.88.99.255",
                &["192.88.98.255", "192.88.100.0"],
            ),
            (
                "192.168.0.0",
                "192.168.255.255",
                &["192.167.255.255", "192.169.0.0"],
            ),
            (
                "198.18.0.0",
                "198.19.255.255",
                &["198.17.255.255", "198.20.0.0"],
            ),
            (
                "198.51.100.0",
                "198.51.100.255",
                &["198.51.99.255", "198.51.101.0"],
            ),
            (
                "203.0.113.0",
                "203.0.113.255",
                &["203.0.112.255", "203.0.114.0"],
            ),
            ("224.0.0.0", "239.255.255.255", &["223.255.255.255"]),
            ("240.0.0.0", "255.255.255.255", &[]),
            ("::", "::1", &[]),
            ("fe80::", "febf:ffff::", &[]),
            ("fc00::", "fdff:ffff::", &[]),
            ("ff00::", "ffff:ffff::", &[]),
            (
                "2001:db8::",
                "2001:db8:ffff::1",
                &["2001:db7::", "2001:db9::"],
            ),
            ("3fff::", "3fff:fff:ffff::1", &["3ffe::1", "3fff:1000::1"]),
            ("100::", "100::ffff:ffff:ffff:ffff", &[]),
            ("2002::", "2002:ffff::1", &["2003::1"]),
            ("64:ff9b::", "64:ff9b::ffff:ffff", &[]),
            ("64:ff9b:1::", "64:ff9b:1:ffff::1", &[]),
            ("5f00::", "5f00:ffff::1", &[]),
            // Teredo.
            ("2001::", "2001:1ff:ffff::1", &["2001:200::1"]),
        ];
        for (first, last, neighbours) in ranges {
            for refused in [first, last] {
                assert!(!is_public(address(refused)), "{refused}");
            }
            for public in neighbours {
                assert!(is_public(address(public)), "{public}");
            }
        }
    }

    #[test]
    fn an_address_of_ipv4_in_ipv6_clothes_is_judged_as_what_it_is() {
        assert!(!is_public(address("::ffff:127.0.0.1")));
        assert!(!is_public(address("::ffff:169.254.169.254")));
        assert!(is_public(address("::ffff:93.184.216.34")));
        assert!(!is_public(address("::7f00:1")));
    }

    #[test]
    fn a_setting_opens_a_private_network_and_no_other() {
        let reach = Reach {
            allowed: vec!["127.0.0.0/8".parse().unwrap()],
            ..Reach::default()
        };
        assert!(reach.covers(address("127.0.0.1"), Scheme::Http));
        assert!(reach.covers(address("::ffff:127.0.0.1"), Scheme::Https));
        assert!(!reach.covers(address("10.0.0.1"), Scheme::Https));
        assert!(!reach.covers(address("::1"), Scheme::Https));
        assert!(reach.covers(address("93.184.216.34"), Scheme::Https));
        assert!(
            !reach.covers(address("93.184.216.34"), Scheme::Http),
            "not encrypted"
        );
    }

    #[test]
    fn every_address_in_a_refused_range_is_refused() {
        // Numbers of a generator with a seed: the same every time.
        let mut state: u64 = 0x5eed;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 32) as u32
        };
        for _ in 0..20_000 {
            for (net, bits) in NOT_PUBLIC_V4 {
                let inside = Ipv4Addr::from(net.to_bits() | (next() >> bits));
                assert!(!is_public(IpAddr::V4(inside)), "{inside}");
                let mapped = IpAddr::V6(inside.to_ipv6_mapped());
                assert!(!is_public(mapped), "{mapped}");
            }
            // Whatever the library calls special is special here as well.
            let any = Ipv4Addr::from(next());
            let is_special = any.is_private()
                || any.is_loopback()
                || any.is_link_local()
                || any.is_broadcast()
                || any.is_documentation()
                || any.is_multicast()
                || any.is_unspecified();
            assert!(!is_special || !is_public(IpAddr::V4(any)), "{any}");
        }
    }
}
