//! What separates demo mode from the real thing (SPEC §6): no live key, loopback only, and nothing of it elsewhere.

use std::net::SocketAddr;

use jiff::SignedDuration;
use url::Url;

use super::{Reader, Secret, StripeConfig};

/// What demo mode's sandbox and server share; nothing secret.
const WEBHOOK_SECRET: &str = "whsec_minutebank_demo";
const STRIPE_KEY: &str = "sk_test_minutebank_demo";
/// Farthest that the demo's clock can be moved: ten years, in seconds.
const FARTHEST: i64 = 3_660 * 86_400;

/// Demo mode runs where it is asked for, or where neither a database nor Stripe is configured; never where
/// `MINUTEBANK_DEMO=0` forbids it.
pub(super) fn is_on(reader: &mut Reader<'_>) -> bool {
    let real = ["DATABASE_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"];
    let unconfigured = real.iter().all(|name| reader.text(name).is_none());
    reader.flag("MINUTEBANK_DEMO").unwrap_or(unconfigured)
}

/// Its logins are public, so other machines reach it only where that is asked for.
pub(super) fn check_addr(reader: &mut Reader<'_>, addr: Option<SocketAddr>) {
    let public = reader.flag("MINUTEBANK_DEMO_PUBLIC") == Some(true);
    if addr.is_some_and(|addr| !addr.ip().is_loopback()) && !public {
        reader
            .wrong
            .push("demo mode listens on loopback only; MINUTEBANK_DEMO_PUBLIC=1 allows another MINUTEBANK_ADDR".into());
    }
}

/// The sandbox instead of Stripe.
pub(super) fn stripe(reader: &mut Reader<'_>, sandbox_addr: Option<SocketAddr>) -> Option<StripeConfig> {
    if reader.text("STRIPE_SECRET_KEY").is_some_and(|key| !key.starts_with("sk_test_")) {
        reader.wrong.push("demo mode takes no live key: unset STRIPE_SECRET_KEY, or set MINUTEBANK_DEMO=0".into());
    }
    let addr = sandbox_addr?;
    if !addr.ip().is_loopback() {
        reader.wrong.push(format!("STRIPE_SANDBOX_ADDR must be a loopback address: {addr}"));
    }
    Some(StripeConfig {
        secret_key: Secret::new(STRIPE_KEY),
        webhook_secret: Secret::new(WEBHOOK_SECRET),
        api_base: Url::parse(&format!("http://{addr}")).ok(),
    })
}

/// `MINUTEBANK_CLOCK_OFFSET`: what is owed depends on the time, so only a demo moves it.
pub(super) fn clock_offset(reader: &mut Reader<'_>, demo: bool) -> SignedDuration {
    let Some(text) = reader.text("MINUTEBANK_CLOCK_OFFSET") else {
        return SignedDuration::ZERO;
    };
    if !demo {
        reader.wrong.push("MINUTEBANK_CLOCK_OFFSET moves the clock in demo mode only: unset it".into());
    }
    ahead(&text).unwrap_or_else(|| {
        reader
            .wrong
            .push(format!("MINUTEBANK_CLOCK_OFFSET must be like +35d (also h, m, s; 10 years at most): {text}"));
        SignedDuration::ZERO
    })
}

/// Reads `+35d`, `+36h`, `+90m` or `+5s`: time only runs forward.
fn ahead(text: &str) -> Option<SignedDuration> {
    let (number, unit) = text.strip_prefix('+')?.split_at_checked(text.len().checked_sub(2)?)?;
    let secs = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let offset = number.parse::<i64>().ok().filter(|_| digits)?.checked_mul(secs)?;
    (offset <= FARTHEST).then(|| SignedDuration::from_secs(offset))
}

#[cfg(test)]
mod tests {
    use super::super::{Config, ConfigError};
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Config::read(&find)
    }

    /// The error has these words.
    fn refused(variables: &[(&str, &str)], words: &str) {
        let error = read(variables).expect_err(words).to_string();
        assert!(error.contains(words), "{words} is not in: {error}");
    }

    #[test]
    fn nothing_set_is_demo_mode() {
        let config = read(&[("MINUTEBANK_DATA_DIR", "/tmp/x")]).unwrap();
        assert!(config.demo);
        assert_eq!(config.public_url.as_str(), "http://localhost:3000/");
        assert_eq!(config.stripe.api_base.unwrap().as_str(), "http://127.0.0.1:12111/");
        assert!(read(&[("DATABASE_URL", "postgres://x"), ("MINUTEBANK_DEMO", "1")]).unwrap().demo);
    }

    #[test]
    fn demo_mode_can_be_forbidden() {
        for off in ["0", "false"] {
            // Nothing else is set, so this is a start that lacks its Stripe key, not a demo.
            refused(&[("MINUTEBANK_DEMO", off)], "STRIPE_SECRET_KEY is not set");
            refused(&[("MINUTEBANK_DEMO", off)], "STRIPE_WEBHOOK_SECRET is not set");
        }
        let real = [("STRIPE_SECRET_KEY", "sk_live_1"), ("STRIPE_WEBHOOK_SECRET", "whsec_1")];
        let config = read(&[real[0], real[1], ("MINUTEBANK_DEMO", "0")]).unwrap();
        assert!(!config.demo && config.stripe.api_base.is_none());
        assert_eq!(config.stripe.secret_key.reveal(), "sk_live_1");
        refused(&[("MINUTEBANK_DEMO", "yes")], "MINUTEBANK_DEMO must be 1 or 0");
    }

    #[test]
    fn each_of_the_three_alone_ends_demo_mode() {
        for (name, value) in
            [("DATABASE_URL", "postgres://x"), ("STRIPE_SECRET_KEY", "sk_test_1"), ("STRIPE_WEBHOOK_SECRET", "whsec_1")]
        {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains("is not set") && !error.contains(&format!("{name} is not set")), "{error}");
        }
    }

    #[test]
    fn it_takes_no_live_key() {
        for key in ["sk_live_1", "rk_live_1", "rk_test_1", "nonsense"] {
            refused(&[("MINUTEBANK_DEMO", "1"), ("STRIPE_SECRET_KEY", key)], "no live key");
        }
        // Another account's test key and base address are not used either.
        let foreign = [("STRIPE_SECRET_KEY", "sk_test_other"), ("STRIPE_API_BASE", "https://api.stripe.com")];
        let config = read(&[("MINUTEBANK_DEMO", "1"), foreign[0], foreign[1]]).unwrap();
        assert_eq!(config.stripe.secret_key.reveal(), STRIPE_KEY);
        assert_eq!(config.stripe.api_base.unwrap().as_str(), "http://127.0.0.1:12111/");
    }

    #[test]
    fn it_is_public_only_on_demand() {
        for addr in ["0.0.0.0:3000", "[::]:3000", "10.0.0.1:3000"] {
            refused(&[("MINUTEBANK_ADDR", addr)], "loopback only");
            refused(&[("MINUTEBANK_ADDR", addr), ("MINUTEBANK_DEMO_PUBLIC", "0")], "loopback only");
            assert!(read(&[("MINUTEBANK_ADDR", addr), ("MINUTEBANK_DEMO_PUBLIC", "1")]).is_ok(), "{addr}");
        }
        assert!(read(&[("MINUTEBANK_ADDR", "[::1]:3000")]).is_ok());
        // The sandbox never is: who reaches it decides what was paid.
        refused(&[("STRIPE_SANDBOX_ADDR", "10.0.0.1:1"), ("MINUTEBANK_DEMO_PUBLIC", "1")], "STRIPE_SANDBOX_ADDR");
    }

    #[test]
    fn its_clock_moves_forward_only_and_no_other_does() {
        let offset = |text| read(&[("MINUTEBANK_CLOCK_OFFSET", text)]).map(|config| config.clock_offset.as_secs());
        assert_eq!(offset(""), Ok(0));
        assert_eq!(offset("+35d"), Ok(35 * 86_400));
        assert_eq!(offset("+400d"), Ok(400 * 86_400));
        assert_eq!(offset("+36h"), Ok(36 * 3_600));
        assert_eq!((offset("+90m"), offset("+5s")), (Ok(5_400), Ok(5)));
        for text in ["35d", "-2h", "+", "+d", "+1", "+1.5d", "++1d", "+1w", "+3661d", "+99999999999999999999d", "+1é"]
        {
            assert!(offset(text).is_err_and(|error| error.to_string().contains("+35d")), "{text}");
        }
        let real = [("STRIPE_SECRET_KEY", "sk_live_x"), ("STRIPE_WEBHOOK_SECRET", "whsec_x")];
        refused(&[real[0], real[1], ("MINUTEBANK_CLOCK_OFFSET", "+35d")], "demo mode only");
        refused(&[("MINUTEBANK_DEMO", "0"), ("MINUTEBANK_CLOCK_OFFSET", "+35d")], "demo mode only");
    }
}
