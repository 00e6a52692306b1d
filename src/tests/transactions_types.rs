//! Every type of transaction in the filter of `/billing/transactions` and of its CSV: by type, and by the beginning of its
//! reference.

use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::MilliCents;
use serde_json::json;

use crate::fixture::starter;
use crate::payments::shop::{OWNER, Shop, shop_on};
use crate::refunds::desk::{bought, disputed, refunded, talk, told};
use crate::site::{Browser, PASSWORD};

const TYPES: [&str; 10] =
    ["call", "message", "number", "topup", "pack", "grant", "refund", "dispute", "debt", "period"];

/// A transaction as the CSV has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: String,
    kind: String,
    reference_type: String,
    reference: String,
}

/// A minute is included; $10 are free.
fn with_everything() -> Terms {
    let rates = Rates {
        voice: MilliCents(10_000),
        message: MilliCents(1_000),
        number: MilliCents(200_000),
        ..Rates::default()
    };
    Terms { included: 60, rates, free_credits: MilliCents(1_000_000), ..starter() }
}

/// One of each, at least.
async fn everything_happens(shop: &Shop<'_>) {
    shop.hold_webhooks().await;
    shop.world.key(shop.workspace, "mb_test_all", &[Scope::Admin]).await;
    let program = shop.site.program("mb_test_all");
    bought(shop, "one", 1).await;
    talk(shop, "call_1", 71).await;
    refunded(shop, "one", 1_000).await;
    told(shop, 1).await;
    shop.buy_credits("credits", 2_000).await.unwrap();
    let session = shop.session("credits").await;
    shop.pay(&session).await;
    minutebank::app::fulfil_purchase::fulfil(&shop.state, &session).await.unwrap();
    assert_eq!(program.post("/v1/messages", &json!({ "id": "msg_1", "count": 3 })).await.status, 201);
    let number = json!({ "id": "desk", "number": "+13125550100" });
    assert_eq!(program.post("/v1/numbers", &number).await.status, 201);
    bought(shop, "two", 1).await;
    disputed(shop, "two", false).await;
    told(shop, 1).await;
}

async fn rows(browser: &Browser, query: &[(&str, &str)]) -> Vec<Row> {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let csv = browser.get(&format!("/billing/transactions.csv?{query}")).await.body;
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place = |name: &str| head.iter().position(|it| it == name).unwrap();
    let places = ["id", "type", "reference_type", "reference_id"].map(place);
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let [id, kind, reference_type, reference] = places.map(|place| record[place].to_owned());
            Row { id, kind, reference_type, reference }
        })
        .collect()
}

#[test]
fn each_type_and_each_reference_finds_its_own_transactions() {
    shop_on(&with_everything(), async |shop| {
        everything_happens(shop).await;
        let browser = shop.site.browser();
        browser.sign_in(OWNER, PASSWORD).await;
        let all = rows(&browser, &[]).await;
        for kind in TYPES {
            let meant: Vec<Row> = all.iter().filter(|row| row.kind == kind).cloned().collect();
            assert!(!meant.is_empty(), "{kind} is missing in {all:?}");
            assert_eq!(rows(&browser, &[("type", kind)]).await, meant, "{kind}");
            let page = browser.get(&format!("/billing/transactions?type={kind}")).await;
            assert!(!page.words().contains("No transactions match"), "{kind}: {}", page.words());
        }
        for row in &all {
            let prefix = &row.reference[..row.reference.len().min(7)];
            let meant: Vec<Row> = all.iter().filter(|it| it.reference.starts_with(prefix)).cloned().collect();
            assert_eq!(rows(&browser, &[("reference", prefix)]).await, meant, "{row:?}");
        }
        let reference = |kind: &str| {
            let row = all.iter().find(|row| row.kind == kind).unwrap();
            (row.reference_type.as_str(), row.reference.split('_').next().unwrap())
        };
        assert_eq!(
            ["call", "message", "number", "topup", "pack", "refund", "dispute"].map(reference),
            [
                ("call", "call"),
                ("message", "msg"),
                ("number", "desk"),
                ("checkout_session", "cs"),
                ("checkout_session", "cs"),
                ("refund", "re"),
                ("dispute", "du"),
            ]
        );
    });
}
