//! Buying credits: `POST /billing/credits`, and from a paid session to the balance.

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::buy_credits::{CreditsOrder, buy_credits};
use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::open_checkout::{BuyError, BuyForm};
use minutebank::app::sweep_purchases::sweep;
use minutebank::ledger::{Command, Effective};
use minutebank::payments::{self, Bought};
use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Role;
use minutebank::units::MilliCents;

use super::shop::{OWNER, Shop, shop, shop_on};
use super::ware::Ware;
use crate::fixture::starter;

fn shop_with_rates(test: impl AsyncFnOnce(&Shop)) {
    shop_on(&Ware::Credits.terms(), test);
}

#[test]
fn a_form_sent_many_times_at_once_is_one_purchase_with_one_address() {
    shop_with_rates(async |shop| {
        let browser = shop.browser(OWNER).await;
        let fields = [("purchase_key", "one"), ("choice", "other"), ("amount", "$1,234.50")];
        let sent = join_all((0..6).map(|_| browser.add_credits(&fields))).await;
        let (status, address) = &sent[0];
        assert_eq!(*status, 303);
        assert!(address.contains("/c/pay/cs_test_"), "{address}");
        assert!(sent.iter().all(|(_, other)| other == address), "{sent:?}");
        assert_eq!(browser.add_credits(&fields).await.1, *address);
        assert_eq!(shop.count("select count(*) from purchases").await, 1);
        let figures = shop.figures().await;
        assert_eq!((&figures["sessions"]["total"], &figures["customers"]), (&1.into(), &1.into()));
        let purchase = shop.purchase("one").await;
        assert_eq!((purchase.bought_by, purchase.total().cents_down()), (shop.owner, 123_450));
        assert!(matches!(purchase.bought, Bought::Credits { .. }));
    });
}

#[test]
fn a_form_belongs_to_one_choice() {
    shop_with_rates(async |shop| {
        let browser = shop.browser(OWNER).await;
        let fields = |choice| [("purchase_key", "one"), ("choice", choice), ("amount", "")];
        assert!(browser.add_credits(&fields("25")).await.1.contains("/c/pay/"));
        let back = "/billing?buy=credits&choice=50&error=form_used".to_owned();
        assert_eq!(browser.add_credits(&fields("50")).await, (303, back.clone()));
        assert!(browser.page(&back).await.contains("This form was used before"));
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::FormUsed)), "a pack is another choice");
        shop.buy("two", 1).await.unwrap();
        assert!(matches!(shop.buy_credits("two", 1_000).await, Err(BuyError::FormUsed)), "and the other way round");
        shop.buy_credits("three", 2_500).await.unwrap();
        assert_eq!(shop.figures().await["customers"], 1);
    });
}

#[test]
fn what_is_wrong_with_an_amount_leads_back_with_what_was_typed() {
    shop_with_rates(async |shop| {
        let browser = shop.browser(OWNER).await;
        let send = async |choice: &str, amount: &str| {
            browser.add_credits(&[("purchase_key", "k"), ("choice", choice), ("amount", amount)]).await
        };
        for typed in ["0.49", "10000.01", "25.505", "25,50", "-5", "ten", "1e3"] {
            let typed_in_address: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
            let back = format!("/billing?buy=credits&choice=other&amount={typed_in_address}&error=amount");
            assert_eq!(send("other", typed).await, (303, back));
        }
        let page = browser.page("/billing?buy=credits&choice=other&amount=0.49&error=amount").await;
        assert!(page.contains("Enter $0.50 or more.") && page.contains("value=\"0.49\""), "{page}");
        let update = [("purchase_key", "k"), ("choice", "other"), ("amount", "12.5"), ("update", "1")];
        let shown = "/billing?buy=credits&choice=other&amount=12.5&key=k".to_owned();
        assert_eq!(browser.add_credits(&update).await, (303, shown.clone()));
        assert!(browser.page(&shown).await.contains("$12.50"), "the sum stands on the button");
        assert_eq!(send("", "").await.1, "/billing?buy=credits&error=amount");
        assert_eq!(send("30", "").await.1, "/billing?buy=credits&choice=30&error=amount");
        assert_eq!(send("100", "12").await.1, "/billing?buy=credits&choice=100&amount=12&error=amount");
        let endless = "9".repeat(500);
        assert_eq!(send("other", &endless).await.1, "/billing?buy=credits&choice=other&error=amount");
        for cents in [49, 1_000_001, 0, -100] {
            assert!(matches!(shop.buy_credits("k", cents).await, Err(BuyError::Amount)), "{cents}");
        }
        let order = CreditsOrder { form: shop.form("k"), amount: MilliCents(50_001) };
        assert!(matches!(buy_credits(&shop.state, &order).await, Err(BuyError::Amount)), "part of a cent");
        assert_eq!(shop.count("select count(*) from purchases").await, 0);
        assert_eq!(shop.figures().await["sessions"]["total"], 0);
        for (key, choice, typed, cents) in
            [("a", "other", "0.50", 50), ("b", "", "$10,000", 1_000_000), ("c", "100", "", 10_000)]
        {
            let fields = [("purchase_key", key), ("choice", choice), ("amount", typed)];
            assert!(browser.add_credits(&fields).await.1.contains("/c/pay/"), "{typed}");
            assert_eq!(shop.purchase(key).await.total().cents_down(), cents);
        }
    });
}

#[test]
fn viewers_and_forms_of_others_add_nothing() {
    shop_with_rates(async |shop| {
        let fields = [("purchase_key", "one"), ("choice", "10")];
        shop.member(shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        assert_eq!(shop.browser("viewer@harbor.test").await.add_credits(&fields).await.0, 403);
        let billing = shop.member(shop.workspace, "billing@harbor.test", Role::Billing).await;
        let mut browser = shop.browser("billing@harbor.test").await;
        browser.csrf = "form_of_another".to_owned();
        assert_eq!(browser.add_credits(&fields).await.0, 403);
        assert_eq!(shop.count("select count(*) from purchases").await, 0);
        let browser = shop.browser("billing@harbor.test").await;
        assert_eq!(browser.add_credits(&fields).await.0, 303);
        assert_eq!(shop.purchase("one").await.bought_by, billing);
    });
}

#[test]
fn credits_are_sold_where_something_has_a_price() {
    shop(async |shop| {
        assert!(matches!(shop.buy_credits("one", 1_000).await, Err(BuyError::NoRates)));
        let browser = shop.browser(OWNER).await;
        let (_, back) = browser.add_credits(&[("purchase_key", "one"), ("choice", "10")]).await;
        assert_eq!(back, "/billing?buy=credits&choice=10&error=no_rates");
        assert!(browser.page(&back).await.contains("Your plan does not use credits"));
        let stranger = shop.world.workspace().await;
        let order = CreditsOrder {
            form: BuyForm { workspace: stranger, ..shop.form("x") },
            amount: MilliCents::from_cents(1_000),
        };
        assert!(matches!(buy_credits(&shop.state, &order).await, Err(BuyError::NoSubscription)));
    });
    let messages = Rates { message: MilliCents(1_000), ..Rates::default() };
    shop_on(&Terms { rates: messages, addons: false, ..starter() }, async |shop| {
        shop.buy_credits("one", 1_000).await.expect("messages are paid with credits, packs are another matter");
    });
}

#[test]
fn after_the_subscription_s_end_credits_are_sold_and_packs_are_not() {
    shop_with_rates(async |shop| {
        shop.world.submit(shop.workspace, Command::Cancel(Effective::Now)).await;
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::NoSubscription)));
        shop.buy_credits("two", 3_000).await.expect("credits go on at the last rates");
        let session = shop.session("two").await;
        shop.pay(&session).await;
        fulfil(&shop.state, &session).await.unwrap();
        Ware::Credits.credited_once(shop).await;
    });
}

#[test]
fn without_stripe_s_answer_the_form_leads_back_and_stays_good() {
    shop_with_rates(async |shop| {
        shop.fault("drop_after", "POST", "/v1/checkout/sessions", 1_000).await;
        let browser = shop.browser(OWNER).await;
        let fields = [("purchase_key", "one"), ("choice", "other"), ("amount", "12.5")];
        let back = "/billing?buy=credits&choice=other&amount=12.5&key=one&error=stripe_unreachable";
        assert_eq!(browser.add_credits(&fields).await, (303, back.to_owned()));
        shop.heal().await;
        shop.world.clock.advance(SignedDuration::from_mins(1));
        sweep(&shop.state).await.unwrap();
        let (_, address) = shop.purchase("one").await.session.expect("the sweep has asked again");
        assert_eq!(browser.add_credits(&fields).await, (303, address));
    });
}

#[test]
fn what_does_not_pair_is_named() {
    shop_with_rates(async |shop| {
        shop.buy_credits("one", 1_000).await.unwrap();
        let session = shop.session("one").await;
        shop.pay(&session).await;
        fulfil(&shop.state, &session).await.unwrap();
        let unpaired = async || {
            let mut db = shop.state.db.acquire().await.unwrap();
            let found = payments::pairing::repo::unpaired(&mut db).await.unwrap();
            let mut found: Vec<_> = found.into_iter().map(|one| (one.what, one.in_flight)).collect();
            found.sort();
            found
        };
        assert_eq!(unpaired().await, []);
        let id = shop.purchase("one").await.id;
        shop.by_hand("update purchases set total_mc = 2000000").await;
        let other = format!("purchase {id} was credited with another amount than it bought");
        assert_eq!(unpaired().await, [(other, false)]);
        // The other ten dollars paid debt, in a posting of its own.
        shop.by_hand(
            r#"insert into postings select (jsonb_populate_record(
                 p, '{"seq": 1000, "kind": 6, "accounts": [21, 24], "amounts": [-1000000, 1000000]}')).*
               from postings p where kind = 5"#,
        )
        .await;
        assert_eq!(unpaired().await, []);
        shop.by_hand("delete from postings where seq = 1000").await;
        shop.by_hand("update purchases set total_mc = 1000000, status = 'open', credited_at = null").await;
        let found = unpaired().await;
        assert!(found.len() == 1 && found[0].0.ends_with("is marked open") && found[0].1, "{found:?}");
        shop.by_hand(
            "update purchases set status = 'credited', credited_at = now(), kind = 'pack', pack_id = p.id, pack_name = 'x',
                 meter = 'minutes', units_each = 60, price_each_mc = 1000000, quantity = 1
             from packs p where p.public_id = 'pack_medium'",
        )
        .await;
        let found = unpaired().await;
        assert!(
            found[0].0.ends_with(&format!("whose purchase {id} bought something else")) && !found[0].1,
            "{found:?}"
        );
        assert_eq!(found[1], (format!("purchase {id} is marked credited without a posting"), false));
        shop.by_hand(
            "update purchases set kind = 'credits', pack_id = null, pack_name = null, meter = null, units_each = null,
                 price_each_mc = null, quantity = null",
        )
        .await;
    });
}
