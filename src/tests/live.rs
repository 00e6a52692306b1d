//! `/live`: open pages are told what changed, on any instance, and only while they may be.

use std::sync::Arc;
use std::time::Duration;

use minutebank::database;
use minutebank::ledger::{Command, Ledger, Options};
use minutebank::notify::live::{self, Hub};
use minutebank::state::AppState;
use minutebank::tenants::Role;
use minutebank::units::{MilliCents, WorkspaceId};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::fixture::{World, starter, world};
use crate::site::{Browser, PASSWORD, Site};

/// Another instance over the same database.
async fn other_instance(world: &World) -> AppState {
    let clock = world.clock.clone();
    let options = Options { database_url: world.superuser_url.clone(), shards: 1, clock };
    AppState {
        db: database::connect(&world.superuser_url, 5).await.unwrap(),
        ledger: Arc::new(Ledger::start(&options).await.unwrap()),
        live: Hub::default(),
        ..world.state.clone()
    }
}

/// What an instance does besides serving, until this is dropped.
fn chores(state: &AppState) -> JoinSet<()> {
    let mut chores = JoinSet::new();
    let connect = state.db.connect_options();
    chores.spawn(live::keep_telling(state.live.clone(), state.ledger.changes()));
    chores.spawn(live::keep_notifying(state.live.clone(), state.ledger.changes(), (*connect).clone()));
    chores.spawn(live::keep_listening(state.live.clone(), (*connect).clone()));
    chores
}

/// An open page's stream.
struct Page {
    response: reqwest::Response,
    text: String,
}

impl Page {
    async fn open(browser: &Browser, workspace: &str) -> Self {
        let response = browser.open(&format!("/live?workspace={workspace}")).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// Name and data of the next event, which a browser takes notice of only with both; `None` at the end.
    async fn next(&mut self) -> Option<(String, String)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
                let found = field("event: ").zip(field("data: "));
                self.text = rest.to_owned();
                if found.is_some() {
                    return found;
                }
                continue;
            }
            self.text += std::str::from_utf8(&self.response.chunk().await.unwrap()?).unwrap();
        }
    }

    /// Name of the next event that is not just a sign of life.
    async fn news(&mut self) -> Option<String> {
        loop {
            match self.next().await {
                Some((name, _)) if name == "still" => {}
                other => return other.map(|(name, _)| name),
            }
        }
    }
}

async fn person(world: &World, site: &Site, workspace: WorkspaceId, email: &str, role: Role) -> Browser {
    world.person(workspace, "Dana Whitfield", email, role).await;
    let browser = site.browser();
    browser.sign_in(email, PASSWORD).await;
    browser
}

fn topped_up(key: &str) -> Command {
    Command::CreditMoney { key: key.into(), amount: MilliCents(500_000) }
}

#[test]
fn a_posting_reaches_the_open_pages_of_its_workspace_on_every_instance() {
    world(async |world| {
        let (here, there) = (&world.state, other_instance(world).await);
        let _chores = (chores(here), chores(&there));
        let workspace = world.subscribed(&starter()).await;
        let neighbour = world.subscribed(&starter()).await;
        let id = world.public_id(workspace).await;
        let (site, far) = (Site::of(world).await, Site::serving(there.clone()).await);
        let near = person(world, &site, workspace, "near@harbor.test", Role::Viewer).await;
        let away = person(world, &far, workspace, "far@harbor.test", Role::Viewer).await;
        let mut pages = [Page::open(&near, &id).await, Page::open(&away, &id).await];
        for page in &mut pages {
            assert_eq!(page.next().await, Some(("changed".into(), "10:00:00 EST".into())), "what was missed meanwhile");
        }
        // The listeners may connect only now, and tell everybody then.
        for page in &mut pages {
            while timeout(Duration::from_millis(700), page.next()).await.is_ok() {}
        }

        // Far less than the time after which pages look by themselves, which then say `still`.
        world.submit(workspace, topped_up("cs_1")).await;
        for page in &mut pages {
            let told = timeout(Duration::from_secs(4), page.news()).await.expect("told in a moment");
            assert_eq!(told.as_deref(), Some("changed"));
        }
        world.submit(neighbour, topped_up("cs_2")).await;
        for page in &mut pages {
            assert!(
                timeout(Duration::from_secs(1), page.news()).await.is_err(),
                "another's wallet is not their matter"
            );
        }
    });
}

#[test]
fn a_page_is_told_no_more_once_its_person_has_gone_or_has_another_role() {
    world(async |world| {
        let _chores = chores(&world.state);
        let workspace = world.subscribed(&starter()).await;
        let other = world.subscribed(&starter()).await;
        let id = world.public_id(workspace).await;
        let site = Site::of(world).await;
        let owner = person(world, &site, workspace, "owner@harbor.test", Role::Owner).await;
        let viewer = person(world, &site, workspace, "viewer@harbor.test", Role::Viewer).await;
        let (mut left, mut demoted) = (Page::open(&owner, &id).await, Page::open(&viewer, &id).await);
        assert_eq!((left.news().await.as_deref(), demoted.news().await.as_deref()), (Some("changed"), Some("changed")));

        let csrf = owner.get("/billing").await.hidden("csrf");
        owner.post("/sign-out", &[("csrf", &csrf)]).await;
        world.submit(workspace, topped_up("cs_1")).await;
        assert_eq!(left.news().await.as_deref(), Some("over"), "no figure after signing out");
        assert_eq!(left.next().await, None);

        assert_eq!(demoted.news().await.as_deref(), Some("changed"));
        let promote = "update members set role = 'billing' where role = 'viewer'";
        sqlx::query(promote).execute(&mut world.superuser().await).await.unwrap();
        let over = timeout(Duration::from_secs(20), demoted.news()).await.expect("noticed although nothing changes");
        assert_eq!((over.as_deref(), demoted.next().await), (Some("over"), None));

        let (stranger, elsewhere) = (site.browser(), world.public_id(other).await);
        for (browser, workspace) in [(&stranger, &id), (&viewer, &elsewhere)] {
            let mut page = Page::open(browser, workspace).await;
            assert_eq!((page.news().await.as_deref(), page.next().await), (Some("over"), None));
        }
    });
}

#[test]
fn streams_end_with_the_server() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let site = Site::of(world).await;
        let browser = person(world, &site, workspace, "owner@harbor.test", Role::Owner).await;
        let mut page = Page::open(&browser, &world.public_id(workspace).await).await;
        assert_eq!(page.news().await.as_deref(), Some("changed"));
        world.state.live.close();
        let end = timeout(Duration::from_secs(15), page.next()).await.expect("the end");
        assert_eq!(end, None);
    });
}
