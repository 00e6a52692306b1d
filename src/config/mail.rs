//! How mail is sent.

use std::net::IpAddr;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use url::{Host, Url};

use super::{Reader, Secret};

/// How to reach a mail server.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// `SMTP_URL`: the server, with user and password.
    pub smtp_url: Secret,
    /// `MAIL_FROM`: who mails are from.
    pub from: Mailbox,
}

/// `SMTP_URL` and `MAIL_FROM`; without both, mails stay in the outbox.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<MailConfig> {
    let smtp_url = reader.text("SMTP_URL");
    let from = reader.text("MAIL_FROM");
    let usable = smtp_url.as_deref().is_some_and(is_usable);
    if smtp_url.is_some() && !usable {
        // Not the address itself: it holds a password.
        reader.wrong.push(
            "SMTP_URL must be smtps://user:password@host or smtp://user:password@host?tls=required; without TLS only \
             on this machine"
                .into(),
        );
    }
    let mailbox = from.as_deref().and_then(|from| from.parse().ok());
    if mailbox.is_none() && (from.is_some() || smtp_url.is_some()) {
        reader.wrong.push("MAIL_FROM must be an address such as Billing <billing@example.com>".into());
    }
    Some(MailConfig { smtp_url: Secret::new(smtp_url.filter(|_| usable)?), from: mailbox? })
}

/// True for servers that are reached over TLS, or on this machine.
fn is_usable(smtp_url: &str) -> bool {
    let Ok(url) = Url::parse(smtp_url) else { return false };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    let encrypted = url.scheme() == "smtps" || url.query_pairs().any(|pair| pair == ("tls".into(), "required".into()));
    (encrypted || here) && AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp_url).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_leaves_this_machine_encrypted_only() {
        for good in [
            "smtps://user:secret@mail.example.com",
            "smtp://user:secret@mail.example.com:587?tls=required",
            "smtp://127.0.0.1:1025",
            "smtp://localhost:1025",
        ] {
            assert!(is_usable(good), "{good}");
        }
        for bad in
            ["smtp://user:secret@mail.example.com", "smtp://a.example?tls=opportunistic", "mail.example", "http://x"]
        {
            assert!(!is_usable(bad), "{bad}");
        }
    }
}
