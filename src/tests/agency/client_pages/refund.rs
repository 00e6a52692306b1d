//! `Refund unused` at the agency's desk: what is lost is said before, and it happens once.

use futures::future::join_all;
use minutebank::app::agency::lists;
use minutebank::tenants::audit::Action;

use super::{PACKS, Seat, has};
use crate::agency::desk::desk_on;
use crate::refunds::desk::{bought, packs_only, refunded_at_stripe, stands, talk};

#[test]
fn ten_parallel_posts_of_one_form_refund_the_unused_half_once() {
    desk_on(&packs_only(), async |desk| {
        let (shop, seat) = (desk.shop, Seat::at(desk).await);
        shop.hold_webhooks().await;
        assert!(!seat.open(PACKS).await.body.contains("Packages in the wallet"), "nothing is there");
        bought(shop, "one", 1).await;
        talk(shop, "used", 50).await;
        seat.apply("paid").await;
        let page = seat.open(PACKS).await;
        has(&page.words(), &["Medium 100 Stripe Nov 20 50 min of 100 min $10.00 Refund unused"]);
        has(&page.words(), &["Medium 100 Applied by Brightline Voice Nov 20 100 min of 100 min $10.00"]);
        assert_eq!(
            page.body.matches("Refund unused, ").count(),
            1,
            "what the agency applied was not paid through Stripe"
        );
        let purchase = shop.purchase("one").await.id;
        let dialog = format!("{}&refund={purchase}", seat.address(PACKS));
        let asked = seat.browser.get(&dialog).await;
        let told = "Harbor Dental loses 50 min of Medium 100 at once. $5.00 goes back to the card that paid for it. It cannot \
                    be undone.";
        has(&asked.body, &[told, "Refund $5.00"]);
        assert_eq!(refunded_at_stripe(shop).await, 0, "asking changes nothing");

        let (csrf, key) = (asked.hidden("csrf"), asked.hidden("form_key"));
        let fields = [("purchase", purchase.as_str())];
        let sent = join_all((0..10).map(|_| seat.resend(&csrf, &key, "packs/refund", &fields))).await;
        assert!(sent.iter().all(|it| it.location().ends_with("&notice=unused_refunded")), "{sent:?}");
        assert_eq!((stands(shop).await, refunded_at_stripe(shop).await), ((100, 0, 0), 500));
        let page = seat.browser.get(sent[0].location()).await;
        has(&page.words(), &["The unused part is refunded to the card that paid for it."]);
        assert!(!page.body.contains("Refund unused, "), "{}", page.words());
        has(&seat.browser.get(&dialog).await.body, &["Nothing can be refunded: everything is used, refunded already"]);
        let other = seat.send(PACKS, "packs/refund", &fields).await;
        assert_eq!(other.status, 409);
        has(&other.words(), &["Nothing was refunded Everything of this purchase is used, refunded already"]);
        assert_eq!(seat.send(PACKS, "packs/refund", &[("purchase", "pur_none")]).await.status, 404);
        assert_eq!(refunded_at_stripe(shop).await, 500);

        let trail = lists::audit_trail(desk.state, desk.agency, Some(&desk.client), i64::MAX, 10).await.unwrap();
        let deed = trail.iter().rfind(|deed| deed.action == Action::RefundUnused).expect("it is written down");
        assert_eq!((deed.target.as_str(), deed.actor.as_deref()), (purchase.as_str(), Some("Elena Sørensen")));
    });
}

#[test]
fn what_stripe_refuses_or_does_not_answer_is_said() {
    desk_on(&packs_only(), async |desk| {
        let (shop, seat) = (desk.shop, Seat::at(desk).await);
        shop.hold_webhooks().await;
        bought(shop, "one", 1).await;
        let purchase = shop.purchase("one").await.id;
        let fields = [("purchase", purchase.as_str())];
        shop.fault("http_500", "POST", "/v1/refunds", 1).await;
        let refused = seat.send(PACKS, "packs/refund", &fields).await;
        assert_eq!(refused.status, 502);
        has(&refused.words(), &["Stripe refused Nothing was done: no money has moved and nothing was taken away."]);
        assert_eq!(stands(shop).await.0, 100);
        shop.fault("drop_before", "POST", "/v1/refunds", 1_000).await;
        let unknown = seat.send(PACKS, "packs/refund", &fields).await;
        assert_eq!(unknown.status, 502);
        has(&unknown.words(), &["Stripe gives no answer"]);
        let while_in_flight = seat.send(PACKS, "packs/refund", &fields).await;
        has(&while_in_flight.words(), &["Nothing was refunded"]);
        shop.heal().await;
    });
}
