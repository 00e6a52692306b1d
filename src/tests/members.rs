//! `/settings?tab=members`: invitations, roles, and the end of a membership.

use std::time::Duration;

use minutebank::app::invite::{AcceptError, accept_invite};
use minutebank::app::members::{Owner, change_role};
use minutebank::ids;
use minutebank::tenants::LinkHash;
use minutebank::tenants::Role;
use minutebank::units::WorkspaceId;
use sqlx::Connection as _;

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";
const LEE: &str = "lee@harbor.test";

struct Desk {
    site: Site,
    dana: Browser,
    workspace: WorkspaceId,
}

async fn desk(world: &World) -> Desk {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    let site = Site::of(world).await;
    let dana = site.browser();
    assert_eq!(dana.sign_in(DANA, PASSWORD).await.location(), "/billing");
    Desk { site, dana, workspace }
}

async fn send(browser: &Browser, verb: &str, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get("/settings?tab=members").await.hidden("csrf");
    browser.post(&format!("/settings/members/{verb}"), &[fields, &[("csrf", &csrf)]].concat()).await
}

async fn invite(browser: &Browser, email: &str, role: &str, key: &str) -> Answered {
    send(browser, "invite", &[("email", email), ("role", role), ("form_key", key)]).await
}

/// Secrets of the invitations that were mailed to somebody, oldest first.
async fn links(world: &World, email: &str) -> Vec<String> {
    let bodies: Vec<String> = sqlx::query_scalar("select body from mails where recipient = $1 order by id")
        .bind(email)
        .fetch_all(&mut world.superuser().await)
        .await
        .unwrap();
    let secret = |body: &String| body.split("/invite/").nth(1).unwrap().lines().next().unwrap().to_owned();
    bodies.iter().map(secret).collect()
}

#[test]
fn an_invitation_makes_a_member_once() {
    world(async |world| {
        let Desk { site, dana, .. } = desk(world).await;
        assert_eq!(invite(&dana, LEE, "billing", "k1").await.location(), "/settings?tab=members");
        assert_eq!(invite(&dana, LEE, "billing", "k1").await.location(), "/settings?tab=members", "the same form");
        assert_eq!(links(world, LEE).await.len(), 1, "one form, one mail");
        let page = dana.get("/settings?tab=members").await.words();
        assert!(page.contains("lee@harbor.test Invited Nov"), "{page}");
        let link = links(world, LEE).await.remove(0);
        accept_invite(&world.state, LinkHash::of(&link), "Lee Ortiz", "velvet-otter-quarry".into()).await.unwrap();
        assert!(
            accept_invite(&world.state, LinkHash::of(&link), "Lee Ortiz", "velvet-otter-quarry".into()).await.is_err()
        );
        let lee = site.browser();
        assert_eq!(lee.sign_in(LEE, "velvet-otter-quarry").await.location(), "/billing");
        let seen = lee.get("/settings?tab=members").await.words();
        assert!(seen.contains("Lee Ortiz You lee@harbor.test Billing"), "{seen}");
        assert!(!seen.contains("Invite a member") && !seen.contains("Remove"), "only owners change it: {seen}");
        assert_eq!(invite(&dana, LEE, "viewer", "k2").await.status, 422, "a member already");
    });
}

#[test]
fn what_cannot_be_an_invitation_is_said_beside_the_field() {
    world(async |world| {
        let Desk { dana, .. } = desk(world).await;
        let refused = invite(&dana, "no address", "viewer", "k1").await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("Enter an email address.") && refused.body.contains("value=\"no address\""));
        assert_eq!(invite(&dana, LEE, "king", "k2").await.status, 422);
        assert_eq!(invite(&dana, LEE, "viewer", "k3").await.status, 303);
        assert_eq!(invite(&dana, "other@harbor.test", "viewer", "k3").await.status, 422, "the form was used for Lee");
        assert_eq!(links(world, "other@harbor.test").await.len(), 0);
        for number in 0..19 {
            let sent = invite(&dana, &format!("p{number}@harbor.test"), "viewer", &format!("n{number}")).await;
            assert_eq!(sent.status, 303, "{}", sent.words());
        }
        let full = invite(&dana, "one.more@harbor.test", "viewer", "n20").await;
        assert!(full.body.contains("20 invitations are open."), "{}", full.words());
    });
}

#[test]
fn an_invitation_that_is_sent_again_or_withdrawn_ends_the_link_before() {
    world(async |world| {
        let Desk { dana, .. } = desk(world).await;
        invite(&dana, LEE, "viewer", "k1").await;
        invite(&dana, LEE, "billing", "k2").await;
        let mut links = links(world, LEE).await;
        assert_eq!(links.len(), 2);
        assert!(
            accept_invite(&world.state, LinkHash::of(&links[0]), "Lee", "velvet-otter-quarry".into()).await.is_err()
        );
        send(&dana, "withdraw", &[("email", LEE)]).await.location();
        let newest = links.remove(1);
        assert!(accept_invite(&world.state, LinkHash::of(&newest), "Lee", "velvet-otter-quarry".into()).await.is_err());
        assert!(!dana.get("/settings?tab=members").await.words().contains(LEE));
    });
}

#[test]
fn roles_change_at_once_and_an_owner_remains() {
    world(async |world| {
        let Desk { site, dana, workspace } = desk(world).await;
        let lee = world.person(workspace, "Lee Ortiz", LEE, Role::Viewer).await;
        let lee_id = ids::derived("usr", &[lee.0]);
        let page = dana.get("/settings?tab=members").await;
        let dana_id = page.body.split("value=\"usr_").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let dana_id = format!("usr_{dana_id}");
        for (verb, fields) in
            [("role", vec![("member", dana_id.as_str()), ("role", "viewer")]), ("remove", vec![("member", &dana_id)])]
        {
            let refused = send(&dana, verb, &fields).await;
            assert_eq!(refused.status, 409, "{verb}");
            assert!(refused.words().contains("A workspace needs an owner."), "{}", refused.words());
        }
        let browser = site.browser();
        browser.sign_in(LEE, PASSWORD).await;
        assert_eq!(browser.get("/billing?buy=credits").await.status, 200);
        assert_eq!(send(&dana, "role", &[("member", &lee_id), ("role", "owner")]).await.status, 303);
        assert_eq!(invite(&browser, "third@harbor.test", "viewer", "k1").await.status, 303, "an owner from now on");
        assert_eq!(send(&dana, "role", &[("member", &dana_id), ("role", "viewer")]).await.status, 303);
        assert_eq!(invite(&dana, "fourth@harbor.test", "viewer", "k2").await.status, 403, "an owner no more");
        assert_eq!(send(&browser, "remove", &[("member", &dana_id)]).await.status, 303);
        let gone = dana.get("/billing").await;
        assert!(gone.status == 403 && gone.words().contains("You belong to no workspace."), "gone at once");
        let trail: Vec<String> = sqlx::query_scalar("select action || ' ' || target from audit_trail order by no")
            .fetch_all(&mut world.superuser().await)
            .await
            .unwrap();
        let expected = [
            "member.change_role lee@harbor.test",
            "member.invite third@harbor.test",
            "member.change_role owner@harbor.test",
            "member.remove owner@harbor.test",
        ];
        assert_eq!(trail, expected);
    });
}

/// Both have looked by the time at which either may write.
#[test]
fn of_two_owners_who_end_each_other_one_remains() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let dana = world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
        let lee = world.person(workspace, "Lee Ortiz", LEE, Role::Owner).await;
        let mut db = world.superuser().await;
        let mut held = db.begin().await.unwrap();
        sqlx::query("select from members for update").execute(&mut *held).await.unwrap();
        let end = |by, user| change_role(&world.state, Owner { workspace, user: by }, user, Role::Viewer);
        let released = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            held.commit().await.unwrap();
        };
        let (one, other, ()) = tokio::join!(end(dana, lee), end(lee, dana), released);
        let ended = [&one, &other].iter().filter(|it| it.is_ok()).count();
        assert_eq!(ended, 1, "{one:?} {other:?}");
        let owners = sqlx::query_scalar::<_, i64>("select count(*) from members where role = 'owner'");
        assert_eq!(owners.fetch_one(&mut db).await.unwrap(), 1);
    });
}

#[test]
fn a_link_that_is_used_while_a_password_is_hashed_lets_nobody_else_in() {
    world(async |world| {
        let Desk { dana, .. } = desk(world).await;
        invite(&dana, LEE, "viewer", "k1").await;
        let link = LinkHash::of(&links(world, LEE).await[0]);
        let mut db = world.superuser().await;
        let mut using = db.begin().await.unwrap();
        sqlx::query("update invites set accepted_at = created_at").execute(&mut *using).await.unwrap();
        let used = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            using.commit().await.unwrap();
        };
        let accepting = accept_invite(&world.state, link, "Lee Ortiz", "velvet-otter-quarry".into());
        let (accepted, ()) = tokio::join!(accepting, used);
        assert!(matches!(accepted, Err(AcceptError::Ended)), "{accepted:?}");
    });
}
