use super::*;
use crate::units::MilliCents;
use crate::web::document::render;
use crate::web::pages::fixtures::{charged_call, frame, northwind, open_call};

fn page(transactions: Vec<Transaction>) -> Page {
    Page { transactions, older: None, newer: None }
}

fn shown(asked: Asked, wrong: Wrong, listed: Option<Listed>) -> String {
    let view = TransactionsView { asked, wrong, listed: listed.map(Ok) };
    render(|| transactions_page(frame(), view)).html
}

fn listed(pending: Vec<Call>, page: Page) -> String {
    shown(Asked::default(), Wrong::default(), Some(Listed { pending, unpaid: Vec::new(), page }))
}

#[track_caller]
fn assert_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is missing in {html}");
    }
}

fn on(day: &str) -> Transaction {
    Transaction { occurred_at: format!("{day}T15:34:00Z").parse().unwrap(), ..charged_call(0, -61) }
}

#[test]
fn days_are_groups_with_their_sums() {
    let html = listed(Vec::new(), page(vec![on("2026-11-20"), on("2026-11-20"), on("2026-11-19"), on("2026-11-17")]));
    assert_all(
        &html,
        &[
            "<title>Transactions – Minutebank</title>",
            "Times in America/New_York (EST)",
            "Today, Nov 20",
            ">−2 min 02 s<",
            "Yesterday, Nov 19",
            "Tuesday, Nov 17",
            "href=\"/billing/calls/call_8Kq2vTz4\"",
            "158 min 00 s",
            "href=\"/billing/transactions.csv\"",
            "aria-current=\"page\"",
        ],
    );
    assert_eq!(html.matches("class=\"group\"").count(), 3);
    assert!(!html.contains("Pending") && !html.contains("on this page"), "{html}");
}

#[test]
fn open_holds_stand_apart() {
    let html = listed(vec![open_call()], page(vec![on("2026-11-20")]));
    let words = ["Pending", "0 min held", "Call from (312) 555-0176", "In progress, 6 min 12 s so far", ">8 min<"];
    assert_all(&html, &words.map(|word| if word == "0 min held" { "Held" } else { word }));
    assert!(html.find("Pending") < html.find("Today, Nov 20"));
    let yesterday = Call { created_at: "2026-11-19T15:36:00Z".parse().unwrap(), ..open_call() };
    assert_all(&listed(vec![yesterday], page(Vec::new())), &["Nov 19, 10:36"]);
}

#[test]
fn a_day_that_goes_on_says_that_its_sum_does_not() {
    let days = vec![on("2026-11-20"), on("2026-11-19"), on("2026-11-18")];
    let cut = Page { transactions: days, older: Some(7), newer: Some(9) };
    let html = shown(
        Asked { kind: "call".into(), ..Asked::default() },
        Wrong::default(),
        Some(Listed { pending: Vec::new(), unpaid: Vec::new(), page: cut }),
    );
    assert_eq!(html.matches("on this page").count(), 2, "the first and the last day: {html}");
    assert_all(
        &html,
        &[
            "href=\"/billing/transactions?type=call&amp;before=7\"",
            "href=\"/billing/transactions?type=call&amp;after=9\"",
            "href=\"/billing/transactions.csv?type=call\"",
            "value=\"call\" selected",
            "Clear",
        ],
    );
    assert!(!html.contains("aria-disabled"));
    assert_eq!(listed(Vec::new(), page(vec![on("2026-11-20")])).matches("aria-disabled=\"true\"").count(), 2);
}

#[test]
fn the_filter_keeps_what_was_typed_and_says_what_is_wrong() {
    let asked = Asked { kind: "x".into(), from: "Nov 1".into(), to: "2026-11-01".into(), reference: "<a b>".into() };
    let wrong = asked.filter(&jiff::tz::TimeZone::UTC).unwrap_err();
    let html = shown(asked, wrong, None);
    assert_all(
        &html,
        &[
            "<option value=\"x\" selected>x</option>",
            "type=\"text\" value=\"Nov 1\" aria-invalid=\"true\" aria-describedby=\"from-wrong\"",
            "type=\"date\" value=\"2026-11-01\"",
            "value=\"&lt;a b&gt;\"",
            "id=\"from-wrong\" class=\"wrong\">Enter a date such as 2026-11-20.",
            "id=\"type-wrong\" class=\"wrong\">Choose a type from the list.",
            "This filter cannot be applied",
            "class=\"filter open\"",
        ],
    );
}

#[test]
fn an_empty_list_leads_on() {
    assert_all(&listed(Vec::new(), page(Vec::new())), &["No transactions yet", "href=\"/billing?buy=minutes\""]);
    let nobody = Asked { reference: "call_x".into(), ..Asked::default() };
    let html = shown(
        nobody,
        Wrong::default(),
        Some(Listed { pending: Vec::new(), unpaid: Vec::new(), page: page(Vec::new()) }),
    );
    assert_all(&html, &["No transactions match", "Clear filter"]);
    let view = TransactionsView {
        asked: Asked::default(),
        wrong: Wrong::default(),
        listed: Some(Ok(Listed { pending: Vec::new(), unpaid: Vec::new(), page: page(Vec::new()) })),
    };
    let money = Frame { overview: Ok(northwind(MilliCents(0))), ..frame() };
    assert_all(&render(|| transactions_page(money, view)).html, &["href=\"/billing?buy=credits\""]);
}

#[test]
fn what_cannot_be_read_says_so() {
    let view = TransactionsView { asked: Asked::default(), wrong: Wrong::default(), listed: Some(Err(SectionError)) };
    assert_all(&render(|| transactions_page(frame(), view)).html, &["The transactions could not be loaded."]);
}

#[test]
fn the_list_needs_no_looser_content_policy() {
    let html = listed(vec![open_call()], page(vec![on("2026-11-20")]));
    for banned in [" style=", " onclick=", "<script>", "<script nonce"] {
        assert!(!html.contains(banned), "{banned} in {html}");
    }
}
