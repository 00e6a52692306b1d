//! Off means off: no charge is started or sent again after that instant, whatever waits and whoever restarts.

use minutebank::app::recharge::{recharge_all, recharge_if_due};
use minutebank::app::remove_card::remove_card;
use minutebank::app::save_card::current_card;
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::payments::topup::{TopupStatus, Why};

use sqlx::Connection as _;

use super::shop::{DECLINED, INTENTS, VISA, with_card};
use crate::payments::shop::Shop;

async fn run_low(shop: &Shop<'_>) {
    shop.switch_on().await;
    shop.spend("low", 600).await;
}

/// As a process that was killed comes back: everything unfinished is looked at.
async fn restart(shop: &Shop<'_>) {
    for _ in 0..3 {
        sweep_all(&shop.state).await.unwrap();
        recharge_all(&shop.state).await.unwrap();
    }
}

/// What has reached Stripe.
async fn tried(shop: &Shop<'_>) -> (i64, i64) {
    let figures = shop.figures().await;
    (figures["payments"].as_i64().unwrap(), figures["declined"].as_i64().unwrap())
}

#[test]
fn a_retry_that_waits_is_never_made() {
    with_card(DECLINED, async |shop| {
        run_low(shop).await;
        recharge_all(&shop.state).await.unwrap();
        assert_eq!(tried(shop).await, (0, 1));
        shop.switch(false, None).await;
        for _ in 0..4 {
            shop.advance(60 * 12);
            restart(shop).await;
        }
        assert_eq!(tried(shop).await, (0, 1));
    });
}

#[test]
fn an_attempt_that_never_reached_stripe_is_not_sent_again() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        recharge_all(&shop.state).await.unwrap();
        shop.heal().await;
        shop.switch(false, None).await;
        restart(shop).await;
        shop.advance(14);
        restart(shop).await;
        shop.agree(0, 0, "nothing was sent").await;
        assert_eq!(shop.count("select count(*) from topups where status = 'pending'").await, 1, "not known yet");
        // Switched on again meanwhile, the old attempt is still only read back, and a new one waits for it.
        shop.switch_on().await;
        restart(shop).await;
        shop.agree(0, 0, "one in flight").await;
        shop.advance(1);
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.count("select count(*) from topups where failure = 'not_made'").await, 1);
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "a new attempt").await;
    });
}

#[test]
fn what_was_charged_before_is_credited_after() {
    for kind in ["drop_after", "html_502_after", "hang"] {
        with_card(VISA, async |shop| {
            run_low(shop).await;
            shop.hold_webhooks().await;
            shop.fault(kind, "POST", INTENTS, 1_000).await;
            recharge_all(&shop.state).await.unwrap();
            shop.switch(false, None).await;
            shop.heal().await;
            // If it were sent again, this would be heard of.
            shop.fault("http_500", "POST", INTENTS, 1_000).await;
            shop.advance(1);
            sweep(&shop.state).await.unwrap();
            shop.agree(1, 5_000, kind).await;
            let left = shop.figures().await["faults"][0]["times"].clone();
            assert_eq!(left, 1_000, "{kind}: nothing was sent");
        });
    }
}

#[test]
fn switching_off_waits_for_what_is_being_sent() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        let slow = serde_json::json!({ "kind": "slow", "path_prefix": INTENTS, "method": "POST", "delay_ms": 400 });
        shop.control("faults", slow).await;
        let charging = recharge_if_due(&shop.state, shop.workspace);
        let switching = async {
            let is_taken = async || shop.figures().await["faults"].as_array().unwrap().is_empty();
            shop.until("the slow request", is_taken).await;
            shop.switch(false, None).await;
            shop.paid().await
        };
        let (charged, paid_when_off) = tokio::join!(charging, switching);
        assert_eq!(charged.unwrap().unwrap().status, TopupStatus::Succeeded);
        assert_eq!(paid_when_off, 5_000, "off is said once no charge is on its way");
        shop.spend("more", 5_500).await;
        restart(shop).await;
        shop.agree(1, 5_000, "none after that").await;
    });
}

#[test]
fn switched_off_between_decision_and_sending_nothing_is_sent() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        // The decision is stored; the process was killed before it sent anything.
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        let begun = recharge_if_due(&shop.state, shop.workspace).await.unwrap().unwrap();
        assert_eq!(begun.status, TopupStatus::Pending);
        shop.heal().await;
        // Not even where the mark on the charge is missing: the switch itself is read.
        shop.by_hand("update auto_recharges set enabled = false").await;
        shop.advance(1);
        sweep(&shop.state).await.unwrap();
        shop.agree(0, 0, "off").await;
        shop.by_hand("update topups set withdrawn_at = asked_at").await;
        shop.advance(20);
        sweep_all(&shop.state).await.unwrap();
        let mut db = shop.state.db.acquire().await.unwrap();
        let topup = minutebank::payments::topup::repo::find(&mut db, &begun.id).await.unwrap().unwrap();
        assert_eq!(topup.status, TopupStatus::Failed(Why::NotMade));
    });
}

/// What the sweep has read may be older than the switch: it is read again under the lock.
#[test]
fn switched_off_and_on_again_while_the_sweep_waits_nothing_is_sent() {
    with_card(VISA, async |shop| {
        run_low(shop).await;
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        recharge_all(&shop.state).await.unwrap();
        shop.heal().await;
        shop.advance(1);
        let mut db = shop.world.superuser().await;
        let mut switching = db.begin().await.unwrap();
        sqlx::query("select from auto_recharges for update").execute(&mut *switching).await.unwrap();
        let switched = async {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            sqlx::query("update topups set withdrawn_at = asked_at").execute(&mut *switching).await.unwrap();
            switching.commit().await.unwrap();
        };
        let (swept, ()) = tokio::join!(sweep(&shop.state), switched);
        swept.unwrap();
        shop.agree(0, 0, "it was withdrawn").await;
    });
}

#[test]
fn removing_the_card_switches_it_off() {
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        let card = current_card(&shop.state, shop.workspace).await.unwrap().unwrap();
        remove_card(&shop.state, shop.workspace, &card.payment_method, shop.owner).await.unwrap();
        assert_eq!(shop.count("select count(*) from auto_recharges where not enabled").await, 1);
        shop.spend("low", 600).await;
        restart(shop).await;
        shop.agree(0, 0, "no card, no charge").await;
    });
}
