//! A world per test: an own database on one real Postgres, a clock that stands still, the application's state. When the
//! test is over, the ledger is reconciled.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use minutebank::clock::Clock;
use minutebank::config::Config;
use minutebank::ledger::{self, Answer, Command, Ledger, LedgerError, Options, Snapshot};
use minutebank::notify::live::Hub;
use minutebank::payments::Stripe;
use minutebank::pricing::{ExcessMode, HoldPolicy, PurchaseMode, Rates, Terms};
use minutebank::state::AppState;
use minutebank::units::{Meter, MilliCents, Seconds, WorkspaceId};
use minutebank::{database, embedded, tenants};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

/// When every world begins.
pub const START: &str = "2026-11-20T15:00:00Z";

const TEMPLATE: &str = "minutebank_template";

/// The application with its own database.
pub struct World {
    pub state: AppState,
    pub clock: Clock,
    /// Connects as the superuser, who may do what the application may not.
    pub superuser_url: String,
}

/// Runs a test in a new world, then checks every invariant of the ledger.
pub fn world(test: impl AsyncFnOnce(&World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        test(&world).await;
        let report = world.reconcile().await;
        assert_eq!(report.findings, [], "the ledger reconciles after every test");
    });
}

/// The address of the one Postgres of this process, with a migrated template database. It ends with the process.
fn cluster() -> &'static str {
    static CLUSTER: OnceLock<String> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let (ready, url) = mpsc::channel();
        // The thread that starts Postgres must live on, and each test has a runtime of its own.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let cluster = embedded::start(embedded::Options { data_dir: data_dir() }).await.expect("Postgres");
                let mut admin = connection(cluster.url()).await;
                sqlx::query("create database minutebank_template").execute(&mut admin).await.unwrap();
                database::migrate(&named(cluster.url(), TEMPLATE)).await.expect("migrations");
                ready.send(cluster.url().to_owned()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        url.recv().expect("Postgres starts")
    })
}

/// A new folder for this process; what earlier runs left is removed.
fn data_dir() -> PathBuf {
    let parent = std::env::temp_dir();
    for entry in std::fs::read_dir(&parent).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let owner = name.strip_prefix("minutebank-integration-");
        if owner.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let dir = parent.join(format!("minutebank-integration-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The same server, another database.
fn named(url: &str, database: &str) -> String {
    let mut url: url::Url = url.parse().unwrap();
    url.set_path(database);
    url.into()
}

async fn connection(url: &str) -> PgConnection {
    let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
    options.connect().await.expect("a connection to the test's Postgres")
}

impl World {
    async fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let url = tokio::task::spawn_blocking(cluster).await.unwrap();
        let name = format!("world_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut admin = connection(url).await;
        let create = sqlx::AssertSqlSafe(format!("create database {name} template {TEMPLATE}"));
        sqlx::query(create).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let superuser_url = named(url, &name);
        let clock = Clock::held(START.parse().unwrap());
        let config = Config::read(&|name| (name == "MINUTEBANK_DATA_DIR").then(|| "/nowhere".to_owned())).unwrap();
        let options = Options { database_url: superuser_url.clone(), shards: 2, clock: clock.clone() };
        let state = AppState {
            stripe: Arc::new(Stripe::new(&config.stripe).unwrap()),
            db: database::connect(&superuser_url, 10).await.unwrap(),
            ledger: Arc::new(Ledger::start(&options).await.unwrap()),
            live: Hub::default(),
            clock: clock.clone(),
            config: Arc::new(config),
        };
        Self { state, clock, superuser_url }
    }

    /// A connection as the superuser.
    pub async fn superuser(&self) -> PgConnection {
        connection(&self.superuser_url).await
    }

    /// Checks every invariant of the ledger.
    pub async fn reconcile(&self) -> ledger::Report {
        let mut db = self.state.db.acquire().await.unwrap();
        ledger::reconcile(&mut db).await.unwrap()
    }

    /// A command that must not fail.
    pub async fn submit(&self, workspace: WorkspaceId, command: Command) -> Answer {
        self.try_submit(workspace, command).await.expect("the command is carried out")
    }

    /// A command.
    pub async fn try_submit(&self, workspace: WorkspaceId, command: Command) -> Result<Answer, LedgerError> {
        self.state.ledger.submit(workspace, command).await
    }

    /// A new workspace of a new agency, subscribed to these terms since [`START`].
    pub async fn subscribed(&self, terms: &Terms) -> WorkspaceId {
        let workspace = self.workspace().await;
        let snapshot = self.snapshot(workspace, terms).await;
        let subscribe = Command::Subscribe { snapshot: Arc::new(snapshot), anchor_at: self.clock.now() };
        self.submit(workspace, subscribe).await;
        workspace
    }

    /// A copy of these terms for a workspace, from a new plan.
    pub async fn snapshot(&self, workspace: WorkspaceId, terms: &Terms) -> Snapshot {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let id = format!("plan_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut db = self.state.db.acquire().await.unwrap();
        let now = self.clock.now();
        let plan: i64 = sqlx::query_scalar(
            "insert into plans (public_id, agency_id, rank, public, terms, created_at)
             select $4, agency_id, 1, true, $2, $3 from workspaces where id = $1 returning id",
        )
        .bind(workspace.0)
        .bind(sqlx::types::Json(terms))
        .bind(jiff_sqlx::Timestamp::from(now))
        .bind(id)
        .fetch_one(&mut *db)
        .await
        .unwrap();
        ledger::repo::take_snapshot(&mut db, workspace, plan, terms, now).await.unwrap()
    }

    /// A new workspace of a new agency, without a subscription.
    pub async fn workspace(&self) -> WorkspaceId {
        self.workspace_in(&TimeZone::get("America/New_York").unwrap()).await
    }

    /// The same in another zone.
    pub async fn workspace_in(&self, zone: &TimeZone) -> WorkspaceId {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut db = self.state.db.acquire().await.unwrap();
        let now = self.clock.now();
        let agency =
            tenants::repo::create_agency(&mut db, &format!("ag_{number}"), "Brightline Voice", now).await.unwrap();
        let id = format!("ws_{number}");
        tenants::repo::create_workspace(&mut db, agency, &id, "Harbor Dental", zone, now).await.unwrap()
    }
}

/// Starter: 100 minutes, packs On, self-service, `buffer(60)`, no rates.
pub fn starter() -> Terms {
    Terms {
        name: "Starter".into(),
        price: MilliCents(2_900_000),
        meter: Meter::Minutes,
        included: 6_000,
        rates: Rates::default(),
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 7,
    }
}

/// A time in a test.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
