//! One call over allowance, package and credits, told five times: by the pages, the wallet, the receipt, the list of
//! transactions and the CSV. All agree to the second and the milli-cent.

use jiff::SignedDuration;
use minutebank::pricing::Terms;
use minutebank::tenants::{Role, Scope};
use serde_json::{Value, json};

use crate::fixture::world;
use crate::site::{PASSWORD, Site};
use crate::transactions::{end, package, place, top_up, with_rates};

const DANA: &str = "owner@harbor.test";
const KEY: &str = "mb_test_surfaces";
const CALL: &str = "call_8Kq2vTz4";

/// 150 s of the plan, 192 s of a package, 84 s of credits at $0.10 and $0.05 a minute.
const FROM_PLAN: i64 = 150;
const FROM_PACKAGE: i64 = 192;
const BILLED: i64 = 426;
const COST_MC: i64 = 84 * 10_000 / 60 + 84 * 5_000 / 60;
const LEFT_MC: i64 = 1_000_000 - COST_MC;

#[test]
fn five_surfaces_agree_to_the_second_and_the_milli_cent() {
    world(async |world| {
        let terms = Terms { included: FROM_PLAN, ..with_rates() };
        let workspace = world.subscribed(&terms).await;
        world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
        world.key(workspace, KEY, &[Scope::Admin]).await;
        let site = Site::of(world).await;
        let (browser, engine) = (site.browser(), site.program(KEY));
        browser.sign_in(DANA, PASSWORD).await;
        package(world, workspace, "apply_1", FROM_PACKAGE).await;
        top_up(world, workspace, "cs_1", 10).await;
        place(world, workspace, CALL, "Front desk").await;
        world.clock.advance(SignedDuration::from_secs(440));
        end(world, workspace, CALL, BILLED).await;

        let receipt = engine.get(&format!("/v1/calls/{CALL}/receipt")).await.json();
        let segments = receipt["segments"].as_array().unwrap();
        let told: Vec<_> = segments
            .iter()
            .map(|it| {
                (it["from_second"].clone(), it["to_second"].clone(), it["source"].clone(), it["milli_cents"].clone())
            })
            .collect();
        let due = |from: i64, to: i64, source: &str, mc: i64| (json!(from), json!(to), json!(source), json!(mc));
        let packed = FROM_PLAN + FROM_PACKAGE;
        assert_eq!(
            told,
            [
                due(0, FROM_PLAN, "allowance", 0),
                due(FROM_PLAN, packed, "lot", 0),
                due(packed, BILLED, "credits", COST_MC)
            ]
        );
        let parts = &segments[2]["components"];
        let parts = ["voice", "telephony", "recording"].map(|part| parts[part].as_i64().unwrap());
        assert_eq!((parts, parts.iter().sum::<i64>()), ([14_000, 7_000, 0], COST_MC));

        let call = engine.get(&format!("/v1/calls/{CALL}")).await.json();
        assert_eq!(
            (&call["billed_duration_seconds"], &call["billing_amount_milli_cents"]),
            (&json!(BILLED), &json!(COST_MC))
        );

        let wallet = engine.get("/v1/wallet").await.json();
        let figures = ["/balance_milli_cents", "/allowance/used_seconds", "/packs/remaining_seconds", "/held_seconds"]
            .map(|path| wallet.pointer(path).and_then(Value::as_i64));
        assert_eq!(figures, [Some(LEFT_MC), Some(FROM_PLAN), Some(0), Some(0)]);

        let list = engine.get("/v1/wallet/transactions?type=call").await.json();
        let listed = &list["data"][0];
        let figures = ["amount_milli_cents", "amount_seconds", "balance_milli_cents", "packs_seconds"]
            .map(|field| listed[field].as_i64());
        assert_eq!(figures, [Some(-COST_MC), Some(-packed), Some(LEFT_MC), Some(0)]);

        let csv = browser.get("/billing/transactions.csv?type=call").await.body;
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let head = rows.headers().unwrap().clone();
        let row = rows.records().next().unwrap().unwrap();
        let cell = |name: &str| head.iter().position(|it| it == name).map(|place| row[place].to_owned());
        assert_eq!(cell("id").as_deref(), listed["id"].as_str());
        let dollars = |mc: i64| Some(format!("{}.{:05}", mc / 100_000, mc % 100_000));
        assert_eq!((cell("usd_out"), cell("usd_after")), (dollars(COST_MC), dollars(LEFT_MC)));
        assert_eq!((cell("seconds_out"), cell("package_seconds_after")), (Some(packed.to_string()), Some("0".into())));

        let page = browser.get(&format!("/billing/calls/{CALL}")).await.words();
        for words in ["Plan 0:00 to 2:30", "Small 3 2:30 to 5:42", "Credits 5:42 to 7:06", "Total 7 min 06 s $0.21"] {
            assert!(page.contains(words), "{words:?} is missing in {page}");
        }
        let billing = browser.get("/billing").await.words();
        for words in ["$9.79", "Call from (312) 555-0176"] {
            assert!(billing.contains(words), "{words:?} is missing in {billing}");
        }
    });
}
