//! A charge of a saved card goes back, like any other payment of credits.

use minutebank::app::sweep_purchases::sweep_all;
use minutebank::tenants::Scope;
use serde_json::json;

use super::desk::{stands, told};
use crate::payments::shop::Shop;
use crate::recharge::shop::{INTENTS, VISA, with_card};

/// Tops up $20 by a program; the status of the answer.
async fn top_up(shop: &Shop<'_>) -> u16 {
    shop.world.key(shop.workspace, "mb_test_charges", &[Scope::WalletCharge, Scope::WalletRead]).await;
    let program = shop.site.program("mb_test_charges");
    let cards = program.get("/v1/wallet/payment_methods").await.json();
    let body = json!({ "amount_usd": 20, "payment_method_id": cards["data"][0]["id"] });
    program.post_once("one", "/v1/wallet/topup", &body).await.status.as_u16()
}

/// Somebody refunds all of it in Stripe's dashboard.
async fn refund(shop: &Shop<'_>) {
    let charges = shop.stripe_list("payment_intents?limit=1").await;
    let made = shop.stripe_form("refunds", &[("payment_intent", charges[0]["id"].as_str().unwrap())]).await;
    assert_eq!(made["amount"], json!(2_000), "{made}");
}

#[test]
fn what_was_spent_of_a_refunded_top_up_is_owed() {
    with_card(VISA, async |shop| {
        shop.hold_webhooks().await;
        assert_eq!(top_up(shop).await, 200);
        assert_eq!(stands(shop).await, (0, 0, 4_500));
        shop.spend("spent", 3_000).await;
        refund(shop).await;
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (0, 500, 0));
    });
}

#[test]
fn a_refund_that_is_heard_of_before_the_credit_is_heard_again() {
    with_card(VISA, async |shop| {
        shop.hold_webhooks().await;
        shop.fault("drop_after", "POST", INTENTS, 1_000).await;
        assert_eq!(top_up(shop).await, 202, "its outcome is not known");
        shop.heal().await;
        refund(shop).await;
        let events = shop.stripe_list("events?type=charge.refunded").await;
        let sent = shop.control("webhooks/resend", json!({ "event": events[0]["id"] })).await;
        assert_eq!(sent["statuses"], json!([503]), "it is to come again");
        assert_eq!(stands(shop).await, (0, 0, 2_500));
        for _ in 0..2 {
            sweep_all(&shop.state).await.unwrap();
        }
        assert_eq!(stands(shop).await, (0, 0, 2_500), "credited, then taken");
        assert_eq!(shop.count("select count(*) from postings where kind = 5 and key like 'pi%'").await, 1);
        assert_eq!(shop.count("select count(*) from postings where kind = 20").await, 1);
    });
}
