//! The other sub-tabs of a client's Billing: requests, subscription, grants, activity.

use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::pay_request::pay_request;
use minutebank::pricing::Terms;

use super::{Seat, has, plan};
use crate::agency::desk::desk_on;
use crate::fixture::starter;
use crate::ledger::{answered, packs, place};

#[test]
fn requests_are_settled_once_and_what_was_paid_as_well_is_listed() {
    desk_on(&starter(), async |desk| {
        let (shop, seat) = (desk.shop, Seat::at(desk).await);
        has(&seat.open("requests").await.words(), &["No payment requests yet"]);
        shop.hold_webhooks().await;
        seat.apply("pending").await;
        let id = desk.requests().await[0].id.clone();
        pay_request(desk.state, &shop.form("pay"), &id).await.unwrap();
        let session = shop.session("pay").await;
        let dialog = seat.browser.get(&format!("{}&waive={id}", seat.address("requests"))).await.body;
        has(&dialog, &["no longer owes $10.00 for Medium", "The units that were credited stay."]);
        let long = "x".repeat(201);
        let wrong = [("request", id.as_str()), ("sub", "requests"), ("external_reference", &long)];
        let refused = seat.send("requests", "requests/paid", &wrong).await;
        assert_eq!(refused.status, 422);
        has(&refused.body, &["Enter at most 200 characters.", &long]);
        shop.fault("drop_before", "POST", "/v1/checkout/sessions/", 100).await;
        seat.send("requests", "requests/cancel", &wrong[..2]).await.location();
        let again = seat.send("requests", "requests/paid", &wrong[..2]).await;
        assert_eq!(again.status, 409);
        has(&again.words(), &["Settled already", "Canceled Nov 20"]);
        shop.heal().await;
        shop.pay(&session).await;
        fulfil(desk.state, &session).await.unwrap();
        has(&seat.open("requests").await.words(), &["Overpayments", "$10.00", "Waiting", "Open inbox"]);
        assert_eq!(shop.lots().await, [100], "the units stay");
    });
}

#[test]
fn long_lists_go_on_below() {
    desk_on(&starter(), async |desk| {
        let seat = Seat::at(desk).await;
        for number in 0..27 {
            desk.apply(&format!("form_{number}"), true).await.unwrap();
        }
        for (sub, what) in [("requests", "Paid Nov 20"), ("activity", "Addon pack applied")] {
            let page = seat.open(sub).await;
            assert_eq!(page.words().matches(what).count(), 25, "{sub}");
            let older = page.body.split("&amp;before=").nth(1).unwrap().split('"').next().unwrap();
            let page = seat.browser.get(&format!("{}&before={older}", seat.address(sub))).await;
            assert_eq!(page.words().matches(what).count(), 2, "{sub}");
            has(&page.words(), &["Newest"]);
        }
    });
}

#[test]
fn a_subscription_is_changed_ended_and_begun_again() {
    desk_on(&starter(), async |desk| {
        let (world, workspace, seat) = (desk.shop.world, desk.shop.workspace, Seat::at(desk).await);
        plan(desk, "plan_growth", &Terms { name: "Growth".into(), included: 18_000, ..starter() }).await;
        plan(desk, "plan_tiny", &Terms { name: "Tiny".into(), included: 60, ..starter() }).await;
        world.submit(workspace, packs("given", 1)).await;
        let change =
            async |plan: &str, when: &str| seat.send("subscription", "plan", &[("plan", plan), ("when", when)]).await;
        let page = seat.open("subscription").await.words();
        has(
            &page,
            &["Active", "Nov 20 to Dec 20", "Renews Dec 20", "0 of 100 minutes used, 100 left", "Growth - $29.00"],
        );
        has(&seat.browser.get(change("plan_growth", "now").await.location()).await.words(), &["0 of 300 minutes used"]);
        has(
            &seat.browser.get(change("plan_tiny", "end").await.location()).await.words(),
            &["Changes to Tiny on Dec 20"],
        );
        world.submit(workspace, place("a")).await;
        world.submit(workspace, answered("a", 299 * 60)).await;
        world.submit(workspace, packs("more", 1)).await;
        let dialog = seat.browser.get(&format!("{}&end", seat.address("subscription"))).await.body;
        has(&dialog, &["200 min of add-on packs freeze", "At the end of the period", "On Dec 20"]);
        seat.send("subscription", "end", &[("when", "end")]).await.location();
        has(&seat.open("subscription").await.words(), &["Ends Dec 20"]);
        seat.send("subscription", "end", &[("when", "now")]).await.location();
        has(&seat.open("subscription").await.words(), &["Canceled", "Ended", "Re-subscribe"]);
        let late = change("plan_growth", "now").await;
        assert_eq!(late.status, 409);
        has(&late.words(), &["No active subscription"]);
        let again = seat.send("subscription", "subscribe", &[("plan", "plan_tiny")]).await;
        has(
            &seat.browser.get(again.location()).await.words(),
            &["Subscription started.", "Tiny", "Add-on minutes (wallet) 200 min"],
        );
        let twice = seat.send("subscription", "subscribe", &[("plan", "plan_growth")]).await;
        assert_eq!(twice.status, 409);
        assert_eq!(change("plan_growth", "whenever").await.status, 422);
    });
}

#[test]
fn calls_in_progress_keep_their_plan() {
    desk_on(&Terms { included: 120, ..starter() }, async |desk| {
        let (world, workspace, seat) = (desk.shop.world, desk.shop.workspace, Seat::at(desk).await);
        plan(desk, "plan_tiny", &Terms { name: "Tiny".into(), included: 60, ..starter() }).await;
        for call in ["a", "b"] {
            world.submit(workspace, place(call)).await;
        }
        let refused = seat.send("subscription", "plan", &[("plan", "plan_tiny"), ("when", "now")]).await;
        assert_eq!(refused.status, 409);
        has(&refused.words(), &["Calls in progress", "Open calls would not be covered after this change."]);
        has(&refused.body, &["value=\"now\" checked"]);
    });
}

#[test]
fn a_grant_needs_an_amount_and_a_reason() {
    desk_on(&starter(), async |desk| {
        let seat = Seat::at(desk).await;
        let give = async |gift: &str, amount: &str, reason: &str| {
            let fields = [("gift", gift), ("amount", amount), ("reason", reason)];
            seat.send("subscription", "grants", &fields).await
        };
        for (gift, amount, reason, words) in [
            ("credits", "ten", "Welcome", "Enter an amount in dollars"),
            ("credits", "10000.01", "Welcome", "Enter $0.01 to $10,000.00, in whole cents."),
            ("minutes", "0", "Welcome", "Enter 1 to 1,000,000 whole minutes or calls."),
            ("calls", "5", "Welcome", "Give what the client's plan counts."),
            ("credits", "5", " ", "Say why, in at most 200 characters."),
        ] {
            let refused = give(gift, amount, reason).await;
            assert_eq!(refused.status, 422, "{words}");
            has(&refused.words(), &[words]);
            has(&refused.body, &[&format!("value=\"{amount}\""), &format!("value=\"{reason}\"")]);
        }
        has(&seat.browser.get(give("minutes", "20", "Sorry").await.location()).await.words(), &["Granted.", "20 min"]);
        give("credits", "2.50", "Welcome").await.location();
        assert_eq!((desk.shop.lots().await, desk.shop.credits().await), (vec![20], 250));
        has(&seat.open("activity").await.words(), &["Granted", "Sorry", "Welcome"]);
    });
}
