//! The inbox: payments that match nothing are accepted, and items are dismissed, once.

use futures::future::join_all;
use minutebank::app::agency::{AgencyError, AgencyForm, lists};
use minutebank::app::fulfil_purchase::{Fulfilment, fulfil};
use minutebank::app::resolve_item::{accept_payment, dismiss_item, refund_payment};
use minutebank::payments::PurchaseStatus;
use minutebank::payments::inbox::{ItemKind, Resolution};
use minutebank::pricing::Terms;

use super::desk::{Desk, administrator, desk_on};
use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::refunds::desk::{refunded, told};

/// A payment of Medium that does not match its purchase; the item's row.
pub(super) async fn unmatched(desk: &Desk<'_>) -> i64 {
    let shop = desk.shop;
    shop.hold_webhooks().await;
    shop.buy("one", 1).await.unwrap();
    let session = shop.session("one").await;
    shop.by_hand("update purchases set total_mc = 1100000, price_each_mc = 1100000").await;
    shop.pay(&session).await;
    assert!(matches!(fulfil(desk.state, &session).await, Ok(Fulfilment::Unmatched(_))));
    let items = lists::inbox(desk.state, desk.agency, true, i64::MAX, 10).await.unwrap();
    assert_eq!((items.len(), items[0].kind), (1, ItemKind::UnmatchedPayment));
    items[0].id
}

#[test]
fn an_accepted_payment_credits_its_purchase_once() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        let (shop, session) = (desk.shop, desk.shop.session("one").await);
        let accepted = join_all((0..5).map(|_| async { accept_payment(desk.state, &desk.form("accept"), item).await }));
        let accepted = accepted.await;
        assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
        assert_eq!((shop.lots().await, shop.purchase("one").await.status), (vec![100], PurchaseStatus::Credited));
        fulfil(desk.state, &session).await.unwrap();
        assert_eq!(shop.lots().await, [100]);
        let other = accept_payment(desk.state, &desk.form("other"), item).await;
        assert!(matches!(other, Err(AgencyError::Settled)));
        let refunded = refund_payment(desk.state, &desk.form("refund"), item).await;
        assert!(matches!(refunded, Err(AgencyError::Settled)), "{refunded:?}");
        let settled = lists::inbox(desk.state, desk.agency, false, i64::MAX, 10).await.unwrap();
        assert_eq!(settled[0].resolved.map(|it| it.0), Some(Resolution::Accepted));
        assert_eq!(lists::inbox_count(desk.state, desk.agency).await.unwrap(), 0);
    });
}

#[test]
fn a_refund_sends_the_money_back_once_and_credits_nothing() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        let (shop, session) = (desk.shop, desk.shop.session("one").await);
        assert_eq!(shop.money().await, (1_000, 0));
        shop.fault("drop_after", "POST", "/v1/refunds", 1_000).await;
        let refunded = async || refund_payment(desk.state, &desk.form("refund"), item).await;
        let lost = refunded().await;
        assert!(matches!(lost, Err(AgencyError::StripeUnreachable)), "{lost:?}");
        let open = lists::inbox(desk.state, desk.agency, true, i64::MAX, 10).await.unwrap();
        assert!(open[0].refunding && open[0].resolved.is_none(), "nobody knows yet: {open:?}");
        let accepted = accept_payment(desk.state, &desk.form("accept"), item).await;
        assert!(matches!(accepted, Err(AgencyError::Settled)), "{accepted:?}");
        shop.heal().await;
        let again = join_all((0..5).map(|_| refunded())).await;
        assert!(again.iter().all(Result::is_ok), "{again:?}");
        assert_eq!(shop.money().await, (1_000, 1_000));
        let settled = lists::inbox(desk.state, desk.agency, false, i64::MAX, 10).await.unwrap();
        assert_eq!(settled[0].resolved.map(|it| it.0), Some(Resolution::Refunded));
        fulfil(desk.state, &session).await.unwrap();
        assert_eq!((shop.lots().await, desk.wallet().await.balances.debt_mc), (vec![], 0));
        let late = accept_payment(desk.state, &desk.form("late"), item).await;
        assert!(matches!(late, Err(AgencyError::Settled)), "{late:?}");
    });
}

#[test]
fn what_stripe_refuses_to_send_back_stays_in_the_inbox() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        desk.shop.fault("http_500", "POST", "/v1/refunds", 1).await;
        let failed = refund_payment(desk.state, &desk.form("one"), item).await;
        assert!(failed.is_err(), "{failed:?}");
        assert_eq!((desk.shop.money().await.1, lists::inbox_count(desk.state, desk.agency).await.unwrap()), (0, 1));
    });
}

#[test]
fn what_is_dismissed_credits_nothing() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        dismiss_item(desk.state, &desk.form("seen"), item).await.unwrap();
        dismiss_item(desk.state, &desk.form("seen"), item).await.expect("the same form says the same");
        let late = accept_payment(desk.state, &desk.form("late"), item).await;
        assert!(matches!(late, Err(AgencyError::Settled)));
        assert_eq!(desk.shop.lots().await, [0; 0]);
    });
}

#[test]
fn what_went_back_at_stripe_is_not_accepted() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        refunded(desk.shop, "one", 400).await;
        told(desk.shop, 1).await;
        let accepted = accept_payment(desk.state, &desk.form("accept"), item).await;
        assert!(matches!(accepted, Err(AgencyError::WentBack)), "{accepted:?}");
        assert_eq!(desk.shop.lots().await, [0; 0], "no units without their money");
        let rest = refund_payment(desk.state, &desk.form("rest"), item).await;
        assert!(rest.is_ok(), "{rest:?}");
        assert_eq!(desk.shop.money().await, (1_000, 1_000));
    });
}

#[test]
fn a_refund_made_at_stripe_is_not_taken_for_the_one_asked_for_here() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        refunded(desk.shop, "one", 400).await;
        // Stripe fails, and repeats that it failed: it is read back what was made.
        desk.shop.fault("http_500", "POST", "/v1/refunds", 1).await;
        let failed = refund_payment(desk.state, &desk.form("one"), item).await;
        assert!(matches!(failed, Err(AgencyError::StripeRefused(_))), "nothing was: {failed:?}");
        let open = lists::inbox_count(desk.state, desk.agency).await.unwrap();
        assert_eq!((desk.shop.money().await, open), ((1_000, 400), 1));
        refund_payment(desk.state, &desk.form("two"), item).await.unwrap();
        let open = lists::inbox_count(desk.state, desk.agency).await.unwrap();
        assert_eq!((desk.shop.money().await, open), ((1_000, 1_000), 0), "the rest");
    });
}

#[test]
fn another_agency_s_inbox_is_not_found() {
    desk_on(&starter(), async |desk| {
        let item = unmatched(desk).await;
        let elsewhere = desk.shop.world.workspace().await;
        let (agency, user) = administrator(desk.shop.world, elsewhere, "admin@other.test").await;
        let form = AgencyForm { agency, user, key: "one".into() };
        assert!(matches!(accept_payment(desk.state, &form, item).await, Err(AgencyError::NotFound)));
        assert!(matches!(dismiss_item(desk.state, &form, item).await, Err(AgencyError::NotFound)));
        assert!(matches!(refund_payment(desk.state, &form, item).await, Err(AgencyError::NotFound)));
        assert_eq!(lists::inbox(desk.state, agency, true, i64::MAX, 10).await.unwrap(), []);
        assert_eq!(lists::inbox_count(desk.state, desk.agency).await.unwrap(), 1);
    });
}

#[test]
fn what_nothing_covered_is_listed_once_for_each_call() {
    let terms = Terms { included: 60, ..starter() };
    desk_on(&terms, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        world.submit(workspace, place("long")).await;
        for _ in 0..3 {
            world.submit(workspace, answered("long", 100)).await;
        }
        let items = lists::inbox(desk.state, desk.agency, true, i64::MAX, 10).await.unwrap();
        let [item] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!((item.kind, item.reference.as_str()), (ItemKind::Overrun, "long"));
        assert!(item.detail.starts_with("40 s"), "{}", item.detail);
        let refund = refund_payment(desk.state, &desk.form("refund"), item.id).await;
        assert!(matches!(refund, Err(AgencyError::NotFound)), "no money came in");
        dismiss_item(desk.state, &desk.form("seen"), item.id).await.unwrap();
        assert_eq!(lists::inbox_count(desk.state, desk.agency).await.unwrap(), 0);
    });
}
