//! Every way in which Stripe's answer can get lost: the same bytes and key again, never a second session.

use jiff::SignedDuration;
use minutebank::app::open_checkout::BuyError;
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::payments::PurchaseStatus;

use super::shop::{OWNER, Shop, shop};

const SESSIONS: &str = "/v1/checkout/sessions";

async fn made(shop: &Shop<'_>) -> (i64, i64) {
    let figures = shop.figures().await;
    (figures["customers"].as_i64().unwrap(), figures["sessions"]["total"].as_i64().unwrap())
}

#[test]
fn one_lost_answer_is_asked_for_again() {
    shop(async |shop| {
        let kinds = ["html_502", "html_502_after", "rate_limit", "drop_before", "drop_after", "partial_body", "hang"];
        for (count, kind) in (1..).zip(kinds) {
            shop.fault(kind, "POST", SESSIONS, 1).await;
            let address = shop.buy(kind, 1).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert!(address.contains("/c/pay/cs_test_"), "{kind}");
            assert_eq!(made(shop).await, (1, count), "{kind}");
        }
    });
}

#[test]
fn a_failure_that_stripe_repeats_is_read_back() {
    shop(async |shop| {
        shop.fault("http_500_after", "POST", SESSIONS, 1).await;
        assert!(shop.buy("made", 1).await.unwrap().contains("/c/pay/cs_test_"));
        assert_eq!(made(shop).await, (1, 1));
        shop.fault("http_500", "POST", SESSIONS, 1).await;
        assert!(matches!(shop.buy("not made", 1).await, Err(BuyError::FormUsed)), "no key has a space");
        assert!(matches!(shop.buy("not_made", 1).await, Err(BuyError::StripeRefused)));
        assert_eq!(shop.purchase("not_made").await.status, PurchaseStatus::Failed);
        assert!(matches!(shop.buy("not_made", 1).await, Err(BuyError::FormUsed)));
        assert_eq!(made(shop).await, (1, 1));
        assert!(shop.buy("anew", 1).await.is_ok());
    });
}

#[test]
fn a_customer_is_made_once_whatever_gets_lost() {
    for kind in ["html_502_after", "drop_after", "hang", "http_500_after"] {
        shop(async |shop| {
            shop.fault(kind, "POST", "/v1/customers", 1).await;
            shop.buy("one", 1).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
            shop.buy("two", 1).await.unwrap();
            assert_eq!(made(shop).await, (1, 2), "{kind}");
        });
    }
    shop(async |shop| {
        shop.fault("http_500", "POST", "/v1/customers", 1).await;
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::StripeRefused)));
        assert_eq!(made(shop).await, (0, 0));
        assert!(shop.buy("one", 1).await.is_ok(), "a new attempt, since the first is known to have failed");
        assert_eq!(made(shop).await, (1, 1));
    });
}

#[test]
fn an_outcome_that_stays_unknown_keeps_its_form_and_is_swept() {
    for kind in ["drop_after", "drop_before"] {
        shop(async |shop| {
            shop.buy("first", 1).await.unwrap();
            shop.fault(kind, "POST", SESSIONS, 1_000).await;
            let browser = shop.browser(OWNER).await;
            let fields = [("purchase_key", "one"), ("pack", "pack_medium"), ("quantity", "2")];
            let back = "/billing?buy=minutes&pack=pack_medium&quantity=2&key=one&error=stripe_unreachable";
            assert_eq!(browser.buy(&fields).await, (303, back.to_owned()), "{kind}");
            let before = shop.purchase("one").await;
            assert_eq!((before.status, &before.session), (PurchaseStatus::Open, &None));
            shop.heal().await;
            shop.world.clock.advance(SignedDuration::from_mins(1));
            sweep(&shop.state).await.unwrap();
            let after = shop.purchase("one").await;
            assert_eq!(after.attempt, before.attempt, "the same bytes and key");
            let (session, address) = after.session.expect("the sweep has asked again");
            assert_eq!(browser.buy(&fields).await, (303, address));
            assert_eq!(made(shop).await, (1, 2), "{kind}");
            shop.pay(&session).await;
            sweep_all(&shop.state).await.unwrap();
            assert_eq!(shop.lots().await, [100, 100]);
        });
    }
}

#[test]
fn after_23_hours_an_outcome_is_only_read_back() {
    shop(async |shop| {
        shop.buy("first", 1).await.unwrap();
        shop.fault("drop_after", "POST", SESSIONS, 1_000).await;
        shop.buy("made", 1).await.unwrap_err();
        shop.heal().await;
        shop.fault("drop_before", "POST", SESSIONS, 1_000).await;
        shop.buy("lost", 1).await.unwrap_err();
        shop.heal().await;
        assert_eq!(made(shop).await, (1, 2));
        shop.world.clock.advance(SignedDuration::from_mins(23 * 60 + 30));
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(made(shop).await, (1, 2), "nothing was sent again");
        assert!(shop.purchase("made").await.session.is_some());
        assert_eq!(shop.purchase("lost").await.status, PurchaseStatus::Failed);
    });
}

#[test]
fn a_customer_that_stripe_has_forgotten_is_made_anew() {
    shop(async |shop| {
        shop.buy("one", 1).await.unwrap();
        shop.control("reset", serde_json::json!({})).await;
        assert!(matches!(shop.buy("two", 1).await, Err(BuyError::StripeRefused)));
        shop.buy("three", 1).await.unwrap();
        assert_ne!(shop.purchase("one").await.customer, shop.purchase("three").await.customer);
        // The forgotten session cannot be retrieved any more; that alone ends nothing.
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.purchase("one").await.status, PurchaseStatus::Open);
    });
}
