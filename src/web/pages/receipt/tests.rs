use super::*;
use crate::app::receipt::{PaidPackage, PaidSegment};
use crate::pricing::{Charge, ExcessMode, HoldPolicy, PurchaseMode, Rates, Terms};
use crate::web::document::render;
use crate::web::pages::fixtures::{ended_call, frame, open_call};

fn terms() -> Terms {
    Terms {
        name: "Starter".into(),
        price: MilliCents(2_900_000),
        meter: Meter::Minutes,
        included: 6_000,
        rates: Rates { voice: MilliCents(10_000), telephony: MilliCents(5_000), ..Rates::default() },
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 7,
    }
}

fn segment(from_second: i64, to_second: i64, source: Source, cost: i64) -> PaidSegment {
    let part = |mc| MilliCents(mc);
    PaidSegment {
        from_second,
        to_second,
        source,
        package: (source == Source::Lot).then(|| PaidPackage { id: "lot_1".into(), name: "Small 50".into() }),
        cost: part(cost),
        components: Some(Charge { voice: part(cost - cost / 3), telephony: part(cost / 3), recording: part(0) }),
        why: format!("Because of {}.", source.as_str()),
    }
}

fn receipt(call: Call, segments: Vec<PaidSegment>) -> CallReceipt {
    CallReceipt { call, terms: terms(), segments }
}

/// The call of the design's picture: plan, package and credits paid for 7 min 06 s of a hold of eight minutes.
fn of_three_sources() -> CallReceipt {
    let mut call = ended_call(426);
    call.end.as_mut().unwrap().credits = MilliCents(21_000);
    let segments = vec![
        segment(0, 150, Source::Allowance, 0),
        segment(150, 342, Source::Lot, 0),
        segment(342, 426, Source::Credits, 21_000),
    ];
    receipt(call, segments)
}

fn page(receipt: CallReceipt) -> String {
    render(|| receipt_page(frame(), ReceiptView { receipt: Ok(receipt) })).html
}

#[track_caller]
fn assert_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is missing in {html}");
    }
}

#[test]
fn three_sources_tile_the_call_and_add_up() {
    let html = page(of_three_sources());
    assert_all(
        &html,
        &[
            "<title>Minute receipt – Minutebank</title>",
            "<a href=\"/billing/transactions\">Transactions</a>",
            "Call from (312) 555-0176, answered by Front desk on Friday, Nov 20, 10:36 EST",
            "Settled 10:43:20",
            "Hold of 8 min",
            "54 s released",
            "M0 0H887L1000 1H0z",
            "x=\"35.2%\"",
            "0:00 to 2:30",
            "2:30 to 5:42",
            "5:42 to 7:06",
            "Small 50",
            "Because of lot.",
            "Included",
            "Prepaid",
            "How the $0.21 adds up",
            "84 s",
            "$0.10 per min",
            "$0.14",
            "$0.07",
            "call_8Kq2vTz4",
            "1,203",
            "10:36:14",
        ],
    );
    assert!(!html.contains("exactly") && !html.contains("Recording"), "{html}");
    for banned in [" style=", " onclick=", "<script>", "<script nonce"] {
        assert!(!html.contains(banned), "{banned} in {html}");
    }
}

#[test]
fn fractions_of_a_cent_are_told_apart_from_the_figure() {
    let mut receipt = of_three_sources();
    receipt.call.end.as_mut().unwrap().credits = MilliCents(20_493);
    receipt.segments[2] = segment(342, 426, Source::Credits, 20_493);
    assert_all(&page(receipt), &["<dd>$0.21</dd>", "exactly $0.20493", "How the $0.20493 adds up"]);
}

#[test]
fn an_open_call_says_what_it_holds() {
    let html = page(receipt(open_call(), Vec::new()));
    let words =
        ["In progress", "in progress since Friday, Nov 20, 10:36 EST", "Hold of 8 min", "is decided when it ends"];
    assert_all(&html, &words);
    assert!(!html.contains("released</span>") && !html.contains("<table") && !html.contains("foreignObject"), "{html}");
}

#[test]
fn a_call_without_an_answer_releases_everything() {
    let html = page(receipt(ended_call(0), Vec::new()));
    let line = "Call from (312) 555-0176, no answer on";
    assert_all(
        &html,
        &[line, "Released 10:43:20", "8 min released", "No answer. Nothing is charged", "class=\"released\""],
    );
    assert!(!html.contains("<table"));
}

#[test]
fn an_answered_call_without_connected_time_is_settled_for_nothing() {
    let mut call = ended_call(0);
    call.status = CallStatus::Settled;
    call.end.as_mut().unwrap().outcome = CallOutcome::Answered;
    assert_all(
        &page(receipt(call, Vec::new())),
        &["Settled", "without connected time", "8 min released", "<dd>$0.00</dd>"],
    );
}

#[test]
fn what_nothing_covered_is_outlined_and_not_charged() {
    let mut call = ended_call(600);
    call.end.as_mut().unwrap().overrun = Seconds(60);
    let segments = vec![segment(0, 540, Source::Allowance, 0), segment(540, 600, Source::Overrun, 0)];
    let html = page(receipt(call, segments));
    assert_all(&html, &["class=\"overrun\"", "1 min 00 s not charged", "Not covered", "Not charged", "9:00 to 10:00"]);
    assert!(!html.contains("adds up"));
    let longer = receipt(ended_call(600), vec![segment(0, 600, Source::Allowance, 0)]);
    assert_all(&page(longer), &["2 min 00 s longer than the hold", "H1000L1000"]);
}

#[test]
fn a_call_that_nobody_ended_says_so() {
    let mut call = ended_call(300);
    let end = call.end.as_mut().unwrap();
    (end.lapsed, end.late) = (true, Seconds(45));
    let segments = vec![segment(0, 300, Source::Allowance, 0), segment(300, 345, Source::Overrun, 0)];
    let words = ["ended at its last sign of life. 45 s that were reported later are not charged.", "Not reported"];
    assert_all(&page(receipt(call, segments)), &words);
}

#[test]
fn a_postpaid_call_holds_nothing_and_is_billed_afterwards() {
    let mut call = ended_call(120);
    call.held_units = 0;
    call.end.as_mut().unwrap().excess = MilliCents(30_000);
    let html = page(receipt(call, vec![segment(0, 120, Source::Excess, 30_000)]));
    assert_all(&html, &["$0.30 billed afterwards", "url(#used-ends)", "Billable usage", "How the $0.30 adds up"]);
    assert!(!html.contains("Hold of") && !html.contains("url(#hold-ends)"), "{html}");
}

#[test]
fn on_the_calls_meter_the_call_is_what_is_charged() {
    let call = |billed| Call { meter: Meter::Calls, held_units: 1, ..ended_call(billed) };
    let whole = PaidSegment { components: None, ..segment(0, 280, Source::Allowance, 0) };
    let html = page(receipt(call(280), vec![whole.clone()]));
    assert_all(&html, &["Charged to your calls", "<dd>1 call</dd>", "0:00 to 4:40"]);
    assert!(!html.contains("Hold of"));
    let instant = PaidSegment { to_second: 0, ..whole };
    let html = page(receipt(call(0), vec![instant]));
    assert_all(&html, &["<dd>1 call</dd>", "0:00 to 0:00"]);
    assert!(!html.contains("foreignObject"), "nothing to draw: {html}");
    assert_all(&page(receipt(call(0), Vec::new())), &["Hold of 1 call", "Released</span>"]);
}

#[test]
fn names_are_text_however_long() {
    let mut receipt = of_three_sources();
    receipt.call.placement.agent = Some("<b>".repeat(100));
    let html = page(receipt);
    assert!(!html.contains("<b>"));
    assert_all(&html, &["&lt;b&gt;&lt;b&gt;"]);
}

#[test]
fn what_cannot_be_read_says_so() {
    let html = render(|| receipt_page(frame(), ReceiptView { receipt: Err(SectionError) })).html;
    assert_all(&html, &["The receipt could not be loaded."]);
}
