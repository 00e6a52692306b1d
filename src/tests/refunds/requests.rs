//! A payment request whose payment goes back is owed again; no units are taken.

use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::pay_request::pay_request;
use minutebank::payments::request::RequestStatus;
use serde_json::json;

use super::desk::{packs_only, refunded, stands, told};
use crate::agency::desk::{Desk, desk_on};

/// A client that has paid the request for an applied Medium.
async fn paid(desk: &Desk<'_>) {
    let shop = desk.shop;
    shop.hold_webhooks().await;
    desk.apply("apply", false).await.unwrap();
    let request = desk.requests().await[0].id.clone();
    pay_request(desk.state, &shop.form("one"), &request).await.unwrap();
    fulfilled(desk, "one").await;
    assert_eq!(desk.requests().await[0].status, RequestStatus::Paid);
}

/// Pays the session of a form's key, and hears of it.
async fn fulfilled(desk: &Desk<'_>, key: &str) {
    let session = desk.shop.session(key).await;
    desk.shop.pay(&session).await;
    fulfil(desk.state, &session).await.unwrap();
}

#[test]
fn its_refund_reopens_the_request_and_takes_no_units() {
    desk_on(&packs_only(), async |desk| {
        paid(desk).await;
        refunded(desk.shop, "one", 400).await;
        told(desk.shop, 2).await;
        assert_eq!(desk.requests().await[0].status, RequestStatus::Paid, "a part of it");
        refunded(desk.shop, "one", 600).await;
        told(desk.shop, 3).await;
        assert_eq!(desk.requests().await[0].status, RequestStatus::Pending);
        assert_eq!(stands(desk.shop).await, (100, 0, 0));
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'request.reopen'").await, 1);
        // It can be paid anew.
        let request = desk.requests().await[0].id.clone();
        pay_request(desk.state, &desk.shop.form("two"), &request).await.unwrap();
        fulfilled(desk, "two").await;
        told(desk.shop, 2).await;
        assert_eq!(desk.requests().await[0].status, RequestStatus::Paid);
    });
}

#[test]
fn a_refund_that_fails_pays_it_again() {
    desk_on(&packs_only(), async |desk| {
        paid(desk).await;
        let refund = refunded(desk.shop, "one", 1_000).await;
        told(desk.shop, 1).await;
        assert_eq!(desk.requests().await[0].status, RequestStatus::Pending);
        desk.shop.control(&format!("refunds/{refund}"), json!({ "status": "failed" })).await;
        told(desk.shop, 3).await;
        assert_eq!(desk.requests().await[0].status, RequestStatus::Paid);
        assert_eq!(stands(desk.shop).await, (100, 0, 0));
    });
}
