//! The desk of an agency's administrator, beside the shop of its client.

use jiff::SignedDuration;
use minutebank::app::agency::{AgencyError, AgencyForm};
use minutebank::app::apply_pack::apply_pack;
use minutebank::app::follow_requests::follow_all;
use minutebank::app::open_periods::open_due;
use minutebank::app::request_cycles::request_cycles;
use minutebank::ledger::{self, Wallet};
use minutebank::payments::request::{self, PaymentRequest};
use minutebank::pricing::Terms;
use minutebank::state::AppState;
use minutebank::tenants::admin;
use minutebank::tenants::{self, AgencyId, UserId};
use minutebank::units::WorkspaceId;

use crate::fixture::World;
use crate::payments::shop::{Shop, shop_on};

/// An administrator and their client.
pub struct Desk<'s> {
    pub shop: &'s Shop<'s>,
    pub state: &'s AppState,
    pub agency: AgencyId,
    pub user: UserId,
    /// Public id of the client.
    pub client: String,
}

/// Runs a test at the desk of a client on these terms, with Small, Medium and Large assigned.
pub fn desk_on(terms: &Terms, test: impl AsyncFnOnce(&Desk)) {
    shop_on(terms, async |shop| {
        let (agency, user) = administrator(shop.world, shop.workspace, "admin@brightline.test").await;
        let client = shop.world.public_id(shop.workspace).await;
        test(&Desk { shop, state: &shop.state, agency, user, client }).await;
    });
}

/// Somebody who works for the agency of a workspace.
pub async fn administrator(world: &World, workspace: WorkspaceId, email: &str) -> (AgencyId, UserId) {
    let mut db = world.state.db.acquire().await.unwrap();
    let now = world.clock.now();
    let agency = admin::repo::agency_of(&mut db, workspace).await.unwrap();
    let user = tenants::repo::create_user(&mut db, email, "Elena Sørensen", "no password", now).await.unwrap();
    tenants::repo::add_agency_admin(&mut db, agency, user, now).await.unwrap();
    (agency, user)
}

impl Desk<'_> {
    /// A form with this key.
    pub fn form(&self, key: &str) -> AgencyForm {
        AgencyForm { agency: self.agency, user: self.user, key: key.to_owned() }
    }

    /// Applies Medium: 100 minutes for $10.
    pub async fn apply(&self, key: &str, paid: bool) -> Result<(), AgencyError> {
        apply_pack(self.state, &self.form(key), &self.client, "pack_medium", paid).await
    }

    /// The client's requests, oldest first.
    pub async fn requests(&self) -> Vec<PaymentRequest> {
        self.requests_of(self.shop.workspace).await
    }

    /// A workspace's requests, oldest first.
    pub async fn requests_of(&self, workspace: WorkspaceId) -> Vec<PaymentRequest> {
        let mut db = self.state.db.acquire().await.unwrap();
        let mut requests = request::repo::of_workspace(&mut db, workspace, None, 1_000).await.unwrap();
        requests.sort_by_key(|request| (request.due.at, request.created_at));
        requests
    }

    /// The client's wallet.
    pub async fn wallet(&self) -> Wallet {
        self.wallet_of(self.shop.workspace).await
    }

    /// A workspace's wallet.
    pub async fn wallet_of(&self, workspace: WorkspaceId) -> Wallet {
        let mut db = self.state.db.acquire().await.unwrap();
        ledger::repo::wallet(&mut db, workspace).await.unwrap().unwrap()
    }

    /// Lets days pass.
    pub fn later(&self, days: i64) {
        self.shop.world.clock.advance(SignedDuration::from_hours(24 * days));
    }

    /// What the server does by itself: opens periods, asks for them, and lets wallets follow.
    pub async fn bill(&self) {
        open_due(self.state).await.unwrap();
        request_cycles(self.state).await.unwrap();
        follow_all(self.state).await.unwrap();
    }

    /// A count, asked as the superuser.
    pub async fn count(&self, sql: &'static str) -> i64 {
        self.shop.count(sql).await
    }
}
