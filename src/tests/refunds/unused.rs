//! `Refund unused`: once, whoever asks however often, stopped anywhere.

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::agency::{AgencyError, AgencyForm};
use minutebank::app::refund_unused::{RefundForm, RefundUnusedError, quote, refund_unused, refund_unused_of_client};
use minutebank::app::send_refund::{ASKERS_OWN, RefundError, sweep_refunds};
use minutebank::units::MilliCents;
use serde_json::json;

use super::desk::{client_with, refunded, refunded_at_stripe, stands, talk, told};
use crate::agency::desk::administrator;
use crate::ledger::place;
use crate::payments::shop::Shop;

const FIVE: MilliCents = MilliCents::from_cents(500);

fn form(shop: &Shop<'_>, key: &str) -> RefundForm {
    RefundForm { workspace: shop.workspace, by: shop.owner, key: key.to_owned() }
}

async fn refund(shop: &Shop<'_>, key: &str) -> Result<MilliCents, RefundUnusedError> {
    refund_unused(&shop.state, &form(shop, key), &shop.purchase("one").await.id).await
}

/// Money and units agree: $5 went back, the unused half is gone, nothing is owed.
async fn refunded_once(shop: &Shop<'_>) {
    assert_eq!(stands(shop).await, (0, 0, 0));
    assert_eq!(refunded_at_stripe(shop).await, 500);
    told(shop, 3).await;
    assert_eq!((stands(shop).await, refunded_at_stripe(shop).await), ((0, 0, 0), 500));
}

#[test]
fn ten_at_once_refund_the_unused_half_once() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        let id = shop.purchase("one").await.id;
        let told = quote(&shop.state, shop.workspace, &id).await.unwrap().unwrap();
        assert_eq!((told.units, told.amount), (50 * 60, FIVE));
        let answers = join_all((0..10).map(|_| refund(shop, "form"))).await;
        for answer in answers {
            assert_eq!(answer.unwrap(), FIVE);
        }
        refunded_once(shop).await;
        assert!(quote(&shop.state, shop.workspace, &id).await.unwrap().is_none());
        let other = refund(shop, "other").await;
        assert!(matches!(other, Err(RefundUnusedError::Refund(RefundError::NothingUnused))), "{other:?}");
        assert_eq!(shop.count("select count(*) from audit_trail where action = 'purchase.refund_unused'").await, 2);
    });
}

#[test]
fn ten_forms_at_once_refund_the_unused_half_once() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        let keys: Vec<String> = (0..10).map(|number| format!("form{number}")).collect();
        let answers = join_all(keys.iter().map(|key| refund(shop, key))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        refunded_once(shop).await;
    });
}

#[test]
fn what_an_open_call_keeps_is_not_refunded() {
    client_with(1, async |shop| {
        shop.world.submit(shop.workspace, place("open")).await;
        assert_eq!(refund(shop, "form").await.unwrap(), MilliCents::from_cents(900));
        assert_eq!(stands(shop).await, (10, 0, 0));
    });
}

#[test]
fn what_stripe_refuses_comes_back() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        // Somebody refunds it all at Stripe in the same moment; nobody has told us yet.
        refunded(shop, "one", 1_000).await;
        let refused = refund(shop, "form").await;
        assert!(matches!(refused, Err(RefundUnusedError::Refund(RefundError::StripeRefused(_)))), "{refused:?}");
        assert_eq!(stands(shop).await, (50, 0, 0));
        // Stopped before the units were back, or before that was noted.
        shop.by_hand("update refunds set status = 'returning'").await;
        let again = refund(shop, "form").await;
        assert!(matches!(again, Err(RefundUnusedError::Refund(RefundError::StripeRefused(_)))), "{again:?}");
        assert_eq!(stands(shop).await, (50, 0, 0));
        told(shop, 2).await;
        assert_eq!(stands(shop).await, (0, 500, 0));
    });
}

#[test]
fn a_refund_that_fails_later_gives_the_units_back() {
    client_with(1, async |shop| {
        shop.fault("pending_refund", "POST", "/v1/refunds", 1).await;
        assert_eq!(refund(shop, "form").await.unwrap(), MilliCents::from_cents(1_000));
        assert_eq!(stands(shop).await, (0, 0, 0));
        let made = shop.stripe_list("refunds?limit=1").await;
        let id = made[0]["id"].as_str().unwrap();
        shop.control(&format!("refunds/{id}"), json!({ "status": "failed" })).await;
        told(shop, 3).await;
        assert_eq!(stands(shop).await, (100, 0, 0));
        // Nothing stands in the way of another try.
        assert_eq!(refund(shop, "anew").await.unwrap(), MilliCents::from_cents(1_000));
        told(shop, 1).await;
        assert_eq!(stands(shop).await, (0, 0, 0));
    });
}

#[test]
fn whatever_gets_lost_on_the_way_it_is_sent_once() {
    for kind in ["drop_before", "drop_after", "html_502_after", "http_500_after", "partial_body", "rate_limit"] {
        client_with(1, async |shop| {
            talk(shop, "used", 50).await;
            shop.fault(kind, "POST", "/v1/refunds", 1).await;
            assert_eq!(refund(shop, "form").await.unwrap_or_else(|error| panic!("{kind}: {error}")), FIVE);
            refunded_once(shop).await;
        });
    }
}

#[test]
fn an_outcome_that_stays_unknown_is_asked_again() {
    for kind in ["drop_before", "drop_after"] {
        client_with(1, async |shop| {
            talk(shop, "used", 50).await;
            shop.fault(kind, "POST", "/v1/refunds", 1_000).await;
            let unknown = refund(shop, "form").await;
            assert!(matches!(unknown, Err(RefundUnusedError::Refund(RefundError::StripeUnreachable))), "{unknown:?}");
            assert_eq!(stands(shop).await, (0, 0, 0), "the units are gone while it is not known");
            shop.heal().await;
            // Past the day for which Stripe keeps the key it is only read back.
            let later = if kind == "drop_after" { 24 * 60 } else { 2 };
            shop.world.clock.advance(SignedDuration::from_mins(later));
            sweep_refunds(&shop.state, ASKERS_OWN).await.unwrap();
            refunded_once(shop).await;
        });
    }
}

#[test]
fn a_key_that_stripe_does_not_take_proves_nothing() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        shop.fault("drop_after", "POST", "/v1/refunds", 1_000).await;
        refund(shop, "form").await.unwrap_err();
        shop.heal().await;
        shop.world.clock.advance(SignedDuration::from_mins(2));
        sweep_refunds(&shop.locked_out(), ASKERS_OWN).await.unwrap();
        assert_eq!(stands(shop).await, (0, 0, 0), "the money may be gone: no units come back");
        sweep_refunds(&shop.state, ASKERS_OWN).await.unwrap();
        refunded_once(shop).await;
    });
}

#[test]
fn one_that_was_never_made_gives_the_units_back_after_a_day() {
    client_with(1, async |shop| {
        talk(shop, "used", 50).await;
        shop.fault("drop_before", "POST", "/v1/refunds", 1_000).await;
        refund(shop, "form").await.unwrap_err();
        shop.heal().await;
        for (minutes, left) in [(23 * 60, 0), (14, 0), (1, 50)] {
            shop.world.clock.advance(SignedDuration::from_mins(minutes));
            sweep_refunds(&shop.state, ASKERS_OWN).await.unwrap();
            assert_eq!((stands(shop).await, refunded_at_stripe(shop).await), ((left, 0, 0), 0), "{minutes}");
        }
    });
}

/// As a kill leaves it after each of its steps: the sweep goes on from there, and so does the same form.
#[test]
fn stopped_after_any_step_it_is_finished_once() {
    for step in ["stored", "taken", "sent"] {
        for by_sweep in [true, false] {
            client_with(1, async |shop| {
                talk(shop, "used", 50).await;
                stop_after(shop, step).await;
                if by_sweep {
                    shop.world.clock.advance(SignedDuration::from_mins(2));
                    sweep_refunds(&shop.state, ASKERS_OWN).await.unwrap();
                } else {
                    assert_eq!(refund(shop, "form").await.unwrap(), FIVE, "{step}");
                }
                refunded_once(shop).await;
                assert_eq!(shop.count("select count(*) from refunds where status = 'succeeded'").await, 1, "{step}");
            });
        }
    }
}

async fn stop_after(shop: &Shop<'_>, step: &str) {
    if step == "stored" {
        let stored = "insert into refunds (workspace_id, id, purchase_id, form_key, payment_intent, idempotency_key,
                asked_at, asked_by, status)
            select workspace_id, 'ref_stored', id, 'form', payment_intent, 'key_stored', created_at, bought_by, 'taking'
            from purchases";
        return shop.by_hand(stored).await;
    }
    refund(shop, "form").await.unwrap();
    if step == "taken" {
        shop.by_hand("delete from reversals").await;
        shop.by_hand("update refunds set status = 'taking', request = null, amount_mc = null, refund_id = null").await;
    } else {
        shop.by_hand("update refunds set status = 'open', refund_id = null").await;
    }
}

#[test]
fn an_agency_refunds_its_own_client_only() {
    client_with(1, async |shop| {
        let (agency, user) = administrator(shop.world, shop.workspace, "admin@brightline.test").await;
        let client = shop.world.public_id(shop.workspace).await;
        let purchase = shop.purchase("one").await.id;
        let elsewhere = shop.world.workspace().await;
        let (other, stranger) = administrator(shop.world, elsewhere, "admin@other.test").await;
        let foreign = AgencyForm { agency: other, user: stranger, key: "foreign".into() };
        let refused = refund_unused_of_client(&shop.state, &foreign, &client, &purchase).await;
        assert!(matches!(refused, Err(AgencyError::NotFound)), "{refused:?}");
        let theirs = RefundForm { workspace: elsewhere, by: stranger, key: "theirs".into() };
        let refused = refund_unused(&shop.state, &theirs, &purchase).await;
        assert!(matches!(refused, Err(RefundUnusedError::NotFound)), "{refused:?}");
        let told = quote(&shop.state, elsewhere, &purchase).await;
        assert!(matches!(told, Err(RefundUnusedError::NotFound)), "{told:?}");
        let form = AgencyForm { agency, user, key: "ours".into() };
        let unknown = refund_unused_of_client(&shop.state, &form, &client, "pur_unknown").await;
        assert!(matches!(unknown, Err(AgencyError::NotFound)), "{unknown:?}");
        let done = refund_unused_of_client(&shop.state, &form, &client, &purchase).await;
        assert_eq!(done.unwrap(), MilliCents::from_cents(1_000));
        assert_eq!(stands(shop).await, (0, 0, 0));
        // A key that refunded one purchase refunds no other.
        super::desk::bought(shop, "two", 1).await;
        let used = refund_unused_of_client(&shop.state, &form, &client, &shop.purchase("two").await.id).await;
        assert!(matches!(used, Err(AgencyError::FormUsed)), "{used:?}");
        assert_eq!(stands(shop).await, (100, 0, 0));
    });
}
