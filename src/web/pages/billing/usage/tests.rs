//! The whole section, as text.

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::*;
use crate::units::MilliCents;
use crate::web::pages::fixtures;

fn day(of: Date, calls: i64, allowance_secs: i64, credits_secs: i64) -> UsageDay {
    UsageDay {
        date: of,
        calls,
        allowance_secs,
        credits_secs,
        charged: MilliCents(credits_secs * 250),
        ..Default::default()
    }
}

fn view(days: Vec<UsageDay>) -> UsageView {
    let (from, to) = (days[0].date, days[days.len() - 1].date);
    let zone = TimeZone::get("America/New_York").unwrap();
    UsageView {
        range: AskedRange { kind: RangeKind::LastDays, from, to, typed: None, wrong: None },
        month: days.clone(),
        used: DailyUsage { zone, today: date(2026, 11, 20), days },
        markers: vec![Marker { date: date(2026, 11, 19), label: "Plan reset".into() }],
    }
}

fn two_days() -> UsageView {
    view(vec![day(date(2026, 11, 19), 2, 276, 84), day(date(2026, 11, 20), 1, 60, 0)])
}

fn assert_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is missing in {html}");
    }
}

#[test]
fn chart_table_and_totals_show_the_same_figures() {
    let html = usage_section(two_days(), Some(&fixtures::harbor(0, 141))).unwrap();
    assert_all(
        &html,
        &[
            "Connected minutes per day, America/New_York",
            "<dt>Total, 3 calls</dt><dd>7 min</dd>",
            "data-series=\"credits\"",
            "Plan reset",
            "Today",
            "November so far <strong>7 min</strong>, 3 calls.",
            "Add-on balance <strong>141 min</strong>",
            "<th scope=\"row\">Thu, Nov 19</th><td>4 min 36 s</td><td>1 min 24 s</td>",
            "<td>2</td><td>$0.21</td>",
            "href=\"/billing/usage.csv?range=30days\"",
        ],
    );
    for absent in ["Billable usage", "style=", "No calls", "<form"] {
        assert!(!html.contains(absent), "{absent}: {html}");
    }
}

#[test]
fn nothing_used_is_said_and_the_hairlines_stay() {
    let html = usage_section(view(vec![day(date(2026, 11, 20), 0, 0, 0)]), None).unwrap();
    assert_all(&html, &["No calls in this range", "class=\"scale\"", "<dt>Total, 0 calls</dt><dd>0 min</dd>"]);
    assert!(!html.contains("Add-on balance"), "{html}");
}

#[test]
fn a_plan_of_calls_names_its_calls_first() {
    let html = usage_section(two_days(), Some(&fixtures::pipeline(137, 63))).unwrap();
    assert_all(
        &html,
        &["November so far <strong>3 calls</strong>, 7 min.", "Add-on balance <strong>63 calls</strong>"],
    );
}

#[test]
fn a_wrong_day_is_said_beside_its_field_and_stays() {
    let mut view = two_days();
    let typed = Some(("2026-11-02".to_owned(), "<then>".to_owned()));
    view.range = AskedRange { kind: RangeKind::Custom, typed, wrong: Some(WrongRange::To), ..view.range };
    let html = usage_section(view, None).unwrap();
    assert_all(
        &html,
        &[
            "value=\"2026-11-02\"",
            "value=\"&lt;then&gt;\" aria-invalid=\"true\" aria-describedby=\"to-wrong\"",
            "<p id=\"to-wrong\" role=\"alert\" class=\"wrong\">Enter the last day as a date.</p>",
        ],
    );
}

#[test]
fn rounded_shares_add_up_to_the_rounded_sum() {
    let shares = [(Source::Plan, 5_258), (Source::Packs, 3_755), (Source::Credits, 491)];
    let rounded: Vec<i64> = whole_minutes(&shares).into_iter().map(|(_, minutes)| minutes).collect();
    assert_eq!(rounded, [87, 63, 8]);
    assert_eq!(rounded.iter().sum::<i64>(), (5_258 + 3_755 + 491) / 60);
}
