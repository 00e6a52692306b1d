//! The saved card: through Checkout alone or beside a payment, replaced, removed, and what Stripe says of it meanwhile.

use futures::future::join_all;
use minutebank::app::fulfil_purchase::{Fulfilment, fulfil};
use minutebank::app::remove_card::{follow_card, remove_card, sweep_cards};
use minutebank::app::save_card::{current_card, save_card};
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::payments::card::SavedCard;
use minutebank::payments::{PurchaseStatus, Session};
use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Role;
use minutebank::units::MilliCents;
use serde_json::json;
use sqlx::Connection as _;

use super::shop::{MASTERCARD, VISA, with_card};
use crate::fixture::starter;
use crate::payments::shop::{OWNER, Shop, shop, shop_on};

async fn card(shop: &Shop<'_>) -> Option<SavedCard> {
    current_card(&shop.state, shop.workspace).await.unwrap()
}

async fn name(shop: &Shop<'_>) -> Option<String> {
    card(shop).await.map(|card| card.name())
}

/// Begins to save a card and fills Checkout in; answers the session.
async fn set_up(shop: &Shop<'_>, key: &str, number: &str) -> String {
    save_card(&shop.state, &shop.form(key)).await.unwrap();
    let session = shop.session(key).await;
    shop.pay_with(&session, number).await;
    session
}

/// A session as Stripe has it.
async fn session(shop: &Shop<'_>, id: &str) -> Session {
    shop.state.stripe.session(id).await.unwrap()
}

#[test]
fn a_card_is_saved_once_however_often_and_from_wherever_it_is_told() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let browser = shop.browser(OWNER).await;
        let sent = join_all((0..4).map(|_| browser.form("/billing/card", &[("purchase_key", "one")]))).await;
        assert!(sent.iter().all(|one| *one == sent[0] && one.1.contains("/c/pay/cs_test_")), "{sent:?}");
        let id = shop.session("one").await;
        assert!(matches!(fulfil(&shop.state, &id).await, Ok(Fulfilment::Open(_))));
        assert_eq!(name(shop).await, None);
        shop.pay_with(&id, VISA).await;
        let back = format!("/billing/return?session_id={id}");
        let told = json!({ "session": id, "copies": 4 });
        let (returned, told) = tokio::join!(browser.open(&back), shop.control("webhooks/resend", told));
        assert_eq!(told["statuses"], json!([200, 200, 200, 200]));
        assert_eq!(returned.1, format!("/billing?added={}", shop.purchase("one").await.id));
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"));
        let page = browser.page(&returned.1).await;
        assert!(page.contains("Card saved") && page.contains("Visa ending 4242"), "{page}");
        assert_eq!(shop.count("select count(*) from saved_cards").await, 1);
        assert_eq!(shop.count("select count(*) from postings where kind <> 1").await, 0);
        assert_eq!(
            (session(shop, &id).await.amount_total, shop.figures().await["paid_cents"].clone()),
            (None, 0.into())
        );
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(shop.count("select count(*) from saved_cards").await, 1);
    });
}

#[test]
fn the_event_of_the_setup_and_the_sweep_alone_save_it_too() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        set_up(shop, "one", VISA).await;
        let purchase = json!({ "purchase": shop.purchase("one").await.id });
        let body = json!({ "id": "evt_1", "object": "event", "type": "setup_intent.succeeded", "livemode": false,
            "data": { "object": { "id": "seti_1", "metadata": purchase } } });
        let body = body.to_string();
        assert_eq!(shop.webhook(&body, &shop.signature(&body, 0)).await, 200);
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"));
        set_up(shop, "two", MASTERCARD).await;
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"));
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(name(shop).await.as_deref(), Some("Mastercard ending 4444"));
    });
}

#[test]
fn of_two_the_one_asked_for_later_counts_and_the_other_leaves() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let first = set_up(shop, "first", VISA).await;
        shop.world.clock.advance(jiff::SignedDuration::from_secs(60));
        let second = set_up(shop, "second", MASTERCARD).await;
        fulfil(&shop.state, &second).await.unwrap();
        fulfil(&shop.state, &first).await.unwrap();
        assert_eq!(name(shop).await.as_deref(), Some("Mastercard ending 4444"));
        assert_eq!(shop.count("select count(*) from saved_cards where status = 'leaving'").await, 1);
        shop.fault("html_502", "POST", "/v1/payment_methods", 1_000).await;
        assert_eq!(sweep_cards(&shop.state).await.unwrap(), 0);
        shop.heal().await;
        assert_eq!(sweep_cards(&shop.state).await.unwrap(), 1);
        assert_eq!(shop.count("select count(*) from saved_cards where status = 'gone'").await, 1);
        let kept = card(shop).await.unwrap().payment_method;
        let seen = shop.state.stripe.card(&kept).await.unwrap().unwrap();
        assert!(seen.customer.is_some(), "the current one stays");
    });
}

#[test]
fn a_ticked_box_saves_the_card_that_pays() {
    let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
    shop_on(&Terms { rates, ..starter() }, async |shop| {
        shop.hold_webhooks().await;
        let browser = shop.browser(OWNER).await;
        let fields = [("purchase_key", "one"), ("choice", "25"), ("save_card", "1")];
        assert!(browser.add_credits(&fields).await.1.contains("/c/pay/"));
        let id = shop.session("one").await;
        shop.pay_with(&id, VISA).await;
        // The payment counts at once; the card comes when Stripe answers again.
        shop.fault("html_502", "GET", "/v1/payment_methods", 1_000).await;
        assert!(matches!(fulfil(&shop.state, &id).await, Ok(Fulfilment::Credited(_))));
        assert_eq!((shop.credits().await, name(shop).await), (2_500, None));
        let purchase = shop.purchase("one").await;
        assert_eq!((purchase.status, purchase.save_card), (PurchaseStatus::Credited, true));
        shop.heal().await;
        sweep_all(&shop.state).await.unwrap();
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"));
        assert!(!shop.purchase("one").await.save_card);
        let fields = [("purchase_key", "two"), ("pack", "pack_medium"), ("quantity", "1")];
        assert!(browser.buy(&fields).await.1.contains("/c/pay/"));
        let id = shop.session("two").await;
        shop.pay_with(&id, MASTERCARD).await;
        fulfil(&shop.state, &id).await.unwrap();
        sweep(&shop.state).await.unwrap();
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"), "nobody asked to save this one");
        let back = browser.add_credits(&[("purchase_key", "k"), ("choice", "other"), ("save_card", "1")]).await.1;
        assert_eq!(back, "/billing?buy=credits&choice=other&save_card=1&error=amount");
        assert!(browser.page(&back).await.contains("name=\"save_card\" value=\"1\" checked"), "the tick is kept");
    });
}

#[test]
fn a_removed_card_is_gone_here_at_once_and_at_stripe_soon() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let id = set_up(shop, "one", VISA).await;
        fulfil(&shop.state, &id).await.unwrap();
        let method = card(shop).await.unwrap().payment_method;
        let browser = shop.browser(OWNER).await;
        let page = browser.page("/billing?card=remove").await;
        assert!(page.contains("Remove Visa ending 4242? Auto-recharge is switched off"), "{page}");
        remove_card(&shop.state, shop.workspace, "pm_of_another", shop.owner).await.unwrap();
        assert!(card(shop).await.is_some(), "only the card that was shown");
        let gone = browser.form("/billing/card/remove", &[("payment_method", &method)]).await;
        assert_eq!(gone, (303, "/billing#saved-card".to_owned()));
        assert_eq!(card(shop).await, None);
        sweep(&shop.state).await.unwrap();
        assert_eq!(shop.state.stripe.card(&method).await.unwrap().unwrap().customer, None);
        // What was told before is told again: the card stays away.
        fulfil(&shop.state, &id).await.unwrap();
        assert_eq!(card(shop).await, None);
        assert!(browser.page("/billing").await.contains("No card is saved."));
    });
}

#[test]
fn a_card_that_stripe_detaches_is_gone_here() {
    shop(async |shop| {
        let id = set_up(shop, "one", VISA).await;
        fulfil(&shop.state, &id).await.unwrap();
        let method = card(shop).await.unwrap().payment_method;
        let event = |id: &str, kind: &str, object: &str| {
            json!({ "id": id, "object": "event", "type": kind, "livemode": false, "data": { "object": { "id": object } } })
                .to_string()
        };
        // An event is only a hint: the card is still there.
        let body = event("evt_1", "payment_method.detached", &method);
        assert_eq!(shop.webhook(&body, &shop.signature(&body, 0)).await, 200);
        assert!(card(shop).await.is_some());
        assert_eq!(shop.stripe(&format!("payment_methods/{method}/detach")).await.status(), 200);
        for (id, object) in [("evt_2", method.as_str()), ("evt_3", "pm_of_another"), ("evt_4", "../customers")] {
            let body = event(id, "payment_method.detached", object);
            assert_eq!(shop.webhook(&body, &shop.signature(&body, 0)).await, 200);
        }
        assert_eq!(card(shop).await, None);
    });
}

#[test]
fn while_stripe_does_not_take_the_key_no_card_is_gone() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let id = set_up(shop, "one", VISA).await;
        fulfil(&shop.state, &id).await.unwrap();
        let method = card(shop).await.unwrap().payment_method;
        assert!(follow_card(&shop.locked_out(), &method).await.is_err());
        assert_eq!(name(shop).await.as_deref(), Some("Visa ending 4242"));
        remove_card(&shop.state, shop.workspace, &method, shop.owner).await.unwrap();
        assert_eq!(sweep_cards(&shop.locked_out()).await.unwrap(), 0, "it is still to be taken away");
        assert_eq!(sweep_cards(&shop.state).await.unwrap(), 1);
        assert_eq!(shop.state.stripe.card(&method).await.unwrap().unwrap().customer, None);
    });
}

/// Saving locks the settings of auto-recharge and the cards in the order in which removing does: neither waits for the
/// other while it has what the other wants.
#[test]
fn a_card_that_is_saved_does_not_block_one_that_is_removed() {
    with_card(VISA, async |shop| {
        shop.switch_on().await;
        shop.hold_webhooks().await;
        let id = set_up(shop, "new", MASTERCARD).await;
        let mut removing = shop.world.superuser().await;
        let mut removing = removing.begin().await.unwrap();
        sqlx::query("select from auto_recharges for update").execute(&mut *removing).await.unwrap();
        let saving = fulfil(&shop.state, &id);
        let removing = async {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            sqlx::query("set local lock_timeout = '2s'").execute(&mut *removing).await.unwrap();
            let locked = sqlx::query("select from stripe_customers for update").execute(&mut *removing).await;
            removing.rollback().await.unwrap();
            locked
        };
        let (saved, removed) = tokio::join!(saving, removing);
        assert!(removed.is_ok() && saved.is_ok(), "{removed:?} {saved:?}");
        assert_eq!(name(shop).await.as_deref(), Some("Mastercard ending 4444"));
    });
}

#[test]
fn a_card_that_left_before_it_was_saved_is_not_saved() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let id = set_up(shop, "one", VISA).await;
        let setup = session(shop, &id).await.setup_intent.unwrap();
        let method = shop.state.stripe.method_of_setup(&setup).await.unwrap().unwrap();
        assert_eq!(shop.stripe(&format!("payment_methods/{method}/detach")).await.status(), 200);
        fulfil(&shop.state, &id).await.unwrap();
        assert_eq!(card(shop).await, None, "nobody could charge it");
    });
}

#[test]
fn somebody_else_s_card_or_session_saves_nothing() {
    shop(async |shop| {
        shop.hold_webhooks().await;
        let id = set_up(shop, "one", VISA).await;
        shop.by_hand("update purchases set customer_id = 'cus_other'").await;
        assert!(matches!(fulfil(&shop.state, &id).await, Ok(Fulfilment::Unmatched(_))));
        assert_eq!(card(shop).await, None);
        shop.member(shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        let viewer = shop.browser("viewer@harbor.test").await;
        assert_eq!(viewer.form("/billing/card", &[("purchase_key", "two")]).await.0, 403);
        assert_eq!(viewer.form("/billing/card/remove", &[("payment_method", "pm_x")]).await.0, 403);
        assert!(!viewer.page("/billing").await.contains("/billing/card"));
        shop.by_hand("update purchases set kind = 'credits', total_mc = 1000000, status = 'open'").await;
        assert!(matches!(fulfil(&shop.state, &id).await, Ok(Fulfilment::Unmatched(_))), "no money came");
    });
}
