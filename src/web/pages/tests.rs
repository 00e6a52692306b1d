//! Whole pages, as text: the exact words, what a form sends, and what a strict content policy needs.

use jiff::tz::TimeZone;

use super::*;
use crate::app::overview::{Offers, Overview, Package, PackageSource, PackageState, Subscription};
use crate::pricing::{PackOffer, PurchaseMode, Standing};
use crate::units::{Meter, MilliCents};
use crate::web::components::SectionError;
use crate::web::document::{content_policy, render};
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

fn harbor() -> Frame {
    let time_zone = TimeZone::get("America/New_York").unwrap();
    let overview = Overview {
        workspace: "ws_harbor".into(),
        workspace_name: "Harbor <Dental>".into(),
        agency_name: "Brightline Voice".into(),
        time_zone,
        read_at: "2026-11-20T15:42:18Z".parse().unwrap(),
        standing: Standing { allowance: 1_080, hold: 60, ..Standing::default() },
        subscription: Some(Subscription {
            plan_name: "Starter".into(),
            meter: Meter::Minutes,
            included: 6_000,
            used: 4_920,
            next_included: 6_000,
            resets_at: "2026-12-06T05:00:00Z".parse().unwrap(),
            addons: true,
            purchase_mode: PurchaseMode::SelfService,
        }),
        calls_in_progress: 0,
        active_packages: 0,
    };
    Frame {
        viewer_name: "Dana Whitfield".into(),
        viewer_email: "owner@harbor.test".into(),
        may_buy: true,
        csrf: "token".into(),
        demo: true,
        islands: true,
        overview: Ok(overview),
    }
}

fn plain() -> BillingView {
    let packs =
        vec![pack("pack_s", "Small", 50, 6), pack("pack_m", "Medium", 100, 10), pack("pack_l", "Large", 250, 20)];
    BillingView { offers: Ok(Offers { packs }), notice: None, buying: None, crediting: None }
}

fn billing(frame: Frame, view: BillingView) -> String {
    render(|| billing_page(frame, view)).html
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
    assert!(!html.contains("<script"), "no island, so nothing to load");
}

#[test]
fn the_dialog_is_an_ordinary_form_with_the_sum_on_its_button() {
    let buying = Buying { purchase_key: "key_1".into(), quantity: Some("3".into()), ..Buying::default() };
    let document = render(|| billing_page(harbor(), BillingView { buying: Some(buying), ..plain() }));
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
fn what_is_wrong_with_a_purchase_stands_beside_the_field_and_the_typed_value_stays() {
    let buying = Buying {
        purchase_key: "key_1".into(),
        pack: Some("pack_gone".into()),
        quantity: Some("99".into()),
        refused: Some(Refused::StripeUnreachable),
    };
    let html = billing(harbor(), BillingView { buying: Some(buying), ..plain() });
    assert_all(
        &html,
        &["Enter a quantity from 1 to 20.", "value=\"99\"", "no longer offered", "Stripe could not be reached"],
    );
}

#[test]
fn a_refusal_is_said_in_the_form_or_where_there_is_none_on_the_page() {
    let asked =
        |refused| BillingView { buying: Some(Buying { refused: Some(refused), ..Buying::default() }), ..plain() };
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
    let without_packs = billing(harbor(), BillingView { offers: Err(SectionError), ..plain() });
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
        billing(frame, BillingView { buying, ..plain() })
    };
    let off = with(|subscription| subscription.addons = false);
    assert!(!off.contains("Add-on packs") && !off.contains("<dialog"), "{off}");
    let via_provider = with(|subscription| subscription.purchase_mode = PurchaseMode::ViaProvider);
    assert_all(&via_provider, &["Contact your provider to purchase any of these add-on packs."]);
    assert!(!via_provider.contains("buy=minutes") && !via_provider.contains("<dialog"), "{via_provider}");
    let viewer = billing(Frame { may_buy: false, ..harbor() }, plain());
    assert!(!viewer.contains("buy=minutes"));
}

#[test]
fn packages_are_listed_or_their_absence_leads_on() {
    let lot = Package {
        id: "lot_1".into(),
        name: "Medium".into(),
        meter: Meter::Minutes,
        granted: 6_000,
        remaining: 6_000,
        price: MilliCents(1_000_000),
        source: PackageSource::Stripe,
        added_by: Some("Dana Whitfield".into()),
        added_at: "2026-11-20T15:40:00Z".parse().unwrap(),
        used_up_at: None,
        state: PackageState::Active,
    };
    let page = |packages| render(|| packages_page(harbor(), PackagesView { packages })).html;
    let listed = page(Ok(vec![lot]));
    assert_all(
        &listed,
        &["Medium 100", "Nov 20, 10:40", "Active, used next", "$0.10 per min", "America/New_York (EST)"],
    );
    assert_all(&page(Ok(Vec::new())), &["No packages yet", "href=\"/billing?buy=minutes\""]);
    assert_all(&page(Err(SectionError)), &["The packages could not be loaded."]);
}

#[test]
fn a_refused_sign_in_keeps_the_address_and_tells_no_more() {
    let view = SignInView { csrf: "token".into(), email: "owner@harbor.test".into(), refused: true, demo: None };
    let html = render(|| sign_in_page(view)).html;
    assert_all(&html, &["Email or password is wrong.", "value=\"owner@harbor.test\"", "name=\"password\""]);
    assert!(!html.contains("Demo mode"), "only a demo names its logins");
}

#[test]
fn no_page_needs_a_looser_content_policy() {
    let pages = [
        billing(harbor(), BillingView { buying: Some(Buying::default()), ..plain() }),
        render(|| packages_page(harbor(), PackagesView { packages: Ok(Vec::new()) })).html,
        render(|| sign_in_page(SignInView::default())).html,
        render(|| error_page(Problem::NotFound, true)).html,
    ];
    for html in pages {
        for banned in [" style=", " onclick=", " onsubmit=", "<style", "javascript:"] {
            assert!(!html.contains(banned), "{banned} in {html}");
        }
    }
}
