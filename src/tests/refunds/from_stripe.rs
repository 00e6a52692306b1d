//! Refunds and disputes that happen at Stripe: in any order, any number of times.

use minutebank::app::agency::lists;
use minutebank::payments::inbox::ItemKind;
use minutebank::tenants::admin;
use serde_json::json;

use super::desk::{bought, client_with, disputed, packs_only, refunded, stands, talk, told, wallet};
use crate::ledger::{answered, place};
use crate::payments::shop::{Shop, shop_on};

/// What the agency is told: details of open items about disputes.
async fn inbox(shop: &Shop<'_>) -> Vec<String> {
    let mut db = shop.state.db.acquire().await.unwrap();
    let agency = admin::repo::agency_of(&mut db, shop.workspace).await.unwrap();
    drop(db);
    let items = lists::inbox(&shop.state, agency, true, i64::MAX, 10).await.unwrap();
    items.into_iter().filter(|item| item.kind == ItemKind::Dispute).map(|item| item.detail).collect()
}

#[test]
fn a_half_used_pack_is_refunded_once_by_ten_events_in_parallel() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        refunded(shop, "one", 500).await;
        told(shop, 10).await;
        assert_eq!(stands(shop).await, (0, 0, 0), "the used half stays charged");
        assert_eq!(shop.count("select count(*) from postings where kind = 20").await, 1);
        // What was processed asks nobody anything.
        shop.fault("html_502", "GET", "/v1/refunds", 1_000).await;
        told(shop, 2).await;
        assert_eq!(shop.count("select count(*) from postings where kind in (20, 22)").await, 1);
    });
}

#[test]
fn two_partial_refunds_add_up_over_all_packs_of_a_purchase() {
    client_with(3, async |shop| {
        refunded(shop, "one", 333).await;
        told(shop, 2).await;
        assert_eq!(wallet(shop).await.balances.packs_secs, 18_000 - 18_000 * 333 / 3_000);
        refunded(shop, "one", 667).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await.0, 200);
        assert_eq!(shop.lots().await, [100, 100, 0], "the newest gives first");
        refunded(shop, "one", 2_000).await;
        told(shop, 1).await;
        assert_eq!(stands(shop).await, (0, 0, 0));
        assert_eq!(shop.count("select count(*) from lots where taken = 6000").await, 3);
    });
}

#[test]
fn a_used_pack_that_is_refunded_is_owed() {
    client_with(1, async |shop| {
        talk(shop, "used", 70).await;
        refunded(shop, "one", 1_000).await;
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (0, 700, 0));
    });
}

#[test]
fn a_refund_that_fails_gives_everything_back() {
    client_with(1, async |shop| {
        talk(shop, "used", 70).await;
        let refund = refunded(shop, "one", 1_000).await;
        told(shop, 1).await;
        assert_eq!(stands(shop).await, (0, 700, 0));
        shop.control(&format!("refunds/{refund}"), json!({ "status": "failed" })).await;
        // The newest event comes first, then the older ones again.
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (30, 0, 0));
        // One whose failure is all that is ever heard of takes nothing.
        let refund = refunded(shop, "one", 400).await;
        shop.control(&format!("refunds/{refund}"), json!({ "status": "failed" })).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (30, 0, 0));
    });
}

#[test]
fn a_refund_waits_for_the_call_that_holds_the_units() {
    client_with(1, async |shop| {
        talk(shop, "used", 40).await;
        shop.world.submit(shop.workspace, place("open")).await;
        refunded(shop, "one", 1_000).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (10, 0, 0), "the hold stays covered, and nothing is owed yet");
        assert_eq!(shop.count("select waiting from wallets where waiting > 0").await, 1);
        assert!(shop.world.try_submit(shop.workspace, place("late")).await.is_err());
        shop.world.submit(shop.workspace, answered("open", 4 * 60)).await;
        assert_eq!(stands(shop).await, (0, 440, 0));
        assert_eq!(shop.count("select count(*) from wallets where waiting > 0").await, 0);
    });
}

#[test]
fn a_lost_dispute_takes_the_units_and_a_won_one_returns_them() {
    client_with(1, async |shop| {
        bought(shop, "two", 1).await;
        talk(shop, "used", 50).await;
        let (lost, won) = (disputed(shop, "one", false).await, disputed(shop, "two", false).await);
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (0, 500, 0), "both packs are gone, half of one was used");
        shop.control(&format!("disputes/{lost}"), json!({ "status": "lost" })).await;
        shop.control(&format!("disputes/{won}"), json!({ "status": "won" })).await;
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (100, 500, 0));
        let mut told_of = inbox(shop).await;
        told_of.sort();
        assert_eq!(
            told_of,
            [
                "$10.00 disputed as fraudulent: lost: the money is gone",
                "$10.00 disputed as fraudulent: won: the money is back",
            ]
        );
    });
}

#[test]
fn an_inquiry_takes_nothing_until_it_becomes_a_dispute() {
    client_with(1, async |shop| {
        let dispute = disputed(shop, "one", true).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (100, 0, 0));
        assert_eq!(inbox(shop).await, ["$10.00 disputed as fraudulent: a bank asks about it; no money was taken"]);
        shop.control(&format!("disputes/{dispute}"), json!({ "status": "needs_response" })).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (0, 0, 0));
        assert_eq!(inbox(shop).await.len(), 1);
    });
}

#[test]
fn credits_go_back_and_what_was_spent_is_owed() {
    shop_on(&minutebank::pricing::Terms { rates: rates(), ..packs_only() }, async |shop| {
        shop.hold_webhooks().await;
        shop.buy_credits("one", 2_000).await.unwrap();
        shop.pay(&shop.session("one").await).await;
        minutebank::app::fulfil_purchase::fulfil(&shop.state, &shop.session("one").await).await.unwrap();
        talk(shop, "used", 50).await;
        assert_eq!(stands(shop).await, (0, 0, 1_500));
        refunded(shop, "one", 2_000).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (0, 500, 0));
    });
}

fn rates() -> minutebank::pricing::Rates {
    minutebank::pricing::Rates { voice: minutebank::units::MilliCents(10_000), ..Default::default() }
}

#[test]
fn a_refund_that_is_heard_of_before_its_payment_credits_and_takes() {
    shop_on(&packs_only(), async |shop| {
        shop.hold_webhooks().await;
        shop.buy("one", 1).await.unwrap();
        shop.pay(&shop.session("one").await).await;
        refunded(shop, "one", 1_000).await;
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (0, 0, 0));
        assert_eq!(shop.count("select count(*) from lots where taken = granted").await, 1);
    });
}

#[test]
fn a_charge_of_nobody_here_changes_nothing() {
    client_with(1, async |shop| {
        let event = |id: &str, object: serde_json::Value| {
            json!({ "id": id, "object": "event", "type": "charge.refunded", "livemode": false,
                "data": { "object": object } })
            .to_string()
        };
        for body in [
            event("evt_1", json!({ "id": "ch_unknown" })),
            event("evt_2", json!({ "id": "ch_1", "payment_intent": "pi_unknown" })),
            event("evt_3", json!({ "id": "ch_1", "payment_intent": "pi_../customers" })),
            event("evt_4", json!({ "id": 7 })),
        ] {
            assert_eq!(shop.webhook(&body, &shop.signature(&body, 0)).await, 200, "{body}");
        }
        assert_eq!(shop.count("select count(*) from stripe_events where outcome = 'not ours'").await, 3);
        assert_eq!(stands(shop).await, (100, 0, 0));
    });
}

#[test]
fn stopped_between_the_note_and_the_wallet_the_event_is_processed_again() {
    client_with(1, async |shop| {
        refunded(shop, "one", 500).await;
        told(shop, 1).await;
        // As if it had been stopped after the note: the wallet as before, the event unprocessed.
        shop.by_hand("update reversals set followed_at = null").await;
        shop.by_hand("update stripe_events set processed_at = null, outcome = null").await;
        minutebank::app::sweep_purchases::sweep_all(&shop.state).await.unwrap();
        assert_eq!(stands(shop).await, (50, 0, 0));
        assert_eq!(shop.count("select count(*) from reversals where followed_at is null").await, 0);
    });
}
