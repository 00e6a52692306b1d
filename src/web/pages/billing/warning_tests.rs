//! Which alert stands, and its exact words.

use super::*;
use crate::app::overview::SubscriptionState::{Canceled, Ending};
use crate::payments::request::{Asked, Due, RequestType};
use crate::pricing::Standing;
use crate::units::{MilliCents, WorkspaceId};
use crate::web::pages::fixtures::{calendar, harbor, in_state, northwind, pipeline};

const MAY: May = May { buy: true, add_credits: true };

fn words(overview: &Overview) -> Option<(Tone, String, String)> {
    choose(overview, None, MAY, None, None, &calendar()).map(|it| (it.tone, it.title, it.sentence))
}

#[test]
fn thresholds_stand_at_seventy_ninety_and_a_hundred() {
    let usage_of = |used| usage(harbor(used, 0).subscription.as_ref().unwrap());
    let seen = [0, 4_199, 4_200, 5_399, 5_400, 5_999, 6_000].map(usage_of);
    let expected = [Usage::Calm, Usage::Calm, Usage::Amber, Usage::Amber, Usage::Red, Usage::Red, Usage::Exhausted];
    assert_eq!(seen, expected);
}

#[test]
fn nothing_included_is_never_a_warning() {
    let mut overview = harbor(0, 10);
    overview.subscription.as_mut().unwrap().included = 0;
    assert_eq!(words(&overview), None);
}

#[test]
fn a_usage_warning_says_what_comes_next() {
    let (tone, title, sentence) = words(&harbor(83 * 60, 141)).unwrap();
    assert_eq!((tone, title.as_str()), (Tone::Amber, "Usage Warning"));
    assert_eq!(
        sentence,
        "83 of 100 plan minutes are used. When the last 17 are gone, calls continue on your 141 extra minutes."
    );
    let (tone, title, sentence) = words(&harbor(93 * 60, 0)).unwrap();
    assert_eq!((tone, title.as_str()), (Tone::Red, "Usage Warning"));
    assert_eq!(
        sentence,
        "93 of 100 plan minutes are used. When the last 7 are gone, calls pause until you buy more minutes."
    );
}

#[test]
fn used_and_left_add_up_to_what_is_included() {
    let overview = harbor(82 * 60 + 30, 0);
    assert_eq!(left_and_used(overview.subscription.as_ref().unwrap()), (17, 83));
}

#[test]
fn an_exhausted_allowance_names_the_extra_minutes() {
    let (tone, title, sentence) = words(&harbor(6_000, 141)).unwrap();
    assert_eq!((tone, title.as_str()), (Tone::Red, "Plan minutes exhausted"));
    assert_eq!(
        sentence,
        "All 100 plan minutes are used. Calls continue on your 141 extra minutes until the plan resets on Dec 6."
    );
    let mut with_credits = harbor(6_000, 0);
    with_credits.standing.posted = MilliCents(380_000);
    with_credits.standing.sigma = MilliCents(15_000);
    with_credits.standing.sigma_max = MilliCents(15_000);
    let sentence = words(&with_credits).unwrap().2;
    assert!(sentence.contains("on your $3.80 in credits until"), "{sentence}");
}

#[test]
fn paused_calls_come_before_the_allowance() {
    let warning = choose(&harbor(6_000, 0), None, MAY, None, None, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Paused, "Calls paused"));
    assert!(warning.sentence.starts_with("You have 0 minutes left but each call requires a 1-minute hold"));
    assert_eq!(warning.action, Some(("Buy more minutes".into(), "/billing?buy=minutes".into())));
}

#[test]
fn what_just_happened_comes_first() {
    let added = Notice::Added { meter: Meter::Minutes, pieces: 100 };
    let warning = choose(&harbor(83 * 60, 241), Some(added), MAY, None, None, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Success, "100 minutes added"));
    assert_eq!(warning.sentence, "You now have 241 extra minutes. They never expire.");
    let calls = Notice::Added { meter: Meter::Calls, pieces: 100 };
    assert_eq!(choose(&harbor(0, 0), Some(calls), MAY, None, None, &calendar()).unwrap().title, "100 calls added");
}

#[test]
fn who_cannot_buy_gets_no_button() {
    let warning = choose(&harbor(83 * 60, 0), None, May::default(), None, None, &calendar()).unwrap();
    assert_eq!(warning.action, None);
    let mut provider = harbor(83 * 60, 0);
    provider.subscription.as_mut().unwrap().purchase_mode = PurchaseMode::ViaProvider;
    assert!(words(&provider).unwrap().2.ends_with("calls pause until your provider adds minutes."));
}

#[test]
fn without_a_plan_the_agency_is_named() {
    let mut overview = harbor(0, 0);
    overview.subscription = None;
    overview.standing = Standing::default();
    let (_, title, sentence) = words(&overview).unwrap();
    assert_eq!(title, "Calls paused");
    assert_eq!(sentence, "There is no active plan. Ask Brightline Voice to start one.");
}

#[test]
fn paused_calls_that_run_on_money_need_credits() {
    let warning = choose(&northwind(MilliCents(188_000)), None, MAY, None, None, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Paused, "Calls paused"));
    assert_eq!(
        warning.sentence,
        "Your balance is $1.88 but each call requires a $3.00 hold (we release it back if no one answers). Add $1.12 \
         or more in credits to keep calling."
    );
    assert_eq!(warning.action, Some(("Add credits".into(), "/billing?buy=credits".into())));
    assert_eq!(choose(&northwind(MilliCents(300_000)), None, MAY, None, None, &calendar()), None);
}

#[test]
fn paused_calls_are_helped_by_packs_where_there_are_some_else_by_credits() {
    let mut overview = harbor(6_000, 0);
    (overview.standing.sigma, overview.standing.sigma_max) = (MilliCents(5_000), MilliCents(5_000));
    overview.standing.allowance = 30;
    let action = |may| choose(&overview, None, may, None, None, &calendar()).unwrap().action.map(|(words, _)| words);
    assert_eq!(action(MAY).as_deref(), Some("Buy more minutes"));
    assert_eq!(action(May { buy: false, ..MAY }).as_deref(), Some("Add credits"));
    assert_eq!(action(May::default()), None);
}

#[test]
fn a_missing_payment_comes_before_everything_that_it_causes() {
    let (tone, title, sentence) = words(&Overview { payment: PaymentState::PastDue, ..harbor(6_000, 0) }).unwrap();
    assert_eq!((tone, title.as_str()), (Tone::Red, "Payment overdue"));
    assert!(sentence.starts_with("A payment to Brightline Voice is overdue. Calls go on for now"), "{sentence}");
    let (tone, title, _) = words(&Overview { payment: PaymentState::Unpaid, ..harbor(0, 0) }).unwrap();
    assert_eq!((tone, title.as_str()), (Tone::Paused, "Calls blocked"));
}

#[test]
fn a_missing_payment_is_named_with_what_comes_of_it() {
    let asked =
        Asked { title: "Starter".into(), price: MilliCents(2_900_000), excess: MilliCents(0), carried: MilliCents(0) };
    let mut request = PaymentRequest {
        workspace: WorkspaceId(1),
        id: "req_1".into(),
        type_: RequestType::Cycle,
        amount: asked.amount(),
        asked,
        period: None,
        due: Due { at: "2026-11-07T15:00:00Z".parse().unwrap(), blocks_at: "2026-11-27T15:00:00Z".parse().unwrap() },
        status: RequestStatus::Overdue,
        external_reference: None,
        paid_session: None,
        created_at: "2026-11-06T15:00:00Z".parse().unwrap(),
        closed_at: None,
    };
    let said = |payment, request: &PaymentRequest| {
        let overview = Overview { payment, ..harbor(6_000, 0) };
        let warning = choose(&overview, None, MAY, Some(request), None, &calendar()).unwrap();
        assert!(warning.pay && warning.action.is_none());
        (warning.tone, warning.title, warning.sentence)
    };
    let (tone, title, sentence) = said(PaymentState::PastDue, &request);
    assert_eq!((tone, title.as_str()), (Tone::Red, "Payment overdue"));
    assert_eq!(sentence, "$29.00 for Starter plan was due Nov 7. Calls go on until Nov 27.");
    let (tone, title, sentence) = said(PaymentState::Unpaid, &request);
    assert_eq!((tone, title.as_str()), (Tone::Paused, "Calls blocked"));
    assert_eq!(
        sentence,
        "$29.00 for Starter plan was due Nov 7. Calls start again as soon as everything overdue is paid."
    );
    request.status = RequestStatus::Failed;
    let (tone, title, sentence) = said(PaymentState::Current, &request);
    assert_eq!((tone, title.as_str()), (Tone::Red, "Payment failed"), "before calls paused, and before it is due");
    assert_eq!(sentence, "$29.00 for Starter plan could not be charged. Calls go on until Nov 27.");
    let told = choose(&harbor(0, 0), Some(Notice::Processing), MAY, Some(&request), None, &calendar()).unwrap();
    assert!(!told.pay, "what just happened comes first");
}

#[test]
fn a_plan_that_ends_or_has_ended_says_so() {
    let (_, title, sentence) = words(&in_state(harbor(0, 10), Ending)).unwrap();
    assert_eq!(title, "Calls paused");
    assert_eq!(sentence, "Your plan is ending. Calls in progress go on, new ones do not start.");
    let mut over = in_state(harbor(6_000, 0), Canceled);
    over.subscription.as_mut().unwrap().ends_at = Some("2026-11-06T05:00:00Z".parse().unwrap());
    let (_, title, sentence) = words(&over).unwrap();
    assert_eq!(title, "Calls paused");
    assert_eq!(sentence, "Your plan ended on Nov 6. Ask Brightline Voice to start a new one.");
    assert_eq!(words(&in_state(northwind(MilliCents(300_000)), Canceled)), None, "credits go on working");
}

#[test]
fn calls_are_counted_in_calls() {
    let (_, title, sentence) = words(&pipeline(200, 40)).unwrap();
    assert_eq!(title, "Plan calls exhausted");
    assert_eq!(
        sentence,
        "All 200 plan calls are used. Calls continue on your 40 extra calls until the plan resets on Dec 6."
    );
    let (_, title, sentence) = words(&pipeline(199, 0)).unwrap();
    assert_eq!(title, "Usage Warning");
    assert_eq!(
        sentence,
        "199 of 200 plan calls are used. When the last one is gone, calls pause until you buy more calls."
    );
    let warning = choose(&pipeline(200, 0), None, MAY, None, None, &calendar()).unwrap();
    assert!(warning.sentence.starts_with("You have 0 calls left but each call requires 1 call"), "{warning:?}");
    assert_eq!(warning.action, Some(("Buy more calls".into(), "/billing?buy=minutes".into())));
}

#[test]
fn billable_usage_takes_over_where_the_plan_allows_it() {
    let mut overview = harbor(6_000, 0);
    overview.standing.postpaid = true;
    assert_eq!(
        words(&overview).unwrap().2,
        "All 100 plan minutes are used. Calls continue as billable usage until the plan resets on Dec 6."
    );
    overview.standing.limit_reached = true;
    assert_eq!(words(&overview).unwrap().1, "Calls paused");
}

#[test]
fn added_credits_say_what_there_is_now() {
    let paid = |on_debt| Notice::CreditsAdded { amount: MilliCents(2_500_000), on_debt: MilliCents(on_debt) };
    let added = paid(0);
    let warning = choose(&northwind(MilliCents(2_688_000)), Some(added), MAY, None, None, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Success, "$25.00 added"));
    assert_eq!(warning.sentence, "You now have $26.88 in credits. They never expire.");
    let told = |on_debt, debt| {
        let overview = Overview { debt: MilliCents(debt), ..northwind(MilliCents(2_688_000)) };
        let warning = choose(&overview, Some(paid(on_debt)), MAY, None, None, &calendar()).unwrap();
        format!("{}: {}", warning.title, warning.sentence)
    };
    assert_eq!(told(2_500_000, 0), "$25.00 paid toward your outstanding balance: You now have $26.88 in credits.");
    assert_eq!(told(2_500_000, 1), "$25.00 paid toward your outstanding balance: $0.01 is still outstanding.");
    assert_eq!(
        told(1_000_000, 0),
        "$15.00 added: $10.00 more paid toward your outstanding balance. You now have $26.88 in credits. They never \
         expire."
    );
}

#[test]
fn a_new_workspace_is_told_what_it_begins_with() {
    let told = |overview: &Overview| {
        let warning = choose(overview, Some(Notice::Welcome), MAY, None, None, &calendar()).unwrap();
        assert_eq!((warning.tone, warning.title.as_str()), (Tone::Success, "Your account is ready"));
        (warning.sentence, warning.action.map(|(words, _)| words))
    };
    let northwind_with = |credits| told(&northwind(MilliCents(credits)));
    assert_eq!(northwind_with(500_000), ("You are on Flat and begin with $5.00 in credits.".into(), None));
    let empty = "You are on Flat. Calls go out once there are credits.".to_owned();
    assert_eq!(northwind_with(0), (empty, Some("Add credits".into())));
    assert_eq!(told(&harbor(0, 0)).0, "You are on Starter and begin with 100 minutes.");
    let unplanned = Overview { subscription: None, ..harbor(0, 0) };
    assert_eq!(told(&unplanned).0, "Brightline Voice starts your plan.");
}
