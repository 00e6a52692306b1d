//! Every way in which a charge can go wrong: never two charges, never a lost one; declined and asked for confirmation.

use minutebank::app::recharge::{recharge_all, recharge_if_due};
use minutebank::app::save_card::current_card;
use minutebank::app::stripe_event::process_event;
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::app::top_up::{conclude, find_topup};
use minutebank::payments::topup::{TopupStatus, Why};
use minutebank::payments::{self, Event};
use serde_json::json;

use super::shop::{ASKS, DECLINED, INTENTS, MASTERCARD, VISA, with_card};
use crate::payments::shop::{OWNER, Shop};

const FAILED_EVENTS: &str = "select count(*) from wallet_events where type = 'auto_recharge.failed'";
const INBOX: &str = "select count(*) from inbox_items where kind = 'failed_recharge' and resolved_at is null";

async fn run_low(shop: &Shop<'_>) {
    shop.switch_on().await;
    shop.spend("low", 600).await;
}

/// A charge that met this fault each time, and of which no event tells; answers its id. From here on all goes well.
async fn cut_off(shop: &Shop<'_>, kind: &str) -> String {
    run_low(shop).await;
    shop.hold_webhooks().await;
    shop.fault(kind, "POST", INTENTS, 1_000).await;
    recharge_all(&shop.state).await.unwrap();
    shop.heal().await;
    topup(shop).await
}

#[test]
fn one_lost_answer_is_asked_for_again() {
    for kind in
        ["html_502", "html_502_after", "drop_before", "drop_after", "partial_body", "rate_limit", "http_500_after"]
    {
        with_card(VISA, async |shop| {
            run_low(shop).await;
            shop.hold_webhooks().await;
            shop.fault(kind, "POST", INTENTS, 1).await;
            recharge_all(&shop.state).await.unwrap();
            // On a busy machine the repetition may be late as well.
            shop.advance(1);
            sweep(&shop.state).await.unwrap();
            shop.agree(1, 5_000, kind).await;
        });
    }
}

#[test]
fn an_outcome_that_stays_unknown_is_one_charge_in_the_end() {
    for kind in ["html_502", "html_502_after", "drop_before", "drop_after", "hang", "partial_body"] {
        with_card(VISA, async |shop| {
            run_low(shop).await;
            shop.hold_webhooks().await;
            shop.fault(kind, "POST", INTENTS, 1_000).await;
            let begun = recharge_if_due(&shop.state, shop.workspace).await.unwrap().unwrap();
            assert_eq!(begun.status, TopupStatus::Pending, "{kind}");
            assert_eq!(shop.credited().await, 0, "{kind}: nothing is said before it is posted");
            recharge_all(&shop.state).await.unwrap();
            assert_eq!(shop.count("select count(*) from topups").await, 1, "{kind}: one in flight");
            shop.heal().await;
            shop.advance(1);
            sweep(&shop.state).await.unwrap();
            shop.agree(1, 5_000, kind).await;
            recharge_all(&shop.state).await.unwrap();
            sweep_all(&shop.state).await.unwrap();
            shop.agree(1, 5_000, kind).await;
        });
    }
}

#[test]
fn an_answer_that_hangs_is_heard_from_the_webhook() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        shop.fault("hang", "POST", INTENTS, 1_000).await;
        recharge_all(&shop.state).await.unwrap();
        shop.until("the event", async || shop.credited().await == 5_000).await;
        shop.heal().await;
        sweep_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "event and sweep").await;
    });
}

#[test]
fn while_stripe_does_not_take_the_key_an_event_stays_to_be_done() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        shop.hold_webhooks().await;
        shop.fault("drop_after", "POST", INTENTS, 1_000).await;
        recharge_all(&shop.state).await.unwrap();
        let told = shop.stripe_list("events?type=payment_intent.succeeded").await[0].to_string();
        let event = Event::read(&told).unwrap();
        assert!(process_event(&shop.locked_out(), &event).await.is_err(), "nobody knows what became of it");
        process_event(&shop.state, &event).await.unwrap();
        shop.agree(1, 5_000, "told again").await;
    });
}

#[test]
fn what_stripe_repeats_as_its_own_failure_made_nothing_and_is_tried_anew() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        shop.fault("http_500", "POST", INTENTS, 1).await;
        let begun = recharge_if_due(&shop.state, shop.workspace).await.unwrap().unwrap();
        assert_eq!(begun.status, TopupStatus::Failed(Why::NotMade));
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "the second attempt has a key of its own").await;
        assert_eq!(shop.count("select count(distinct idempotency_key) from topups").await, 2);
    });
}

#[test]
fn after_23_hours_an_outcome_is_only_read_back() {
    for (kind, charges) in [("drop_after", 1), ("drop_before", 0)] {
        with_card(VISA, async |shop| {
            run_low(shop).await;
            shop.hold_webhooks().await;
            shop.fault(kind, "POST", INTENTS, 1_000).await;
            shop.fault("drop_before", "GET", INTENTS, 1_000).await;
            recharge_all(&shop.state).await.unwrap();
            shop.advance(23 * 60 + 20);
            sweep(&shop.state).await.unwrap();
            shop.heal().await;
            sweep_all(&shop.state).await.unwrap();
            shop.agree(charges, charges * 5_000, kind).await;
            recharge_all(&shop.state).await.unwrap();
            shop.agree(1, 5_000, "what was lost is charged by another attempt").await;
        });
    }
}

#[test]
fn declined_it_tries_after_1_6_and_24_hours_then_pauses_loudly() {
    with_card(DECLINED, async |shop| {
        run_low(shop).await;
        let tries = async || {
            for _ in 0..3 {
                recharge_all(&shop.state).await.unwrap();
            }
            shop.figures().await["declined"].as_i64().unwrap()
        };
        assert_eq!(tries().await, 1);
        for (hours, before) in [(1, 1), (6, 2), (24, 3)] {
            assert_eq!(shop.count(FAILED_EVENTS).await, 0);
            shop.advance(hours * 60 - 1);
            assert_eq!(tries().await, before, "{hours} h");
            shop.advance(1);
            assert_eq!(tries().await, before + 1, "{hours} h");
        }
        shop.advance(60 * 24 * 7);
        assert_eq!((tries().await, shop.count(FAILED_EVENTS).await, shop.count(INBOX).await), (4, 1, 1));
        assert_eq!(shop.count("select count(*) from mails where subject = 'Auto-recharge failed'").await, 1);
        let browser = shop.browser(OWNER).await;
        let page = browser.page("/billing").await;
        assert!(page.contains("Your bank declined Visa ending 0341 four times"), "{page}");
        assert!(page.contains("Your bank declined every try."), "the page's alert");
        // Switched on again, the same card is tried again.
        shop.switch_on().await;
        assert_eq!(tries().await, 5);
        // A new card begins anew, before the hour is over.
        shop.save_card(&shop.form("better"), VISA).await;
        assert_eq!(tries().await, 5);
        shop.agree(1, 5_000, "the new card").await;
    });
}

#[test]
fn what_the_bank_asks_is_confirmed_at_checkout() {
    with_card(ASKS, async |shop| {
        shop.hold_webhooks().await;
        run_low(shop).await;
        for _ in 0..3 {
            recharge_all(&shop.state).await.unwrap();
            shop.advance(60 * 48);
        }
        assert_eq!(shop.count("select count(*) from topups where failure = 'authentication_required'").await, 1);
        assert_eq!((shop.count(FAILED_EVENTS).await, shop.count(INBOX).await), (1, 1));
        let browser = shop.browser(OWNER).await;
        let page = browser.page("/billing").await;
        for words in ["Waiting for you", "Confirm a charge of $50.00", "Confirm with bank"] {
            assert!(page.contains(words), "{words} is missing in {page}");
        }
        let fields = [("purchase_key", "confirm"), ("choice", "other"), ("amount", "50.00"), ("save_card", "1")];
        assert!(browser.add_credits(&fields).await.1.contains("/c/pay/"));
        let session = shop.session("confirm").await;
        shop.pay(&session).await;
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.credits().await, 2_500 - 600 + 5_000);
        assert!(browser.page("/billing").await.contains("Save changes"), "it is on again");
    });
}

#[test]
fn a_success_counts_whenever_and_however_often_it_is_told() {
    with_card(VISA, async |shop| {
        cut_off(shop, "drop_after").await;
        // Taken for failed; the money was there all the same.
        shop.by_hand("update topups set status = 'failed', failure = 'not_made', settled_at = now()").await;
        let listed = shop.state.stripe.find_intent(&customer(shop).await, &topup(shop).await).await.unwrap().unwrap();
        let event = |id: &str| {
            json!({ "id": id, "object": "event", "type": "payment_intent.succeeded", "livemode": false,
                "data": { "object": { "id": listed.id, "metadata": { "topup": listed.topup } } } })
            .to_string()
        };
        let bodies: Vec<String> = (0..5).map(|number| event(&format!("evt_{number}"))).collect();
        let sent = bodies.iter().map(async |body| shop.webhook(body, &shop.signature(body, 0)).await);
        assert_eq!(futures::future::join_all(sent).await, [200; 5]);
        shop.agree(1, 5_000, "late").await;
        assert_eq!(shop.count("select count(*) from postings where kind = 5").await, 1);
        assert_eq!(shop.count("select count(*) from mails where subject = 'Your receipt'").await, 1);
    });
}

async fn customer(shop: &Shop<'_>) -> String {
    sqlx::query_scalar("select customer_id from stripe_customers")
        .fetch_one(&mut shop.world.superuser().await)
        .await
        .unwrap()
}

async fn topup(shop: &Shop<'_>) -> String {
    sqlx::query_scalar("select id from topups").fetch_one(&mut shop.world.superuser().await).await.unwrap()
}

/// Somebody charges the card $7.77 at Stripe, with this beside.
async fn charge_by_hand(shop: &Shop<'_>, beside: &[(&str, &str)]) {
    let card = current_card(&shop.state, shop.workspace).await.unwrap().unwrap();
    let mut fields = vec![
        ("amount", "777"),
        ("currency", "usd"),
        ("customer", card.customer.as_str()),
        ("payment_method", card.payment_method.as_str()),
        ("confirm", "true"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
    ];
    fields.extend(beside);
    let made = shop.stripe_form("payment_intents", &fields).await;
    assert_eq!(made["status"], "succeeded", "{made}");
}

#[test]
fn a_charge_that_nobody_asked_for_goes_to_the_inbox_and_pauses_what_it_was_for() {
    with_card(VISA, async |shop| {
        charge_by_hand(shop, &[]).await;
        let unmatched = "select count(*) from inbox_items where kind = 'unmatched_payment' and amount_mc = 777000";
        shop.until("the item", async || shop.count(unmatched).await == 1).await;
        assert_eq!(shop.credits().await, 2_500);
        // One that names a top-up of ours, but is another amount.
        let id = cut_off(shop, "drop_before").await;
        charge_by_hand(shop, &[("metadata[topup]", id.as_str())]).await;
        shop.by_hand("update topups set withdrawn_at = now()").await;
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.count("select count(*) from inbox_items where kind = 'unmatched_payment'").await, 2);
        assert_eq!(shop.count("select count(*) from topups where failure = 'unmatched'").await, 1);
        assert_eq!(shop.credits().await, 1_900);
        assert_eq!((shop.count(FAILED_EVENTS).await, shop.count(INBOX).await), (1, 0), "the payment itself lies there");
        assert_eq!(shop.count("select count(*) from mails where subject = 'Auto-recharge failed'").await, 1);
        let page = shop.browser(OWNER).await.page("/billing").await;
        for words in
            ["What was taken for a charge of $50.00 does not match it", "What was taken does not match the charge."]
        {
            assert!(page.contains(words), "{words} is missing in {page}");
        }
        // Nothing begins it again but its switch: no day, no new card.
        shop.advance(60 * 24 * 7);
        recharge_all(&shop.state).await.unwrap();
        shop.save_card(&shop.form("better"), MASTERCARD).await;
        recharge_all(&shop.state).await.unwrap();
        assert_eq!(shop.count("select count(*) from topups").await, 1);
        shop.switch_on().await;
        recharge_all(&shop.state).await.unwrap();
        assert_eq!((shop.credited().await, shop.credits().await), (5_000, 6_900));
        let page = shop.browser(OWNER).await.page("/billing").await;
        assert!(page.contains("$100.00</strong> of $200.00 cap"), "money was taken, so it counts: {page}");
    });
}

#[test]
fn what_does_not_match_pauses_also_after_the_charge_was_taken_for_failed() {
    with_card(VISA, async |shop| {
        let id = cut_off(shop, "drop_before").await;
        charge_by_hand(shop, &[("metadata[topup]", id.as_str())]).await;
        shop.by_hand("update topups set status = 'failed', failure = 'not_made', settled_at = now()").await;
        let topup = find_topup(&shop.state, shop.workspace, &id).await.unwrap().unwrap();
        let intent = shop.state.stripe.find_intent(&topup.customer, &id).await.unwrap().unwrap();
        for _ in 0..2 {
            conclude(&shop.state, &topup, &intent).await.unwrap();
            assert_eq!(shop.count("select count(*) from topups where failure = 'unmatched'").await, 1);
            assert_eq!(shop.count("select count(*) from auto_recharges where paused = 'unmatched'").await, 1);
            assert_eq!(shop.count(FAILED_EVENTS).await, 1);
        }
    });
}

#[test]
fn what_does_not_pair_is_named() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        recharge_all(&shop.state).await.unwrap();
        let unpaired = async || {
            let mut db = shop.state.db.acquire().await.unwrap();
            payments::pairing::repo::unpaired(&mut db).await.unwrap()
        };
        assert_eq!(unpaired().await, []);
        shop.by_hand("update topups set amount_mc = 6000000").await;
        assert!(unpaired().await[0].what.ends_with("was credited with another amount than it charged"));
        shop.by_hand("update topups set amount_mc = 5000000, status = 'pending', settled_at = null").await;
        let found = unpaired().await;
        assert!(found.len() == 1 && found[0].in_flight && found[0].what.ends_with("is marked pending"), "{found:?}");
        shop.by_hand("update topups set status = 'succeeded', settled_at = now(), payment_intent = 'pi_other'").await;
        let found: Vec<_> = unpaired().await.into_iter().map(|one| (one.what, one.in_flight)).collect();
        assert!(found[0].0.ends_with("is marked succeeded without a posting") && !found[0].1, "{found:?}");
        assert!(found[1].0.ends_with("which no top-up has") && !found[1].1, "{found:?}");
        shop.by_hand("update topups set payment_intent = (select key from postings where kind = 5)").await;
    });
}
