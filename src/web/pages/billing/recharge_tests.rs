use super::*;
use crate::payments::Attempt;
use crate::payments::recharge::Amounts;
use crate::payments::topup::Cause;
use crate::units::WorkspaceId;
use crate::web::pages::fixtures::{calendar, visa};

fn dollars(dollars: i64) -> MilliCents {
    MilliCents(dollars * MilliCents::PER_DOLLAR)
}

fn charge(at: &str, status: TopupStatus) -> Topup {
    Topup {
        workspace: WorkspaceId(1),
        id: "pur_1".into(),
        cause: Cause::AutoRecharge,
        amount: dollars(50),
        payment_method: "pm_visa".into(),
        customer: "cus_1".into(),
        status,
        attempt: Attempt { key: "key".into(), body: String::new() },
        asked_at: at.parse().unwrap(),
        withdrawn_at: None,
        created_at: at.parse().unwrap(),
        settled_at: None,
    }
}

/// On, with a card, $100 charged in November.
fn on() -> RechargeView {
    RechargeView {
        recharge: Some(Recharge {
            workspace: WorkspaceId(1),
            enabled: true,
            amounts: Amounts { threshold: dollars(20), topup: dollars(50), monthly_cap: dollars(200) },
            declines: 0,
            retry_at: None,
            paused: None,
            capped_month: None,
        }),
        card: Some(visa()),
        has_rates: true,
        is_low: false,
        month: "2026-11-01".parse().unwrap(),
        charged: dollars(100),
        latest: vec![charge("2026-11-19T15:12:00Z", TopupStatus::Succeeded)],
        used_in_week: dollars(32),
        read_at: "2026-11-20T15:42:18Z".parse().unwrap(),
    }
}

fn with(view: RechargeView, change: impl FnOnce(&mut Recharge)) -> RechargeView {
    let mut recharge = view.recharge.clone().unwrap();
    change(&mut recharge);
    RechargeView { recharge: Some(recharge), ..view }
}

fn forms() -> Option<CardForms> {
    Some(CardForms { csrf: "form_csrf".into(), purchase_key: "form_key".into() })
}

fn section(view: &RechargeView) -> String {
    recharge_section(view, AskedRecharge::default(), forms(), &calendar())
}

fn assert_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is missing in {html}");
    }
}

#[test]
fn on_shows_what_is_set_and_what_was_charged() {
    let html = section(&on());
    assert_all(
        &html,
        &[
            ">On<",
            ">Turn off<",
            "value=\"20.00\"",
            "value=\"50.00\"",
            "value=\"200.00\"",
            "About 10% of your weekly use is typical: $3.20 of $32.00.",
            "Charged in November",
            "<strong>$100.00</strong> of $200.00 cap",
            "width=\"50.0%\"",
            "$50.00 on Nov 19, 10:12, succeeded",
            "Visa ending 4242",
            "Save changes",
            "Turning it off stops every charge from that moment.",
        ],
    );
    let read_only = recharge_section(&on(), AskedRecharge::default(), None, &calendar());
    assert!(!read_only.contains("<form") && read_only.contains("Adds $50.00 when the balance is below $20.00."));
    assert_eq!(section(&RechargeView { has_rates: false, ..on() }), "");
}

#[test]
fn off_leads_to_the_form_and_before_that_to_a_card() {
    let off = RechargeView { recharge: None, latest: Vec::new(), ..on() };
    assert_all(&section(&off), &[">Off<", "Never more than your monthly cap", "Set up auto-recharge"]);
    let no_card = section(&RechargeView { card: None, ..off.clone() });
    assert_all(&no_card, &["It charges a saved card, and there is none yet.", ">Add card<"]);
    let asked = AskedRecharge { setting_up: true, typed: None };
    let form = recharge_section(&off, asked, forms(), &calendar());
    assert_all(&form, &["When the balance is below", "value=\"5.00\"", "value=\"25.00\"", "Turn on auto-recharge"]);
    let typed = Typed { threshold: "20".into(), topup: "10".into(), cap: "x".into() };
    let asked = AskedRecharge { setting_up: true, typed: Some(typed) };
    let wrong = recharge_section(&off, asked, forms(), &calendar());
    assert_all(&wrong, &["value=\"10\"", "value=\"x\"", "Enter an amount in dollars", "aria-invalid=\"true\""]);
}

#[test]
fn paused_lists_every_try() {
    let declined = || TopupStatus::Failed(Why::Declined(Some("insufficient_funds".into())));
    let tries = ["2026-11-19T20:40:00Z", "2026-11-18T20:40:00Z", "2026-11-18T14:40:00Z", "2026-11-18T13:40:00Z"];
    let latest = tries.map(|at| charge(at, declined())).into();
    let paused = with(RechargeView { latest, ..on() }, |recharge| {
        recharge.declines = 4;
        recharge.paused = Some((Pause::Declined, tries[0].parse().unwrap()));
    });
    assert_eq!(RechargeTrouble::of(&paused), Some(RechargeTrouble::Declined));
    let html = section(&paused);
    assert_all(
        &html,
        &[
            ">Paused<",
            "Your bank declined Visa ending 4242 four times, last on Nov 19, 15:40.",
            "There are no more tries until you replace the card or switch it on again.",
            "Nov 18, 8:40",
            "Declined, insufficient funds",
            "next try in 1 h",
            "next try in 24 h",
            ">paused<",
            ">Replace card<",
            ">Switch on again<",
        ],
    );
}

#[test]
fn what_the_bank_asks_leads_to_checkout() {
    let latest = vec![charge("2026-11-19T20:40:00Z", TopupStatus::Failed(Why::AuthenticationRequired))];
    let waiting = with(RechargeView { latest, ..on() }, |recharge| {
        recharge.paused = Some((Pause::AuthenticationRequired, "2026-11-19T20:40:00Z".parse().unwrap()));
    });
    let html = section(&waiting);
    assert_all(
        &html,
        &[
            "Waiting for you",
            "Confirm a charge of $50.00",
            "Your bank wants you to confirm this charge on Visa ending 4242. Nothing has been charged yet.",
            "action=\"/billing/credits\"",
            "name=\"amount\" value=\"50.00\"",
            "Confirm with bank",
        ],
    );
}

#[test]
fn what_does_not_match_waits_for_the_switch_alone() {
    let latest = vec![charge("2026-11-19T20:40:00Z", TopupStatus::Failed(Why::Unmatched))];
    let paused = with(RechargeView { latest, ..on() }, |recharge| {
        recharge.paused = Some((Pause::Unmatched, "2026-11-19T20:40:00Z".parse().unwrap()));
    });
    let html = section(&paused);
    assert_all(
        &html,
        &[
            ">Paused<",
            "What was taken for a charge of $50.00 does not match it.",
            "There are no more charges until you switch it on again.",
            ">Switch on again<",
        ],
    );
    assert!(!html.contains("Replace card"), "no card is to blame: {html}");
    let read_only = recharge_section(&paused, AskedRecharge::default(), None, &calendar());
    assert!(!read_only.contains("<form") && read_only.contains("does not match it."));
}

#[test]
fn a_reached_cap_and_a_missing_card_are_said() {
    let capped = RechargeView { is_low: true, charged: dollars(200), ..on() };
    assert_all(
        &section(&capped),
        &["Cap reached", "There are no more charges until Dec 1, unless you raise the cap.", "width=\"100.0%\""],
    );
    assert_eq!(RechargeTrouble::of(&RechargeView { is_low: false, ..capped }), None, "nothing is missing yet");
    let no_card = RechargeView { card: None, ..on() };
    assert_all(&section(&no_card), &[">Paused<", "There is no card to charge", ">Add card<"]);
    let off = with(no_card, |recharge| recharge.enabled = false);
    assert_eq!(RechargeTrouble::of(&off), None);
}
