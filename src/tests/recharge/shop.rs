//! A client on credits with a saved card, the product around it, and Stripe's sandbox.

use std::time::Duration;

use jiff::SignedDuration;
use minutebank::app::set_recharge::configure;
use minutebank::ledger::{CallOutcome, Command, Direction, Placement};
use minutebank::payments::recharge::Amounts;
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::units::{MilliCents, Seconds};

use crate::fixture::starter;
use crate::payments::shop::{Shop, shop_on};

pub const VISA: &str = "4242424242424242";
pub const MASTERCARD: &str = "5555555555554444";
/// Can be saved; every charge is declined.
pub const DECLINED: &str = "4000000000000341";
/// Asks for authentication each time.
pub const ASKS: &str = "4000002760003184";
pub const INTENTS: &str = "/v1/payment_intents";

/// A minute costs $1, a message a cent; $25 are free.
fn credits_only() -> Terms {
    Terms {
        name: "Credits".into(),
        included: 0,
        rates: Rates { voice: MilliCents(100_000), message: MilliCents(1_000), ..Rates::default() },
        hold: HoldPolicy::Buffer(60),
        free_credits: MilliCents(2_500_000),
        ..starter()
    }
}

/// Runs a test in a shop whose client has saved this card.
pub fn with_card(number: &str, test: impl AsyncFnOnce(&Shop)) {
    shop_on(&credits_only(), async |shop| {
        shop.save_card(&shop.form("card"), number).await;
        // What is told of it meanwhile would have the settings' row for a moment.
        shop.until("every event", async || shop.figures().await["deliveries"]["pending"] == 0).await;
        test(shop).await;
    });
}

pub fn dollars(threshold: i64, topup: i64, monthly_cap: i64) -> Amounts {
    let dollars = |dollars: i64| MilliCents(dollars * MilliCents::PER_DOLLAR);
    Amounts { threshold: dollars(threshold), topup: dollars(topup), monthly_cap: dollars(monthly_cap) }
}

impl Shop<'_> {
    /// Charges $50 below $20, at most $200 a month.
    pub async fn switch_on(&self) {
        self.switch(true, Some(&dollars(20, 50, 200))).await;
    }

    pub async fn switch(&self, enabled: bool, amounts: Option<&Amounts>) {
        configure(&self.state, self.workspace, enabled, amounts, Some(self.owner)).await.unwrap();
    }

    /// Places a call of a minute.
    pub async fn place(&self, id: &str) {
        let placement = Placement {
            id: id.to_owned(),
            direction: Direction::Inbound,
            agent: None,
            from: None,
            to: None,
            recording: false,
            metadata: None,
        };
        self.world.submit(self.workspace, Command::PlaceHold(placement)).await;
    }

    /// Ends a call after so many seconds.
    pub async fn end(&self, id: &str, seconds: i64) {
        let billed = Seconds(seconds);
        let end = Command::EndCall { id: id.to_owned(), outcome: CallOutcome::Answered, duration: billed, billed };
        self.world.submit(self.workspace, end).await;
    }

    /// Uses so many cents.
    pub async fn spend(&self, id: &str, cents: i64) {
        self.world.submit(self.workspace, Command::ChargeMessages { id: id.to_owned(), count: cents }).await;
    }

    /// What Stripe has taken, in cents.
    pub async fn paid(&self) -> i64 {
        let intents = self.stripe_list("payment_intents?limit=100").await;
        intents.iter().map(|intent| intent["amount_received"].as_i64().unwrap()).sum()
    }

    /// What the ledger was credited by charges, in cents.
    pub async fn credited(&self) -> i64 {
        self.count("select coalesce(sum(amount_mc), 0)::bigint / 1000 from topups where status = 'succeeded'").await
    }

    /// Ledger and sandbox agree to the cent: so much was charged, in so many charges.
    pub async fn agree(&self, charges: i64, cents: i64, what: &str) {
        let charged = self.figures().await["payments"].as_i64().unwrap();
        assert_eq!((charged, self.paid().await, self.credited().await), (charges, cents, cents), "{what}");
    }

    /// Waits until something is so; what happens in the background has its own pace.
    pub async fn until(&self, what: &str, mut so: impl AsyncFnMut() -> bool) {
        for _ in 0..200 {
            if so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{what} does not happen");
    }

    pub fn advance(&self, minutes: i64) {
        self.world.clock.advance(SignedDuration::from_mins(minutes));
    }
}
