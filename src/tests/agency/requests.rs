//! Payment requests: due, overdue, blocked; paid through Checkout, marked paid, waived; paid twice.

use futures::future::join_all;
use minutebank::app::agency::{AgencyError, AgencyForm};
use minutebank::app::cancel_request::cancel_request;
use minutebank::app::fulfil_purchase::{Fulfilment, fulfil};
use minutebank::app::mark_paid::mark_paid;
use minutebank::app::pay_request::{PayError, pay_request};
use minutebank::app::sweep_purchases::sweep_all;
use minutebank::ledger::{LedgerError, PaymentState, Refusal};
use minutebank::payments::PurchaseStatus;
use minutebank::payments::request::{PaymentRequest, RequestStatus, RequestType};

use super::desk::{Desk, administrator, desk_on};
use crate::fixture::starter;
use crate::ledger::place;

const SESSIONS: &str = "/v1/checkout/sessions/";

/// A client that owes $10 for Medium, and the request's id.
async fn owing(desk: &Desk<'_>) -> String {
    desk.shop.hold_webhooks().await;
    desk.apply("apply", false).await.unwrap();
    pack(desk).await.id
}

/// The request for Medium.
async fn pack(desk: &Desk<'_>) -> PaymentRequest {
    let requests = desk.requests().await;
    requests.into_iter().find(|request| request.type_ == RequestType::Pack).unwrap()
}

/// Bills, and takes the period's own request out of the way, so that only the pack's counts.
async fn bill(desk: &Desk<'_>) {
    desk.bill().await;
    desk.shop.by_hand("update payment_requests set status = 'paid', closed_at = now() where type = 'cycle'").await;
    desk.bill().await;
}

async fn state(desk: &Desk<'_>) -> (PaymentState, RequestStatus) {
    (desk.wallet().await.payment, pack(desk).await.status)
}

#[test]
fn an_unpaid_request_blocks_after_its_days_of_grace_and_marking_it_paid_clears() {
    desk_on(&starter(), async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        let id = owing(desk).await;
        bill(desk).await;
        assert_eq!(desk.wallet().await.payment, PaymentState::Current);
        desk.later(1);
        desk.bill().await;
        assert_eq!(desk.wallet().await.payment, PaymentState::PastDue);
        world.submit(workspace, place("a")).await;
        desk.later(7);
        desk.bill().await;
        assert_eq!(desk.wallet().await.payment, PaymentState::Unpaid);
        let refused = world.try_submit(workspace, place("b")).await;
        assert!(matches!(refused, Err(LedgerError::Refused(Refusal::SubscriptionBlocked))), "{refused:?}");
        mark_paid(desk.state, &desk.form("paid"), &desk.client, &id, " bank 4711 ").await.unwrap();
        assert_eq!(desk.wallet().await.payment, PaymentState::Current);
        world.submit(workspace, place("b")).await;
        let paid = pack(desk).await;
        assert_eq!((paid.status, paid.external_reference.as_deref()), (RequestStatus::Paid, Some("bank 4711")));
        assert_eq!(desk.count("select count(*) from wallet_events where type = 'wallet.resumed'").await, 1);
    });
}

#[test]
fn paid_through_checkout_it_is_settled_once() {
    desk_on(&starter(), async |desk| {
        let (shop, id) = (desk.shop, owing(desk).await);
        desk.later(8);
        bill(desk).await;
        assert_eq!(desk.wallet().await.payment, PaymentState::Unpaid);
        let form = shop.form("pay");
        let (one, two) = tokio::join!(pay_request(desk.state, &form, &id), pay_request(desk.state, &form, &id));
        assert_eq!(one.unwrap(), two.unwrap(), "one form, one Checkout");
        let session = shop.session("pay").await;
        shop.pay(&session).await;
        let done = join_all((0..5).map(|_| fulfil(desk.state, &session))).await;
        assert!(done.iter().all(|it| matches!(it, Ok(Fulfilment::Credited(_)))), "{done:?}");
        assert_eq!(state(desk).await, (PaymentState::Current, RequestStatus::Paid));
        assert_eq!(pack(desk).await.paid_session.as_deref(), Some(session.as_str()));
        assert_eq!(shop.purchase("pay").await.status, PurchaseStatus::Credited);
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'request.pay'").await, 1);
        assert_eq!(shop.lots().await, [100], "nothing but the pack that was applied");
        shop.world.submit(shop.workspace, place("a")).await;
        assert!(matches!(pay_request(desk.state, &shop.form("again"), &id).await, Err(PayError::Settled)));
        assert_eq!(desk.count("select count(*) from inbox_items").await, 0);
    });
}

#[test]
fn marked_paid_its_open_checkout_ends() {
    desk_on(&starter(), async |desk| {
        let (shop, id) = (desk.shop, owing(desk).await);
        pay_request(desk.state, &shop.form("pay"), &id).await.unwrap();
        let marked =
            join_all((0..5).map(|_| async { mark_paid(desk.state, &desk.form("paid"), &desk.client, &id, "").await }));
        assert!(marked.await.iter().all(Result::is_ok));
        assert_eq!(shop.figures().await["sessions"]["expired"], 1);
        assert_eq!(shop.purchase("pay").await.status, PurchaseStatus::Expired);
        assert!(matches!(pay_request(desk.state, &shop.form("pay"), &id).await, Err(PayError::Settled)));
        let again = mark_paid(desk.state, &desk.form("paid again"), &desk.client, &id, "").await;
        assert!(matches!(again, Err(AgencyError::FormUsed)), "no key has a space");
        let again = mark_paid(desk.state, &desk.form("paid_again"), &desk.client, &id, "").await;
        assert!(matches!(again, Err(AgencyError::Settled)));
        let other = cancel_request(desk.state, &desk.form("paid"), &desk.client, &id).await;
        assert!(matches!(other, Err(AgencyError::FormUsed)));
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'request.mark_paid'").await, 1);
    });
}

#[test]
fn paid_all_the_same_the_money_is_listed() {
    desk_on(&starter(), async |desk| {
        let (shop, id) = (desk.shop, owing(desk).await);
        pay_request(desk.state, &shop.form("pay"), &id).await.unwrap();
        let session = shop.session("pay").await;
        shop.fault("drop_before", "POST", SESSIONS, 100).await;
        mark_paid(desk.state, &desk.form("paid"), &desk.client, &id, "cash")
            .await
            .expect("Stripe's silence stops nobody");
        shop.heal().await;
        shop.pay(&session).await;
        let done = join_all((0..3).map(|_| fulfil(desk.state, &session))).await;
        assert!(done.iter().all(|it| matches!(it, Ok(Fulfilment::Unmatched(_)))), "{done:?}");
        let listed = "select count(*) from inbox_items where kind = 'overpayment' and amount_mc = 1000000";
        assert_eq!(desk.count(listed).await, 1);
        let request = pack(desk).await;
        assert_eq!((request.paid_session.as_deref(), request.external_reference.as_deref()), (None, Some("cash")));
        assert_eq!(shop.lots().await, [100]);
    });
}

#[test]
fn a_checkout_that_could_not_be_ended_is_ended_by_the_sweep() {
    desk_on(&starter(), async |desk| {
        let (shop, id) = (desk.shop, owing(desk).await);
        pay_request(desk.state, &shop.form("pay"), &id).await.unwrap();
        shop.fault("drop_before", "POST", SESSIONS, 100).await;
        mark_paid(desk.state, &desk.form("paid"), &desk.client, &id, "").await.unwrap();
        assert_eq!(shop.figures().await["sessions"]["expired"], 0);
        shop.heal().await;
        sweep_all(desk.state).await.unwrap();
        assert_eq!(shop.figures().await["sessions"]["expired"], 1);
    });
}

#[test]
fn waived_the_units_stay() {
    desk_on(&starter(), async |desk| {
        let id = owing(desk).await;
        desk.later(8);
        bill(desk).await;
        cancel_request(desk.state, &desk.form("waive"), &desk.client, &id).await.unwrap();
        cancel_request(desk.state, &desk.form("waive"), &desk.client, &id).await.expect("the same form says the same");
        assert_eq!(state(desk).await, (PaymentState::Current, RequestStatus::Canceled));
        assert_eq!(desk.shop.lots().await, [100]);
    });
}

#[test]
fn nobody_settles_or_pays_what_is_not_theirs() {
    desk_on(&starter(), async |desk| {
        let id = owing(desk).await;
        let elsewhere = desk.shop.world.workspace().await;
        let (agency, user) = administrator(desk.shop.world, elsewhere, "admin@other.test").await;
        let stranger = AgencyForm { agency, user, key: "one".into() };
        let own = desk.shop.world.public_id(elsewhere).await;
        for client in [&desk.client, &own] {
            let marked = mark_paid(desk.state, &stranger, client, &id, "").await;
            assert!(matches!(marked, Err(AgencyError::NotFound)), "{marked:?}");
            let waived = cancel_request(desk.state, &stranger, client, &id).await;
            assert!(matches!(waived, Err(AgencyError::NotFound)), "{waived:?}");
        }
        let mut form = desk.shop.form("pay");
        form.workspace = elsewhere;
        assert!(matches!(pay_request(desk.state, &form, &id).await, Err(PayError::NotFound)));
        assert_eq!(pack(desk).await.status, RequestStatus::Pending);
        assert_eq!(desk.count("select count(*) from audit_trail where form_key = 'one'").await, 0);
    });
}
