//! `GET /_sandbox/ledger`: what every customer was charged and got back, for tests to compare with the product's books.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};

use super::Sandbox;
use super::refund_model::RefundStatus;
use super::state::State as Known;

/// Whole cents.
#[derive(Clone, Copy, Default, Serialize)]
struct Sums {
    /// Charges that went through.
    charged: i64,
    /// How many those are.
    charges: i64,
    /// Refunds that did not fail.
    refunded: i64,
    /// Disputes that hold the money.
    disputed: i64,
    /// What the shop has in the end.
    net: i64,
}

/// `GET /_sandbox/ledger`
pub async fn show(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    Json(sandbox.store.read(|state| {
        let sums = sums(state);
        let customers: Vec<_> = sums
            .iter()
            .map(|(customer, sums)| {
                let mut shown = json!(sums);
                shown["customer"] = json!(customer);
                shown
            })
            .collect();
        let total = sums.values().fold(Sums::default(), |total, one| Sums {
            charged: total.charged + one.charged,
            charges: total.charges + one.charges,
            refunded: total.refunded + one.refunded,
            disputed: total.disputed + one.disputed,
            net: total.net + one.net,
        });
        json!({ "customers": customers, "total": total })
    }))
}

/// By customer; guests together under none.
fn sums(state: &Known) -> BTreeMap<Option<&str>, Sums> {
    let mut all: BTreeMap<Option<&str>, Sums> = BTreeMap::new();
    let mut add = |intent: &str, change: fn(&mut Sums, i64), amount: i64| {
        let customer = state.intents.get(intent).and_then(|intent| intent.customer.as_deref());
        change(all.entry(customer).or_default(), amount);
    };
    for charge in state.charges.newest_first().filter(|charge| charge.went_through()) {
        let amount = state.intents.get(&charge.intent).map_or(0, |intent| intent.amount);
        add(
            &charge.intent,
            |sums, amount| {
                sums.charged += amount;
                sums.charges += 1;
                sums.net += amount;
            },
            amount,
        );
    }
    for refund in state.refunds.newest_first().filter(|refund| refund.status != RefundStatus::Failed) {
        add(
            &refund.intent,
            |sums, amount| {
                sums.refunded += amount;
                sums.net -= amount;
            },
            refund.amount,
        );
    }
    for dispute in state.disputes.newest_first().filter(|dispute| dispute.holds_money()) {
        add(
            &dispute.intent,
            |sums, amount| {
                sums.disputed += amount;
                sums.net -= amount;
            },
            dispute.amount,
        );
    }
    all
}
