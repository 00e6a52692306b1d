//! `POST /v1/wallet/topup`, `/v1/wallet/payment_methods`, `/v1/wallet/auto_recharge`.

use futures::future::join_all;
use minutebank::app::remove_card::remove_card;
use minutebank::app::sweep_purchases::{sweep, sweep_all};
use minutebank::app::top_up::{find_topup, pursue};
use minutebank::tenants::Scope;
use serde_json::{Value, json};

use super::shop::{ASKS, DECLINED, INTENTS, MASTERCARD, VISA, with_card};
use crate::fixture::starter;
use crate::payments::shop::Shop;
use crate::site::Program;

async fn program(shop: &Shop<'_>) -> Program {
    shop.world.key(shop.workspace, "mb_test_charges", &[Scope::WalletCharge, Scope::WalletRead]).await;
    shop.site.program("mb_test_charges")
}

async fn card(program: &Program) -> String {
    let listed = program.get("/v1/wallet/payment_methods").await.json();
    listed["data"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_top_up_is_charged_once_per_key_and_in_the_wallet_at_once() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let listed = program.get("/v1/wallet/payment_methods").await.json();
        let card = card(&program).await;
        let month_and_year =
            json!({ "exp_month": listed["data"][0]["exp_month"], "exp_year": listed["data"][0]["exp_year"] });
        let expected = json!({ "id": card, "object": "payment_method", "brand": "visa", "last4": "4242",
            "exp_month": month_and_year["exp_month"], "exp_year": month_and_year["exp_year"] });
        assert_eq!(listed, json!({ "object": "list", "data": [expected], "next_cursor": null }));
        let body = json!({ "amount_usd": 12.5, "payment_method_id": card });
        let sent = join_all((0..8).map(|_| program.post_once("one", "/v1/wallet/topup", &body))).await;
        let first = sent[0].json();
        let id = first["id"].as_str().unwrap();
        assert_eq!(
            first,
            json!({ "id": id, "object": "topup", "status": "succeeded", "amount_usd": 12.5, "balance_usd": 37.5 })
        );
        assert!(id.starts_with("pur_") && sent.iter().all(|it| it.status == 200 && it.json() == first), "{sent:?}");
        shop.agree(1, 1_250, "one key").await;
        let address = format!("/v1/wallet/topups/{id}");
        assert_eq!(program.get(&address).await.json(), first);
        let elsewhere = shop.world.subscribed(&starter()).await;
        shop.world.key(elsewhere, "mb_test_elsewhere", &[Scope::WalletRead]).await;
        assert_eq!(shop.site.program("mb_test_elsewhere").get(&address).await.status, 404, "it belongs to others");
        assert_eq!(program.post_once("two", "/v1/wallet/topup", &body).await.json()["balance_usd"], 50);
        shop.agree(2, 2_500, "two keys").await;
        let listed = program.get("/v1/wallet/transactions?type=topup").await.json();
        assert_eq!(
            (listed["data"].as_array().unwrap().len(), &listed["data"][0]["amount_milli_cents"]),
            (2, &1_250_000.into())
        );
        let reference = &listed["data"][0]["reference"];
        assert_eq!(reference["type"], "payment_intent");
        assert!(reference["id"].as_str().unwrap().starts_with("pi_"), "{reference}");
    });
}

#[test]
fn what_is_wrong_charges_nothing_and_names_its_field() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let card = card(&program).await;
        let body = |amount: Value| json!({ "amount_usd": amount, "payment_method_id": card });
        let error = async |key: &str, body: Value| program.post_once(key, "/v1/wallet/topup", body).await.error();
        for (number, bad) in
            [json!(0.49), json!(10_000.01), json!(5.005), json!("5"), json!(-5), Value::Null].into_iter().enumerate()
        {
            let wrong = error(&format!("k{number}"), body(bad)).await;
            assert_eq!(wrong, (422, "invalid_field".into(), Some("amount_usd".into())));
        }
        for other in [json!("pm_of_another"), Value::Null] {
            let wrong = error("card", json!({ "amount_usd": 5, "payment_method_id": other })).await;
            assert_eq!(wrong, (422, "invalid_field".into(), Some("payment_method_id".into())));
        }
        let keyless = program.post("/v1/wallet/topup", &body(json!(5))).await.error();
        assert_eq!(keyless, (400, "idempotency_key_required".into(), None));
        assert_eq!(program.get("/v1/wallet/topups/pur_none").await.status, 404);
        shop.world.key(shop.workspace, "mb_test_reads", &[Scope::WalletRead]).await;
        let reader = shop.site.program("mb_test_reads");
        assert_eq!(reader.post_once("r", "/v1/wallet/topup", body(json!(5))).await.status, 403);
        shop.agree(0, 0, "nothing").await;
        assert_eq!(shop.count("select count(*) from topups").await, 0);
    });
}

#[test]
fn a_declined_card_is_not_tried_again_by_the_same_request() {
    for (number, code) in [(DECLINED, "card_declined"), (ASKS, "authentication_required")] {
        with_card(number, async |shop| {
            let program = program(shop).await;
            let body = json!({ "amount_usd": 5, "payment_method_id": card(&program).await });
            for replayed in ["", "true"] {
                let answer = program.post_once("one", "/v1/wallet/topup", &body).await;
                assert_eq!(answer.error(), (402, code.into(), None));
                assert_eq!(answer.header("idempotent-replayed"), replayed);
            }
            assert_eq!(shop.figures().await["declined"], 1, "{code}");
            program.post_once("two", "/v1/wallet/topup", &body).await;
            assert_eq!(shop.figures().await["declined"], 2, "{code}");
            shop.agree(0, 0, code).await;
        });
    }
}

#[test]
fn while_the_outcome_is_unknown_it_is_pending_and_then_known() {
    for kind in ["drop_after", "drop_before", "hang", "html_502"] {
        with_card(VISA, async |shop| {
            let program = program(shop).await;
            let body = json!({ "amount_usd": 5, "payment_method_id": card(&program).await });
            shop.hold_webhooks().await;
            shop.fault(kind, "POST", INTENTS, 1_000).await;
            let pending = program.post_once("one", "/v1/wallet/topup", &body).await;
            assert_eq!((pending.status.as_u16(), pending.json()["status"].as_str()), (202, Some("pending")), "{kind}");
            assert_eq!(pending.json()["balance_usd"], 25, "{kind}: not before it is posted");
            shop.heal().await;
            shop.advance(1);
            sweep(&shop.state).await.unwrap();
            let address = format!("/v1/wallet/topups/{}", pending.json()["id"].as_str().unwrap());
            let known = program.get(&address).await.json();
            assert_eq!((&known["status"], &known["balance_usd"]), (&"succeeded".into(), &30.into()), "{kind}");
            shop.agree(1, 500, kind).await;
        });
    }
}

#[test]
fn a_card_that_left_meanwhile_is_not_charged_any_more() {
    for replaced in [false, true] {
        with_card(VISA, async |shop| {
            let program = program(shop).await;
            let card = card(&program).await;
            let body = json!({ "amount_usd": 5, "payment_method_id": card });
            shop.fault("drop_before", "POST", INTENTS, 1_000).await;
            let pending = program.post_once("one", "/v1/wallet/topup", &body).await;
            assert_eq!(pending.status, 202);
            match replaced {
                true => shop.save_card(&shop.form("other"), MASTERCARD).await,
                false => remove_card(&shop.state, shop.workspace, &card, shop.owner).await.unwrap(),
            }
            shop.heal().await;
            for minutes in [1, 15] {
                shop.advance(minutes);
                sweep_all(&shop.state).await.unwrap();
            }
            shop.agree(0, 0, "nobody charges a card that its owner has taken away").await;
            let address = format!("/v1/wallet/topups/{}", pending.json()["id"].as_str().unwrap());
            assert_eq!(program.get(&address).await.json()["status"], "failed");
        });
    }
}

#[test]
fn a_sweep_that_read_a_charge_before_its_card_left_does_not_send_it() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let card = card(&program).await;
        let body = json!({ "amount_usd": 5, "payment_method_id": card });
        shop.fault("drop_before", "POST", INTENTS, 1_000).await;
        let pending = program.post_once("one", "/v1/wallet/topup", &body).await.json();
        let read = find_topup(&shop.state, shop.workspace, pending["id"].as_str().unwrap()).await.unwrap().unwrap();
        remove_card(&shop.state, shop.workspace, &card, shop.owner).await.unwrap();
        shop.heal().await;
        pursue(&shop.state, read).await.unwrap();
        shop.agree(0, 0, "it is not the card's any more").await;
    });
}

#[test]
fn another_attempt_takes_the_card_that_is_there_by_then() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let card = card(&program).await;
        let body = json!({ "amount_usd": 5, "payment_method_id": card });
        shop.fault("http_500", "POST", INTENTS, 1).await;
        assert_eq!(program.post_once("one", "/v1/wallet/topup", &body).await.status, 503);
        remove_card(&shop.state, shop.workspace, &card, shop.owner).await.unwrap();
        let again = program.post_once("one", "/v1/wallet/topup", &body).await.error();
        assert_eq!(again, (422, "invalid_field".into(), Some("payment_method_id".into())));
        shop.agree(0, 0, "it is removed").await;
    });
}

#[test]
fn what_made_nothing_leaves_the_key_to_another_attempt() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let body = json!({ "amount_usd": 5, "payment_method_id": card(&program).await });
        shop.fault("http_500", "POST", INTENTS, 1).await;
        assert_eq!(program.post_once("one", "/v1/wallet/topup", &body).await.status, 503);
        assert_eq!(program.post_once("one", "/v1/wallet/topup", &body).await.status, 200);
        shop.agree(1, 500, "one top-up, two attempts").await;
        assert_eq!(shop.count("select count(*) from topups").await, 1);
    });
}

#[test]
fn settings_are_read_and_set() {
    with_card(VISA, async |shop| {
        let program = program(shop).await;
        let never = json!({ "enabled": false, "threshold_usd": null, "topup_usd": null, "monthly_cap_usd": null });
        let address = "/v1/wallet/auto_recharge";
        assert_eq!(program.get(address).await.json(), never);
        assert_eq!(program.get("/v1/wallet").await.json()["auto_recharge"], never);
        assert_eq!(program.put(address, &json!({ "enabled": false })).await.json(), never);
        let wrong = async |body: Value| program.put(address, &body).await.error().2;
        assert_eq!(wrong(json!({})).await.as_deref(), Some("enabled"));
        assert_eq!(wrong(json!({ "enabled": true })).await.as_deref(), Some("threshold_usd"));
        let on = |threshold: Value, topup: Value, cap: Value| json!({ "enabled": true, "threshold_usd": threshold, "topup_usd": topup, "monthly_cap_usd": cap });
        assert_eq!(wrong(on(json!(20), json!(10), json!(300))).await.as_deref(), Some("topup_usd"));
        assert_eq!(wrong(on(json!(20), json!(100), json!(99.99))).await.as_deref(), Some("monthly_cap_usd"));
        assert_eq!(wrong(on(json!(0.001), json!(100), json!(300))).await.as_deref(), Some("threshold_usd"));
        let set = on(json!(20), json!(100), json!(300));
        assert_eq!(program.put(address, &set).await.json(), set);
        assert_eq!(program.get("/v1/wallet").await.json()["auto_recharge"], set);
        let off = program.put(address, &json!({ "enabled": false })).await.json();
        assert_eq!((&off["enabled"], &off["topup_usd"]), (&false.into(), &100.into()), "amounts stay");
        let again = program.put(address, &json!({ "enabled": true, "topup_usd": 50.5 })).await.json();
        assert_eq!((&again["topup_usd"], &again["threshold_usd"]), (&50.5.into(), &20.into()));
        shop.by_hand("update saved_cards set status = 'gone'").await;
        assert_eq!(program.put(address, &set).await.error(), (409, "card_required".into(), None));
    });
}
