//! Applying packs: credited at once, asked for once.

use futures::future::join_all;
use minutebank::app::agency::AgencyError;
use minutebank::app::apply_pack::apply_pack;
use minutebank::app::cancel_subscription::cancel_subscription;
use minutebank::app::instruct::finish_instructions;
use minutebank::ledger::{Effective, LedgerError, Refusal};
use minutebank::payments::instruction::{self, Application, Deed, Instruction, Status};
use minutebank::payments::request::{RequestKind, RequestStatus, RequestType};
use minutebank::pricing::Terms;
use minutebank::units::{Meter, MilliCents};

use super::desk::{Desk, administrator, desk_on};
use crate::fixture::{at, starter};
use crate::ledger::{answered, place};

const APPLIED: &str = "select count(*) from audit_trail where action = 'pack.apply'";

#[test]
fn ten_forms_at_once_credit_and_ask_once() {
    desk_on(&starter(), async |desk| {
        let sent = join_all((0..10).map(|_| desk.apply("one", false))).await;
        assert!(sent.iter().all(Result::is_ok), "{sent:?}");
        desk.apply("one", false).await.expect("a page that is loaded again says the same");
        assert_eq!(desk.shop.lots().await, [100]);
        let requests = desk.requests().await;
        let [request] = requests.as_slice() else { panic!("one request: {requests:?}") };
        assert_eq!((request.type_, request.kind()), (RequestType::Pack, RequestKind::Pack));
        assert_eq!((request.amount, request.status), (MilliCents(1_000_000), RequestStatus::Pending));
        assert_eq!((request.due.at, request.due.blocks_at), (at("2026-11-21T15:00:00Z"), at("2026-11-28T15:00:00Z")));
        assert_eq!(desk.count(APPLIED).await, 1);
        desk.apply("two", false).await.unwrap();
        assert_eq!((desk.shop.lots().await, desk.requests().await.len()), (vec![100, 100], 2));
    });
}

#[test]
fn applied_as_paid_nothing_is_owed() {
    desk_on(&starter(), async |desk| {
        desk.apply("one", true).await.unwrap();
        assert_eq!(desk.requests().await[0].status, RequestStatus::Paid);
        assert_eq!(desk.shop.lots().await, [100]);
        assert!(matches!(desk.apply("one", false).await, Err(AgencyError::FormUsed)), "another choice, another form");
    });
}

#[test]
fn what_may_not_be_applied_changes_nothing() {
    let off = Terms { addons: false, ..starter() };
    desk_on(&off, async |desk| {
        assert!(matches!(desk.apply("one", false).await, Err(AgencyError::AddonsDisabled)));
        nothing(desk).await;
    });
    desk_on(&starter(), async |desk| {
        let apply =
            async |key: &str, pack: &str| apply_pack(desk.state, &desk.form(key), &desk.client, pack, false).await;
        assert!(matches!(apply("one", "pack_unknown").await, Err(AgencyError::NotFound)));
        desk.shop.by_hand("delete from pack_assignments").await;
        assert!(matches!(apply("two", "pack_medium").await, Err(AgencyError::NotFound)), "not assigned");
        assert!(matches!(apply("no key", "pack_medium").await, Err(AgencyError::FormUsed)));
        cancel_subscription(desk.state, &desk.form("end"), &desk.client, Effective::Now).await.unwrap();
        assert!(matches!(apply("three", "pack_medium").await, Err(AgencyError::NoSubscription)));
        nothing(desk).await;
    });
}

async fn nothing(desk: &Desk<'_>) {
    assert_eq!((desk.shop.lots().await.len(), desk.requests().await.len(), desk.count(APPLIED).await), (0, 0, 0));
}

#[test]
fn another_agency_finds_nothing() {
    desk_on(&starter(), async |desk| {
        let elsewhere = desk.shop.world.workspace().await;
        let (agency, user) = administrator(desk.shop.world, elsewhere, "admin@other.test").await;
        let stranger = minutebank::app::agency::AgencyForm { agency, user, key: "one".into() };
        let applied = apply_pack(desk.state, &stranger, &desk.client, "pack_medium", false).await;
        assert!(matches!(applied, Err(AgencyError::NotFound)));
        nothing(desk).await;
    });
}

#[test]
fn an_application_that_was_cut_off_is_finished_once() {
    desk_on(&starter(), async |desk| {
        let application = Application {
            pack: "pack_medium".into(),
            name: "Medium".into(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_000_000),
            paid: false,
            due_days: 1,
            grace_days: 7,
        };
        let instruction = Instruction {
            workspace: desk.shop.workspace,
            id: "ins_cut_off".into(),
            form_key: "one".into(),
            given_by: Some(desk.user),
            deed: Deed::ApplyPack(application),
            status: Status::Open,
            created_at: desk.shop.world.clock.now(),
        };
        let mut db = desk.state.db.acquire().await.unwrap();
        instruction::repo::insert(&mut db, &instruction).await.unwrap();
        drop(db);
        assert_eq!(finish_instructions(desk.state).await.unwrap(), 0, "it belongs to its giver for a minute");
        desk.later(1);
        let (one, two) = tokio::join!(finish_instructions(desk.state), finish_instructions(desk.state));
        assert!(one.unwrap() + two.unwrap() >= 1);
        assert_eq!(finish_instructions(desk.state).await.unwrap(), 0);
        let due = desk.requests().await[0].due.at;
        assert_eq!((desk.shop.lots().await, due), (vec![100], at("2026-11-21T15:00:00Z")), "due from the application");
        assert_eq!(desk.count(APPLIED).await, 1);
        desk.apply("one", false).await.expect("its form finds it done");
        assert_eq!(desk.shop.lots().await, [100]);
    });
}

#[test]
fn a_client_without_minutes_goes_on_by_itself() {
    let terms = Terms { included: 60, ..starter() };
    desk_on(&terms, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        world.submit(workspace, place("a")).await;
        world.submit(workspace, answered("a", 60)).await;
        let refused = world.try_submit(workspace, place("b")).await;
        assert!(matches!(refused, Err(LedgerError::Refused(Refusal::InsufficientBalance(_)))));
        join_all((0..10).map(|_| desk.apply("one", false))).await;
        world.submit(workspace, place("c")).await;
        assert_eq!(desk.count("select count(*) from wallet_events where type = 'wallet.resumed'").await, 1);
    });
}
