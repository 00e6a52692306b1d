//! Refunds are asked again beside the period's billing: whoever waits for Stripe keeps nobody's period waiting.

use std::sync::Arc;
use std::time::Duration;

use minutebank::app::keep_billing::{keep_billing, keep_refunding};
use minutebank::app::refund_unused::{RefundForm, refund_unused};
use minutebank::payments::Stripe;
use minutebank::state::AppState;

use super::desk::client_with;
use crate::payments::shop::Shop;

const REFUNDS: &str = "/v1/refunds";
/// Far more than a look takes that waits for nobody.
const LONG: Duration = Duration::from_secs(90);

/// How many questions about refunds the sandbox has left without an answer, of a thousand.
async fn hanging(shop: &Shop<'_>) -> u64 {
    let faults = shop.figures().await["faults"].clone();
    1_000 - faults[0]["times"].as_u64().unwrap_or_else(|| panic!("{faults}"))
}

#[test]
fn a_refund_that_hangs_at_stripe_holds_up_no_period() {
    client_with(1, async |shop| {
        shop.fault("drop_before", "POST", REFUNDS, 1_000).await;
        let form = RefundForm { workspace: shop.workspace, by: shop.owner, key: "form".to_owned() };
        refund_unused(&shop.state, &form, &shop.purchase("one").await.id).await.unwrap_err();
        shop.heal().await;
        // The period ends. The refund is too old to be sent again, it is read back.
        shop.advance(31 * 24 * 60);
        shop.fault("hang", "GET", REFUNDS, 1_000).await;
        let stripe = Stripe::new(&shop.state.config.stripe).unwrap().answering_within(LONG);
        let state = AppState { stripe: Arc::new(stripe), ..shop.state.clone() };

        let refunding = tokio::spawn(keep_refunding(state.clone()));
        shop.until("Stripe is asked", async || hanging(shop).await == 1).await;
        let billing = tokio::spawn(keep_billing(state));
        let billed = "select count(*) from payment_requests where period_seq is not null";
        shop.until("the period opens and is billed", async || {
            shop.count("select count(*) from periods").await == 2 && shop.count(billed).await > 0
        })
        .await;
        // What billing still does in this look is done by now.
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(hanging(shop).await, 1, "billing asks nothing about refunds");
        assert_eq!(shop.count("select count(*) from refunds where status = 'open'").await, 1, "it hangs all the while");
        refunding.abort();
        billing.abort();
        shop.heal().await;
    });
}
