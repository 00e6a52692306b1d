//! Configuration from the environment (SPEC §6). Every missing or bad value is reported at once, with what to set.

mod demo;
mod mail;
mod proxies;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use jiff::SignedDuration;
use url::Url;

pub use mail::MailConfig;
pub use proxies::TrustedProxies;

/// A text that never shows in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends or checks it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The configuration of a server.
#[derive(Clone, Debug)]
pub struct Config {
    /// `MINUTEBANK_ADDR`: where it listens.
    pub addr: SocketAddr,
    /// `MINUTEBANK_METRICS_ADDR`: where Prometheus reads `/metrics`; without it nobody can.
    pub metrics_addr: Option<SocketAddr>,
    /// `MINUTEBANK_PUBLIC_URL`: how browsers and Stripe reach it, without a path.
    pub public_url: Url,
    /// `MINUTEBANK_DATA_DIR`: where the embedded Postgres and the sandbox keep their files.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: an own Postgres; without it the embedded one is started.
    pub database_url: Option<Secret>,
    /// Demo mode: sandbox, demo data, and a note on each page.
    pub demo: bool,
    /// `MINUTEBANK_CLOCK_OFFSET`: how far demo mode's clock is ahead of the machine's.
    pub clock_offset: SignedDuration,
    /// How to reach Stripe.
    pub stripe: StripeConfig,
    /// `STRIPE_SANDBOX_ADDR`: where demo mode's sandbox listens.
    pub sandbox_addr: SocketAddr,
    /// `MINUTEBANK_TRUSTED_PROXIES`: addresses and networks of the proxies in front, which say who asks.
    pub trusted_proxies: TrustedProxies,
    /// How to send mail; without it mails stay in the outbox. Demo mode sends none.
    pub mail: Option<MailConfig>,
    /// `LEPTOS_SITE_ROOT`: style sheet, icons and the islands' code.
    pub site_root: PathBuf,
}

/// How to reach Stripe.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    /// `STRIPE_SECRET_KEY`
    pub secret_key: Secret,
    /// `STRIPE_WEBHOOK_SECRET`
    pub webhook_secret: Secret,
    /// `STRIPE_API_BASE`: another base address than Stripe's own.
    pub api_base: Option<Url>,
}

/// Everything that is wrong with the environment, a line each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// Reads variables and gathers what is wrong with them.
struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    /// `None` where it is not set.
    fn flag(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "0" | "false" => Some(false),
            "1" | "true" => Some(true),
            _ => {
                self.wrong.push(format!("{name} must be 1 or 0"));
                None
            }
        }
    }

    fn parsed<T: FromStr>(&mut self, name: &str, form: &str, default: &str) -> Option<T> {
        let value = self.text(name).unwrap_or_else(|| default.to_owned());
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.wrong.push(format!("{name} is not {form}: {value}"));
        }
        parsed
    }

    fn web_address(&mut self, name: &str, default: &str) -> Option<Url> {
        let url: Url = self.parsed(name, "a web address such as https://billing.example.com", default)?;
        if matches!(url.scheme(), "http" | "https") && url.path() == "/" && url.query().is_none() {
            return Some(url);
        }
        self.wrong.push(format!("{name} must be http(s)://host[:port] without a path: {url}"));
        None
    }

    fn secret(&mut self, name: &str, what: &str, prefixes: &[&str]) -> Option<Secret> {
        let Some(value) = self.text(name) else {
            self.wrong.push(format!("{name} is not set: {what}"));
            return None;
        };
        if prefixes.iter().any(|prefix| value.starts_with(prefix)) {
            return Some(Secret(value));
        }
        self.wrong.push(format!("{name} must begin with {}", prefixes.join(" or ")));
        None
    }
}

impl Config {
    /// From the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// From the process's environment, in demo mode.
    pub fn demo_from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| if name == "MINUTEBANK_DEMO" { Some("1".to_owned()) } else { std::env::var(name).ok() })
    }

    /// Where this machine reaches the server, whatever address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            addr.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        addr
    }

    /// From any source of variables.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { get, wrong: Vec::new() };
        let demo = demo::is_on(&mut reader);
        let clock_offset = demo::clock_offset(&mut reader, demo);
        let addr: Option<SocketAddr> = reader.parsed("MINUTEBANK_ADDR", "an address with a port", "127.0.0.1:3000");
        let own =
            addr.map_or_else(|| "http://localhost:3000".to_owned(), |addr| format!("http://localhost:{}", addr.port()));
        let public_url = reader.web_address("MINUTEBANK_PUBLIC_URL", &own);
        let sandbox_addr: Option<SocketAddr> =
            reader.parsed("STRIPE_SANDBOX_ADDR", "an address with a port", "127.0.0.1:12111");
        let stripe = if demo { demo::stripe(&mut reader, sandbox_addr) } else { real_stripe(&mut reader) };
        let mail = mail::read(&mut reader);
        if demo {
            demo::check_addr(&mut reader, addr);
        }
        let trusted_proxies = reader.parsed("MINUTEBANK_TRUSTED_PROXIES", "addresses or networks like 10.0.0.0/8", "");
        let data_dir = reader.text("MINUTEBANK_DATA_DIR").map(PathBuf::from).or_else(default_data_dir);
        if data_dir.is_none() {
            reader.wrong.push("MINUTEBANK_DATA_DIR is not set and this user has no data folder".into());
        }
        let site_root = reader.text("LEPTOS_SITE_ROOT").map_or_else(|| PathBuf::from("target/site"), PathBuf::from);
        let database_url = reader.text("DATABASE_URL").map(Secret);
        let metrics_addr = reader
            .text("MINUTEBANK_METRICS_ADDR")
            .and_then(|_| reader.parsed("MINUTEBANK_METRICS_ADDR", "an address and port like 127.0.0.1:9464", ""));
        let complete = (addr, public_url, data_dir, stripe, sandbox_addr, trusted_proxies);
        match complete {
            (Some(addr), Some(public_url), Some(data_dir), Some(stripe), Some(sandbox_addr), Some(trusted_proxies))
                if reader.wrong.is_empty() =>
            {
                Ok(Self {
                    addr,
                    metrics_addr,
                    public_url,
                    data_dir,
                    database_url,
                    demo,
                    clock_offset,
                    stripe,
                    sandbox_addr,
                    trusted_proxies,
                    mail,
                    site_root,
                })
            }
            _ => Err(ConfigError(reader.wrong)),
        }
    }
}

fn real_stripe(reader: &mut Reader) -> Option<StripeConfig> {
    let key =
        reader.secret("STRIPE_SECRET_KEY", "the secret or restricted key of your Stripe account", &["sk_", "rk_"]);
    let webhook =
        reader.secret("STRIPE_WEBHOOK_SECRET", "the signing secret of your Stripe webhook endpoint", &["whsec_"]);
    let api_base = match reader.text("STRIPE_API_BASE") {
        None => None,
        Some(_) => Some(reader.web_address("STRIPE_API_BASE", "")?),
    };
    Some(StripeConfig { secret_key: key?, webhook_secret: webhook?, api_base })
}

/// `/var/lib/minutebank` for root, else the user's data folder.
fn default_data_dir() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/minutebank"));
    }
    directories::ProjectDirs::from("", "", "minutebank").map(|dirs| dirs.data_dir().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find)
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let ConfigError(wrong) = read(&[
            ("DATABASE_URL", "postgres://x"),
            ("MINUTEBANK_ADDR", "nowhere"),
            ("MINUTEBANK_METRICS_ADDR", "9464"),
            ("MINUTEBANK_PUBLIC_URL", "https://a.example/path"),
            ("STRIPE_SECRET_KEY", "pk_live_1"),
            ("SMTP_URL", "smtp://user:hidden@mail.example"),
            ("MAIL_FROM", "nobody"),
        ])
        .unwrap_err();
        let text = wrong.join("\n");
        let names = [
            "MINUTEBANK_ADDR",
            "MINUTEBANK_METRICS_ADDR",
            "MINUTEBANK_PUBLIC_URL",
            "STRIPE_SECRET_KEY",
            "STRIPE_WEBHOOK_SECRET",
            "SMTP_URL",
            "MAIL_FROM",
        ];
        for name in names {
            assert!(text.contains(name), "{name} is missing in: {text}");
        }
        assert_eq!(wrong.len(), 7);
        assert!(!text.contains("hidden"));
    }

    #[test]
    fn secrets_do_not_show() {
        let config = read(&[
            ("DATABASE_URL", "postgres://user:hidden@db/x"),
            ("STRIPE_SECRET_KEY", "sk_live_hidden"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_hidden"),
            ("SMTP_URL", "smtps://user:hidden@mail.example"),
            ("MAIL_FROM", "Billing <billing@example.com>"),
        ])
        .unwrap();
        assert!(!config.demo && config.mail.is_some());
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
