//! `/billing/calls/{id}`: the minute receipt.

use jiff::SignedDuration;
use minutebank::ledger::{CallOutcome, Command};
use minutebank::pricing::{ExcessMode, Terms};
use minutebank::units::{MilliCents, Seconds};

use crate::fixture::{starter, world};
use crate::transactions::{end, package, place, signed_in, top_up, with_rates};

#[test]
fn each_second_says_who_paid_and_why() {
    world(async |world| {
        let terms = Terms { included: 150, ..with_rates() };
        let (workspace, browser) = signed_in(world, &terms).await;
        package(world, workspace, "apply_1", 192).await;
        top_up(world, workspace, "cs_1", 10).await;
        place(world, workspace, "call_8Kq2vTz4", "Front desk").await;
        world.clock.advance(SignedDuration::from_secs(440));
        end(world, workspace, "call_8Kq2vTz4", 426).await;
        let page = browser.get("/billing/calls/call_8Kq2vTz4").await;
        assert_eq!(page.status, 200);
        let words = page.words();
        for expected in [
            "Transactions Call from (312) 555-0176 Minute receipt",
            "answered by Front desk on Friday, Nov 20, 10:00 EST",
            "Connected 7 min 06 s Charged to credits $0.21 Rang, not charged 14 s State Settled 10:07:20",
            "Plan 0:00 to 2:30 Plan minutes come first. These were the last of the period. 2 min 30 s Included",
            "Small 3 2:30 to 5:42",
            "It had 3 min 12 s left and is now used up. 3 min 12 s Prepaid",
            "Credits 5:42 to 7:06 No package was left, so credits paid at your plan’s rate of $0.15 per minute. 1 min 24 s $0.21",
            "Total 7 min 06 s $0.21",
            "How the $0.21 adds up",
            "Voice 84 s $0.10 per min $0.14 Telephony 84 s $0.05 per min $0.07 Total $0.21",
            "Hold placed 10:00:00 Answered 10:00:14 Ended and settled 10:07:20 Outcome Answered",
        ] {
            assert!(words.contains(expected), "{expected:?} is missing in {words}");
        }
    });
}

#[test]
fn only_own_calls_have_a_receipt() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &starter()).await;
        let other = world.subscribed(&starter()).await;
        place(world, workspace, "call:1.a-b", "Front desk").await;
        place(world, other, "call_foreign", "Front desk").await;
        assert_eq!(browser.get("/billing/calls/call:1.a-b").await.status, 200);
        assert_eq!(browser.get("/billing/calls/call%3A1.a-b").await.status, 200);
        let long = "x".repeat(65);
        for id in ["call_foreign", "call_none", "a%00b", "caf%C3%A9", "%FF", "call:1.a-b%20", &long, ""] {
            assert_eq!(browser.get(&format!("/billing/calls/{id}")).await.status, 404, "{id}");
        }
    });
}

#[test]
fn what_did_not_connect_is_not_charged() {
    world(async |world| {
        let (workspace, browser) = signed_in(world, &with_rates()).await;
        let words = async |id: &str| browser.get(&format!("/billing/calls/{id}")).await.words();
        place(world, workspace, "call_1", "Front desk").await;
        let open = words("call_1").await;
        assert!(open.contains("In progress") && open.contains("Hold of 1 min"), "{open}");
        let missed = Command::EndCall {
            id: "call_1".into(),
            outcome: CallOutcome::NoAnswer,
            duration: Seconds(20),
            billed: Seconds(0),
        };
        world.submit(workspace, missed).await;
        let released = words("call_1").await;
        assert!(released.contains("1 min released No answer. Nothing is charged"), "{released}");
        place(world, workspace, "call_2", "Front desk").await;
        end(world, workspace, "call_2", 0).await;
        let settled = words("call_2").await;
        assert!(settled.contains("Settled") && settled.contains("Nothing is charged."), "{settled}");
    });
}

#[test]
fn what_nothing_covers_is_not_charged_and_postpaid_is_billed_afterwards() {
    world(async |world| {
        let terms = Terms { included: 120, ..starter() };
        let (workspace, browser) = signed_in(world, &terms).await;
        place(world, workspace, "call_1", "Front desk").await;
        end(world, workspace, "call_1", 200).await;
        let words = browser.get("/billing/calls/call_1").await.words();
        assert!(words.contains("1 min 20 s not charged") && words.contains("2:00 to 3:20"), "{words}");

        let postpaid = Terms { excess: ExcessMode::Postpaid { limit: MilliCents(0) }, ..with_rates() };
        let snapshot = world.snapshot(workspace, &Terms { included: 0, ..postpaid }).await;
        let effective = minutebank::ledger::Effective::Now;
        world.submit(workspace, Command::ChangePlan { snapshot: snapshot.into(), effective }).await;
        place(world, workspace, "call_2", "Front desk").await;
        end(world, workspace, "call_2", 120).await;
        let words = browser.get("/billing/calls/call_2").await.words();
        assert!(words.contains("$0.30 billed afterwards") && words.contains("Billable usage 0:00 to 2:00"), "{words}");
        assert!(!words.contains("Hold of"), "{words}");
        let listed = browser.get("/billing/transactions?reference=call_2").await.words();
        assert!(listed.contains("$0.30 billable"), "{listed}");
    });
}
