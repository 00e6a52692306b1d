//! `POST /billing/buy`: one form is one purchase with one Checkout address.

use futures::future::join_all;
use minutebank::app::buy_pack::{PackOrder, buy_pack};
use minutebank::app::open_checkout::{BuyError, BuyForm};
use minutebank::payments::Bought;
use minutebank::pricing::{PurchaseMode, Terms};
use minutebank::tenants::Role;

use super::shop::{OWNER, shop, shop_on};
use crate::fixture::starter;

#[test]
fn a_form_sent_many_times_at_once_is_one_purchase_with_one_address() {
    shop(async |shop| {
        let browser = shop.browser(OWNER).await;
        let fields = [("purchase_key", "one"), ("pack", "pack_medium"), ("quantity", "3")];
        let sent = join_all((0..6).map(|_| browser.buy(&fields))).await;
        let (status, address) = &sent[0];
        assert_eq!(*status, 303);
        assert!(address.contains("/c/pay/cs_test_"), "{address}");
        assert!(sent.iter().all(|(_, other)| other == address), "{sent:?}");
        assert_eq!(browser.buy(&fields).await.1, *address);
        assert_eq!(shop.count("select count(*) from purchases").await, 1);
        let figures = shop.figures().await;
        assert_eq!((&figures["sessions"]["total"], &figures["customers"]), (&1.into(), &1.into()));
        let purchase = shop.purchase("one").await;
        assert_eq!(purchase.bought_by, shop.owner);
        assert!(matches!(purchase.bought, Bought::Packs(packs) if packs.quantity == 3));
    });
}

#[test]
fn two_forms_are_two_purchases_of_one_customer() {
    shop(async |shop| {
        let (one, two) = tokio::join!(shop.buy("one", 1), shop.buy("two", 1));
        assert_ne!(one.unwrap(), two.unwrap());
        assert_eq!(shop.figures().await["customers"], 1);
        let reused = buy_pack(&shop.state, &shop.order("one", "pack_large", 1)).await;
        assert!(matches!(reused, Err(BuyError::FormUsed)), "{reused:?}");
    });
}

#[test]
fn errors_lead_back_to_the_dialog_with_the_choice() {
    shop(async |shop| {
        let browser = shop.browser(OWNER).await;
        let there = async |pack, quantity, key| {
            let fields = [("purchase_key", key), ("pack", pack), ("quantity", quantity)];
            browser.buy(&fields).await
        };
        for quantity in ["0", "21", "x", "-1", "1.5"] {
            let back = format!("/billing?buy=minutes&pack=pack_medium&quantity={quantity}&error=quantity");
            assert_eq!(there("pack_medium", quantity, "k").await, (303, back));
        }
        let gone = "/billing?buy=minutes&pack=pack_none&quantity=2&error=pack_gone".to_owned();
        assert_eq!(there("pack_none", "2", "k").await, (303, gone));
        let used = "/billing?buy=minutes&pack=pack_small&quantity=2&error=form_used".to_owned();
        assert_eq!(there("pack_small", "2", "not a key").await, (303, used));
        let update = [("purchase_key", "k"), ("pack", "pack_small"), ("quantity", "2"), ("update", "1")];
        let shown = "/billing?buy=minutes&pack=pack_small&quantity=2&key=k".to_owned();
        assert_eq!(browser.buy(&update).await, (303, shown));
        assert_eq!(shop.count("select count(*) from purchases").await, 0);
        assert_eq!(shop.figures().await["sessions"]["total"], 0);
    });
}

#[test]
fn viewers_and_forms_of_others_buy_nothing() {
    shop(async |shop| {
        let fields = [("purchase_key", "one"), ("pack", "pack_medium"), ("quantity", "1")];
        shop.member(shop.workspace, "viewer@harbor.test", Role::Viewer).await;
        assert_eq!(shop.browser("viewer@harbor.test").await.buy(&fields).await.0, 403);
        let billing = shop.member(shop.workspace, "billing@harbor.test", Role::Billing).await;
        let mut browser = shop.browser("billing@harbor.test").await;
        browser.csrf = "form_of_another".to_owned();
        assert_eq!(browser.buy(&fields).await.0, 403);
        assert_eq!(shop.count("select count(*) from purchases").await, 0);
        let browser = shop.browser("billing@harbor.test").await;
        assert_eq!(browser.buy(&fields).await.0, 303);
        assert_eq!(shop.purchase("one").await.bought_by, billing);
    });
}

#[test]
fn the_plan_says_who_sells_packs() {
    let off = Terms { addons: false, ..starter() };
    shop_on(&off, async |shop| {
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::AddonsDisabled)));
        shop.by_hand("update wallets set snapshot_id = null, subscription_status = 'none'").await;
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::NoSubscription)));
        shop.by_hand("update wallets set snapshot_id = 1, subscription_status = 'active'").await;
    });
    let theirs = Terms { purchase_mode: PurchaseMode::ViaProvider, ..starter() };
    shop_on(&theirs, async |shop| {
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::ViaProvider)));
    });
}

#[test]
fn a_form_sent_again_with_another_choice_says_so_in_the_dialog() {
    shop(async |shop| {
        let browser = shop.browser(OWNER).await;
        let fields = |pack| [("purchase_key", "one"), ("pack", pack), ("quantity", "1")];
        assert!(browser.buy(&fields("pack_medium")).await.1.contains("/c/pay/"));
        // Back from Checkout, the browser shows the same form; another pack is chosen.
        let (status, back) = browser.buy(&fields("pack_large")).await;
        assert_eq!((status, back.as_str()), (303, "/billing?buy=minutes&pack=pack_large&quantity=1&error=form_used"));
        let page = browser.page(&back).await;
        assert!(page.contains("This form was used before") && page.contains("pay again"), "{page}");
        assert!(page.contains("value=\"pack_large\" checked"), "{page}");
    });
}

#[test]
fn a_pack_that_is_gone_cannot_be_bought() {
    shop(async |shop| {
        shop.by_hand("update packs set archived_at = now() where public_id = 'pack_medium'").await;
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::PackGone)));
        shop.by_hand("update packs set archived_at = null, meter = 'calls' where public_id = 'pack_medium'").await;
        assert!(matches!(shop.buy("one", 1).await, Err(BuyError::PackGone)));
        shop.by_hand("delete from pack_assignments").await;
        let other = buy_pack(&shop.state, &shop.order("two", "pack_large", 1)).await;
        assert!(matches!(other, Err(BuyError::PackGone)));
        let stranger = shop.world.workspace().await;
        let form = BuyForm { workspace: stranger, ..shop.form("x") };
        let theirs = PackOrder { form, ..shop.order("x", "pack_large", 1) };
        assert!(matches!(buy_pack(&shop.state, &theirs).await, Err(BuyError::NoSubscription)));
    });
}
