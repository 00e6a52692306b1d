//! Reading what was posted: every page, filter and day of a history is compared with the plain list of all of it.

use futures::TryStreamExt as _;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use minutebank::app::receipt::receipt;
use minutebank::app::transactions::{Filter, Place, Transaction, TransactionType, every, page, pending};
use minutebank::app::usage::{markers, usage_daily};
use minutebank::ledger::{Command, Source};
use minutebank::pricing::Rates;
use minutebank::units::{MilliCents, WorkspaceId};

use crate::fixture::{World, starter, world};
use crate::ledger::{answered, packs, place};

/// Seventy days: a call each, a pack now and then, a top-up, messages.
async fn seventy_days(world: &World) -> WorkspaceId {
    let mut terms = starter();
    terms.included = 600;
    terms.rates = Rates { voice: MilliCents(10_000), message: MilliCents(1_000), ..Rates::default() };
    let workspace = world.subscribed(&terms).await;
    world.submit(workspace, Command::CreditMoney { key: "cs_money".into(), amount: MilliCents(90_000_000) }).await;
    for day in 0..70 {
        world.clock.set(world.clock.now() + SignedDuration::from_hours(24));
        if day % 10 == 3 {
            world.submit(workspace, packs(&format!("cs_{day}"), 1)).await;
        }
        if day % 9 == 0 {
            world.submit(workspace, Command::ChargeMessages { id: format!("msg-{day}"), count: 12 }).await;
        }
        let id = format!("call-{day}");
        world.submit(workspace, place(&id)).await;
        world.submit(workspace, answered(&id, 400 + day)).await;
    }
    workspace
}

async fn all(world: &World, workspace: WorkspaceId, filter: Filter) -> Vec<Transaction> {
    every(world.state.clone(), workspace, filter).try_collect().await.unwrap()
}

/// Walks from the newest page to the oldest and back; both ways must show the same.
async fn walked(world: &World, workspace: WorkspaceId, filter: &Filter, limit: i64) -> Vec<Transaction> {
    let page = async |place| page(&world.state, workspace, filter, place, limit).await.unwrap();
    let mut current = page(Place::Newest).await;
    assert_eq!(current.newer, None);
    let mut down = current.transactions.clone();
    while let Some(older) = current.older {
        current = page(Place::Before(older)).await;
        down.extend(current.transactions.clone());
    }
    let mut up = current.transactions.clone();
    while let Some(newer) = current.newer {
        current = page(Place::After(newer)).await;
        up.splice(0..0, current.transactions.clone());
    }
    assert_eq!(up, down);
    down
}

#[test]
fn pages_and_filters_show_what_the_whole_list_shows() {
    world(async |world| {
        let workspace = seventy_days(world).await;
        let whole = all(world, workspace, Filter::default()).await;
        let seqs: Vec<i64> = whole.iter().map(|it| it.seq).collect();
        assert_eq!(seqs, (1..=whole.len() as i64).rev().collect::<Vec<_>>(), "every posting, newest first");
        let instants: [Option<Timestamp>; 4] = [
            None,
            Some(whole[60].occurred_at),
            Some(whole[20].occurred_at),
            Some("2020-01-01T00:00:00Z".parse().unwrap()),
        ];
        let types = [None, Some(TransactionType::Call), Some(TransactionType::Pack), Some(TransactionType::Period)];
        for kind in types.into_iter().chain([Some(TransactionType::Refund)]) {
            for (from, to) in instants.iter().flat_map(|from| instants.iter().map(move |to| (*from, *to))) {
                for reference in [None, Some("call-1"), Some("cs_"), Some("nothing")] {
                    let filter = Filter { kind, from, to, reference: reference.map(str::to_owned) };
                    let fits = |it: &&Transaction| {
                        kind.is_none_or(|kind| it.kind == kind)
                            && from.is_none_or(|from| it.occurred_at >= from)
                            && to.is_none_or(|to| it.occurred_at < to)
                            && reference.is_none_or(|prefix| it.reference.id.starts_with(prefix))
                    };
                    let due: Vec<Transaction> = whole.iter().filter(fits).cloned().collect();
                    let found = walked(world, workspace, &filter, 7).await;
                    assert!(found == due, "{filter:?}: {} of {}", found.len(), due.len());
                }
            }
        }
    });
}

#[test]
fn days_receipts_and_transactions_agree() {
    world(async |world| {
        let workspace = seventy_days(world).await;
        world.submit(workspace, place("open")).await;
        let open = pending(&world.state, workspace).await.unwrap();
        assert_eq!(open.iter().map(|call| call.placement.id.as_str()).collect::<Vec<_>>(), ["open"]);
        let from = date(2026, 11, 20);
        let to = date(2027, 1, 31);
        let usage = usage_daily(&world.state, workspace, from, to).await.unwrap();
        assert_eq!(usage.days.len(), 73, "days without use are there, too");
        assert_eq!((usage.days[0].calls, usage.days[1].calls, usage.days[72].calls), (0, 1, 0));
        let whole = all(world, workspace, Filter::default()).await;
        let (mut credits, mut billed) = (0, 0);
        for call in whole.iter().filter(|it| it.kind == TransactionType::Call) {
            let receipt = receipt(&world.state, workspace, &call.reference.id).await.unwrap().unwrap();
            let prepaid = receipt.segments.iter().filter(|it| it.source < Source::Credits);
            let prepaid: i64 = prepaid.map(|it| it.to_second - it.from_second).sum();
            assert_eq!(-call.amount_secs, prepaid);
            let cost: i64 = receipt.segments.iter().map(|it| it.cost.0).sum();
            assert_eq!(-call.amount.0, cost);
            assert!(receipt.segments.iter().all(|it| it.why.ends_with('.')));
            let last = receipt.segments.last().unwrap();
            assert_eq!(last.to_second, receipt.call.end.as_ref().unwrap().billed.0);
            (credits, billed) = (credits + cost, billed + last.to_second);
        }
        let of_days = usage.days.iter().map(|day| day.allowance_secs + day.packs_secs + day.credits_secs).sum::<i64>();
        assert_eq!(of_days, billed);
        let messages = whole.iter().filter(|it| it.kind == TransactionType::Message).map(|it| it.amount.0).sum::<i64>();
        assert_eq!(usage.days.iter().map(|day| day.charged.0).sum::<i64>(), credits - messages);
        let marked = markers(&world.state, workspace, from, to).await.unwrap();
        let labels: Vec<&str> = marked.iter().map(|marker| marker.label.as_str()).collect();
        assert_eq!(labels.iter().filter(|label| **label == "Plan reset").count(), 2);
        assert_eq!(labels.iter().filter(|label| **label == "Medium 100 added").count(), 7);
        assert_eq!(receipt(&world.state, workspace, "nothing").await.unwrap().map(|it| it.call), None);
    });
}

#[test]
fn where_a_plan_includes_nothing_its_reset_is_no_event() {
    world(async |world| {
        let mut terms = starter();
        for (included, resets) in [(0, 0), (60, 1)] {
            terms.included = included;
            let workspace = world.subscribed(&terms).await;
            let from = world.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
            world.clock.set(world.clock.now() + SignedDuration::from_hours(24 * 32));
            world.submit(workspace, Command::OpenPeriods).await;
            let marked = markers(&world.state, workspace, from, from + jiff::Span::new().days(32)).await.unwrap();
            assert_eq!(marked.iter().filter(|it| it.label == "Plan reset").count(), resets, "{included}");
        }
    });
}
