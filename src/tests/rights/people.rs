//! Who asks, and what they find: a client called Marker Dental with everybody of its own and everybody who is not.

use std::sync::Arc;

use minutebank::app::api_keys::revoke_api_key;
use minutebank::ids;
use minutebank::ledger::Command;
use minutebank::pricing::Terms;
use minutebank::state::AppState;
use minutebank::tenants::{self, AgencyId, Role, Scope};
use minutebank::units::WorkspaceId;
use reqwest::Method;
use tokio::sync::OnceCell;

use super::stock::Stock;
use crate::fixture::{World, starter};
use crate::site::{Answered, Browser, PASSWORD, Program, Site};

/// Stands on every page of the client and on nobody else's.
pub const MARKER: &str = "Marker Dental";
/// A Checkout session of the client's.
pub const SESSION: &str = "cs_test_marker1";

/// An endpoint of the client's, to which an event is on its way.
pub const ENDPOINT: &str = "we_marker";

/// An identity. Signed in are the first few, the others send a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Viewer,
    Billing,
    Owner,
    /// Owner of another workspace of the same agency.
    Neighbour,
    /// Owner of a workspace of another agency.
    Foreigner,
    AgencyAdmin,
    /// The agency's administrator while they read the client's pages.
    Visitor,
    /// Administrator of another agency.
    ForeignAdmin,
    /// Was removed from every workspace.
    Stranded,
    UnknownKey,
    RevokedKey,
    KeyWithoutScope,
    Key,
    /// Key of the neighbour's workspace.
    NeighbourKey,
    /// The same, naming the client's workspace.
    NeighbourKeyNaming,
    AgencyKeyUnnamed,
    AgencyKey,
    /// Another agency's key, naming the client's workspace.
    ForeignAgencyKey,
}

pub use Who::*;

pub const EVERYBODY: [Who; 19] = [
    Nobody,
    Viewer,
    Billing,
    Owner,
    Neighbour,
    Foreigner,
    AgencyAdmin,
    Visitor,
    ForeignAdmin,
    Stranded,
    UnknownKey,
    RevokedKey,
    KeyWithoutScope,
    Key,
    NeighbourKey,
    NeighbourKeyNaming,
    AgencyKeyUnnamed,
    AgencyKey,
    ForeignAgencyKey,
];

impl Who {
    /// Address of a person.
    fn email(self) -> Option<String> {
        let people = [Viewer, Billing, Owner, Neighbour, Foreigner, AgencyAdmin, Visitor, ForeignAdmin, Stranded];
        let person = if self == Visitor { AgencyAdmin } else { self };
        people.contains(&self).then(|| format!("{person:?}@people.test").to_lowercase())
    }

    /// True for those who belong to the client, or whose client it is.
    pub fn is_own(self) -> bool {
        matches!(self, Viewer | Billing | Owner | AgencyAdmin | Visitor | Key | AgencyKey)
    }

    /// Text of the key that is sent to an address, and whether it names the client's workspace.
    fn key(self, method: &Method, path: &str) -> Option<(&'static str, bool)> {
        match self {
            KeyWithoutScope if method != Method::GET && path.starts_with("/v1/wallet") => {
                Some(("mb_live_no_charge", false))
            }
            KeyWithoutScope if ["/v1/wallet", "/v1/usage"].iter().any(|it| path.starts_with(it)) => {
                Some(("mb_live_no_wallet", false))
            }
            KeyWithoutScope => Some(("mb_live_no_calls", false)),
            UnknownKey => Some(("mb_live_unknown", false)),
            RevokedKey => Some(("mb_live_revoked", false)),
            Key => Some(("mb_live_key", false)),
            NeighbourKey => Some(("mb_live_neighbour", false)),
            NeighbourKeyNaming => Some(("mb_live_neighbour", true)),
            AgencyKeyUnnamed => Some(("mb_live_agency", false)),
            AgencyKey => Some(("mb_live_agency", true)),
            ForeignAgencyKey => Some(("mb_live_foreign_agency", true)),
            _ => None,
        }
    }
}

/// The client and what it has.
pub struct Scene {
    pub site: Site,
    /// Public id of the client's workspace.
    pub client_id: String,
    /// Public id of a key of the client.
    pub key_id: String,
    /// Public id of the event that is on its way.
    pub event_id: String,
    /// Public id of the client's viewer.
    pub member_id: String,
    /// What the client's agency sells.
    pub stock: Stock,
    readers: [OnceCell<Browser>; EVERYBODY.len()],
}

impl Scene {
    /// Outside demo mode, with every identity in place.
    pub async fn new(world: &World) -> Self {
        let (agency, client) = found(world, "marker", MARKER).await;
        let neighbour = workspace(world, agency, "ws_neighbour", "Next Door").await;
        let (foreign_agency, foreigner) = found(world, "foreign", "Far Away").await;
        let viewer = Viewer.email().unwrap();
        let viewer = world.person(client, "Viewer", &viewer, Role::Viewer).await;
        for (workspace, who, role) in [
            (client, Billing, Role::Billing),
            (client, Owner, Role::Owner),
            (neighbour, Neighbour, Role::Owner),
            (foreigner, Foreigner, Role::Owner),
        ] {
            world.person(workspace, &format!("{who:?}"), &who.email().unwrap(), role).await;
        }
        let mut db = world.superuser().await;
        let now = world.clock.now();
        let hash = tenants::hash_password(PASSWORD.into()).await;
        for (agency, who) in [(agency, AgencyAdmin), (foreign_agency, ForeignAdmin)] {
            let admin = who.email().unwrap();
            let admin = tenants::repo::create_user(&mut db, &admin, "Admin", &hash, now).await.unwrap();
            tenants::repo::add_agency_admin(&mut db, agency, admin, now).await.unwrap();
        }
        tenants::repo::create_user(&mut db, &Stranded.email().unwrap(), "Stranded", &hash, now).await.unwrap();
        let revoked = world.key(client, "mb_live_revoked", &[Scope::Admin]).await;
        revoke_api_key(&world.state, client, revoked).await.unwrap();
        world.key(client, "mb_live_no_calls", &[Scope::WalletRead, Scope::WalletCharge]).await;
        world.key(client, "mb_live_no_wallet", &[Scope::CallsWrite, Scope::WalletCharge]).await;
        world.key(client, "mb_live_no_charge", &[Scope::CallsWrite, Scope::WalletRead]).await;
        let all = [Scope::CallsWrite, Scope::WalletRead, Scope::WalletCharge];
        let key = world.key(client, "mb_live_key", &all).await;
        world.key(neighbour, "mb_live_neighbour", &[Scope::Admin]).await;
        world.agency_key(client, "mb_live_agency", &[Scope::Admin]).await;
        world.agency_key(foreigner, "mb_live_foreign_agency", &[Scope::Admin]).await;
        assert_ne!(agency, foreign_agency);
        purchase(world, client).await;
        let event_id = event(world, client).await;
        let mut config = (*world.state.config).clone();
        config.demo = false;
        config.site_root = concat!(env!("CARGO_MANIFEST_DIR"), "/public").into();
        let site = Site::serving(AppState { config: config.into(), ..world.state.clone() }).await;
        Self {
            site,
            client_id: "ws_marker".into(),
            key_id: ids::derived("key", &[key]),
            event_id,
            member_id: ids::derived("usr", &[viewer.0]),
            stock: Stock::of(world, agency, client).await,
            readers: Default::default(),
        }
    }

    /// Asks as somebody. A form carries the token of the asker's own session, where there is one.
    pub async fn ask(&self, who: Who, method: &Method, path: &str, body: &Body) -> Answered {
        if let Some((text, names)) = who.key(method, path) {
            let workspace = names.then(|| self.client_id.clone());
            // What a redirect leads to is another route's answer.
            let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
            let program = Program { workspace, client, ..self.site.program(text) };
            return match body {
                Body::Json(json) => program.send_raw(method.clone(), path, "application/json", json.clone()).await,
                Body::Form(fields) => {
                    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                    program.post_raw(path, "application/x-www-form-urlencoded", form).await
                }
                Body::Empty => program.send(method.clone(), path).await,
            };
        }
        // A form may end its session; what only reads goes on in one.
        let browser = match method {
            &Method::GET => self.readers[who as usize].get_or_init(|| self.browser(who)).await,
            _ => &self.browser(who).await,
        };
        if path.starts_with("/live?") {
            // What it says first; there is no end to wait for.
            let mut response = browser.open(path).await;
            let (status, headers) = (response.status(), response.headers().clone());
            let first = response.chunk().await.unwrap().unwrap_or_default();
            return Answered { status, headers, body: String::from_utf8(first.to_vec()).unwrap() };
        }
        let mut fields: Vec<(&str, &str)> = Vec::new();
        let csrf;
        if let Body::Form(form) = body {
            csrf = token(browser).await;
            fields.push(("csrf", &csrf));
            fields.extend(form.iter().map(|(name, value)| (*name, value.as_str())));
        }
        browser.send(method.clone(), path, &[], &fields).await
    }

    /// Signed in as this person.
    pub async fn browser(&self, who: Who) -> Browser {
        let browser = self.site.browser();
        if let Some(email) = who.email() {
            assert_eq!(browser.sign_in(&email, PASSWORD).await.status, 303, "{who:?}");
        }
        if who == Visitor {
            let csrf = token(&browser).await;
            let visit = [("csrf", csrf.as_str()), ("workspace", &self.client_id)];
            assert_eq!(browser.post("/workspace", &visit).await.location(), "/billing");
        }
        browser
    }
}

/// The token of a browser's session, from the first page that it may see.
pub async fn token(browser: &Browser) -> String {
    for page in ["/settings", "/agency/clients"] {
        let page = browser.get(page).await;
        if page.status == 200 {
            return page.hidden("csrf");
        }
    }
    browser.get("/sign-in").await.hidden("csrf")
}

/// What is sent.
pub enum Body {
    Empty,
    Form(Vec<(&'static str, String)>),
    Json(String),
}

async fn found(world: &World, name: &str, client: &str) -> (AgencyId, WorkspaceId) {
    let mut db = world.superuser().await;
    let agency = format!("ag_{name}");
    let agency = tenants::repo::create_agency(&mut db, &agency, name, world.clock.now()).await.unwrap();
    (agency, workspace(world, agency, &format!("ws_{name}"), client).await)
}

async fn workspace(world: &World, agency: AgencyId, id: &str, name: &str) -> WorkspaceId {
    let mut db = world.superuser().await;
    let zone = jiff::tz::TimeZone::UTC;
    let workspace = tenants::repo::create_workspace(&mut db, agency, id, name, &zone, world.clock.now()).await.unwrap();
    let terms = Terms { included: 60_000, ..starter() };
    let snapshot = Arc::new(world.snapshot(workspace, &terms).await);
    world.submit(workspace, Command::Subscribe { snapshot, anchor_at: world.clock.now() }).await;
    workspace
}

/// An event on its way to the client's endpoint.
async fn event(world: &World, client: WorkspaceId) -> String {
    let insert = "with endpoint as (
             insert into event_endpoints (workspace_id, id, url, types, created_at, form_key)
             select id, $2, 'https://hooks.example.com/', array['wallet.low'], created_at, 'k' from workspaces
             where id = $1 returning workspace_id, id, created_at
         ), event as (
             insert into wallet_events (workspace_id, type, occurred_at, seq, data, dispatched_at)
             select id, 'wallet.low', created_at, 1, '{}', created_at from workspaces where id = $1 returning no
         )
         insert into event_deliveries (workspace_id, endpoint_id, event_no, next_attempt_at)
         select workspace_id, id, no, created_at from endpoint, event returning event_no";
    let mut db = world.superuser().await;
    let number = sqlx::query_scalar(insert).bind(client.0).bind(ENDPOINT).fetch_one(&mut db).await.unwrap();
    minutebank::notify::events::event_id(client, number)
}

/// A purchase that was credited long ago, for the way back from Checkout.
async fn purchase(world: &World, client: WorkspaceId) {
    let insert = sqlx::query(
        "insert into purchases (workspace_id, id, purchase_key, bought_by, kind, total_mc, customer_id, status,
             idempotency_key, request, checkout_session_id, checkout_url, created_at, credited_at, next_check_at)
         select $1, 'pur_marker', 'k', user_id, 'credits', 100000, 'cus_1', 'credited', 'i', '', $2, 'https://c.test/',
             created_at, created_at, created_at
         from members where workspace_id = $1 limit 1",
    );
    insert.bind(client.0).bind(SESSION).execute(&mut world.superuser().await).await.unwrap();
}
