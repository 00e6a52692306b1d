//! `/sign-up/{agency}`: newcomers become clients by themselves, once, and free credits come once for each address.

mod guards;
mod story;

use minutebank::catalog::{self, PlanDraft};
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::state::AppState;
use minutebank::tenants::{AgencyId, admin};
use minutebank::units::MilliCents;

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, Site};

const ANA: &str = "ana@northgate.test";
const NEW: &str = "velvet-otter-quarry";
const PLAN: &str = "plan_sign_up";

/// Flat: $0.05 a minute, $5.00 free.
fn flat() -> Terms {
    Terms {
        name: "Flat".into(),
        price: MilliCents(0),
        included: 0,
        rates: Rates { voice: MilliCents(5_000), ..Rates::default() },
        addons: false,
        hold: HoldPolicy::WorstCase,
        free_credits: MilliCents(500_000),
        ..starter()
    }
}

/// An agency that takes sign-ups, and its site.
struct Desk<'w> {
    world: &'w World,
    site: Site,
    agency: AgencyId,
    /// Public id of the agency.
    id: String,
}

/// Runs a test with an agency whose sign-up plan has these terms; it has one client, in New York.
fn desk_on(terms: &Terms, test: impl AsyncFnOnce(&Desk)) {
    world(async |world| {
        let (agency, id) = agency_on(world, PLAN, terms).await;
        test(&Desk { world, site: Site::of(world).await, agency, id }).await;
    });
}

/// Another agency, with a client in New York, whose newcomers begin on a plan with these terms; its public id.
async fn agency_on(world: &World, plan: &str, terms: &Terms) -> (AgencyId, String) {
    let client = world.workspace().await;
    let mut db = world.state.db.acquire().await.unwrap();
    let agency = admin::repo::agency_of(&mut db, client).await.unwrap();
    let draft = PlanDraft { rank: 1, public: true, terms: terms.clone() };
    catalog::repo::create_plan(&mut db, agency, plan, &draft, world.clock.now()).await.unwrap();
    assert!(catalog::repo::set_sign_up_plan(&mut db, agency, plan).await.unwrap());
    (agency, admin::repo::public_id(&mut db, agency).await.unwrap())
}

impl Desk<'_> {
    /// Asks to sign up Northgate Dental with this address.
    async fn ask(&self, browser: &Browser, email: &str) -> Answered {
        let fields = [("business", " Northgate Dental "), ("name", "Ana Reyes"), ("email", email)];
        self.ask_as(browser, &fields).await
    }

    async fn ask_as(&self, browser: &Browser, fields: &[(&str, &str)]) -> Answered {
        let address = format!("/sign-up/{}", self.id);
        let csrf = browser.get(&address).await.hidden("csrf");
        browser.post(&address, &[fields, &[("csrf", &csrf)]].concat()).await
    }

    /// A browser in which the newest link for this address was opened, after asking for it.
    async fn opened(&self, email: &str) -> Browser {
        let browser = self.site.browser();
        assert_eq!(self.ask(&browser, email).await.status, 303);
        let link = self.links(&browser).await.remove(0);
        assert_eq!(browser.get(&link).await.location(), self.password());
        browser
    }

    /// Paths of the links in the demo's mail, newest first.
    async fn links(&self, browser: &Browser) -> Vec<String> {
        let page = browser.get("/demo/mail").await;
        let hrefs = page.body.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap());
        let paths = hrefs.filter_map(|href| href.strip_prefix("http://localhost:3000"));
        paths.filter(|it| it.starts_with("/sign-up/")).map(str::to_owned).collect()
    }

    /// Where the password is chosen.
    fn password(&self) -> String {
        format!("/sign-up/{}/password", self.id)
    }

    /// Chooses a password on the page as it stands.
    async fn choose(&self, browser: &Browser, new: &str, again: &str) -> Answered {
        let form = browser.get(&self.password()).await;
        self.send(browser, &form, new, again).await
    }

    /// Chooses a password on a page that was opened before.
    async fn send(&self, browser: &Browser, form: &Answered, new: &str, again: &str) -> Answered {
        self.send_as(browser, form, ("Northgate Dental", "Ana Reyes"), (new, again)).await
    }

    /// The same with other names of business and person.
    async fn send_as(
        &self,
        browser: &Browser,
        form: &Answered,
        (business, name): (&str, &str),
        (new, again): (&str, &str),
    ) -> Answered {
        let (csrf, offer) = (form.hidden("csrf"), form.hidden("offer"));
        let fields = [("csrf", csrf.as_str()), ("offer", &offer), ("business", business), ("name", name)];
        browser.post(&self.password(), &[&fields[..], &[("new", new), ("again", again)]].concat()).await
    }

    /// A count, asked as the superuser.
    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.world.superuser().await).await.unwrap()
    }

    /// Workspaces, people and free credits that sign-ups have made, and credits that were posted for them.
    async fn made(&self) -> [i64; 4] {
        [
            self.count("select count(*) - 1 from workspaces").await,
            self.count("select count(*) from users").await,
            self.count("select count(*) from free_credits").await,
            self.count("select count(*) from postings where key = 'free_credits'").await,
        ]
    }

    async fn superuser(&self, sql: &'static str) {
        sqlx::query(sql).execute(&mut self.world.superuser().await).await.unwrap();
    }

    fn state(&self) -> &AppState {
        &self.world.state
    }
}
