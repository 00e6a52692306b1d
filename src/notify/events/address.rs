//! Which addresses events may be sent to: public ones. Whoever adds an endpoint chooses where our server connects to;
//! inside of its own network there is much that trusts it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// What IANA keeps for special purposes, and what is not for one receiver (RFC 6890 and its registry).
const SPECIAL_V4: [Ipv4Net; 16] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // carriers' own networks
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // link-local, where clouds keep what machines may ask about themselves
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    // multicast
    v4([224, 0, 0, 0], 4),
    // reserved, and broadcast
    v4([240, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];

/// All that is global unicast. Outside lie loopback, link-local, private and multicast addresses, and those that stand
/// for an IPv4 address.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// Inside of it: protocols' own (Teredo among them), documentation, 6to4.
const SPECIAL_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), length)
}

/// True for an address that anybody on the internet can be reached under.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address)),
    }
}

/// How far events may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Over https, to public addresses.
    Public,
    /// Anywhere: the demo sends to the newcomer's own machine.
    Anywhere,
}

/// What is wrong with an endpoint's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address of the web.
    #[error("Enter an address like https://example.com/events.")]
    NotWeb,
    /// Not encrypted.
    #[error("The address has to begin with https://.")]
    NotEncrypted,
    /// It carries a name and a password, or a part that no server sees.
    #[error("Leave out user name, password and what follows #.")]
    Superfluous,
    /// It names an address that is not public.
    #[error("The address has to be a public one.")]
    NotPublic,
}

/// Longest address, bytes.
const LONGEST: usize = 2_000;

/// Reads an endpoint's address. What its name stands for is checked when it is connected to.
///
/// # Errors
/// What is wrong with it.
pub fn read(text: &str, reach: Reach) -> Result<Url, AddressError> {
    let url = Url::parse(text.trim()).map_err(|_| AddressError::NotWeb)?;
    if !matches!(url.scheme(), "https" | "http") || url.as_str().len() > LONGEST {
        return Err(AddressError::NotWeb);
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(AddressError::Superfluous);
    }
    if reach == Reach::Anywhere {
        return Ok(url);
    }
    if url.scheme() != "https" {
        return Err(AddressError::NotEncrypted);
    }
    let is_special = match url.host().ok_or(AddressError::NotWeb)? {
        Host::Ipv4(address) => !is_public(address.into()),
        Host::Ipv6(address) => !is_public(address.into()),
        Host::Domain(name) => is_local(name),
    };
    if is_special { Err(AddressError::NotPublic) } else { Ok(url) }
}

/// Names that stand for nothing outside of one's own network (RFC 6761, 6762, 8375).
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    !name.contains('.')
        || ["localhost", "local", "internal", "home.arpa"]
            .iter()
            .any(|end| name == *end || name.ends_with(&format!(".{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "2001:4860:4860::8888",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }

    #[test]
    fn an_endpoint_s_address_is_encrypted_public_and_nothing_more() {
        let wrong = |text: &str| read(text, Reach::Public).unwrap_err();
        assert_eq!(read(" https://hooks.example.com/a?b=c ", Reach::Public).unwrap().path(), "/a");
        for text in ["", "hooks.example.com", "ftp://example.com", "file:///etc/passwd", "javascript:alert(1)"] {
            assert_eq!(wrong(text), AddressError::NotWeb, "{text}");
        }
        assert_eq!(wrong(&format!("https://example.com/{}", "x".repeat(2_000))), AddressError::NotWeb);
        assert_eq!(wrong("http://example.com"), AddressError::NotEncrypted);
        for text in ["https://me@example.com", "https://:pw@example.com", "https://example.com/#a"] {
            assert_eq!(wrong(text), AddressError::Superfluous, "{text}");
        }
        for text in [
            "https://127.0.0.1",
            "https://127.1",
            "https://2130706433",
            "https://0x7f.0.0.1",
            "https://0177.0.0.1",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://169.254.169.254/latest",
            "https://10.0.0.1:8443",
            "https://localhost",
            "https://LOCALHOST.",
            "https://a.localhost",
            "https://printer.local",
            "https://db",
            "https://metadata.google.internal",
        ] {
            assert_eq!(wrong(text), AddressError::NotPublic, "{text}");
        }
        assert!(read("http://127.0.0.1:8080/", Reach::Anywhere).is_ok());
    }
}
