//! `/agency/clients/{id}`: what its agency sees of a client and does for it, by the pages' own forms.

mod refund;
mod subscription;

use futures::future::join_all;
use minutebank::app::edit_plan::edit_plan;
use minutebank::catalog::{PlanDraft, repo};
use minutebank::pricing::{ExcessMode, Rates, Terms};
use minutebank::tenants::{self, Scope};
use minutebank::units::{Meter, MilliCents};
use serde_json::json;

use super::desk::{Desk, desk_on};
use crate::fixture::starter;
use crate::ledger::{answered, place};
use crate::site::{Answered, Browser, PASSWORD};

const EMAIL: &str = "elena@brightline.test";
const PACKS: &str = "addon-packs";
const OFF: &str = "Add-on packs are disabled for this subscription. The plan snapshot for this client has add-ons turned off. Turn on add-ons on the billing plan product (or re-subscribe after changing the plan), then refresh - you cannot assign packs or apply credits until add-ons are enabled on the plan.";
const REQUIREMENTS: &str = "Your client can purchase addon packs when their subscription product has addon packs enabled. The client will only see addon packs that you assign here.";

/// An administrator's browser on the client's page.
struct Seat<'d> {
    desk: &'d Desk<'d>,
    browser: Browser,
}

impl<'d> Seat<'d> {
    async fn at(desk: &'d Desk<'d>) -> Self {
        let mut db = desk.state.db.acquire().await.unwrap();
        let (hash, now) = (tenants::hash_password(PASSWORD.into()).await, desk.shop.world.clock.now());
        let user = tenants::repo::create_user(&mut db, EMAIL, "Elena Sørensen", &hash, now).await.unwrap();
        tenants::repo::add_agency_admin(&mut db, desk.agency, user, now).await.unwrap();
        let browser = desk.shop.site.browser();
        assert_eq!(browser.sign_in(EMAIL, PASSWORD).await.location(), "/agency/clients");
        Self { desk, browser }
    }

    fn address(&self, sub: &str) -> String {
        format!("/agency/clients/{}?tab=billing&sub={sub}", self.desk.client)
    }

    /// A sub-tab of Billing, which can be seen.
    async fn open(&self, sub: &str) -> Answered {
        let page = self.browser.get(&self.address(sub)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page
    }

    /// Sends a form of the sub-tab under a new key.
    async fn send(&self, sub: &str, path: &str, fields: &[(&str, &str)]) -> Answered {
        let page = self.open(sub).await;
        let (csrf, key) = (page.hidden("csrf"), minutebank::ids::fresh("form"));
        self.resend(&csrf, &key, path, fields).await
    }

    async fn resend(&self, csrf: &str, key: &str, path: &str, fields: &[(&str, &str)]) -> Answered {
        let fields = [&[("csrf", csrf), ("form_key", key)], fields].concat();
        self.browser.post(&format!("/agency/clients/{}/{path}", self.desk.client), &fields).await
    }

    /// Applies Medium and reads the page that follows.
    async fn apply(&self, payment: &str) -> String {
        let sent = self.send(PACKS, "packs/apply", &[("pack", "pack_medium"), ("payment", payment)]).await;
        self.browser.get(sent.location()).await.words()
    }
}

/// What the client's owner sees on Billing.
async fn client_sees(desk: &Desk<'_>) -> String {
    let browser = desk.shop.site.browser();
    browser.sign_in(crate::payments::shop::OWNER, PASSWORD).await;
    browser.get("/billing").await.words()
}

async fn plan(desk: &Desk<'_>, id: &str, terms: &Terms) {
    let draft = PlanDraft { rank: 2, public: true, terms: terms.clone() };
    let mut db = desk.state.db.acquire().await.unwrap();
    repo::create_plan(&mut db, desk.agency, id, &draft, desk.shop.world.clock.now()).await.unwrap();
}

fn clinic(addons: bool) -> Terms {
    Terms { name: "Clinic".into(), addons, ..starter() }
}

#[track_caller]
fn has(words: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(words.contains(wanted), "{wanted:?} is missing: {words}");
    }
}

#[test]
fn the_whole_story_of_packs_in_the_words_of_the_pages() {
    desk_on(&clinic(false), async |desk| {
        let seat = Seat::at(desk).await;
        desk.shop.by_hand("delete from pack_assignments").await;
        plan(desk, "plan_clinic", &clinic(false)).await;
        let page = seat.open(PACKS).await.words();
        has(&page, &["Addon Pack Requirements", REQUIREMENTS, "Add-on packs · Off", OFF]);
        assert!(!page.contains("Assign Addon Packs") && !page.contains("Apply Addon Pack"));

        let draft = PlanDraft { rank: 2, public: true, terms: clinic(true) };
        edit_plan(desk.state, &desk.form("on"), "plan_clinic", &draft).await.unwrap();
        has(&seat.open(PACKS).await.words(), &[OFF]);
        seat.send("subscription", "end", &[("when", "now")]).await;
        let begun = seat.send("subscription", "subscribe", &[("plan", "plan_clinic")]).await;
        has(&seat.browser.get(begun.location()).await.words(), &["Subscription started.", "Clinic"]);

        let page = seat.open(PACKS).await.words();
        let small = "Small - $6.00 (50 minutes)";
        let offers = ["Select addon packs…", small, "Medium - $10.00 (100 minutes)", "Large - $20.00 (250 minutes)"];
        has(&page, &["Add-on packs · On", "Assign Addon Packs"]);
        has(&page, &offers);
        let chosen = [("pack", "pack_small"), ("pack", "pack_medium")];
        let assigned = seat.send(PACKS, "packs", &chosen).await;
        let page = seat.browser.get(assigned.location()).await.words();
        has(
            &page,
            &["Currently assigned to client", "Edit", "Remove Assignment", "Apply Addon Pack", "Small", "Medium"],
        );
        assert!(!page.contains("Large"));
        let client = client_sees(desk).await;
        has(&client, &["Available Add-On Packs", "Small", "Medium"]);

        let page = seat.browser.get(&format!("{}&apply=pack_medium", seat.address(PACKS))).await;
        let dialog = [
            "Apply addon pack to client?",
            "Medium 100 minutes",
            "Credit the selected addon pack minutes to this client's wallet immediately.",
            "Set the payment request due date per the plan's 'Payment due after period start' setting (e.g. 1 day after application).",
            "Create a payment request for this addon pack.",
            "Pending - the pack is credited now; the payment request stays open until you mark it paid. Due Nov 21.",
            "Paid - the pack is credited and the payment request is immediately recorded as paid.",
            "Credit addon & create request",
        ];
        let text = page.body.split("<dialog").nth(1).unwrap();
        has(&Answered { body: format!("<main{text}"), ..page }.words(), &dialog);
        let page = seat.apply("pending").await;
        has(&page, &["Addon pack credited. Payment request created as pending.", "Add-on minutes (wallet) 100 min"]);
        has(&page, &["Pack Medium", "Pending", "$10.00", "Due Nov 21"]);
        has(&client_sees(desk).await, &["100"]);

        let request = desk.requests().await[0].id.clone();
        let fields = [("request", request.as_str()), ("sub", "requests"), ("external_reference", "bank 4711")];
        let paid = seat.send("requests", "requests/paid", &fields).await;
        let page = seat.browser.get(paid.location()).await.words();
        has(&page, &["Payment request marked as paid.", "Paid Nov 20", "bank 4711"]);
        for pack in ["pack_small", "pack_medium"] {
            let removed = seat.send(PACKS, "packs/remove", &[("pack", pack)]).await;
            has(&seat.browser.get(removed.location()).await.words(), &["Assignment removed."]);
        }
        has(&client_sees(desk).await, &["Available Add-On Packs No packs yet"]);
        assert_eq!(desk.shop.lots().await, [100]);
        let trail = seat.open("activity").await.words();
        has(&trail, &["Addon packs assigned Small, Medium", "Addon pack applied", "Assignment removed Medium"]);
        has(&trail, &["Elena Sørensen", "Payment request marked as paid Medium, $10.00: bank 4711"]);
    });
}

#[test]
fn a_form_that_is_sent_often_credits_once() {
    desk_on(&starter(), async |desk| {
        let seat = Seat::at(desk).await;
        let page = seat.browser.get(&format!("{}&apply=pack_medium", seat.address(PACKS))).await;
        let (csrf, key) = (page.hidden("csrf"), page.hidden("form_key"));
        let fields = [("pack", "pack_medium"), ("payment", "pending")];
        let sent = join_all((0..10).map(|_| seat.resend(&csrf, &key, "packs/apply", &fields))).await;
        assert!(sent.iter().all(|it| it.location().ends_with("&notice=pack_pending")), "{sent:?}");
        assert_eq!(seat.resend(&csrf, &key, "packs/apply", &fields).await.status, 303);
        seat.browser.get(sent[0].location()).await;
        assert_eq!((desk.shop.lots().await, desk.requests().await.len()), (vec![100], 1));
        let other = seat.resend(&csrf, &key, "packs/apply", &[("pack", "pack_medium"), ("payment", "paid")]).await;
        assert_eq!(other.status, 409);
        has(&other.body, &["This form was used before", "<dialog"]);
        assert_ne!(other.hidden("form_key"), key, "the next attempt has a key of its own");
        assert_eq!(desk.shop.lots().await, [100]);
        has(
            &seat.apply("paid").await,
            &["Addon pack credited. Payment request created and marked as paid.", "Paid Nov 20"],
        );
        assert_eq!(desk.shop.lots().await, [100, 100]);
    });
}

#[test]
fn packs_that_are_off_are_refused_in_the_words_of_the_page() {
    desk_on(&clinic(false), async |desk| {
        let seat = Seat::at(desk).await;
        let apply = [("pack", "pack_medium"), ("payment", "pending")];
        for (path, fields) in [("packs", &apply[..1]), ("packs/apply", &apply)] {
            let refused = seat.send(PACKS, path, fields).await;
            assert_eq!((refused.status.as_u16(), refused.words().matches(OFF).count()), (409, 1), "{path}");
            assert!(!refused.body.contains("<dialog"));
        }
        has(&seat.open(PACKS).await.words(), &["Currently assigned to client", "Remove Assignment"]);
        assert_eq!((desk.shop.lots().await.len(), desk.requests().await.len()), (0, 0));
    });
    desk_on(&starter(), async |desk| {
        let seat = Seat::at(desk).await;
        let refused = seat.send(PACKS, "packs", &[("before", "pack_small")]).await;
        assert_eq!(refused.status, 422);
        has(&refused.words(), &["Select at least one pack."]);
        assert!(!refused.body.contains("checked"), "what was chosen is kept: nothing");
        let page = seat.browser.get(&format!("{}&edit", seat.address(PACKS))).await;
        assert_eq!(page.body.matches("type=\"checkbox\"").count(), 3);
        assert_eq!(page.body.matches(" checked").count(), 3, "the multi-select has what is assigned");
    });
}

#[test]
fn a_client_that_has_run_out_goes_on_with_the_pack() {
    desk_on(&Terms { included: 60, ..starter() }, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        world.key(workspace, "mb_live_engine", &[Scope::Admin]).await;
        let (seat, engine) = (Seat::at(desk).await, desk.shop.site.program("mb_live_engine"));
        let call = async |id: &str| engine.post("/v1/calls", &json!({ "id": id, "direction": "inbound" })).await;
        assert_eq!(call("a").await.status, 201);
        let ended = json!({ "outcome": "answered", "duration_seconds": 60, "billed_duration_seconds": 60 });
        assert_eq!(engine.post("/v1/calls/a/complete", &ended).await.status, 200);
        let refused = call("b").await;
        assert_eq!((refused.status.as_u16(), refused.error().1.as_str()), (402, "insufficient_balance"));
        has(&seat.open(PACKS).await.words(), &["Calls paused", "blocked, nothing is left"]);
        has(&seat.apply("pending").await, &["Addon pack credited."]);
        assert_eq!(call("b").await.status, 201);
        assert_eq!(desk.count("select count(*) from wallet_events where type = 'wallet.resumed'").await, 1);
        has(&seat.open(PACKS).await.words(), &["subscription active since Nov 20"]);
    });
}

#[test]
fn one_call_over_allowance_wallet_and_excess_is_told_by_receipt_and_request() {
    let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
    let postpaid = Terms { rates, excess: ExcessMode::Postpaid { limit: MilliCents(0) }, ..starter() };
    desk_on(&postpaid, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        let seat = Seat::at(desk).await;
        desk.bill().await;
        seat.apply("paid").await;
        world.submit(workspace, place("long")).await;
        // 100 minutes of the plan, 100 of the pack, 40 billed afterwards: $2.00.
        world.submit(workspace, answered("long", 240 * 60)).await;
        let page = seat.open(PACKS).await.words();
        has(&page, &["Add-on minutes (wallet) 0 min", "Excess minutes (billable) 40 min, $2.00", "used 100 of 100"]);
        let owner = desk.shop.site.browser();
        owner.sign_in(crate::payments::shop::OWNER, PASSWORD).await;
        let receipt = owner.get("/billing/calls/long").await.words();
        let segments = ["Plan 0:00 to 1:40:00", "Medium 100 1:40:00 to 3:20:00", "Billable usage 3:20:00 to 4:00:00"];
        has(&receipt, &segments);
        assert_eq!(seat.open("requests").await.words().matches("billable usage").count(), 0, "not yet");
        desk.later(31);
        desk.bill().await;
        desk.later(31);
        desk.bill().await;
        // Nobody stays signed in for so long.
        assert_eq!(seat.browser.sign_in(EMAIL, PASSWORD).await.location(), "/agency/clients");
        let requests = seat.open("requests").await.words();
        has(&requests, &["Plan and usage, Dec 20 to Jan 20, $2.00 billable usage", "$31.00"]);
        assert_eq!(requests.matches("billable usage").count(), 1, "and nowhere else: {requests}");
    });
}

#[test]
fn calls_stand_in_place_of_minutes() {
    let analyst = Terms { name: "Analyst".into(), meter: Meter::Calls, included: 200, ..starter() };
    desk_on(&analyst, async |desk| {
        let seat = Seat::at(desk).await;
        desk.shop.by_hand("update packs set meter = 'calls', units = units / 60").await;
        let page = seat.open(PACKS).await.words();
        has(&page, &["Add-on calls (wallet) 0 calls", "Plan calls used 0 of 200", "Excess calls (billable) 0 calls"]);
        let page = seat.browser.get(&format!("{}&edit", seat.address(PACKS))).await.words();
        has(&page, &["Medium - $10.00 (100 calls)"]);
        let page = seat.browser.get(&format!("{}&apply=pack_medium", seat.address(PACKS))).await.body;
        has(&page, &["Credit the selected addon pack calls to this client's wallet immediately.", "100 calls"]);
        has(&seat.apply("pending").await, &["Add-on calls (wallet) 100 calls"]);
    });
}

#[test]
fn excess_calls_are_counted_beside_their_money() {
    let rates = Rates { call: Some(MilliCents(10_000)), ..Rates::default() };
    let excess = ExcessMode::Postpaid { limit: MilliCents(0) };
    let analyst = Terms { name: "Analyst".into(), meter: Meter::Calls, included: 1, rates, excess, ..starter() };
    desk_on(&analyst, async |desk| {
        let (world, workspace) = (desk.shop.world, desk.shop.workspace);
        let seat = Seat::at(desk).await;
        for (id, told) in [("a", "0 calls"), ("b", "1 call, $0.10"), ("c", "2 calls, $0.20")] {
            world.submit(workspace, place(id)).await;
            world.submit(workspace, answered(id, 90)).await;
            has(&seat.open(PACKS).await.words(), &[&format!("Excess calls (billable) {told}")]);
        }
        has(&client_sees(desk).await, &["Billable usage 2 calls, $0.20"]);
    });
}

#[test]
fn the_client_s_own_pages_can_be_read() {
    desk_on(&starter(), async |desk| {
        let seat = Seat::at(desk).await;
        let page = seat.browser.get(&format!("/agency/clients/{}", desk.client)).await;
        has(&page.words(), &["Open their Billing page", &desk.client, "America/New_York"]);
        let fields = [("csrf", page.hidden("csrf")), ("workspace", page.hidden("workspace"))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(seat.browser.post("/workspace", &fields).await.location(), "/billing");
        let billing = seat.browser.get("/billing").await.body;
        has(&billing, &["You read your client's pages.", &format!("href=\"/agency/clients/{}\"", desk.client)]);
        assert_eq!(seat.browser.get("/agency/clients/ws_none").await.status, 404);
    });
}
