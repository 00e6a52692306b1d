//! When auto-recharge charges: by level, once, never above its cap.

use futures::future::join_all;
use minutebank::app::recharge::{recharge_all, recharge_if_due};
use minutebank::app::sweep_purchases::sweep;
use minutebank::ledger::{Command, Effective};
use minutebank::payments::recharge::Amounts;
use minutebank::tenants::Role;
use minutebank::units::MilliCents;

use super::shop::{INTENTS, VISA, dollars, with_card};
use crate::payments::shop::OWNER;

#[test]
fn of_many_who_ask_at_once_one_charges() {
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        shop.spend("a", 600).await;
        let asked = join_all((0..20).map(|_| recharge_if_due(&shop.state, shop.workspace))).await;
        assert!(asked.iter().all(Result::is_ok), "{asked:?}");
        shop.agree(1, 5_000, "one charge").await;
        assert_eq!(shop.count("select count(*) from topups").await, 1);
    });
}

#[test]
fn what_is_held_counts_and_the_threshold_itself_is_enough() {
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        shop.spend("a", 500).await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(0, 0, "exactly $20 available").await;
        shop.place("call").await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "$19 available, $20 posted").await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "by level").await;
    });
}

#[test]
fn the_cap_is_reached_told_once_and_over_with_the_month() {
    with_card(VISA, async |shop| {
        shop.switch(true, Some(&dollars(20, 50, 100))).await;
        for (number, cents) in [(1, 600), (2, 5_000), (3, 5_000)] {
            shop.spend(&format!("m{number}"), cents).await;
            for _ in 0..3 {
                recharge_all(&shop.state).await.unwrap();
            }
        }
        shop.agree(2, 10_000, "two of $50 in a month of $100").await;
        let told = "select count(*) from wallet_events where type = 'auto_recharge.failed'
            and data ->> 'reason' = 'monthly_cap_reached'";
        assert_eq!(shop.count(told).await, 1);
        let page = shop.browser(OWNER).await.page("/billing").await;
        assert!(page.contains("Monthly cap reached") && page.contains("$100.00</strong> of $100.00 cap"), "{page}");
        // New York's December begins at five o'clock.
        shop.world.clock.set("2026-12-01T04:59:59Z".parse().unwrap());
        recharge_all(&shop.state).await.unwrap();
        shop.agree(2, 10_000, "still November").await;
        shop.advance(1);
        recharge_all(&shop.state).await.unwrap();
        shop.agree(3, 15_000, "December").await;
    });
}

#[test]
fn what_is_under_way_at_the_month_s_end_counts_in_both() {
    with_card(VISA, async |shop| {
        shop.world.clock.set("2026-12-01T04:59:00Z".parse().unwrap());
        shop.switch(true, Some(&dollars(20, 50, 50))).await;
        shop.spend("a", 600).await;
        shop.hold_webhooks().await;
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        recharge_all(&shop.state).await.unwrap();
        shop.heal().await;
        shop.advance(2);
        sweep(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "asked for in November, charged in December").await;
        shop.spend("b", 5_500).await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "December's cap is reached").await;
        shop.world.clock.set("2027-01-01T05:00:00Z".parse().unwrap());
        recharge_all(&shop.state).await.unwrap();
        shop.agree(2, 10_000, "January").await;
    });
}

#[test]
fn a_cap_that_is_used_up_by_what_is_under_way_is_not_told_yet() {
    with_card(VISA, async |shop| {
        shop.switch(true, Some(&dollars(20, 50, 50))).await;
        shop.spend("a", 600).await;
        shop.hold_webhooks().await;
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        for _ in 0..2 {
            recharge_all(&shop.state).await.unwrap();
        }
        let told = "select count(*) from wallet_events where type = 'auto_recharge.failed'";
        assert_eq!(shop.count(told).await, 0, "nobody knows yet what becomes of it");
        shop.heal().await;
        shop.advance(1);
        sweep(&shop.state).await.unwrap();
        shop.spend("b", 5_000).await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "the cap is reached").await;
        assert_eq!(shop.count(told).await, 1);
    });
}

#[test]
fn only_with_a_card_and_where_credits_have_a_price() {
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        shop.spend("a", 600).await;
        shop.by_hand("update saved_cards set status = 'gone'").await;
        recharge_all(&shop.state).await.unwrap();
        shop.by_hand("update saved_cards set status = 'current'").await;
        shop.by_hand("update plan_snapshots set terms = jsonb_set(terms, '{rates}', '{}')").await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(0, 0, "no card, no rate").await;
    });
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        shop.world.submit(shop.workspace, Command::Cancel(Effective::Now)).await;
        shop.spend("a", 600).await;
        recharge_all(&shop.state).await.unwrap();
        shop.agree(1, 5_000, "credits go on at the last rates").await;
    });
}

#[test]
fn the_form_sets_it_and_keeps_what_was_typed() {
    with_card(VISA, async |shop| {
        let browser = shop.browser(OWNER).await;
        assert!(browser.page("/billing").await.contains("Set up auto-recharge"));
        let page = browser.page("/billing?recharge=set-up").await;
        assert!(page.contains("When the balance is below") && page.contains("Turn on auto-recharge"), "{page}");
        let send = async |switch: &str, typed: [&str; 3]| {
            let fields = [("switch", switch), ("threshold", typed[0]), ("topup", typed[1]), ("cap", typed[2])];
            browser.form("/billing/recharge", &fields).await
        };
        let back = "/billing?recharge=set-up&threshold=20&topup=10&cap=200#auto-recharge".to_owned();
        assert_eq!(send("on", ["20", "10", "200"]).await, (303, back.clone()));
        let page = browser.page(&back).await;
        assert!(page.contains("Add at least as much") && page.contains("value=\"10\""), "{page}");
        assert_eq!(shop.count("select count(*) from auto_recharges").await, 0);
        assert_eq!(send("on", ["$20", "50.00", "1,000"]).await, (303, "/billing#auto-recharge".to_owned()));
        let page = browser.page("/billing").await;
        assert!(page.contains("$0.00</strong> of $1,000.00 cap") && page.contains("Turn off"), "{page}");
        assert_eq!(send("off", ["", "", ""]).await.0, 303);
        assert_eq!(shop.count("select count(*) from auto_recharges where not enabled and topup_mc = 5000000").await, 1);
        shop.member(shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        let viewer = shop.browser("viewer@harbor.test").await;
        assert_eq!(viewer.form("/billing/recharge", &[("switch", "off")]).await.0, 403);
        assert!(!viewer.page("/billing?recharge=set-up").await.contains("/billing/recharge"));
    });
}

#[test]
fn a_part_of_a_cent_is_no_amount() {
    let part = Amounts { threshold: MilliCents(1_500), ..dollars(1, 50, 100) };
    assert!(part.check().is_err());
}
