//! An open page hears of cards, charges and switches, which are not in the wallet, once they are stored.

use std::time::Duration;

use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::recharge::recharge_all;
use minutebank::app::remove_card::remove_card;
use minutebank::app::save_card::current_card;
use minutebank::notify::live::{Follower, keep_listening};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::shop::{DECLINED, INTENTS, VISA, with_card};
use crate::payments::shop::Shop;

/// A page that was told everything so far. Nobody tells it what the ledger commits.
struct OpenPage {
    follower: Follower,
    _listening: JoinSet<()>,
}

impl OpenPage {
    async fn of(shop: &Shop<'_>) -> Self {
        let mut listening = JoinSet::new();
        let options = (*shop.state.db.connect_options()).clone();
        listening.spawn(keep_listening(shop.state.live.clone(), options));
        let mut page = Self { follower: shop.state.live.follow(shop.workspace), _listening: listening };
        page.hears("that somebody listens").await;
        page
    }

    /// Something new, and whatever follows it at once.
    async fn hears(&mut self, of: &str) {
        let heard = timeout(Duration::from_secs(10), self.follower.changed()).await;
        assert_eq!(heard, Ok(true), "{of}");
        while timeout(Duration::from_millis(300), self.follower.changed()).await.is_ok() {}
    }
}

#[test]
fn of_a_charge_as_it_begins_and_as_it_ends() {
    for number in [VISA, DECLINED] {
        with_card(number, async |shop| {
            shop.hold_webhooks().await;
            let mut page = OpenPage::of(shop).await;
            shop.switch_on().await;
            page.hears("switched on").await;
            shop.spend("low", 600).await;
            let slow = json!({ "kind": "slow", "path_prefix": INTENTS, "method": "POST", "delay_ms": 600 });
            shop.control("faults", slow).await;
            let hearing = async {
                page.hears("begun").await;
                assert_eq!(shop.count("select count(*) from topups where status = 'pending'").await, 1);
                page.hears("ended").await;
                assert_eq!(shop.count("select count(*) from topups where status <> 'pending'").await, 1);
            };
            let (charged, ()) = tokio::join!(recharge_all(&shop.state), hearing);
            charged.unwrap();
        });
    }
}

#[test]
fn of_a_card_that_leaves_or_comes_and_of_a_purchase() {
    with_card(VISA, async |shop| {
        shop.hold_webhooks().await;
        let mut page = OpenPage::of(shop).await;
        let card = current_card(&shop.state, shop.workspace).await.unwrap().unwrap();
        remove_card(&shop.state, shop.workspace, &card.payment_method, shop.owner).await.unwrap();
        page.hears("no card").await;
        shop.save_card(&shop.form("another"), VISA).await;
        page.hears("another card").await;
        shop.buy_credits("k1", 1_000).await.unwrap();
        let session = shop.session("k1").await;
        shop.pay(&session).await;
        fulfil(&shop.state, &session).await.unwrap();
        page.hears("a receipt").await;
    });
}
