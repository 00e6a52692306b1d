//! Alerts: what members are told by mail of their wallet, and when (SPEC §2.3).
//!
//! A wallet is low, or paused, at a level; crossing it is told once, and again only after the wallet has been above it.
//! Levels look at what there is with nothing held, so that running calls do not make them flap (SPEC §1.3).

pub mod repo;

use crate::pricing::Standing;
use crate::tenants::UserId;
use crate::units::{MilliCents, words};

/// What somebody can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alert {
    /// Less is left than the workspace wants.
    Low,
    /// Calls are refused.
    Paused,
    /// An auto-recharge has failed.
    RechargeFailed,
    /// Something was paid.
    Receipt,
}

words!(Alert { Low = "low", Paused = "paused", RechargeFailed = "recharge_failed", Receipt = "receipts" });

impl Alert {
    /// Every alert, as the settings list them.
    pub const ALL: [Alert; 4] = [Alert::Low, Alert::Paused, Alert::RechargeFailed, Alert::Receipt];
}

/// From where on a balance is low. A workspace that counts neither is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Less in credits than this, where use has a rate.
    pub below: Option<MilliCents>,
    /// Fewer calls than this fit.
    pub below_calls: Option<i64>,
}

impl Default for Thresholds {
    /// Amber, as the pill has it.
    fn default() -> Self {
        Self { below: None, below_calls: Some(2) }
    }
}

impl Thresholds {
    /// Whether a standing with nothing held is low. Where calls are billed afterwards none is ever too few.
    pub fn is_low(&self, unheld: &Standing) -> bool {
        let by_money = self.below.is_some_and(|below| unheld.sigma.0 > 0 && unheld.posted < below);
        let by_calls = self.below_calls.is_some_and(|below| unheld.calls_that_fit() < below);
        by_money || by_calls
    }
}

/// What one member wants to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub user: UserId,
    /// In the order of [`Alert::ALL`].
    pub wants: [bool; 4],
}

/// Settings that were saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertSettings {
    /// From where on a balance is low.
    pub thresholds: Thresholds,
    /// Members who want to be told something.
    pub recipients: Vec<Recipient>,
}

/// How a wallet stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Less is left than the workspace wants.
    pub low: bool,
    /// Calls are refused.
    pub paused: bool,
}

impl Levels {
    /// What is to be told of a wallet that stood so `before`: the worse of what is new.
    pub fn crossed(self, before: Levels) -> Option<Alert> {
        if self.paused && !before.paused {
            return Some(Alert::Paused);
        }
        (self.low && !before.low && !before.paused).then_some(Alert::Low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(cents: i64) -> Standing {
        let rate = MilliCents(5_000);
        Standing {
            posted: MilliCents::from_cents(cents),
            sigma: rate,
            sigma_max: rate,
            hold: 3_600,
            ..Standing::default()
        }
    }

    #[test]
    fn a_balance_is_low_by_money_or_by_calls() {
        let money = Thresholds { below: Some(MilliCents::from_cents(1_000)), below_calls: None };
        assert!(!money.is_low(&credits(1_000)) && money.is_low(&credits(999)));
        let units = Standing { allowance: 60, hold: 60, ..Standing::default() };
        assert!(!money.is_low(&units), "credits pay for nothing there");
        let calls = Thresholds { below: None, below_calls: Some(3) };
        assert!(!calls.is_low(&credits(900)) && calls.is_low(&credits(899)));
        assert!(Thresholds::default().is_low(&units));
        assert!(!Thresholds { below: None, below_calls: None }.is_low(&Standing::default()));
        assert!(!calls.is_low(&Standing { postpaid: true, ..credits(0) }));
    }

    #[test]
    fn a_crossing_is_told_once_and_as_the_worse_one() {
        let (ok, low) = (Levels::default(), Levels { low: true, paused: false });
        let paused = Levels { low: true, paused: true };
        assert_eq!(low.crossed(ok), Some(Alert::Low));
        assert_eq!(low.crossed(low), None);
        assert_eq!(paused.crossed(ok), Some(Alert::Paused));
        assert_eq!(paused.crossed(low), Some(Alert::Paused));
        assert_eq!(low.crossed(paused), None, "it has become better");
        assert_eq!(ok.crossed(paused), None);
    }
}
