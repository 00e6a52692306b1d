//! The pages about all clients: payment requests and the inbox.

use minutebank::app::agency::lists;
use minutebank::payments::inbox::Resolution;
use minutebank::payments::request::RequestStatus;
use minutebank::pricing::Terms;

use super::desk::{Desk, desk_on};
use super::entrance::elena;
use super::inbox::unmatched;
use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::site::{Answered, Browser};

/// Where a link with these words leads.
fn link(page: &Answered, words: &str) -> String {
    let marked = format!("aria-label=\"{words}");
    let tag = page.body.split("<a ").find(|tag| tag.contains(&marked)).expect(words);
    tag.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&")
}

/// Sends the dialog of a page with further fields.
async fn confirm(browser: &Browser, page: &Answered, more: &[(&str, &str)]) -> Answered {
    let dialog = page.body.split("<dialog").nth(1).expect("a dialog");
    let action = dialog.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    let hidden = |name: &str| {
        let input = dialog.split("<input").find(|it| it.contains(&format!("name=\"{name}\"")))?;
        Some((name.to_owned(), input.split("value=\"").nth(1)?.split('"').next()?.to_owned()))
    };
    let sent: Vec<_> = ["csrf", "form_key", "client", "request"].into_iter().filter_map(hidden).collect();
    let sent: Vec<_> = sent.iter().map(|(a, b)| (a.as_str(), b.as_str())).chain(more.iter().copied()).collect();
    browser.post(action, &sent).await
}

async fn statuses(desk: &Desk<'_>) -> Vec<RequestStatus> {
    desk.requests().await.iter().map(|request| request.status).collect()
}

#[test]
fn a_request_is_marked_paid_or_canceled_from_the_list_of_all() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let nothing = browser.get("/agency/requests").await.words();
        assert!(nothing.contains("No open requests"), "{nothing}");
        for key in ["one", "two"] {
            desk.apply(key, false).await.unwrap();
        }
        let list = browser.get("/agency/requests").await;
        assert!(list.words().contains("Harbor Dental Nov 20 Pack Medium Add-on pack Due Nov 21 Pending $10.00"));
        let asked = browser.get(&link(&list, "Mark paid, Medium")).await;
        assert!(asked.words().contains("Mark $10.00 as paid?"));
        let long = confirm(&browser, &asked, &[("external_reference", &"x".repeat(201))]).await;
        assert_eq!(long.status, 422);
        assert!(long.body.contains("<dialog") && long.body.contains("Enter at most 200 characters."));
        let paid = confirm(&browser, &long, &[("external_reference", "Wire 7 <b>")]).await;
        assert_eq!(paid.location(), "/agency/requests?show=open&notice=request_paid");
        let list = browser.get(paid.location()).await;
        assert!(list.words().contains("Payment request marked as paid."));
        let asked = browser.get(&link(&list, "Cancel, Medium")).await;
        assert!(asked.words().contains("The units that were credited stay."));
        confirm(&browser, &asked, &[]).await.location();
        let again = confirm(&browser, &asked, &[]).await;
        assert_eq!(again.status, 303, "a double click says the same");
        let mut found = statuses(desk).await;
        found.sort_by_key(|status| status.as_str());
        assert_eq!(found, [RequestStatus::Canceled, RequestStatus::Paid]);
        let settled = browser.get("/agency/requests?show=settled").await.words();
        assert!(settled.contains("Paid Nov 20 Wire 7 <b> $10.00") && settled.contains("Canceled Nov 20"), "{settled}");
        assert_eq!(desk.shop.lots().await, [100, 100]);
    });
}

#[test]
fn what_is_overdue_is_red_and_a_long_list_is_read_page_by_page() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        for key in 0..51 {
            desk.apply(&format!("k{key}"), false).await.unwrap();
            desk.shop.world.clock.advance(jiff::SignedDuration::from_secs(1));
        }
        desk.later(2);
        desk.bill().await;
        let first = browser.get("/agency/requests").await;
        assert_eq!(first.body.matches("Mark paid,").count(), 50);
        assert!(first.body.contains("class=\"due late\"") && first.words().contains("Overdue"), "{}", first.words());
        let older = first.body.split("href=\"").find(|it| it.contains("before=")).unwrap().split('"').next().unwrap();
        let second = browser.get(&older.replace("&amp;", "&")).await;
        assert_eq!(second.body.matches("Mark paid,").count(), 1 + statuses(desk).await.len() - 51);
        assert!(second.words().contains("Newest first Newest"), "{}", second.words());
    });
}

#[test]
fn a_payment_that_matches_nothing_is_accepted_from_the_page() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        assert!(browser.get("/agency/inbox").await.words().contains("Nothing waits for you"));
        unmatched(desk).await;
        let list = browser.get("/agency/inbox").await;
        let told = "Harbor Dental , the payment's amount is $10.00, its purchase says $11.00. Nothing was credited.";
        assert!(list.words().contains(told), "{}", list.words());
        let asked = browser.get(&link(&list, "Accept, Unmatched payment")).await;
        assert!(asked.words().contains("Harbor Dental gets 100 minutes at once."), "{}", asked.words());
        let accepted = confirm(&browser, &asked, &[]).await;
        assert_eq!(accepted.location(), "/agency/inbox?show=open&notice=payment_accepted");
        assert_eq!(desk.shop.lots().await, [100]);
        let settled = browser.get("/agency/inbox?show=settled").await.words();
        assert!(settled.contains("Accepted Nov 20"), "{settled}");
    });
}

#[test]
fn another_is_refunded_from_the_page_and_says_so_while_stripe_is_silent() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        unmatched(desk).await;
        let asked = browser.get(&link(&browser.get("/agency/inbox").await, "Refund, Unmatched payment")).await;
        assert!(asked.words().contains("goes back to how Harbor Dental paid."), "{}", asked.words());
        desk.shop.fault("drop_before", "POST", "/v1/refunds", 1_000).await;
        let silent = confirm(&browser, &asked, &[]).await;
        assert_eq!(silent.status, 502);
        assert!(silent.words().contains("Stripe gives no answer") && silent.words().contains("Refund on its way"));
        assert!(!silent.body.contains("Accept, Unmatched"), "it is on its way");
        desk.shop.heal().await;
        let refunded = confirm(&browser, &asked, &[]).await;
        assert_eq!(refunded.location(), "/agency/inbox?show=open&notice=payment_refunded");
        assert_eq!((desk.shop.money().await, desk.shop.lots().await), ((1_000, 1_000), vec![]));
    });
}

#[test]
fn what_nothing_covered_is_looked_at() {
    desk_on(&Terms { included: 60, ..starter() }, async |desk| {
        let (_, browser) = elena(desk).await;
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        world.submit(workspace, place("long")).await;
        world.submit(workspace, answered("long", 100)).await;
        let list = browser.get("/agency/inbox").await;
        assert!(!list.body.contains("Refund, Overrun") && !list.body.contains("Accept, Overrun"), "no money came in");
        let receipt =
            [("csrf", list.hidden("csrf")), ("workspace", desk.client.clone()), ("call", list.hidden("call"))];
        let receipt = receipt.each_ref().map(|(name, value)| (*name, value.as_str()));
        let leads = browser.post("/workspace", &receipt).await;
        assert_eq!(leads.location(), "/billing/calls/long");
        let receipt = browser.get(leads.location()).await.words();
        assert!(receipt.contains("40 s not charged"), "{receipt}");
        let item = lists::inbox(desk.state, desk.agency, true, i64::MAX, 1).await.unwrap()[0].id;
        let asked = browser.get(&link(&list, "Settle, Overrun")).await;
        assert!(asked.words().contains("Harbor Dental, 40 s of a call were covered by nothing."), "{}", asked.words());
        let none = browser.get(&format!("/agency/inbox?refund={item}")).await;
        assert!(!none.body.contains("<dialog"), "what cannot be done is not offered");
        confirm(&browser, &asked, &[]).await.location();
        let settled = lists::inbox(desk.state, desk.agency, false, i64::MAX, 1).await.unwrap();
        assert_eq!(settled[0].resolved.map(|it| it.0), Some(Resolution::Dismissed));
    });
}
