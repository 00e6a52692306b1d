//! `POST /webhooks/stripe`: who is believed, and what is kept.

use jiff::SignedDuration;
use minutebank::app::sweep_purchases::sweep;
use serde_json::json;

use super::shop::{Shop, shop};

async fn paid(shop: &Shop<'_>) -> String {
    shop.hold_webhooks().await;
    shop.buy("one", 1).await.unwrap();
    let session = shop.session("one").await;
    shop.pay(&session).await;
    session
}

#[test]
fn a_wrong_or_old_signature_changes_nothing() {
    shop(async |shop| {
        let session = paid(shop).await;
        for wrong in [json!({ "secret": "whsec_other" }), json!({ "age_secs": 301 }), json!({ "age_secs": -301 })] {
            let mut resend = json!({ "session": session });
            resend.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
            assert_eq!(shop.control("webhooks/resend", resend).await["statuses"], json!([400]), "{wrong}");
        }
        assert_eq!(shop.webhook("{}", "").await, 400);
        assert_eq!(shop.webhook("{}", &shop.signature("{} ", 0)).await, 400);
        assert_eq!(shop.webhook("nonsense", &shop.signature("nonsense", 0)).await, 400);
        assert_eq!(shop.count("select count(*) from stripe_events").await, 0);
        assert_eq!(shop.lots().await, [0; 0]);
        let old = json!({ "session": session, "age_secs": 300 });
        assert_eq!(shop.control("webhooks/resend", old).await["statuses"], json!([200]));
        assert_eq!(shop.lots().await, [100]);
        assert_eq!(shop.count("select count(*) from stripe_events where outcome = 'credited'").await, 1);
    });
}

#[test]
fn events_of_others_and_of_the_other_mode_change_nothing() {
    shop(async |shop| {
        let session = paid(shop).await;
        let event = |id: &str, kind: &str, live: bool, object: &str| {
            json!({ "id": id, "object": "event", "type": kind, "livemode": live, "data": { "object": { "id": object } } })
                .to_string()
        };
        let completed = "checkout.session.completed";
        let live = event("evt_live", completed, true, &session);
        assert_eq!(shop.webhook(&live, &shop.signature(&live, 0)).await, 200);
        assert_eq!(shop.count("select count(*) from stripe_events").await, 0);
        for body in [
            event("evt_1", "charge.updated", false, "ch_1"),
            event("evt_2", completed, false, "cs_test_ofanother"),
            event("evt_3", completed, false, "../customers"),
        ] {
            assert_eq!(shop.webhook(&body, &shop.signature(&body, 0)).await, 200);
        }
        assert_eq!(shop.count("select count(*) from stripe_events where outcome = 'ignored'").await, 1);
        assert_eq!(shop.count("select count(*) from stripe_events where outcome = 'not ours'").await, 2);
        assert_eq!(shop.lots().await, [0; 0]);
        // Fields that the library insists on are missing here; the signature is good, so the id is believed.
        let bare = event("evt_4", completed, false, &session);
        assert_eq!(shop.webhook(&bare, &shop.signature(&bare, 0)).await, 200);
        assert_eq!(shop.lots().await, [100]);
        let long = format!("{}{bare}", " ".repeat(100_000));
        assert_eq!(shop.webhook(&long, &shop.signature(&long, 0)).await, 200);
    });
}

#[test]
fn an_event_is_done_only_after_its_effect() {
    shop(async |shop| {
        let session = paid(shop).await;
        shop.fault("html_502", "GET", "/v1/checkout", 1_000).await;
        let told = shop.control("webhooks/resend", json!({ "session": session })).await;
        assert_eq!(told["statuses"], json!([503]));
        assert_eq!(shop.count("select count(*) from stripe_events where processed_at is null").await, 1);
        assert_eq!(shop.lots().await, [0; 0]);
        shop.heal().await;
        // Only the event is swept: the purchase itself is put off.
        shop.by_hand("update purchases set next_check_at = 'infinity'").await;
        shop.world.clock.advance(SignedDuration::from_mins(1));
        sweep(&shop.state).await.unwrap();
        assert_eq!(shop.lots().await, [100]);
        assert_eq!(shop.count("select count(*) from stripe_events where outcome = 'credited'").await, 1);
    });
}

#[test]
fn an_event_faster_than_the_answer_to_its_session_credits_too() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        shop.fault("drop_after", "POST", "/v1/checkout", 1_000).await;
        shop.buy("one", 1).await.unwrap_err();
        shop.heal().await;
        let purchase = shop.purchase("one").await;
        assert_eq!(purchase.session, None);
        let stored = shop.state.stripe.find_session(&purchase.customer, &purchase.id).await.unwrap().unwrap();
        shop.pay(&stored.id).await;
        let told = shop.control("webhooks/resend", json!({ "session": stored.id, "copies": 3 })).await;
        assert_eq!(told["statuses"], json!([200, 200, 200]));
        assert_eq!(shop.lots().await, [100]);
    });
}
