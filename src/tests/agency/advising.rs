//! What Billing tells a client about its use: what is billed afterwards, and when a larger plan would have been cheaper.

use minutebank::app::edit_plan::create_plan;
use minutebank::app::open_periods::open_due;
use minutebank::app::upgrade_advice::upgrade_advice;
use minutebank::catalog::PlanDraft;
use minutebank::pricing::{ExcessMode, Rates, Terms};
use minutebank::units::MilliCents;

use super::desk::{Desk, desk_on};
use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::payments::shop::OWNER;
use crate::refunds::desk::{bought, refunded, told};
use crate::site::words;

/// A call of so many minutes.
async fn call(desk: &Desk<'_>, id: &str, minutes: i64) {
    let (world, workspace) = (desk.shop.world, desk.shop.workspace);
    world.submit(workspace, place(id)).await;
    world.submit(workspace, answered(id, minutes * 60)).await;
}

/// A period in which three packs are applied, $30, and 250 minutes used; then the next one begins.
async fn month(desk: &Desk<'_>, number: i64) {
    for pack in 0..3 {
        desk.apply(&format!("pack_{number}_{pack}"), true).await.unwrap();
    }
    call(desk, &format!("call_{number}"), 250).await;
    desk.later(31);
    open_due(desk.state).await.unwrap();
}

#[test]
fn a_larger_plan_is_advised_once_packs_of_three_periods_cost_more() {
    desk_on(&starter(), async |desk| {
        let growth = |name: &str, minutes: i64, public| PlanDraft {
            rank: 2,
            public,
            terms: Terms { name: name.into(), price: MilliCents(4_900_000), included: minutes * 60, ..starter() },
        };
        for (key, draft) in
            [("a", growth("Hidden", 900, false)), ("b", growth("Small", 200, true)), ("c", growth("Growth", 300, true))]
        {
            create_plan(desk.state, &desk.form(key), &draft).await.unwrap();
        }
        let advice = async || upgrade_advice(desk.state, desk.shop.workspace).await.unwrap();
        for number in 0..3 {
            assert_eq!(advice().await, None, "{number} full periods");
            month(desk, number).await;
        }
        let found = advice().await.expect("$90.00 in three full periods");
        assert_eq!((found.from.as_str(), found.to.as_str(), found.included), ("Starter", "Growth", 18_000));
        let sums = [found.packs, found.extra(), found.saved()].map(|sum| sum.to_string());
        assert_eq!(sums, ["$90.00", "$60.00", "$30.00"]);
        let browser = desk.shop.browser(OWNER).await;
        let dialog = words(&browser.page("/billing?buy=minutes").await);
        let told = "Packs in your last 3 periods: $90.00 . Growth (300 min) instead of Starter: 3 × $20.00 = $60.00 . \
                    Growth would have cost $30.00 less . Ask your provider to change your plan.";
        assert!(dialog.contains(told), "{dialog}");
        assert!(!browser.page("/billing").await.contains("Ask your provider to change"), "only in the dialog");
        desk.shop.by_hand("update plans set archived_at = now() where terms ->> 'name' = 'Growth'").await;
        assert_eq!(advice().await, None, "what is not offered is not advised");
    });
}

#[test]
fn what_was_refunded_was_not_spent_on_packs() {
    desk_on(&starter(), async |desk| {
        let terms = Terms { name: "Growth".into(), price: MilliCents(4_900_000), included: 300 * 60, ..starter() };
        create_plan(desk.state, &desk.form("a"), &PlanDraft { rank: 2, public: true, terms }).await.unwrap();
        desk.shop.hold_webhooks().await;
        bought(desk.shop, "one", 2).await;
        for number in 0..3 {
            month(desk, number).await;
        }
        let packs = async || {
            let advice = upgrade_advice(desk.state, desk.shop.workspace).await.unwrap();
            advice.map(|advice| advice.packs.to_string())
        };
        assert_eq!(packs().await.as_deref(), Some("$110.00"));
        for (cents, left) in [(400, "$106.00"), (1_000, "$96.00"), (600, "$90.00")] {
            refunded(desk.shop, "one", cents).await;
            told(desk.shop, 1).await;
            assert_eq!(packs().await.as_deref(), Some(left), "{cents} cents refunded");
        }
    });
}

#[test]
fn billable_usage_is_told_with_its_day() {
    let terms = Terms {
        rates: Rates { voice: MilliCents(5_000), ..Rates::default() },
        excess: ExcessMode::Postpaid { limit: MilliCents(0) },
        ..starter()
    };
    desk_on(&terms, async |desk| {
        let browser = desk.shop.browser(OWNER).await;
        let balance = async || words(&browser.page("/billing").await);
        assert!(balance().await.contains("Billable usage 0 min, $0.00 Billed Dec 20"), "{}", balance().await);
        call(desk, "long", 140).await;
        assert!(balance().await.contains("Billable usage 40 min, $2.00 Billed Dec 20"), "{}", balance().await);
        desk.later(31);
        let browser = desk.shop.browser(OWNER).await;
        let balance = async || words(&browser.page("/billing").await);
        assert!(balance().await.contains("Billable usage 0 min, $0.00 Billed Jan 20"), "{}", balance().await);
    });
}
