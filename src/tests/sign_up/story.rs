//! The way in, from the public page to a subscription.

use jiff::SignedDuration;
use minutebank::app::agency::lists::audit_trail;
use minutebank::app::request_cycles::request_cycles;
use minutebank::tenants::audit::Action;
use minutebank::tenants::{self, Role};

use super::{ANA, NEW, desk_on, flat};
use crate::fixture::starter;
use crate::site::PASSWORD;

#[test]
fn a_newcomer_becomes_a_client_through_a_mailed_link() {
    desk_on(&flat(), async |desk| {
        let browser = desk.site.browser();
        let page = browser.get(&format!("/sign-up/{}", desk.id)).await.words();
        assert!(
            page.contains("Sign up With Brightline Voice Plan Flat Price No monthly fee Calls $0.05 per min"),
            "{page}"
        );
        assert!(page.contains("Free credits $5.00"), "{page}");
        let sent = desk.ask(&browser, " Ana@Northgate.test ").await;
        assert_eq!(sent.location(), format!("/sign-up/{}?notice=sent", desk.id));
        let told = browser.get(sent.location()).await.words();
        assert!(told.contains("Check your mail A link is on its way to your address."), "{told}");
        assert_eq!(desk.made().await, [0; 4], "nothing is made before the address is proved");

        let [link] = &desk.links(&browser).await[..] else { panic!("one mail") };
        let mail = browser.get("/demo/mail").await.words();
        assert!(mail.contains("within 24 hours") && !mail.contains("Northgate Dental"), "nobody's words are delivered");
        let opened = browser.get(link).await;
        assert_eq!(opened.location(), desk.password(), "the token leaves the address");
        assert_eq!(opened.header("referrer-policy"), "no-referrer");
        let form = browser.get(&desk.password()).await;
        assert!(form.words().contains("For ana@northgate.test Plan Flat"), "{}", form.words());
        assert!(form.body.contains("value=\"Northgate Dental\"") && form.body.contains("value=\"Ana Reyes\""));
        let token = link.rsplit('/').next().unwrap();
        assert!(!form.body.contains(token));
        let differs = desk.choose(&browser, NEW, "other-otter-quarry").await;
        assert!(differs.status == 422 && differs.body.contains("The two are not the same."));
        let weak = desk.choose(&browser, "northgate1", "northgate1").await;
        assert!(weak.status == 422 && weak.body.contains("easy to guess"), "a refusal does not use the link up");
        assert_eq!(desk.choose(&browser, NEW, NEW).await.location(), "/billing?welcome");
        let billing = browser.get("/billing?welcome").await.words();
        assert!(
            billing.contains("Your account is ready You are on Flat and begin with $5.00 in credits."),
            "{billing}"
        );
        assert_eq!(desk.made().await, [1, 1, 1, 1]);

        assert_eq!(browser.get(&desk.password()).await.status, 410, "used");
        let other = desk.site.browser();
        other.get(link).await;
        let ended = other.get(&desk.password()).await;
        assert_eq!(ended.status, 410);
        assert!(ended.words().contains("This link has ended"), "{}", ended.words());
        assert_eq!(desk.site.browser().sign_in(ANA, NEW).await.location(), "/billing");
    });
}

#[test]
fn the_agency_finds_its_new_client() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        desk.choose(&ana, NEW, NEW).await;
        let mut db = desk.world.superuser().await;
        let now = desk.world.clock.now();
        let hash = tenants::hash_password(PASSWORD.into()).await;
        let elena = tenants::repo::create_user(&mut db, "elena@brightline.test", "Elena", &hash, now).await.unwrap();
        tenants::repo::add_agency_admin(&mut db, desk.agency, elena, now).await.unwrap();
        let browser = desk.site.browser();
        browser.sign_in("elena@brightline.test", PASSWORD).await;
        let clients = browser.get("/agency/clients").await.words();
        assert!(clients.contains("ND Northgate Dental Flat 1 call fits $5.00"), "{clients}");
        let trail = audit_trail(desk.state(), desk.agency, None, i64::MAX, 10).await.unwrap();
        let told: Vec<_> = trail.iter().map(|it| (it.action, it.actor.as_deref(), it.details.as_str())).collect();
        let expected =
            [(Action::Resubscribe, Some("Ana Reyes"), ""), (Action::SignUp, Some("Ana Reyes"), "Northgate Dental")];
        assert_eq!(told, expected);
        let (zone, role): (String, String) =
            sqlx::query_as("select w.time_zone, m.role from workspaces w join members m on m.workspace_id = w.id")
                .fetch_one(&mut db)
                .await
                .unwrap();
        assert_eq!((zone.as_str(), role.as_str()), ("America/New_York", Role::Owner.as_str()), "as its other clients");
    });
}

#[test]
fn a_plan_with_a_price_is_asked_for() {
    desk_on(&starter(), async |desk| {
        let ana = desk.opened(ANA).await;
        let offer = ana.get(&desk.password()).await.words();
        assert!(offer.contains("$29.00 a month") && offer.contains("The first payment is due 1 day after"), "{offer}");
        desk.choose(&ana, NEW, NEW).await;
        assert_eq!(desk.made().await, [1, 1, 0, 0], "no credits are free here");
        desk.world.clock.advance(SignedDuration::from_secs(5));
        request_cycles(desk.state()).await.unwrap();
        let asked = "select coalesce(sum(amount_mc), 0)::bigint from payment_requests where status = 'pending'";
        assert_eq!(desk.count(asked).await, 2_900_000);
        let billing = ana.get("/billing").await.words();
        assert!(billing.contains("$29.00"), "{billing}");
    });
}

#[test]
fn what_is_wrong_stands_beside_what_was_typed() {
    desk_on(&flat(), async |desk| {
        let browser = desk.site.browser();
        let fields = [("business", " "), ("name", "Ana <Reyes>"), ("email", "ana@northgate")];
        let refused = desk.ask_as(&browser, &fields).await;
        assert_eq!(refused.status, 422);
        for words in ["Enter the name of your business, 80 characters at most.", "Enter an email address."] {
            assert!(refused.body.contains(words), "{words}");
        }
        assert!(!refused.body.contains("Enter your name"), "what is right is not called wrong");
        assert!(refused.body.contains("value=\"Ana &lt;Reyes&gt;\"") || refused.body.contains("value=\"Ana <Reyes>\""));
        assert!(refused.body.contains("value=\"ana@northgate\""));
        let nothing = desk.ask_as(&browser, &[]).await;
        assert!(nothing.status == 422 && nothing.body.contains("Enter your name, 60 characters at most."));
        assert_eq!(desk.count("select count(*) from sign_up_requests").await, 0);
    });
}

#[test]
fn names_can_be_put_right_until_the_password_is_chosen() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        let refused = desk.send_as(&ana, &form, (" ", "Ana <R.>"), (NEW, "other-otter-quarry")).await;
        assert_eq!(refused.status, 422);
        for words in ["Enter the name of your business, 80 characters at most.", "The two are not the same."] {
            assert!(refused.body.contains(words), "{words}");
        }
        assert!(!refused.body.contains("Enter your name"), "what is right is not called wrong");
        assert!(refused.body.contains("value=\"Ana &lt;R.&gt;\"") || refused.body.contains("value=\"Ana <R.>\""));
        let weak =
            desk.send_as(&ana, &refused, ("Southgate Dental", "Ana Reyes-Ortiz"), ("password1234", "password1234"));
        let weak = weak.await;
        assert!(weak.status == 422 && weak.body.contains("value=\"Southgate Dental\""), "nothing typed is lost");
        assert_eq!(desk.made().await, [0; 4]);

        let (business, name) = (" Southgate Dental ", "Ana Reyes-Ortiz");
        let made = desk.send_as(&ana, &weak, (business, name), (NEW, NEW)).await;
        assert_eq!(made.location(), "/billing?welcome");
        let named =
            "select count(*) from workspaces w join members m on m.workspace_id = w.id join users u on u.id = m.user_id
             where w.name = 'Southgate Dental' and u.name = 'Ana Reyes-Ortiz' and u.email = 'ana@northgate.test'";
        assert_eq!(desk.count(named).await, 1);
    });
}
