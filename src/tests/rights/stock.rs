//! What the client's agency sells, and the addresses at which it does so.

use minutebank::catalog::{PackDraft, repo};
use minutebank::payments::inbox::{self, ItemKind, NewItem};
use minutebank::tenants::AgencyId;
use minutebank::units::{Meter, MilliCents, WorkspaceId};

use super::Guard::Desk;
use super::people::Scene;
use super::{Row, form, get, post};
use crate::fixture::World;

/// A plan and a pack.
pub struct Stock {
    /// Public id of the client's plan.
    pub plan_id: String,
    /// Public id of a pack.
    pub pack_id: String,
    /// An item of the inbox that is about the client.
    pub item: i64,
}

impl Stock {
    /// The plans of an agency are there, newcomers begin on the first; a pack is added, and an item about the client.
    pub async fn of(world: &World, agency: AgencyId, client: WorkspaceId) -> Self {
        let mut db = world.superuser().await;
        let plan = repo::plans(&mut db, agency, None).await.unwrap().swap_remove(0);
        assert!(repo::set_sign_up_plan(&mut db, agency, &plan.id).await.unwrap());
        let draft = PackDraft {
            name: "Medium".into(),
            description: String::new(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_000_000),
            popular: true,
        };
        let pack_id = "pack_marker".to_owned();
        repo::create_pack(&mut db, agency, &draft.offer(&pack_id), world.clock.now()).await.unwrap();
        let (kind, detail) = (ItemKind::Overrun, "9 s of a call were covered by nothing");
        let item = NewItem { workspace: client, kind, reference: "call_1", detail, amount: None };
        inbox::repo::insert(&mut db, &item, world.clock.now()).await.unwrap();
        let item = inbox::repo::page(&mut db, agency, true, i64::MAX, 1).await.unwrap().swap_remove(0).id;
        Self { plan_id: plan.id, pack_id, item }
    }
}

/// The catalogue, and the lists of all clients. What is posted is refused for its fields, or comes last.
pub fn rows(scene: &Scene) -> Vec<Row> {
    let (plan, pack) = (&scene.stock.plan_id, &scene.stock.pack_id);
    let plan = |path: &str| format!("/agency/plans/{plan}{path}");
    let pack = |path: &str| format!("/agency/packs/{pack}{path}");
    let (nothing, key) = ([("name", "")], [("form_key", "stock_1")]);
    let other_key = [("form_key", "stock_2")];
    let nobody = [("form_key", "stock_3"), ("client", &scene.client_id), ("request", "req_none")];
    let settle = format!("/agency/inbox/{}/dismiss", scene.stock.item);
    vec![
        get("GET /agency/requests", "/agency/requests", Desk("200", "200")),
        form("POST /agency/requests/paid", &nobody, Desk("404", "404")),
        form("POST /agency/requests/cancel", &nobody, Desk("404", "404")),
        get("GET /agency/inbox", "/agency/inbox", Desk("200", "200")),
        post("POST /agency/inbox/{id}/{verdict}", &settle, &[("form_key", "stock_4")], Desk("→/agency/inbox", "404")),
        get("GET /agency/plans", "/agency/plans", Desk("200", "200")),
        get("GET /agency/plans/new", "/agency/plans/new", Desk("200", "200")),
        form("POST /agency/plans/new", &nothing, Desk("422", "422")),
        get("GET /agency/plans/{id}", &plan(""), Desk("200", "404")),
        post("POST /agency/plans/{id}", &plan(""), &nothing, Desk("422", "404")),
        get("GET /agency/plans/{id}/apply", &plan("/apply"), Desk("200", "404")),
        post("POST /agency/plans/{id}/apply", &plan("/apply"), &nothing, Desk("422", "404")),
        post("POST /agency/plans/{id}/archive", &plan("/archive"), &key, Desk("→/agency/plans?notice", "404")),
        get("GET /agency/packs", "/agency/packs", Desk("200", "200")),
        get("GET /agency/packs/new", "/agency/packs/new", Desk("200", "200")),
        form("POST /agency/packs/new", &nothing, Desk("422", "422")),
        get("GET /agency/packs/{id}", &pack(""), Desk("200", "404")),
        post("POST /agency/packs/{id}", &pack(""), &nothing, Desk("422", "404")),
        post("POST /agency/packs/{id}/archive", &pack("/archive"), &other_key, Desk("→/agency/packs?notice", "404")),
    ]
}
