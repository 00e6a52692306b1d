//! Which alert stands, and its exact words.

use jiff::tz::TimeZone;

use super::*;
use crate::pricing::Standing;
use crate::units::MilliCents;

fn calendar() -> Calendar {
    Calendar::new(&TimeZone::get("America/New_York").unwrap(), "2026-11-20T15:42:18Z".parse().unwrap())
}

/// Harbor Dental with `used_secs` of 100 minutes used and `lots` minutes in packages.
fn harbor(used_secs: i64, lots: i64) -> Overview {
    let standing = Standing { allowance: 6_000 - used_secs, lots: lots * 60, hold: 60, ..Standing::default() };
    Overview {
        workspace: "ws_harbor".into(),
        workspace_name: "Harbor Dental".into(),
        agency_name: "Brightline Voice".into(),
        time_zone: TimeZone::get("America/New_York").unwrap(),
        read_at: "2026-11-20T15:42:18Z".parse().unwrap(),
        standing,
        subscription: Some(Subscription {
            plan_name: "Starter".into(),
            meter: Meter::Minutes,
            included: 6_000,
            used: used_secs,
            next_included: 6_000,
            resets_at: "2026-12-06T05:00:00Z".parse().unwrap(),
            addons: true,
            purchase_mode: PurchaseMode::SelfService,
        }),
        calls_in_progress: 0,
        active_packages: i64::from(lots > 0),
    }
}

fn words(overview: &Overview) -> Option<(Tone, String, String)> {
    choose(overview, None, true, &calendar()).map(|it| (it.tone, it.title, it.sentence))
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
    let warning = choose(&harbor(6_000, 0), None, true, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Paused, "Calls paused"));
    assert!(warning.sentence.starts_with("You have 0 minutes left but each call requires a 1-minute hold"));
    assert_eq!(warning.action, Some(("Buy more minutes".into(), "/billing?buy=minutes".into())));
}

#[test]
fn what_just_happened_comes_first() {
    let added = Notice::Added { meter: Meter::Minutes, pieces: 100 };
    let warning = choose(&harbor(83 * 60, 241), Some(added), true, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Success, "100 minutes added"));
    assert_eq!(warning.sentence, "You now have 241 extra minutes. They never expire.");
    let calls = Notice::Added { meter: Meter::Calls, pieces: 100 };
    assert_eq!(choose(&harbor(0, 0), Some(calls), true, &calendar()).unwrap().title, "100 calls added");
}

#[test]
fn added_credits_are_named_with_what_is_there_now() {
    let mut overview = harbor(0, 0);
    overview.standing.posted = MilliCents(5_750_000);
    let added = Notice::CreditsAdded { amount: MilliCents(2_500_000) };
    let warning = choose(&overview, Some(added), true, &calendar()).unwrap();
    assert_eq!((warning.tone, warning.title.as_str()), (Tone::Success, "$25.00 added"));
    assert_eq!(warning.sentence, "You now have $57.50 in credits. They never expire.");
}

#[test]
fn who_cannot_buy_gets_no_button() {
    let warning = choose(&harbor(83 * 60, 0), None, false, &calendar()).unwrap();
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
