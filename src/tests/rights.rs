//! Every address tried by everybody: what each identity gets from each route, and that whoever gets nothing changes
//! nothing. The routes come from the source, so one that this table does not know fails it.

mod charges;
pub mod desk;
mod events;
pub mod people;
pub mod routes;
pub mod stock;

use std::collections::BTreeSet;

use leptos::server_fn::ServerFn as _;
use minutebank::islands;
use reqwest::Method;
use serde_json::json;

use crate::fixture::{World, world};
use crate::site::Answered;
use people::{Body, EVERYBODY, MARKER, SESSION, Scene, Who};

/// Who gets what. `→` is a redirect, without its query; a number is a status.
#[derive(Clone, Copy, Debug)]
enum Guard {
    /// For everybody.
    Open(&'static str),
    /// For everybody; who is signed in has no use for it.
    Entrance(&'static str),
    /// For who is signed in: what the client's people get, and what others get.
    Page(&'static str, &'static str),
    /// A part of a page of the client.
    Section,
    /// News of the client; others are told that it is over.
    Live,
    /// A form of a page, for these roles of the client, and what owners elsewhere get.
    Form(&'static [Who], &'static str, &'static str),
    /// A form for everybody who has a session.
    OpenForm(&'static str),
    /// For keys: what the client's get, and what the neighbour's gets.
    Keyed(&'static str, &'static str),
    /// For administrators of an agency: what the client's get, and what another agency's get.
    Desk(&'static str, &'static str),
}

use Guard::*;

const SIGN_IN: &str = "→/sign-in";
const RECHARGE: &str = "→/billing#auto-recharge";
const REMOVED: &str = "→/billing#saved-card";
const MEMBERS: &[Who] = &[Who::Viewer, Who::Billing, Who::Owner];
const BUYERS: &[Who] = &[Who::Billing, Who::Owner];
const OWNERS: &[Who] = &[Who::Owner];
/// Whoever looks at a workspace may change their own password.
const SELVES: &[Who] = &[Who::Viewer, Who::Billing, Who::Owner, Who::Visitor];
/// Who may look at the client's pages.
const READERS: &[Who] = &[Who::Viewer, Who::Billing, Who::Owner, Who::AgencyAdmin, Who::ForeignAdmin, Who::Visitor];

impl Guard {
    fn expected(self, who: Who) -> &'static str {
        let elsewhere = matches!(who, Who::Neighbour | Who::Foreigner);
        let at_desk = matches!(who, Who::AgencyAdmin | Who::ForeignAdmin);
        let signed_in = elsewhere || who == Who::Visitor || MEMBERS.contains(&who);
        let stranded = who == Who::Stranded;
        let has_session = signed_in || at_desk || stranded || who == Who::Nobody;
        match self {
            Open(outcome) => outcome,
            Entrance("200") if stranded => "403",
            Entrance(_) if at_desk || who == Who::Visitor => "→/agency/clients",
            Entrance(_) if signed_in => "→/billing",
            Entrance(outcome) => outcome,
            Page(..) | Form(..) | Desk(..) if stranded => "403",
            Page(..) if at_desk => "→/agency/clients",
            Form(allowed, outcome, elsewhere) if at_desk => match (allowed.contains(&who), who) {
                (true, Who::AgencyAdmin) => outcome,
                (true, _) => elsewhere,
                (false, _) => "403",
            },
            Desk(outcome, _) if matches!(who, Who::AgencyAdmin | Who::Visitor) => outcome,
            Desk(_, outcome) if who == Who::ForeignAdmin => outcome,
            Desk(..) if signed_in => "404",
            Desk(..) => SIGN_IN,
            Page(_, outcome) | Form(_, _, outcome) if elsewhere => outcome,
            Page(outcome, _) if signed_in => outcome,
            Form(allowed, outcome, _) if allowed.contains(&who) => outcome,
            Form(..) if signed_in => "403",
            Page(..) | Form(..) => SIGN_IN,
            Live => {
                if who == Who::Visitor || MEMBERS.contains(&who) {
                    "changed"
                } else {
                    "over"
                }
            }
            Section => {
                if who == Who::Visitor || MEMBERS.contains(&who) {
                    "200"
                } else {
                    "401"
                }
            }
            OpenForm(outcome) => {
                if has_session {
                    outcome
                } else {
                    "403"
                }
            }
            Keyed(own, elsewhere) => match who {
                Who::Key | Who::AgencyKey => own,
                Who::NeighbourKey => elsewhere,
                Who::NeighbourKeyNaming | Who::ForeignAgencyKey => "404",
                Who::AgencyKeyUnnamed => "400",
                Who::KeyWithoutScope => "403",
                _ => "401",
            },
        }
    }
}

/// A route as the source has it, an address of it about the client, and what is sent there.
pub struct Row {
    pub route: &'static str,
    pub address: String,
    pub body: Body,
    guard: Guard,
}

fn get(route: &'static str, address: &str, guard: Guard) -> Row {
    Row { route, address: address.to_owned(), body: Body::Empty, guard }
}

fn form(route: &'static str, fields: &[(&'static str, &str)], guard: Guard) -> Row {
    post(route, route.strip_prefix("POST ").unwrap(), fields, guard)
}

fn post(route: &'static str, address: &str, fields: &[(&'static str, &str)], guard: Guard) -> Row {
    let fields = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Row { route, address: address.to_owned(), body: Body::Form(fields), guard }
}

fn json(route: &'static str, address: &str, body: serde_json::Value, guard: Guard) -> Row {
    Row { route, address: address.to_owned(), body: Body::Json(body.to_string()), guard }
}

/// Every route. What the allowed do is harmless, or comes last.
pub fn table(scene: &Scene) -> Vec<Row> {
    let ended = json!({ "outcome": "answered", "duration_seconds": 9, "billed_duration_seconds": 9 });
    let mut rows = vec![
        json("POST /v1/calls", "/v1/calls", json!({ "direction": "inbound" }), Keyed("201", "201")),
        get("GET /v1/calls/{id}", "/v1/calls/c1", Keyed("200", "404")),
        json(
            "POST /v1/calls/{id}/heartbeat",
            "/v1/calls/c1/heartbeat",
            json!({ "connected_seconds": 1 }),
            Keyed("200", "404"),
        ),
        json("POST /v1/calls/{id}/complete", "/v1/calls/c1/complete", ended, Keyed("200", "404")),
        get("GET /v1/calls/{id}/receipt", "/v1/calls/c1/receipt", Keyed("200", "404")),
        get("GET /v1/wallet", "/v1/wallet", Keyed("200", "200")),
        get("GET /v1/wallet/lots", "/v1/wallet/lots", Keyed("200", "200")),
        get("GET /v1/wallet/transactions", "/v1/wallet/transactions", Keyed("200", "200")),
        get("GET /v1/wallet/payment_methods", "/v1/wallet/payment_methods", Keyed("200", "200")),
        get("GET /v1/wallet/topups/{id}", "/v1/wallet/topups/pur_none", Keyed("404", "404")),
        get("GET /v1/wallet/auto_recharge", "/v1/wallet/auto_recharge", Keyed("200", "200")),
        json(
            "PUT /v1/wallet/auto_recharge",
            "/v1/wallet/auto_recharge",
            json!({ "enabled": false }),
            Keyed("200", "200"),
        ),
        // Without an Idempotency-Key nothing is charged.
        json("POST /v1/wallet/topup", "/v1/wallet/topup", json!({ "amount_usd": 5 }), Keyed("400", "400")),
        get("GET /v1/usage/daily", "/v1/usage/daily?from=2026-11-01&to=2026-11-20", Keyed("200", "200")),
        get("GET /v1/openapi.json", "/v1/openapi.json", Open("200")),
        json("POST /webhooks/stripe", "/webhooks/stripe", json!({ "id": "evt_1" }), Open("400")),
        get("GET /demo/mail", "/demo/mail", Open("404")),
        get("GET /healthz", "/healthz", Open("200")),
        get("GET /readyz", "/readyz", Open("200")),
        get("GET /pkg", "/pkg/..%2fCargo.toml", Open("404")),
        get("GET /favicon.svg", "/favicon.svg", Open("200")),
        get("GET /", "/", Entrance("→/billing")),
        get("GET /usage", "/usage", Open("→/billing")),
        get("GET /wallet", "/wallet", Open("→/billing")),
        get("GET /docs", "/docs", Open("200")),
        get("GET /sign-in", "/sign-in", Entrance("200")),
        get("GET /forgot", "/forgot", Open("200")),
        get("GET /reset", "/reset", Open("410")),
        get("GET /reset/{token}", "/reset/reset_none", Open("→/reset")),
        get("GET /invite", "/invite", Open("410")),
        get("GET /invite/{token}", "/invite/inv_none", Open("→/invite")),
        get("GET /sign-up/{agency}", "/sign-up/ag_marker", Open("200")),
        // Before the plan is archived, which ends sign-up.
        post("POST /sign-up/{agency}", "/sign-up/ag_marker", &[("email", "no address")], OpenForm("422")),
        get("GET /sign-up/{agency}/{token}", "/sign-up/ag_marker/sgn_none", Open("→/sign-up/ag_marker/password")),
        get("GET /sign-up/{agency}/password", "/sign-up/ag_marker/password", Open("410")),
        get("GET /billing", "/billing?added=pur_marker", Page("200", "200")),
        get("GET /billing/packages", "/billing/packages", Page("200", "200")),
        get("GET /billing/transactions", "/billing/transactions", Page("200", "200")),
        get("GET /billing/payments", "/billing/payments", Page("200", "200")),
        get("GET /billing/transactions.csv", "/billing/transactions.csv", Page("200", "200")),
        get("GET /billing/calls/{id}", "/billing/calls/c1", Page("200", "404")),
        get("GET /live", &format!("/live?workspace={}", scene.client_id), Live),
        get("GET /billing/usage.csv", "/billing/usage.csv", Page("200", "200")),
        get("GET /billing/return", &format!("/billing/return?session_id={SESSION}"), Page("→/billing", "404")),
        get("GET /settings", &format!("/settings?tab=api&revoke={}", scene.key_id), Page("200", "200")),
    ];
    // A visitor leaves with a page of the desk.
    rows.extend(sections(scene));
    rows.extend(charges::rows());
    rows.extend(events::rows(scene));
    rows.extend(stock::rows(scene));
    rows.extend(desk::rows(scene));
    rows.extend(forms(scene));
    rows
}

/// Every part of a page that is read on its own.
fn sections(scene: &Scene) -> Vec<Row> {
    let section = |route, path| get(route, &format!("{path}?workspace={}&query=", scene.client_id), Section);
    vec![
        section("GET <Wallet>", islands::Wallet::PATH),
        section("GET <Usage>", islands::Usage::PATH),
        section("GET <AddonPacks>", islands::AddonPacks::PATH),
        section("GET <AutoRecharge>", islands::AutoRecharge::PATH),
        section("GET <RecentTransactions>", islands::RecentTransactions::PATH),
        section("GET <SavedCard>", islands::SavedCard::PATH),
        section("GET <Payments>", islands::Payments::PATH),
    ]
}

/// Every form of a page.
fn forms(scene: &Scene) -> Vec<Row> {
    let new_key = [("name", ""), ("form_key", "form_1")];
    let twice = [("new", "x"), ("again", "x")];
    let pack = [("purchase_key", "k1"), ("pack", "pack_none"), ("quantity", "1")];
    let credits = [("purchase_key", "k2"), ("choice", "25")];
    let wrong = [("current", "wrong"), ("new", "velvet-otter-quarry"), ("again", "velvet-otter-quarry")];
    let refund = [("form_key", "k3"), ("purchase", "pur_none")];
    let pay = [("purchase_key", "k3"), ("request", "req_none")];
    let no_key = [("purchase_key", "a b")];
    let no_card = [("payment_method", "pm_none")];
    vec![
        form("POST /sign-in", &[("email", "nobody@people.test"), ("password", "x")], OpenForm("422")),
        form("POST /forgot", &[("email", "no address")], OpenForm("422")),
        form("POST /reset", &twice, OpenForm("410")),
        form("POST /invite", &twice, OpenForm("410")),
        post("POST /sign-up/{agency}/password", "/sign-up/ag_marker/password", &twice, OpenForm("410")),
        form("POST /billing/buy", &pack, Form(BUYERS, "→/billing", "→/billing")),
        form("POST /billing/pay", &pay, Form(BUYERS, "404", "404")),
        form("POST /billing/packages/refund", &refund, Form(OWNERS, "404", "404")),
        form("POST /billing/credits", &credits, Form(BUYERS, "→/billing", "→/billing")),
        form("POST /billing/recharge", &[("switch", "off")], Form(BUYERS, RECHARGE, RECHARGE)),
        form("POST /billing/card", &no_key, Form(BUYERS, "→/billing", "→/billing")),
        form("POST /billing/card/remove", &no_card, Form(BUYERS, REMOVED, REMOVED)),
        form("POST /workspace", &[("workspace", &scene.client_id)], Form(READERS, "→/billing", "404")),
        form("POST /settings/keys", &new_key, Form(OWNERS, "422", "422")),
        form(
            "POST /settings/members/invite",
            &[("email", "nobody"), ("role", "viewer"), ("form_key", "f1")],
            Form(OWNERS, "422", "422"),
        ),
        form(
            "POST /settings/members/withdraw",
            &[("email", "nobody@people.test")],
            Form(OWNERS, "→/settings", "→/settings"),
        ),
        form(
            "POST /settings/members/role",
            &[("member", &scene.member_id), ("role", "viewer")],
            Form(OWNERS, "→/settings", "404"),
        ),
        form("POST /settings/members/remove", &[("member", "usr_none")], Form(OWNERS, "404", "404")),
        form("POST /settings/alerts", &[("below", "5")], Form(BUYERS, "→/settings", "→/settings")),
        form("POST /settings/password", &wrong, Form(SELVES, "422", "422")),
        form("POST /sign-out", &[], OpenForm(SIGN_IN)),
        form("POST /settings/sign-out-everywhere", &[], Form(SELVES, "→/sign-in?notice", "→/sign-in?notice")),
        form("POST /settings/keys/revoke", &[("key", &scene.key_id)], Form(OWNERS, "→/settings", "404")),
    ]
}

/// An answer as the table writes it.
fn outcome(answer: &Answered) -> String {
    if answer.header("content-type") == "text/event-stream" {
        return answer.body.split("event: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    }
    if answer.status != 303 {
        return answer.status.as_u16().to_string();
    }
    let (path, query) = answer.location().split_once('?').unwrap_or((answer.location(), ""));
    let notice = if query.starts_with("notice=") { "?notice" } else { "" };
    format!("→{path}{notice}")
}

/// A sum of everything that is stored, but for sessions and the times at which keys were used.
pub async fn stored(world: &World) -> String {
    let mut db = world.superuser().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
         and relname not in ('sessions', 'idempotency_keys', '_sqlx_migrations') order by 1",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let row = "md5(string_agg((to_jsonb(t) - 'last_used_at')::text, '|' order by t::text))";
    let sums = tables.iter().map(|table| format!("(select '{table} ' || coalesce({row}, '') from {table} t)"));
    let sql = format!("select concat_ws(E'\\n', {})", sums.collect::<Vec<_>>().join(", "));
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap()
}

/// One cell: what `who` gets from a row, and that whoever is refused leaves everything as it was.
async fn cell(world: &World, scene: &Scene, row: &Row, who: Who) -> String {
    let method: Method = row.route.split(' ').next().unwrap().parse().unwrap();
    let expected = row.guard.expected(who);
    let refused = ["400", "401", "403", "404", SIGN_IN].contains(&expected);
    let refused = refused && method != Method::GET;
    let before = if refused { stored(world).await } else { String::new() };
    let answer = scene.ask(who, &method, &row.address, &row.body).await;
    let got = outcome(&answer);
    assert!(!answer.body.contains(MARKER) || who.is_own(), "{who:?} sees the client at {}", row.route);
    if refused && got == expected {
        assert_eq!(stored(world).await, before, "{who:?} was refused at {} and changed something", row.route);
    }
    got
}

#[test]
fn everybody_gets_from_every_route_what_is_theirs() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let call = Body::Json(json!({ "id": "c1", "direction": "inbound" }).to_string());
        assert_eq!(scene.ask(Who::Key, &Method::POST, "/v1/calls", &call).await.status, 201);
        charges::prepare(&scene).await;
        for (who, sees_itself, sees_keys, sees_purchase) in [
            (Who::Viewer, true, false, true),
            (Who::Billing, true, false, true),
            (Who::Owner, true, true, true),
            (Who::Neighbour, false, false, false),
        ] {
            let at = async |path: &str| scene.ask(who, &Method::GET, path, &Body::Empty).await.body;
            let (billing, keys) = (at("/billing?added=pur_marker").await, at("/settings?tab=api").await);
            let seen = (billing.contains(MARKER), keys.contains("mb_live_key"), billing.contains("$1.00 added"));
            assert_eq!(seen, (sees_itself, sees_keys, sees_purchase), "{who:?}");
        }
        let (rows, mut wrong, mut count) = (table(&scene), Vec::new(), 0);
        for row in &rows {
            // Failed attempts of one minute do not limit those of the next.
            world.clock.advance(jiff::SignedDuration::from_mins(1));
            let mut line = format!("{:<36}", row.route);
            for who in EVERYBODY {
                let got = cell(world, &scene, row, who).await;
                let expected = row.guard.expected(who);
                if got != expected {
                    wrong.push(format!("{} as {who:?}: {got}, not {expected}", row.route));
                }
                line.push_str(&format!(" {got}"));
                count += 1;
            }
            println!("{line}");
        }
        println!("{count} = {} routes × {} identities: {EVERYBODY:?}", rows.len(), EVERYBODY.len());
        assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
        let listed: BTreeSet<String> = rows.iter().map(|row| row.route.to_owned()).collect();
        assert_eq!(listed.len(), rows.len(), "each route has one row");
        let mut routes = routes::of_the_source();
        assert!(
            routes.remove("GET /metrics"),
            "on an address of its own, where nobody signs in: src/tests/measures.rs"
        );
        assert_eq!(listed, routes, "the table has exactly the routes of the source");
    });
}

#[test]
fn every_server_function_has_its_route() {
    let registered: BTreeSet<&str> = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path).collect();
    let routed = BTreeSet::from([
        islands::Wallet::PATH,
        islands::Usage::PATH,
        islands::AddonPacks::PATH,
        islands::AutoRecharge::PATH,
        islands::RecentTransactions::PATH,
        islands::Payments::PATH,
        islands::SavedCard::PATH,
    ]);
    assert_eq!(registered, routed);
}
