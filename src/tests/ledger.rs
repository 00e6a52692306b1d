//! The writer and the store on a real Postgres: concurrency, idempotency, rights, reconciliation.

use futures::future::join_all;
use minutebank::ledger::{
    Answer, CallOutcome, CallStatus, Command, Direction, LedgerError, LotGrant, LotSource, Placement, Refusal,
};
use minutebank::units::{Meter, MilliCents, Seconds, WorkspaceId};

use crate::fixture::{World, at, starter, world};

pub fn place(id: &str) -> Command {
    Command::PlaceHold(Placement {
        id: id.into(),
        direction: Direction::Outbound,
        agent: Some("Front desk".into()),
        from: Some("+13125550142".into()),
        to: None,
        recording: false,
        metadata: Some([("campaign".to_owned(), "recall".to_owned())].into()),
    })
}

pub fn answered(id: &str, secs: i64) -> Command {
    let talk = Seconds(secs);
    Command::EndCall { id: id.into(), outcome: CallOutcome::Answered, duration: talk, billed: talk }
}

pub fn packs(key: &str, count: usize) -> Command {
    let lot = LotGrant {
        name: "Medium".into(),
        meter: Meter::Minutes,
        units: 6_000,
        price: MilliCents(1_000_000),
        source: LotSource::Agency,
        reference: "pur_1".into(),
    };
    Command::CreditLots { key: key.into(), lots: vec![lot; count] }
}

async fn capacity(world: &World, workspace: WorkspaceId) -> i64 {
    let mut db = world.state.db.acquire().await.unwrap();
    let wallet = minutebank::ledger::repo::wallet(&mut db, workspace).await.unwrap().unwrap();
    wallet.standing().capacity()
}

#[test]
fn fifty_at_once_where_ten_fit_are_ten_and_each_is_charged_once() {
    world(async |world| {
        let mut terms = starter();
        terms.included = 600;
        let workspace = world.subscribed(&terms).await;
        let ids: Vec<String> = (0..50).map(|n| format!("call-{n}")).collect();
        let answers = join_all(ids.iter().map(|id| world.try_submit(workspace, place(id)))).await;
        let placed: Vec<&String> =
            ids.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(id, _)| id).collect();
        assert_eq!(placed.len(), 10);
        for answer in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(matches!(answer, LedgerError::Refused(Refusal::InsufficientBalance(_))), "{answer}");
        }
        let ends = placed.iter().flat_map(|id| (0..20).map(|_| world.submit(workspace, answered(id, 45))));
        let ends = join_all(ends).await;
        let first = ends.iter().filter(|answer| matches!(answer, Answer::Ended { repeated: false, .. })).count();
        assert_eq!((ends.len(), first), (200, 10));
        assert_eq!(capacity(world, workspace).await, 600 - 450);
    });
}

#[test]
fn a_key_credits_once_however_often_it_comes() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let answers = join_all((0..16).map(|_| world.submit(workspace, packs("cs_1", 3)))).await;
        let fresh = answers.iter().filter(|answer| matches!(answer, Answer::Credited { repeated: false, .. })).count();
        assert_eq!(fresh, 1);
        assert_eq!(capacity(world, workspace).await, 4 * 6_000);
        let mut db = world.state.db.acquire().await.unwrap();
        let lots = minutebank::ledger::repo::lots(&mut db, workspace, i64::MAX, 10).await.unwrap();
        assert_eq!(lots.iter().map(|lot| lot.number).collect::<Vec<_>>(), [3, 2, 1]);
    });
}

#[test]
fn what_is_read_back_is_what_was_decided() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        world.submit(workspace, packs("cs_1", 1)).await;
        let Answer::Placed { call: placed, .. } = world.submit(workspace, place("a")).await else { panic!() };
        let mut db = world.state.db.acquire().await.unwrap();
        let read = minutebank::ledger::repo::call(&mut db, workspace, "a").await.unwrap().unwrap();
        assert_eq!(read, *placed);
        let Answer::Ended { call: ended, .. } = world.submit(workspace, answered("a", 6_500)).await else { panic!() };
        assert_eq!(ended.status, CallStatus::Settled);
        let read = minutebank::ledger::repo::call(&mut db, workspace, "a").await.unwrap().unwrap();
        assert_eq!(read, *ended);
        let wallet = minutebank::ledger::repo::wallet(&mut db, workspace).await.unwrap().unwrap();
        assert_eq!((wallet.balances.allowance, wallet.balances.packs_secs), (0, 5_500));
        assert_eq!(wallet.held, []);
    });
}

#[test]
fn two_writers_on_the_same_wallets_never_disagree() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let options = minutebank::ledger::Options {
            database_url: world.superuser_url.clone(),
            shards: 1,
            clock: world.clock.clone(),
        };
        let other = minutebank::ledger::Ledger::start(&options).await.unwrap();
        let ids: Vec<String> = (0..200).map(|n| format!("call-{n}")).collect();
        let answers = join_all(ids.iter().enumerate().map(|(n, id)| {
            let ledger = if n % 2 == 0 { &*world.state.ledger } else { &other };
            ledger.submit(workspace, place(id))
        }))
        .await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 100, "6,000 seconds hold 100 calls");
        other.close().await;
    });
}

#[test]
fn periods_open_once_through_missed_months() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        world.submit(workspace, packs("cs_1", 1)).await;
        world.clock.set(at("2027-12-25T00:00:00Z"));
        join_all((0..8).map(|_| world.submit(workspace, Command::OpenPeriods))).await;
        let mut db = world.superuser().await;
        let periods: i64 = sqlx::query_scalar("select count(*) from postings where kind = 1 and workspace_id = $1")
            .bind(workspace.0)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(periods, 14, "13 months have passed since the first");
        assert_eq!(capacity(world, workspace).await, 12_000);
    });
}

#[test]
fn the_application_cannot_change_what_was_posted() {
    world(async |world| {
        world.subscribed(&starter()).await;
        let mut db = world.state.db.acquire().await.unwrap();
        for sql in [
            "update postings set amounts = '{0}'",
            "delete from postings",
            "truncate postings",
            "update plan_snapshots set terms = '{}'",
            "delete from plan_snapshots",
        ] {
            let error = sqlx::query(sql).execute(&mut *db).await.expect_err(sql);
            let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
            assert_eq!(code.as_deref(), Some("42501"), "{sql}");
        }
    });
}

#[test]
fn an_entry_altered_by_hand_is_named() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        world.submit(workspace, place("a")).await;
        world.submit(workspace, answered("a", 45)).await;
        world.submit(workspace, packs("cs_1", 1)).await;
        let before = world.reconcile().await;
        assert_eq!((before.postings, before.findings.len()), (3, 0));
        let mut superuser = world.superuser().await;
        let alter = "update postings set amounts[1] = amounts[1] + $1 where seq = 2";
        sqlx::query(alter).bind(1_i64).execute(&mut superuser).await.unwrap();
        let found = world.reconcile().await.findings;
        assert!(found.iter().any(|finding| finding.what.contains("posting 2")), "{found:?}");
        assert!(found.iter().any(|finding| finding.what.contains("hash")), "{found:?}");
        sqlx::query(alter).bind(-1_i64).execute(&mut superuser).await.unwrap();
    });
}

#[test]
fn the_database_refuses_one_bad_command_alone() {
    world(async |world| {
        let good = world.subscribed(&starter()).await;
        let bad = world.subscribed(&starter()).await;
        // Only a fault of ours could lead here: a posting that is there although the wallet does not know it.
        let mut superuser = world.superuser().await;
        let stray = "insert into postings select workspace_id, seq + 1, 2, 'x', occurred_at, recorded_at, '{}', '{}',
                     allowance_after, 0, 0, 0, 0, 0, prev_hash from postings where workspace_id = $1";
        sqlx::query(stray).bind(bad.0).execute(&mut superuser).await.unwrap();
        let ids: Vec<String> = (0..20).map(|n| format!("lot-{n}")).collect();
        let goods = join_all(ids.iter().map(|id| world.submit(good, packs(id, 1))));
        let (answers, failed) = tokio::join!(goods, world.try_submit(bad, packs("cs_bad", 1)));
        assert_eq!(answers.len(), 20);
        assert!(matches!(failed, Err(LedgerError::Database(_))), "{failed:?}");
        sqlx::query("delete from postings where workspace_id = $1 and key = 'x'")
            .bind(bad.0)
            .execute(&mut superuser)
            .await
            .unwrap();
    });
}

#[test]
fn the_balances_of_any_past_instant_can_be_read() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        world.clock.set(at("2026-11-20T16:00:00Z"));
        world.submit(workspace, packs("cs_1", 1)).await;
        world.clock.set(at("2026-11-20T17:00:00Z"));
        world.submit(workspace, place("a")).await;
        world.submit(workspace, answered("a", 45)).await;
        let mut db = world.state.db.acquire().await.unwrap();
        for (instant, allowance, packs_secs) in [
            ("2026-11-20T14:59:59Z", 0, 0),
            ("2026-11-20T15:59:59Z", 6_000, 0),
            ("2026-11-20T16:00:00Z", 6_000, 6_000),
            ("2026-11-20T16:59:59Z", 6_000, 6_000),
            ("2026-11-20T17:00:00Z", 5_955, 6_000),
        ] {
            let then = minutebank::ledger::repo::balances_at(&mut db, workspace, at(instant)).await.unwrap();
            assert_eq!((then.allowance, then.packs_secs), (allowance, packs_secs), "at {instant}");
        }
    });
}

#[test]
fn a_crossing_is_told_once_however_often_its_command_is_repeated() {
    world(async |world| {
        let mut terms = starter();
        terms.included = 60;
        let workspace = world.subscribed(&terms).await;
        world.submit(workspace, place("a")).await;
        let ends = (0..20).map(|_| world.submit(workspace, answered("a", 60)));
        join_all(ends).await;
        let credits = (0..20).map(|_| world.submit(workspace, packs("cs_1", 2)));
        join_all(credits).await;
        let mut db = world.state.db.acquire().await.unwrap();
        let told: Vec<(String, i64, serde_json::Value)> =
            sqlx::query_as("select type, seq, data from wallet_events where workspace_id = $1 order by no")
                .bind(workspace.0)
                .fetch_all(&mut *db)
                .await
                .unwrap();
        let types: Vec<&str> = told.iter().map(|(kind, ..)| kind.as_str()).collect();
        assert_eq!(types, ["wallet.paused", "wallet.credited", "wallet.resumed"]);
        assert_eq!((told[0].1, told[2].1), (2, 3));
        assert_eq!(told[2].2["capacity_seconds"], 12_000);
    });
}
