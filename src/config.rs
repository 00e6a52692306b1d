//! Configuration from the environment (SPEC §6). Every missing or bad value is reported at once, with what to set.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

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
    /// `MINUTEBANK_PUBLIC_URL`: how browsers and Stripe reach it, without a path.
    pub public_url: Url,
    /// `MINUTEBANK_DATA_DIR`: where the embedded Postgres and the sandbox keep their files.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: an own Postgres; without it the embedded one is started.
    pub database_url: Option<Secret>,
    /// Demo mode: sandbox, demo data, and a note on each page.
    pub demo: bool,
    /// How to reach Stripe.
    pub stripe: StripeConfig,
    /// `STRIPE_SANDBOX_ADDR`: where demo mode's sandbox listens.
    pub sandbox_addr: SocketAddr,
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
