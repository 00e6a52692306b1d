//! Alerts: each crossing is told once to those who want to know; receipts come with payments.

use minutebank::app::alert_members::look_at_unseen;
use minutebank::ledger::{CallOutcome, Command, Direction, Placement};
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Role;
use minutebank::units::{MilliCents, Seconds, WorkspaceId};

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";
const LEE: &str = "lee@harbor.test";

/// $0.05 a minute, an hour held for each call, so many cents to begin with; Dana owns it, Lee views.
async fn northwind(world: &World, cents: i64) -> WorkspaceId {
    let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
    let free_credits = MilliCents::from_cents(cents);
    let terms = Terms { included: 0, addons: false, rates, free_credits, hold: HoldPolicy::WorstCase, ..starter() };
    let workspace = world.subscribed(&terms).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    world.person(workspace, "Lee Ortiz", LEE, Role::Viewer).await;
    look_at_unseen(&world.state).await.unwrap();
    workspace
}

/// Holds a call and, where it was connected, ends it.
async fn call(world: &World, workspace: WorkspaceId, id: &str, connected: Option<i64>) {
    let placement = Placement {
        id: id.into(),
        direction: Direction::Outbound,
        agent: None,
        from: None,
        to: None,
        recording: false,
        metadata: None,
    };
    world.submit(workspace, Command::PlaceHold(placement)).await;
    if let Some(billed) = connected {
        let (outcome, duration, billed) = (CallOutcome::Answered, Seconds(billed), Seconds(billed));
        world.submit(workspace, Command::EndCall { id: id.into(), outcome, duration, billed }).await;
    }
}

/// Two instances look at once.
async fn look(world: &World) {
    let (one, other) = tokio::join!(look_at_unseen(&world.state), look_at_unseen(&world.state));
    one.unwrap();
    other.unwrap();
}

/// `recipient: subject`, oldest first.
async fn mails(world: &World) -> Vec<String> {
    sqlx::query_scalar("select recipient || ': ' || subject from mails order by id")
        .fetch_all(&mut world.superuser().await)
        .await
        .unwrap()
}

#[test]
fn each_crossing_is_told_once() {
    world(async |world| {
        let workspace = northwind(world, 900).await;
        assert!(mails(world).await.is_empty(), "nothing is told of how a wallet begins");
        call(world, workspace, "held_1", None).await;
        call(world, workspace, "held_2", None).await;
        call(world, workspace, "held_3", None).await;
        look(world).await;
        assert!(mails(world).await.is_empty(), "running calls are no crossing");
        for (id, connected) in [("held_1", 3_600), ("held_2", 60), ("held_3", 60)] {
            call(world, workspace, id, Some(connected)).await;
        }
        look(world).await;
        let low = format!("{DANA}: Your balance is low");
        assert_eq!(mails(world).await, [low.as_str()]);
        look(world).await;
        call(world, workspace, "short", Some(60)).await;
        look(world).await;
        assert_eq!(mails(world).await.len(), 1, "told once");
        call(world, workspace, "long", Some(3_600)).await;
        look(world).await;
        let paused = format!("{DANA}: Calls paused");
        assert_eq!(mails(world).await, [low.as_str(), &paused]);
        let body: String = sqlx::query_scalar("select body from mails order by id desc limit 1")
            .fetch_one(&mut world.superuser().await)
            .await
            .unwrap();
        assert!(body.contains("Calls paused. Your balance is $2.85 but each call requires a $3.00 hold"), "{body}");
        let less_bad = Command::CreditMoney { key: "cs_0".into(), amount: MilliCents::from_cents(50) };
        world.submit(workspace, less_bad).await;
        look(world).await;
        assert_eq!(mails(world).await.len(), 2, "low again after a pause is no alert");
        let refill = Command::CreditMoney { key: "cs_1".into(), amount: MilliCents::from_cents(1_000) };
        world.submit(workspace, refill).await;
        look(world).await;
        assert_eq!(mails(world).await.len(), 2, "good news are no alert");
        call(world, workspace, "again_1", Some(3_600)).await;
        call(world, workspace, "again_2", Some(3_600)).await;
        call(world, workspace, "again_3", Some(1_800)).await;
        look(world).await;
        assert_eq!(mails(world).await, [low.as_str(), &paused, &low], "a second crossing is told again");
    });
}

async fn send(browser: &Browser, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get("/settings?tab=alerts").await.hidden("csrf");
    browser.post("/settings/alerts", &[fields, &[("csrf", &csrf)]].concat()).await
}

#[test]
fn members_choose_who_is_told_what() {
    world(async |world| {
        let workspace = northwind(world, 3_000).await;
        let site = Site::of(world).await;
        let dana = site.browser();
        dana.sign_in(DANA, PASSWORD).await;
        let page = dana.get("/settings?tab=alerts").await;
        let ids: Vec<&str> =
            page.body.split("name=\"low\" value=\"").skip(1).map(|it| it.split('"').next().unwrap()).collect();
        let [_, lee] = ids[..] else { panic!("{}", page.words()) };
        for (field, typed, words) in
            [("below", "ten", "Enter an amount in dollars"), ("below_calls", "0", "Enter a number from 1 to 1,000")]
        {
            let refused = send(&dana, &[(field, typed), ("low", lee)]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.body.contains(words) && refused.body.contains(&format!("value=\"{typed}\"")), "{typed}");
        }
        let saved = send(&dana, &[("below", "25"), ("below_calls", ""), ("low", lee), ("low", "usr_none")]).await;
        assert_eq!(saved.location(), "/settings?tab=alerts&done=alerts");
        assert!(dana.get("/settings?tab=alerts&done=alerts").await.words().contains("Alerts saved"));
        call(world, workspace, "one", Some(3_600)).await;
        call(world, workspace, "two", Some(3_600)).await;
        look(world).await;
        assert_eq!(mails(world).await, [format!("{LEE}: Your balance is low")], "below $25, to Lee alone");
        let viewer = site.browser();
        viewer.sign_in(LEE, PASSWORD).await;
        assert_eq!(send(&viewer, &[("below_calls", "9")]).await.status, 403);
    });
}

#[test]
fn whoever_has_left_is_told_nothing() {
    world(async |world| {
        let workspace = northwind(world, 600).await;
        let site = Site::of(world).await;
        let dana = site.browser();
        dana.sign_in(DANA, PASSWORD).await;
        let page = dana.get("/settings?tab=alerts").await.body;
        let lee = page.split("name=\"low\" value=\"").nth(2).unwrap().split('"').next().unwrap().to_owned();
        send(&dana, &[("below_calls", "2"), ("low", &lee), ("paused", &lee)]).await.location();
        let csrf = dana.get("/settings?tab=members").await.hidden("csrf");
        dana.post("/settings/members/remove", &[("csrf", &csrf), ("member", &lee)]).await.location();
        call(world, workspace, "one", Some(3_600)).await;
        look(world).await;
        assert!(mails(world).await.is_empty());
    });
}
