//! The client's side of payment requests: seen on Billing, paid through Checkout, and refused where they are settled.

use minutebank::app::bills;
use minutebank::app::cancel_request::cancel_request;
use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::mark_paid::mark_paid;
use minutebank::payments::PurchaseStatus;
use minutebank::payments::request::RequestStatus;
use minutebank::tenants::{Role, Scope};

use super::desk::{Desk, desk_on};
use crate::fixture::starter;
use crate::payments::shop::{Browser, OWNER};
use crate::site::words;

/// A client that owes $10 for Medium, the request's id, and its owner's browser.
async fn owing(desk: &Desk<'_>) -> (String, Browser) {
    desk.shop.hold_webhooks().await;
    desk.apply("apply", false).await.unwrap();
    let requests = desk.requests().await;
    (requests[0].id.clone(), desk.shop.browser(OWNER).await)
}

/// The section's words.
async fn section(browser: &Browser) -> String {
    let page = browser.page("/billing").await;
    words(page.split("id=\"payments\"").nth(1).expect("the section"))
}

#[test]
fn a_request_is_seen_paid_and_then_a_receipt() {
    desk_on(&starter(), async |desk| {
        let browser = desk.shop.browser(OWNER).await;
        assert!(section(&browser).await.contains("No payments yet"));
        let (id, browser) = owing(desk).await;
        let before = section(&browser).await;
        assert!(before.contains("Medium Pack, from Brightline Voice"), "{before}");
        assert!(before.contains("Nov 21 Pending $10.00 Pay $10.00"), "{before}");
        let fields = [("request", id.as_str()), ("purchase_key", "pay_1")];
        let (status, checkout) = browser.send("/billing/pay", &fields).await;
        assert_eq!(
            (status, browser.send("/billing/pay", &fields).await),
            (303, (303, checkout)),
            "one form, one Checkout"
        );
        let session = desk.shop.session("pay_1").await;
        desk.shop.pay(&session).await;
        let (_, back) = browser.open(&format!("/billing/return?session_id={session}")).await;
        let page = browser.page(&back).await;
        assert!(page.contains("$10.00 paid") && page.contains("Brightline Voice has it."), "{page}");
        let after = section(&browser).await;
        assert!(after.contains("Medium Pack, from Brightline Voice, paid by Dana Whitfield"), "{after}");
        assert!(after.contains("Paid Nov 20 $10.00") && !after.contains("Pay $10.00"), "{after}");
        let (_, late) = browser.send("/billing/pay", &[("request", &id), ("purchase_key", "pay_2")]).await;
        assert_eq!(late, format!("/billing?request={id}&error=settled"));
        let told = browser.page(&late).await;
        assert!(told.contains("This request is settled") && told.contains("Nothing was charged"), "{told}");
    });
}

#[test]
fn a_checkout_that_is_left_changes_nothing_and_one_without_an_answer_keeps_its_key() {
    desk_on(&starter(), async |desk| {
        let (id, browser) = owing(desk).await;
        let before = section(&browser).await;
        browser.send("/billing/pay", &[("request", &id), ("purchase_key", "pay_1")]).await;
        let left = browser.page(&format!("/billing?request={id}")).await;
        assert!(words(&left).contains(before.split(" Pay ").next().unwrap()), "{left}");
        assert_eq!(desk.shop.purchase("pay_1").await.status, PurchaseStatus::Open);
        desk.shop.fault("drop_before", "POST", "/v1/checkout/sessions", 100).await;
        let (_, silent) = browser.send("/billing/pay", &[("request", &id), ("purchase_key", "pay_2")]).await;
        assert_eq!(silent, format!("/billing?request={id}&key=pay_2&error=stripe_unreachable"));
        let again = browser.page(&silent).await;
        assert!(again.contains("Stripe could not be reached") && again.contains("value=\"pay_2\""), "{again}");
        desk.shop.heal().await;
        let (status, _) = browser.send("/billing/pay", &[("request", &id), ("purchase_key", "pay_2")]).await;
        assert_eq!((status, desk.count("select count(*) from purchases").await), (303, 2), "the same attempt");
    });
}

#[test]
fn paid_elsewhere_meanwhile_the_second_payment_is_said_to_be_one() {
    desk_on(&starter(), async |desk| {
        let (id, browser) = owing(desk).await;
        browser.send("/billing/pay", &[("request", &id), ("purchase_key", "pay_1")]).await;
        let session = desk.shop.session("pay_1").await;
        desk.shop.fault("drop_before", "POST", "/v1/checkout/sessions/", 100).await;
        mark_paid(desk.state, &desk.form("paid"), &desk.client, &id, "cash").await.unwrap();
        desk.shop.heal().await;
        desk.shop.pay(&session).await;
        let (_, back) = browser.open(&format!("/billing/return?session_id={session}")).await;
        let page = browser.page(&back).await;
        assert!(page.contains("$10.00 paid twice") && page.contains("keeps or refunds it"), "{page}");
        assert_eq!(desk.requests().await[0].external_reference.as_deref(), Some("cash"));
    });
}

#[test]
fn what_is_overdue_stands_in_the_alert_with_its_way_out() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = owing(desk).await;
        desk.shop.member(desk.shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        desk.later(2);
        desk.bill().await;
        let page = browser.page("/billing").await;
        let alert = page.split("class=\"alert red\"").nth(1).expect(&page).split("</section>").next().unwrap();
        let said = words(alert);
        assert!(said.contains("Payment overdue") && said.contains("$10.00 for Medium was due Nov 21."), "{said}");
        assert!(said.contains("Calls go on until Nov 28.") && alert.contains("action=\"/billing/pay\""), "{alert}");
        assert!(section(&browser).await.contains("Nov 21 Overdue $10.00 Pay $10.00"));
        let viewer = desk.shop.site.browser();
        viewer.sign_in("viewer@harbor.test", crate::site::PASSWORD).await;
        let read = viewer.get("/billing").await.body;
        assert!(read.contains("Payment overdue") && !read.contains("/billing/pay\""), "who reads cannot pay: {read}");
    });
}

#[test]
fn the_most_pressing_come_first_and_the_rest_is_on_its_own_page() {
    desk_on(&starter(), async |desk| {
        desk.shop.hold_webhooks().await;
        desk.apply("owed", false).await.unwrap();
        for count in 0..27 {
            desk.shop.world.clock.advance(jiff::SignedDuration::from_mins(1));
            desk.apply(&format!("paid_{count}"), count != 20).await.unwrap();
        }
        let canceled = desk.requests().await.pop().unwrap();
        assert_eq!(canceled.status, RequestStatus::Paid, "the newest");
        let owed: Vec<_> = desk.requests().await.into_iter().filter(|it| it.status.is_owed()).collect();
        cancel_request(desk.state, &desk.form("waive"), &desk.client, &owed[1].id).await.unwrap();
        let pressing = bills::pressing(desk.state, desk.shop.workspace, 6).await.unwrap();
        let states: Vec<_> = pressing.bills.iter().map(|bill| bill.status).collect();
        assert_eq!(states[0], RequestStatus::Pending, "the oldest of all");
        assert_eq!((&states[1..], pressing.more), (&[RequestStatus::Paid; 5][..], true));
        let browser = desk.shop.browser(OWNER).await;
        assert!(section(&browser).await.contains("View all"));
        let first = browser.page("/billing/payments").await;
        assert_eq!(first.matches("<td role=\"cell\" class=\"state\">").count(), 25, "{first}");
        assert!(words(&first).contains("Canceled"), "{first}");
        let older = first.split("href=\"/billing/payments?").nth(1).unwrap().split('"').next().unwrap();
        let rest = browser.page(&format!("/billing/payments?{}", older.replace("&amp;", "&"))).await;
        assert_eq!(rest.matches("<td role=\"cell\" class=\"state\">").count(), 3, "{rest}");
        assert!(rest.contains(">Newest<") && rest.contains("Pay $10.00"), "{rest}");
        let nonsense = browser.page("/billing/payments?before=x&id=y").await;
        assert_eq!(nonsense.matches("<td role=\"cell\" class=\"state\">").count(), 25);
    });
}

#[test]
fn what_is_bought_is_a_receipt_of_its_own() {
    desk_on(&starter(), async |desk| {
        desk.shop.hold_webhooks().await;
        desk.shop.buy("packs", 2).await.unwrap();
        desk.shop.buy("never", 1).await.unwrap();
        let session = desk.shop.session("packs").await;
        desk.shop.pay(&session).await;
        fulfil(desk.state, &session).await.unwrap();
        let browser = desk.shop.browser(OWNER).await;
        let said = section(&browser).await;
        assert!(said.contains("2 × Medium 100 Bought by Dana Whitfield – Paid Nov 20 $20.00"), "{said}");
        assert_eq!(said.matches("$10.00").count(), 0, "what was never paid is not listed: {said}");
        assert!(said.contains("$20.00 Receipt"), "{said}");
        let packages = browser.page("/billing/packages").await;
        assert_eq!(packages.matches("aria-label=\"Receipt for Medium 100\"").count(), 2, "{packages}");
        desk.shop.world.key(desk.shop.workspace, "mb_engine", &[Scope::WalletRead]).await;
        let lots = desk.shop.site.program("mb_engine").get("/v1/wallet/lots").await.json();
        let receipt = lots["data"][0]["receipt_url"].as_str().expect("where Stripe shows it");
        assert!(packages.contains(&format!("href=\"{receipt}\"")), "{receipt}");
    });
}
