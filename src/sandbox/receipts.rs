//! `/r/{charge}`: the receipt behind a charge's `receipt_url`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;

use super::Sandbox;
use super::bank_debits;
use super::hosted_page::{answer, framed};
use super::html::{self, escape};
use super::payment_model::{Charge, Intent};
use super::{currency, state};

/// `GET /r/{charge}`
pub async fn show(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
    let page = sandbox.store.read(|state| find(state, &id).map(|(intent, charge)| receipt(intent, charge)));
    answer(Ok(page.map(|page| framed(StatusCode::OK, page, None))))
}

fn find<'s>(state: &'s state::State, id: &str) -> Option<(&'s Intent, &'s Charge)> {
    let charge = state.charges.get(id).filter(|charge| charge.went_through())?;
    Some((state.intents.get(&charge.intent)?, charge))
}

fn receipt(intent: &Intent, charge: &Charge) -> String {
    let written = |cents| currency::written(cents, &intent.currency);
    let paid_at =
        Timestamp::from_second(charge.created).unwrap_or_default().strftime("%B %-d, %Y, %H:%M UTC").to_string();
    let card = charge.card.as_ref().map(|card| format!("{} ending in {}", card.brand, card.last4));
    let paid_with = card.unwrap_or_else(bank_debits::named);
    let mut rows = vec![
        ("Amount paid", written(intent.amount)),
        ("Date paid", paid_at),
        ("Paid with", paid_with),
        ("Description", intent.data.description.clone().unwrap_or_default()),
    ];
    if charge.refunded > 0 {
        rows.push(("Refunded", written(charge.refunded)));
    }
    rows.retain(|(_, value)| !value.is_empty());
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<tr><th scope=\"row\">{name}</th><td>{}</td></tr>\n", escape(value)))
        .collect();
    html::page("Receipt", &format!("<h1>Receipt</h1>\n<table>\n<tbody>\n{rows}</tbody>\n</table>"))
}
