//! What a writer remembers of wallets is never taken for what they are: another writer may have changed them.

use minutebank::ledger::{Answer, CallStatus, Command, Ledger, LedgerError, Options, Refusal};
use minutebank::units::{Seconds, WorkspaceId};

use crate::fixture::{World, starter, world};
use crate::ledger::{answered, packs, place};

/// More batches than a writer reads after one that was stale.
const LONG: usize = 40;

async fn other_writer(world: &World) -> Ledger {
    let options = Options { database_url: world.superuser_url.clone(), shards: 1, clock: world.clock.clone() };
    Ledger::start(&options).await.unwrap()
}

/// A wallet on which ten calls fit.
async fn ten_fit(world: &World) -> WorkspaceId {
    let mut terms = starter();
    terms.included = 600;
    world.subscribed(&terms).await
}

fn is_full(answer: &Result<Answer, LedgerError>) -> bool {
    matches!(answer, Err(LedgerError::Refused(Refusal::InsufficientBalance(_))))
}

#[test]
fn a_hold_is_refused_that_another_writer_has_left_no_room_for() {
    world(async |world| {
        let workspace = ten_fit(world).await;
        let other = other_writer(world).await;
        for n in 0..4 {
            world.submit(workspace, place(&format!("mine-{n}"))).await;
        }
        for n in 0..6 {
            other.submit(workspace, place(&format!("theirs-{n}"))).await.unwrap();
        }
        assert!(is_full(&world.try_submit(workspace, place("one-more")).await));
        other.close().await;
    });
}

#[test]
fn a_hold_is_accepted_that_another_writer_has_made_room_for() {
    world(async |world| {
        let workspace = ten_fit(world).await;
        let other = other_writer(world).await;
        for n in 0..10 {
            world.submit(workspace, place(&format!("mine-{n}"))).await;
        }
        other.submit(workspace, packs("cs_1", 1)).await.unwrap();
        world.submit(workspace, place("one-more")).await;
        other.close().await;
    });
}

#[test]
fn calls_that_two_writers_end_in_turns_are_charged_once() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let other = other_writer(world).await;
        let writers = [&*world.state.ledger, &other];
        for (round, (first, second)) in [(0, 1), (1, 0), (0, 1), (1, 0)].into_iter().enumerate() {
            for n in 0..LONG {
                let id = format!("call-{round}-{n}");
                writers[first].submit(workspace, place(&id)).await.unwrap();
                writers[first].submit(workspace, answered(&id, 1)).await.unwrap();
            }
            let id = format!("shared-{round}");
            writers[first].submit(workspace, place(&id)).await.unwrap();
            let beat = Command::Heartbeat { id: id.clone(), connected: Seconds(20) };
            writers[second].submit(workspace, beat).await.unwrap();
            let beat = Command::Heartbeat { id: id.clone(), connected: Seconds(10) };
            let Answer::Beaten { call, .. } = writers[first].submit(workspace, beat).await.unwrap() else { panic!() };
            assert_eq!(call.connected, Some(Seconds(20)), "connected time never falls");
            let Answer::Ended { call: ended, repeated: false } =
                writers[second].submit(workspace, answered(&id, 30)).await.unwrap()
            else {
                panic!("it ends once")
            };
            let again = writers[first].submit(workspace, answered(&id, 30)).await.unwrap();
            assert_eq!(again, Answer::Ended { call: ended, repeated: true });
        }
        let mut db = world.state.db.acquire().await.unwrap();
        let wallet = minutebank::ledger::repo::wallet(&mut db, workspace).await.unwrap().unwrap();
        assert_eq!(wallet.balances.allowance, 6_000 - 4 * (LONG as i64 + 30));
        assert_eq!(wallet.held, []);
        other.close().await;
    });
}

#[test]
fn a_repetition_is_not_refused_for_what_another_call_of_its_batch_took() {
    world(async |world| {
        let workspace = ten_fit(world).await;
        for n in 0..10 {
            world.submit(workspace, place(&format!("mine-{n}"))).await;
        }
        // Ended calls are not remembered.
        world.submit(workspace, answered("mine-0", 0)).await;
        for n in 0..LONG {
            let last = format!("last-{n}");
            let (placed, again) =
                tokio::join!(world.submit(workspace, place(&last)), world.try_submit(workspace, place("mine-0")));
            assert!(matches!(placed, Answer::Placed { repeated: false, .. }));
            assert!(matches!(again, Ok(Answer::Placed { repeated: true, .. })), "{again:?}");
            world.submit(workspace, answered(&last, 0)).await;
        }
    });
}

#[test]
fn a_call_that_is_placed_again_after_its_end_is_the_same_call() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        for id in ["a", "b"] {
            world.submit(workspace, place(id)).await;
        }
        world.submit(workspace, answered("a", 45)).await;
        let Answer::Placed { call, repeated: true } = world.submit(workspace, place("a")).await else { panic!() };
        assert_eq!(call.status, CallStatus::Settled);
        let Answer::Ended { repeated: false, .. } = world.submit(workspace, answered("b", 45)).await else { panic!() };
    });
}
