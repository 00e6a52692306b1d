//! `/settings?tab=api`: endpoints and the delivery log, without JavaScript.

use jiff::SignedDuration;
use minutebank::app::deliver_events::deliver;
use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::notify::events::address::Reach;
use minutebank::notify::events::sender::Sender;
use minutebank::state::AppState;
use minutebank::tenants::Role;
use minutebank::units::{Meter, MilliCents, WorkspaceId};

use super::receiver::Receiver;
use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const PLACE: &str = "/settings?tab=api";

async fn owner(world: &World, site: &Site) -> (WorkspaceId, Browser) {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Owner", "owner@harbor.test", Role::Owner).await;
    let browser = site.browser();
    browser.sign_in("owner@harbor.test", PASSWORD).await;
    (workspace, browser)
}

/// Sends one of the tab's forms; where it leads.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get(PLACE).await.hidden("csrf");
    browser.post(path, &[fields, &[("csrf", &csrf)]].concat()).await
}

/// The secret on a page.
fn secret(page: &Answered) -> Option<String> {
    let text = page.body.split("whsec_").nth(1)?;
    Some(format!("whsec_{}", text.split('<').next().unwrap()))
}

/// The id that a page's forms carry.
fn id_of(page: &Answered, prefix: &str) -> String {
    let id = page.body.split(&format!("value=\"{prefix}")).nth(1).unwrap();
    format!("{prefix}{}", id.split('"').next().unwrap())
}

async fn credit(world: &World, workspace: WorkspaceId, key: &str) {
    let lot = LotGrant {
        name: "Medium".into(),
        meter: Meter::Minutes,
        units: 60,
        price: MilliCents(1_000_000),
        source: LotSource::Stripe,
        reference: key.into(),
    };
    world.submit(workspace, Command::CreditLots { key: key.into(), lots: vec![lot] }).await;
}

#[test]
fn an_endpoint_from_its_form_to_its_removal() {
    world(async |world| {
        let (site, receiver) = (Site::of(world).await, Receiver::start().await);
        let (workspace, browser) = owner(world, &site).await;
        let page = browser.get(PLACE).await;
        assert!(page.words().contains("No endpoints yet") && page.words().contains("Nothing sent yet"));
        let fields = [("form_key", "form_1"), ("url", receiver.url.as_str()), ("type", "wallet.credited")];
        assert_eq!(send(&browser, "/settings/endpoints", &fields).await.location(), PLACE);
        let page = browser.get(PLACE).await;
        let first = secret(&page).expect("the secret is shown");
        assert!(page.words().contains("Enabled"), "{}", page.words());
        assert_eq!(secret(&browser.get(PLACE).await), None, "once");
        send(&browser, "/settings/endpoints", &fields).await;
        assert_eq!(
            browser.get(PLACE).await.body.matches("aria-label=\"Remove http").count(),
            1,
            "sent twice, added once"
        );
        let endpoint = id_of(&page, "we_");

        credit(world, workspace, "cs_1").await;
        receiver.answer([503]);
        let sender = Sender::new(Reach::Anywhere).unwrap();
        deliver(&world.state, &sender).await.unwrap();
        let log = browser.get(PLACE).await;
        assert!(log.words().contains("Retrying 503 · 1 attempt · next try Nov 20, 10:00"), "{}", log.words());
        let heard = receiver.heard();
        assert_eq!((heard.len(), heard[0].signed_by(&first)), (1, 1));
        let event = id_of(&log, "evt_");
        assert_eq!(heard[0].header("webhook-id"), event);
        let resend = [("endpoint", endpoint.as_str()), ("event", event.as_str())];
        assert_eq!(send(&browser, "/settings/deliveries/resend", &resend).await.location(), PLACE);
        deliver(&world.state, &sender).await.unwrap();
        assert!(browser.get(PLACE).await.words().contains("Delivered 204 · 1 attempt"));
        assert_eq!(receiver.heard()[0].body, heard[0].body);

        let endpoint = [("endpoint", endpoint.as_str())];
        send(&browser, "/settings/endpoints/secret", &endpoint).await;
        let second = secret(&browser.get(PLACE).await).unwrap();
        assert_ne!(first, second);
        send(&browser, "/settings/endpoints/disable", &endpoint).await;
        assert!(browser.get(PLACE).await.words().contains("Disabled Nov 20"));
        send(&browser, "/settings/endpoints/enable", &endpoint).await;
        world.clock.advance(SignedDuration::from_secs(1));
        credit(world, workspace, "cs_2").await;
        deliver(&world.state, &sender).await.unwrap();
        let heard = receiver.heard();
        assert_eq!((heard[0].signed_by(&second), heard[0].signed_by(&first)), (1, 1));

        let dialog = browser.get(&format!("{PLACE}&remove={}", endpoint[0].1)).await;
        assert!(dialog.body.contains("Remove this endpoint?") && dialog.body.contains("its secret are lost"));
        assert_eq!(send(&browser, "/settings/endpoints/remove", &endpoint).await.location(), PLACE);
        assert!(browser.get(PLACE).await.words().contains("No endpoints yet"));
        assert_eq!(send(&browser, "/settings/endpoints/remove", &endpoint).await.status, 404);
    });
}

#[test]
fn a_form_says_what_is_wrong_and_keeps_what_was_typed() {
    world(async |world| {
        // Outside demo mode events leave for public addresses over https.
        let mut config = (*world.state.config).clone();
        config.demo = false;
        let site = Site::serving(AppState { config: config.into(), ..world.state.clone() }).await;
        let (workspace, browser) = owner(world, &site).await;
        for (url, words) in [
            ("", "Enter an address like https://example.com/events."),
            ("http://hooks.example.com/", "The address has to begin with https://."),
            ("https://127.0.0.1/", "The address has to be a public one."),
            ("https://me:pw@hooks.example.com/", "Leave out user name, password and what follows #."),
        ] {
            let fields = [("form_key", "form_1"), ("url", url), ("type", "call.settled")];
            let refused = send(&browser, "/settings/endpoints", &fields).await;
            assert_eq!(refused.status, 422, "{url}");
            assert!(refused.body.contains(words) && refused.body.contains(&format!("value=\"{url}\"")), "{words}");
        }
        let none = [("form_key", "form_1"), ("url", "https://hooks.example.com/")];
        let refused = send(&browser, "/settings/endpoints", &none).await;
        assert!(refused.status == 422 && refused.body.contains("Choose at least one."));
        for number in 0..10 {
            let (key, url) = (format!("form_{number}"), format!("https://hooks.example.com/{number}"));
            let fields = [("form_key", key.as_str()), ("url", &url), ("type", "wallet.low"), ("type", "wallet.paused")];
            assert_eq!(send(&browser, "/settings/endpoints", &fields).await.status, 303);
        }
        let eleventh = [("form_key", "form_11"), ("url", "https://hooks.example.com/11"), ("type", "wallet.low")];
        let refused = send(&browser, "/settings/endpoints", &eleventh).await;
        assert!(refused.status == 422 && refused.body.contains("There are ten endpoints already."));
        let added = "select count(*) from event_endpoints where workspace_id = $1";
        let added: i64 =
            sqlx::query_scalar(added).bind(workspace.0).fetch_one(&mut world.superuser().await).await.unwrap();
        assert_eq!(added, 10);
    });
}
