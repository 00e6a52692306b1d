//! What a saved card was charged, among the client's payments and receipts.

use minutebank::app::recharge::recharge_all;
use minutebank::tenants::Scope;
use serde_json::json;

use super::shop::{DECLINED, INTENTS, VISA, with_card};
use crate::payments::shop::{OWNER, Shop};
use crate::refunds::desk::told;
use crate::site;

/// A program tops up so much; the status of the answer.
async fn top_up(shop: &Shop<'_>, dollars: i64) -> u16 {
    let program = shop.site.program("mb_test_charges");
    let cards = program.get("/v1/wallet/payment_methods").await.json();
    let body = json!({ "amount_usd": dollars, "payment_method_id": cards["data"][0]["id"] });
    program.post_once(&format!("top-up of {dollars}"), "/v1/wallet/topup", &body).await.status.as_u16()
}

/// The section of Billing, and the whole page; both must say the same.
async fn listed(shop: &Shop<'_>) -> String {
    let browser = shop.browser(OWNER).await;
    let list = |page: String| page.split("class=\"table transactions payments\"").nth(1).map(str::to_owned);
    let section = list(browser.page("/billing").await).expect("Billing lists payments");
    let all = list(browser.page("/billing/payments").await).expect("the page lists payments");
    let rows = |html: &str| site::words(html.split("<tbody").nth(1).unwrap().split("</table>").next().unwrap());
    assert_eq!(rows(&section), rows(&all));
    all
}

#[test]
fn charges_of_programs_and_of_auto_recharge_have_receipts_and_say_what_went_back() {
    with_card(VISA, async |shop| {
        shop.world.key(shop.workspace, "mb_test_charges", &[Scope::WalletCharge, Scope::WalletRead]).await;
        assert_eq!(top_up(shop, 20).await, 200);
        shop.advance(1);
        shop.switch_on().await;
        shop.spend("low", 2_600).await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(2, 7_000, "two charges").await;
        let charges = shop.stripe_list("charges?limit=2").await;
        let html = listed(shop).await;
        for charge in &charges {
            let receipt = charge["receipt_url"].as_str().unwrap();
            assert!(html.contains(&format!("href=\"{receipt}\"")), "{receipt} is missing in {html}");
        }
        let words = site::words(&html);
        for row in [
            "Credits Auto-recharge, Visa ending 4242 – Paid Nov 20 $50.00 Receipt",
            "Credits Through the API, Visa ending 4242 – Paid Nov 20 $20.00 Receipt",
        ] {
            assert!(words.contains(row), "{row:?} is missing in {words}");
        }
        for (cents, said) in [("500", "$5.00 refunded $20.00 Receipt"), ("1500", "Refunded $20.00 Receipt")] {
            let payment = charges[1]["payment_intent"].as_str().unwrap();
            shop.stripe_form("refunds", &[("payment_intent", payment), ("amount", cents)]).await;
            told(shop, 1).await;
            let words = site::words(&listed(shop).await);
            assert!(words.contains(said), "{said:?} is missing in {words}");
        }
    });
}

#[test]
fn a_charge_that_is_pending_or_failed_says_so_and_is_not_to_be_paid() {
    with_card(DECLINED, async |shop| {
        shop.world.key(shop.workspace, "mb_test_charges", &[Scope::WalletCharge, Scope::WalletRead]).await;
        assert_eq!(top_up(shop, 20).await, 402);
        shop.advance(1);
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        assert_eq!(top_up(shop, 30).await, 202);
        let html = listed(shop).await;
        let words = site::words(&html);
        for row in ["Visa ending 0341 – Pending $30.00", "Visa ending 0341. Declined – Failed $20.00"] {
            assert!(words.contains(row), "{row:?} is missing in {words}");
        }
        assert!(!html.contains("action=\"/billing/pay\"") && !html.contains(">Receipt<"), "{html}");
    });
}
