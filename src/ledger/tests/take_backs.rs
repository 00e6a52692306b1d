//! Refunds and disputes with exact figures: $10 for 100 minutes on a plan without an allowance.

use super::*;
use crate::ledger::command::{Answer, Effective, Refusal};
use crate::ledger::posting::PostingKind;
use crate::ledger::take_back::{Cause, Credit, Reversal};

const PAID: MilliCents = MilliCents(1_000_000);

fn lots() -> Credit {
    Credit::Lots("cs_1".into())
}

fn reversal(id: &str, cents: i64) -> Reversal {
    let amount = MilliCents::from_cents(cents);
    Reversal { credit: lots(), id: id.into(), cause: Cause::Refund, amount, paid: PAID }
}

/// A wallet with the pack of 100 minutes, of which so many are used.
fn with_pack(used_minutes: i64) -> Wallet {
    let mut wallet = subscribed(terms(0, 0, 0, HoldPolicy::Buffer(600)));
    decide(&mut wallet, &pack("cs_1", &[100]), now()).unwrap();
    if used_minutes > 0 {
        talk(&mut wallet, "used", used_minutes * 60);
    }
    wallet
}

fn now() -> Timestamp {
    at("2026-11-02T12:00:00Z")
}

fn talk(wallet: &mut Wallet, id: &str, secs: i64) {
    decide(wallet, &place(id), now()).unwrap();
    decide(wallet, &answered(id, secs), now()).unwrap();
}

fn take(wallet: &mut Wallet, id: &str, cents: i64) {
    decide(wallet, &Command::TakeBack(reversal(id, cents)), now()).unwrap();
}

fn give(wallet: &mut Wallet, id: &str, cents: i64) {
    decide(wallet, &Command::GiveBack(reversal(id, cents)), now()).unwrap();
}

/// Minutes in packs, debt in cents, credits in cents.
fn stands(wallet: &Wallet) -> (i64, i64, i64) {
    let balances = &wallet.balances;
    (balances.packs_secs / 60, balances.debt_mc / 1_000, balances.credits_mc / 1_000)
}

#[test]
fn what_was_used_of_a_refunded_pack_is_owed_at_its_unit_price() {
    let mut wallet = with_pack(40);
    take(&mut wallet, "re_1", 1_000);
    assert_eq!(stands(&wallet), (0, 400, 0));
    let kinds: Vec<_> = wallet.changes.postings.iter().rev().take(2).map(|it| (it.kind, it.key.as_str())).collect();
    assert_eq!(kinds, [(PostingKind::Owed, "re_1:5"), (PostingKind::Refund, "re_1:4")]);
    let postings = wallet.changes.postings.len();
    take(&mut wallet, "re_1", 1_000);
    assert_eq!(wallet.changes.postings.len(), postings, "the same refund again changes nothing");
    // A top-up pays it first, as its own transaction.
    let money = Command::CreditMoney { key: "cs_2".into(), amount: MilliCents::from_cents(1_000) };
    decide(&mut wallet, &money, now()).unwrap();
    assert_eq!(stands(&wallet), (0, 0, 600));
}

#[test]
fn the_unused_half_is_refunded_and_the_used_half_stays_charged() {
    let mut wallet = with_pack(50);
    let unused = |id: &str| Command::TakeUnused { credit: lots(), id: id.into(), paid: PAID };
    let answer = decide(&mut wallet, &unused("ref_1"), now());
    assert_eq!(answer, Ok(Answer::Reversed { amount: MilliCents::from_cents(500), repeated: false }));
    assert_eq!(stands(&wallet), (0, 0, 0));
    let again = decide(&mut wallet, &unused("ref_1"), now());
    assert_eq!(again, Ok(Answer::Reversed { amount: MilliCents::from_cents(500), repeated: true }));
    assert_eq!(decide(&mut wallet, &unused("ref_2"), now()), Err(Refusal::NothingUnused));
}

#[test]
fn of_several_packs_the_newest_gives_first_and_the_oldest_gets_back_first() {
    let mut wallet = subscribed(terms(0, 0, 0, HoldPolicy::Buffer(60)));
    decide(&mut wallet, &pack("cs_1", &[50, 50]), now()).unwrap();
    take(&mut wallet, "re_1", 600);
    let left = |wallet: &Wallet| wallet.lots.iter().map(|lot| (lot.number, lot.remaining / 60)).collect::<Vec<_>>();
    assert_eq!(left(&wallet), [(1, 40)]);
    take(&mut wallet, "re_2", 100);
    assert_eq!(left(&wallet), [(1, 30)], "cumulative over both");
    give(&mut wallet, "re_1", 600);
    assert_eq!(left(&wallet), [(1, 50), (2, 40)]);
}

#[test]
fn what_an_open_call_keeps_is_taken_as_it_ends_and_before_any_new_hold() {
    let mut wallet = with_pack(40);
    decide(&mut wallet, &place("open"), now()).unwrap();
    take(&mut wallet, "re_1", 1_000);
    assert_eq!(stands(&wallet), (10, 0, 0), "the hold of 10 minutes stays covered, and nothing is owed yet");
    assert!(matches!(decide(&mut wallet, &place("late"), now()), Err(Refusal::InsufficientBalance(_))));
    decide(&mut wallet, &answered("open", 4 * 60), now()).unwrap();
    assert_eq!(stands(&wallet), (0, 440, 0), "6 minutes are taken, 44 used ones are owed");
}

#[test]
fn a_wallet_that_is_never_idle_owes_once_the_longest_call_has_ended() {
    let mut wallet = with_pack(40);
    decide(&mut wallet, &pack("cs_9", &[100]), now()).unwrap();
    decide(&mut wallet, &place("open"), now()).unwrap();
    take(&mut wallet, "re_1", 1_000);
    assert_eq!(stands(&wallet), (100, 0, 0));
    decide(&mut wallet, &Command::OpenPeriods, at("2026-11-03T12:09:59Z")).unwrap();
    assert_eq!(stands(&wallet).1, 0);
    decide(&mut wallet, &Command::OpenPeriods, at("2026-11-03T12:10:00Z")).unwrap();
    assert_eq!(stands(&wallet).1, 400);
}

#[test]
fn a_failed_refund_returns_the_units_then_the_debt_and_what_was_paid_of_it() {
    let mut wallet = with_pack(40);
    take(&mut wallet, "re_1", 1_000);
    let money = Command::CreditMoney { key: "cs_2".into(), amount: MilliCents::from_cents(150) };
    decide(&mut wallet, &money, now()).unwrap();
    assert_eq!(stands(&wallet), (0, 250, 0));
    give(&mut wallet, "re_1", 1_000);
    assert_eq!(stands(&wallet), (60, 0, 150));
    give(&mut wallet, "re_1", 1_000);
    assert_eq!(stands(&wallet), (60, 0, 150), "once");
    // Its beginning, told late, no longer counts; nor does that of one that is heard of only when it has failed.
    take(&mut wallet, "re_1", 1_000);
    give(&mut wallet, "re_2", 500);
    take(&mut wallet, "re_2", 500);
    assert_eq!(stands(&wallet), (60, 0, 150));
}

#[test]
fn frozen_minutes_are_taken_back_whatever_calls_hold() {
    let mut wallet = with_pack(40);
    decide(&mut wallet, &Command::Cancel(Effective::Now), now()).unwrap();
    let unused = Command::TakeUnused { credit: lots(), id: "ref_1".into(), paid: PAID };
    let answer = decide(&mut wallet, &unused, now());
    assert_eq!(answer, Ok(Answer::Reversed { amount: MilliCents::from_cents(600), repeated: false }));
    assert_eq!(stands(&wallet), (0, 0, 0));
}

#[test]
fn refunded_credits_are_taken_as_far_as_no_call_holds_them() {
    let flat = Terms {
        rates: Rates { voice: MilliCents(60_000), ..Rates::default() },
        ..terms(0, 0, 0, HoldPolicy::Buffer(60))
    };
    let mut wallet = subscribed(flat);
    let money = Command::CreditMoney { key: "cs_1".into(), amount: PAID };
    decide(&mut wallet, &money, now()).unwrap();
    talk(&mut wallet, "used", 300);
    decide(&mut wallet, &place("open"), now()).unwrap();
    let taken = Reversal { credit: Credit::Money("cs_1".into()), ..reversal("re_1", 1_000) };
    decide(&mut wallet, &Command::TakeBack(taken), now()).unwrap();
    assert_eq!(stands(&wallet), (0, 0, 60), "the open call keeps its 60 cents");
    decide(&mut wallet, &answered("open", 30), now()).unwrap();
    assert_eq!(stands(&wallet), (0, 330, 0));
}

#[test]
fn what_nobody_bought_cannot_be_taken_back() {
    let mut wallet = with_pack(0);
    let stranger = Reversal { credit: Credit::Lots("cs_other".into()), ..reversal("re_1", 100) };
    assert_eq!(decide(&mut wallet, &Command::TakeBack(stranger.clone()), now()), Err(Refusal::UnknownCredit));
    assert_eq!(decide(&mut wallet, &Command::GiveBack(stranger), now()), Err(Refusal::UnknownCredit));
    let nothing = reversal("re_1", 0);
    assert!(matches!(decide(&mut wallet, &Command::TakeBack(nothing), now()), Err(Refusal::Invalid(_))));
}
