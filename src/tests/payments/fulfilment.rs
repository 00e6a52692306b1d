//! From a paid session to the wallet: once, in any order, stopped anywhere.

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::fulfil_purchase::{Fulfilment, fulfil};
use minutebank::app::reconcile::reconcile;
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::payments::{self, PurchaseStatus};
use minutebank::tenants::Role;
use serde_json::json;

use super::shop::{OWNER, shop};
use super::ware::Ware;

#[test]
fn the_way_back_and_five_webhooks_in_parallel_credit_once() {
    Ware::each(async |shop, ware| {
        shop.hold_webhooks().await;
        ware.buy(shop, "one").await.unwrap();
        let session = shop.session("one").await;
        let browser = shop.browser(OWNER).await;
        let back = format!("/billing/return?session_id={session}");
        let id = shop.purchase("one").await.id;
        assert_eq!(browser.open(&back).await, (303, format!("/billing?pending={id}")));
        ware.nothing_yet(shop).await;
        shop.pay(&session).await;
        let (returned, told) = tokio::join!(
            browser.open(&back),
            shop.control("webhooks/resend", json!({ "session": session, "copies": 5 }))
        );
        assert_eq!(returned, (303, format!("/billing?added={id}")));
        assert_eq!(told["statuses"], json!([200, 200, 200, 200, 200]));
        ware.credited_once(shop).await;
        let page = browser.page(&returned.1).await;
        assert!(ware.told().iter().all(|words| page.contains(words)), "{page}");
        assert_eq!(browser.open(&back).await.1, format!("/billing?added={id}"));
        shop.control("webhooks/resend", json!({ "session": session, "copies": 2 })).await;
        sweep_all(&shop.state).await.unwrap();
        ware.credited_once(shop).await;
        assert_eq!(shop.purchase("one").await.status, PurchaseStatus::Credited);
        assert_eq!(shop.count(ware.receipts()).await, 1);
    });
}

#[test]
fn stopped_between_payment_and_credit_the_sweep_credits_once() {
    Ware::each(async |shop, ware| {
        shop.hold_webhooks().await;
        ware.buy(shop, "one").await.unwrap();
        shop.pay(&shop.session("one").await).await;
        // Not due yet for an ordinary look; a new start looks at everything.
        assert_eq!(sweep(&shop.state).await.unwrap(), 0);
        let (one, two) = tokio::join!(sweep_all(&shop.state), sweep_all(&shop.state));
        assert!(one.unwrap() + two.unwrap() >= 1);
        ware.credited_once(shop).await;
        assert_eq!(sweep_all(&shop.state).await.unwrap(), 0);
        ware.credited_once(shop).await;
    });
}

#[test]
fn stopped_between_credit_and_its_mark_the_sweep_only_marks() {
    Ware::each(async |shop, ware| {
        shop.hold_webhooks().await;
        ware.buy(shop, "one").await.unwrap();
        let (purchase, session) = (shop.purchase("one").await, shop.session("one").await);
        shop.pay(&session).await;
        shop.world.submit(shop.workspace, purchase.credit(&session).unwrap()).await;
        let mut db = shop.state.db.acquire().await.unwrap();
        let found = payments::pairing::repo::unpaired(&mut db).await.unwrap();
        assert_eq!((found.len(), found[0].in_flight), (1, true), "{found:?}");
        let report = reconcile(&mut db).await.unwrap();
        assert!(report.is_clean() && report.to_string().ends_with("; 1 credited and about to be marked"), "{report}");
        drop(db);
        shop.world.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(sweep(&shop.state).await.unwrap(), 1);
        ware.credited_once(shop).await;
    });
}

#[test]
fn what_was_bought_is_credited_whatever_became_of_the_offer() {
    Ware::each(async |shop, ware| {
        shop.hold_webhooks().await;
        let address = ware.buy(shop, "one").await.unwrap();
        let session = shop.session("one").await;
        shop.by_hand("update packs set archived_at = now(), price_mc = 9900000, units = 60, name = 'Gone'").await;
        shop.by_hand("delete from pack_assignments").await;
        let off = "update plan_snapshots set terms = terms || '{\"addons\": false, \"rates\": {}}'";
        shop.by_hand(off).await;
        ware.buy(shop, "two").await.expect_err("nothing of it is sold any more");
        shop.pay(&session).await;
        assert_eq!(ware.buy(shop, "one").await.expect("the form still leads to its Checkout"), address);
        let all = join_all((0..4).map(|_| fulfil(&shop.state, &session))).await;
        assert!(all.iter().all(|one| matches!(one, Ok(Fulfilment::Credited(_)))), "{all:?}");
        ware.credited_once(shop).await;
        let lots = shop.count("select count(*) from lots where name = 'Medium' and price_mc = 1000000").await;
        assert_eq!(lots as usize, shop.lots().await.len());
    });
}

#[test]
fn a_payment_that_does_not_match_goes_to_the_inbox() {
    Ware::each(async |shop, ware| {
        ware.buy(shop, "one").await.unwrap();
        let session = shop.session("one").await;
        shop.hold_webhooks().await;
        shop.by_hand("update purchases set price_each_mc = price_each_mc * 2, total_mc = total_mc * 2").await;
        shop.pay(&session).await;
        let all = join_all((0..3).map(|_| fulfil(&shop.state, &session))).await;
        assert!(all.iter().all(|one| matches!(one, Ok(Fulfilment::Unmatched(_)))), "{all:?}");
        sweep_all(&shop.state).await.unwrap();
        ware.nothing_yet(shop).await;
        assert_eq!(shop.purchase("one").await.status, PurchaseStatus::Unmatched);
        assert_eq!(shop.count("select count(*) from inbox_items").await, 1);
        let expected = "select count(*) from inbox_items i join workspaces w on w.agency_id = i.agency_id
            where i.kind = 'unmatched_payment' and i.workspace_id = w.id and i.reference like 'cs_test_%'
              and i.detail like '%amount is $30.00, its purchase says $60.00%'";
        assert_eq!(shop.count(expected).await, 1);
    });
}

#[test]
fn a_session_that_ends_unpaid_ends_its_purchase() {
    Ware::each(async |shop, ware| {
        shop.hold_webhooks().await;
        for key in ["one", "two"] {
            ware.buy(shop, key).await.unwrap();
            let expire = format!("checkout/sessions/{}/expire", shop.session(key).await);
            assert_eq!(shop.stripe(&expire).await.status(), 200);
        }
        let browser = shop.browser(OWNER).await;
        let back = format!("/billing/return?session_id={}", shop.session("one").await);
        let id = shop.purchase("one").await.id;
        assert_eq!(browser.open(&back).await.1, format!("/billing?unpaid={id}"));
        assert!(browser.page(&format!("/billing?added={id}")).await.contains("Payment not completed"));
        assert_eq!(shop.purchase("one").await.status, PurchaseStatus::Expired);
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.purchase("two").await.status, PurchaseStatus::Expired);
        ware.nothing_yet(shop).await;
        // The form is used up; a new one begins anew.
        ware.buy(shop, "three").await.expect("a new form begins anew");
    });
}

#[test]
fn only_the_buyer_s_workspace_comes_back_from_checkout() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        shop.buy("one", 1).await.unwrap();
        let session = shop.session("one").await;
        shop.pay(&session).await;
        let elsewhere = shop.world.workspace().await;
        shop.member(elsewhere, "owner@other.test", Role::Owner).await;
        let browser = shop.browser("owner@other.test").await;
        assert_eq!(browser.open(&format!("/billing/return?session_id={session}")).await.0, 404);
        assert_eq!(shop.lots().await, [0; 0]);
        for unknown in ["cs_test_unknown", "cs_test_../customers", "", "pi_1"] {
            assert_eq!(browser.open(&format!("/billing/return?session_id={unknown}")).await.0, 404);
        }
        assert_eq!(browser.open("/billing/return").await.0, 404);
        let nobody = shop.site.browser().get(&format!("/billing/return?session_id={session}")).await;
        assert!(nobody.location().starts_with("/sign-in?next=%2Fbilling%2Freturn"), "{nobody:?}");
        shop.member(shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        let viewer = shop.browser("viewer@harbor.test").await;
        assert!(viewer.open(&format!("/billing/return?session_id={session}")).await.1.contains("added="));
    });
}

#[test]
fn what_does_not_pair_is_named() {
    shop(async |shop| {
        shop.buy("one", 2).await.unwrap();
        let session = shop.session("one").await;
        shop.pay(&session).await;
        fulfil(&shop.state, &session).await.unwrap();
        let unpaired = async || {
            let mut db = shop.state.db.acquire().await.unwrap();
            let found = payments::pairing::repo::unpaired(&mut db).await.unwrap();
            found.into_iter().map(|one| (one.what, one.in_flight)).collect::<Vec<_>>()
        };
        assert_eq!(unpaired().await, []);
        let id = shop.purchase("one").await.id;
        shop.by_hand("update purchases set quantity = 3, total_mc = 3000000").await;
        assert_eq!(unpaired().await, [(format!("purchase {id} was credited with other lots than it bought"), false)]);
        let mut db = shop.state.db.acquire().await.unwrap();
        let report = reconcile(&mut db).await.unwrap();
        let line = format!("1 findings\nworkspace {}: purchase {id} was credited", shop.workspace.0);
        assert!(!report.is_clean() && report.to_string().contains(&line), "{report}");
        shop.by_hand("update purchases set quantity = 2, total_mc = 2000000, checkout_session_id = 'cs_test_other'")
            .await;
        let mut found = unpaired().await;
        found.sort();
        let posting = format!("credits session {session}, which no purchase has");
        assert!(found[0].0.ends_with(&posting) && !found[0].1, "{found:?}");
        assert_eq!(found[1], (format!("purchase {id} is marked credited without a posting"), false));
        let restore = sqlx::AssertSqlSafe(format!("update purchases set checkout_session_id = '{session}'"));
        sqlx::query(restore).execute(&mut shop.world.superuser().await).await.unwrap();
    });
}
