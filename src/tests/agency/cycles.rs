//! Cycle requests: each period asks once, for its price and for the usage of the one before.

use futures::future::join_all;
use minutebank::app::cancel_subscription::cancel_subscription;
use minutebank::app::change_plan::change_plan;
use minutebank::app::open_periods::open_due;
use minutebank::app::request_cycles::request_cycles;
use minutebank::ledger::{Effective, PaymentState};
use minutebank::payments::request::{RequestKind, RequestStatus};
use minutebank::pricing::{ExcessMode, Rates, Terms};
use minutebank::units::MilliCents;

use super::desk::desk_on;
use crate::fixture::{at, starter};
use crate::ledger::{answered, packs, place};

fn cents(amount: MilliCents) -> i64 {
    assert_eq!(amount.0 % 1_000, 0, "whole cents");
    amount.cents_down()
}

/// Billed afterwards at $0.05 a minute.
fn postpaid() -> Terms {
    Terms {
        rates: Rates { voice: MilliCents(5_000), ..Rates::default() },
        excess: ExcessMode::Postpaid { limit: MilliCents(0) },
        ..starter()
    }
}

#[test]
fn each_period_asks_once_through_400_missed_days_and_on_several_instances() {
    desk_on(&starter(), async |desk| {
        desk.bill().await;
        let first = desk.requests().await;
        assert_eq!((first.len(), first[0].kind(), cents(first[0].amount)), (1, RequestKind::Plan, 2_900));
        assert_eq!(first[0].due.at, at("2026-11-21T15:00:00Z"));
        desk.later(400);
        join_all((0..3).map(|_| open_due(desk.state))).await;
        let billed = join_all((0..4).map(|_| request_cycles(desk.state))).await;
        let billed: usize = billed.into_iter().map(Result::unwrap).sum();
        let requests = desk.requests().await;
        assert_eq!((billed, requests.len()), (13, 14), "400 days are 13 more months");
        assert!(requests.iter().all(|it| cents(it.amount) == 2_900 && it.asked.excess.0 == 0));
        let starts: Vec<_> = requests.iter().map(|it| it.period.unwrap().0).collect();
        assert_eq!((starts[0], starts[1]), (at("2026-11-20T15:00:00Z"), at("2026-12-20T15:00:00Z")));
        assert!(starts.windows(2).all(|pair| pair[0] < pair[1]));
        desk.bill().await;
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 14);
        assert_eq!(desk.wallet().await.payment, PaymentState::Unpaid);
        assert!(desk.requests().await.iter().all(|it| it.status == RequestStatus::Overdue));
    });
}

#[test]
fn one_call_spans_allowance_wallet_and_excess_and_the_next_cycle_asks_for_the_excess() {
    desk_on(&postpaid(), async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        desk.bill().await;
        world.submit(workspace, packs("given", 1)).await;
        world.submit(workspace, place("long")).await;
        // 100 minutes of the plan, 100 of the pack, 40 billed afterwards: $2.00.
        world.submit(workspace, answered("long", 240 * 60)).await;
        let wallet = desk.wallet().await;
        let balances = wallet.balances;
        assert_eq!((balances.allowance, balances.packs_secs, balances.excess_mc), (0, 0, 200_000));
        let receipt = minutebank::app::receipt::receipt(desk.state, workspace, "long").await.unwrap().unwrap();
        let sources: Vec<_> =
            receipt.segments.iter().map(|it| (it.source.as_str(), it.to_second - it.from_second)).collect();
        assert_eq!(sources, [("allowance", 6_000), ("lot", 6_000), ("excess", 2_400)]);
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 1, "not before the period ends");
        desk.later(31);
        desk.bill().await;
        let requests = desk.requests().await;
        let [_, next] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((next.kind(), cents(next.amount)), (RequestKind::PlanAndUsage, 3_100));
        assert_eq!(next.asked.excess, MilliCents(200_000));
        desk.later(31);
        desk.bill().await;
        let requests = desk.requests().await;
        assert_eq!(requests[2].asked.excess, MilliCents(0), "and nowhere else");
        assert_eq!(requests.iter().map(|it| it.asked.excess.0).sum::<i64>(), 200_000);
    });
}

#[test]
fn a_subscription_that_ends_still_asks_for_its_excess() {
    desk_on(&postpaid(), async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        desk.bill().await;
        desk.later(1);
        for call in ["a", "b"] {
            world.submit(workspace, place(call)).await;
        }
        world.submit(workspace, answered("a", 120 * 60)).await;
        cancel_subscription(desk.state, &desk.form("end"), &desk.client, Effective::Now).await.unwrap();
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 1, "a call is open: its usage belongs to the end, too");
        world.submit(workspace, answered("b", 60 * 60)).await;
        desk.bill().await;
        desk.bill().await;
        let requests = desk.requests().await;
        let [_, end] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((end.kind(), cents(end.amount)), (RequestKind::Usage, 400), "80 minutes, no next period");
        desk.later(40);
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 2);
    });
}

#[test]
fn less_than_fifty_cents_is_carried_over() {
    let terms = Terms { price: MilliCents(20_000), included: 0, ..postpaid() };
    desk_on(&terms, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 0, "$0.20");
        world.submit(workspace, place("a")).await;
        // 70 seconds at $0.05: $0.05833, of which a cent's part is left.
        world.submit(workspace, answered("a", 70)).await;
        desk.later(31);
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 0, "$0.45833");
        desk.later(31);
        desk.bill().await;
        let requests = desk.requests().await;
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        assert_eq!((cents(request.amount), request.asked.carried), (65, MilliCents(45_833)));
        desk.later(31);
        desk.bill().await;
        assert_eq!(desk.requests().await.len(), 1, "begins anew with $0.20");
        assert_eq!(
            desk.count("select max(carried_mc) from periods where seq = (select max(seq) from periods)").await,
            20_000
        );
    });
}

#[test]
fn each_period_asks_for_the_plan_that_it_opened_on() {
    desk_on(&starter(), async |desk| {
        let plan =
            |name: &str, dollars: i64| Terms { name: name.into(), price: MilliCents(dollars * 100_000), ..starter() };
        for (id, terms) in [("plan_growth", plan("Growth", 49)), ("plan_large", plan("Large", 99))] {
            let draft = minutebank::catalog::PlanDraft { rank: 9, public: true, terms };
            let mut db = desk.state.db.acquire().await.unwrap();
            minutebank::catalog::repo::create_plan(&mut db, desk.agency, id, &draft, at("2026-11-20T15:00:00Z"))
                .await
                .unwrap();
        }
        change_plan(desk.state, &desk.form("later"), &desk.client, "plan_growth", Effective::PeriodEnd).await.unwrap();
        desk.later(31);
        // The period opens with this command, on Growth; nobody has looked yet when it changes to Large.
        change_plan(desk.state, &desk.form("now"), &desk.client, "plan_large", Effective::Now).await.unwrap();
        desk.later(31);
        desk.bill().await;
        let requests = desk.requests().await;
        let asked: Vec<_> = requests.iter().map(|it| (it.asked.title.as_str(), cents(it.amount))).collect();
        assert_eq!(asked, [("Starter", 2_900), ("Growth", 4_900), ("Large", 9_900)]);
    });
}
