//! What is owed after a refund: a line of its own in the next purchase, and the first thing that a top-up pays.

use minutebank::pricing::{Rates, Terms};
use minutebank::units::MilliCents;
use serde_json::Value;

use super::desk::{bought, client_with, packs_only, refunded, stands, talk, told};
use crate::payments::shop::{OWNER, Shop, shop_on};
use crate::site::words;

/// A client that owes $7.00 for 70 minutes.
async fn owing(shop: &Shop<'_>) {
    talk(shop, "used", 70).await;
    refunded(shop, "one", 1_000).await;
    told(shop, 1).await;
    assert_eq!(stands(shop).await, (0, 700, 0));
}

#[test]
fn the_next_pack_pays_it_as_a_line_of_its_own() {
    client_with(1, async |shop| {
        owing(shop).await;
        let dialog = shop.browser(OWNER).await.page("/billing?buy=minutes").await;
        assert!(dialog.contains("Outstanding balance") && dialog.contains("$7.00"), "it is shown before Confirm");
        assert!(dialog.contains("Pay $17.00"), "and counted");
        shop.buy("two", 1).await.unwrap();
        let items = shop.stripe_list(&format!("checkout/sessions/{}/line_items", shop.session("two").await)).await;
        let lines: Vec<_> =
            items.iter().map(|item| (item["description"].as_str().unwrap(), item["amount_total"].as_i64())).collect();
        assert_eq!(lines, [("Medium, 100 minutes", Some(1_000)), ("Outstanding balance", Some(700))]);
        shop.pay(&shop.session("two").await).await;
        minutebank::app::sweep_purchases::sweep_all(&shop.state).await.unwrap();
        assert_eq!(stands(shop).await, (100, 0, 0), "debt never shrinks a pack");
    });
}

#[test]
fn what_was_paid_beyond_the_debt_of_that_moment_becomes_credits() {
    client_with(1, async |shop| {
        owing(shop).await;
        shop.buy("two", 1).await.unwrap();
        // A top-up pays it meanwhile.
        shop.world
            .submit(
                shop.workspace,
                minutebank::ledger::Command::CreditMoney {
                    key: "given".into(),
                    amount: minutebank::units::MilliCents::from_cents(300),
                },
            )
            .await;
        assert_eq!(stands(shop).await, (0, 400, 0));
        shop.pay(&shop.session("two").await).await;
        minutebank::app::sweep_purchases::sweep_all(&shop.state).await.unwrap();
        assert_eq!(stands(shop).await, (100, 0, 300));
    });
}

#[test]
fn a_refund_of_such_a_purchase_takes_its_packs_first_then_makes_the_debt_anew() {
    client_with(1, async |shop| {
        owing(shop).await;
        bought(shop, "two", 1).await;
        assert_eq!(stands(shop).await, (100, 0, 0));
        refunded(shop, "two", 500).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (50, 0, 0));
        refunded(shop, "two", 1_200).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (0, 700, 0));
    });
}

#[test]
fn a_top_up_says_what_of_it_paid_the_outstanding_balance() {
    let rates = Rates { voice: MilliCents(10_000), ..Rates::default() };
    shop_on(&Terms { rates, ..packs_only() }, async |shop| {
        shop.hold_webhooks().await;
        bought(shop, "one", 1).await;
        owing(shop).await;
        let browser = shop.browser(OWNER).await;
        let page = async |path: &str| words(&browser.page(path).await);
        for (key, cents, notice, row, mail, event) in [
            (
                "whole",
                500,
                "$5.00 paid toward your outstanding balance $2.00 is still outstanding.",
                "Top-up of $5.00 10:00 · $5.00 paid toward your outstanding balance Top-up $0.00 $0.00",
                "paid $5.00: $5.00 toward your outstanding balance. To see it",
                [0, 500_000],
            ),
            (
                "part",
                1_000,
                "$8.00 added $2.00 more paid toward your outstanding balance. You now have $8.00 in credits.",
                "Credits added 10:00 · Paid through Stripe, $2.00 more paid toward your outstanding balance Top-up +$8.00",
                "paid $10.00: $8.00 in credits, $2.00 toward your outstanding balance. To see it",
                [800_000, 200_000],
            ),
        ] {
            shop.buy_credits(key, cents).await.unwrap();
            let session = shop.session(key).await;
            shop.pay(&session).await;
            let (_, back) = browser.open(&format!("/billing/return?session_id={session}")).await;
            let billing = page(&back).await;
            assert!(billing.contains(notice), "{notice:?} is missing in {billing}");
            let listed = page("/billing/transactions?type=topup").await;
            assert!(listed.contains(row), "{row:?} is missing in {listed}");
            let mut db = shop.world.superuser().await;
            let last = "select body from mails where subject = 'Your receipt' order by id desc limit 1";
            let body: String = sqlx::query_scalar(last).fetch_one(&mut db).await.unwrap();
            assert!(body.contains(mail), "{body}");
            let last = "select data from wallet_events where type = 'wallet.credited' order by seq desc limit 1";
            let data: Value = sqlx::query_scalar(last).fetch_one(&mut db).await.unwrap();
            assert_eq!(
                [&data["amount_milli_cents"], &data["debt_paid_milli_cents"]],
                event.map(Value::from).each_ref()
            );
        }
        assert_eq!(stands(shop).await, (0, 0, 800));
    });
}

#[test]
fn the_wallet_says_what_is_owed() {
    client_with(1, async |shop| {
        owing(shop).await;
        let billing = shop.browser(OWNER).await.page("/billing").await;
        assert!(billing.contains("Outstanding balance") && billing.contains("$7.00"));
        let transactions = shop.browser(OWNER).await.page("/billing/transactions").await;
        for words in ["Medium 100 refunded", "30 min taken back", "Outstanding balance of $7.00"] {
            assert!(transactions.contains(words), "{words}");
        }
        let packages = shop.browser(OWNER).await.page("/billing/packages").await;
        assert!(packages.contains("Refunded"), "the lot's state");
    });
}
