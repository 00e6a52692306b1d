//! Where a request comes from: the peer's address, or what a trusted proxy says of it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};

use super::limits::{Limits, TooMany};
use crate::config::TrustedProxies;
use crate::state::AppState;

const FORWARDED: &str = "x-forwarded-for";

/// A form whose attempts count, for where it comes from and whom it is about.
#[derive(Clone, Debug)]
pub struct Counted {
    limits: Arc<Limits>,
    from: IpAddr,
}

impl FromRequestParts<AppState> for Counted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self { limits: Limits::of(&parts.extensions), from: client_of(parts, state) })
    }
}

impl Counted {
    /// A password is about to be looked at.
    pub fn sign_in(&self, email: &str) -> Result<(), TooMany> {
        self.limits.sign_in(self.from, email)
    }

    /// The password was right.
    pub fn signed_in(&self, email: &str) {
        self.limits.signed_in(self.from, email);
    }

    /// A link to a new password is asked for.
    pub fn forgot(&self, email: &str) -> Result<(), TooMany> {
        self.limits.forgot(self.from, email)
    }

    /// A sign-up is asked for.
    pub fn sign_up(&self, email: &str) -> Result<(), TooMany> {
        self.limits.sign_up(self.from, email)
    }
}

/// The address that this request came from.
pub fn client_of(parts: &Parts, state: &AppState) -> IpAddr {
    client(peer(&parts.extensions), &parts.headers, &state.config.trusted_proxies)
}

/// Who opened the connection; a request without one, as tests make them, comes from nowhere.
fn peer(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical())
}

/// Each proxy appends the address that it was asked from. So the list is believed from its right end, as long as the
/// one who wrote an entry is trusted; whatever a client itself puts in front counts for nothing.
fn client(peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let lines = headers.get_all(FORWARDED).iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut client = peer;
    while proxies.trusts(client) {
        match hops.next().and_then(address) {
            Some(hop) => client = hop,
            None => break,
        }
    }
    client
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse().map(|with_port: SocketAddr| with_port.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(peer: &str, lines: &[&str], proxies: &str) -> String {
        let headers: HeaderMap = lines.iter().map(|line| (FORWARDED.parse().unwrap(), line.parse().unwrap())).collect();
        client(peer.parse().unwrap(), &headers, &proxies.parse().unwrap()).to_string()
    }

    #[test]
    fn without_trusted_proxies_only_the_peer_counts() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], ""), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], "10.0.0.0/8"), "192.0.2.1");
    }

    #[test]
    fn a_trusted_proxy_says_who_asked() {
        let proxies = "10.0.0.0/8, 2001:db8:1::/48, 192.0.2.9";
        assert_eq!(seen("10.1.2.3", &["198.51.100.7"], proxies), "198.51.100.7");
        assert_eq!(seen("192.0.2.9", &["198.51.100.7:443"], proxies), "198.51.100.7");
        assert_eq!(seen("2001:db8:1::5", &["[2001:db8:2::1]:443"], proxies), "2001:db8:2::1");
        assert_eq!(seen("10.1.2.3", &["::ffff:198.51.100.7"], proxies), "198.51.100.7");
        assert_eq!(seen("10.1.2.3", &[], proxies), "10.1.2.3");
    }

    #[test]
    fn the_list_is_read_from_its_right_end_and_only_through_trusted_hops() {
        let proxies = "10.0.0.0/8";
        assert_eq!(seen("10.0.0.1", &["127.0.0.1, 198.51.100.7"], proxies), "198.51.100.7", "forged in front");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, 10.0.0.2"], proxies), "198.51.100.7", "two proxies");
        assert_eq!(seen("10.0.0.1", &["203.0.113.1, 198.51.100.7, 10.0.0.2"], proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "198.51.100.7, 10.0.0.2"], proxies), "198.51.100.7", "two lines");
        assert_eq!(seen("10.0.0.1", &["198.51.100.7, nonsense"], proxies), "10.0.0.1", "what cannot be read ends it");
        assert_eq!(seen("10.0.0.1", &["10.0.0.3, 10.0.0.2"], proxies), "10.0.0.3", "a proxy itself asks");
    }

    proptest! {
        #[test]
        fn no_list_is_too_strange(line in "[ -~]{0,80}") {
            seen("10.0.0.1", &[&line], "10.0.0.0/8");
        }
    }
}
