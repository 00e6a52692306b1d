//! `/billing/packages`: owners refund what is unused, in a form that works without JavaScript.

use futures::future::join_all;
use minutebank::tenants::Role;

use super::desk::{client_with, refunded_at_stripe, stands, talk};
use crate::payments::shop::{OWNER, Shop};
use crate::site::Answered;

/// The dialog of the purchase, as somebody sees it.
async fn dialog(shop: &Shop<'_>, email: &str) -> Answered {
    let browser = shop.site.browser();
    browser.sign_in(email, crate::site::PASSWORD).await;
    browser.get(&format!("/billing/packages?refund={}", shop.purchase("one").await.id)).await
}

#[test]
fn ten_parallel_posts_of_one_form_refund_once() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        let browser = shop.browser(OWNER).await;
        let list = browser.page("/billing/packages").await;
        assert!(list.contains("Refund unused"), "{list}");
        let asked = dialog(shop, OWNER).await;
        assert!(asked.body.contains("You lose 50 min of Medium 100 at once.") && asked.body.contains("Refund $5.00"));
        let (key, purchase) = (asked.hidden("form_key"), asked.hidden("purchase"));
        let fields = [("form_key", key.as_str()), ("purchase", purchase.as_str())];
        let sent = join_all((0..10).map(|_| browser.send("/billing/packages/refund", &fields))).await;
        for answer in &sent {
            assert_eq!(*answer, (303, format!("/billing/packages?refunded={key}")));
        }
        assert_eq!((stands(shop).await, refunded_at_stripe(shop).await), ((0, 0, 0), 500));
        let page = browser.page(&sent[0].1).await;
        assert!(page.contains("$5.00 refunded") && page.contains("Refunded Nov 20"), "{page}");
        assert!(!page.contains("Refund unused"), "nothing is left to refund");
        let again = dialog(shop, OWNER).await;
        assert!(again.body.contains("Nothing can be refunded"));
    });
}

#[test]
fn only_owners_refund() {
    client_with(1, async |shop| {
        for (email, role) in [("billing@harbor.test", Role::Billing), ("viewer@harbor.test", Role::Viewer)] {
            shop.member(shop.workspace, email, role).await;
            let browser = shop.browser(email).await;
            assert!(!browser.page("/billing/packages").await.contains("Refund unused"));
            assert!(!dialog(shop, email).await.body.contains("<dialog"));
            let purchase = shop.purchase("one").await.id;
            let fields = [("form_key", "k"), ("purchase", purchase.as_str())];
            assert_eq!(browser.send("/billing/packages/refund", &fields).await.0, 403);
        }
        assert_eq!(stands(shop).await.0, 100);
    });
}

#[test]
fn what_stripe_refuses_or_does_not_answer_is_said() {
    client_with(1, async |shop| {
        let browser = shop.browser(OWNER).await;
        let purchase = shop.purchase("one").await.id;
        shop.fault("http_500", "POST", "/v1/refunds", 1).await;
        let (_, back) =
            browser.send("/billing/packages/refund", &[("form_key", "k1"), ("purchase", purchase.as_str())]).await;
        assert_eq!(back, "/billing/packages?refused=stripe_refused");
        assert!(browser.page(&back).await.contains("Nothing was refunded"));
        assert_eq!(stands(shop).await.0, 100);
        shop.fault("drop_before", "POST", "/v1/refunds", 1_000).await;
        let (_, back) =
            browser.send("/billing/packages/refund", &[("form_key", "k2"), ("purchase", purchase.as_str())]).await;
        assert!(browser.page(&back).await.contains("Refund of $10.00 on its way"));
        shop.heal().await;
        let (_, unknown) =
            browser.send("/billing/packages/refund", &[("form_key", "k3"), ("purchase", purchase.as_str())]).await;
        assert_eq!(unknown, "/billing/packages?refused=nothing_unused");
    });
}
