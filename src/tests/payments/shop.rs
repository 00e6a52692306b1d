//! A client with packs on offer, the product on a port, and a Stripe sandbox beside it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use minutebank::app::buy_credits::{CreditsOrder, buy_credits};
use minutebank::app::buy_pack::{PackOrder, buy_pack};
use minutebank::app::fulfil_purchase::fulfil;
use minutebank::app::open_checkout::{BuyError, BuyForm};
use minutebank::app::save_card::save_card;
use minutebank::config::{Secret, StripeConfig};
use minutebank::payments::{self, Purchase, Stripe};
use minutebank::pricing::{PackOffer, Terms};
use minutebank::state::AppState;
use minutebank::tenants::{AgencyId, Role, UserId};
use minutebank::units::{Meter, MilliCents, WorkspaceId};
use minutebank::{catalog, ledger, sandbox};
use reqwest::Response;
use serde_json::{Value, json};
use stripe_webhook::Webhook;
use tokio::net::TcpListener;

use crate::fixture::{World, starter, world};
use crate::site::{self, Answered, PASSWORD, Site};

/// What signs the sandbox's webhooks.
pub const WEBHOOK_SECRET: &str = "whsec_shop";
/// Who owns the client.
pub const OWNER: &str = "owner@harbor.test";

/// Everything that buying takes.
pub struct Shop<'w> {
    pub world: &'w World,
    pub state: AppState,
    /// A client on Starter, with Small, Medium and Large on offer.
    pub workspace: WorkspaceId,
    /// Its owner.
    pub owner: UserId,
    /// The product.
    pub site: Site,
    sandbox: String,
    programs: reqwest::Client,
    _files: tempfile::TempDir,
}

/// Runs a test in a shop; afterwards ledger and purchases must agree.
pub fn shop(test: impl AsyncFnOnce(&Shop)) {
    shop_on(&starter(), test);
}

/// The same, with a client on other terms.
pub fn shop_on(terms: &Terms, test: impl AsyncFnOnce(&Shop)) {
    world(async |world| {
        let shop = Shop::open(world, terms).await;
        test(&shop).await;
        let mut db = shop.state.db.acquire().await.unwrap();
        let unpaired = payments::pairing::repo::unpaired(&mut db).await.unwrap();
        assert_eq!(unpaired, [], "purchases and credits agree after every test");
    });
}

impl<'w> Shop<'w> {
    /// Opens it.
    pub async fn open(world: &'w World, terms: &Terms) -> Self {
        let files = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = sandbox::Options {
            addr: listener.local_addr().unwrap(),
            state_file: files.path().join("sandbox.jsonl"),
            webhook_url: None,
            webhook_secret: WEBHOOK_SECRET.to_owned(),
            clock: world.clock.clone(),
        };
        let sandbox = format!("http://{}", options.addr);
        tokio::spawn(sandbox::run(options, listener, std::future::pending()));
        let mut config = (*world.state.config).clone();
        config.stripe = StripeConfig {
            secret_key: Secret::new("sk_test_shop"),
            webhook_secret: Secret::new(WEBHOOK_SECRET),
            api_base: Some(sandbox.parse().unwrap()),
        };
        let stripe = Stripe::new(&config.stripe).unwrap().answering_within(Duration::from_millis(700));
        let state = AppState { config: Arc::new(config), stripe: Arc::new(stripe), ..world.state.clone() };
        let workspace = world.subscribed(terms).await;
        let shop = Self {
            world,
            owner: world.person(workspace, "Dana Whitfield", OWNER, Role::Owner).await,
            workspace,
            site: Site::serving(state.clone()).await,
            sandbox,
            programs: reqwest::Client::new(),
            _files: files,
            state,
        };
        let endpoint = json!({ "url": shop.webhook_address(), "secret": WEBHOOK_SECRET });
        shop.control("webhook", endpoint).await;
        shop.stock().await;
        shop
    }

    /// Small, Medium and Large, assigned to the client.
    async fn stock(&self) {
        let mut db = self.state.db.acquire().await.unwrap();
        let agency: i64 = sqlx::query_scalar("select agency_id from workspaces where id = $1")
            .bind(self.workspace.0)
            .fetch_one(&mut *db)
            .await
            .unwrap();
        for (name, minutes, dollars) in [("Small", 50, 6), ("Medium", 100, 10), ("Large", 250, 20)] {
            let pack = PackOffer {
                id: format!("pack_{}", name.to_lowercase()),
                name: name.to_owned(),
                description: String::new(),
                meter: Meter::Minutes,
                units: minutes * 60,
                price: MilliCents(dollars * MilliCents::PER_DOLLAR),
                popular: name == "Medium",
            };
            let now = self.world.clock.now();
            let id = catalog::repo::create_pack(&mut db, AgencyId(agency), &pack, now).await.unwrap();
            catalog::repo::assign_pack(&mut db, self.workspace, id, now).await.unwrap();
        }
    }

    /// A person with [`PASSWORD`] in a workspace.
    pub async fn member(&self, workspace: WorkspaceId, email: &str, role: Role) -> UserId {
        self.world.person(workspace, "Sam Ortiz", email, role).await
    }

    /// A browser in which this person is signed in.
    pub async fn browser(&self, email: &str) -> Browser {
        let browser = self.site.browser();
        assert_eq!(browser.sign_in(email, PASSWORD).await.location(), "/billing");
        let csrf = browser.get("/billing?buy=minutes").await.hidden("csrf");
        Browser { browser, csrf }
    }

    fn webhook_address(&self) -> String {
        format!("{}/webhooks/stripe", self.site.base)
    }

    /// The owner's form.
    pub fn form(&self, key: &str) -> BuyForm {
        BuyForm { workspace: self.workspace, buyer: self.owner, purchase_key: key.to_owned(), save_card: false }
    }

    /// The owner's choice, under a form's key.
    pub fn order(&self, key: &str, pack: &str, quantity: i64) -> PackOrder {
        PackOrder { form: self.form(key), pack: pack.to_owned(), quantity }
    }

    /// Buys as the owner; answers the address of Checkout.
    pub async fn buy(&self, key: &str, quantity: i64) -> Result<String, BuyError> {
        buy_pack(&self.state, &self.order(key, "pack_medium", quantity)).await
    }

    /// Buys credits as the owner; answers the address of Checkout.
    pub async fn buy_credits(&self, key: &str, cents: i64) -> Result<String, BuyError> {
        let order = CreditsOrder { form: self.form(key), amount: MilliCents::from_cents(cents) };
        buy_credits(&self.state, &order).await
    }

    /// The purchase of a form's key.
    pub async fn purchase(&self, key: &str) -> Purchase {
        let mut db = self.state.db.acquire().await.unwrap();
        let found = payments::repo::purchase_by_key(&mut db, self.workspace, key).await.unwrap();
        found.expect("the purchase is stored")
    }

    /// The Checkout session of a form's key.
    pub async fn session(&self, key: &str) -> String {
        self.purchase(key).await.session.expect("the session is stored").0
    }

    /// Minutes left in every lot, oldest first.
    pub async fn lots(&self) -> Vec<i64> {
        let mut db = self.state.db.acquire().await.unwrap();
        let mut lots = ledger::repo::lots(&mut db, self.workspace, i64::MAX, 100).await.unwrap();
        lots.reverse();
        lots.iter().map(|lot| lot.remaining / 60).collect()
    }

    /// Credits, in cents.
    pub async fn credits(&self) -> i64 {
        let mut db = self.state.db.acquire().await.unwrap();
        let wallet = ledger::repo::wallet(&mut db, self.workspace).await.unwrap().expect("the client has a wallet");
        MilliCents(wallet.balances.credits_mc).cents_down()
    }

    /// A count, asked as the superuser.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.world.superuser().await).await.unwrap()
    }

    /// A change by hand, as the superuser.
    pub async fn by_hand(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.world.superuser().await).await.unwrap();
    }

    /// Asks the sandbox's controls for something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let sent = self.programs.post(format!("{}/_sandbox/{path}", self.sandbox)).json(&body).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}: {}", sent.text().await.unwrap());
        sent.json().await.unwrap()
    }

    /// Saves a card through Checkout.
    pub async fn save_card(&self, form: &BuyForm, number: &str) {
        let address = save_card(&self.state, form).await.unwrap();
        let session = address.rsplit('/').next().unwrap().split(['#', '?']).next().unwrap();
        let filled = self.control(&format!("sessions/{session}/pay"), json!({ "card": number })).await;
        if filled["status"] == "open" {
            // The bank asks, and its customer is there.
            let setup = filled["setup_intent"].as_str().unwrap();
            self.control(&format!("authenticate/{setup}"), json!({ "outcome": "complete" })).await;
        }
        fulfil(&self.state, session).await.unwrap();
    }

    /// Pays a session with a good card.
    pub async fn pay(&self, session: &str) {
        self.pay_with(session, "4242424242424242").await;
    }

    /// Pays a session with this card.
    pub async fn pay_with(&self, session: &str, number: &str) {
        self.control(&format!("sessions/{session}/pay"), json!({ "card": number })).await;
    }

    /// Holds the sandbox's webhooks back.
    pub async fn hold_webhooks(&self) {
        self.control("webhooks", json!({ "enabled": false })).await;
    }

    /// The next requests of this method and path go wrong.
    pub async fn fault(&self, kind: &str, method: &str, path: &str, times: u32) {
        let fault = json!({ "kind": kind, "path_prefix": path, "method": method, "times": times });
        self.control("faults", fault).await;
    }

    /// Nothing goes wrong any more.
    pub async fn heal(&self) {
        self.programs.delete(format!("{}/_sandbox/faults", self.sandbox)).send().await.unwrap();
    }

    /// The sandbox's figures.
    pub async fn figures(&self) -> Value {
        self.programs.get(format!("{}/_sandbox/state", self.sandbox)).send().await.unwrap().json().await.unwrap()
    }

    /// What the sandbox has charged and sent back, in cents.
    pub async fn money(&self) -> (i64, i64) {
        let ledger = self.programs.get(format!("{}/_sandbox/ledger", self.sandbox)).send().await.unwrap();
        let total = ledger.json::<Value>().await.unwrap()["total"].clone();
        (total["charged"].as_i64().unwrap(), total["refunded"].as_i64().unwrap())
    }

    /// The product while Stripe does not take its key, as when somebody has changed it there.
    pub fn locked_out(&self) -> AppState {
        let stripe = StripeConfig { secret_key: Secret::new("sk_changed"), ..self.state.config.stripe.clone() };
        AppState { stripe: Arc::new(Stripe::new(&stripe).unwrap()), ..self.state.clone() }
    }

    /// A POST to Stripe's own API, as nobody of the product's.
    pub async fn stripe(&self, path: &str) -> Response {
        let sent = self.programs.post(format!("{}/v1/{path}", self.sandbox)).bearer_auth("sk_test_other");
        sent.send().await.unwrap()
    }

    /// A POST of a form to Stripe's own API, as somebody in its dashboard.
    pub async fn stripe_form(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let sent = self.programs.post(format!("{}/v1/{path}", self.sandbox)).bearer_auth("sk_test_shop");
        let sent = sent.header("content-type", "application/x-www-form-urlencoded").body(body);
        sent.send().await.unwrap().json().await.unwrap()
    }

    /// A list of Stripe's, the newest first.
    pub async fn stripe_list(&self, path: &str) -> Vec<Value> {
        let asked = self.programs.get(format!("{}/v1/{path}", self.sandbox)).bearer_auth("sk_test_shop");
        let list: Value = asked.send().await.unwrap().json().await.unwrap();
        list["data"].as_array().cloned().unwrap_or_else(|| panic!("{path}: {list}"))
    }

    /// Sends the product a webhook's body under this signature; answers the status.
    pub async fn webhook(&self, body: &str, signature: &str) -> u16 {
        let sent = self.programs.post(self.webhook_address());
        let sent = sent.header("stripe-signature", signature).body(body.to_owned());
        sent.send().await.unwrap().status().as_u16()
    }

    /// A signature of now, or of so many seconds ago.
    pub fn signature(&self, body: &str, age_secs: i64) -> String {
        let at: Timestamp = self.world.clock.now();
        Webhook::generate_test_header(body, WEBHOOK_SECRET, Some(at.as_second() - age_secs))
    }
}

/// Somebody's browser, with the token of its forms.
pub struct Browser {
    browser: site::Browser,
    pub csrf: String,
}

impl Browser {
    /// Opens a page; answers the status and where it leads on.
    pub async fn open(&self, path: &str) -> (u16, String) {
        seen(&self.browser.get(path).await)
    }

    /// The text of a page.
    pub async fn page(&self, path: &str) -> String {
        self.browser.get(path).await.body
    }

    /// Sends the Buy Minutes form; answers the status and where it leads on.
    pub async fn buy(&self, fields: &[(&str, &str)]) -> (u16, String) {
        self.send("/billing/buy", fields).await
    }

    /// Sends any form; answers the status and where it leads on.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        self.send(path, fields).await
    }

    /// Sends the Add credits form; answers the status and where it leads on.
    pub async fn add_credits(&self, fields: &[(&str, &str)]) -> (u16, String) {
        self.send("/billing/credits", fields).await
    }

    /// Sends a form; answers the status and where it leads on.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let fields: Vec<_> = [("csrf", self.csrf.as_str())].iter().chain(fields).copied().collect();
        seen(&self.browser.post(path, &fields).await)
    }
}

fn seen(answer: &Answered) -> (u16, String) {
    (answer.status.as_u16(), answer.header("location").to_owned())
}
