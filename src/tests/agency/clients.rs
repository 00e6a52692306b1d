//! Clients: created with plan and invited owner, listed by who runs out first, read in detail.

use futures::future::join_all;
use minutebank::app::agency::clients::{ClientState, clients};
use minutebank::app::agency::{AgencyError, client, lists};
use minutebank::app::create_agency::create_agency;
use minutebank::app::create_client::{NewClient, create_client};
use minutebank::app::grant::{Gift, grant};
use minutebank::app::invite::{AcceptError, accept_invite, invitation, open_invite};
use minutebank::app::invite_admin::resend_invite;
use minutebank::ledger::survey::SubscriptionStatus;
use minutebank::pricing::Fit;
use minutebank::tenants::LinkHash;
use minutebank::tenants::{self, Role, admin};
use minutebank::units::{Meter, MilliCents};
use url::Url;

use super::desk::{administrator, desk_on};
use crate::fixture::{starter, world};
use crate::ledger::{answered, place};

const PASSWORD: &str = "seven unrelated words of harbor";

/// Quiet Clinic, on a plan.
fn new(plan: &str) -> NewClient {
    NewClient {
        name: "Quiet Clinic".into(),
        time_zone: "America/Chicago".into(),
        plan: Some(plan.into()),
        owner_name: String::new(),
        owner_email: "Owner@quiet.test".into(),
    }
}

fn token(link: &Url) -> LinkHash {
    LinkHash::of(link.path().strip_prefix("/invite/").unwrap())
}

#[test]
fn a_client_is_created_once_with_its_plan_and_its_owner_comes_in_once() {
    desk_on(&starter(), async |desk| {
        let plan = lists::plans(desk.state, desk.agency).await.unwrap()[0].id.clone();
        let new = new(&plan);
        let made = join_all((0..4).map(|_| async { create_client(desk.state, &desk.form("new"), &new).await })).await;
        let made: Vec<_> = made.into_iter().map(Result::unwrap).collect();
        let id = &made[0].workspace;
        assert!(made.iter().all(|it| it.workspace == *id));
        let links: Vec<&Url> = made.iter().filter_map(|it| it.link.as_ref()).collect();
        let [link] = links.as_slice() else { panic!("one link: {links:?}") };
        let mails = "select count(*) from mails where recipient = 'Owner@quiet.test'";
        assert_eq!((desk.count("select count(*) from workspaces").await, desk.count(mails).await), (2, 1));
        let detail = client::client(desk.state, desk.agency, id).await.unwrap().unwrap();
        assert_eq!((detail.status, detail.overview.standing.allowance), (SubscriptionStatus::Active, 6_000));

        let token = token(link);
        let (invite, known) = invitation(desk.state, token).await.unwrap().unwrap();
        assert_eq!((invite.email.as_str(), invite.name.as_str(), known), ("owner@quiet.test", "Quiet Clinic", false));
        let weak = accept_invite(desk.state, token, "Tom Hanley", "password12".into()).await;
        assert!(matches!(weak, Err(AcceptError::Refused(_))));
        let accept = || accept_invite(desk.state, token, "Tom Hanley", PASSWORD.into());
        let (one, two) = tokio::join!(accept(), accept());
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let person = one.or(two).unwrap();
        assert_eq!(person.member_of, Some((detail.client.workspace, Role::Owner)), "seen first");
        let mut db = desk.state.db.acquire().await.unwrap();
        let member = tenants::repo::member(&mut db, detail.client.workspace, person.user).await.unwrap().unwrap();
        assert_eq!((member.role, member.email.as_str()), (Role::Owner, "owner@quiet.test"));
        assert!(matches!(accept().await, Err(AcceptError::Ended)));
        assert!(open_invite(desk.state, "inv_unknown").await.unwrap().is_none());
    });
}

#[test]
fn a_client_without_a_plan_subscribes_later() {
    desk_on(&starter(), async |desk| {
        let new = NewClient { plan: None, ..new("") };
        let made = create_client(desk.state, &desk.form("new"), &new).await.unwrap();
        let again = create_client(desk.state, &desk.form("new"), &new).await.unwrap();
        assert_eq!((made.workspace == again.workspace, again.link), (true, None));
        let rows = clients(desk.state, desk.agency, "quiet").await.unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.status, row.plan.as_deref(), row.allowance)).collect();
        assert_eq!(seen, [(SubscriptionStatus::None, None, None)]);
    });
}

#[test]
fn the_owner_s_name_stands_in_the_invitation_and_in_its_form() {
    desk_on(&starter(), async |desk| {
        let new = NewClient { plan: None, owner_name: " Tom Hanley ".into(), ..new("") };
        let made = create_client(desk.state, &desk.form("new"), &new).await.unwrap();
        let greeting = "select count(*) from mails where body like 'Hello Tom Hanley,%'";
        assert_eq!(desk.count(greeting).await, 1);
        let browser = desk.shop.site.browser();
        let opened = browser.get(made.link.as_ref().unwrap().path()).await;
        let form = browser.get(opened.location()).await.body;
        assert!(form.contains("value=\"Tom Hanley\""), "{form}");
        resend_invite(desk.state, &desk.form("again"), Some(&made.workspace), "owner@quiet.test").await.unwrap();
        assert_eq!(desk.count(greeting).await, 2, "sent again, it is still known");
        let long = NewClient { owner_name: "x".repeat(61), ..new };
        let refused = create_client(desk.state, &desk.form("long"), &long).await;
        assert!(matches!(refused, Err(AgencyError::Invalid(faults)) if faults[0].field == "owner_name"));
    });
}

#[test]
fn what_is_typed_wrong_is_named() {
    desk_on(&starter(), async |desk| {
        let wrong =
            NewClient { name: " ".into(), time_zone: "Mars/Base".into(), owner_email: "owner".into(), ..new("x") };
        let Err(AgencyError::Invalid(faults)) = create_client(desk.state, &desk.form("a"), &wrong).await else {
            panic!("refused");
        };
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["name", "owner_email", "time_zone"]);
        let unknown = create_client(desk.state, &desk.form("b"), &new("plan_unknown")).await;
        assert!(matches!(unknown, Err(AgencyError::Invalid(faults)) if faults[0].field == "plan"));
        assert_eq!(desk.count("select count(*) from workspaces").await, 1);
    });
}

#[test]
fn who_runs_out_first_stands_on_top() {
    desk_on(&starter(), async |desk| {
        let plan = lists::plans(desk.state, desk.agency).await.unwrap()[0].id.clone();
        let mut ids = vec![desk.client.clone()];
        for (key, name) in [("a", "Anchor"), ("b", "Beacon"), ("c", "Clipper")] {
            let new = NewClient { name: name.into(), owner_email: format!("{key}@b.test"), ..new(&plan) };
            ids.push(create_client(desk.state, &desk.form(key), &new).await.unwrap().workspace);
        }
        let use_minutes = async |id: &str, minutes: i64| {
            let workspace = client::workspace(desk.state, desk.agency, id).await.unwrap().unwrap();
            desk.shop.world.submit(workspace, place("a")).await;
            desk.shop.world.submit(workspace, answered("a", minutes * 60)).await;
        };
        use_minutes(&ids[2], 100).await;
        use_minutes(&ids[3], 99).await;
        let list = async |search: &str| clients(desk.state, desk.agency, search).await.unwrap();
        let all = list("").await;
        let names: Vec<_> = all.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["Beacon", "Clipper", "Anchor", "Harbor Dental"]);
        let pills: Vec<_> = all.iter().map(|row| row.standing.fit()).collect();
        assert_eq!(pills, [Fit::Paused, Fit::One, Fit::Many(100), Fit::Many(100)]);
        assert_eq!(all[0].status, SubscriptionStatus::Blocked, "exhausted");
        assert_eq!(list("ANCH").await.len(), 1);
        let among = |state| all.iter().filter(|row| row.is(state)).map(|row| row.name.as_str()).collect::<Vec<_>>();
        assert_eq!(among(ClientState::Paused), ["Beacon"]);
        assert_eq!(among(ClientState::Low), ["Clipper"]);
        let used: Vec<_> = all.iter().map(|row| row.allowance.map(|it| (it.used, it.included))).collect();
        assert_eq!(used, [Some((6_000, 6_000)), Some((5_940, 6_000)), Some((0, 6_000)), Some((0, 6_000))]);
        let called: Vec<_> = all.iter().map(|row| row.last_call_at.is_some()).collect();
        assert_eq!(called, [true, true, false, false]);
        let (other, _) = administrator(desk.shop.world, desk.shop.world.workspace().await, "admin@other.test").await;
        let theirs = clients(desk.state, other, "").await.unwrap();
        assert!(theirs.iter().all(|row| !ids.contains(&row.id)));
        assert!(client::client(desk.state, other, &desk.client).await.unwrap().is_none());
    });
}

#[test]
fn a_grant_has_a_reason_and_is_given_once() {
    desk_on(&starter(), async |desk| {
        let give =
            async |key: &str, gift, reason: &str| grant(desk.state, &desk.form(key), &desk.client, gift, reason).await;
        let minutes = Gift::Units(Meter::Minutes, 1_200);
        let money = Gift::Credits(MilliCents(250_000));
        let given = join_all((0..5).map(|_| give("units", minutes, "Outage on Friday"))).await;
        assert!(given.iter().all(Result::is_ok), "{given:?}");
        join_all((0..5).map(|_| give("money", money, "Welcome"))).await;
        assert_eq!((desk.shop.lots().await, desk.shop.credits().await), (vec![20], 250));
        assert_eq!(desk.requests().await, [], "nothing is asked for");
        for (key, gift, reason, field) in [
            ("a", minutes, " ", "reason"),
            ("b", Gift::Units(Meter::Minutes, 61), "x", "units"),
            ("c", Gift::Units(Meter::Calls, 5), "x", "units"),
            ("d", Gift::Credits(MilliCents(500)), "x", "amount"),
        ] {
            let Err(AgencyError::Invalid(faults)) = give(key, gift, reason).await else { panic!("{field} is refused") };
            assert_eq!(faults[0].field, field);
        }
        assert!(matches!(give("money", minutes, "Welcome").await, Err(AgencyError::FormUsed)));
        let trail = lists::audit_trail(desk.state, desk.agency, Some(&desk.client), i64::MAX, 10).await.unwrap();
        let told: Vec<_> = trail.iter().map(|it| (it.actor.as_deref(), it.details.as_str())).collect();
        let who = Some("Elena Sørensen");
        assert_eq!(told, [(who, "$2.50 in credits: Welcome"), (who, "20 min: Outage on Friday")]);
    });
}

#[test]
fn the_trail_cannot_be_changed_by_the_application() {
    desk_on(&starter(), async |desk| {
        desk.apply("one", false).await.unwrap();
        for change in ["update audit_trail set details = ''", "delete from audit_trail", "truncate audit_trail"] {
            let changed = sqlx::query(change).execute(&desk.state.db).await;
            assert!(changed.unwrap_err().to_string().contains("permission denied"), "{change}");
        }
    });
}

#[test]
fn an_agency_is_created_with_a_link_for_its_first_administrator() {
    world(async |world| {
        let mut db = world.state.db.acquire().await.unwrap();
        let now = world.clock.now();
        let url = Url::parse("https://billing.test").unwrap();
        assert!(create_agency(&mut db, &url, "Brightline Voice", "nobody", now).await.is_err());
        let link = create_agency(&mut db, &url, "Brightline Voice", "admin@new.test", now).await.unwrap();
        drop(db);
        assert!(link.as_str().starts_with("https://billing.test/invite/inv_"), "{link}");
        let person = accept_invite(&world.state, token(&link), "Elena Sørensen", PASSWORD.into()).await.unwrap();
        assert_eq!(person.member_of, None, "the agency is seen first");
        let mut db = world.state.db.acquire().await.unwrap();
        let admin = admin::repo::admin(&mut db, person.user).await.unwrap().unwrap();
        assert_eq!((admin.agency_name.as_str(), admin.email.as_str()), ("Brightline Voice", "admin@new.test"));
    });
}
