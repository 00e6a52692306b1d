//! What can be bought through Checkout: the way of the money is the same for both.

use minutebank::app::open_checkout::BuyError;
use minutebank::pricing::{Rates, Terms};
use minutebank::units::MilliCents;

use super::shop::{Shop, shop_on};
use crate::fixture::starter;

/// Something for $30.
#[derive(Clone, Copy)]
pub enum Ware {
    /// Three packs of 100 minutes.
    Packs,
    /// Credits, by a client that has $5.
    Credits,
}

impl Ware {
    /// Runs a test with each, in a shop of its own.
    pub fn each(test: impl AsyncFn(&Shop, Self)) {
        for ware in [Self::Packs, Self::Credits] {
            shop_on(&ware.terms(), async |shop| test(shop, ware).await);
        }
    }

    /// The plan of a client that may buy it.
    pub fn terms(self) -> Terms {
        let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
        match self {
            Self::Packs => starter(),
            Self::Credits => {
                Terms { name: "Flat".into(), rates, included: 0, free_credits: MilliCents(500_000), ..starter() }
            }
        }
    }

    /// Buys it as the owner; answers the address of Checkout.
    pub async fn buy(self, shop: &Shop<'_>, key: &str) -> Result<String, BuyError> {
        match self {
            Self::Packs => shop.buy(key, 3).await,
            Self::Credits => shop.buy_credits(key, 3_000).await,
        }
    }

    /// Nothing of it is in the wallet.
    pub async fn nothing_yet(self, shop: &Shop<'_>) {
        assert_eq!(shop.lots().await, [0; 0]);
        assert_eq!(shop.count("select count(*) from postings where kind in (3, 5)").await, 0);
    }

    /// One posting, and exactly what was paid for.
    pub async fn credited_once(self, shop: &Shop<'_>) {
        let (lots, postings): (&[i64], _) = match self {
            Self::Packs => (&[100, 100, 100], "select count(*) from postings where kind = 3"),
            Self::Credits => (&[], "select count(*) from postings where kind = 5"),
        };
        assert_eq!(shop.lots().await, lots);
        assert_eq!(shop.credits().await, if matches!(self, Self::Credits) { 3_500 } else { 0 });
        assert_eq!(shop.count(postings).await, 1);
        assert_eq!(shop.count("select count(*) from purchases where status = 'credited'").await, 1);
    }

    /// What Billing says on the way back.
    pub fn told(self) -> &'static [&'static str] {
        match self {
            Self::Packs => &["300 minutes added"],
            Self::Credits => &["$30.00 added", "You now have $35.00 in credits."],
        }
    }

    /// Counts its receipts.
    pub fn receipts(self) -> &'static str {
        match self {
            Self::Packs => {
                "select count(*) from mails where subject = 'Your receipt' and body like '%$30.00: 3 × Medium%'"
            }
            Self::Credits => {
                "select count(*) from mails where subject = 'Your receipt' and body like '%$30.00: Credits%'"
            }
        }
    }
}
