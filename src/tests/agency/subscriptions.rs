//! The life of a subscription in the agency's hands: another plan, an end, a new beginning.

use futures::future::join_all;
use minutebank::app::agency::AgencyError;
use minutebank::app::cancel_subscription::cancel_subscription;
use minutebank::app::change_plan::change_plan;
use minutebank::app::resubscribe::resubscribe;
use minutebank::catalog::{PlanDraft, repo};
use minutebank::ledger::{Effective, SubscriptionState};
use minutebank::pricing::Terms;
use minutebank::units::Meter;

use super::desk::{Desk, desk_on};
use crate::fixture::starter;
use crate::ledger::{answered, place};

async fn plan(desk: &Desk<'_>, id: &str, terms: &Terms) {
    let draft = PlanDraft { rank: 2, public: true, terms: terms.clone() };
    let mut db = desk.state.db.acquire().await.unwrap();
    repo::create_plan(&mut db, desk.agency, id, &draft, desk.shop.world.clock.now()).await.unwrap();
}

#[test]
fn a_change_now_happens_once_and_is_refused_where_calls_would_not_be_covered() {
    desk_on(&starter(), async |desk| {
        plan(desk, "plan_growth", &Terms { included: 18_000, ..starter() }).await;
        plan(desk, "plan_tiny", &Terms { included: 60, ..starter() }).await;
        let change = async |key: &str, plan: &str, effective| {
            change_plan(desk.state, &desk.form(key), &desk.client, plan, effective).await
        };
        let changed = join_all((0..6).map(|_| change("now", "plan_growth", Effective::Now))).await;
        assert!(changed.iter().all(Result::is_ok), "{changed:?}");
        assert_eq!(desk.wallet().await.balances.allowance, 18_000);
        assert_eq!(desk.count("select count(*) from postings where kind = 7").await, 1);
        for call in ["a", "b"] {
            desk.shop.world.submit(desk.shop.workspace, place(call)).await;
        }
        let refused = change("tiny", "plan_tiny", Effective::Now).await;
        assert!(matches!(refused, Err(AgencyError::CallsInProgress)), "{refused:?}");
        let again = change("tiny", "plan_tiny", Effective::Now).await;
        assert!(matches!(again, Err(AgencyError::CallsInProgress)), "the same form says the same");
        change("later", "plan_tiny", Effective::PeriodEnd).await.unwrap();
        desk.later(31);
        desk.bill().await;
        assert_eq!(desk.wallet().await.balances.allowance, 60);
        let unknown = change("unknown", "plan_unknown", Effective::Now).await;
        assert!(matches!(unknown, Err(AgencyError::NotFound)));
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'subscription.change'").await, 2);
    });
}

#[test]
fn what_the_period_has_used_stays_used_through_every_change() {
    desk_on(&starter(), async |desk| {
        plan(desk, "plan_same", &starter()).await;
        plan(desk, "plan_tiny", &Terms { included: 60, ..starter() }).await;
        plan(desk, "plan_calls", &Terms { meter: Meter::Calls, included: 200, ..starter() }).await;
        let talk = async |id: &str, seconds| {
            desk.shop.world.submit(desk.shop.workspace, place(id)).await;
            desk.shop.world.submit(desk.shop.workspace, answered(id, seconds)).await;
        };
        talk("before", 4_000).await;
        for (step, plan, left) in [
            ("down", "plan_tiny", 0),
            ("up", "plan_same", 2_000),
            ("to calls", "plan_calls", 200),
            ("a call", "", 199),
            ("back", "plan_same", 2_000),
            ("down again", "plan_tiny", 0),
            ("to calls again", "plan_calls", 199),
            ("up again", "plan_same", 2_000),
        ] {
            match plan {
                "" => talk("counted", 60).await,
                plan => {
                    let form = desk.form(&step.replace(' ', "-"));
                    change_plan(desk.state, &form, &desk.client, plan, Effective::Now).await.unwrap();
                }
            }
            assert_eq!(desk.wallet().await.balances.allowance, left, "{step}");
        }
        desk.later(31);
        desk.bill().await;
        assert_eq!(desk.wallet().await.balances.allowance, 6_000, "the next period has used nothing");
        change_plan(desk.state, &desk.form("next"), &desk.client, "plan_calls", Effective::Now).await.unwrap();
        assert_eq!(desk.wallet().await.balances.allowance, 200);
    });
}

#[test]
fn packages_freeze_with_the_end_and_thaw_with_a_new_beginning() {
    desk_on(&starter(), async |desk| {
        plan(desk, "plan_again", &starter()).await;
        desk.apply("pack", true).await.unwrap();
        let early = resubscribe(desk.state, &desk.form("early"), &desk.client, "plan_again").await;
        assert!(matches!(early, Err(AgencyError::AlreadySubscribed)));
        cancel_subscription(desk.state, &desk.form("end"), &desk.client, Effective::PeriodEnd).await.unwrap();
        assert_eq!(desk.wallet().await.standing().lots, 6_000);
        desk.later(31);
        desk.bill().await;
        let wallet = desk.wallet().await;
        let state = |wallet: &minutebank::ledger::Wallet| wallet.subscription.as_ref().unwrap().state;
        assert_eq!((state(&wallet), wallet.standing().lots), (SubscriptionState::Canceled, 0));
        let begun = join_all(
            (0..4).map(|_| async { resubscribe(desk.state, &desk.form("again"), &desk.client, "plan_again").await }),
        );
        assert!(begun.await.iter().all(Result::is_ok));
        let wallet = desk.wallet().await;
        assert_eq!(
            (state(&wallet), wallet.standing().lots, wallet.balances.allowance),
            (SubscriptionState::Active, 6_000, 6_000)
        );
        cancel_subscription(desk.state, &desk.form("end"), &desk.client, Effective::PeriodEnd).await.unwrap();
        assert!(!desk.wallet().await.subscription.unwrap().cancel_at_end, "an old form ends no later subscription");
    });
}
