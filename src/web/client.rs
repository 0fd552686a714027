//! Who calls: the address of the client, not of the proxies before us.
use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};

use ipnet::IpNet;

use super::ApiError;
use crate::app::AppState;

/// The address of the caller after `TRUSTED_PROXY_HOPS` proxies; none where no socket is known.
pub fn address(headers: &HeaderMap, extensions: &Extensions, hops: usize) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    if hops == 0 {
        return Some(peer.ip());
    }
    // Each trusted proxy appended the address that it saw: count from the right, never trust the left-most.
    // As bytes: what a caller wrote before the proxies' part must not be able to spoil it.
    let forwarded: Vec<&[u8]> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .collect();
    let place = forwarded.len().checked_sub(hops)?;
    let address = std::str::from_utf8(forwarded[place]).ok()?;
    address.trim().parse().ok()
}

/// The network of an address, as far as it is kept: nobody can be found by it.
pub fn prefix(ip: IpAddr) -> String {
    let length = if ip.to_canonical().is_ipv4() { 24 } else { 48 };
    let network = IpNet::new(ip.to_canonical(), length).map(|network| network.trunc());
    network.map_or_else(|_| String::new(), |network| network.to_string())
}

/// Lets in loopback and private addresses only: what an operator's own network may see.
pub struct PrivateCaller;

impl FromRequestParts<AppState> for PrivateCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let hops = app.settings.network.trusted_proxy_hops;
        match address(&parts.headers, &parts.extensions, hops) {
            Some(ip) if is_private(ip) => Ok(Self),
            _ => Err(ApiError::forbidden(
                "this is for the operator's own network",
            )),
        }
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], hops: usize) -> Option<String> {
        let mut extensions = Extensions::new();
        let peer: SocketAddr = peer.parse().unwrap();
        extensions.insert(ConnectInfo(peer));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            let value = axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap();
            headers.append("x-forwarded-for", value);
        }
        address(&headers, &extensions, hops).map(|ip| ip.to_string())
    }

    #[test]
    fn without_proxies_the_peer_counts_whatever_it_says() {
        assert_eq!(
            seen("203.0.113.9:1", &["10.0.0.1"], 0).as_deref(),
            Some("203.0.113.9")
        );
    }

    #[test]
    fn behind_proxies_the_address_is_counted_from_the_right() {
        let forged = ["10.0.0.1, 203.0.113.9"];
        assert_eq!(
            seen("10.1.1.1:1", &forged, 1).as_deref(),
            Some("203.0.113.9")
        );
        assert_eq!(
            seen("10.1.1.1:1", &["198.51.100.7", "203.0.113.9"], 2).as_deref(),
            Some("198.51.100.7")
        );
        assert_eq!(seen("10.1.1.1:1", &[], 1), None);
        assert_eq!(
            seen("10.1.1.1:1", &["\u{e9}, 203.0.113.9"], 1).as_deref(),
            Some("203.0.113.9")
        );
    }

    #[test]
    fn private_is_what_no_stranger_can_have() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["203.0.113.9", "8.8.8.8", "2001:4860::1"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
