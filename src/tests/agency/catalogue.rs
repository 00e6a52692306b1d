//! Plans and packs: an edit changes the offer, never what somebody has.

use futures::future::join_all;
use minutebank::app::agency::{AgencyError, AgencyForm, lists};
use minutebank::app::assign_packs::{assign_packs, remove_assignment};
use minutebank::app::edit_pack::{archive_pack, create_pack, edit_pack};
use minutebank::app::edit_plan::{apply_terms, archive_plan, create_plan, edit_plan};
use minutebank::app::overview::offers;
use minutebank::catalog::{PackDraft, PlanDraft};
use minutebank::ledger::Effective;
use minutebank::pricing::Terms;
use minutebank::units::{Meter, MilliCents};

use super::desk::{Desk, administrator, desk_on};
use crate::fixture::starter;

fn draft(terms: Terms) -> PlanDraft {
    PlanDraft { rank: 5, public: true, terms }
}

fn pack(name: &str, minutes: i64) -> PackDraft {
    PackDraft {
        name: name.into(),
        description: String::new(),
        meter: Meter::Minutes,
        units: minutes * 60,
        price: MilliCents(1_000_000),
        popular: false,
    }
}

async fn seen(desk: &Desk<'_>) -> Vec<String> {
    let offers = offers(desk.state, desk.shop.workspace).await.unwrap();
    offers.packs.into_iter().map(|pack| pack.name).collect()
}

#[test]
fn a_plan_s_edit_touches_nobody_until_it_is_applied() {
    desk_on(&starter(), async |desk| {
        let (shop, form) = (desk.shop, |key: &str| desk.form(key));
        let plan: String = sqlx::query_scalar("select public_id from plans")
            .fetch_one(&mut shop.world.superuser().await)
            .await
            .unwrap();
        let behind = async || lists::behind(desk.state, desk.agency, &plan).await.unwrap();
        assert_eq!(behind().await, []);
        let off = draft(Terms { addons: false, included: 12_000, ..starter() });
        join_all((0..3).map(|_| async { edit_plan(desk.state, &desk.form("edit"), &plan, &off).await })).await;
        let other = edit_plan(desk.state, &desk.form("edit"), &plan, &draft(starter())).await;
        assert!(matches!(other, Err(AgencyError::FormUsed)), "typed over after it was saved, it is not saved again");
        assert_eq!(desk.wallet().await.subscription.unwrap().snapshot.terms, starter(), "the snapshot stays");
        let touched = behind().await;
        assert_eq!(
            (touched.len(), touched[0].client.as_str(), &touched[0].terms),
            (1, desk.client.as_str(), &starter())
        );
        let clients = [desk.client.clone()];
        let left = apply_terms(desk.state, &form("apply"), &plan, &clients, Effective::PeriodEnd).await.unwrap();
        assert!(left.is_empty());
        assert_eq!((behind().await, desk.wallet().await.balances.allowance), (vec![], 6_000));
        desk.later(31);
        desk.bill().await;
        assert_eq!(desk.wallet().await.balances.allowance, 12_000);
        assert!(matches!(desk.apply("off", false).await, Err(AgencyError::AddonsDisabled)));
        let again = apply_terms(desk.state, &form("apply"), &plan, &clients, Effective::PeriodEnd).await.unwrap();
        assert!(again.is_empty());
        assert_eq!(desk.count("select count(*) from plan_snapshots").await, 2, "the same form takes no other snapshot");
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'plan.edit'").await, 1);
    });
}

#[test]
fn plans_are_created_once_checked_and_archived() {
    desk_on(&starter(), async |desk| {
        let growth = draft(Terms { name: " Growth ".into(), ..starter() });
        let made = join_all((0..5).map(|_| async { create_plan(desk.state, &desk.form("new"), &growth).await })).await;
        let ids: Vec<String> = made.into_iter().map(Result::unwrap).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        let plans = lists::plans(desk.state, desk.agency).await.unwrap();
        let of = |name: &str| plans.iter().find(|plan| plan.draft.terms.name == name).map(|plan| plan.clients);
        assert_eq!((plans.len(), of("Starter"), of("Growth")), (2, Some(1), Some(0)));
        let wrong = draft(Terms { price: MilliCents(1), ..starter() });
        let refused = create_plan(desk.state, &desk.form("wrong"), &wrong).await;
        assert!(matches!(refused, Err(AgencyError::Invalid(faults)) if faults[0].field == "price"));
        archive_plan(desk.state, &desk.form("archive"), &ids[0]).await.unwrap();
        archive_plan(desk.state, &desk.form("archive"), &ids[0]).await.expect("the same form says the same");
        let gone = edit_plan(desk.state, &desk.form("late"), &ids[0], &growth).await;
        assert!(matches!(gone, Err(AgencyError::NotFound)), "what is archived is edited no more");
        let used = archive_plan(desk.state, &desk.form("new"), &ids[0]).await;
        assert!(matches!(used, Err(AgencyError::FormUsed)));
    });
}

#[test]
fn a_client_sees_what_is_assigned_until_it_is_removed() {
    desk_on(&starter(), async |desk| {
        assert_eq!(seen(desk).await, ["Small", "Medium", "Large"]);
        for (key, pack) in [("a", "pack_small"), ("b", "pack_medium"), ("c", "pack_large")] {
            remove_assignment(desk.state, &desk.form(key), &desk.client, pack).await.unwrap();
        }
        remove_assignment(desk.state, &desk.form("a"), &desk.client, "pack_small").await.unwrap();
        let again = remove_assignment(desk.state, &desk.form("d"), &desk.client, "pack_small").await;
        assert!(matches!(again, Err(AgencyError::NotFound)));
        assert_eq!(seen(desk).await, [""; 0]);
        let packs = ["pack_small".to_owned(), "pack_large".to_owned()];
        join_all(
            (0..3).map(|_| async { assign_packs(desk.state, &desk.form("both"), &desk.client, &packs, &[]).await }),
        )
        .await;
        assert_eq!(seen(desk).await, ["Small", "Large"]);
        // Large is taken back by leaving it out; the form did not know of Medium, which another one has assigned.
        let medium = ["pack_medium".to_owned()];
        assign_packs(desk.state, &desk.form("medium"), &desk.client, &medium, &[]).await.unwrap();
        assign_packs(desk.state, &desk.form("edit"), &desk.client, &packs[..1], &packs).await.unwrap();
        assert_eq!(seen(desk).await, ["Small", "Medium"]);
        assign_packs(desk.state, &desk.form("back"), &desk.client, &packs[1..], &[]).await.unwrap();
        remove_assignment(desk.state, &desk.form("e"), &desk.client, "pack_medium").await.unwrap();
        let none = assign_packs(desk.state, &desk.form("none"), &desk.client, &[], &[]).await;
        assert!(matches!(none, Err(AgencyError::Invalid(faults)) if faults[0].field == "packs"));
        assert_eq!(desk.count("select count(*) from audit_trail where action = 'packs.assign'").await, 4);
        let left = "select count(*) from audit_trail where details = 'Small; no longer Large'";
        assert_eq!(desk.count(left).await, 1);
    });
}

#[test]
fn an_archived_pack_is_gone_and_an_edited_one_is_offered_as_it_is_now() {
    desk_on(&starter(), async |desk| {
        desk.apply("before", false).await.unwrap();
        let new = create_pack(desk.state, &desk.form("new"), &pack("Huge", 1_000)).await.unwrap();
        assign_packs(desk.state, &desk.form("assign"), &desk.client, std::slice::from_ref(&new), &[]).await.unwrap();
        for _ in 0..2 {
            edit_pack(desk.state, &desk.form("edit"), "pack_medium", &pack("Middle", 120)).await.unwrap();
        }
        let other = edit_pack(desk.state, &desk.form("edit"), "pack_medium", &pack("Middle", 130)).await;
        assert!(matches!(other, Err(AgencyError::FormUsed)));
        archive_pack(desk.state, &desk.form("archive"), &new).await.unwrap();
        assert_eq!(seen(desk).await, ["Small", "Middle", "Large"]);
        desk.apply("after", false).await.unwrap();
        assert_eq!(desk.shop.lots().await, [100, 120], "what was credited stays as it was");
        let cheap = PackDraft { price: MilliCents(49_000), ..pack("Cheap", 1) };
        let refused = create_pack(desk.state, &desk.form("cheap"), &cheap).await;
        assert!(matches!(refused, Err(AgencyError::Invalid(faults)) if faults[0].field == "price"));
    });
}

#[test]
fn another_agency_s_catalogue_does_not_exist() {
    desk_on(&starter(), async |desk| {
        let elsewhere = desk.shop.world.subscribed(&starter()).await;
        let (agency, user) = administrator(desk.shop.world, elsewhere, "admin@other.test").await;
        let form = |key: &str| AgencyForm { agency, user, key: key.into() };
        let own = desk.shop.world.public_id(elsewhere).await;
        let edited = edit_pack(desk.state, &form("a"), "pack_medium", &pack("Mine", 1)).await;
        assert!(matches!(edited, Err(AgencyError::NotFound)));
        let archived = archive_pack(desk.state, &form("b"), "pack_medium").await;
        assert!(matches!(archived, Err(AgencyError::NotFound)));
        let assigned = assign_packs(desk.state, &form("c"), &own, &["pack_medium".to_owned()], &[]).await;
        assert!(matches!(assigned, Err(AgencyError::NotFound)));
        let removed = remove_assignment(desk.state, &form("d"), &desk.client, "pack_medium").await;
        assert!(matches!(removed, Err(AgencyError::NotFound)));
        assert_eq!(lists::packs(desk.state, agency).await.unwrap(), []);
        assert_eq!(seen(desk).await, ["Small", "Medium", "Large"]);
    });
}
