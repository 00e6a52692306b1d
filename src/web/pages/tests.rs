//! Whole pages, as text: the exact words, what a form sends, and what a strict content policy needs.

use super::*;
use crate::app::overview::{
    Frozen, Offers, Overview, Package, PackageSource, PackageState, Subscription, SubscriptionState,
};
use crate::pricing::{AmountError, PackOffer, PurchaseMode, Upgrade};
use crate::units::{Meter, MilliCents};
use crate::web::components::SectionError;
use crate::web::document::{Document, content_policy, render};
use crate::web::pages::fixtures::frame as harbor;
use crate::web::shell::Frame;

fn pack(id: &str, name: &str, minutes: i64, dollars: i64) -> PackOffer {
    PackOffer {
        id: id.into(),
        name: name.into(),
        description: String::new(),
        meter: Meter::Minutes,
        units: minutes * 60,
        price: MilliCents(dollars * MilliCents::PER_DOLLAR),
        popular: name == "Medium",
    }
}

/// What Billing is made of here; the page itself gets its sections read.
struct View {
    offers: Result<Offers, SectionError>,
    notice: Option<Notice>,
    buying: Option<Buying>,
    crediting: Option<Crediting>,
    advice: Option<Upgrade>,
}

fn plain() -> View {
    let packs =
        vec![pack("pack_s", "Small", 50, 6), pack("pack_m", "Medium", 100, 10), pack("pack_l", "Large", 250, 20)];
    View { offers: Ok(Offers { packs }), notice: None, buying: None, crediting: None, advice: None }
}

fn document(frame: Frame, view: View) -> Document {
    let View { offers, notice, buying, crediting, advice } = view;
    let asked = Asked { buying, crediting, unpaid: None };
    let wallet = frame.overview.as_ref().map_err(|error| *error).map(|overview| {
        let may = May::of(frame.may_buy, overview, &offers);
        wallet_section(overview, notice.or_else(|| asked.unsaid(may)), may, None, None)
    });
    let addon_packs = addon_packs_section(frame.overview.clone().ok(), offers.clone(), frame.may_buy);
    render(|| {
        billing_page(
            frame,
            BillingView {
                wallet,
                usage: Ok(String::new()),
                addon_packs,
                recharge: Ok(String::new()),
                transactions: Ok(String::new()),
                payments: Ok(String::new()),
                card: Ok(String::new()),
                offers,
                asked,
                advice,
            },
        )
    })
}

fn billing(frame: Frame, view: View) -> String {
    document(frame, view).html
}

fn assert_all(html: &str, words: &[&str]) {
    for word in words {
        assert!(html.contains(word), "{word:?} is missing in {html}");
    }
}

#[test]
fn billing_says_what_is_left_and_how_to_get_more() {
    let html = billing(harbor(), plain());
    assert_all(
        &html,
        &[
            "<title>Billing – Minutebank</title>",
            "Usage Warning",
            "18 more calls fit",
            "18 calls fit",
            "of 100 min used",
            "Resets Dec 6 with 100 minutes",
            "Extra Minutes",
            "Add-on balance, 0 active packages",
            "Never expires",
            "Available Add-On Packs",
            "href=\"/billing?buy=minutes&amp;pack=pack_m\"",
            "Demo mode",
            "Harbor &lt;Dental&gt;",
        ],
    );
    assert_all(&html, &["<leptos-island", "As of ", "10:42:18 EST"]);
    let unbuilt = billing(Frame { islands: false, ..harbor() }, plain());
    assert!(!unbuilt.contains("minutebank.js"), "nothing to load");
}

#[test]
fn the_dialog_is_an_ordinary_form_with_the_sum_on_its_button() {
    let buying = Buying { purchase_key: "key_1".into(), quantity: Some("3".into()), ..Buying::default() };
    let document = document(harbor(), View { buying: Some(buying), ..plain() });
    assert_all(
        &document.html,
        &[
            "<dialog open",
            "action=\"/billing/buy\"",
            "name=\"csrf\" value=\"token\"",
            "name=\"purchase_key\" value=\"key_1\"",
            "value=\"pack_m\" checked",
            "Pay $30.00",
            "300 min",
            "Least commitment",
            "Popular",
            "Best value",
            &format!("nonce=\"{}\"", document.nonce),
        ],
    );
    assert!(content_policy(&document.nonce, "https://checkout.stripe.com").contains(&document.nonce));
}

#[test]
fn the_upgrade_advice_shows_its_arithmetic_last() {
    let advice = Upgrade {
        from: "Starter".into(),
        to: "Growth".into(),
        meter: Meter::Minutes,
        included: 18_000,
        packs: MilliCents(7_800_000),
        difference: MilliCents(2_000_000),
    };
    let html = billing(harbor(), View { buying: Some(Buying::default()), advice: Some(advice), ..plain() });
    let last = html.split("class=\"advice\"").nth(1).unwrap().split("</p>").next().unwrap();
    let words: String = last.split('<').map(|piece| piece.split_once('>').map_or("", |(_, text)| text)).collect();
    assert_eq!(
        words,
        "Packs in your last 3 periods: $78.00. Growth (300 min) instead of Starter: 3 × $20.00 = $60.00. Growth would \
         have cost $18.00 less. Ask your provider to change your plan."
    );
    assert!(html.find("You pay on Stripe") < html.find("class=\"advice\""), "after everything else");
    let without = billing(harbor(), View { buying: Some(Buying::default()), ..plain() });
    assert!(!without.contains("class=\"advice\""));
}

#[test]
fn what_is_wrong_with_a_purchase_stands_beside_the_field_and_the_typed_value_stays() {
    let buying = Buying {
        purchase_key: "key_1".into(),
        pack: Some("pack_gone".into()),
        quantity: Some("99".into()),
        refused: Some(Refused::StripeUnreachable),
        save_card: true,
    };
    let html = billing(harbor(), View { buying: Some(buying), ..plain() });
    assert_all(
        &html,
        &[
            "Enter a quantity from 1 to 20.",
            "value=\"99\"",
            "no longer offered",
            "Stripe could not be reached",
            "Save this card",
        ],
    );
}

fn framed(overview: Overview) -> Frame {
    Frame { overview: Ok(overview), ..harbor() }
}

fn crediting(frame: Frame, crediting: Crediting) -> String {
    let crediting = Some(Crediting { purchase_key: "key_2".into(), ..crediting });
    billing(frame, View { crediting, ..plain() })
}

#[test]
fn credits_can_be_added_from_page_and_sidebar_where_something_has_a_rate() {
    let northwind = || framed(fixtures::northwind(MilliCents(188_000)));
    let html = billing(northwind(), plain());
    assert_eq!(html.matches("href=\"/billing?buy=credits\"").count(), 3, "alert, balance, sidebar");
    assert_all(
        &html,
        &["$1.12 short of one call", "Hold per call, up to 60 min", "$0.05</strong> <span class=\"unit\">per min"],
    );
    assert!(!html.contains("Extra Minutes"), "{html}");
    let packages = render(|| packages_page(northwind(), PackagesView::of(Ok(Vec::new())))).html;
    assert!(packages.contains("href=\"/billing?buy=credits\""));
    let viewer = billing(Frame { may_buy: false, ..northwind() }, plain());
    assert!(!viewer.contains("buy=credits"), "{viewer}");
    let without_rates = crediting(harbor(), Crediting::default());
    assert!(!without_rates.contains("buy=credits") && !without_rates.contains("<dialog"), "{without_rates}");
}

#[test]
fn the_credits_dialog_is_an_ordinary_form_with_the_sum_on_its_button() {
    let html = crediting(framed(fixtures::northwind(MilliCents(188_000))), Crediting::default());
    assert_all(
        &html,
        &[
            "<dialog open",
            "action=\"/billing/credits\"",
            "name=\"csrf\" value=\"token\"",
            "name=\"purchase_key\" value=\"key_2\"",
            "name=\"choice\" value=\"25\" checked",
            "name=\"choice\" value=\"other\"",
            "name=\"amount\"",
            "Pay $25.00",
            "$26.88, 8 calls fit",
            "Calls start again as soon as the payment is confirmed.",
        ],
    );
    assert!(!html.contains("Enter "), "nothing is wrong yet");
}

#[test]
fn what_is_wrong_with_an_amount_stands_beside_it_and_the_typed_text_stays() {
    let typed = |amount: &str| {
        let wrong = Crediting {
            choice: Some("other".into()),
            amount: Some(amount.into()),
            error: Some(CreditingError::Amount(AmountError::TooLittle)),
            ..Crediting::default()
        };
        crediting(framed(fixtures::northwind(MilliCents(188_000))), wrong)
    };
    assert_all(
        &typed("$0.20"),
        &["Enter $0.50 or more.", "value=\"$0.20\"", "value=\"other\" checked", "aria-invalid"],
    );
    assert_all(&typed("10001"), &["Enter $10,000.00 or less."]);
    assert_all(&typed("<ten>"), &["Enter an amount in dollars", "value=\"&lt;ten&gt;\""]);
    let unreachable =
        Crediting { error: Some(CreditingError::Refused(Refused::StripeUnreachable)), ..Crediting::default() };
    let html = crediting(framed(fixtures::northwind(MilliCents(188_000))), unreachable);
    assert_all(&html, &["Stripe could not be reached", "Pay $25.00"]);
}

#[test]
fn a_plan_of_calls_speaks_of_calls() {
    let hundred = PackOffer { meter: Meter::Calls, units: 100, ..pack("pack_c", "Hundred", 1, 10) };
    let view = || View { offers: Ok(Offers { packs: vec![hundred.clone()] }), ..plain() };
    let html = billing(framed(fixtures::pipeline(137, 0)), view());
    assert_all(
        &html,
        &[
            "of 200 calls used",
            "63 calls left",
            "Extra Calls",
            "Buy more calls",
            "Resets Dec 6 with 200 calls",
            "Calls on",
        ],
    );
    assert!(!html.contains(" minute") && !html.contains("min<"), "{html}");
    let buying = Some(Buying::default());
    let dialog = billing(framed(fixtures::pipeline(137, 0)), View { buying, ..view() });
    assert_all(&dialog, &["(100 calls)", "$0.10 per call", "Extra calls now", "Pay $10.00"]);
}

#[test]
fn what_is_frozen_is_said_with_its_reason() {
    let frozen = Frozen { secs: 141 * 60, calls: 0 };
    let over = fixtures::in_state(fixtures::harbor(6_000, 0), SubscriptionState::Canceled);
    let html = billing(framed(Overview { frozen, ..over }), plain());
    assert_all(&html, &["141 min frozen until you have an active plan", "Your plan has ended."]);
    assert!(!html.contains("buy=minutes") && !html.contains("Add-on packs"), "{html}");
    let other_unit = Overview { frozen, ..fixtures::pipeline(137, 0) };
    assert_all(&billing(framed(other_unit.clone()), plain()), &["141 min frozen because your plan counts calls"]);

    let packages = vec![lot(Meter::Minutes, PackageState::Frozen), lot(Meter::Calls, PackageState::Active)];
    let html = render(|| packages_page(framed(other_unit), PackagesView::of(Ok(packages)))).html;
    assert_all(&html, &["Frozen", "because your plan counts calls", "Extra calls left", "100 min", "100 calls"]);
}

#[test]
fn a_refusal_is_said_in_the_form_or_where_there_is_none_on_the_page() {
    let asked = |refused| View { buying: Some(Buying { refused: Some(refused), ..Buying::default() }), ..plain() };
    let in_form = billing(harbor(), asked(Refused::FormUsed));
    assert_all(&in_form, &["<dialog open", "This form was used before", "Check your choice and pay again."]);
    assert!(in_form.contains("Usage Warning"), "the page's own alert stays");
    for refused in [Refused::NoSubscription, Refused::AddonsDisabled, Refused::ViaProvider] {
        let mut frame = harbor();
        frame.overview.as_mut().unwrap().subscription.as_mut().unwrap().addons = false;
        let html = billing(frame, asked(refused));
        assert_all(&html, &[refused.title(), refused.sentence()]);
        assert!(!html.contains("<dialog"), "{html}");
    }
}

#[test]
fn each_section_fails_alone() {
    let without_packs = billing(harbor(), View { offers: Err(SectionError), ..plain() });
    assert_all(&without_packs, &["of 100 min used", "The add-on packs could not be loaded."]);
    let without_wallet = billing(Frame { overview: Err(SectionError), ..harbor() }, plain());
    assert_all(&without_wallet, &["The balance could not be loaded.", "Available Add-On Packs", "100 minutes"]);
    assert!(!without_wallet.contains("buy=minutes"), "nobody buys without seeing the balance");
}

#[test]
fn packs_are_hidden_where_they_are_off_and_not_for_sale_via_the_provider() {
    let with = |change: fn(&mut Subscription)| {
        let mut frame = harbor();
        change(frame.overview.as_mut().unwrap().subscription.as_mut().unwrap());
        let buying = Some(Buying::default());
        billing(frame, View { buying, ..plain() })
    };
    let off = with(|subscription| subscription.addons = false);
    assert!(!off.contains("Add-on packs") && !off.contains("<dialog"), "{off}");
    let via_provider = with(|subscription| subscription.purchase_mode = PurchaseMode::ViaProvider);
    assert_all(&via_provider, &["Contact your provider to purchase any of these add-on packs."]);
    assert!(!via_provider.contains("buy=minutes") && !via_provider.contains("<dialog"), "{via_provider}");
    let viewer = billing(Frame { may_buy: false, ..harbor() }, plain());
    assert!(!viewer.contains("buy=minutes"));
}

fn lot(meter: Meter, state: PackageState) -> Package {
    let units = 100 * meter.per_piece();
    Package {
        id: "lot_1".into(),
        name: "Medium".into(),
        meter,
        granted: units,
        remaining: units,
        taken: 0,
        purchase: None,
        price: MilliCents(1_000_000),
        source: PackageSource::Stripe,
        added_by: Some("Dana Whitfield".into()),
        added_by_seq: 7,
        added_at: "2026-11-20T15:40:00Z".parse().unwrap(),
        used_up_at: None,
        receipt_url: None,
        state,
    }
}

#[test]
fn packages_are_listed_or_their_absence_leads_on() {
    let page = |packages| render(|| packages_page(harbor(), PackagesView::of(packages))).html;
    let listed = page(Ok(vec![lot(Meter::Minutes, PackageState::Active)]));
    assert_all(
        &listed,
        &["Medium 100", "Nov 20, 10:40", "Active, used next", "$0.10 per min", "America/New_York (EST)", "?before=8"],
    );
    assert_all(&page(Ok(Vec::new())), &["No packages yet", "href=\"/billing?buy=minutes\""]);
    assert_all(&page(Err(SectionError)), &["The packages could not be loaded."]);
}

#[test]
fn a_refused_sign_in_keeps_the_address_and_tells_no_more() {
    let view =
        SignInView { email: "owner@harbor.test".into(), refused: Some(SignInRefusal::Wrong), ..SignInView::default() };
    let html = render(|| sign_in_page(view)).html;
    assert_all(&html, &["Email or password is wrong.", "value=\"owner@harbor.test\"", "name=\"password\""]);
    assert!(!html.contains("Demo mode"), "only a demo names its logins");
}

#[test]
fn no_page_needs_a_looser_content_policy() {
    let pages = [
        billing(harbor(), View { buying: Some(Buying::default()), ..plain() }),
        render(|| packages_page(harbor(), PackagesView::of(Ok(Vec::new())))).html,
        render(|| sign_in_page(SignInView::default())).html,
        render(|| error_page(Problem::NotFound, true)).html,
    ];
    for html in pages {
        for banned in [" style=", " onclick=", " onsubmit=", "<style", "javascript:"] {
            assert!(!html.contains(banned), "{banned} in {html}");
        }
    }
}
