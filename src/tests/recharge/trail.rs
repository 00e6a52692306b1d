//! Changes of auto-recharge's settings in the audit trail.

use minutebank::app::agency::lists;
use minutebank::payments::card::repo as cards;
use minutebank::tenants::Scope;
use minutebank::tenants::audit::Action;
use serde_json::json;

use super::shop::{VISA, with_card};
use crate::agency::desk::administrator;
use crate::payments::shop::OWNER;

#[test]
fn each_change_is_written_down_with_who_made_it() {
    with_card(VISA, async |shop| {
        shop.world.key(shop.workspace, "mb_test_charges", &[Scope::WalletCharge, Scope::WalletRead]).await;
        let (program, browser) = (shop.site.program("mb_test_charges"), shop.browser(OWNER).await);
        let on = [("switch", "on"), ("threshold", "20"), ("topup", "50"), ("cap", "200")];
        for _ in 0..2 {
            assert_eq!(browser.form("/billing/recharge", &on).await.0, 303);
        }
        let address = "/v1/wallet/auto_recharge";
        for _ in 0..2 {
            let set = program.put(address, &json!({ "enabled": true, "monthly_cap_usd": 300 })).await;
            assert_eq!(set.status, 200);
        }
        for _ in 0..2 {
            assert_eq!(browser.form("/billing/recharge", &[("switch", "off")]).await.0, 303);
        }
        assert_eq!(program.put(address, &json!({ "enabled": false, "threshold_usd": 10 })).await.status, 200);
        assert_eq!(browser.form("/billing/recharge", &on).await.0, 303);
        let mut db = shop.state.db.acquire().await.unwrap();
        let card = cards::current(&mut db, shop.workspace).await.unwrap().expect("a card").payment_method;
        drop(db);
        assert_eq!(browser.form("/billing/card/remove", &[("payment_method", &card)]).await.0, 303);

        let (agency, _) = administrator(shop.world, shop.workspace, "admin@brightline.test").await;
        let client = shop.world.public_id(shop.workspace).await;
        let trail = lists::audit_trail(&shop.state, agency, Some(&client), i64::MAX, 10).await.unwrap();
        let mut found: Vec<_> = trail
            .iter()
            .filter(|deed| deed.action == Action::SetRecharge)
            .map(|deed| (deed.actor.as_deref(), deed.details.as_str()))
            .collect();
        found.reverse();
        let dana = Some("Dana Whitfield");
        assert_eq!(
            found,
            [
                (dana, "On, $50.00 below $20.00, at most $200.00 a month"),
                (None, "On, $50.00 below $20.00, at most $300.00 a month, through the API"),
                (dana, "Off, $50.00 below $20.00, at most $300.00 a month"),
                (None, "Off, $50.00 below $10.00, at most $300.00 a month, through the API"),
                (dana, "On, $50.00 below $20.00, at most $200.00 a month"),
                (dana, "Off, $50.00 below $20.00, at most $200.00 a month"),
            ]
        );
    });
}
