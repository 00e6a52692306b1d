//! A client whose calls use nothing but packs, and Stripe's side of its refunds and disputes.

use minutebank::ledger::{self, Wallet};
use minutebank::pricing::{HoldPolicy, Terms};
use serde_json::{Value, json};

use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::payments::shop::{Shop, shop_on};

/// No allowance; a call holds ten minutes.
pub fn packs_only() -> Terms {
    Terms { included: 0, hold: HoldPolicy::Buffer(600), ..starter() }
}

/// Runs a test with a client that has bought so many Mediums ($10 for 100 minutes each) at once; webhooks are held back.
pub fn client_with(mediums: i64, test: impl AsyncFnOnce(&Shop)) {
    shop_on(&packs_only(), async |shop| {
        shop.hold_webhooks().await;
        bought(shop, "one", mediums).await;
        test(shop).await;
    });
}

/// Buys and pays under a form's key; it is credited.
pub async fn bought(shop: &Shop<'_>, key: &str, mediums: i64) {
    shop.buy(key, mediums).await.unwrap();
    let session = shop.session(key).await;
    shop.pay(&session).await;
    minutebank::app::fulfil_purchase::fulfil(&shop.state, &session).await.unwrap();
}

/// A call of so many minutes.
pub async fn talk(shop: &Shop<'_>, id: &str, minutes: i64) {
    shop.world.submit(shop.workspace, place(id)).await;
    shop.world.submit(shop.workspace, answered(id, minutes * 60)).await;
}

/// The wallet.
pub async fn wallet(shop: &Shop<'_>) -> Wallet {
    let mut db = shop.state.db.acquire().await.unwrap();
    ledger::repo::wallet(&mut db, shop.workspace).await.unwrap().unwrap()
}

/// Minutes in packs, what is owed and credits, both in cents.
pub async fn stands(shop: &Shop<'_>) -> (i64, i64, i64) {
    let balances = wallet(shop).await.balances;
    (balances.packs_secs / 60, balances.debt_mc / 1_000, balances.credits_mc / 1_000)
}

/// Somebody refunds so much of a purchase's payment in Stripe's dashboard; the refund's id.
pub async fn refunded(shop: &Shop<'_>, key: &str, cents: i64) -> String {
    let payment = payment(shop, key).await;
    let made = shop.stripe_form("refunds", &[("payment_intent", &payment), ("amount", &cents.to_string())]).await;
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// The payment of a purchase.
pub async fn payment(shop: &Shop<'_>, key: &str) -> String {
    let session = shop.state.stripe.session(&shop.session(key).await).await.unwrap();
    session.payment_intent.expect("it is paid")
}

/// The card's owner disputes a purchase; the dispute's id.
pub async fn disputed(shop: &Shop<'_>, key: &str, warning: bool) -> String {
    let payment = payment(shop, key).await;
    let opened = shop.control("disputes", json!({ "payment": payment, "warning": warning })).await;
    opened["id"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned()
}

/// Sends every event about refunds and disputes so often, the newest first: all are answered 200.
pub async fn told(shop: &Shop<'_>, copies: u32) {
    let events = shop.stripe_list("events?limit=100").await;
    let kind = |event: &&Value| {
        let kind = event["type"].as_str().unwrap_or_default();
        kind.starts_with("charge.") || kind.starts_with("refund.")
    };
    for event in events.iter().filter(kind) {
        let sent = shop.control("webhooks/resend", json!({ "event": event["id"], "copies": copies })).await;
        let statuses = sent["statuses"].as_array().unwrap_or_else(|| panic!("{sent}"));
        assert!(statuses.iter().all(|status| *status == json!(200)), "{}: {sent}", event["type"]);
    }
}

/// Cents that were refunded, as Stripe counts them.
pub async fn refunded_at_stripe(shop: &Shop<'_>) -> i64 {
    let made = shop.stripe_list("refunds?limit=100").await;
    let stands = made.iter().filter(|refund| refund["status"] != "failed");
    stands.map(|refund| refund["amount"].as_i64().unwrap()).sum()
}
