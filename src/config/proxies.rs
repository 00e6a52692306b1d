//! `MINUTEBANK_TRUSTED_PROXIES`: who may say from where a request came.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// Addresses and networks of the proxies in front of the server; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// True where this address is one of theirs.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// One of them is no address and no network.
#[derive(Debug, thiserror::Error)]
#[error("not an address and not a network")]
pub struct NoNetwork;

impl FromStr for TrustedProxies {
    type Err = NoNetwork;

    /// Addresses and networks, separated by commas.
    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network =
            |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).map_err(|_| NoNetwork);
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_read() {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.9,2001:db8::/32,".parse().unwrap();
        for (address, trusted) in [
            ("10.255.0.1", true),
            ("11.0.0.1", false),
            ("192.0.2.9", true),
            ("192.0.2.8", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(proxies.trusts(address.parse().unwrap()), trusted, "{address}");
        }
        assert_eq!("".parse::<TrustedProxies>().unwrap(), TrustedProxies::default());
        for wrong in ["localhost", "10.0.0.0/33", "10.0.0", "1.2.3.4;5.6.7.8"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }
}
